/** What bin/tdaemon noted about the caller before node started and destroyed it. */
import { native } from '../native';
import { type Bytes, fromBuffer, splitAtNul, startsWith, toText } from '../process/bytes';

const PREFIX = 'TDAEMON_CALLER_';

export interface Caller {
  /** The environment as the caller had it, byte for byte. */
  environment: Bytes[];
  /** Soft limit of open files. Undefined: not known, node was started without the wrapper. */
  openFiles?: number;
  /** Descriptors from 3 up that were open. Undefined: nobody looked. */
  descriptors?: number[];
}

/** What a shell has of its own; as in bin/tdaemon, which passes the caller's on beside the others. */
const SHELLS_OWN =
  /^(IFS|PPID|OPTIND|OPTARG|OPTERR|PS[0-4]|ENV|LINENO|SHLVL|_|BASH[A-Z_]*|SHELLOPTS|UID|EUID|RANDOM|SECONDS|HOSTNAME)=/;

function parseOpenFiles(text: string | undefined): number | undefined {
  if (text === 'unlimited') return Number.POSITIVE_INFINITY;
  return text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}

export function readCaller(): Caller {
  const environment: Bytes[] = [];
  const passed = process.env[`${PREFIX}ENV`];
  const own = native.rawEnvironment();
  for (const entry of own ? splitAtNul(own) : []) {
    if (startsWith(entry, `${PREFIX}NODE_`)) environment.push(entry.slice(PREFIX.length));
    else if (!startsWith(entry, PREFIX) && !(passed !== undefined && SHELLS_OWN.test(toText(entry))))
      environment.push(entry);
  }
  // Entries whose names the shell could not hold.
  if (passed !== undefined) environment.push(...splitAtNul(Buffer.from(passed, 'base64')));
  const openFiles = parseOpenFiles(process.env[`${PREFIX}NOFILE`]);
  const descriptors = process.env[`${PREFIX}FDS`]
    ?.split(' ')
    .filter((word) => /^\d+$/.test(word))
    .map(Number);
  return {
    environment,
    ...(openFiles !== undefined && { openFiles }),
    ...(descriptors && { descriptors }),
  };
}

/** The words after `tdaemon`, byte for byte. */
export function readWords(): Bytes[] {
  const decoded = process.argv.slice(2);
  if (!decoded.some((word) => word.includes('\ufffd'))) return decoded;
  const raw = native.rawArguments();
  return raw ? raw.slice(raw.length - decoded.length).map(fromBuffer) : decoded;
}
