/** Told by inotify(7) when a file of a certain name appears or changes: one watch a directory, however many files. */
import { type FSWatcher, watch } from 'node:fs';
import path from 'node:path';

interface Watched {
  watcher: FSWatcher | undefined;
  callbacks: Map<string, Set<() => void>>;
}

/** Where nothing can be watched (no inotify watches left, an odd file system). */
const LOOK_MS = 200;

export class DirectoryWatch {
  readonly #directories = new Map<string, Watched>();
  #timer: NodeJS.Timeout | undefined;
  readonly #unwatched = new Set<() => void>();

  /** @returns ends it */
  on(file: string, callback: () => void): () => void {
    const directory = path.dirname(file);
    const name = path.basename(file);
    const watched = this.#directories.get(directory) ?? this.#watch(directory);
    const callbacks = watched.callbacks.get(name) ?? new Set();
    watched.callbacks.set(name, callbacks.add(callback));
    if (!watched.watcher) this.#lookAt(callback);
    return () => {
      this.#forget(callback);
      callbacks.delete(callback);
      if (callbacks.size === 0) watched.callbacks.delete(name);
      if (watched.callbacks.size > 0) return;
      watched.watcher?.close();
      this.#directories.delete(directory);
    };
  }

  #watch(directory: string): Watched {
    const watched: Watched = { watcher: undefined, callbacks: new Map() };
    const all = () => [...watched.callbacks.values()].flatMap((callbacks) => [...callbacks]);
    this.#directories.set(directory, watched);
    try {
      watched.watcher = watch(directory, (_, name) => {
        const callbacks = name === null ? all() : (watched.callbacks.get(name) ?? []);
        for (const callback of callbacks) callback();
      });
      watched.watcher.on('error', () => {
        for (const callback of all()) this.#lookAt(callback);
      });
    } catch {
      // It is looked at again and again instead.
    }
    return watched;
  }

  #lookAt(callback: () => void): void {
    this.#unwatched.add(callback);
    this.#timer ??= setInterval(() => {
      for (const each of this.#unwatched) each();
    }, LOOK_MS);
  }

  #forget(callback: () => void): void {
    this.#unwatched.delete(callback);
    if (this.#unwatched.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}
