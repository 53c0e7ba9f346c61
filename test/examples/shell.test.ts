/** The examples are shell: dash and shellcheck have nothing to say against them. */
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { because, missing } from '../helpers/needs';
import { ROOT } from '../helpers/paths';
import { run } from '../helpers/tdaemon';

const SCRIPTS = ['init.d/blogdemon', 'openrc/blogdemon', 'runit/run', 's6/run'];

describe.each(SCRIPTS)('examples/%s', (script) => {
  const file = path.join(ROOT, 'examples', script);
  const nothing = { status: 0, stdout: '', stderr: '' };

  it('is accepted by sh -n', async () => {
    expect(await run('sh', ['-n', file])).toMatchObject(nothing);
  });

  it.skipIf(missing('shellcheck'))(`is accepted by shellcheck${because(missing('shellcheck'))}`, async () => {
    expect(await run('shellcheck', [file])).toMatchObject(nothing);
  });
});
