/** The methods: what they return, their faults, and those who wait. */
import fs from 'node:fs';
import { describe, expect, it } from 'vitest';
import { FAULTS } from '../../src/control/faults';
import { dial, rpc } from '../helpers/control';
import { eventually } from '../helpers/eventually';
import * as procfs from '../helpers/procfs';
import { superviseServed } from '../helpers/served';

const fault = (name: keyof typeof FAULTS, detail?: string) => ({
  code: FAULTS[name],
  message: detail === undefined ? name : `${name}: ${detail}`,
});

const sockets = (pid: number) =>
  [...procfs.descriptors(pid).values()].filter((name) => name.startsWith('socket:')).length;

const SLEEPER = 'command=sleep 1000\nstartsecs=0';
/** Not RUNNING for as long as the test wants. */
const SLOW = 'command=sleep 1000\nstartsecs=600';

describe('a fault', () => {
  it('says what is wrong', async () => {
    const { unix } =
      await superviseServed(`[program:a]\n${SLEEPER}\n[program:off]\n${SLEEPER}\nautostart=false
[program:missing]\ncommand=/does/not/exist\nautostart=false\n[program:file]\ncommand=/etc/passwd\nautostart=false
[program:quick]\ncommand=false\nautostart=false\nstartretries=0\n[program:user]\n${SLEEPER}\nenv_file=/does/not/exist\nautostart=false
[program:x]\n${SLEEPER}\nstdout_logfile=NONE\n[group:g]\nprograms=x`);
    const failing: [string, unknown[], ReturnType<typeof fault>][] = [
      ['nonsense', [], fault('UNKNOWN_METHOD')],
      ['getState', [1], fault('INCORRECT_PARAMETERS')],
      ['startProcess', [], fault('INCORRECT_PARAMETERS')],
      ['startProcess', [{}], fault('INCORRECT_PARAMETERS')],
      ['startProcess', ['a', true, 1], fault('INCORRECT_PARAMETERS')],
      ['readLog', ['x', 0], fault('INCORRECT_PARAMETERS')],
      ['sendProcessStdin', ['a', 1], fault('INCORRECT_PARAMETERS')],
      ['startProcess', ['a'], fault('ALREADY_STARTED', 'a')],
      ['startProcess', ['nope'], fault('BAD_NAME', 'nope')],
      ['startProcess', ['x'], fault('BAD_NAME', 'x')],
      ['startProcess', ['g:nope'], fault('BAD_NAME', 'g:nope')],
      ['startProcess', ['nope:*'], fault('BAD_NAME', 'nope:*')],
      ['startProcess', ['__proto__'], fault('BAD_NAME', '__proto__')],
      ['startProcess', ['missing'], fault('NO_FILE', "can't find command '/does/not/exist'")],
      ['startProcess', ['file'], fault('NOT_EXECUTABLE', "command at '/etc/passwd' is not executable")],
      ['startProcess', ['quick'], fault('SPAWN_ERROR', 'quick')],
      ['startProcess', ['user'], fault('SPAWN_ERROR', 'user')],
      ['startProcess', ['user'], fault('ALREADY_STARTED', 'user')],
      ['startProcessGroup', ['nope'], fault('BAD_NAME', 'nope')],
      ['stopProcess', ['off'], fault('NOT_RUNNING', 'off')],
      ['stopProcess', ['nope'], fault('BAD_NAME', 'nope')],
      ['stopProcessGroup', ['nope'], fault('BAD_NAME', 'nope')],
      ['signalProcess', ['a', 'NOPE'], fault('BAD_SIGNAL', 'NOPE')],
      ['signalProcess', ['a', 0], fault('BAD_SIGNAL', '0')],
      ['signalProcess', ['off', 'HUP'], fault('NOT_RUNNING', 'off')],
      ['signalProcess', ['nope', 'HUP'], fault('BAD_NAME', 'nope')],
      ['signalProcessGroup', ['nope', 'HUP'], fault('BAD_NAME', 'nope')],
      ['getProcessInfo', ['g:*'], fault('BAD_NAME', 'g:*')],
      ['readProcessStdoutLog', ['g:x', 0, 0], fault('NO_FILE')],
      ['readProcessStdoutLog', ['g:*', 0, 0], fault('BAD_NAME', 'g:*')],
      ['tailProcessStderrLog', ['nope', 0, 0], fault('BAD_NAME', 'nope')],
      ['clearProcessLogs', ['nope'], fault('BAD_NAME', 'nope')],
      ['sendProcessStdin', ['off', 'x'], fault('NOT_RUNNING', 'off')],
      ['addProcessGroup', ['a'], fault('ALREADY_ADDED', 'a')],
      ['addProcessGroup', ['nope'], fault('BAD_NAME', 'nope')],
      ['removeProcessGroup', ['a'], fault('STILL_RUNNING', 'a')],
      ['removeProcessGroup', ['nope'], fault('BAD_NAME', 'nope')],
      ['system.methodHelp', ['nope'], fault('SIGNATURE_UNSUPPORTED')],
      ['system.methodSignature', ['nope'], fault('SIGNATURE_UNSUPPORTED')],
      ['system.multicall', [1], fault('INCORRECT_PARAMETERS')],
    ];
    for (const [method, params, expected] of failing)
      await expect(rpc(unix, method, ...(params as never[])), `${method} ${params}`).rejects.toMatchObject(
        expected,
      );
  });
});

