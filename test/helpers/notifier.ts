/** Daemons that say READY=1 when the test lets them, and senders of any datagram. */
import type { SpawnOptions } from 'node:child_process';
import fs from 'node:fs';
import { eventually } from './eventually';
import { begin, type Waiting } from './ready';
import type { Scratch } from './scratch';
import { type Ran, run } from './tdaemon';

export const PYTHON = '/usr/bin/python3';

/** For python: `send(bytes, descriptors)` to $NOTIFY_SOCKET, and `barrier()`, which returns when all before was read. */
export const SEND = `
import array, os, random, socket, sys, time
def connected(name):
    own = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    own.connect('\\0' + name[1:] if name[0] == '@' else name)
    return own
NAME = os.environ.get('NOTIFY_SOCKET') or sys.argv[1]
SOCKET = connected(NAME)
def send(content, descriptors=()):
    rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array('i', descriptors))] if descriptors else []
    SOCKET.sendmsg([content], rights)
def barrier():
    reader, writer = os.pipe()
    send(b'BARRIER=1', [writer])
    os.close(writer)
    os.read(reader, 1)
    os.close(reader)
def wait(): time.sleep(1000)
`;

export function python(script: string): string[] {
  return [PYTHON, '-c', `${SEND}\n${script}`];
}

/** Runs a stranger's script; the socket's name is its first argument. */
export function strangerSends(name: string, script: string, spawning: SpawnOptions = {}): Promise<Ran> {
  return run(PYTHON, ['-c', `${SEND}\n${script}`, name], { cwd: '/', ...spawning });
}

export interface Held extends Waiting {
  /** As the daemon has it. */
  socket: string;
  /** Of the daemon. */
  daemon: number;
  /** Lets the daemon say READY=1. */
  release(): void;
}

/** A daemon that waits for a file before it is ready. `first` is what it does in python before that. */
export async function holdBack(at: Scratch, options: readonly string[] = [], first = ''): Promise<Held> {
  const script = `
with open('name.new', 'w') as file: file.write(NAME)
os.rename('name.new', 'name')
${first}
while not os.path.exists('go'): time.sleep(0.01)
send(b'READY=1')
wait()`;
  const work = at.file('work');
  fs.mkdirSync(work);
  fs.chmodSync(work, 0o777);
  const waiting = begin(at, 'notify', ['--chdir', work, '--log', at.file('log'), ...options], python(script));
  const name = `${work}/name`;
  await eventually('the name of the socket', () => fs.existsSync(name));
  return {
    ...waiting,
    socket: fs.readFileSync(name, 'utf8'),
    daemon: Number(fs.readFileSync(at.file('pid'), 'utf8')),
    release: () => fs.writeFileSync(`${work}/go`, ''),
  };
}
