/** Metrics as a monitoring system reads them: Prometheus's own parser (Debian's python3-prometheus-client). */
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { type Answer, ask, type Server } from './control';
import { ROOT } from './paths';

const PYTHON = '/usr/bin/python3';
const SCRIPT = path.join(ROOT, 'test/fixtures/metrics/parse.py');

export type Format = 'openmetrics' | 'prometheus';

/** What Prometheus itself sends: versions 2.x, and those from before OpenMetrics. */
export const ACCEPTS: Record<Format, string> = {
  openmetrics:
    'application/openmetrics-text;version=1.0.0;q=0.5,application/openmetrics-text;version=0.0.1;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2',
  prometheus: 'text/plain;version=0.0.4;q=1,*/*;q=0.1',
};

export interface MetricFamily {
  name: string;
  type: string;
  unit: string;
  help: string;
  samples: { name: string; labels: Record<string, string>; value: string }[];
}

/** Undefined: there is such a parser. */
export function noParser(): string | undefined {
  const probe = spawnSync(PYTHON, ['-c', 'import prometheus_client.openmetrics.parser']);
  return probe.status === 0 ? undefined : 'needs python3-prometheus-client';
}

/** @throws what the parser says against it */
export function parseMetrics(text: string, format: Format): MetricFamily[] {
  const { status, stdout, stderr } = spawnSync(PYTHON, [SCRIPT, format], {
    input: text,
    encoding: 'utf8',
    env: { PYTHONUTF8: '1' },
    maxBuffer: 2 ** 28,
  });
  if (status !== 0) throw new Error(stderr);
  return JSON.parse(stdout) as MetricFamily[];
}

export function getMetrics(to: Server, format: Format = 'openmetrics'): Promise<Answer> {
  return ask(to, { path: '/metrics', headers: { Accept: ACCEPTS[format] } });
}

export class Metrics {
  readonly families: MetricFamily[];

  constructor(families: MetricFamily[]) {
    this.families = families;
  }

  static async of(to: Server, format: Format = 'openmetrics'): Promise<Metrics> {
    const { body } = await getMetrics(to, format);
    return new Metrics(parseMetrics(body, format));
  }

  /** Of the only sample that has these labels. Undefined: none. */
  value(sampleName: string, labels: Record<string, string> = {}): number | undefined {
    const found = this.families
      .flatMap(({ samples }) => samples)
      .filter(
        ({ name, labels: has }) =>
          name === sampleName && Object.entries(labels).every(([label, value]) => has[label] === value),
      );
    if (found.length > 1) throw new Error(`${found.length} samples of ${sampleName}`);
    const value = found[0]?.value;
    return value === undefined ? undefined : value === 'inf' ? Number.POSITIVE_INFINITY : Number(value);
  }

  /** Of one program. */
  of(program: string, name: string, labels: Record<string, string> = {}): number | undefined {
    return this.value(`tdaemon_program_${name}`, { name: program, ...labels });
  }
}
