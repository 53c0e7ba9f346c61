/** Builds what the tests need beside the package: small C programs from test/fixtures, into build/fixtures. */
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';

const root = path.join(__dirname, '..', '..');

export function setup(): void {
  const keeper = process.platform === 'linux' ? ['build/Release/tdaemon-keeper'] : [];
  for (const needed of ['build/Release/tdaemon.node', 'dist/tdaemon.js', ...keeper])
    if (!fs.existsSync(path.join(root, needed)))
      throw new Error(`${needed} is missing: run "npm install" or "npm run build"`);
  const out = path.join(root, 'build', 'fixtures');
  fs.mkdirSync(out, { recursive: true });
  const fixtures = path.join(root, 'test', 'fixtures');
  for (const file of fs.readdirSync(fixtures)) {
    if (!file.endsWith('.c')) continue;
    const program = path.join(out, path.basename(file, '.c'));
    const source = path.join(fixtures, file);
    const isFresh = fs.existsSync(program) && fs.statSync(program).mtimeMs > fs.statSync(source).mtimeMs;
    if (!isFresh)
      execFileSync('cc', ['-O1', '-Wall', '-Wextra', '-Werror', '-o', program, source], { stdio: 'inherit' });
  }
}
