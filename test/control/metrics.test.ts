/** /metrics: what Prometheus's parser reads is what the kernel says. */
import fs from 'node:fs';
import { describe, expect, it } from 'vitest';
import { ask, basic, rpc } from '../helpers/control';
import { eventually } from '../helpers/eventually';
import { getMetrics, Metrics, noParser, parseMetrics } from '../helpers/metrics';
import { because } from '../helpers/needs';
import { freePort } from '../helpers/port';
import * as procfs from '../helpers/procfs';
import { superviseServed } from '../helpers/served';

const SLEEPER = 'command=sleep 1000\nstartsecs=0';
const residentBytes = (pid: number) => Number.parseInt(procfs.status(pid, 'VmRSS') ?? '', 10) * 1024;

/** The kernel may take pages back, or give some, between two looks. */
function isBetween(value: number | undefined, before: number, after: number): void {
  expect(value).toBeGreaterThanOrEqual(Math.min(before, after));
  expect(value).toBeLessThanOrEqual(Math.max(before, after));
}

const why = noParser();

describe.skipIf(why)(`/metrics${because(why)}`, () => {
  it.each(['openmetrics', 'prometheus'] as const)(
    'is in the format of %s, names and types too',
    async (format) => {
      const { unix } = await superviseServed(
        `[program:a"\\b]\n${SLEEPER}\n[program:c]\n${SLEEPER}\nautostart=false`,
      );
      const { body, headers } = await getMetrics(unix, format);
      expect(headers['content-type']).toBe(
        format === 'openmetrics'
          ? 'application/openmetrics-text; version=1.0.0; charset=utf-8'
          : 'text/plain; version=0.0.4; charset=utf-8',
      );
      expect(body.endsWith('# EOF\n')).toBe(format === 'openmetrics');
      const families = parseMetrics(body, format);
      // The parser of the older format shows a counter without its `_total`, too.
      expect(families.map(({ name, type }) => `${name} ${type}`)).toEqual([
        format === 'openmetrics' ? 'tdaemon info' : 'tdaemon_info gauge',
        'tdaemon_process_start_time_seconds gauge',
        'tdaemon_process_cpu_seconds counter',
        'tdaemon_process_resident_memory_bytes gauge',
        'tdaemon_process_open_fds gauge',
        'tdaemon_process_max_fds gauge',
        'tdaemon_process_threads gauge',
        'tdaemon_program_up gauge',
        'tdaemon_program_state gauge',
        'tdaemon_program_start_time_seconds gauge',
        'tdaemon_program_restarts counter',
        'tdaemon_program_exits counter',
        'tdaemon_program_cpu_seconds counter',
        'tdaemon_program_resident_memory_bytes gauge',
        'tdaemon_program_open_fds gauge',
        'tdaemon_program_max_fds gauge',
        'tdaemon_program_log_bytes counter',
      ]);
      for (const { help } of families) expect(help).toMatch(/^[A-Z].*\.$/);
      const metrics = new Metrics(families);
      expect(metrics.of('a"\\b', 'up', { group: 'a"\\b' })).toBe(1);
      expect(metrics.of('c', 'up', { group: 'c' })).toBe(0);
      expect(metrics.value('tdaemon_info', { identifier: 'supervisor' })).toBe(1);
    },
  );

  it('says of programs what the kernel does', async () => {
    const before = Math.floor(Date.now() / 1000);
    const { supervised, unix } = await superviseServed(`[program:x]
command=sh -c 'exec 5</etc/passwd 6</etc/passwd; i=0; while [ $i -lt 300000 ]; do i=$((i+1)); done; exec sleep 1000'
rlimit_nofile=321:400
startsecs=0
[program:unlimited]\ncommand=false\nautostart=false\n[group:g]\nprograms=x,unlimited`);
    const { pid } = await supervised.of('g:x');
    await eventually(
      'its sleep',
      () => procfs.commandLine(pid).length === 2 && procfs.stat(pid)?.state === 'S',
    );
    const resident = residentBytes(pid);
    const metrics = await Metrics.of(unix);
    const labels = { group: 'g' };
    isBetween(metrics.of('x', 'resident_memory_bytes', labels), resident, residentBytes(pid));
    expect(metrics.of('x', 'open_fds', labels)).toBe(procfs.descriptors(pid).size);
    expect(metrics.of('x', 'max_fds', labels)).toBe(321);
    const ticks = fs.readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ')[1]?.split(' ') ?? [];
    expect(metrics.of('x', 'cpu_seconds_total', labels)).toBe((Number(ticks[11]) + Number(ticks[12])) / 100);
    expect(metrics.of('x', 'cpu_seconds_total', labels)).toBeGreaterThan(0);
    const started = metrics.of('x', 'start_time_seconds', labels) as number;
    expect(started).toBeGreaterThanOrEqual(before);
    expect(started).toBeLessThanOrEqual(Date.now() / 1000);
    for (const state of [
      'STOPPED',
      'STARTING',
      'RUNNING',
      'BACKOFF',
      'STOPPING',
      'EXITED',
      'FATAL',
      'UNKNOWN',
    ])
      expect(metrics.of('x', 'state', { state }), state).toBe(state === 'RUNNING' ? 1 : 0);
    expect(metrics.of('unlimited', 'state', { state: 'STOPPED' })).toBe(1);
    // Nothing is said of a process that there is not.
    for (const name of [
      'start_time_seconds',
      'cpu_seconds_total',
      'resident_memory_bytes',
      'open_fds',
      'max_fds',
    ])
      expect(metrics.of('unlimited', name), name).toBeUndefined();
  });

  it('says of supervisor, keeper and logger what the kernel does', async () => {
    const { supervised, unix } = await superviseServed(`[program:a]\n${SLEEPER}`);
    const own = (['keeper', 'logger'] as const).map((name) => {
      const pid = supervised[name] as number;
      return { name, pid, resident: residentBytes(pid) };
    });
    const metrics = await Metrics.of(unix);
    for (const { name, pid, resident } of own) {
      const of = (what: string) => metrics.value(`tdaemon_process_${what}`, { process: name });
      isBetween(of('resident_memory_bytes'), resident, residentBytes(pid));
      expect(of('open_fds')).toBe(procfs.descriptors(pid).size);
      expect(of('threads')).toBe(Number(procfs.status(pid, 'Threads')));
      expect(of('max_fds')).toBe(Number(procfs.limit(pid, 'Max open files')?.soft));
    }
    const startOf = (of: Metrics) =>
      of.value('tdaemon_process_start_time_seconds', { process: 'supervisor' });
    const begun = startOf(metrics) as number;
    expect(Math.abs(begun - Date.now() / 1000)).toBeLessThan(3600);
    expect(startOf(await Metrics.of(unix))).toBe(begun);
    expect(metrics.value('tdaemon_process_cpu_seconds_total', { process: 'supervisor' })).toBeGreaterThan(0);
  });

  it('counts ends by their reasons, also across supervisors', async () => {
    const { supervised, unix } = await superviseServed(`[program:ends]
command=sh -c 'exit 2'\nstartsecs=0\nautorestart=false\nexitcodes=2\nautostart=false
[program:fails]\ncommand=sh -c 'exit 3'\nstartsecs=0\nautorestart=false\nautostart=false
[program:early]\ncommand=true\nstartsecs=600\nstartretries=1\nautostart=false
[program:lives]\n${SLEEPER}`);
    const counts = async () => {
      const metrics = await Metrics.of(unix);
      const shown = ['ends', 'fails', 'early', 'lives'].map((name) => {
        const exits = ['stopped', 'expected', 'unexpected', 'signal', 'unknown'].flatMap((reason) => {
          const count = metrics.of(name, 'exits_total', { reason });
          return count === 0 ? [] : [`${reason} ${count}`];
        });
        return `${name}: ${[...exits, `restarts ${metrics.of(name, 'restarts_total')}`].join(', ')}`;
      });
      return shown;
    };
    for (let times = 0; times < 3; times++) {
      await rpc(unix, 'startProcess', 'ends');
      await supervised.reaches('ends', 'EXITED');
    }
    await rpc(unix, 'startProcess', 'fails');
    await rpc(unix, 'startProcess', 'early').catch(() => undefined);
    await supervised.reaches('early', 'FATAL');
    for (let times = 0; times < 2; times++) {
      const { pid } = await supervised.reaches('lives', 'RUNNING');
      process.kill(pid, 'SIGSEGV');
      await supervised.until('lives', 'is another', (now) => now.pid !== pid && now.state === 'RUNNING');
    }
    await rpc(unix, 'stopProcess', 'lives');
    await supervised.reaches('fails', 'EXITED');
    const expected = [
      'ends: expected 3, restarts 0',
      'fails: unexpected 1, restarts 0',
      'early: unexpected 2, restarts 1',
      'lives: stopped 1, signal 2, restarts 2',
    ];
    expect(await counts()).toEqual(expected);
    await supervised.killSupervisor();
    expect(await counts()).toEqual(expected);
    await rpc(unix, 'startProcess', 'fails');
    await supervised.reaches('fails', 'EXITED');
    expect((await counts())[1]).toBe('fails: unexpected 2, restarts 0');
  });

  it('counts what is written, beginning anew with the logger only', async () => {
    const { at, supervised, unix } = await superviseServed(`[program:a]
command=sh -c 'printf 1234567; printf 12345 >&2; while [ ! -e DIR/more ]; do sleep 0.1; done; printf abc; exec sleep 1000'
startsecs=0\nstdout_log_timestamps=true
[program:one]\ncommand=sh -c 'printf 12; printf 34 >&2; exec sleep 1000'\nstartsecs=0\nredirect_stderr=true
[program:none]\n${SLEEPER}\nstdout_logfile=NONE\nstderr_logfile=NONE`);
    // Asked again and again: without a parser.
    const bytes = async (name: string, channel: string) => {
      const labels = `group="${name}",name="${name}",channel="${channel}"`;
      const { body } = await getMetrics(unix);
      const line = body
        .split('\n')
        .find((each) => each.startsWith(`tdaemon_program_log_bytes_total{${labels}} `));
      return line === undefined ? undefined : Number(line.split(' ').at(-1));
    };
    const reaches = async (name: string, channel: string, count: number) => {
      for (;;) if ((await bytes(name, channel)) === count) return;
    };
    await reaches('a', 'stdout', 7);
    await reaches('a', 'stderr', 5);
    await reaches('one', 'stdout', 4);
    expect(await bytes('one', 'stderr')).toBeUndefined();
    expect(await bytes('none', 'stdout')).toBeUndefined();
    await supervised.killSupervisor();
    await supervised.until('a', 'is adopted', ({ adopted }) => adopted);
    expect(await bytes('a', 'stdout')).toBe(7);
    const logger = supervised.logger as number;
    process.kill(logger, 'SIGKILL');
    await eventually('another logger', () => ![undefined, logger].includes(supervised.logger));
    await reaches('a', 'stdout', 0);
    at.write('more', '');
    await reaches('a', 'stdout', 3);
  });
});

