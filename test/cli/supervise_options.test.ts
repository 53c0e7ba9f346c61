/** The options of supervise are those of the keys that have one: the table of every start must not load the table of the keys. */
import { expect, it } from 'vitest';
import { COMMANDS } from '../../src/cli/option_table';
import { KEY_OPTIONS } from '../../src/config/options';

const OTHERS = ['configuration', 'check', 'json', 'verbose', 'help', 'version'];

it('each key’s option has its name, its letter, and a value where the key has one', () => {
  const asked = COMMANDS.supervise.filter(({ name }) => !OTHERS.includes(name));
  const shape = (name: string, letter: string | undefined, takesValue: boolean) =>
    `${name} ${letter ?? '-'} ${takesValue}`;
  expect(asked.map(({ name, short, value }) => shape(name, short, value !== undefined)).sort()).toEqual(
    KEY_OPTIONS.map(({ long, short, form }) => shape(long, short, form !== undefined)).sort(),
  );
});
