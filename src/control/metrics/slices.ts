/** Much work in small pieces: a program that ends meanwhile is started again between two of them, not after the last. */
import { setImmediate } from 'node:timers/promises';

/** Of the event loop, at once. */
const SLICE_MS = 2;

export async function inSlices<Item>(items: Iterable<Item>, act: (item: Item) => void): Promise<void> {
  let since = performance.now();
  for (const item of items) {
    act(item);
    if (performance.now() - since < SLICE_MS) continue;
    await setImmediate();
    since = performance.now();
  }
}
