/** SPEC, as the command line, the library and the supervisor's configuration have it: `KIND:REST`. */
import { invalid } from '../errors';
import { Alive } from './alive';
import { CommandSucceeds } from './command';
import type { Condition } from './condition';
import { DescriptorWritten } from './descriptor';
import { FileAppears } from './file';
import { HttpAnswers } from './http';
import { LineMatches } from './line';
import { Notified } from './notify';
import { TcpAccepts } from './tcp';
import { UnixAccepts } from './unix';

/** @param rest what follows the kind and its colon; undefined: there is none */
type Make = (text: string, rest: string | undefined) => Condition;

const needsRest =
  (form: string, make: (text: string, rest: string) => Condition): Make =>
  (text, rest) => {
    if (rest === undefined || rest === '') throw invalid(`ready: '${text}' is not ${form}`);
    return make(text, rest);
  };

const KINDS: Record<string, Make> = {
  alive: needsRest('alive:DURATION', (text, rest) => new Alive(text, rest)),
  line: needsRest('line:REGEX', (text, rest) => new LineMatches(text, rest)),
  fd: needsRest('fd:N', (text, rest) => new DescriptorWritten(text, rest)),
  notify: (text, rest) => {
    if (rest !== undefined) throw invalid(`ready: 'notify' takes nothing after it, not '${rest}'`);
    return new Notified(text);
  },
  tcp: needsRest('tcp:HOST:PORT', (text, rest) => new TcpAccepts(text, rest)),
  unix: needsRest('unix:PATH', (text, rest) => new UnixAccepts(text, rest)),
  http: needsRest('http://HOST[:PORT]/PATH', (text) => new HttpAnswers(text)),
  https: needsRest('https://HOST[:PORT]/PATH', (text) => new HttpAnswers(text)),
  file: needsRest('file:PATH', (text, rest) => new FileAppears(text, rest)),
  cmd: needsRest('cmd:COMMAND', (text, rest) => new CommandSucceeds(text, rest)),
};

/** What a SPEC begins with. */
export const READY_KINDS: readonly string[] = Object.keys(KINDS);

/** @throws TdaemonError (`invalid`) */
export function parseReady(text: string): Condition {
  const colon = text.indexOf(':');
  const kind = colon === -1 ? text : text.slice(0, colon);
  const make = Object.hasOwn(KINDS, kind) ? KINDS[kind] : undefined;
  if (!make)
    throw invalid(
      `ready: '${text}' is none of alive:DURATION, line:REGEX, fd:N, notify, tcp:HOST:PORT, unix:PATH, ` +
        'http://…, https://…, file:PATH, cmd:COMMAND',
    );
  return make(text, colon === -1 ? undefined : text.slice(colon + 1));
}
