/**
 * Whether a plan's command could be executed, without executing it: as near to execve(2) as one can see from
 * outside. What only the kernel can say (a damaged ELF file, a security module) is not seen.
 */
import { closeSync, openSync, readSync, statSync } from 'node:fs';
import { constants as osConstants } from 'node:os';
import type { Failure, IdsPlan } from '../native';
import { concat, toBuffer } from '../process/bytes';
import { canExecute } from '../process/execute_permission';
import { failureOf } from './failure';
import type { Plan } from './plan';

type Verdict = { errno: number; interpreter?: true } | 'executable' | 'absent';

const { E2BIG, EACCES, ENOENT, ENOEXEC } = osConstants.errno;
const ELF = Buffer.from('\x7fELF', 'latin1');
/** MAX_ARG_STRLEN of Linux: 32 pages, its NUL included. */
const LONGEST_STRING = 131_072;

function start(file: Buffer): Buffer | undefined {
  try {
    const descriptor = openSync(file, 'r');
    try {
      const bytes = Buffer.alloc(256);
      return bytes.subarray(0, readSync(descriptor, bytes));
    } finally {
      closeSync(descriptor);
    }
  } catch {
    // Executable and not readable is possible.
    return undefined;
  }
}

function exists(file: Buffer): boolean {
  try {
    statSync(file);
    return true;
  } catch {
    return false;
  }
}

class CommandCheck {
  readonly #root: string;
  readonly #directory: string;
  readonly #ids: IdsPlan;

  constructor({ spawn }: Plan) {
    this.#root = spawn.chroot ?? '';
    this.#directory = spawn.chdir;
    const own = {
      uid: process.geteuid?.() ?? 0,
      gid: process.getegid?.() ?? 0,
      groups: process.getgroups?.() ?? [],
    };
    this.#ids = spawn.ids ?? own;
  }

  judge(candidate: string | Uint8Array): Verdict {
    const file = toBuffer(concat(this.#root, candidate));
    if (!exists(file)) return 'absent';
    if (!canExecute(file, this.#ids)) return { errno: EACCES };
    const bytes = start(file);
    if (!bytes || bytes.subarray(0, 4).equals(ELF)) return 'executable';
    const interpreter = /^#![ \t]*([^ \t\n]+)/.exec(bytes.toString('latin1'))?.[1];
    // Other binary formats may be registered (binfmt_misc); a text is a script that lacks its first line.
    if (interpreter === undefined) return bytes.includes(0) ? 'executable' : { errno: ENOEXEC };
    return this.#judgeInterpreter(interpreter);
  }

  /** A relative one is looked for in the daemon's directory. */
  #judgeInterpreter(name: string): Verdict {
    const path = name.startsWith('/') ? name : `${this.#directory}/${name}`;
    const file = Buffer.from(`${this.#root}${path}`, 'latin1');
    if (!exists(file)) return { errno: ENOENT, interpreter: true };
    return canExecute(file, this.#ids) ? 'executable' : { errno: EACCES };
  }
}

/** @throws TdaemonError as a start would: `not-found` or `not-executable` */
export function checkCommand(plan: Plan): void {
  const { candidates, argv, env } = plan.spawn;
  const tooLong = [...argv, ...env].some((text) => toBuffer(text).length >= LONGEST_STRING);
  if (tooLong) throw failureOf({ ok: false, stage: 'exec', errno: E2BIG, index: 0 }, plan);
  const check = new CommandCheck(plan);
  let worst: Failure = { ok: false, stage: 'exec', errno: ENOENT, index: 0 };
  let isTelling = false;
  for (const [index, candidate] of candidates.entries()) {
    const verdict = check.judge(candidate);
    if (verdict === 'executable') return;
    if (verdict === 'absent' || isTelling) continue;
    worst = { ok: false, stage: 'exec', index, ...verdict };
    isTelling = true;
  }
  throw failureOf(worst, plan);
}
