// What the figures were measured on: without it they mean nothing.
import { execFileSync } from 'node:child_process';
import os from 'node:os';
import { ROOT } from './peers.mjs';

function commit() {
  try {
    return execFileSync('git', ['rev-parse', '--short', 'HEAD'], { cwd: ROOT, encoding: 'utf8' }).trim();
  } catch {
    return 'unknown';
  }
}

export function describeMachine(loadBefore) {
  const cpus = os.cpus();
  const load = (values) => values.map((value) => value.toFixed(1)).join(' ');
  return [
    `- ${new Date().toISOString().slice(0, 10)}, tdaemon at commit ${commit()}`,
    `- ${cpus.length} CPUs (${cpus[0]?.model.trim() || 'model unknown'}), ${Math.round(os.totalmem() / 2 ** 30)} GB`,
    `- ${os.type()} ${os.release()}, Node ${process.versions.node}, uid ${process.getuid?.()}`,
    `- load average ${load(loadBefore)} before, ${load(os.loadavg())} after`,
  ].join('\n');
}
