// Bundles what runs: a start must load one small file, and the help (yargs) only when asked for.
import { rm } from 'node:fs/promises';
import { build } from 'esbuild';

await rm('dist', { recursive: true, force: true });

const common = {
  bundle: true,
  platform: 'node',
  target: 'node20',
  format: 'cjs',
  outdir: 'dist',
  legalComments: 'eof',
  logLevel: 'warning',
};

await build({ ...common, entryPoints: { index: 'src/index.ts' } });
await build({
  ...common,
  entryPoints: { tdaemon: 'src/cli/main.ts' },
  external: ['./help.mjs'],
  minifySyntax: true,
});
// yargs finds its own directory by import.meta.url, which only a module has.
await build({
  ...common,
  entryPoints: { help: 'src/cli/help.mts' },
  format: 'esm',
  outExtension: { '.js': '.mjs' },
  banner: {
    js: "import { createRequire as makeRequire } from 'node:module'; const require = makeRequire(import.meta.url);",
  },
});
