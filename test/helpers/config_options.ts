/** The command line of supervisord, as values for the reader of configurations. */

import type { Facts } from '../../src/config/key';
import { SUPERVISORD } from '../../src/config/keys';

export function overridesOf(args: readonly string[]): Record<string, string> {
  const overrides: Record<string, string> = {};
  for (let at = 0; at < args.length; at++) {
    const [word = '', value] = (args[at] ?? '').split('=');
    const found = Object.entries<Facts>(SUPERVISORD).find(
      ([, { option }]) => option && (word === `--${option.long}` || word === `-${option.short}`),
    );
    if (!found) throw new Error(`no option ${word}`);
    const [key, { option }] = found;
    overrides[key] = option?.flag ? 'true' : (value ?? args[++at] ?? '');
  }
  return overrides;
}
