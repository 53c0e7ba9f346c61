/** Where the supervisor answers: `[unix_http_server]` and `[inet_http_server]`; and what `[supervisorctl]` says of it. */
import { isIPv4 } from 'node:net';
import { ctlOf } from './ctl';
import { MisconfigurationError } from './diagnostics';
import type { Scope } from './expand';
import type { Section } from './ini';
import { INET_SERVER, UNIX_SERVER } from './keys';
import type { Credentials, CtlConfig, InetServerConfig, UnixServerConfig } from './model';
import type { Reading } from './section';

function sectionsOf({ ini }: Reading, word: string): Section[] {
  return [...ini.sections.values()].filter(({ header }) => header === word || header.startsWith(`${word}:`));
}

export function readUnixServers(reading: Reading, scope: Scope): UnixServerConfig[] {
  return sectionsOf(reading, 'unix_http_server').map((section) => {
    const values = reading.values(section, UNIX_SERVER, scope);
    const credentials = credentialsOf(reading, section, values);
    return {
      file: values.file,
      mode: values.chmod,
      ...(values.chown && { owner: values.chown }),
      ...(credentials && { credentials }),
    };
  });
}

export function readInetServers(reading: Reading, scope: Scope): InetServerConfig[] {
  return sectionsOf(reading, 'inet_http_server').map((section) => {
    const values = reading.values(section, INET_SERVER, scope);
    const { port, allow_unauthenticated: allowed, allowed_hosts: allowedHosts } = values;
    const credentials = credentialsOf(reading, section, values);
    if (!credentials && !allowed && !isLoopback(port.host))
      throw reading.wrong(
        section,
        'port',
        `whoever reaches ${port.host === '' ? 'any address of this machine' : `'${port.host}'`} could run commands here: ` +
          'set username and password, or 127.0.0.1 as the address, or allow_unauthenticated=true',
      );
    return { ...port, ...(credentials && { credentials }), allowUnauthenticated: allowed, allowedHosts };
  });
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIPv4(host) && host.startsWith('127.'));
}

/** Both or neither; both empty is neither. */
function credentialsOf(
  reading: Reading,
  section: Section,
  { username, password }: { username?: string | undefined; password?: string | undefined },
): Credentials | undefined {
  if (!username && !password && (username === undefined) === (password === undefined)) return undefined;
  for (const [name, value] of Object.entries({ username, password })) {
    if (value === undefined)
      throw reading.wrong(section, name, 'username and password need each other: it is missing');
    if (value === '') throw reading.wrong(section, name, 'it is empty');
  }
  return { username: username ?? '', password: password ?? '' };
}

/** It is for others: what is wrong there stops no supervisor. */
export function readCtl(reading: Reading, scope: Scope): CtlConfig {
  const section = reading.ini.sections.get('supervisorctl') ?? nowhere;
  try {
    return ctlOf(reading, section, scope);
  } catch (error) {
    if (!(error instanceof MisconfigurationError)) throw error;
    reading.warn(`${error.what} (so all of the section counts as empty)`, error.place);
    return ctlOf(reading, nowhere, scope);
  }
}

const nowhere: Section = { header: 'supervisorctl', place: { file: '', line: 0 }, entries: new Map() };
