/** The stream of events of a page: what it tells, and that nobody who looks, or does not, costs more than that. */
import fs from 'node:fs';
import { describe, expect, it } from 'vitest';
import { ask } from '../../helpers/control';
import { eventually } from '../../helpers/eventually';
import { descriptors } from '../../helpers/procfs';
import { listen, sleeper, webPage } from '../../helpers/web_page';

const memoryOf = (pid: number) =>
  Number(/^VmRSS:\s+(\d+)/m.exec(fs.readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1]);

/** Connections that it has accepted on TCP. */
function clients(pid: number): number {
  const sockets = new Set(descriptors(pid).values());
  return fs
    .readFileSync(`/proc/${pid}/net/tcp`, 'latin1')
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter((fields) => fields[3] === '01' && sockets.has(`socket:[${fields[9]}]`)).length;
}

describe('a stream', () => {
  it('tells what there is, what changes, and what it takes', async () => {
    const page = await webPage(sleeper('a', 'rlimit_nofile=100:200'));
    const { text, events } = await listen(page.tcp);
    const head = text().slice(0, text().indexOf('\r\n\r\n')).toLowerCase();
    expect(head).toMatch(/^content-type: text\/event-stream;charset=utf-8\r$/m);
    expect(head).toMatch(/^x-accel-buffering: no\r$/m);
    expect(head).toMatch(/^cache-control: no-store\r$/m);
    const { pid } = await page.supervised.of('a');
    expect(events('hello')[0]).toMatchObject({
      programs: [{ key: 'a:a', pid, state: 'RUNNING', restarts: 0 }],
    });
    const vitals = () => (events('vitals') as { cpu: number | null }[][]).flat();
    const seen = await eventually('a second look', () => vitals().find(({ cpu }) => cpu !== null));
    expect(seen).toMatchObject({
      key: 'a:a',
      pid,
      openFiles: expect.any(Number),
      softLimit: 100,
      hardLimit: 200,
    });
    process.kill(pid, 'SIGKILL');
    await page.supervised.until('a', 'is restarted', (shown) => shown.restarts === 1);
    type Changed = { changed: { restarts: number; pid: number }[] };
    const changed = () => (events('programs') as Changed[]).flatMap((each) => each.changed);
    await eventually('it is told', () =>
      changed().some((row) => row.restarts === 1 && row.pid !== 0 && row.pid !== pid),
    );
  });

  it('leaves nothing behind when its page goes, and nobody is looked at any more', async () => {
    const page = await webPage(sleeper('a'));
    const pid = page.supervised.supervisor as number;
    // What it opens once, and keeps.
    (await listen(page.tcp, '?tail=a')).socket.destroy();
    await eventually('one inotify', () => [...descriptors(pid).values()].includes('anon_inode:inotify'));
    await eventually('no client', () => clients(pid) === 0);
    const before = descriptors(pid).size;
    const streams = await Promise.all(Array.from({ length: 30 }, () => listen(page.tcp, '?tail=a')));
    expect(descriptors(pid).size).toBeGreaterThan(before + 30);
    for (const { socket } of streams) socket.destroy();
    await eventually('their end', () => descriptors(pid).size <= before);
    // Who looks reads /proc.
    const reads = () => Number(/^syscr: (\d+)/m.exec(fs.readFileSync(`/proc/${pid}/io`, 'latin1'))?.[1]);
    let last = { reads: reads(), since: Date.now() };
    await eventually('three rounds in which it reads nothing', () => {
      if (reads() !== last.reads) last = { reads: reads(), since: Date.now() };
      return Date.now() - last.since > 6500;
    });
  });

  it('is refused where there are too many', async () => {
    const page = await webPage(sleeper('a'));
    const streams = await Promise.all(Array.from({ length: 64 }, () => listen(page.tcp)));
    expect((await ask(page.tcp, { path: '/events' })).status).toBe(503);
    const pid = page.supervised.supervisor as number;
    const before = descriptors(pid).size;
    streams[0]?.socket.destroy();
    await eventually('room', () => descriptors(pid).size < before);
    await listen(page.tcp);
    expect(streams.slice(1).filter(({ socket }) => socket.closed)).toEqual([]);
  });

  it('that nobody reads is not kept in memory', async () => {
    const page = await webPage(
      (at) => `[program:a]\ncommand=cat\nstdout_logfile=${at.file('a.log')}\nstartsecs=0`,
    );
    const pid = page.supervised.supervisor as number;
    const slow = await Promise.all(Array.from({ length: 10 }, () => listen(page.tcp, '?tail=a')));
    for (const { socket } of slow) socket.pause();
    const { text } = await listen(page.tcp, '?tail=a');
    await eventually('the log', () => text().includes('"isFirst":true'));
    const before = memoryOf(pid);
    const file = page.at.file('a.log');
    // Each time so much that all but the last of it, 400 KB as it is sent, is skipped: 160 MB, were it kept for those ten.
    for (let round = 1; round <= 40; round++) {
      fs.truncateSync(file, round * 50_000_000);
      await eventually('what was skipped', () => text().split('"skipped":').length > round);
    }
    expect(memoryOf(pid) - before).toBeLessThan(100_000);
  });

  it('that takes nothing for long is dropped', async () => {
    const page = await webPage(
      (at) => `[program:a]\ncommand=cat\nstdout_logfile=${at.file('a.log')}\nstartsecs=0`,
    );
    const { socket, closed } = await listen(page.tcp, '?tail=a&limit=1048576');
    const before = descriptors(page.supervised.supervisor as number).size;
    socket.pause();
    const file = page.at.file('a.log');
    const write = setInterval(() => fs.appendFileSync(file, 'x'.repeat(500_000)), 50);
    try {
      await eventually(
        'its end',
        () => descriptors(page.supervised.supervisor as number).size < before,
        55_000,
      );
    } finally {
      clearInterval(write);
    }
    socket.resume();
    await closed;
  });

  it('ends when the supervisor does', async () => {
    const page = await webPage(sleeper('a'));
    const { closed, text, events } = await listen(page.tcp, '?tail=a');
    await page.supervised.shutdown();
    await closed;
    expect(events('supervisor')).toEqual([{ state: 'SHUTDOWN' }]);
    expect(text().endsWith('0\r\n\r\n')).toBe(true);
  });
});
