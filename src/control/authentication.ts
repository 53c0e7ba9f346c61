/** Basic authentication (RFC 7617), with a password as supervisord.conf has it: plain, or `{SHA}` and its SHA-1. */
import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Credentials } from '../config/model';

/** How long a comparison takes must not say how much was right. */
const key = randomBytes(32);
const blinded = (text: string) => createHmac('sha256', key).update(text).digest();
export const areEqual = (one: string, other: string) => timingSafeEqual(blinded(one), blinded(other));

const HASHED = '{SHA}';

function isPassword(given: string, wanted: string): boolean {
  if (!wanted.startsWith(HASHED)) return areEqual(given, wanted);
  const hash = createHash('sha1').update(given).digest('hex');
  return areEqual(hash, wanted.slice(HASHED.length).toLowerCase());
}

/** @param header Authorization */
export function isAuthorized(header: string | undefined, { username, password }: Credentials): boolean {
  const encoded = /^\s*basic\s+([A-Za-z0-9+/=_-]+)\s*$/i.exec(header ?? '')?.[1];
  if (encoded === undefined) return false;
  const given = Buffer.from(encoded, 'base64').toString();
  const colon = given.indexOf(':');
  if (colon === -1) return false;
  const isUser = areEqual(given.slice(0, colon), username);
  return isPassword(given.slice(colon + 1), password) && isUser;
}
