// A program that uses the library: told a number on its channel, it starts that many daemons, one after the
// other, and answers the nanoseconds that they took.
//
//   library_loop.mjs [DIRECTORY [USER]]      DIRECTORY: each daemon gets a pidfile in it; '': none
import path from 'node:path';
import { daemonize } from '../dist/index.js';
import { TRUE } from './peers.mjs';

const [directory = '', user = ''] = process.argv.slice(2);

process.on('message', async (count) => {
  const begin = process.hrtime.bigint();
  for (let number = 0; number < count; number++) {
    await daemonize({
      command: TRUE,
      ...(directory && { pidfile: path.join(directory, `${number}.pid`) }),
      ...(user && { user }),
    });
  }
  process.send(Number(process.hrtime.bigint() - begin));
});
