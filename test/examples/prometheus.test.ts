/** examples/prometheus, and the table of docs/SUPERVISE.md: a name that no supervisor tells would be found when it is too late. */
import fs from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { ask } from '../helpers/control';
import { ROOT } from '../helpers/paths';
import { scratch } from '../helpers/scratch';
import { supervise } from '../helpers/supervise';

const read = (file: string) => fs.readFileSync(path.join(ROOT, file), 'utf8');
const namesIn = (text: string) => new Set(text.match(/\btdaemon_[a-z_]+\b/g));

it('names metrics that there are, and the manual all of them', async () => {
  const at = scratch();
  const socketPath = at.file('s.sock');
  await supervise(at, `[unix_http_server]\nfile=${socketPath}\n[program:a]\ncommand=sleep 1000\nstartsecs=0`);
  const headers = { Accept: 'text/plain' };
  const { body } = await ask({ socketPath }, { path: '/metrics', headers });
  const told = namesIn(body.replace(/^#.*$/gm, ''));
  expect(namesIn(read('docs/SUPERVISE.md'))).toEqual(told);
  const asked = namesIn(read('examples/prometheus/tdaemon.rules.yml'));
  expect(asked.size).toBeGreaterThan(3);
  expect([...asked].filter((name) => !told.has(name))).toEqual([]);
});
