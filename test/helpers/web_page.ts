/** A supervisor with a web page on a port of its own. */
import { type Answer, ask, dial, type Line, type Server } from './control';
import { eventually } from './eventually';
import { freePort } from './port';
import { type Scratch, scratch } from './scratch';
import { type Supervised, supervise } from './supervise';

export interface WebPage {
  at: Scratch;
  supervised: Supervised;
  port: number;
  tcp: Server;
  /** Ends with a slash. */
  url: string;
}

/** @param server more of [inet_http_server] */
export async function webPage(
  programs: string | ((at: Scratch) => string),
  server = '',
  supervisord = '',
): Promise<WebPage> {
  const at = scratch();
  const port = await freePort();
  const sections = typeof programs === 'string' ? programs : programs(at);
  const inet = `[inet_http_server]\nport=127.0.0.1:${port}\n${server}\n`;
  const supervised = await supervise(at, `${inet}${sections}`, supervisord);
  return { at, supervised, port, tcp: { host: '127.0.0.1', port }, url: `http://127.0.0.1:${port}/` };
}

/** A program that stays. */
export const sleeper = (name: string, more = ''): string =>
  `[program:${name}]\ncommand=sleep 100000\nstartsecs=0\n${more}\n`;

/** A stream, and its events so far. */
export async function listen(to: Server, query = ''): Promise<Line & { events(name: string): unknown[] }> {
  const line = await dial(to);
  line.socket.write(`GET /events${query} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n`);
  await eventually('its first event', () => line.text().includes('event: hello\n'));
  const events = (name: string) => {
    // Without the lengths of the chunks.
    const text = line.text().replace(/\r\n[0-9a-f]+\r\n/g, '');
    return [...text.matchAll(/event: (\w+)\ndata: (.*)\n\n/g)]
      .filter(([, each]) => each === name)
      .map(([, , data]) => JSON.parse(data as string) as unknown);
  };
  return { ...line, events };
}

/** Of the supervisor that there is now. */
export async function tokenOf({ tcp }: WebPage): Promise<string> {
  const { events, socket } = await listen(tcp);
  await eventually('the token', () => events('hello').length > 0);
  socket.destroy();
  return (events('hello')[0] as { token: string }).token;
}

/** One POST, as the page makes it. */
export function act(to: Server, body: unknown, headers: Record<string, string> = {}): Promise<Answer> {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return ask(to, {
    method: 'POST',
    path: '/act',
    headers: {
      'Content-Type': 'application/json',
      'Content-Length': `${Buffer.byteLength(text)}`,
      ...headers,
    },
    body: text,
  });
}