describe('system', () => {
  it("lists supervisord's 41 methods and ours beside them, each with its help and types", async () => {
    const { unix } = await superviseServed('');
    const names = await rpc<string[]>(unix, 'system.listMethods');
    expect(names).toEqual([...names].sort());
    expect(names.filter((name) => !name.startsWith('tdaemon.')).length).toBe(41);
    expect(names.filter((name) => name.startsWith('tdaemon.'))).toEqual(
      [
        'getAllProcessStatus',
        'getProcessStatus',
        'getSupervisorInfo',
        'getVersion',
        'handover',
        'rollingRestart',
      ].map((name) => `tdaemon.${name}`),
    );
    for (const name of names) {
      expect(await rpc<string>(unix, 'system.methodHelp', name)).toMatch(/[\w)\]}]\.$/);
      expect((await rpc<string[]>(unix, 'system.methodSignature', name)).length).toBeGreaterThan(0);
    }
    expect(await rpc(unix, 'system.methodSignature', 'supervisor.startProcess')).toEqual([
      'boolean',
      'string',
      'boolean',
    ]);
  });

  it('calls many in order, each with a value or a fault', async () => {
    const { unix } = await superviseServed(`[program:a]\n${SLEEPER}\nautostart=false`);
    const calls = [
      { methodName: 'supervisor.startProcess', params: ['a'] },
      { methodName: 'supervisor.startProcess', params: ['a'] },
      { methodName: 'supervisor.stopProcess', params: ['a'] },
      { methodName: 'supervisor.getVersion' },
      { methodName: 'system.multicall', params: [[]] },
      { params: [] },
      { methodName: 'nope', params: [] },
      'no struct',
      { methodName: 'supervisor.getVersion', params: 1 },
    ];
    const faulty = (code: number, text: string) => ({ faultCode: code, faultString: text });
    expect(await rpc(unix, 'system.multicall', calls)).toEqual([
      true,
      faulty(60, 'ALREADY_STARTED: a'),
      true,
      '3.0',
      faulty(2, 'INCORRECT_PARAMETERS: Recursive system.multicall forbidden'),
      faulty(2, 'INCORRECT_PARAMETERS: No methodName'),
      faulty(1, 'UNKNOWN_METHOD'),
      faulty(2, 'INCORRECT_PARAMETERS: No methodName'),
      faulty(2, 'INCORRECT_PARAMETERS'),
    ]);
  });
});

describe('many at once', () => {
  it('are told of as far as the action concerned them', async () => {
    const { unix } = await superviseServed(`[program:a]\n${SLEEPER}\n[program:b]\n${SLEEPER}\nautostart=false
[program:bad]\ncommand=/does/not/exist\nautostart=false\n[program:x]\n${SLEEPER}\n[program:y]\n${SLEEPER}\n[group:g]\nprograms=x,y`);
    const ok = (group: string, name = group) => ({ group, name, status: 80, description: 'OK' });
    const all = await rpc<{ name: string }[]>(unix, 'startAllProcesses');
    expect(all).toHaveLength(2);
    expect(all).toContainEqual(ok('b'));
    expect(all).toContainEqual({
      group: 'bad',
      name: 'bad',
      status: 20,
      description: "NO_FILE: can't find command '/does/not/exist'",
    });
    expect(await rpc(unix, 'signalProcess', 'g:*', 'URG')).toEqual([ok('g', 'x'), ok('g', 'y')]);
    const stopped = await rpc<unknown[]>(unix, 'stopProcess', 'g:');
    expect(stopped).toHaveLength(2);
    expect(stopped).toContainEqual(ok('g', 'x'));
    expect(await rpc(unix, 'stopProcessGroup', 'g')).toEqual([]);
    expect(await rpc<unknown[]>(unix, 'clearAllProcessLogs')).toHaveLength(5);
    expect((await rpc<{ name: string }[]>(unix, 'getAllProcessInfo')).map(({ name }) => name)).toEqual([
      'a',
      'b',
      'bad',
      'x',
      'y',
    ]);
  });
});

