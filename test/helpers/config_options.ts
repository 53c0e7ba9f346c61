/** The command line of supervisord, as values for the reader of configurations. */
import { KEY_OPTIONS } from '../../src/config/options';

export function overridesOf(args: readonly string[]): Record<string, string> {
  const overrides: Record<string, string> = {};
  for (let at = 0; at < args.length; at++) {
    const [word = '', value] = (args[at] ?? '').split('=');
    const found = KEY_OPTIONS.find(({ long, short }) => word === `--${long}` || word === `-${short}`);
    if (!found) throw new Error(`no option ${word}`);
    overrides[found.key] = found.form === undefined ? 'true' : (value ?? args[++at] ?? '');
  }
  return overrides;
}
