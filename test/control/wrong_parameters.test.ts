/**
 * Every method with too few, too many and wrong parameters, by Python's client, to the real supervisord and to ours: the same
 * values and faults, but for what is listed.
 */
import { spawn } from 'node:child_process';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { eventually } from '../helpers/eventually';
import { missing } from '../helpers/needs';
import { ROOT } from '../helpers/paths';
import { type Side, SideBySide } from '../helpers/side_by_side';

const PROGRAMS = `
[program:a]
command=cat
startsecs=0
stdout_logfile=DIR/a.log
[program:off]
command=sleep 1000
autostart=false
stdout_logfile=NONE
stderr_logfile=NONE
[program:x]
command=sleep 1000
startsecs=0
[group:g]
programs=x
`;

type Call = [method: string, params: unknown[]];
type Answer = { value?: unknown; fault?: [number, string]; error?: number };

/** What changes nothing, whatever follows it: `a` runs, `off` does not. */
const RIGHT: Record<string, unknown[]> = {
  'supervisor.addProcessGroup': ['a'],
  'supervisor.clearAllProcessLogs': [],
  'supervisor.clearLog': [],
  'supervisor.clearProcessLog': ['a'],
  'supervisor.clearProcessLogs': ['a'],
  'supervisor.getAPIVersion': [],
  'supervisor.getAllConfigInfo': [],
  'supervisor.getAllProcessInfo': [],
  'supervisor.getIdentification': [],
  'supervisor.getPID': [],
  'supervisor.getProcessInfo': ['off'],
  'supervisor.getState': [],
  'supervisor.getSupervisorVersion': [],
  'supervisor.getVersion': [],
  'supervisor.readLog': [0, 1],
  'supervisor.readMainLog': [0, 1],
  'supervisor.readProcessLog': ['a', 0, 0],
  'supervisor.readProcessStderrLog': ['a', 0, 0],
  'supervisor.readProcessStdoutLog': ['a', 0, 0],
  'supervisor.reloadConfig': [],
  'supervisor.removeProcessGroup': ['a'],
  'supervisor.sendProcessStdin': ['off', 'x'],
  'supervisor.sendRemoteCommEvent': ['type', 'data'],
  'supervisor.signalAllProcesses': ['CONT'],
  'supervisor.signalProcess': ['a', 'CONT'],
  'supervisor.signalProcessGroup': ['a', 'CONT'],
  'supervisor.startProcess': ['a', true],
  'supervisor.startProcessGroup': ['a', true],
  'supervisor.stopProcess': ['off', true],
  'supervisor.stopProcessGroup': ['off', true],
  'supervisor.tailProcessLog': ['a', 0, 0],
  'supervisor.tailProcessStderrLog': ['a', 0, 0],
  'supervisor.tailProcessStdoutLog': ['a', 0, 0],
  'system.listMethods': [],
  'system.methodHelp': ['nope'],
  'system.methodSignature': ['supervisor.getState'],
  'system.multicall': [[]],
};
/** Right, they are the end of what others need; asked with too much only. */
const ENDING = ['supervisor.shutdown', 'supervisor.restart'];
const ACTING = ['supervisor.startAllProcesses', 'supervisor.stopAllProcesses'];

const WRONG: unknown[] = [
  0,
  -1,
  1,
  1.5,
  18,
  '',
  '0',
  '18',
  'nope',
  ' a',
  'a ',
  'a:a',
  'g:x',
  'g:',
  'g:*',
  ':',
  '*',
  'a:b:c',
  '\u00e9',
  null,
  true,
  [],
  ['a'],
  {},
  { a: 1 },
];

/** Which of them would act. */
function isHarmless([method, params]: Call): boolean {
  if (method === 'supervisor.stopProcess' || method === 'supervisor.stopProcessGroup')
    return !/^(g:.*|a:a)$/.test(String(params[0]));
  // A signal of a program that ends by it.
  return !(/signal/.test(method) && [1, '1', true, 1.5].includes(params.at(-1) as number));
}

function callsOf(method: string, right: unknown[]): Call[] {
  const fewer = right.map((_, count): Call => [method, right.slice(0, count)]);
  const wrong = right.flatMap((_, at) => WRONG.map((value): Call => [method, right.with(at, value)]));
  return [...fewer, [method, right], [method, [...right, 1]], [method, [...right, 1, 2]], ...wrong];
}

