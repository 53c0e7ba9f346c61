/** Root writes logs into directories of users, who must not lead it astray. */
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import { describe, expect, it } from 'vitest';
import { holdFifo, type Logger, startLogger } from '../helpers/logger';
import { type Scratch, scratch } from '../helpers/scratch';
import { giveAway, isRoot, makeDirectory, STRANGER, TARGET } from '../helpers/users';

const [EPERM, EMLINK, EINVAL] = [1, 31, 22];
const read = (file: string) => fs.readFileSync(file, 'latin1');

interface Scene {
  at: Scratch;
  logger: Logger;
  fifo: number;
  /** The user's directory, and the log in it. */
  home: string;
  log: string;
  /** A file that only root may write. */
  victim: string;
}

async function scene(mode = 0o755, owner: { uid: number; gid: number } = TARGET): Promise<Scene> {
  const at = scratch();
  const fifo = holdFifo(at, 'a');
  const home = makeDirectory(at.file('home'), owner, mode);
  fs.chmodSync(home, mode);
  const victim = at.write('victim', 'untouched\n');
  fs.chmodSync(victim, 0o600);
  return { at, logger: await startLogger(at), fifo, home, log: `${home}/log`, victim };
}

async function refused({ logger, log, victim, fifo }: Scene, errno: number): Promise<void> {
  fs.writeSync(fifo, 'secret\n');
  await logger.ask(logger.line('a', { log }), `failed a ${errno}`);
  expect(read(victim)).toBe('untouched\n');
}

async function accepted({ logger, log, fifo }: Scene, options = {}): Promise<void> {
  await logger.open('a', { log, ...options });
  fs.writeSync(fifo, 'line\n');
  await logger.flush('a');
}

describe.skipIf(!isRoot)('a log in a directory of another user (needs root)', () => {
  it('is written, and belongs to root when root has made it', async () => {
    const at = await scene();
    await accepted(at);
    expect(read(at.log)).toBe('line\n');
    expect(fs.statSync(at.log).uid).toBe(0);
  });

  it('that the user has made is written, and stays theirs over a rotation', async () => {
    const at = await scene();
    fs.writeFileSync(at.log, 'theirs\n', { mode: 0o640 });
    giveAway(at.log, TARGET);
    await accepted(at, { bytes: 8 });
    expect(read(`${at.log}.1`)).toBe('theirs\nline\n');
    expect(fs.statSync(at.log)).toMatchObject({ uid: TARGET.uid, gid: TARGET.gid, mode: 0o100640 });
    expect(fs.statSync(at.victim).uid).toBe(0);
  });

  it('is refused when it is a symbolic link', async () => {
    const at = await scene();
    fs.symlinkSync(at.victim, at.log);
    await refused(at, EPERM);
    giveAway(at.log, TARGET);
    const later = await at.logger.connect();
    later.say(at.logger.line('a', { log: at.log }));
    await later.hear(`failed a ${EPERM}`);
  });

  it('is refused below a symbolic link of theirs', async () => {
    const at = await scene();
    fs.mkdirSync(at.at.file('roots'));
    fs.symlinkSync(at.at.file('roots'), `${at.home}/link`);
    giveAway(`${at.home}/link`, TARGET);
    await refused({ ...at, log: `${at.home}/link/log` }, EPERM);
    expect(fs.readdirSync(at.at.file('roots'))).toEqual([]);
  });

  it('is refused when it is another name of a file of root’s', async () => {
    const at = await scene();
    fs.linkSync(at.victim, at.log);
    await refused(at, EMLINK);
  });

  it('exchanged for a link before a rotation: root follows nothing', async () => {
    const at = await scene();
    await accepted(at, { bytes: 20, backups: 2 });
    fs.renameSync(at.log, `${at.home}/theirs`);
    fs.symlinkSync(at.victim, at.log);
    fs.writeSync(at.fifo, 'twenty bytes and more\n');
    await at.logger.hear(`trouble a ${EPERM}`);
    expect(read(at.victim)).toBe('untouched\n');
    fs.rmSync(at.log);
    fs.writeSync(at.fifo, 'a line more\n');
    await at.logger.flush('a');
    expect(read(at.victim)).toBe('untouched\n');
  });

  it('with a backup that is a link: the link is moved, not what it points to', async () => {
    const at = await scene();
    fs.symlinkSync(at.victim, `${at.log}.1`);
    await accepted(at, { bytes: 5, backups: 2 });
    expect(fs.readlinkSync(`${at.log}.2`)).toBe(at.victim);
    expect(read(at.victim)).toBe('untouched\n');
    await at.logger.ask('clear a', 'cleared a');
    expect(read(at.victim)).toBe('untouched\n');
  });

  it('a compressed backup must be a file of its own in the same directory', async () => {
    const at = await scene();
    await accepted(at, { bytes: 5, backups: 2 });
    const inode = fs.statSync(`${at.log}.1`).ino;
    fs.symlinkSync(at.victim, `${at.home}/link`);
    await at.logger.ask(`compressed a ${inode} ${at.home}/link`, `failed a ${EINVAL}`);
    await at.logger.ask(`compressed a ${inode} ${at.victim}`, 'failed a 2');
    fs.linkSync(at.victim, `${at.home}/hard`);
    await at.logger.ask(`compressed a ${inode} ${at.home}/hard`, `failed a ${EINVAL}`);
    expect(read(at.victim)).toBe('untouched\n');
  });
});

