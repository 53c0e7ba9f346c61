/** Writes metrics as text: OpenMetrics 1.0, or the format that was before it (Prometheus, 0.0.4). */

export type Format = 'openmetrics' | 'prometheus';

export const CONTENT_TYPES: Record<Format, string> = {
  openmetrics: 'application/openmetrics-text; version=1.0.0; charset=utf-8',
  prometheus: 'text/plain; version=0.0.4; charset=utf-8',
};

export interface Sample {
  /** From labelsOf. */
  labels: string;
  value: number;
}

/** All samples of one name. */
export interface Family {
  /** Without `_total` and `_info`; it ends with the unit. */
  name: string;
  type: 'gauge' | 'counter' | 'info';
  unit?: 'seconds' | 'bytes';
  /** One line. */
  help: string;
  samples: Iterable<Sample>;
}

const ESCAPES: Record<string, string> = { '\\': '\\\\', '"': '\\"', '\n': '\\n' };

/** What stands between the braces. */
export function labelsOf(labels: Readonly<Record<string, string>>): string {
  return Object.entries(labels)
    .map(([name, value]) => `${name}="${value.replace(/[\\"\n]/g, (character) => ESCAPES[character] ?? '')}"`)
    .join(',');
}

const SUFFIXES = { gauge: '', counter: '_total', info: '_info' } as const;

function shown(value: number): string {
  if (value === Number.POSITIVE_INFINITY) return '+Inf';
  return String(value);
}

function headOf({ name, type, unit, help }: Family, format: Format): string {
  if (format === 'prometheus') {
    const sampleName = name + SUFFIXES[type];
    return `# HELP ${sampleName} ${help}\n# TYPE ${sampleName} ${type === 'info' ? 'gauge' : type}\n`;
  }
  const unitLine = unit === undefined ? '' : `# UNIT ${name} ${unit}\n`;
  return `# TYPE ${name} ${type}\n${unitLine}# HELP ${name} ${help}\n`;
}

/** Characters, about: what is made at once. */
const PIECE = 16_384;

/** Piece by piece. Nothing, where there are no samples. */
export function* expose(family: Family, format: Format): Iterable<string> {
  const name = family.name + SUFFIXES[family.type];
  let piece = '';
  let isFirst = true;
  for (const { labels, value } of family.samples) {
    if (isFirst) piece = headOf(family, format);
    isFirst = false;
    piece += `${name}{${labels}} ${shown(value)}\n`;
    if (piece.length < PIECE) continue;
    yield piece;
    piece = '';
  }
  if (piece !== '') yield piece;
}

/** After the last family. */
export const END: Record<Format, string> = { openmetrics: '# EOF\n', prometheus: '' };
