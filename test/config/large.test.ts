/** Many programs, long files: what is kept is what is meant. */
import v8 from 'node:v8';
import vm from 'node:vm';
import { expect, it } from 'vitest';
import { readConfig } from '../../src/config/read';
import { scratch } from '../helpers/scratch';

v8.setFlagsFromString('--expose-gc');
const collect: () => void = vm.runInNewContext('gc');

function heap(): number {
  collect();
  collect();
  return process.memoryUsage().heapUsed;
}

it('reads a thousand programs', () => {
  const at = scratch();
  const sections = Array.from(
    { length: 1000 },
    (_, n) => `[program:p${n}]\ncommand=/bin/sleep ${n}\nuser=nobody\nstdout_logfile=p${n}.log\n`,
  );
  const { config, warnings } = readConfig(at.write('conf', `[supervisord]\n${sections.join('')}`), {
    cwd: at.directory,
  });
  expect(config.groups).toHaveLength(1000);
  expect(warnings).toHaveLength(1);
  const [first, second] = config.groups;
  // What is the same is there once.
  expect(first?.processes[0]?.stderr).toBe(second?.processes[0]?.stderr);
  expect(first?.processes[0]?.environment).toBe(second?.processes[0]?.environment);
});

it('keeps nothing of the text', () => {
  const at = scratch();
  const comment = '; nothing that anybody needs to remember, line after line after line after line\n';
  const file = at.write(
    'conf',
    `[supervisord]\n${comment.repeat(300_000)}[program:x]\ncommand=/bin/cat a word that is long enough to be a window\n`,
  );
  const options = { cwd: at.directory, environment: {} };
  readConfig(at.write('small', '[supervisord]\n[program:x]\ncommand=/bin/cat\n'), options);
  const before = heap();
  const kept = readConfig(file, options);
  expect(heap() - before).toBeLessThan(5_000_000);
  expect(kept.config.groups[0]?.processes[0]?.command).toHaveLength(11);
});

it('many lines that open quotes are no trouble', () => {
  const at = scratch();
  const text = `[supervisord]\nidentifier=x\n${"  it's ; \n".repeat(50_000)}`;
  expect(readConfig(at.write('conf', text), { cwd: at.directory }).config.supervisord.identifier).toContain(
    'it',
  );
});

it('a path that no system call takes is a mistake of its program', () => {
  const at = scratch();
  const text = `[supervisord]\n[program:x]\ncommand=/bin/cat\nstdout_logfile=/${'x'.repeat(5000)}/y\n`;
  const { broken } = readConfig(at.write('conf', text), { cwd: at.directory });
  expect(broken.map(({ program }) => program)).toEqual(['x']);
});
