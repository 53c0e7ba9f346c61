/** The types of values that only programs have: limits, readiness. */
import { invalid } from '../errors';
import { isLimitName, LIMITS_IN_BYTES, type LimitName, limitNames } from '../process/limits';
import { parseReady } from '../readiness/parse';
import { type Key, key, prefixed, type Type } from './key';
import type { LimitConfig } from './model';
import { LINES, limitValue } from './types';

function limit(name: string): Type<LimitConfig> {
  return {
    form: 'SOFT[:HARD]',
    read(text) {
      const inBytes = isLimitName(name) && LIMITS_IN_BYTES.includes(name);
      const [soft = '', hard, ...more] = text.split(':').map((each) => each.trim());
      if (more.length > 0) throw invalid(`'${text}' is not SOFT[:HARD]`);
      const config: LimitConfig = { name, soft: limitValue(soft, inBytes) };
      if (hard === undefined) return config;
      config.hard = limitValue(hard, inBytes);
      if (config.soft > config.hard) throw invalid(`the soft limit ${soft} is above the hard limit ${hard}`);
      return config;
    },
  };
}

export const LIMITS = limitNames() as LimitName[];

/** `rlimit_nofile` and all others that the system has. */
export const LIMIT_KEYS: Readonly<Record<`rlimit_${LimitName}`, Key<LimitConfig | undefined>>> = prefixed(
  'rlimit',
  Object.fromEntries(
    LIMITS.map((name) => [name, key(limit(name), { help: 'resource limit, see setrlimit(2)', ours: true })]),
  ) as Record<LimitName, Key<LimitConfig | undefined>>,
);

export const READY_SPECS: Type<string[]> = {
  form: 'SPEC',
  read(text) {
    const specs = LINES.read(text, undefined as never, () => undefined);
    for (const spec of specs) parseReady(spec);
    return specs;
  },
};
