/** Backups of logs become gzip files, without a line lost, also when the supervisor dies. */
import fs from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { expect, it } from 'vitest';
import { eventually } from '../helpers/eventually';
import { type Scratch, scratch } from '../helpers/scratch';
import { supervise } from '../helpers/supervise';

const LINES = 3000;
const ALL = Array.from({ length: LINES }, (_, number) => `line ${number + 1}\n`).join('');

function backups(at: Scratch): string[] {
  return fs.readdirSync(at.directory).filter((name) => name.startsWith('log.'));
}

/** All that was ever written, the oldest first. */
function content(at: Scratch): string {
  const number = (name: string) => Number(/^log\.(\d+)/.exec(name)?.[1]);
  const old = backups(at).sort((one, other) => number(other) - number(one));
  const parts = old.map((name) => {
    const data = fs.readFileSync(at.file(name));
    return name.endsWith('.gz') ? gunzipSync(data) : data;
  });
  return Buffer.concat([...parts, fs.readFileSync(at.file('log'))]).toString();
}

function writer(at: Scratch, rest = ''): string {
  return `[program:a]
command=sh -c 'seq -f "line %%g" 1 ${LINES}; exec sleep 1000'
startsecs=0
stdout_logfile=${at.file('log')}
stdout_logfile_maxbytes=4KB
stdout_logfile_backups=100
stdout_logfile_compress=true
${rest}
`;
}

/** While it is rotated there is none for a moment. */
const written = (at: Scratch) =>
  eventually('all is written', () => lastOf(at.file('log')).endsWith(`${LINES}\n`));

function lastOf(log: string): string {
  try {
    return fs.readFileSync(log, 'utf8');
  } catch {
    return '';
  }
}

const done = (at: Scratch) =>
  eventually('all are compressed', () => {
    const names = backups(at);
    return names.length >= 5 && names.every((name) => /^log\.\d+\.gz$/.test(name));
  });

it.each([
  ['', ''],
  [' while its events are followed', 'stdout_events_enabled=true'],
])('each backup is compressed, and readable as the log is%s', async (_, rest) => {
  const at = scratch();
  at.write('log', '');
  fs.chmodSync(at.file('log'), 0o640);
  await supervise(at, writer(at, rest));
  await written(at);
  await done(at);
  expect(content(at)).toBe(ALL);
  for (const name of backups(at)) expect(fs.statSync(at.file(name)).mode & 0o777).toBe(0o640);
});

it('what a killed supervisor has left is compressed by the next', async () => {
  const at = scratch();
  const supervised = await supervise(at, writer(at));
  await eventually('the first', () => backups(at).length > 0);
  process.kill(supervised.supervisor as number, 'SIGKILL');
  at.write('log.999999.gz.tmp', 'half');
  await written(at);
  await done(at);
  expect(content(at)).toBe(ALL);
});

it('what cannot be compressed stays as it is, the main log says so, and the next is', async () => {
  const at = scratch();
  const { ino } = fs.statSync(at.write('log', ''));
  const lines = `seq -f "line %%g" 1 ${LINES}`;
  const script = `while [ ! -e ${at.file('go')} ]; do sleep 0.01; done; ${lines}; exec sleep 1000`;
  const supervised = await supervise(at, writer(at).replace(`${lines}; exec sleep 1000`, script));
  fs.mkdirSync(at.file(`log.${ino}.gz.tmp`));
  at.write('go', '');
  await eventually('it is said', () => /ERRO cannot compress a backup of '.*log': /.test(supervised.mainLog));
  await eventually('the others are', () => backups(at).filter((name) => name.endsWith('.gz')).length >= 5);
  await written(at);
  fs.rmdirSync(at.file(`log.${ino}.gz.tmp`));
  await eventually('all but one', () => backups(at).filter((name) => /log\.\d+$/.test(name)).length === 1);
  expect(content(at)).toBe(ALL);
});
