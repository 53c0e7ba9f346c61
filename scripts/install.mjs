// At npm's install: a shipped binary is taken as it is, where there is one that this node loads; else it is compiled, with
// npm's own node-gyp. Everything works without this script, too (--ignore-scripts), where there is a shipped binary.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = path.join(path.dirname(fileURLToPath(import.meta.url)), '..');
const require = createRequire(import.meta.url);

// npm's convention, for --build-from-source.
const asked = ['true', 'tdaemon'].includes(process.env.npm_config_build_from_source ?? '');

function loads() {
  try {
    require(path.join(root, 'dist', 'index.js'));
    return true;
  } catch {
    // No binary for this system, or one that it cannot load: src/native.ts says which.
    return false;
  }
}

const keepers = ['build/Release', `prebuilds/${process.platform}-${process.arch}`];
const hasKeeper =
  process.platform !== 'linux' ||
  keepers.some((folder) => existsSync(path.join(root, folder, 'tdaemon-keeper')));

if (asked || !hasKeeper || !loads()) {
  const npms = process.env.npm_config_node_gyp;
  const [program, ...args] = npms ? [process.execPath, npms, 'rebuild'] : ['node-gyp', 'rebuild'];
  const { status, error } = spawnSync(program, args, { cwd: root, stdio: 'inherit' });
  if (error) console.error(`tdaemon: cannot compile the add-on: ${error.message}`);
  process.exitCode = status ?? 1;
}

// For this node, a start that need not compile its JavaScript. Without it all is the same, some milliseconds later.
if (!process.exitCode && existsSync(path.join(root, 'dist')))
  spawnSync(process.execPath, [path.join(root, 'scripts', 'code_cache.mjs')], { cwd: root, stdio: 'ignore' });
