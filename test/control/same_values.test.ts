/** The same calls to the real supervisord and to ours give the same values, down to the names of members. And Python's client understands. */
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import type { RpcValue } from '../../src/control/values';
import { rpc } from '../helpers/control';
import { eventually } from '../helpers/eventually';
import { missing } from '../helpers/needs';
import { type Side, SideBySide } from '../helpers/side_by_side';

const PROGRAMS = `
[program:a]
command=sleep 1000
startsecs=0
stdout_logfile=DIR/a.log
redirect_stderr=true
priority=7
exitcodes=0,2
[program:off]
command=sh -c 'exit 3'
autostart=false
directory=/tmp
stopsignal=INT
user=nobody
stdout_logfile=NONE
stderr_logfile=DIR/off.err
stderr_logfile_maxbytes=1KB
[program:x]
command=sh -c 'exit 3'
startsecs=0
autorestart=false
process_name=%(program_name)s_%(process_num)d
numprocs=2
stdout_logfile=DIR/x_%(process_num)d.log
[group:g]
programs=x
priority=3
`;

const NEEDS = missing('supervisord', 'python3');

/** Names of what is meant to be ours alone, or to be otherwise. */
const OURS = new Set(['autorestart']);

function comparable(value: RpcValue, { directory, port }: Side): unknown {
  const text = JSON.stringify(value, (name, member: unknown) => {
    if (OURS.has(name)) return undefined;
    if (['start', 'stop', 'now', 'pid'].includes(name) && typeof member === 'number') return member > 0;
    if (name.endsWith('_logfile') && typeof member === 'string' && /---supervisor-|^auto$/.test(member))
      return 'auto';
    if (name === 'logfile' && typeof member === 'string' && /---supervisor-/.test(member)) return 'auto';
    if (name === 'description')
      return String(member)
        .replace(/\d+/g, 'N')
        .replace(/[A-Z][a-z]{2} N N:N [AP]M/, 'DATE');
    return member;
  });
  const found: unknown = JSON.parse(text.replaceAll(directory, 'DIR').replaceAll(String(port), 'PORT'));
  return Array.isArray(found) && found.every(isBatchItem) ? found.sort(byName) : found;
}

/** Which of two comes first is a matter of who is done first, in supervisord. */
interface BatchItem {
  group: string;
  name: string;
  status: number;
}

function isBatchItem(item: unknown): item is BatchItem {
  return typeof item === 'object' && item !== null && 'status' in item && 'name' in item && 'group' in item;
}

function byName(one: BatchItem, other: BatchItem): number {
  return `${one.group}:${one.name}` < `${other.group}:${other.name}` ? -1 : 1;
}

const toOf = ({ directory }: Side) => ({ socketPath: path.join(directory, 's.sock') });

