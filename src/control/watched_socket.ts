/** Notices that the file of a socket is gone: who cleans temporary directories takes it for a leftover. */
import { type FSWatcher, lstatSync, watch } from 'node:fs';
import type { SocketFile } from './socket_file';

export class WatchedSocket {
  readonly #watcher: FSWatcher | undefined;

  /** @param lost called once */
  constructor({ path, inode }: SocketFile, lost: () => void) {
    const look = () => {
      if (lstatSync(path, { throwIfNoEntry: false })?.ino === inode) return;
      this.close();
      lost();
    };
    try {
      // The file itself: what else happens in its directory wakes nobody.
      this.#watcher = watch(path, look).on('error', () => undefined);
    } catch {
      this.#watcher = undefined;
    }
    // What happened before the watch was there.
    setImmediate(look);
  }

  close(): void {
    this.#watcher?.close();
  }
}
