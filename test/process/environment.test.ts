/** What the daemon inherits, what is taken away, and who wins. */
import { describe, expect, it } from 'vitest';
import {
  composeEnvironment,
  describeEnvironment,
  type EnvironmentRequest,
  variable,
} from '../../src/process/environment';

const account = { name: 'kim', uid: 7, gid: 7, home: '/home/kim', shell: '/bin/zsh' };

function compose(request: Partial<EnvironmentRequest>): string[] {
  return describeEnvironment(
    composeEnvironment({
      clear: false,
      additions: [],
      account: undefined,
      nameless: false,
      directory: '/',
      foreground: false,
      inherited: [],
      ...request,
    }),
  );
}

const additions = (...variables: Record<string, string>[]) =>
  variables.map((each) => new Map(Object.entries(each)));

describe('composeEnvironment', () => {
  const toService = ['NOTIFY_SOCKET=/n', 'WATCHDOG_USEC=1', 'WATCHDOG_PID=1'];
  const sockets = ['LISTEN_FDS=1', 'LISTEN_FDNAMES=x'];

  it('takes away what was meant for the caller', () => {
    const inherited = [...toService, ...sockets, `LISTEN_PID=${process.pid}`, 'OLDPWD=/old', 'A=b'];
    expect(compose({ inherited })).toEqual(['A=b', 'PWD=/']);
  });

  it('in the foreground keeps what is meant for this very process', () => {
    const own = [...toService, ...sockets, `LISTEN_PID=${process.pid}`];
    expect(compose({ inherited: [...own, 'OLDPWD=/'], foreground: true })).toEqual([...own, 'PWD=/'].sort());
    const another = [...toService, ...sockets, 'LISTEN_PID=1'];
    expect(compose({ inherited: another, foreground: true })).toEqual([...toService, 'PWD=/'].sort());
  });

  it('gives what is named in so many words, even these', () => {
    expect(
      compose({ inherited: toService, additions: additions({ NOTIFY_SOCKET: '/own', OLDPWD: '/x' }) }),
    ).toEqual(['NOTIFY_SOCKET=/own', 'OLDPWD=/x', 'PWD=/']);
  });

  it('says where the daemon is', () => {
    expect(compose({ inherited: ['PWD=/home'], directory: '/srv' })).toEqual(['PWD=/srv']);
  });

  it('describes the user in the place of the caller', () => {
    const inherited = ['HOME=/root', 'USER=root', 'LOGNAME=root', 'SHELL=/bin/sh'];
    expect(compose({ inherited, account })).toEqual([
      'HOME=/home/kim',
      'LOGNAME=kim',
      'PWD=/',
      'SHELL=/bin/zsh',
      'USER=kim',
    ]);
    expect(compose({ account: { ...account, shell: '' } })).toContain('SHELL=/bin/sh');
    expect(compose({ inherited, nameless: true })).toEqual(['HOME=/', 'PWD=/']);
  });

  it('lets later additions win over earlier ones, and all of them over the user and the caller', () => {
    expect(
      compose({
        inherited: ['A=0', 'HOME=/root'],
        account,
        additions: additions({ A: '1', B: '1', HOME: '/x' }, { B: '2' }),
      }),
    ).toEqual(['A=1', 'B=2', 'HOME=/x', 'LOGNAME=kim', 'PWD=/', 'SHELL=/bin/zsh', 'USER=kim']);
  });

  it('cleared begins with nothing', () => {
    expect(compose({ inherited: ['A=b'], clear: true, additions: additions({ C: 'd' }) })).toEqual([
      'C=d',
      'PWD=/',
    ]);
  });

  it('keeps bytes, and names that no shell can hold', () => {
    const odd = ['a.b=c', 'BASH_FUNC_x%%=() { :;\n}', '=::=x', 'no equals sign', ' =', 'A='];
    const bytes = Buffer.from('X\xff=\xfe', 'latin1');
    const environment = composeEnvironment({
      clear: false,
      additions: [],
      account: undefined,
      nameless: false,
      directory: '/',
      foreground: false,
      inherited: [...odd, bytes],
    });
    expect([...environment.values()]).toEqual([...odd, bytes, 'PWD=/']);
  });

  it('sets a name that is given in UTF-8 over the same inherited bytes', () => {
    expect(compose({ inherited: ['é=1'], additions: additions({ é: '2' }) })).toEqual(['PWD=/', 'é=2']);
  });

  it.each(['', 'A=B', 'A\0'])('refuses to set %j', (name) => {
    expect(() => compose({ additions: additions({ [name]: 'x' }) })).toThrow(
      expect.objectContaining({ reason: 'invalid' }),
    );
  });
});

it('variable finds the value, as bytes where it is no UTF-8', () => {
  const environment = composeEnvironment({
    clear: false,
    additions: [new Map<string, string | Uint8Array>([['PATH', Buffer.from([0x2f, 0xff])]])],
    account: undefined,
    nameless: false,
    directory: '/srv',
    foreground: false,
    inherited: [],
  });
  expect(variable(environment, 'PWD')).toBe('/srv');
  expect(variable(environment, 'PATH')).toEqual(Buffer.from([0x2f, 0xff]));
  expect(variable(environment, 'NONE')).toBeUndefined();
});
