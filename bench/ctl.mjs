// node bench/ctl.mjs [PROGRAMS] [ROUNDS] (after `npm run build`): `status` of many programs, from the start of the client to its end:
// tdaemon ctl and supervisorctl, each asking tdaemon and supervisord. They take turns.
import { loadavg } from 'node:os';
import { describeMachine } from './machine.mjs';
import { lowest, median, ratio, takeTurns } from './measure.mjs';
import { runToEnd, TDAEMON, withBoth } from './side_by_side.mjs';

const PROGRAMS = Number(process.argv[2] ?? 1000);
const ROUNDS = Number(process.argv[3] ?? 20);
const BASE = 'supervisorctl to supervisord';

const loadBefore = loadavg();
const clients = { 'tdaemon ctl': [TDAEMON, 'ctl'], supervisorctl: ['supervisorctl'] };

async function timeOfStatus(name, command) {
  const begin = performance.now();
  const { stdout } = runToEnd([...command, 'status']);
  const took = performance.now() - begin;
  if (stdout.split('\n').length !== PROGRAMS + 1) throw new Error(`${name}: ${stdout.slice(0, 200)}`);
  return took;
}

await withBoth(PROGRAMS, { ours: '', theirs: '' }, async ({ ours, theirs }) => {
  const candidates = [
    ['tdaemon', ours],
    ['supervisord', theirs],
  ].flatMap(([server, file]) =>
    Object.entries(clients).map(([client, command]) => {
      const name = `${client} to ${server}`;
      return { name, measure: () => timeOfStatus(name, [...command, '-c', file]) };
    }),
  );
  const figures = await takeTurns(candidates, ROUNDS);
  console.log(describeMachine(loadBefore));
  console.log(`\n| status of ${PROGRAMS} programs | median ms | lowest ms | x ${BASE} |`);
  console.log('|---|---:|---:|---:|');
  for (const [name, times] of figures) {
    const row = [
      median(times).toFixed(0),
      lowest(times).toFixed(0),
      ratio(times, figures.get(BASE)).toFixed(2),
    ];
    console.log(`| ${name} | ${row.join(' | ')} |`);
  }
});
