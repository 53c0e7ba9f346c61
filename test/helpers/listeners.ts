/** Event listeners of the tests' own, and what they have heard. */
import fs from 'node:fs';
import path from 'node:path';
import { eventually } from './eventually';
import { ROOT } from './paths';
import type { Scratch } from './scratch';

export const RECORDER = path.join(ROOT, 'test', 'fixtures', 'listeners', 'record.py');

export interface Heard {
  pid: number;
  header: Record<string, string>;
  payload: string;
}

/** A pool whose processes write all that they are told to `heard`. */
export function listener(at: Scratch, events: string, rest = '', rules = '', name = 'hear'): string {
  return `[eventlistener:${name}]
command=python3 ${RECORDER} ${at.file('heard')} ${rules}
events=${events}
startsecs=0
${rest}
`;
}

function isEvent(line: Partial<Heard>): line is Heard {
  return line.header !== undefined;
}

export function heard(file: string): Heard[] {
  const text = fs.existsSync(file) ? fs.readFileSync(file, 'utf8') : '';
  return text
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as Partial<Heard>)
    .filter(isEvent);
}

/** Resolves with the first that is it. */
export function hears(at: Scratch, what: string, is: (event: Heard) => boolean): Promise<Heard> {
  return eventually(`a listener hears ${what}`, () => heard(at.file('heard')).find(is));
}

export function hearsOf(at: Scratch, name: string, payload: RegExp | string = ''): Promise<Heard> {
  return hears(at, `${name} ${payload}`, ({ header, payload: said }) => {
    const fits = typeof payload === 'string' ? said.startsWith(payload) : payload.test(said);
    return header.eventname === name && fits;
  });
}
