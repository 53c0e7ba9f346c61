/** Log files of programs that nobody named (AUTO): those that a supervisor before us has left are removed. */
import { readdir, rm } from 'node:fs/promises';
import path from 'node:path';
import type { Supervisor } from './supervisor';

/** Those of programs that still run are spared. */
export async function cleanAutoLogs(supervisor: Supervisor): Promise<void> {
  const { childLogDir, identifier, nocleanup } = supervisor.config.supervisord;
  if (nocleanup) return;
  const used = new Set(
    supervisor.records
      .read()
      .flatMap(({ record }) => Object.values(record.autoLogs).map((file) => path.basename(file))),
  );
  const ours = new RegExp(
    `-std(?:out|err)---${escaped(identifier)}-[A-Za-z0-9_-]{8}\\.log(?:\\.\\d+)?(?:\\.gz)?$`,
  );
  const names = await readdir(childLogDir).catch(() => []);
  const left = names.filter((name) => ours.test(name) && !used.has(name.replace(/\.log\..*/, '.log')));
  await Promise.all(
    left.map((name) => rm(path.join(childLogDir, name), { force: true }).catch(() => undefined)),
  );
}

function escaped(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
}
