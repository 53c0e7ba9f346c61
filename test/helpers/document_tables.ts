/** The tables of a Markdown document, for tests that hold it to its word. */
import fs from 'node:fs';

export interface DocumentTable {
  /** The text of the heading above it. */
  section: string;
  /** Its column titles. */
  columns: string[];
  /** Cells without their backquotes. */
  rows: string[][];
}

function cellsOf(line: string): string[] {
  return line
    .replace(/^\s*\||\|\s*$/g, '')
    .split(/(?<!\\)\|/)
    .map((cell) =>
      cell
        .trim()
        .replaceAll('\\|', '|')
        .replace(/^`(.*)`$/, '$1'),
    );
}

export function documentTables(file: string): DocumentTable[] {
  const tables: DocumentTable[] = [];
  let section = '';
  let table: DocumentTable | undefined;
  for (const line of fs.readFileSync(file, 'utf8').split('\n')) {
    const heading = /^#+ (.*)$/.exec(line)?.[1];
    if (heading !== undefined) section = heading;
    if (!line.startsWith('|')) table = undefined;
    else if (table) {
      if (!/^\|[-|: ]+$/.test(line)) table.rows.push(cellsOf(line));
    } else {
      table = { section, columns: cellsOf(line), rows: [] };
      tables.push(table);
    }
  }
  return tables;
}
