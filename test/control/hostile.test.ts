/** Clients that mean harm, many at once: cut off or told what is wrong, while programs are looked after as ever, and nothing is kept. */
import { describe, expect, it } from 'vitest';
import { encodeCall } from '../../src/control/encode';
import { dial, type Line, post, rpc, type Server } from '../helpers/control';
import { eventually } from '../helpers/eventually';
import { killing } from '../helpers/killing';
import { freePort } from '../helpers/port';
import * as procfs from '../helpers/procfs';
import { scratch } from '../helpers/scratch';
import { type Supervised, supervise } from '../helpers/supervise';

const CALL = encodeCall('supervisor.getState', []);
const head = (...lines: string[]) =>
  ['POST /RPC2 HTTP/1.1', 'Host: localhost', 'Content-Type: text/xml', ...lines, '', ''].join('\r\n');
const WHOLE = `${head(`Content-Length: ${CALL.length}`)}${CALL}`;

const MEGABYTE = 1024 * 1024;
const PIECE = 'x'.repeat(64 * 1024);

/** Kilobytes that are its own. */
const ownMemory = (pid: number) => Number.parseInt(procfs.status(pid, 'RssAnon') ?? '', 10);

/** Writes until so much has been written, or until the other side has had enough. */
async function pour(to: Server, first: string, piece: string, bytes: number): Promise<Line> {
  const line = await dial(to);
  const { socket } = line;
  socket.write(first);
  const more = () => {
    while (socket.writable && socket.bytesWritten < bytes) if (!socket.write(piece)) return;
    socket.end();
  };
  socket.on('drain', more);
  more();
  await line.closed;
  return line;
}

/** Of 100 MB each, by what says how long it is. */
async function hugeBodies(to: Server): Promise<void> {
  const bodies = [
    [head(`Content-Length: ${100 * MEGABYTE}`), PIECE],
    [head('Transfer-Encoding: chunked'), `10000\r\n${PIECE}\r\n`],
    [head('Transfer-Encoding: chunked', 'Expect: 100-continue'), `10000\r\n${PIECE}\r\n`],
    [head('Transfer-Encoding: chunked'), `1;${'a=b;'.repeat(1000)}\r\nx\r\n`],
    [head('Transfer-Encoding: chunked', 'Content-Length: 10'), `10000\r\n${PIECE}\r\n`],
    [`GET /metrics HTTP/1.1\r\nContent-Length: ${100 * MEGABYTE}\r\n\r\n`, PIECE],
    [`PUT /nothing HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n`, `10000\r\n${PIECE}\r\n`],
    ['POST /RPC2 HTTP/1.1\r\n', `X-a: ${'b'.repeat(1000)}\r\n`],
    ['', PIECE],
  ] as const;
  await Promise.all(
    bodies.map(async ([first, piece]) => {
      const { socket } = await pour(to, first, piece, 100 * MEGABYTE);
      expect(socket.bytesWritten, first).toBeLessThan(20 * MEGABYTE);
    }),
  );
}

const params = (xml: string) =>
  `<methodCall><methodName>supervisor.getState</methodName><params>${xml}</params></methodCall>`;
const param = (xml: string) => params(`<param><value>${xml}</value></param>`);
const MUCH = 1_900_000;
const many = (text: string, around = 0) => text.repeat(Math.floor((MUCH - around) / text.length));

/** Nearly as large as a body may be; the status that it gets. */
const BOMBS: [string, string, number][] = [
  [
    'entities of entities',
    `<!DOCTYPE x [<!ENTITY a0 "lol">${Array.from({ length: 30 }, (_, at) => `<!ENTITY a${at + 1} "${`&a${at};`.repeat(10)}">`).join('')}]>${params('<param><value>&a30;</value></param>')}`,
    400,
  ],
  ['arrays in arrays', params(many('<param><value><array><data>')), 400],
  ['structs in structs', params(many('<param><value><struct><member><name>a</name>')), 400],
  ['elements of any name in one another', many('<a>'), 400],
  ['parameters', params(many('<param><value>1</value></param>')), 200],
  ['members of one name', param(`<struct>${many('<member><name>a</name><value/></member>')}</struct>`), 200],
  ['digits of a double', param(`<double>${many('1')}x</double>`), 400],
  ['digits of an int', param(`<int>${many('1')}</int>`), 400],
  ['spaces before a date', param(`<dateTime.iso8601>${many(' ')}x</dateTime.iso8601>`), 400],
  ['base64', param(`<base64>${many('A')}*</base64>`), 400],
  ['one attribute', `<methodCall a="${many('b')}"/>`, 400],
  ['attributes', `<methodCall ${Array.from({ length: 100_000 }, (_, at) => `a${at}=""`).join(' ')}/>`, 400],
  ['a comment', `<!--${many('-x')}-->${CALL.slice(CALL.indexOf('<methodCall>'))}`, 200],
  ['an instruction', `<?a ${many('b')}?>`, 400],
  ['ampersands', param(many('&amp;')), 200],
  ['a method name', `<methodCall><methodName>${many('m')}</methodName></methodCall>`, 200],
  ['spaces', many(' '), 400],
  ['two roots', CALL + CALL.slice(CALL.indexOf('<methodCall>')), 400],
  ['an end that is missing', CALL.slice(0, -5), 400],
  ['mismatched elements', CALL.replace('</methodName>', '</params>'), 400],
];

