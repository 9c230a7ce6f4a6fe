// @huggingface/tokenizers, brought to read a tokenizer.json as Python's `tokenizers` does. Where the two differ
// text would become other tokens than the model was trained on; test/fixtures/tokenizers/ holds texts that show
// it. What cannot be brought into line is refused.
import { Tokenizer } from '@huggingface/tokenizers';
import { TreekvError } from '../core/index.ts';

type Json = Readonly<Record<string, unknown>>;

/** What is touched of an open tokenizer. */
interface Opened {
  /** `bpe_ranks`: by pair, as JSON. */
  readonly model: { readonly bpe_ranks?: Map<string, number> };
  readonly decoder: (OpenedDecoder & { readonly decoders?: readonly (OpenedDecoder | null)[] }) | null;
}

interface OpenedDecoder {
  readonly config: { readonly type: string };
  text_decoder?: InstanceType<typeof TextDecoder>;
}

/** How ByteLevel cuts text where `use_regex` is on. */
const byteLevelCut = "'(?:s|t|re|ve|m|ll|d)| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+";

/**
 * The library's tokenizer of a tokenizer.json and a tokenizer_config.json. `model.merge_ranks`, treekv's own entry,
 * holds the rank of each merge where it is not its index; merges of one rank join from the left. Throws
 * UNSUPPORTED, and whatever the library throws at a damaged definition.
 */
export function libraryTokenizer(definition: Json, config: object, file: string): Tokenizer {
  const pre = definition.pre_tokenizer;
  const changed = isJson(pre) ? { ...definition, pre_tokenizer: preTokenizer(pre, file) } : definition;
  const tokenizer = new Tokenizer(changed, config);
  shareRanks(tokenizer, definition);
  keepByteOrderMarks(tokenizer);
  return tokenizer;
}

/** A pre-tokenizer in terms that the library reads like Python's. */
function preTokenizer(pre: Json, file: string): Json {
  switch (pre.type) {
    case 'Sequence': {
      const parts: unknown = pre.pretokenizers;
      if (!Array.isArray(parts)) return pre;
      return { ...pre, pretokenizers: parts.map((part) => (isJson(part) ? preTokenizer(part, file) : part)) };
    }
    case 'Digits':
      // The library knows 0 to 9 only.
      return split(pre.individual_digits === true ? '\\p{N}' : '\\p{N}+');
    case 'ByteLevel': {
      // The library's expression counts white space as JavaScript does: U+FEFF, but not U+0085. Where a space goes
      // in front first, the expression has to stay with it.
      if (pre.use_regex === false || pre.add_prefix_space === true) return pre;
      return { type: 'Sequence', pretokenizers: [split(byteLevelCut), { ...pre, use_regex: false }] };
    }
    case 'Split':
      return readSplit(pre, file);
    case 'FixedLength':
      if (Number.isSafeInteger(pre.length) && Number(pre.length) > 0) return pre;
      throw refused(file, `the pre-tokenizer FixedLength of length ${JSON.stringify(pre.length)}`);
    default:
      return pre;
  }
}

function readSplit(pre: Json, file: string): Json {
  const { behavior, invert } = pre;
  // The library would take every other behaviour for Isolated, and drop what an inverted Isolated keeps.
  if (behavior !== 'Removed' && (behavior !== 'Isolated' || invert === true)) {
    throw refused(
      file,
      `the pre-tokenizer Split with behavior ${JSON.stringify(behavior)}, invert ${invert}`,
    );
  }
  const pattern = isJson(pre.pattern) ? pre.pattern : {};
  if (typeof pattern.String === 'string') return pre;
  // Without a pattern that it knows the library would drop all text.
  if (typeof pattern.Regex !== 'string') {
    throw refused(file, `the pre-tokenizer Split with the pattern ${JSON.stringify(pre.pattern)}`);
  }
  // To Python's engine U+017F is an s whose case is to be ignored.
  return { ...pre, pattern: { Regex: pattern.Regex.replaceAll("(?i:'s|", "(?i:'s|'\\u017F|") } };
}

function split(regex: string): Json {
  return { type: 'Split', pattern: { Regex: regex }, behavior: 'Isolated', invert: false };
}

function refused(file: string, what: string): TreekvError {
  return new TreekvError('UNSUPPORTED', `${file}: ${what} is not supported`, { file, what });
}

function shareRanks({ model }: Opened, definition: Json): void {
  const ranks = isJson(definition.model) ? definition.model.merge_ranks : undefined;
  if (!Array.isArray(ranks)) return;
  for (const [pair, index] of model.bpe_ranks ?? []) model.bpe_ranks?.set(pair, ranks[index]);
}

/** The library drops a U+FEFF that was spelled out in byte tokens. */
function keepByteOrderMarks({ decoder }: Opened): void {
  for (const part of decoder?.decoders ?? [decoder]) {
    if (part?.config.type === 'ByteFallback')
      part.text_decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  }
}

function isJson(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
