/** A small file system of a test's own whose writes can be made to hang: fsfreeze(8). */
import { execFileSync, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import { onTestFinished } from 'vitest';
import { missing } from './needs';
import type { Scratch } from './scratch';
import { mayMount } from './small_disk';

/** Why not; undefined: it can be had here. Only a trial shows whether there are loop devices and ext4. */
export function noFrozenDisk(): string | undefined {
  if (!mayMount) return 'needs CAP_SYS_ADMIN';
  const tool = missing('mkfs.ext4', 'fsfreeze');
  if (tool) return tool;
  const probe = spawnSync('sh', [
    '-c',
    'd=$(mktemp -d) && truncate -s 4M $d/i && mkfs.ext4 -q $d/i && mkdir $d/m && mount -o loop $d/i $d/m; s=$?; umount $d/m; rm -r $d; exit $s',
  ]);
  return probe.status === 0 ? undefined : 'needs CAP_SYS_ADMIN for loop devices';
}

export interface FrozenDisk {
  directory: string;
  freeze(): void;
  thaw(): void;
}

export function freezableDisk(at: Scratch): FrozenDisk {
  const directory = at.file('disk');
  const image = at.file('image');
  fs.mkdirSync(directory);
  fs.writeFileSync(image, '');
  fs.truncateSync(image, 8 << 20);
  execFileSync('mkfs.ext4', ['-q', image]);
  execFileSync('mount', ['-o', 'loop', image, directory]);
  let isFrozen = false;
  const thaw = () => {
    if (isFrozen) execFileSync('fsfreeze', ['-u', directory]);
    isFrozen = false;
  };
  onTestFinished(() => {
    thaw();
    spawnSync('umount', ['-l', directory]);
  });
  return {
    directory,
    freeze() {
      execFileSync('fsfreeze', ['-f', directory]);
      isFrozen = true;
    },
    thaw,
  };
}
