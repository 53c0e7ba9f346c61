// What `packed:FILE` means in an import: the file as the web page's browser gets it. Bundled and made small, compressed here so that
// the supervisor holds few bytes of it and has no work with it.
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';

async function small(file) {
  const extension = path.extname(file);
  // Indentation is for who writes it.
  if (extension === '.html' || extension === '.svg')
    return (await readFile(file, 'utf8')).replace(/<!--[\s\S]*?-->/g, '').replace(/\n\s*/g, '\n');
  const { outputFiles } = await build({
    entryPoints: [file],
    bundle: true,
    minify: true,
    write: false,
    format: 'iife',
    platform: 'browser',
    target: ['chrome100', 'firefox102', 'safari15.4'],
    charset: 'utf8',
    logLevel: 'warning',
  });
  return outputFiles[0].text;
}

export const packed = {
  name: 'packed',
  setup: ({ onResolve, onLoad }) => {
    onResolve({ filter: /^packed:/ }, ({ path: name, resolveDir }) => ({
      path: path.resolve(resolveDir, name.slice('packed:'.length)),
      namespace: 'packed',
    }));
    onLoad({ filter: /.*/, namespace: 'packed' }, async ({ path: file }) => {
      const base64 = gzipSync(await small(file), { level: 9 }).toString('base64');
      return { contents: `export const gzipped = ${JSON.stringify(base64)};` };
    });
  },
};
