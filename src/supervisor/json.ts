/** JSON for the files of the runtime directory: with unlimited limits, and with bytes that are no text. */

export function toJson(value: unknown): string {
  return JSON.stringify(value, (_key, each: unknown) => {
    if (each === Number.POSITIVE_INFINITY) return { kind: 'infinity' };
    // A Buffer has become an object by the time that it is seen here.
    return each instanceof Uint8Array ? Buffer.from(each) : each;
  });
}

export function fromJson<Value>(text: string): Value {
  return JSON.parse(text, (_key, each: unknown) => {
    if (each === null || typeof each !== 'object') return each;
    if ('kind' in each && each.kind === 'infinity') return Number.POSITIVE_INFINITY;
    if ('type' in each && each.type === 'Buffer' && 'data' in each) return Buffer.from(each.data as number[]);
    return each;
  }) as Value;
}
