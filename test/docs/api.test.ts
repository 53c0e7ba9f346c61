/** docs/API.md is what the types say, and every exported thing and each of its members has a comment (else it cannot be made). */
import fs from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { ROOT } from '../helpers/paths';
import { run } from '../helpers/tdaemon';

it('docs/API.md is up to date (npm run api)', async () => {
  const print = "import('./scripts/api.mjs').then(({ apiDocument }) => process.stdout.write(apiDocument()))";
  const { stdout, stderr, status } = await run('node', ['-e', print], { cwd: ROOT });
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  expect(fs.readFileSync(path.join(ROOT, 'docs', 'API.md'), 'utf8')).toBe(stdout);
});
