/**
 * Reads XML-RPC: saxes says what is well-formed, a table which element may be in which, and a stack holds what is not complete
 * yet. Whatever is not XML-RPC is refused: no guesses, no entities, no document types.
 */
import { SaxesParser } from 'saxes';
import { invalid } from '../errors';
import { SCALARS } from './scalars';
import type { RpcStruct, RpcValue } from './values';

/** Arrays and structs in one another. */
export const DEEPEST = 32;

export interface MethodCall {
  method: string;
  params: RpcValue[];
}

export type MethodResponse = { value: RpcValue } | { fault: RpcValue };

const TYPES = new Set([...SCALARS.keys(), 'array', 'struct']);

const CHILDREN: ReadonlyMap<string, ReadonlySet<string>> = new Map([
  ['', new Set(['methodCall', 'methodResponse'])],
  ['methodCall', new Set(['methodName', 'params'])],
  ['methodResponse', new Set(['params', 'fault'])],
  ['params', new Set(['param'])],
  ['param', new Set(['value'])],
  ['fault', new Set(['value'])],
  ['value', TYPES],
  ['array', new Set(['data'])],
  ['data', new Set(['value'])],
  ['struct', new Set(['member'])],
  ['member', new Set(['name', 'value'])],
]);

const TEXTS = new Set([...SCALARS.keys(), 'value', 'name', 'methodName']);

/** An element whose end has not come yet. */
interface Open {
  name: string;
  text: string;
  values: RpcValue[];
  /** Of methodCall and member: methodName and name. */
  word?: string;
  members?: RpcStruct;
  params?: RpcValue[];
  fault?: RpcValue;
}

const opened = (name: string): Open => ({ name, text: '', values: [] });

class Reader {
  readonly #stack: Open[] = [];
  /** In which the whole document is. */
  readonly #outside = opened('');
  #depth = 0;
  root: Open | undefined;

  get #top(): Open {
    return this.#stack.at(-1) ?? this.#outside;
  }

  open(name: string): void {
    const parent = this.#top.name;
    if (!CHILDREN.get(parent)?.has(name)) throw invalid(`<${name}> where it cannot be`);
    if ((name === 'array' || name === 'struct') && ++this.#depth > DEEPEST) throw invalid('too deep');
    const element = opened(name);
    if (name === 'struct') element.members = Object.create(null) as RpcStruct;
    this.#stack.push(element);
  }

  text(text: string): void {
    const top = this.#top;
    if (TEXTS.has(top.name)) top.text += text;
    else if (text.trim() !== '') throw invalid('text between elements');
  }

  close(): void {
    const element = this.#stack.pop() ?? this.#outside;
    if (element.name === 'array' || element.name === 'struct') this.#depth--;
    this.#finish(element, this.#top);
  }

  #finish(element: Open, parent: Open): void {
    const { name, text, values, word, members } = element;
    const scalar = SCALARS.get(name);
    if (scalar) parent.values.push(scalar(text));
    else if (name === 'value') parent.values.push(contentOf(element));
    else if (name === 'param') parent.values.push(only(values, name));
    else if (name === 'data') parent.values.push(values);
    else if (name === 'array') parent.values.push(only(values, name));
    else if (name === 'struct') parent.values.push(members ?? {});
    else if (name === 'member') {
      if (word === undefined || !parent.members) throw invalid('a member without a name');
      parent.members[word] = only(values, name);
    } else if (name === 'name' || name === 'methodName') {
      if (parent.word !== undefined) throw invalid(`two <${name}>`);
      parent.word = text;
    } else if (name === 'params') {
      if (parent.params) throw invalid('two <params>');
      parent.params = values;
    } else if (name === 'fault') {
      if (parent.fault !== undefined) throw invalid('two <fault>');
      parent.fault = only(values, name);
    } else this.root = element;
  }
}

function only(values: RpcValue[], where: string): RpcValue {
  const [value, ...others] = values;
  if (value === undefined || others.length > 0) throw invalid(`not one value in <${where}>`);
  return value;
}

/** Without a type it is a string. */
function contentOf({ text, values }: Open): RpcValue {
  if (values.length === 0) return text;
  if (text.trim() !== '') throw invalid('text beside a type');
  return only(values, 'value');
}

function parse(text: string, root: string): Open {
  const reader = new Reader();
  const parser = new SaxesParser({ position: false });
  parser.on('error', (error) => {
    throw invalid(error.message);
  });
  parser.on('doctype', () => {
    throw invalid('a document type');
  });
  parser.on('opentagstart', ({ name }) => reader.open(name));
  parser.on('closetag', () => reader.close());
  parser.on('text', (part) => reader.text(part));
  parser.on('cdata', (part) => reader.text(part));
  parser.write(text).close();
  if (reader.root?.name !== root) throw invalid(`no <${root}>`);
  return reader.root;
}

/** As UTF-8, whatever the document says of itself. */
function textOf(document: Uint8Array | string): string {
  if (typeof document === 'string') return document;
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(document);
  } catch {
    throw invalid('not UTF-8');
  }
}

/** @throws TdaemonError (`invalid`): it is no call */
export function decodeCall(document: Uint8Array | string): MethodCall {
  const { word = '', params = [] } = parse(textOf(document), 'methodCall');
  const method = word.trim();
  if (method === '') throw invalid('no method name');
  return { method, params };
}

/** @throws TdaemonError (`invalid`): it is no response */
export function decodeResponse(document: Uint8Array | string): MethodResponse {
  const { params, fault } = parse(textOf(document), 'methodResponse');
  if (params && fault === undefined) return { value: only(params, 'params') };
  if (fault !== undefined && !params) return { fault };
  throw invalid('neither a value nor a fault');
}
