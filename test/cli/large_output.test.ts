/** What is printed arrives whole, also where another program has made the pipe non-blocking. */
import { spawnSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { TDAEMON } from '../helpers/paths';

// A reader that begins late, so that the pipe (64 KB) is full meanwhile.
const READ_LATE = `
import fcntl, os, struct, subprocess, sys, termios, time
reader, writer = os.pipe()
fcntl.fcntl(writer, fcntl.F_SETFL, os.O_NONBLOCK)
child = subprocess.Popen(sys.argv[1:], stdout=writer)
os.close(writer)
full = fcntl.fcntl(reader, fcntl.F_GETPIPE_SZ if hasattr(fcntl, 'F_GETPIPE_SZ') else 1032)
def waits():
    unread = struct.unpack('i', fcntl.ioctl(reader, termios.FIONREAD, b'1234'))[0]
    state = open(f'/proc/{child.pid}/stat').read().rsplit(')', 1)[1].split()[0]
    return state == 'Z' or (unread >= full and state == 'S')
while not waits(): time.sleep(0.005)
whole = os.fdopen(reader, 'rb').read()
sys.stdout.buffer.write(whole)
sys.exit(child.wait())
`;

it('a plan of 300 KB', (context) => {
  if (spawnSync('python3', ['--version']).error) context.skip('python3 is not installed');
  const words = Array.from({ length: 3 }, () => 'x'.repeat(100_000));
  const args = ['-c', READ_LATE, TDAEMON, '--dry-run', '--json', '--', 'true', ...words];
  const ran = spawnSync('python3', args, { encoding: 'utf8', maxBuffer: 2 ** 24 });
  expect(ran.status).toBe(0);
  expect(JSON.parse(ran.stdout).plan.command).toEqual(['true', ...words]);
});