describe.skipIf(NEEDS)(`XML-RPC${NEEDS ? ` (${NEEDS})` : ''}`, () => {
  it('has the values of supervisord', { timeout: 300_000 }, async () => {
    const both = await SideBySide.start(PROGRAMS, { withCtl: false });
    const settled = (states: Record<string, string>) =>
      both.each(async (side) => {
        for (const [name, expected] of Object.entries(states))
          await eventually(`${name} is ${expected} of ${side.server}`, async () => {
            const { statename } = await rpc<{ statename: string }>(toOf(side), 'getProcessInfo', name);
            return statename === expected;
          });
      });
    // Supervisord reaps before it looks who has run long enough: one is EXITED while another is STARTING.
    await settled({ a: 'RUNNING', 'g:x_0': 'EXITED', 'g:x_1': 'EXITED' });
    const same = async (method: string, ...params: RpcValue[]) => {
      const [ours, theirs] = await both.each(async (side) => {
        const answer = rpc<RpcValue>(toOf(side), method, ...params);
        return answer.then(
          (value) => comparable(value, side),
          (error: Error) => comparable({ fault: error.message }, side),
        );
      });
      expect(ours, `${method} ${JSON.stringify(params)}`).toEqual(theirs);
    };
    for (const method of [
      'getAPIVersion',
      'getVersion',
      'getSupervisorVersion',
      'getIdentification',
      'getState',
      'getAllProcessInfo',
      'getAllConfigInfo',
      'reloadConfig',
      'clearAllProcessLogs',
    ])
      await same(method);
    for (const name of ['a', 'off', 'g:x_0', 'g:*', 'x_0', 'nope', ''])
      for (const method of ['getProcessInfo', 'clearProcessLogs']) await same(method, name);
    const [names, theirNames] = await both.each((side) => rpc<string[]>(toOf(side), 'system.listMethods'));
    const shared = names.filter((name) => !name.startsWith('tdaemon.'));
    expect(shared).toEqual(theirNames);
    for (const name of shared) await same('system.methodSignature', name);
    // Our logger opens a named log before the first start, theirs at it.
    for (const [offset, length] of [
      [0, 0],
      [-10, 0],
      [0, -1],
      [-1, 1],
      [100, 100],
    ] as const)
      for (const name of ['a', 'off', 'nope', 'g:*'])
        for (const method of [
          'readProcessStdoutLog',
          'readProcessStderrLog',
          'readProcessLog',
          'tailProcessStdoutLog',
          'tailProcessStderrLog',
          'tailProcessLog',
        ])
          if (name !== 'off' || !method.includes('Stderr')) await same(method, name, offset, length);
    for (const name of ['a', 'off', 'nope']) await same('sendProcessStdin', name, 'x');
    await same('stopProcessGroup', 'g');
    await same('startProcess', 'g:x_0', false);
    await settled({ 'g:x_0': 'EXITED' });
    await same('startProcessGroup', 'off');
    // It is tried again and again: at which moment it runs is each one's own affair.
    await both.each((side) => rpc(toOf(side), 'stopProcess', 'off').catch(() => undefined));
    await same('signalProcessGroup', 'a', 'CONT');
    await same('signalAllProcesses', 'CONT');
    await same('stopAllProcesses');
    await same('removeProcessGroup', 'a');
    await same('removeProcessGroup', 'a');
    await same('addProcessGroup', 'a');
    await same('sendRemoteCommEvent', 'type', 'data');
    await same('system.multicall', [{ methodName: 'supervisor.getVersion' }, { methodName: 'nope' }, {}]);
  });

  it("is understood by Python's client", { timeout: 300_000 }, async () => {
    const both = await SideBySide.start(PROGRAMS, { withCtl: false });
    const { port } = both.ours;
    await eventually('a program', async () => {
      const { statename } = await rpc<{ statename: string }>(toOf(both.ours), 'getProcessInfo', 'a');
      return statename === 'RUNNING';
    });
    const script = `
import sys, xmlrpc.client
server = xmlrpc.client.ServerProxy('http://user:pass@127.0.0.1:${port}/RPC2')
assert server.supervisor.getState() == {'statecode': 1, 'statename': 'RUNNING'}
info = server.supervisor.getProcessInfo('a')
assert info['statename'] == 'RUNNING' and isinstance(info['pid'], int), info
assert server.supervisor.sendProcessStdin('a', 'h\\u00e9 <&> \\r\\n') is True
assert server.supervisor.stopProcess('a') is True
try:
    server.supervisor.stopProcess('a')
    raise AssertionError('no fault')
except xmlrpc.client.Fault as fault:
    assert (fault.faultCode, fault.faultString) == (70, 'NOT_RUNNING: a'), fault
calls = xmlrpc.client.MultiCall(server)
calls.supervisor.startProcess('a')
calls.supervisor.getVersion()
open('${both.ours.directory}/a.log', 'wb').write(b'\\x00\\x1b[1m\\xff\\r\\nz\\xc3\\xa9')
assert server.supervisor.readProcessStdoutLog('a', 0, 0) == '\\ufffd\\ufffd[1m\\ufffd\\r\\nz\\u00e9'
try:
    xmlrpc.client.ServerProxy('http://user:wrong@127.0.0.1:${port}/RPC2').supervisor.getState()
    raise AssertionError('no refusal')
except xmlrpc.client.ProtocolError as error:
    assert error.errcode == 401, error
print('done')
`;
    const { stdout, stderr } = spawnSync('python3', ['-c', script], { encoding: 'utf8' });
    expect(stderr).toBe('');
    expect(stdout).toBe('done\n');
  });
});
