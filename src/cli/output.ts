/** What people and programs are told. Written at once and synchronously: process.stdout would make a shared pipe non-blocking. */
import { writeSync } from 'node:fs';
import { TdaemonError } from '../errors';
import { type Bytes, toBuffer } from '../process/bytes';
import { exitStatus } from './exit_status';

export interface Voice {
  quiet: boolean;
  verbose: boolean;
  json: boolean;
}

const FULL_PAUSE_MS = 2;

/** @returns false: nobody listens any more */
export function write(descriptor: number, text: Bytes): boolean {
  let rest: Uint8Array = toBuffer(text);
  while (rest.length > 0) {
    try {
      rest = rest.subarray(writeSync(descriptor, rest));
    } catch (error) {
      // Nobody listens (EPIPE, EBADF): the exit status still tells.
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') return false;
      // Another program has made the pipe non-blocking, and it is full.
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, FULL_PAUSE_MS);
    }
  }
  return true;
}

export function print(text: string): void {
  write(1, `${text}\n`);
}

/** Names and paths are the user's: a line stays one line, reads in its order, and no terminal is told to do anything. */
export function oneLine(text: string): string {
  return text.replace(/[\p{Cc}\u2028-\u202e\u2066-\u2069]/gu, (character) => {
    const code = character.charCodeAt(0);
    if (character === '\n') return '\\n';
    return code < 256 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u${code.toString(16)}`;
  });
}

export function say(voice: Voice, message: string): void {
  if (!voice.quiet) write(2, `tdaemon: ${oneLine(message)}\n`);
}

/** @returns the exit status */
export function reportFailure(voice: Voice, error: unknown, status = exitStatus(error)): number {
  const message = oneLine(error instanceof Error ? error.message : String(error));
  if (voice.json) {
    const facts = error instanceof TdaemonError ? error : undefined;
    const { stage, code, path, pid, exitCode, signal, output } = facts ?? {};
    print(JSON.stringify({ ok: false, status, stage, code, path, pid, exitCode, signal, message, output }));
  } else {
    say(voice, message);
    if (error instanceof TdaemonError && !voice.quiet)
      for (const line of error.output ?? []) write(2, `  ${oneLine(line)}\n`);
  }
  return status;
}
