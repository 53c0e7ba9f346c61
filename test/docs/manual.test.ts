/** The manual pages: what mandoc and man say of them, that they have all that the tables have, and that their examples are right. */
import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { man } from '../../package.json';
import { STATUSES } from '../../src/cli/exit_statuses';
import { EXAMPLES } from '../../src/cli/help_texts';
import { COMMANDS, type Command, type Option } from '../../src/cli/option_table';
import { scan } from '../../src/cli/scan';
import { SECTIONS } from '../../src/config/keys';
import { splitWords } from '../../src/config/words';
import { ACTIONS } from '../../src/control/client/actions';
import { because, missing } from '../helpers/needs';
import { ROOT } from '../helpers/paths';
import { scratch } from '../helpers/scratch';
import { run, tdaemon } from '../helpers/tdaemon';

const PAGES = man.map((page) => path.join(ROOT, page));
const named = (name: string) => PAGES.find((page) => page.endsWith(`/${name}`)) ?? '';
const PAGE_OF: Record<Command, string> = {
  start: 'tdaemon.1',
  stop: 'tdaemon.1',
  restart: 'tdaemon.1',
  reload: 'tdaemon.1',
  signal: 'tdaemon.1',
  status: 'tdaemon.1',
  completion: 'tdaemon.1',
  supervise: 'tdaemon-supervise.1',
  ctl: 'tdaemon-ctl.1',
};

const texts = new Map<string, string>();

/** As a reader sees it, without the letters' boldness. */
async function text(page: string): Promise<string> {
  const known = texts.get(page);
  if (known !== undefined) return known;
  const { stdout } = await run('mandoc', ['-T', 'ascii', '-O', 'width=200', page]);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: a bold letter is the letter, a backspace, and the letter.
  const shown = stdout.replace(/.\u0008/g, '');
  texts.set(page, shown);
  return shown;
}

/** The lines of the examples in a page's source that begin with tdaemon. */
function examplesOf(page: string): string[] {
  const source = fs.readFileSync(path.join(ROOT, 'docs', 'man', path.basename(page)), 'utf8');
  return [...source.matchAll(/^(?:\.Dl )?(tdaemon .*)$/gm)].map(([, line = '']) => line);
}

const noMandoc = missing('mandoc');
const noMan = missing('man');

describe.each(PAGES.map((page) => ({ name: path.basename(page), page })))('$name', ({ page }) => {
  it.skipIf(noMandoc)(`is as mandoc wants it${because(noMandoc)}`, async () => {
    const { stdout } = await run('mandoc', ['-T', 'lint', page]);
    // Which other pages there are is the machine's.
    const told = stdout
      .split('\n')
      .filter((line) => line !== '' && !line.includes('referenced manual not found'));
    expect(told).toEqual([]);
  });

  it.skipIf(noMan)(`is shown by man without a warning${because(noMan)}`, async () => {
    const env = { ...process.env, LC_ALL: 'C.UTF-8', MANWIDTH: '80' };
    const ran = await run('man', ['--warnings', '--local-file', page], { env });
    expect(ran).toMatchObject({ status: 0, stderr: '' });
    expect(ran.stdout).toContain('NAME');
  });
});

describe.skipIf(noMandoc)(`the pages have${because(noMandoc)}`, () => {
  it('every option', async () => {
    for (const [command, options] of Object.entries<readonly Option[]>(COMMANDS)) {
      const shown = await text(named(PAGE_OF[command as Command]));
      if (command === 'completion') continue;
      for (const { name, short } of options)
        expect(shown, command).toMatch(new RegExp(`${short ? `-${short}, ` : ''}--${name}\\b`));
    }
  });

  it('every exit status', async () => {
    for (const [command, statuses] of Object.entries(STATUSES)) {
      const shown = await text(named(PAGE_OF[command as Command]));
      for (const [status] of statuses) expect(shown, command).toMatch(new RegExp(`^ +${status} `, 'm'));
    }
  });

  it('every key of the configuration, and every action of ctl', async () => {
    const configuration = await text(named('tdaemon.conf.5'));
    for (const { word, keys } of SECTIONS) {
      expect(configuration).toContain(`[${word}`);
      for (const key of Object.keys(keys)) expect(configuration, word).toMatch(new RegExp(`[ ,]${key}[, ]`));
    }
    const ctl = await text(named('tdaemon-ctl.1'));
    for (const { name, summary } of ACTIONS) {
      expect(ctl).toMatch(new RegExp(`^ +${name}\\b`, 'm'));
      expect(ctl.replace(/\s+/g, ' ').toLowerCase()).toContain(summary.toLowerCase());
    }
  });
});

describe('examples', () => {
  const lines = [
    ...PAGES.flatMap(examplesOf),
    ...Object.values(EXAMPLES).flatMap((each) =>
      each.map(([line]) => line).filter((line) => !/[|$]/.test(line)),
    ),
  ];

  it.each([...new Set(lines)])('%s', async (line) => {
    const [, first = '', ...rest] = splitWords(line);
    const command = (first in COMMANDS ? first : 'start') as Command;
    const words = first in COMMANDS ? rest : [first, ...rest];
    const scanned = scan(words, COMMANDS[command]);
    if (command === 'ctl') {
      expect(ACTIONS.map(({ name }) => name)).toContain(scanned.command[0]);
    } else if (command === 'start' || command === 'restart') {
      const at = scratch();
      for (const name of ['app', 'blogdemon']) at.write(name, '#!/bin/sh\n');
      const plan = scanned.has('dry-run') || scanned.has('respawn') ? [] : ['--dry-run'];
      if (scanned.has('respawn')) return;
      const ran = await tdaemon([command, ...plan, ...words], { cwd: at.directory });
      expect(ran).toMatchObject({ status: 0, stderr: '' });
    }
  });

  it('of tdaemon.conf is right', async () => {
    const source = fs.readFileSync(path.join(ROOT, 'docs', 'man', 'tdaemon.conf.5'), 'utf8');
    const example = /\.Sh EXAMPLES\n\.Bd.*\n([\s\S]*?)\n\.Ed/.exec(source)?.[1] ?? '';
    const at = scratch();
    at.write('blogdemon', '#!/bin/sh\n');
    const file = at.write('app.conf', `${example}\n`);
    expect(await tdaemon(['supervise', '--check', '-c', file])).toMatchObject({ status: 0, stderr: '' });
  });
});