describe.skipIf(!isRoot)('a log where everybody may create files (needs root)', () => {
  it('is refused when a stranger was first', async () => {
    const at = await scene(0o1777, { uid: 0, gid: 0 });
    fs.writeFileSync(at.log, '');
    giveAway(at.log, STRANGER);
    await refused(at, EPERM);
    expect(read(at.log)).toBe('');
  });

  it('nor when it is a FIFO of a stranger', async () => {
    const at = await scene(0o1777, { uid: 0, gid: 0 });
    execFileSync('mkfifo', [at.log]);
    giveAway(at.log, STRANGER);
    const reader = fs.openSync(at.log, fs.constants.O_RDONLY | fs.constants.O_NONBLOCK);
    await refused(at, EPERM);
    fs.closeSync(reader);
  });

  it('is written when it is root’s', async () => {
    const at = await scene(0o1777, { uid: 0, gid: 0 });
    await accepted(at);
    expect(read(at.log)).toBe('line\n');
  });
});

describe('a log in a directory of one’s own', () => {
  it('may be any file, and behind symbolic links', async () => {
    const at = scratch();
    const fifo = holdFifo(at, 'a');
    fs.mkdirSync(at.file('real'));
    fs.symlinkSync('real', at.file('link'));
    fs.symlinkSync('../real/real.log', at.file('real/name'));
    const logger = await startLogger(at);
    await logger.open('a', { log: at.file('link/./name'), bytes: 5 });
    fs.writeSync(fifo, 'line\n');
    await logger.flush('a');
    expect(read(at.file('real/real.log.1'))).toBe('line\n');
    expect(fs.readlinkSync(at.file('real/name'))).toBe('../real/real.log');
  });

  it.skipIf(!isRoot)('may be another user’s (needs root: gives it away)', async () => {
    const at = scratch();
    const fifo = holdFifo(at, 'a');
    giveAway(at.write('a.log', ''), TARGET);
    const logger = await startLogger(at);
    await logger.open('a');
    fs.writeSync(fifo, 'line\n');
    await logger.flush('a');
    expect(read(at.file('a.log'))).toBe('line\n');
  });

  it('is no socket, and no loop of links', async () => {
    const at = scratch();
    holdFifo(at, 'a');
    fs.symlinkSync('b', at.file('a.log'));
    fs.symlinkSync('a.log', at.file('b'));
    const logger = await startLogger(at);
    await logger.ask(logger.line('a'), 'failed a 40');
    await logger.ask(logger.line('a', { log: logger.socketPath }), /^failed a (6|22)$/);
  });
});
