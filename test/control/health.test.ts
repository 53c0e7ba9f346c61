/** /health: a status for those who look at nothing else, and words for those who do. */
import fs from 'node:fs';
import { describe, expect, it } from 'vitest';
import { ask, rpc } from '../helpers/control';
import { eventually } from '../helpers/eventually';
import { because, missing } from '../helpers/needs';
import { superviseServed } from '../helpers/served';
import { run } from '../helpers/tdaemon';

const SLEEPER = 'command=sleep 1000\nstartsecs=0';

const JSON_TYPE = { Accept: 'application/json' };

describe('/health', () => {
  it('is 200 while all that start by themselves run, and else 503 and who does not', async () => {
    const { supervised, unix } =
      await superviseServed(`[program:a]\n${SLEEPER}\n[program:off]\n${SLEEPER}\nautostart=false
[program:x]\n${SLEEPER}\n[group:g]\nprograms=x`);
    expect(await ask(unix, { path: '/health' })).toMatchObject({ status: 200, body: 'ok: 2 RUNNING\n' });
    await rpc(unix, 'stopProcess', 'g:x');
    const down = await ask(unix, { path: '/health' });
    expect(down.status).toBe(503);
    expect(down.headers['content-type']).toBe('text/plain;charset=utf-8');
    expect(down.body).toMatch(/^not ok: 1 of 2 not RUNNING\ng:x STOPPED \S.*\n$/);
    const json = await ask(unix, { path: '/health', headers: JSON_TYPE });
    expect(json).toMatchObject({ status: 503, headers: { 'content-type': 'application/json' } });
    expect(JSON.parse(json.body)).toEqual({
      healthy: false,
      supervisor: 'RUNNING',
      programs: 2,
      troubles: [{ name: 'g:x', state: 'STOPPED', description: expect.any(String) }],
    });
    await rpc(unix, 'startProcess', 'g:x');
    await supervised.reaches('g:x', 'RUNNING');
    const well = await ask(unix, { path: '/health', headers: JSON_TYPE });
    expect(well.status).toBe(200);
    expect(JSON.parse(well.body)).toEqual({
      healthy: true,
      supervisor: 'RUNNING',
      programs: 2,
      troubles: [],
    });
  });

  it('of those that are named only, whether they start by themselves or not', async () => {
    const { unix } =
      await superviseServed(`[program:a]\n${SLEEPER}\n[program:off]\n${SLEEPER}\nautostart=false
[program:once]\ncommand=true\nstartsecs=0\nautorestart=false\n[program:x]\n${SLEEPER}\n[program:y]\n${SLEEPER}\n[group:g]\nprograms=x,y`);
    const status = async (query: string) => (await ask(unix, { path: `/health${query}` })).status;
    expect(await status('')).toBe(503);
    expect(await status('?name=a')).toBe(200);
    expect(await status('?name=a&name=g:*')).toBe(200);
    expect(await status('?name=a&name=off')).toBe(503);
    expect(await status('?name=nope')).toBe(404);
    await rpc(unix, 'stopProcess', 'g:y');
    expect(await status('?name=g:x')).toBe(200);
    expect(await status('?name=g:')).toBe(503);
  });

  it('is one line for each, whatever the reason is, and so is the main log', async () => {
    const { supervised, unix } = await superviseServed(
      `[program:a]\ncommand=/does/not/exist/\u009b\u2028x\nstartretries=0\n[program:b]\n${SLEEPER}`,
    );
    await supervised.reaches('a', 'FATAL');
    const { body } = await ask(unix, { path: '/health' });
    expect(body).toMatch(/^not ok: 1 of 2 not RUNNING\na FATAL .*exist.*x.*\n$/u);
    for (const text of [body, supervised.mainLog])
      expect(text.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\u2028]/u);
  });

  it('is 503 while all is being shut down', async () => {
    const { at, unix } = await superviseServed(`[program:t]
command=sh -c 'trap "" TERM; touch DIR/ready; while [ ! -e DIR/go ]; do sleep 0.1; done'\nstopwaitsecs=600\nstartsecs=0`);
    await eventually('it', () => fs.existsSync(at.file('ready')));
    expect((await ask(unix, { path: '/health' })).status).toBe(200);
    await rpc(unix, 'shutdown');
    const { status, body } = await ask(unix, { path: '/health' });
    expect(status).toBe(503);
    expect(body).toMatch(/^not ok: the supervisor is in state SHUTDOWN\nt STOPPING\n$/);
    at.write('go', '');
  });

  const noCurl = missing('curl');
  it.skipIf(noCurl)(`is a check for containers, as documented${because(noCurl)}`, async () => {
    const { at, unix } = await superviseServed(`[program:a]\n${SLEEPER}`);
    const check = () =>
      run('curl', [
        '-fsS',
        '--max-time',
        '60',
        '--unix-socket',
        at.file('s.sock'),
        'http://localhost/health',
      ]);
    expect(await check()).toMatchObject({ status: 0, stdout: 'ok: 1 RUNNING\n' });
    await rpc(unix, 'stopProcess', 'a');
    expect((await check()).status).toBe(22);
  });
});