describe('standard input', () => {
  it('is written whole, also what the program takes later', async () => {
    const { at, unix } = await superviseServed(
      "[program:a]\ncommand=sh -c 'head -c 1; while [ ! -e go ]; do sleep 0.1; done; exec cat'\ndirectory=DIR\nstdout_logfile=DIR/a.log\nstartsecs=0",
    );
    const much = `${'\u00e9'.repeat(200_000)}\n`;
    await rpc(unix, 'sendProcessStdin', 'a', `1${much}`);
    await rpc(unix, 'sendProcessStdin', 'a', Buffer.from('end\n'));
    at.write('go', '');
    const log = at.file('a.log');
    await eventually('all of it', () => fs.readFileSync(log, 'utf8') === `1${much}end\n`);
  });

  it('that a program has closed is NO_FILE', async () => {
    const { at, unix } = await superviseServed(
      "[program:a]\ncommand=sh -c 'exec <&-; touch DIR/closed; sleep 1000'\nstartsecs=0",
    );
    await eventually('it', () => fs.existsSync(at.file('closed')));
    await expect(rpc(unix, 'sendProcessStdin', 'a', 'x')).rejects.toMatchObject(fault('NO_FILE', 'a'));
  });

  it('that a program did not read is not for the next one', async () => {
    const { at, unix, supervised } = await superviseServed(
      '[program:a]\ncommand=sleep 1000\nstartsecs=0\nstdout_logfile=DIR/a.log',
    );
    await rpc(unix, 'sendProcessStdin', 'a', 'x'.repeat(300_000));
    await expect(rpc(unix, 'sendProcessStdin', 'a', 'x'.repeat(1_900_000))).resolves.toBe(true);
    const before = procfs.descriptors(supervised.supervisor as number).size;
    await rpc(unix, 'stopProcess', 'a');
    await eventually('nothing held', () => procfs.descriptors(supervised.supervisor as number).size < before);
    at.write('supervisord.conf', fs.readFileSync(supervised.configFile, 'utf8').replace('sleep 1000', 'cat'));
    await rpc(unix, 'reloadConfig');
    await rpc(unix, 'removeProcessGroup', 'a');
    await rpc(unix, 'addProcessGroup', 'a');
    await rpc(unix, 'sendProcessStdin', 'a', 'new\n');
    const log = at.file('a.log');
    await eventually('the new', () => fs.existsSync(log) && fs.readFileSync(log, 'utf8') === 'new\n');
  });
});

