// The same six failures for daemonize, daemon, start-stop-daemon and tdaemon: what each says, and what it leaves.
//
//   node bench/six_failures.mjs       needs npm run build first; root tries it as nobody too
//
// A cell is: exit status; what runs then; what the pidfile says. Nothing is left behind, and nothing fails for a cell.
import { chmodSync, chownSync, copyFileSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { CASES, end } from './six_failures_cases.mjs';
import { findTools } from './six_failures_tools.mjs';
import { processesOf } from './what_is_left.mjs';

const NOBODY = 65534;

async function cell(failure, tool, uid) {
  const directory = mkdtempSync(path.join(os.tmpdir(), 'tdaemon-six-'));
  try {
    const program = path.join(directory, 'app');
    copyFileSync('/bin/sleep', program);
    mkdirSync(path.join(directory, 'run'));
    for (const made of [directory, path.join(directory, 'run')]) {
      chmodSync(made, 0o755);
      chownSync(made, uid, uid);
    }
    return await failure.make(
      { directory, program, pidfile: path.join(directory, 'run', 'app.pid'), uid },
      tool,
    );
  } finally {
    end(processesOf(directory));
    rmSync(directory, { recursive: true, force: true });
  }
}

const tools = findTools();

async function table(uid) {
  const lines = [
    `| failure | ${tools.map(({ name }) => name).join(' | ')} |`,
    `|---|${'---|'.repeat(tools.length)}`,
  ];
  for (const failure of CASES) {
    const cells = [];
    for (const tool of tools) cells.push(await cell(failure, tool, uid));
    lines.push(`| ${failure.name} | ${cells.join(' | ')} |`);
  }
  return lines.join('\n');
}

const own = process.getuid();
const tables = new Map();
for (const uid of own === 0 ? [0, NOBODY] : [own]) {
  const text = await table(uid);
  tables.set(text, [...(tables.get(text) ?? []), `uid ${uid}`]);
}
for (const [text, users] of tables) console.log(`As ${users.join(' and as ')}:\n\n${text}\n`);
