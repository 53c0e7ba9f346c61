/** Many starts and stops from one process: its descriptors, mappings, memory and children are back where they were. */
import { expect, it } from 'vitest';
import { size, TIMEOUT, tell } from '../helpers/chaos';
import { ROOT } from '../helpers/paths';
import { isRoot } from '../helpers/privileges';
import * as procfs from '../helpers/procfs';
import { scratch } from '../helpers/scratch';
import { run } from '../helpers/tdaemon';

const CYCLES = size(400, 10_000);
/** Until pools, caches and compiled code have the size that they keep. */
const WARM_UP = size(200, 1000);
/** V8 takes and gives back memory by its own lights; a leak is measured by the cycle. */
const MOST_GROWTH = 12 << 20;
const MOST_MAPPINGS = 100;

const SCRIPT = `
const fs = require('node:fs');
const { daemonize, stop } = require(process.env.TDAEMON_ROOT + '/dist/index.js');
const [warmUp, cycles] = process.argv.slice(2).map(Number);
const pidfile = __dirname + '/pid';
const start = (options) => daemonize({ args: ['1000'], pidfile, ...options });
const ways = [{}, ...(process.geteuid() === 0 ? [{ user: 'nobody' }] : [])];

async function cycle(number) {
  await start({ command: 'sleep', ...ways[number % ways.length] });
  await start({ command: 'sleep' }).then(() => process.exit(1), () => {});
  await stop({ pidfile });
  await start({ command: './missing' }).then(() => process.exit(1), () => {});
}

function look() {
  for (let times = 0; times < 5; times++) gc();
  const tasks = fs.readdirSync('/proc/self/task');
  return {
    descriptors: fs.readdirSync('/proc/self/fd').length,
    mappings: fs.readFileSync('/proc/self/maps', 'latin1').split('\\n').length,
    children: tasks.map((task) => fs.readFileSync('/proc/self/task/' + task + '/children', 'latin1')).join(''),
    files: fs.readdirSync(__dirname),
    threads: tasks.length,
    memory: process.memoryUsage().rss,
  };
}

(async () => {
  for (let number = 0; number < warmUp; number++) await cycle(number);
  const before = look();
  for (let number = 0; number < cycles; number++) await cycle(number);
  console.log(JSON.stringify({ before, after: look() }));
})();
`;

it(
  `${CYCLES} cycles of start, refused start, stop and failed start leave no descriptor, child, mapping or memory behind`,
  TIMEOUT,
  async () => {
    const at = scratch();
    // Else V8 lets its space for young objects grow with the work done, and 30 MB of it look like a leak.
    const node = ['--expose-gc', '--max-semi-space-size=1'];
    const words = [...node, at.write('cycles.js', SCRIPT), String(WARM_UP), String(CYCLES)];
    const ran = await run('node', words, {
      env: { ...process.env, TDAEMON_ROOT: ROOT, TEST_DIRECTORY: at.directory },
    });
    expect(ran).toMatchObject({ status: 0, stderr: '' });
    const { before, after } = JSON.parse(ran.stdout);
    tell('leaks', { cycles: CYCLES, isRoot, before, after });
    const { descriptors, threads } = before;
    expect(after).toMatchObject({ descriptors, threads, children: '', files: ['cycles.js'] });
    expect(after.mappings - before.mappings).toBeLessThan(MOST_MAPPINGS);
    expect(after.memory - before.memory).toBeLessThan(MOST_GROWTH);
    expect(procfs.mentioning(at.directory)).toEqual([]);
  },
);
