// npm run release:check, which npm publish runs too: what must hold before a version is published, and can be seen without
// running the tests (CONTRIBUTING, "A release").
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

const { version, publishConfig, dependencies } = JSON.parse(readFileSync('package.json', 'utf8'));
const lock = JSON.parse(readFileSync('package-lock.json', 'utf8'));
const output = (program, ...args) => execFileSync(program, args, { encoding: 'utf8' });

function* wrong() {
  if (output('git', 'status', '--porcelain') !== '') yield 'there are changes that are not committed';
  if (!output('git', 'tag', '--points-at', 'HEAD').split('\n').includes(`v${version}`))
    yield `this commit has no tag v${version}`;

  const changes = readFileSync('CHANGELOG.md', 'utf8');
  const unreleased = changes.split(/^## /m).find((part) => part.startsWith('[Unreleased]')) ?? '';
  if (unreleased.replace('[Unreleased]', '').trim() !== '')
    yield 'CHANGELOG.md has something under [Unreleased]';
  if (!new RegExp(`^## \\[${version.replaceAll('.', '\\.')}\\] - \\d{4}-\\d\\d-\\d\\d$`, 'm').test(changes))
    yield `CHANGELOG.md has no section [${version}] with a date`;

  if (lock.version !== version || lock.packages[''].version !== version)
    yield 'package-lock.json is of another version';
  for (const [name, { resolved, hasInstallScript, dev }] of Object.entries(lock.packages)) {
    if (resolved) yield `package-lock.json says where ${name} comes from`;
    if (name !== '' && !dev && hasInstallScript) yield `${name} has an install script`;
  }
  if (Object.keys(dependencies).length > 3) yield 'there are many dependencies';
  if (publishConfig?.provenance !== true) yield 'publishConfig does not ask for provenance';
}

const lines = [...wrong()];
for (const line of lines) console.error(`release: ${line}`);
if (lines.length > 0) process.exit(1);
console.log(`release: ${version} may be published`);
