// npm run bench -- [--write] [--rounds N] [one] [many] [resident]
//
// Measures tdaemon beside its peers and prints tables; --write also puts them into bench/README.md. Never a
// test: no figure makes this fail. Nothing is left behind: the commands started are /bin/true, or ended.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { aimsOfManyStarts, aimsOfOneStart, aimsOfResident } from './aims.mjs';
import { describeMachine } from './machine.mjs';
import { BATCH, DAEMONIZE, LIMIT, measureManyStarts } from './many_starts.mjs';
import { BASE, measureOneStart } from './one_start.mjs';
import { aimsTable, residentTable, timesTable } from './report.mjs';
import { measureResident } from './resident.mjs';
import { buildSpawnLoop } from './spawn_loop.mjs';

const LEAST_ROUNDS = 30;
const README = path.join(import.meta.dirname, 'README.md');

const { values: options, positionals } = parseArgs({
  options: { write: { type: 'boolean' }, rounds: { type: 'string', default: '40' } },
  allowPositionals: true,
});
const rounds = Number(options.rounds);
if (!(rounds >= LEAST_ROUNDS))
  throw new Error(`--rounds: at least ${LEAST_ROUNDS}, or the medians mean little`);
if (options.write && positionals.length > 0) throw new Error('--write takes all the parts together');

const wants = (part) => positionals.length === 0 || positionals.includes(part);
const tell = (text) => process.stderr.isTTY && process.stderr.write(`\r${text}\x1b[K`);
const progress = (part) => (round) => tell(`${part}: round ${round + 1} of ${rounds}`);
const sections = [];
const aims = [];
const loadBefore = os.loadavg();
const scratch = mkdtempSync(path.join(os.tmpdir(), 'tdaemon-bench-'));

try {
  await buildSpawnLoop(scratch);
  if (wants('one')) {
    const figures = await measureOneStart(scratch, rounds, progress('one start'));
    aims.push(...aimsOfOneStart(figures));
    const bases = [{ row: BASE, head: 'x node -e 0' }];
    sections.push(`### One start\n\n${timesTable(figures, bases, 1)}`);
  }
  if (wants('many')) {
    const figures = await measureManyStarts(scratch, rounds, progress('many starts'));
    aims.push(...aimsOfManyStarts(figures));
    const bases = [
      { row: LIMIT, head: 'x limit' },
      { row: DAEMONIZE, head: 'x daemonize' },
    ];
    const title = `### ${(rounds * BATCH).toLocaleString('en')} starts from one process, each`;
    sections.push(`${title}\n\n${timesTable(figures, bases, 3)}`);
  }
  if (wants('resident')) {
    const rows = await measureResident(scratch);
    aims.push(...aimsOfResident(rows));
    sections.push(`### Resident once the daemon runs, besides the daemon\n\n${residentTable(rows)}`);
  }
} finally {
  rmSync(scratch, { recursive: true, force: true });
}

const text = [describeMachine(loadBefore), aimsTable(aims), ...sections].join('\n\n');
tell('');
console.log(text);

if (options.write) {
  const markers = /(<!-- figures: .*? -->\n)[\s\S]*(<!-- end of figures -->)/;
  const before = readFileSync(README, 'utf8');
  if (!markers.test(before)) throw new Error('bench/README.md has lost its markers');
  writeFileSync(
    README,
    before.replace(markers, (_, begin, end) => `${begin}\n${text}\n\n${end}`),
  );
}
