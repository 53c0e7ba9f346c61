/** The real service(8) with examples/init.d/blogdemon as its /etc/init.d, in a mount namespace of the test's own. */
import { describe, expect, it } from 'vitest';
import { exampleRoot } from '../helpers/example_root';
import { because, missing, noMounts, notRoot } from '../helpers/needs';

const mounted = [notRoot(), noMounts(), missing('service')];
describe.skipIf(mounted.some(Boolean))(
  `service(8) with the init script in /etc/init.d${because(...mounted)}`,
  () => {
    it('starts, asks and stops it', async () => {
      const at = exampleRoot();
      at.install('init.d/blogdemon', 'etc/init.d/blogdemon');
      // A tmpfs on /run: no systemd to redirect to. The mounts end with this shell.
      const lines = ['start', 'status', 'restart', 'stop', 'status'].map(
        (action) => `service blogdemon ${action}; echo "=$?"`,
      );
      const script = `set -e
mount -t tmpfs none /run
mount --bind ${at.file('etc/init.d')} /etc/init.d
set +e
${lines.join('\n')}`;
      const ran = await at.shell(`exec unshare --mount sh -c '${script}'`);
      expect(ran.stdout.match(/^=\d+$/gm)).toEqual(['=0', '=0', '=0', '=0', '=3']);
      expect(at.blogdemons()).toEqual([]);
    });
  },
);
