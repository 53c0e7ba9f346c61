/**
 * Whether a plan's command could be executed, without executing it: as near to execve(2) as one can see from
 * outside. What only the kernel can say (a damaged ELF file, a security module) is not seen.
 */
import {
  accessSync,
  closeSync,
  existsSync,
  constants as fsConstants,
  openSync,
  readSync,
  type Stats,
  statSync,
} from 'node:fs';
import { constants as osConstants } from 'node:os';
import type { Failure } from '../native';
import { concat, toBuffer } from '../process/bytes';
import { failureOf } from './failure';
import type { Plan } from './plan';

type Verdict = { errno: number; interpreter?: true } | 'executable' | 'absent';

const { EACCES, ENOENT, ENOEXEC } = osConstants.errno;
const ELF = Buffer.from('\x7fELF', 'latin1');

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

function canExecute(file: Buffer): boolean {
  try {
    // To root everything is permitted but what nobody may execute.
    accessSync(file, fsConstants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function judge(file: Buffer, root: string): Verdict {
  let stat: Stats;
  try {
    stat = statSync(file);
  } catch {
    return 'absent';
  }
  if (!stat.isFile() || !canExecute(file)) return { errno: EACCES };
  const bytes = start(file);
  if (!bytes || bytes.subarray(0, 4).equals(ELF)) return 'executable';
  const interpreter = /^#![ \t]*([^ \t\n]+)/.exec(bytes.toString('latin1'))?.[1];
  if (interpreter !== undefined)
    return existsSync(`${root}${interpreter}`) ? 'executable' : { errno: ENOENT, interpreter: true };
  // Other binary formats may be registered (binfmt_misc); a text is a script that lacks its first line.
  return bytes.includes(0) ? 'executable' : { errno: ENOEXEC };
}

/** @throws TdaemonError as a start would: `not-found` or `not-executable` */
export function checkCommand(plan: Plan): void {
  const root = plan.spawn.chroot ?? '';
  let worst: Failure = { ok: false, stage: 'exec', errno: ENOENT, index: 0 };
  let isTelling = false;
  for (const [index, candidate] of plan.spawn.candidates.entries()) {
    const verdict = judge(toBuffer(concat(root, candidate)), root);
    if (verdict === 'executable') return;
    if (verdict === 'absent' || isTelling) continue;
    worst = { ok: false, stage: 'exec', index, ...verdict };
    isTelling = true;
  }
  throw failureOf(worst, plan);
}