const CALLS: Call[] = [
  ...Object.entries(RIGHT).flatMap(([method, right]) => callsOf(method, right)),
  ...ENDING.map((method): Call => [method, [1]]),
  ...ACTING.map((method): Call => [method, [true, 1]]),
  ['supervisor', []],
  ['supervisor.nope', []],
  ['nope.getState', [1]],
  ['system.nope', []],
].filter((call): call is Call => isHarmless(call as Call));

function callAll({ directory }: Side): Promise<Answer[]> {
  return new Promise((resolve, reject) => {
    const script = path.join(ROOT, 'test/fixtures/rpc/call.py');
    const child = spawn('/usr/bin/python3', ['-W', 'ignore', script, path.join(directory, 's.sock')]);
    let [out, said] = ['', ''];
    child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text));
    child.on('error', reject);
    child.on('close', () => (out === '' ? reject(new Error(said)) : resolve(JSON.parse(out))));
    child.stdin.end(JSON.stringify(CALLS));
  });
}

/** In one order, without what differs by nature. getAllConfigInfo's values are compared in same_values.test.ts. */
function comparable([method]: Call, answer: Answer, { directory, port }: Side): string {
  if ('value' in answer && /getPID|read(?:Main)?Log|getAllConfigInfo/.test(method))
    return typeof answer.value;
  const sorted = JSON.stringify(answer, (name, value: unknown) => {
    if (['start', 'stop', 'now', 'pid'].includes(name) && typeof value === 'number') return value > 0;
    // Ours alone.
    if (Array.isArray(value)) return value.filter((each) => !String(each).startsWith('tdaemon.'));
    if (value === null || typeof value !== 'object') return value;
    return Object.fromEntries(Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1)));
  });
  return sorted
    .replaceAll(directory, 'DIR')
    .replaceAll(String(port), 'PORT')
    .replace(/[^"/]+---supervisor-[^"]+\.log/g, 'AUTO')
    .replace(/pid \d+, uptime [\d:]+/g, 'UPTIME')
    .replace(/[A-Z][a-z]{2} \d\d \d\d:\d\d [AP]M/g, 'DATE');
}

const isIncorrect = ({ fault }: Answer) => fault?.[0] === 2;

/** Why it is meant to be otherwise. Undefined: it is not. */
function reason([method, params]: Call, ours: Answer, theirs: Answer): string | undefined {
  const right = RIGHT[method] ?? [];
  const isNoText = params.some((value, at) => typeof right[at] === 'string' && typeof value !== 'string');
  const isSignalZero = /signal/.test(method) && String(params.at(-1)) === '0';
  if (theirs.error === 500 && (ours.fault || method === 'system.multicall'))
    return 'where Python stumbles supervisord answers 500 and writes it to its log: ours is a fault';
  if (isNoText && isIncorrect(ours))
    return 'what is to be a text must be one: no Python words for anything else';
  if (isSignalZero && JSON.stringify(ours).includes('BAD_SIGNAL')) return 'signal 0 is none';
  if (method === 'system.multicall' && params[0] === '' && isIncorrect(ours))
    return 'a text is no list of calls';
  return undefined;
}

const NEEDS = missing('supervisord');

describe.skipIf(NEEDS)(`a call by Python's client${NEEDS ? ` (${NEEDS})` : ''}`, () => {
  it('is answered as by supervisord, whatever is wrong with it', { timeout: 300_000 }, async () => {
    const both = await SideBySide.start(PROGRAMS);
    for (const name of ['a', 'g:x'])
      await eventually(name, () =>
        both.supervised.mainLog.includes(`success: ${name.replace('g:', '')} entered RUNNING`),
      );
    const [ours, theirs] = await both.each(callAll);
    const meant = new Set<string>();
    const differences = CALLS.flatMap((call, at) => {
      const [own, real] = [ours[at] as Answer, theirs[at] as Answer];
      const texts = [comparable(call, own, both.ours), comparable(call, real, both.theirs)];
      if (texts[0] === texts[1]) return [];
      const why = reason(call, own, real);
      if (why) meant.add(why);
      return why ? [] : [`${call[0]}${JSON.stringify(call[1])}: ${texts.join(' | ')}`];
    });
    expect(differences).toEqual([]);
    expect(meant.size).toBe(4);
  });
});
