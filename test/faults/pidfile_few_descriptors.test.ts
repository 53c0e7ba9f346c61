/** A caller with few open files (a hard limit below the place where the pidfile's descriptor usually goes). */
import fs from 'node:fs';
import { describe, expect, it } from 'vitest';
import * as pidfiles from '../helpers/pidfiles';
import * as procfs from '../helpers/procfs';
import { scratch } from '../helpers/scratch';
import { shell } from '../helpers/tdaemon';

describe.each([256, 200, 64])('a hard limit of %i open files', (limit) => {
  it('still allows a pidfile and a lock file', async () => {
    const at = scratch();
    const ran = await shell(
      `ulimit -n ${limit}; exec "$TDAEMON" -p "$TEST_DIRECTORY/pid" -l "$TEST_DIRECTORY/lock" -- sleep 1000`,
      { env: { TEST_DIRECTORY: at.directory } },
    );
    expect(ran).toEqual(pidfiles.SILENT_SUCCESS);
    const pid = pidfiles.readPid(at.file('pid'));
    expect(procfs.locksOn(at.file('pid'))).toMatchObject([{ kind: 'POSIX', access: 'READ', pid }]);
    // 3 stays free for LISTEN_FDS.
    expect(fs.existsSync(`/proc/${pid}/fd/3`)).toBe(false);
  });
});
