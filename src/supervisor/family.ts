/**
 * All that a program has started: its cgroup knows, or else /proc must do, which knows the members of its session and process
 * group, and who descends from them; but not who has left its session and lost its parent before anybody looked.
 */
import { readdirSync } from 'node:fs';
import { isDead, kill, LiveProcess, readStat } from '../process/live_process';
import { pause } from '../process/pause';
import { signalNumber } from '../process/signals';
import type { Cgroup } from './cgroups';
import type { StartedProcess } from './records';

/** Who forks as fast as it can is caught within a few. */
const MOST_ROUNDS = 30;
const FIRST_LOOK_MS = 1;
const LAST_LOOK_MS = 50;

type Stat = NonNullable<ReturnType<typeof readStat>>;

function allProcesses(): Map<number, Stat> {
  const found = new Map<number, Stat>();
  for (const name of readdirSync('/proc')) {
    const pid = /^\d+$/.test(name) ? Number(name) : 0;
    const stat = pid === 0 ? undefined : readStat(pid);
    if (stat) found.set(pid, stat);
  }
  return found;
}

/** By a descriptor: between the look and the signal the number may have become another's. */
function send(pid: number, startTime: number, signal: number): void {
  try {
    const live = LiveProcess.open(pid);
    if (live?.startTime === startTime) live.signal(signal);
    live?.close();
  } catch {
    // Not ours to signal: it has become another user's.
  }
}

export class Family {
  readonly #leader: StartedProcess;
  readonly cgroup: Cgroup | undefined;
  /** Seen to belong to it, by pid. */
  readonly #known = new Map<number, number>();

  constructor(leader: StartedProcess, cgroup: Cgroup | undefined) {
    this.#leader = leader;
    this.cgroup = cgroup;
  }

  /** Remembers who belongs to it, before those end by whom that is known. */
  note(): void {
    if (!this.cgroup) this.#members();
  }

  /** Those that live, with their start times. */
  #members(): Map<number, number> {
    const all = allProcesses();
    const { pid: leader, startTime } = this.#leader;
    // Its number is kept as long as its session or group has a member; another process of that number has another.
    const isReused = (all.get(leader)?.startTime ?? startTime) !== startTime;
    const belonging = new Map<number, boolean>([[process.pid, false]]);
    const isOwn = (pid: number, stat: Stat) =>
      (!isReused && (pid === leader || stat.session === leader || stat.group === leader)) ||
      this.#known.get(pid) === stat.startTime;
    const belongs = (pid: number): boolean => {
      const climbed: number[] = [];
      let result: boolean | undefined;
      for (let at = pid; result === undefined; ) {
        const stat = all.get(at);
        result = belonging.get(at);
        if (result !== undefined) break;
        climbed.push(at);
        if (!stat || at <= 1 || climbed.length > all.size) result = false;
        else if (isOwn(at, stat)) result = true;
        else at = stat.parent;
      }
      for (const each of climbed) belonging.set(each, result);
      return result;
    };
    const members = new Map<number, number>();
    for (const [pid, stat] of all) {
      if (!belongs(pid)) continue;
      this.#known.set(pid, stat.startTime);
      if (!isDead(stat)) members.set(pid, stat.startTime);
    }
    return members;
  }

  /** @returns whether nobody is left, as far as can be known */
  #isGone(): boolean {
    return this.cgroup ? this.cgroup.isEmpty : this.#members().size === 0;
  }

  /** SIGKILL to all of it. */
  kill(): void {
    if (this.cgroup?.kill()) return;
    // First nobody must be able to fork any more.
    const stopped = new Map<number, number>();
    for (let round = 0; round < MOST_ROUNDS; round++) {
      const fresh = [...this.#present()].filter(([pid, startTime]) => stopped.get(pid) !== startTime);
      if (fresh.length === 0) break;
      if (round === 0) this.#signalGroup('STOP');
      for (const [pid, startTime] of fresh) {
        send(pid, startTime, signalNumber('STOP'));
        stopped.set(pid, startTime);
      }
    }
    this.#signalGroup('KILL');
    for (const [pid, startTime] of stopped) send(pid, startTime, signalNumber('KILL'));
  }

  #present(): Map<number, number> {
    if (!this.cgroup) return this.#members();
    return new Map(this.cgroup.members.map((pid) => [pid, readStat(pid)?.startTime ?? -1]));
  }

  /** At once, whoever is being born into it. */
  #signalGroup(name: 'STOP' | 'KILL'): void {
    const { pid, startTime } = this.#leader;
    // Once the leader is reaped, the number may be another's.
    if (readStat(pid)?.startTime !== startTime) return;
    try {
      kill(-pid, signalNumber(name));
    } catch {
      // Some member has become another user's.
    }
  }

  /** Until nothing is left. @returns false: after so many milliseconds there is */
  async end(milliseconds: number): Promise<boolean> {
    const end = performance.now() + milliseconds;
    for (let look = FIRST_LOOK_MS; !this.#isGone(); look = Math.min(look * 2, LAST_LOOK_MS)) {
      if (performance.now() > end) return false;
      this.kill();
      await pause(look);
    }
    return true;
  }
}
