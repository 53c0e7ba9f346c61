// Bundles what runs: a start must load one small file, and the help (yargs) only when asked for.
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { build } from 'esbuild';
import { packed } from './packed.mjs';

const common = {
  bundle: true,
  platform: 'node',
  target: 'node20',
  format: 'cjs',
  outdir: 'dist',
  legalComments: 'eof',
  logLevel: 'warning',
  metafile: true,
};

// What no start needs.
const apart = {
  name: 'apart',
  setup: ({ onResolve }) => {
    onResolve({ filter: /^\.\/help\.mjs$/ }, () => ({ path: './help.js', external: true }));
    onResolve({ filter: /^\.\/(completion|supervise|respawn|ctl)$/ }, ({ path }) => ({
      path: `${path}.js`,
      external: true,
    }));
  },
};

const bundles = [
  { entryPoints: { index: 'src/index.ts' } },
  {
    // bin/tdaemon calls it, with code that V8 has compiled before.
    entryPoints: { tdaemon: 'src/cli/main.ts' },
    minify: true,
    plugins: [apart],
    supported: { 'dynamic-import': false },
    banner: { js: '(function (require, __dirname) {' },
    footer: { js: '})' },
  },
  {
    entryPoints: {
      completion: 'src/cli/completion.ts',
      supervise: 'src/cli/supervise.ts',
      respawn: 'src/cli/respawn.ts',
      ctl: 'src/cli/ctl.ts',
      supervisor: 'src/supervisor/main.ts',
    },
    minify: true,
    plugins: [packed],
    loader: { '.bash': 'text', '.zsh': 'text', '.fish': 'text' },
  },
  {
    // yargs finds its own directory by import.meta.url, which only a module has.
    entryPoints: { help: 'src/cli/help.mts' },
    minify: true,
    define: { 'import.meta.url': 'moduleUrl' },
    banner: { js: "const moduleUrl = require('node:url').pathToFileURL(__filename).href;" },
  },
];

// What is bundled keeps its licence.
async function licencesOf(files) {
  const folders = new Set(
    files.map((file) => /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(file)?.[1]).filter(Boolean),
  );
  const texts = [...folders].sort().map(async (folder) => {
    const { name, version } = JSON.parse(await readFile(`${folder}/package.json`, 'utf8'));
    const licence = (await readdir(folder)).find((file) => /^licen[cs]e/i.test(file));
    return `${name} ${version}\n\n${licence ? await readFile(`${folder}/${licence}`, 'utf8') : ''}`;
  });
  return (await Promise.all(texts)).join(`\n${'-'.repeat(80)}\n`);
}

await rm('dist', { recursive: true, force: true });
const results = await Promise.all(bundles.map((bundle) => build({ ...common, ...bundle })));
const inputs = results.flatMap(({ metafile }) => Object.keys(metafile.inputs));
await writeFile('dist/THIRD-PARTY-LICENSES.txt', await licencesOf(inputs));
await import('./code_cache.mjs');
