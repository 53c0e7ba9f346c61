/** `[supervisorctl]`: all that a client wants to know of a configuration. Whatever else is in the file does not matter to it. */
import { hostname } from 'node:os';
import { resolve } from 'node:path';
import { invalid } from '../errors';
import { absolutePath } from '../process/working_directory';
import { Scope } from './expand';
import type { Section } from './ini';
import { CTL } from './keys';
import type { CtlConfig } from './model';
import type { Reading } from './section';
import { readFirst, readIncludes } from './source';
import { Surroundings } from './surroundings';

export function ctlOf(reading: Reading, section: Section, scope: Scope): CtlConfig {
  const { serverurl, username, password, prompt, history_file } = reading.values(section, CTL, scope);
  return {
    serverUrl: serverurl,
    ...(username !== undefined && { username }),
    ...(password !== undefined && { password }),
    prompt,
    ...(history_file !== undefined && { historyFile: history_file }),
  };
}

/** Files that it includes are read only if it has no such section itself. @throws TdaemonError (`invalid`) */
export function readCtlConfig(
  file: string,
  environment: Readonly<Record<string, string | undefined>>,
  cwd = resolve(absolutePath('.')),
): CtlConfig {
  const scope = Scope.ofEnvironment(environment, new Scope([['host_node_name', hostname()]]));
  const reading = readFirst(resolve(cwd, file), new Surroundings(environment, cwd), () => undefined);
  const { sections } = reading.ini;
  if (!sections.has('supervisorctl')) readIncludes(reading, scope);
  const section = sections.get('supervisorctl');
  if (!section) throw invalid(`${file}: there is no section [supervisorctl]`);
  return ctlOf(reading, section, scope);
}
