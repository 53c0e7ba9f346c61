/** Links inside the documents lead somewhere: to a file that there is, and to a heading that it has. */
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { ROOT } from '../helpers/paths';

const DOCUMENTS = execFileSync('git', ['ls-files', '*.md'], { cwd: ROOT, encoding: 'utf8' })
  .trim()
  .split('\n');

/** As GitHub makes them of a heading. */
function anchorsOf(text: string): string[] {
  return [...text.matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
}

it.each(DOCUMENTS)('%s', (document) => {
  const file = path.join(ROOT, document);
  const text = fs.readFileSync(file, 'utf8').replace(/^```[\s\S]*?^```/gm, '');
  const targets = [...text.matchAll(/\]\(([^)\s]+)\)/g), ...text.matchAll(/(?:src|srcset)="([^"]+)"/g)].map(
    ([, target = '']) => target,
  );
  const broken = targets.filter((target) => {
    if (/^[a-z]+:/.test(target)) return false;
    const [where = '', anchor] = target.split('#');
    const to = where === '' ? file : path.resolve(path.dirname(file), where);
    if (!fs.existsSync(to)) return true;
    return anchor !== undefined && !anchorsOf(fs.readFileSync(to, 'utf8')).includes(anchor);
  });
  expect(broken).toEqual([]);
});
