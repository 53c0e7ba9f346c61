// The figures as tables that read well in a terminal and are Markdown too.
import { lowest, median, ratio } from './measure.mjs';

/** The first column is text, all others are figures. */
function table(heads, rows) {
  const width = heads.map((head, at) => Math.max(head.length, ...rows.map((row) => row[at].length)));
  const line = (cells) =>
    `| ${cells.map((cell, at) => (at === 0 ? cell.padEnd(width[at]) : cell.padStart(width[at]))).join(' | ')} |`;
  const rule = width.map((count, at) => (at === 0 ? '-'.repeat(count) : `${'-'.repeat(count - 1)}:`));
  return [line(heads), line(rule), ...rows.map(line)].join('\n');
}

/** @param {Map<string, number[]>} figures @param {string[]} bases rows to which all are compared */
export function timesTable(figures, bases, digits) {
  const heads = ['', 'median ms', 'lowest ms', ...bases.map(({ head }) => head), 'rounds'];
  const rows = [...figures].map(([name, values]) => [
    name,
    median(values).toFixed(digits),
    lowest(values).toFixed(digits),
    ...bases.map(({ row }) => (figures.has(row) ? ratio(values, figures.get(row)).toFixed(2) : '')),
    String(Object.keys(values).length),
  ]);
  return table(heads, rows);
}

export function residentTable(rows) {
  const megabytes = (bytes) => (bytes === 0 ? '0' : `${(bytes / 1e6).toFixed(1)} MB`);
  return table(
    ['', 'processes', 'resident (VmRSS)', 'its own (RssAnon)'],
    rows.map(({ name, processes, resident, own }) => [
      name,
      String(processes),
      megabytes(resident),
      megabytes(own),
    ]),
  );
}

export function aimsTable(aims) {
  return table(['aim', 'measured', ''], aims);
}
