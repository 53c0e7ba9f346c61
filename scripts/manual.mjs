// man/: the pages of docs/man with what the tables know put in, so that neither can say what the other does not.
//
// The sources are mdoc(7) with lines of their own:
//   @options COMMAND     its options, in their groups; until @end, "@ NAME" and below it is added to that option
//   @statuses COMMAND    its exit statuses
//   @actions             those of ctl
//   @keys SECTION        the keys of a configuration section; @ and @end as above
//   @events, @ready      what listeners can subscribe to; kinds of --ready
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { argument, layOut, list, plain } from './mdoc.mjs';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

/** The pages are the same wherever they are made: the limits are Linux's. */
const LIMITS =
  'as core cpu data fsize locks memlock msgqueue nice nofile nproc rss rtprio rttime sigpending stack'.split(
    ' ',
  );

async function tables() {
  const source = `
    export { COMMANDS } from './src/cli/option_table';
    export { STATUSES } from './src/cli/exit_statuses';
    export { ACTIONS } from './src/control/client/actions';
    export { SECTIONS } from './src/config/keys';
    export { EVENTS } from './src/config/event_names';`;
  const limits = JSON.stringify(Object.fromEntries(LIMITS.map((name, at) => [name, at])));
  const withoutAddOn = {
    name: 'without-add-on',
    setup({ onResolve, onLoad }) {
      onResolve({ filter: /\/native$/ }, () => ({ path: 'native', namespace: 'none' }));
      onLoad({ filter: /./, namespace: 'none' }, () => ({
        contents: `export const native = { limitResources: ${limits} };`,
      }));
    },
  };
  const { outputFiles } = await build({
    stdin: { contents: source, resolveDir: ROOT, loader: 'ts' },
    bundle: true,
    write: false,
    platform: 'node',
    format: 'esm',
    plugins: [withoutAddOn],
    logLevel: 'error',
  });
  return import(`data:text/javascript;base64,${Buffer.from(outputFiles[0].contents).toString('base64')}`);
}

