/** From the text of an element of XML-RPC to its value. */
import { invalid } from '../errors';
import type { RpcValue } from './values';

function integer(text: string): number {
  const number = /^\s*[+-]?\d{1,16}\s*$/.test(text) ? Number(text) : Number.NaN;
  if (!Number.isSafeInteger(number)) throw invalid('not an integer');
  // There is no negative zero.
  return number === 0 ? 0 : number;
}

function double(text: string): number {
  // Each digit can belong to one place only: else two million of them would be tried for hours.
  const number = /^\s*[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?\s*$/.test(text)
    ? Number(text)
    : Number.NaN;
  if (!Number.isFinite(number)) throw invalid('not a number');
  return number;
}

function boolean(text: string): boolean {
  const digit = text.trim();
  if (digit !== '0' && digit !== '1') throw invalid('not a boolean');
  return digit === '1';
}

/** It says no zone: taken as UTC. */
function date(text: string): Date {
  const parts = /^\s*(\d{4})-?(\d\d)-?(\d\d)T(\d\d):(\d\d):(\d\d)Z?\s*$/.exec(text)?.slice(1).map(Number);
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = parts ?? [];
  const value = new Date(0);
  value.setUTCFullYear(year, month - 1, day);
  value.setUTCHours(hour, minute, second);
  if (!parts || value.getUTCMonth() !== month - 1 || value.getUTCSeconds() !== second)
    throw invalid('not a date');
  return value;
}

function bytes(text: string): Uint8Array {
  const compact = text.replace(/\s+/g, '');
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(compact)) throw invalid('not base64');
  return new Uint8Array(Buffer.from(compact, 'base64'));
}

function nil(text: string): null {
  if (text.trim() !== '') throw invalid('a nil with a content');
  return null;
}

/** By the name of the element. */
export const SCALARS: ReadonlyMap<string, (text: string) => RpcValue> = new Map<
  string,
  (text: string) => RpcValue
>([
  ['int', integer],
  ['i4', integer],
  ['i8', integer],
  ['ex:i8', integer],
  ['boolean', boolean],
  ['string', (text) => text],
  ['double', double],
  ['dateTime.iso8601', date],
  ['base64', bytes],
  ['nil', nil],
  ['ex:nil', nil],
]);
