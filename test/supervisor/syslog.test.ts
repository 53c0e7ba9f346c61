/** Lines for the system's log, as a real receiver of datagrams gets them. */
import fs from 'node:fs';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type NotifySocket, native } from '../../src/native';
import { Syslog } from '../../src/supervisor/output/syslog';
import { eventually } from '../helpers/eventually';
import { because, notRoot } from '../helpers/needs';
import { scratch } from '../helpers/scratch';
import { supervise } from '../helpers/supervise';

function receiver(address: string): NotifySocket {
  const socket = native.openNotifySocket(address);
  if (typeof socket === 'number') throw new Error(`cannot bind ${address}: errno ${socket}`);
  onTestFinished(() => {
    native.closeNotifySocket(socket);
    fs.rmSync(address, { force: true });
  });
  return socket;
}

/** All that has arrived. */
function received(socket: NotifySocket): string[] {
  const found: string[] = [];
  for (;;) {
    const message = native.receiveNotification(socket);
    if (message === null) return found;
    if (typeof message === 'number') throw new Error(`errno ${message}`);
    found.push(message.content.toString());
  }
}

const HEAD = String.raw`[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d`;

describe('a line', () => {
  it('is a datagram with severity, time, tag and pid; a long one several', async () => {
    const address = scratch().file('log');
    const socket = receiver(address);
    const syslog = new Syslog((message) => expect.unreachable(message), address);
    await syslog.send({ tag: 'web', pid: 7 }, Buffer.from('ä line'));
    await syslog.send({ tag: 'web', pid: 0, severity: 'error' }, Buffer.from(''));
    await syslog.send({ tag: 'web', pid: 7 }, Buffer.alloc(17_000, 'x'));
    const [first, second, ...pieces] = received(socket);
    expect(first).toMatch(new RegExp(`^<14>${HEAD} web\\[7\\]: ä line$`));
    expect(second).toMatch(new RegExp(`^<11>${HEAD} web: $`));
    expect(pieces.map((piece) => piece.replace(/.*: /, '').length)).toEqual([8000, 8000, 1000]);
    syslog.close();
  });

  it('that nobody receives is lost, which is said once; who comes later gets what comes later', async () => {
    const address = scratch().file('log');
    const said: string[] = [];
    const syslog = new Syslog((message) => said.push(message), address);
    const send = (text: string) => syslog.send({ tag: 'a', pid: 0 }, Buffer.from(text));
    await send('1');
    await send('2');
    expect(said).toEqual([`cannot write to the system's log (${address}): ENOENT`]);
    const first = native.openNotifySocket(address) as NotifySocket;
    await send('3');
    expect(received(first).map((text) => text.at(-1))).toEqual(['3']);
    // Started anew.
    native.closeNotifySocket(first);
    fs.rmSync(address);
    const second = receiver(address);
    await send('4');
    expect(received(second).map((text) => text.at(-1))).toEqual(['4']);
    expect(said).toHaveLength(1);
    syslog.close();
  });

  it('waits for a receiver that is slow', async () => {
    const address = scratch().file('log');
    const socket = receiver(address);
    const syslog = new Syslog((message) => expect.unreachable(message), address);
    let sent = 0;
    const all = (async () => {
      for (; sent < 1000; sent++) await syslog.send({ tag: 'a', pid: 0 }, Buffer.from(`${sent}.`));
    })();
    const found: string[] = [];
    await eventually('all', () => found.push(...received(socket)) && found.length >= 1000);
    await all;
    expect(found.map((text) => text.replace(/.*: /, ''))).toEqual(
      Array.from({ length: 1000 }, (_, number) => `${number}.`),
    );
    syslog.close();
  });
});

/** Ours to have: no daemon has it. */
const taken = fs.existsSync('/dev/log') ? 'needs a /dev/log of its own' : undefined;

describe.skipIf(notRoot() ?? taken)(`/dev/log${because(notRoot(), taken)}`, () => {
  it('gets what programs write, and the main log', async () => {
    const socket = receiver('/dev/log');
    const at = scratch();
    const supervised = await supervise(
      at,
      `[program:web]\ncommand=sh -c 'echo one; echo; echo wrong >&2; printf two; exec sleep 1000'\nstartsecs=0
stdout_syslog=true\nstderr_logfile=syslog\nstdout_log_timestamps=true\n`,
      'logfile=syslog',
    );
    const { pid, stdout } = await supervised.reaches('web', 'RUNNING');
    const found: string[] = [];
    const has = (pattern: RegExp) =>
      eventually(String(pattern), () => {
        found.push(...received(socket));
        return found.some((line) => pattern.test(line));
      });
    await has(new RegExp(`^<14>${HEAD} web\\[${pid}\\]: one$`));
    await has(new RegExp(`^<14>${HEAD} web\\[${pid}\\]: $`));
    await has(new RegExp(`^<14>${HEAD} web\\[${pid}\\]: wrong$`));
    await has(new RegExp(`^<14>${HEAD} supervisord\\[\\d+\\]: INFO spawned: 'web' with pid ${pid}$`));
    expect(fs.readFileSync(stdout as string, 'utf8')).toMatch(/Z one\n.*Z \n.*Z two$/s);
    // A line without an end is one when its program has ended.
    expect(found.some((line) => line.endsWith('two'))).toBe(false);
    await supervised.ask('stop', 'web');
    await has(new RegExp(`^<14>${HEAD} web\\[${pid}\\]: two$`));
    expect(fs.existsSync(at.file('supervisord.log'))).toBe(false);
  });
});