describe('a client that waits', () => {
  it('gets its answer when the supervisor shuts down', async () => {
    const { unix, supervised } =
      await superviseServed(`[program:a]\n${SLOW}\nautostart=false\n[program:b]\n${SLOW}\nautostart=false
depends_on=a\n[program:t]\ncommand=sh -c 'trap "" TERM; touch DIR/t; while :; do sleep 0.1; done'\nstopwaitsecs=2\nstartsecs=0`);
    const waiting = [
      rpc(unix, 'startProcess', 'a'),
      rpc(unix, 'startProcess', 'b'),
      rpc(unix, 'system.multicall', [{ methodName: 'supervisor.startProcess', params: ['b'] }]),
    ].map((answer) => answer.catch((error: Error) => error.message));
    await supervised.reaches('a', 'STARTING');
    await supervised.until('b', 'waits', ({ waitingFor }) => waitingFor.length === 1);
    const { keeper } = supervised;
    await rpc(unix, 'shutdown');
    await expect(rpc(unix, 'getState')).rejects.toMatchObject(fault('SHUTDOWN_STATE'));
    await expect(rpc(unix, 'startProcess', 'a')).rejects.toMatchObject(fault('SHUTDOWN_STATE'));
    expect(await rpc(unix, 'sendRemoteCommEvent', 'a', 'b')).toBe(true);
    const answers = await Promise.all(waiting);
    expect(answers.slice(0, 2)).toEqual(['ABNORMAL_TERMINATION: a', 'ABNORMAL_TERMINATION: b']);
    expect(answers[2]).toEqual([{ faultCode: 40, faultString: 'ABNORMAL_TERMINATION: b' }]);
    await eventually('the end', () => !procfs.isAlive(keeper));
  });

  it('gets it when somebody stops what it waits for', async () => {
    const { unix, supervised } = await superviseServed(
      `[program:a]\n${SLOW}\nautostart=false\n[program:b]\n${SLOW}\nautostart=false\ndepends_on=a`,
    );
    const waiting = ['a', 'b'].map((name) =>
      rpc(unix, 'startProcess', name).catch((error: Error) => error.message),
    );
    await supervised.until('b', 'waits', ({ waitingFor }) => waitingFor.length === 1);
    expect(await rpc(unix, 'getProcessInfo', 'b')).toMatchObject({
      statename: 'STOPPED',
      description: 'waiting for a',
    });
    expect(await rpc(unix, 'stopProcess', 'b')).toBe(true);
    expect(await waiting[1]).toBe('ABNORMAL_TERMINATION: b');
    await rpc(unix, 'stopProcess', 'a');
    expect(await waiting[0]).toBe('ABNORMAL_TERMINATION: a');
  });

  it('and goes leaves nothing behind, and what it asked for goes on', async () => {
    const { unix, supervised } = await superviseServed(`[program:a]\n${SLOW}\nautostart=false`);
    const pid = supervised.supervisor as number;
    await rpc(unix, 'getState');
    const before = sockets(pid);
    const lines = await Promise.all(Array.from({ length: 100 }, () => dial(unix)));
    const call = (name: string) =>
      `<methodCall><methodName>supervisor.${name}</methodName><params><param><value>a</value></param></params></methodCall>`;
    const request = (body: string) =>
      `POST /RPC2 HTTP/1.1\r\nContent-Type: text/xml\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
    lines[0]?.socket.write(request(call('startProcess')));
    await supervised.reaches('a', 'STARTING');
    for (const { socket } of lines.slice(1)) socket.write(request(call('startProcess')));
    await eventually('answers', () =>
      lines.slice(1).every((line) => line.text().includes('ALREADY_STARTED')),
    );
    for (const { socket } of lines) socket.destroy();
    await eventually('their end', () => sockets(pid) <= before);
    expect((await supervised.of('a')).state).toBe('STARTING');
  });
});

describe('a configuration that cannot be read', () => {
  it('is told, and all goes on', async () => {
    const { unix, supervised } = await superviseServed(`[program:a]\n${SLEEPER}`);
    const { pid } = await supervised.of('a');
    const text = fs.readFileSync(supervised.configFile, 'utf8');
    fs.writeFileSync(supervised.configFile, text.replace('startsecs=0', 'startsecs=never'));
    for (const method of ['reloadConfig', 'restart'])
      await expect(rpc(unix, method)).rejects.toMatchObject({
        code: FAULTS.CANT_REREAD,
        message: expect.stringMatching(/^CANT_REREAD: .*supervisord\.conf:\d+: \[program:a\] startsecs: /),
      });
    expect((await supervised.of('a')).pid).toBe(pid);
    expect(await rpc(unix, 'getState')).toEqual({ statecode: 1, statename: 'RUNNING' });
  });
});

describe('a supervisor that is killed', () => {
  it('is waited for by clients, who are served by the next', async () => {
    const { unix, supervised } = await superviseServed(`[program:a]\n${SLEEPER}`);
    const before = supervised.supervisor as number;
    const [socketFile] = [fs.statSync((unix as { socketPath: string }).socketPath).ino];
    for (let times = 0; times < 3; times++) {
      const { supervisor } = supervised;
      if (supervisor) process.kill(supervisor, 'SIGKILL');
      // No gap: the socket is the keeper's as well.
      expect(await rpc(unix, 'getProcessInfo', 'a')).toMatchObject({ statename: 'RUNNING' });
    }
    expect(supervised.supervisor).not.toBe(before);
    expect(fs.statSync((unix as { socketPath: string }).socketPath).ino).toBe(socketFile);
    expect(await rpc(unix, 'getPID')).toBe(supervised.keeper);
  });
});
