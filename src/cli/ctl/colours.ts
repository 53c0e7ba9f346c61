/** Colours on a terminal, unless NO_COLOR (no-color.org) or TERM=dumb says otherwise. */

const CODES = { red: 31, green: 32, yellow: 33, blue: 34, magenta: 35, cyan: 36, bold: 1, dim: 2 } as const;

export type Colour = keyof typeof CODES;

export function wantsColours({ NO_COLOR, TERM }: NodeJS.ProcessEnv): boolean {
  return (NO_COLOR ?? '') === '' && TERM !== 'dumb';
}

export const painted = (text: string, colour: Colour) => `\u001b[${CODES[colour]}m${text}\u001b[0m`;

/** Of what a state means to a person: fine, on its way, wrong, out of use. */
export function stateColour(state: string): Colour {
  if (state === 'RUNNING') return 'green';
  if (state === 'FATAL' || state === 'UNKNOWN') return 'red';
  return state === 'STOPPED' || state === 'EXITED' ? 'dim' : 'yellow';
}

/** One for each of several programs, so that neighbours differ. */
const PREFIXES = ['cyan', 'yellow', 'green', 'magenta', 'blue'] as const;

export function prefixColour(at: number): Colour {
  return PREFIXES[at % PREFIXES.length] ?? 'cyan';
}
