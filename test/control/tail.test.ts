/** /logtail and /mainlogtail: what is there, and what comes, whatever becomes of the file. */
import fs from 'node:fs';
import { describe, expect, it } from 'vitest';
import { ask, dial, type Line, rpc, type Server } from '../helpers/control';
import { eventually } from '../helpers/eventually';
import { descriptors } from '../helpers/procfs';
import { type Scratch, scratch } from '../helpers/scratch';
import { type Supervised, supervise } from '../helpers/supervise';

async function start(): Promise<{ at: Scratch; unix: Server; supervised: Supervised }> {
  const at = scratch();
  const supervised = await supervise(
    at,
    `[unix_http_server]
file=${at.file('s.sock')}
[program:a]
command=cat
stdout_logfile=${at.file('a.log')}
startsecs=0
[program:none]
command=cat
stdout_logfile=NONE
autostart=false
[program:b]
command=cat
autostart=false
[group:g]
programs=b`,
  );
  return { at, supervised, unix: { socketPath: at.file('s.sock') } };
}

async function tail(unix: Server, path: string): Promise<Line & { body(): string }> {
  const line = await dial(unix);
  line.socket.write(`GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`);
  await eventually('its head', () => line.text().includes('\r\n\r\n'));
  const body = () => {
    const text = line.text();
    const chunks = text.slice(text.indexOf('\r\n\r\n') + 4);
    return chunks.replace(/(?:^|\r\n)[0-9a-f]+\r\n/g, '').replace(/\r\n$/, '');
  };
  return { ...line, body };
}

describe('a log', () => {
  it('is followed as it is written, rotated, truncated and removed', async () => {
    const { at, unix } = await start();
    const file = at.file('a.log');
    fs.writeFileSync(file, `${'-'.repeat(2000)}\n`);
    const { text, body } = await tail(unix, '/logtail/a');
    expect(text()).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
    expect(text()).toMatch(/\r\nContent-Type: text\/plain;charset=utf-8\r\n/);
    expect(text()).toMatch(/\r\nTransfer-Encoding: chunked\r\n/);
    expect(text()).toMatch(/\r\nX-Accel-Buffering: no\r\n/);
    expect(text()).toMatch(/\r\nLast-Modified: /);
    await eventually('what was there', () => body() === `${'-'.repeat(1023)}\n`);
    fs.appendFileSync(file, 'one\n');
    await eventually('more', () => body().endsWith('\none\n'));
    fs.appendFileSync(file, 'two\n');
    fs.renameSync(file, `${file}.1`);
    fs.appendFileSync(`${file}.1`, 'late\n');
    fs.writeFileSync(file, 'three\n');
    await eventually('the next file', () => body().endsWith('one\ntwo\nlate\nthree\n'));
    fs.truncateSync(file);
    await eventually('a word of it', () => body().endsWith('three\n==> File truncated <==\n'));
    fs.appendFileSync(file, 'four\n');
    await eventually('more', () => body().endsWith('<==\nfour\n'));
    fs.rmSync(file);
    fs.writeFileSync(`${file}.new`, 'five\n');
    fs.renameSync(`${file}.new`, file);
    await eventually('the next file', () => body().endsWith('four\nfive\n'));
    const much = 'x'.repeat(5_000_000);
    fs.appendFileSync(file, much);
    await eventually('much', () => body().endsWith(`five\n${much}`));
  });

  it('comes from the program', async () => {
    const { unix } = await start();
    await eventually('its log', () => rpc(unix, 'getProcessInfo', 'a'));
    const { body } = await tail(unix, '/logtail/a/stdout');
    await rpc(unix, 'sendProcessStdin', 'a', 'a line \u00e9\n');
    await eventually('what it wrote', () => body() === 'a line \u00e9\n');
  });

  it('that nobody has is not found', async () => {
    const { unix } = await start();
    for (const path of [
      '/logtail/nope',
      '/logtail/',
      '/logtail',
      '/logtail/a/stdin',
      '/logtail/a/',
      '/logtail/a:*',
      '/logtail/none',
      '/logtail/b',
      '/logtail/a/../../etc/passwd',
      '/logtail/%00',
    ])
      expect((await ask(unix, { path })).status, path).toBe(404);
    for (const path of ['/logtail/a', '/mainlogtail'])
      expect((await ask(unix, { path, method: 'DELETE' })).status).toBe(400);
  });

  it('of the supervisor is followed too', async () => {
    const { unix } = await start();
    const { body } = await tail(unix, '/mainlogtail');
    await eventually('the start', () => /supervisord started with pid \d+\n/.test(body()));
    await rpc(unix, 'startProcess', 'g:b', false);
    await eventually('news', () => /spawned: 'b' with pid \d+\n/.test(body()));
    await rpc(unix, 'clearLog');
    await rpc(unix, 'stopProcess', 'g:b');
    await eventually('the next file', () => /stopped: b/.test(body()));
  });

  it('leaves nothing behind when its client goes', async () => {
    const { unix, supervised } = await start();
    const pid = supervised.supervisor as number;
    await rpc(unix, 'getState');
    const before = [...descriptors(pid).values()].sort();
    const watches = () =>
      [...descriptors(pid)].flatMap(([descriptor, name]) =>
        name === 'anon_inode:inotify'
          ? fs.readFileSync(`/proc/${pid}/fdinfo/${descriptor}`, 'latin1').split('\n')
          : [],
      ).length;
    const watchesBefore = watches();
    const tails = await Promise.all(Array.from({ length: 50 }, () => tail(unix, '/logtail/a')));
    expect(descriptors(pid).size).toBeGreaterThan(before.length + 50);
    for (const { socket } of tails) socket.destroy();
    await eventually('their end', () => descriptors(pid).size <= before.length && watches() <= watchesBefore);
  });

  it('that a client does not take is not kept in memory', async () => {
    const { at, unix, supervised } = await start();
    const { socket } = await tail(unix, '/logtail/a');
    socket.pause();
    const file = at.file('a.log');
    fs.truncateSync(file, 300_000_000);
    const other = await tail(unix, '/logtail/a');
    fs.appendFileSync(file, 'end\n');
    await eventually('another client has the end', () => other.text().includes('end\n'));
    const rss = Number(
      /^VmRSS:\s+(\d+)/m.exec(fs.readFileSync(`/proc/${supervised.supervisor}/status`, 'latin1'))?.[1],
    );
    expect(rss).toBeLessThan(300_000);
  });

  it('ends when the supervisor does', async () => {
    const { unix, supervised } = await start();
    const { closed, text } = await tail(unix, '/logtail/a');
    await supervised.shutdown();
    await closed;
    expect(text().endsWith('0\r\n\r\n')).toBe(true);
  });
});
