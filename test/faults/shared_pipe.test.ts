/** A pipe that tdaemon shares with others: whoever writes after it must not meet EAGAIN. */
import fs from 'node:fs';
import { expect, it } from 'vitest';
import { scratch } from '../helpers/scratch';
import { shell } from '../helpers/tdaemon';

it.each([
  ['a success', '--json -E TEST_DIRECTORY="$AT" -- sleep 1000', 0],
  ['a failure', '-- /no/such/command', 127],
])('after %s a pipe on 1 and 2 stays as it was: it blocks', async (_, words, status) => {
  const at = scratch();
  const script = `
    { "$TDAEMON" ${words} 2>&1; echo $? > "$AT/status"; exec 5>&1; cat /proc/self/fdinfo/5 > "$AT/flags"; } | cat`;
  const ran = await shell(script, { env: { AT: at.directory } });
  expect(ran).toMatchObject({ status: 0, stderr: '' });
  expect(fs.readFileSync(at.file('status'), 'utf8')).toBe(`${status}\n`);
  const flags = /^flags:\s*(\d+)/m.exec(fs.readFileSync(at.file('flags'), 'utf8'))?.[1];
  expect(Number.parseInt(flags ?? '', 8) & fs.constants.O_NONBLOCK).toBe(0);
});
