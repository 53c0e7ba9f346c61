/** `fg`: a process' logs on the screen, and what is typed into its standard input. */
import { HttpFailure, type RpcFault } from '../../control/client/failures';
import { FAULTS } from '../../control/faults';
import { STATES } from '../../supervisor/states';
import { oneLine, write } from '../output';
import { helpOf } from './help';
import { untilInterrupted, within } from './interrupt';
import { faultOf } from './outcomes';
import { infoNamed } from './process_info';
import { SafeStream } from './safe_text';
import { type Session, STATUS } from './session';
import { pour } from './tail';
import { upcheck } from './upcheck';

async function isRunning(session: Session, name: string): Promise<boolean> {
  return (await infoNamed(session, name))?.state === STATES.RUNNING;
}

async function show(session: Session, path: string, signal: AbortSignal): Promise<void> {
  const safe = session.look.terminal ? new SafeStream() : undefined;
  const client = session.another();
  try {
    const response = await client.stream(path, signal);
    await pour(response, (bytes) => write(1, safe ? safe.next(bytes) : bytes));
  } catch (error) {
    if (error instanceof HttpFailure)
      write(2, `${oneLine(session.url + path)} Cannot read, status code ${error.status}\n`);
    // Whoever types will be told that there is nobody.
  } finally {
    client.close();
  }
}

/** @returns what there is to say when it is over */
async function type(session: Session, name: string, signal: AbortSignal): Promise<string[]> {
  for (;;) {
    const line = await session.person.ask('', signal);
    if (line === undefined) return [];
    const fault = await faultOf(session.call('supervisor.sendProcessStdin', name, `${line}\n`));
    if (fault)
      return [fault.code === FAULTS.NOT_RUNNING ? 'Process got killed' : `ERROR: ${shownFault(fault)}`];
    if (!(await isRunning(session, name))) return ['Process got killed'];
  }
}

function shownFault({ code, message }: RpcFault): string {
  return oneLine(`<Fault ${code}: '${message}'>`);
}

export async function fg(session: Session, names: readonly string[]): Promise<void> {
  if (session.look.json)
    return session.refuse('ERROR: fg is for people: --json has no form for it', STATUS.invalidArguments);
  if (!(await upcheck(session))) return;
  const [name] = names;
  if (name === undefined) {
    session.refuse('ERROR: no process name supplied', STATUS.generic);
    return session.say(helpOf('fg'));
  }
  if (names.length > 1) return session.refuse('ERROR: too many process names supplied');
  const info = await infoNamed(session, name);
  if (!info) return session.refuse('ERROR: bad process name supplied');
  if (info.state !== STATES.RUNNING) return session.refuse('ERROR: process not running');

  session.say('==> Press Ctrl-C to exit <==');
  let last: string[] = [];
  const shown: Promise<void>[] = [];
  await untilInterrupted(session, async (signal) => {
    const over = within(signal);
    for (const channel of ['stdout', 'stderr'])
      shown.push(show(session, `/logtail/${name}/${channel}`, over.signal));
    last = await type(session, name, signal).finally(() => over.abort());
  });
  await Promise.all(shown);
  for (const line of [...last, 'Exiting foreground']) session.say(line);
}