describe('/metrics', () => {
  it('is read, and by whoever may: nothing else', async () => {
    const port = await freePort();
    const { unix } = await superviseServed(
      `[inet_http_server]\nport=127.0.0.1:${port}\nusername=user\npassword=pass\n[program:a]\n${SLEEPER}`,
    );
    const tcp = { host: '127.0.0.1', port };
    for (const path of ['/metrics', '/health']) {
      const got = await ask(unix, { path });
      const head = await ask(unix, { method: 'HEAD', path });
      expect(head).toMatchObject({ status: 200, body: '' });
      expect(head.headers['content-type']).toBe(got.headers['content-type']);
      for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH']) {
        const refused = await ask(unix, { method, path, headers: { 'Content-Length': '0' } });
        expect(refused, method).toMatchObject({ status: 405, headers: { allow: 'GET, HEAD' } });
      }
      expect((await ask(unix, { path: `${path}/x` })).status).toBe(404);
      expect((await ask(tcp, { path })).status).toBe(401);
      expect((await ask(tcp, { path, headers: basic('user', 'wrong') })).status).toBe(401);
      expect((await ask(tcp, { path, headers: basic('user', 'pass') })).status).toBe(200);
      const foreign = { ...basic('user', 'pass'), Origin: 'https://evil.example.org' };
      expect((await ask(tcp, { path, headers: foreign })).status).toBe(403);
    }
    const browser = { Accept: 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8' };
    expect((await ask(unix, { path: '/metrics', headers: browser })).headers['content-type']).toMatch(
      /^text\/plain/,
    );
  });

  it('is answered without a logger, whose counts are then missing', async () => {
    const { supervised, unix } = await superviseServed(`[program:a]\n${SLEEPER}`);
    const logger = supervised.logger as number;
    process.kill(logger, 'SIGSTOP');
    const { body } = await getMetrics(unix);
    expect(body).toContain('tdaemon_program_up{group="a",name="a"} 1\n');
    expect(body).not.toContain('log_bytes');
    process.kill(logger, 'SIGCONT');
    for (let text = ''; !text.includes('log_bytes'); ) text = (await getMetrics(unix)).body;
  });

  it('of a hundred programs, asked for all the time, keeps nobody from being started again', async () => {
    const names = Array.from({ length: 100 }, (_, number) => `p${number}`);
    const { supervised, unix } = await superviseServed(
      names.map((name) => `[program:${name}]\n${SLEEPER}`).join('\n'),
    );
    let over = false;
    const askers = Array.from({ length: 8 }, async () => {
      let answers = 0;
      for (; !over; answers++) expect((await getMetrics(unix)).body.endsWith('# EOF\n')).toBe(true);
      return answers;
    });
    try {
      for (const name of names.slice(0, 20)) {
        const { pid } = await supervised.of(name);
        process.kill(pid, 'SIGKILL');
        await supervised.until(name, 'runs again', (now) => now.state === 'RUNNING' && now.pid !== pid);
      }
    } finally {
      over = true;
    }
    for (const answers of await Promise.all(askers)) expect(answers).toBeGreaterThan(0);
    const { body } = await getMetrics(unix);
    const killed = [...body.matchAll(/^tdaemon_program_exits_total\{.*reason="signal"\} ([1-9]\d*)$/gm)];
    expect(killed.map(([, count]) => count)).toEqual(Array(20).fill('1'));
  });
});