/** A sentence of a help that says its default at its end: `octal [022]`. */
function sentences(help) {
  const [, text = '', standard] = /^(.*?)\s*(?:\[([^[\]]+)\])?$/.exec(help) ?? [];
  const [word = ''] = text.split(/[ ,;]/);
  const isName = /[:=[]/.test(word) || LIMITS.includes(word);
  const begun = isName ? text : `${text.slice(0, 1).toUpperCase()}${text.slice(1)}`;
  const ended = /…$/.test(begun) ? begun : `${begun}.`;
  return [
    text === '' ? '' : plain(ended),
    standard === undefined ? '' : `Default: ${plain(standard)}.`,
  ].filter(Boolean);
}

/** "@ NAME" and the lines below it. */
function additions(lines) {
  const found = new Map();
  for (const line of lines) {
    if (line.startsWith('@ ')) found.set(line.slice(2), []);
    else [...found.values()].at(-1).push(line);
  }
  return {
    take(wanted) {
      const text = found.get(wanted) ?? [];
      found.delete(wanted);
      return text;
    },
    check(where) {
      if (found.size > 0) throw new Error(`${where}: there is no ${[...found.keys()].join(', ')}`);
    },
  };
}

function options(all, more, where) {
  const groups = [...new Set(all.map(({ group }) => group))];
  const text = groups.flatMap((group) => [
    `.Ss ${group.replace(/:$/, '')}`,
    ...list(
      all
        .filter((option) => option.group === group)
        .flatMap(({ name, short, value, help, repeats }) => {
          const letter = short ? `Fl ${short} , ` : '';
          return [
            `.It ${letter}Fl Fl ${name}${value ? ` Ar ${argument(value)}` : ''}`,
            ...sentences(help),
            ...(repeats ? ['May be given several times.'] : []),
            ...more.take(name),
          ];
        }),
    ),
  ]);
  more.check(where);
  return text;
}

const statuses = (all) =>
  list(
    all.flatMap(([status, meaning]) => [`.It ${status}`, ...sentences(meaning)]),
    '-tag -width 126',
  );

const actions = (all) =>
  list(
    all.flatMap(({ name, args, summary, ours }) => [
      `.It Cm ${name}${args === '' ? '' : ` Ar ${argument(args)}`}`,
      ...sentences(summary),
      ...(ours ? ['Not in supervisorctl.'] : []),
    ]),
  );

function keyNames(name, keys) {
  if (!name.startsWith('stdout_')) return [name];
  const other = name.replace('stdout_', 'stderr_');
  return other in keys ? [name, other] : [name];
}

function keyItem(name, keys, more) {
  const { type, help, required, ours, without, default: standard } = keys[name];
  const names = keyNames(name, keys);
  const form = argument(type.form);
  const usual = standard === undefined || standard === '' ? [] : [`Default: ${plain(standard)}.`];
  return [
    `.It ${names.map((each) => `Cm ${each}`).join(' , ')} No = Ar ${form}`,
    ...sentences(help),
    ...(required ? ['Must be there.'] : usual),
    ...(without ? [`Has no effect: ${plain(without)}.`] : []),
    ...(ours ? ['Not in supervisord.'] : []),
    ...more.take(name),
  ];
}

function keys(section, sections, more) {
  const { keys: all } = sections.find(({ word }) => word === section);
  const program = sections.find(({ word }) => word === 'program').keys;
  const isProgram = section !== 'program' && 'command' in all;
  const own = Object.keys(all).filter((name) => {
    if (isProgram && name in program && all[name] === program[name]) return false;
    return !(name.startsWith('stderr_') && name.replace('stderr_', 'stdout_') in all);
  });
  const limits = own.filter((name) => name.startsWith('rlimit_'));
  const items = own.filter((name) => !limits.includes(name)).flatMap((name) => keyItem(name, all, more));
  if (limits.length > 0)
    items.push(
      `.It ${limits.map((name) => `Cm ${name}`).join(' , ')} No = Ar SOFT[:HARD]`,
      'Resource limits of setrlimit(2): a number, a size (64KB, 50MB, 1GB) where the kernel counts bytes, or unlimited.',
      'Not in supervisord.',
      ...more.take('rlimit'),
    );
  more.check(`[${section}]`);
  return list(items);
}

async function date() {
  const changes = await readFile(path.join(ROOT, 'CHANGELOG.md'), 'utf8');
  const released = /^## \[\d[^\]]*\] - (\d{4}-\d{2}-\d{2})/m.exec(changes)?.[1];
  const epoch = process.env.SOURCE_DATE_EPOCH;
  const day = released ? new Date(released) : epoch ? new Date(Number(epoch) * 1000) : new Date();
  return day.toLocaleDateString('en-US', { year: 'numeric', month: 'long', day: 'numeric', timeZone: 'UTC' });
}

function page(source, known, file) {
  const lines = source.trimEnd().split('\n');
  const text = [];
  while (lines.length > 0) {
    const line = lines.shift();
    const [directive, what] = line.split(' ');
    const block = () => additions(lines.splice(0, lines.indexOf('@end') + 1).slice(0, -1));
    if (line === '.Dd') text.push(`.Dd ${known.date}`);
    else if (directive === '@options')
      text.push(...options(known.COMMANDS[what], block(), `${file}: ${what}`));
    else if (directive === '@statuses') text.push(...statuses(known.STATUSES[what]));
    else if (directive === '@actions') text.push(...actions(known.ACTIONS));
    else if (directive === '@keys') text.push(...keys(what, known.SECTIONS, block()));
    else if (directive === '@events')
      text.push(
        ...list(
          known.EVENTS.map((name) => `.It ${name}`),
          '-item -compact',
        ).map((each) => each.replace(/^\.It (.+)/, '.It\n$1')),
      );
    else if (line.startsWith('@')) throw new Error(`${file}: what is '${line}'?`);
    else text.push(line);
  }
  return `.\\" Made by scripts/manual.mjs from docs/man/${file} and the tables: change these.\n${layOut(text).join('\n')}\n`;
}

const known = { ...(await tables()), date: await date() };
const from = path.join(ROOT, 'docs', 'man');
const to = path.join(ROOT, 'man');
await rm(to, { recursive: true, force: true });
await mkdir(to);
for (const file of await readdir(from))
  await writeFile(path.join(to, file), page(await readFile(path.join(from, file), 'utf8'), known, file));
