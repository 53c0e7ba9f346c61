/** Many starts with one pidfile at the same moment. */
import fs from 'node:fs';
import { expect } from 'vitest';
import type { Scratch } from './scratch';
import { shell } from './tdaemon';

/** All at once from one shell; the exit statuses come back, sorted. */
export async function startMany(at: Scratch, count: number): Promise<number[]> {
  const script = `
    i=0
    while [ $i -lt ${count} ]; do
      { "$TDAEMON" -p "$TEST_DIRECTORY/pid" -- sleep 1000; echo $? >> "$TEST_DIRECTORY/statuses"; } &
      i=$((i + 1))
    done
    wait`;
  const ran = await shell(script, {
    env: { TEST_DIRECTORY: at.directory },
    stdio: ['ignore', 'ignore', 'ignore'],
  });
  expect(ran.status).toBe(0);
  const statuses = fs.readFileSync(at.file('statuses'), 'utf8').trim().split('\n').map(Number);
  fs.rmSync(at.file('statuses'));
  return statuses.sort((a, b) => a - b);
}
