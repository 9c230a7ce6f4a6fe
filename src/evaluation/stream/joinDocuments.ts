// Documents joined to one stream of tokens, as Figure 4 joins books: in the order given, each with BOS in front if
// the model has one, none repeated. They are read and encoded one after another, so that no more than one text is
// in memory; what stays is an Int32Array. Nothing is cut but the end of the last document.
import { TreekvError } from '../../core/index.ts';
import { type Encoder, textHash } from '../document.ts';

/** A text that is read when its turn comes. */
export interface StreamSource {
  /** As results name it. */
  readonly name: string;
  /** The whole text; called once, when its turn comes. */
  read(): Promise<string>;
}

/** A document's place in the stream. */
export interface StreamDocument {
  readonly name: string;
  /** Of the text in UTF-8. */
  readonly sha256: string;
  /** Index of its first token in the stream. */
  readonly from: number;
  /** Tokens that it has, BOS included; the last document may have more than are read. */
  readonly tokens: number;
}

/** Documents as one stream. */
export interface JoinedDocuments {
  /** Tokens that are read, N. */
  readonly tokens: number;
  /** [N] what is read. */
  readonly ids: Int32Array;
  /** [N] the tokens that follow; -1 for BOS, which is not scored. */
  readonly targets: Int32Array;
  /** Whether documents have a BOS in front. */
  readonly bos: boolean;
  readonly documents: readonly StreamDocument[];
}

/**
 * Joins documents until `tokens` can be read, or all of them.
 * Throws EMPTY_INPUT for a text without tokens, BAD_OPTION if one comes twice or there are too few, or ABORTED.
 */
export async function joinDocuments(
  tokenizer: Encoder,
  sources: readonly StreamSource[],
  tokens?: number,
  signal?: AbortSignal,
): Promise<JoinedDocuments> {
  const wanted = tokens === undefined ? Infinity : tokens + 1;
  const parts: Int32Array[] = [];
  const documents: StreamDocument[] = [];
  let length = 0;
  for (const source of sources) {
    if (length >= wanted) break;
    if (signal?.aborted) throw new TreekvError('ABORTED', 'Reading the texts was aborted.');
    const { name } = source;
    const text = await source.read();
    const ids = tokenizer.withBos(tokenizer.encode(text));
    const sha256 = textHash(text);
    requireNew(documents, name, sha256);
    if (text === '' || ids.length === 0) {
      throw new TreekvError('EMPTY_INPUT', `${name} is empty: there is no token to read.`, { name });
    }
    documents.push({ name, sha256, from: length, tokens: ids.length });
    parts.push(ids);
    length += ids.length;
  }
  const available = length - 1;
  const read = tokens ?? available;
  if (available < 1 || read > available) {
    const message =
      `The texts give ${Math.max(0, available)} tokens to read, and ${Math.max(1, read)} are asked for. No text is ` +
      'repeated: name more texts, or ask for fewer tokens.';
    throw new TreekvError('BAD_OPTION', message, { available, tokens: read });
  }
  const all = concatenate(parts, read + 1);
  const targets = all.slice(1);
  const bos = tokenizer.bosId !== undefined;
  if (bos) for (const { from } of documents.slice(1)) targets[from - 1] = -1;
  return { tokens: read, ids: all.subarray(0, read), targets, bos, documents };
}

function requireNew(documents: readonly StreamDocument[], name: string, sha256: string): void {
  const earlier = documents.find((document) => document.sha256 === sha256);
  if (earlier === undefined) return;
  const message = `${name} is the same text as ${earlier.name}: a stream repeats none. Name it once.`;
  throw new TreekvError('BAD_OPTION', message, { name, earlier: earlier.name });
}

/** The first `length` ids of all parts. */
function concatenate(parts: readonly Int32Array[], length: number): Int32Array {
  const all = new Int32Array(length);
  let at = 0;
  for (const part of parts) {
    all.set(part.subarray(0, length - at), at);
    at += part.length;
  }
  return all;
}
