/** The built library, as a user requires it, with the types of its source. */
import { createRequire } from 'node:module';
import path from 'node:path';
import type * as Library from '../../src/index';
import { ROOT } from './paths';

export const library: typeof Library = createRequire(__filename)(path.join(ROOT, 'dist', 'index.js'));
