/** The options of supervisord's command line that stand for keys of `[supervisord]`. */
import type { Facts } from './key';
import { SUPERVISORD } from './keys';

export interface KeyOption {
  key: string;
  /** `logfile_maxbytes`: without the `--`. */
  long: string;
  /** `y`: without the `-`. */
  short?: string;
  /** What the value is, for the help. Absent: a flag, which is `true` as an override. */
  form?: string;
  help: string;
}

export const KEY_OPTIONS: readonly KeyOption[] = Object.entries(SUPERVISORD).flatMap(([key, each]) => {
  const { option, help }: Facts = each;
  if (!option) return [];
  const { long, short, flag } = option;
  return [{ key, long, ...(short && { short }), ...(!flag && { form: each.type.form }), help }];
});
