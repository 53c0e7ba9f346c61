/** Writes XML-RPC. */
import { invalid } from '../errors';
import type { RpcValue } from './values';

/** What XML 1.0 cannot say at all, also lone surrogates. */
const IMPOSSIBLE = /[^\t\n\r\u{20}-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]/gu;

const ESCAPES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '\r': '&#13;' };

/** A reader takes a bare carriage return for a newline. */
export function escapeText(text: string): string {
  return text.replace(IMPOSSIBLE, '\ufffd').replace(/[&<>\r]/g, (character) => ESCAPES[character] ?? '');
}

function number(value: number): string {
  if (!Number.isFinite(value)) throw invalid(`${value} cannot be said`);
  if (!Number.isSafeInteger(value)) return `<double>${value}</double>`;
  const type = value === (value | 0) ? 'int' : 'i8';
  return `<${type}>${value === 0 ? 0 : value}</${type}>`;
}

function date(value: Date): string {
  return `<dateTime.iso8601>${value.toISOString().slice(0, 19).replaceAll('-', '')}</dateTime.iso8601>`;
}

function content(value: RpcValue): string {
  if (value === null) return '<nil/>';
  if (typeof value === 'string') return `<string>${escapeText(value)}</string>`;
  if (typeof value === 'number') return number(value);
  if (typeof value === 'boolean') return `<boolean>${value ? 1 : 0}</boolean>`;
  if (value instanceof Date) return date(value);
  if (value instanceof Uint8Array) return `<base64>${Buffer.from(value).toString('base64')}</base64>`;
  if (Array.isArray(value)) return `<array><data>${value.map(encodeValue).join('\n')}</data></array>`;
  const members = Object.entries(value).map(
    ([name, member]) => `<member><name>${escapeText(name)}</name>${encodeValue(member)}</member>`,
  );
  return `<struct>${members.join('\n')}</struct>`;
}

export function encodeValue(value: RpcValue): string {
  return `<value>${content(value)}</value>`;
}

const HEAD = "<?xml version='1.0'?>\n";

export function encodeCall(method: string, params: readonly RpcValue[]): string {
  const list = params.map((param) => `<param>${encodeValue(param)}</param>\n`).join('');
  return `${HEAD}<methodCall>\n<methodName>${escapeText(method)}</methodName>\n<params>\n${list}</params>\n</methodCall>\n`;
}

export function encodeResponse(value: RpcValue): string {
  return `${HEAD}<methodResponse>\n<params>\n<param>${encodeValue(value)}</param>\n</params>\n</methodResponse>\n`;
}

export function encodeFault(faultCode: number, faultString: string): string {
  const fault = encodeValue({ faultCode, faultString });
  return `${HEAD}<methodResponse>\n<fault>\n${fault}\n</fault>\n</methodResponse>\n`;
}
