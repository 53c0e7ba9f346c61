/** What this test run may do; tests that need more are skipped, and say so. */
import fs from 'node:fs';

export const isRoot = process.getuid?.() === 0;

const CAP_SYS_RESOURCE = 24n;

/** Containers often leave root without it: then hard limits cannot be raised, nor oom_score_adj lowered. */
export const mayRaiseLimits: boolean = (() => {
  const effective = /^CapEff:\s*([0-9a-f]+)$/m.exec(fs.readFileSync('/proc/self/status', 'latin1'))?.[1];
  return effective !== undefined && ((BigInt(`0x${effective}`) >> CAP_SYS_RESOURCE) & 1n) === 1n;
})();

export const NOBODY = 65534;
