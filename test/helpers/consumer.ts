/** A project that has tdaemon installed, as a user has it: node_modules/tdaemon leads to the checkout. */
import fs from 'node:fs';
import path from 'node:path';
import { ROOT } from './paths';
import { type Scratch, scratch } from './scratch';
import { type Ran, run } from './tdaemon';

export interface Consumer extends Scratch {
  /** Runs a file of the project with node. */
  node(name: string, ...args: string[]): Promise<Ran>;
}

export function consumer(): Consumer {
  const at = scratch();
  fs.mkdirSync(at.file('node_modules'));
  fs.symlinkSync(ROOT, at.file('node_modules/tdaemon'));
  return {
    ...at,
    node: (name, ...args) =>
      run(process.execPath, [path.join(at.directory, name), ...args], { cwd: at.directory }),
  };
}
