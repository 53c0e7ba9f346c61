/** Users for tests that only root can run. Two need no entry in any database. */
import fs from 'node:fs';

export const isRoot = process.getuid?.() === 0;

/** Name such tests so that a skip says why: `it.skipIf(!isRoot)('… (needs root: gives files away)')`. */
export const TARGET = { uid: 61_001, gid: 61_001, option: '61001:61001' };
export const STRANGER = { uid: 61_002, gid: 61_002 };

/** A group that is some ordinary user's, by the system's own database. */
export function groupWithMember(): { gid: number; member: string } {
  for (const line of fs.readFileSync('/etc/passwd', 'utf8').split('\n')) {
    const [member, , uid, gid] = line.split(':');
    if (member && Number(uid) > 0 && Number(gid) > 0) return { gid: Number(gid), member };
  }
  throw new Error('no user but root in /etc/passwd');
}

export function makeDirectory(path: string, owner: { uid: number; gid: number }, mode = 0o755): string {
  fs.mkdirSync(path);
  fs.chownSync(path, owner.uid, owner.gid);
  fs.chmodSync(path, mode);
  return path;
}

export function giveAway(path: string, owner: { uid: number; gid: number }): void {
  fs.lchownSync(path, owner.uid, owner.gid);
}

export const ROOT_USER = { uid: 0, gid: 0 };
