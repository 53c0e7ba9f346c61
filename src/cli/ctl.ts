/** `tdaemon ctl`: supervisorctl's options, one action or a shell. */
import { invalid } from '../errors';
import type { Voice } from './output';
import type { Scanned } from './scan';

export async function ctl(_scanned: Scanned, _voice: Voice): Promise<number> {
  throw invalid("'ctl' is not in this version yet");
}
