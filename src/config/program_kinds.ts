/** What an event listener and a FastCGI program have besides what every program has. */
import type { UserEntry } from '../native';
import type { Scope } from './expand';
import type { Section } from './ini';
import { FCGI, LISTENER } from './keys';
import type { FcgiSocketConfig, ListenerConfig } from './model';
import type { Reading } from './section';

const SOCKET_MODE = 0o700;

export function listenerOf(reading: Reading, section: Section, scope: Scope): ListenerConfig {
  const { events, buffer_size, result_handler } = reading.values(section, LISTENER, scope);
  if (result_handler !== LISTENER.result_handler.default)
    reading.doubt(section, 'result_handler', 'it is ignored: extensions in Python cannot be used');
  return { events, bufferSize: buffer_size, resultHandler: result_handler };
}

/** The socket is the user's of the program, unless it says otherwise. */
export function fcgiOf(
  reading: Reading,
  section: Section,
  scope: Scope,
  user: UserEntry | undefined,
): FcgiSocketConfig {
  const values = reading.values(section, FCGI, scope);
  const { socket, socket_owner, socket_mode, socket_backlog } = values;
  if (socket.address.kind === 'tcp')
    for (const key of ['socket_owner', 'socket_mode'] as const)
      if (values[key] !== undefined)
        throw reading.wrong(section, key, `'${socket.text}' is no file, and has none`);
  const users = user && user.uid !== process.getuid?.() ? { uid: user.uid, gid: user.gid } : undefined;
  const owner = socket.address.kind === 'tcp' ? undefined : (socket_owner ?? users);
  return {
    ...socket,
    ...(socket_backlog !== undefined && { backlog: socket_backlog }),
    ...(owner && { owner }),
    mode: socket_mode ?? SOCKET_MODE,
  };
}
