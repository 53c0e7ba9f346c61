/** examples/openrc/blogdemon under the real openrc-run(8), by rc-service(8), in a mount namespace that OpenRC "booted". */
import fs from 'node:fs';
import { describe, expect, it } from 'vitest';
import { exampleRoot } from '../helpers/example_root';
import { because, missing, noMounts, notRoot } from '../helpers/needs';

const reasons = [notRoot(), missing('openrc-run', 'rc-service'), noMounts()];
/** What OpenRC makes at boot. */
const STATE =
  'daemons exclusive failed hotplugged inactive options scheduled started starting stopping tmp wasinactive';

describe.skipIf(reasons.some(Boolean))(`rc-service${because(...reasons)}`, () => {
  it('starts, reloads, restarts and stops it, and sees that it crashed', async () => {
    const at = exampleRoot();
    at.install('openrc/blogdemon', 'etc/init.d/blogdemon');
    // A network is not what is tested; and OpenRC sets a PATH of its own.
    fs.writeFileSync(at.file('etc/init.d/net'), '#!/sbin/openrc-run\nstart() { :; }\n', { mode: 0o755 });
    at.write('etc/rc.conf', `PATH="${at.file('usr/local/bin')}:$PATH"\n`);
    at.write('pid', '');
    at.write(
      'session',
      `set -e
mount -t tmpfs none /run
mkdir /run/openrc
touch /run/openrc/softlevel
for state in ${STATE}; do mkdir "/run/openrc/$state"; done
mount --bind ${at.file('etc/init.d')} /etc/init.d
mount --bind ${at.file('etc/rc.conf')} /etc/rc.conf
set +e
service() { rc-service blogdemon "$1"; echo "$1 $?"; }
service status
service start
service start
service status
timeout 30 sh -c 'until grep -q ready ${at.file('var/log/blogdemon.log')}; do sleep 0.01; done'
service reload
cp ${at.file('run/blogdemon.pid')} ${at.file('pid')}
service restart
service status
kill -KILL "$(cat ${at.file('run/blogdemon.pid')})"
service status
service stop
service status
service stop
`,
    );
    const ran = await at.shell(`exec unshare --mount sh ${at.file('session')}`);
    expect(ran.stdout.match(/^[a-z]+ \d+$/gm)?.join(', '), ran.stderr).toBe(
      'status 3, start 0, start 0, status 0, reload 0, restart 0, status 0, status 32, stop 0, status 3, stop 0',
    );
    expect(fs.readFileSync(at.file('var/log/blogdemon.log'), 'utf8')).toContain('HUP');
    expect(at.blogdemons()).toEqual([]);
    expect(fs.existsSync(at.file('run/blogdemon.pid'))).toBe(false);
  });
});
