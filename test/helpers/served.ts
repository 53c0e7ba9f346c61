/** A supervisor of a test's own that is asked on a unix socket. */
import type { Server } from './control';
import { type Scratch, scratch } from './scratch';
import { type Supervised, supervise } from './supervise';

export interface Served {
  at: Scratch;
  supervised: Supervised;
  unix: Server;
}

/** @param programs DIR is the scratch directory */
export async function superviseServed(programs: string): Promise<Served> {
  const at = scratch();
  const socketPath = at.file('s.sock');
  const text = programs.replaceAll('DIR', at.directory);
  const supervised = await supervise(at, `[unix_http_server]\nfile=${socketPath}\n${text}`);
  return { at, supervised, unix: { socketPath } };
}
