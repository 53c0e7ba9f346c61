/** Tests of chance have two sizes: the one of every run, and the one of `npm run chaos`. */
export const isLong = process.env.TDAEMON_CHAOS === 'long';

export function size(short: number, long: number): number {
  return isLong ? long : short;
}

/** No limit of vitest's ends a long run; something that hangs does. */
export const TIMEOUT = { timeout: isLong ? 3_600_000 : 300_000 };

/** What was seen, for bench/README.md. */
export function tell(what: string, seen: object): void {
  if (isLong) console.log(`${what}: ${JSON.stringify(seen)}`);
}

export function oneOf<Item>(items: readonly Item[]): Item {
  return items[Math.floor(Math.random() * items.length)] as Item;
}