async function bombs(to: Server): Promise<void> {
  for (const [name, body, status] of BOMBS) expect((await post(to, body)).status, name).toBe(status);
}

/** A thousand at once, each of which says that it will say no more. */
async function halfClosed(to: Server): Promise<void> {
  const ends = [
    WHOLE,
    WHOLE.slice(0, -10),
    'POST /RPC2 HTTP/1.1\r\nHost',
    '',
    'GET /metrics HTTP/1.1\r\n\r\n',
  ];
  const lines = await Promise.all(Array.from({ length: 1000 }, () => dial(to)));
  lines.forEach(({ socket }, at) => void socket.end(ends[at % ends.length] ?? ''));
  await Promise.all(lines.map(({ closed }) => closed));
  // Whoever says no more before the answer is there may have gone for good: it is not waited for.
  for (const line of lines) expect(line.text()).toMatch(/^(?:$|HTTP\/1\.1 (?:200|400) )/);
}

/** Requests without end, behind one that has none. */
async function ahead(to: Server): Promise<void> {
  const piece = 'GET /metrics HTTP/1.1\r\n\r\n'.repeat(2000);
  const line = await pour(to, 'GET /logtail/a HTTP/1.1\r\n\r\n', piece, 100 * MEGABYTE);
  expect(line.socket.bytesWritten).toBeLessThan(20 * MEGABYTE);
}

/** A byte now and then: of heads, and of bodies. Resolves when all have been cut off. */
async function slow(to: Server): Promise<void> {
  const starts = [
    'POST /RPC2 HTTP/1.1\r\nX-a: ',
    head('Content-Length: 1000'),
    head('Content-Length: 1900000'),
  ];
  const lines = await Promise.all(Array.from({ length: 60 }, () => dial(to)));
  lines.forEach(({ socket }, at) => void socket.write(starts[at % starts.length] ?? ''));
  const drips = setInterval(() => {
    for (const { socket } of lines) if (!socket.destroyed) socket.write('x');
  }, 500);
  await Promise.all(lines.map(({ closed }) => closed)).finally(() => clearInterval(drips));
  for (const line of lines) expect(line.text()).not.toContain(' 200 ');
}

const PROGRAMS = (file: string, port: number, more: string) => `[unix_http_server]\nfile=${file}
[inet_http_server]\nport=127.0.0.1:${port}
[program:a]\ncommand=cat\nstartsecs=0\n[program:killed]\ncommand=sleep 1000\nstartsecs=0\nrestart_delay_max=0\n${more}`;

async function start(more = '') {
  const at = scratch();
  const port = await freePort();
  const supervised: Supervised = await supervise(at, PROGRAMS(at.file('s.sock'), port, more));
  const unix: Server = { socketPath: at.file('s.sock') };
  return { at, supervised, unix, tcp: { host: '127.0.0.1', port } as Server };
}

describe('clients that mean harm', () => {
  it('touch nothing, and nothing is left of them', { timeout: 600_000 }, async () => {
    const { supervised, unix, tcp } = await start();
    const pid = supervised.supervisor as number;
    const before = await supervised.of('a');
    await rpc(unix, 'getState');
    const open = procfs.descriptors(pid).size;
    const memory = ownMemory(pid);
    const all = () => Promise.all([hugeBodies(unix), bombs(tcp), ahead(tcp), halfClosed(unix)]);
    const kills = await killing(supervised, 'killed', async () => {
      await Promise.all([all(), slow(tcp)]);
      await all();
    });
    expect(kills).toBeGreaterThan(10);
    expect(supervised.supervisor).toBe(pid);
    expect(await supervised.of('a')).toEqual(before);
    expect((await supervised.of('killed')).restarts).toBe(kills);
    await eventually('all descriptors closed', () => procfs.descriptors(pid).size <= open);
    // Some is kept by V8 for later; the bodies alone were many times as much.
    await eventually('its memory back', () => ownMemory(pid) < memory + 60_000);
    expect(supervised.mainLog).not.toContain(' CRIT ');
  });
});
