/** What a test needs of the machine. Names the tool, for describe.skipIf and for who reads the list of skips. */
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';

const ALSO = ['/usr/local/sbin', '/usr/sbin', '/sbin'];

function isExecutable(file: string): boolean {
  try {
    fs.accessSync(file, fs.constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** @returns which of the programs is not on PATH (or where administrators' programs are); undefined: none */
export function missing(...tools: string[]): string | undefined {
  const folders = [...(process.env.PATH ?? '').split(':'), ...ALSO];
  const absent = tools.find((tool) => !folders.some((folder) => isExecutable(path.join(folder, tool))));
  return absent === undefined ? undefined : `needs ${absent}`;
}

/** Whether the add-on is that of other systems (scripts/fallback/run): some of what it does, it does by other means. */
export const IS_FALLBACK = process.env.TDAEMON_FALLBACK !== undefined;

export function notRoot(): string | undefined {
  return process.getuid?.() === 0 ? undefined : 'needs root';
}

/** Whether mounts of the test's own are permitted. */
export function noMounts(): string | undefined {
  const probe = spawnSync('unshare', ['--mount', 'mount', '-t', 'tmpfs', 'none', '/mnt']);
  return probe.status === 0 ? undefined : 'needs CAP_SYS_ADMIN';
}

/** Whether pid namespaces of the test's own are permitted. */
export function noPidNamespaces(): string | undefined {
  const probe = spawnSync('unshare', ['--pid', '--fork', '--mount-proc', 'true']);
  return probe.status === 0 ? undefined : 'needs CAP_SYS_ADMIN';
}

/** The first reason, if any, as the end of a title: ` (needs runsv)`. */
export function because(...reasons: (string | undefined)[]): string {
  const reason = reasons.find((each) => each !== undefined);
  return reason === undefined ? '' : ` (${reason})`;
}
