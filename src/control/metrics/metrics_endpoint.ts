/** `GET /metrics`: what monitoring asks for. Nothing is measured while nobody asks, and once for all who ask at the same time. */
import { preferred } from '../accept';
import { answer, type Endpoint, type Exchange, refuse } from '../exchange';
import type { ControlHost } from '../method';
import { CONTENT_TYPES, END, expose, type Format } from './exposition';
import { identityFamily, OwnProcesses, processFamilies } from './process_families';
import { factsOf, type ProgramFacts, programFamilies } from './program_families';
import { inSlices } from './slices';

/** The logger may be just being started: then there is nothing to tell of it. */
const LOGGER_MS = 1000;

/** Who likes HTML is a person with a browser, which shows plain text and stores the other. */
const FORMATS = {
  'application/openmetrics-text': 'openmetrics',
  'text/plain': 'prometheus',
  'text/html': 'prometheus',
} as const;

export class MetricsEndpoint implements Endpoint {
  readonly #host: ControlHost;
  readonly #own = new OwnProcesses();
  /** What is being measured and written just now. */
  readonly #underway = new Map<Format, Promise<Buffer>>();

  constructor(host: ControlHost) {
    this.#host = host;
  }

  answers(path: string): boolean {
    return path === '/metrics';
  }

  async handle(exchange: Exchange): Promise<void> {
    const { method = '', headers } = exchange.request;
    if (!['GET', 'HEAD'].includes(method)) return refuse(exchange, 405, { Allow: 'GET, HEAD' });
    const types = Object.keys(FORMATS) as (keyof typeof FORMATS)[];
    const format = FORMATS[preferred(headers.accept, types)];
    const text = await this.#text(format);
    answer(exchange, 200, CONTENT_TYPES[format], text, { Vary: 'Accept' });
  }

  #text(format: Format): Promise<Buffer> {
    const underway = this.#underway.get(format);
    if (underway) return underway;
    const made = this.#write(format).finally(() => this.#underway.delete(format));
    this.#underway.set(format, made);
    return made;
  }

  async #write(format: Format): Promise<Buffer> {
    const { supervisor } = this.#host;
    const logBytes = await atMost(LOGGER_MS, supervisor.logs.logger.counts(), new Map<string, number>());
    const programs: ProgramFacts[] = [];
    await inSlices([...supervisor.processes()], (process) => programs.push(factsOf(process, logBytes)));
    let text = '';
    await inSlices(this.#pieces(programs, format), (piece) => {
      text += piece;
    });
    return Buffer.from(text + END[format]);
  }

  *#pieces(programs: readonly ProgramFacts[], format: Format): Iterable<string> {
    const { supervisor } = this.#host;
    const families = [
      identityFamily(supervisor.config.supervisord.identifier),
      ...processFamilies(this.#own.facts(this.#host.pids())),
      ...programFamilies(programs),
    ];
    for (const family of families) yield* expose(family, format);
  }
}

function atMost<Value>(milliseconds: number, value: Promise<Value>, otherwise: Value): Promise<Value> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<Value>((resolve) => {
    timer = setTimeout(() => resolve(otherwise), milliseconds);
  });
  return Promise.race([value, late]).finally(() => clearTimeout(timer));
}
