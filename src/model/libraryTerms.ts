// A tokenizer.json in terms that @huggingface/tokenizers reads like Python's `tokenizers`. Where the library takes no
// notice of a flag, or reads it otherwise, the flag is spelled in another way; what cannot be is refused by name.
// It opens nothing.
import { shown, TreekvError } from '../core/index.ts';

type Json = Readonly<Record<string, unknown>>;

/** How ByteLevel cuts text where `use_regex` is on. */
const byteLevelCut = "'(?:s|t|re|ve|m|ll|d)| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+";

/** The definition in the library's terms. Throws UNSUPPORTED, with `file` as the name. */
export function inLibraryTerms(definition: Json, file: string): Json {
  const { normalizer, pre_tokenizer: pre, model, post_processor: post } = definition;
  if (isJson(model)) checkModel(model, file);
  if (isJson(post)) checkPostProcessor(post, file);
  return {
    ...definition,
    ...(isJson(normalizer) && { normalizer: normalize(normalizer, file) }),
    ...(isJson(pre) && { pre_tokenizer: preTokenizer(pre, file) }),
  };
}

function checkModel(model: Json, file: string): void {
  // Models older than the entry are what their other entries make them.
  const isBytePair = model.type === 'BPE' || (model.type === undefined && Array.isArray(model.merges));
  if (!isBytePair && model.vocab !== undefined) {
    throw refused(file, `the model ${JSON.stringify(model.type ?? null)}`);
  }
  for (const name of ['dropout', 'continuing_subword_prefix', 'end_of_word_suffix']) {
    // an empty text or a chance of 0 does nothing
    if (model[name]) throw refused(file, `the model's ${name} ${JSON.stringify(model[name])}`);
  }
  const vocab = isJson(model.vocab) ? model.vocab : {};
  const missing = bytes.find((byte) => !Object.hasOwn(vocab, byte));
  if (model.byte_fallback === true && missing !== undefined) {
    // Python then puts what is unknown in another order than it was read in
    throw refused(file, `the model's byte_fallback without a token ${missing}`);
  }
}

const bytes = Array.from({ length: 256 }, (_, byte) => {
  return `<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`;
});

/** The library takes the id of a token's text where Python takes the ids that stand beside it. */
function checkPostProcessor(post: Json, file: string): void {
  for (const part of Array.isArray(post.processors) ? post.processors : []) {
    if (isJson(part)) checkPostProcessor(part, file);
  }
  for (const [name, token] of Object.entries(isJson(post.special_tokens) ? post.special_tokens : {})) {
    const tokens: unknown = isJson(token) ? token.tokens : undefined;
    if (Array.isArray(tokens) && (tokens.length !== 1 || tokens[0] !== name)) {
      throw refused(file, `the post-processor's ${name}, which stands for ${JSON.stringify(tokens)},`);
    }
  }
}

function normalize(normalizer: Json, file: string): Json {
  switch (normalizer.type) {
    case 'Sequence': {
      const parts = partsOf(normalizer, 'normalizers', file);
      return { ...normalizer, normalizers: parts.map((part) => normalize(part, file)) };
    }
    case 'Replace':
      // To JavaScript a dollar sign in what replaces is the beginning of a name.
      return { ...normalizer, content: String(normalizer.content ?? '').replaceAll('$', '$$$$') };
    case 'NFC':
    case 'NFD':
    case 'NFKC':
    case 'NFKD':
    case 'Prepend':
      return normalizer;
    default:
      throw refused(file, `the normalizer ${JSON.stringify(normalizer.type)}`);
  }
}

/** A pre-tokenizer in the library's terms. @param behind whether another has cut the text before. */
function preTokenizer(pre: Json, file: string, behind = false): Json {
  switch (pre.type) {
    case 'Sequence': {
      const parts = partsOf(pre, 'pretokenizers', file);
      return { ...pre, pretokenizers: parts.map((part, i) => preTokenizer(part, file, behind || i > 0)) };
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
    case 'Punctuation':
      return punctuation(pre, file);
    case 'Metaspace':
      return metaspace(pre, file, behind);
    default:
      throw refused(file, `the pre-tokenizer ${JSON.stringify(pre.type)}`);
  }
}

/** The library knows one behaviour only. */
function punctuation({ behavior = 'Isolated' }: Json, file: string): Json {
  const one = '[\\p{P}!-\\/:-@\\[-`{-~]';
  if (behavior === 'Isolated') return split(one);
  if (behavior === 'Contiguous') return split(`${one}+`);
  throw refused(file, `the pre-tokenizer Punctuation with behavior ${JSON.stringify(behavior)}`);
}

/** The library does not know `split`. */
function metaspace(pre: Json, file: string, behind: boolean): Json {
  const { replacement = '\u2581', str_rep: written = replacement } = pre;
  const scheme = pre.prepend_scheme ?? 'always';
  if (pre.add_prefix_space === false && scheme !== 'never') {
    // Python refuses it too, though its older versions read `never`
    throw refused(
      file,
      `the pre-tokenizer Metaspace with add_prefix_space false and prepend_scheme ${scheme}`,
    );
  }
  if (typeof replacement !== 'string' || [...replacement].length !== 1 || written !== replacement) {
    throw refused(file, `the pre-tokenizer Metaspace with the replacement ${JSON.stringify(replacement)}`);
  }
  if (scheme === 'first' && behind) {
    throw refused(file, 'the pre-tokenizer Metaspace with prepend_scheme "first" behind another');
  }
  const marks = { type: 'Metaspace', replacement, prepend_scheme: scheme };
  if (pre.split === false) return marks;
  const mark = /[\\^$.*+?()[\]{}|/-]/.test(replacement) ? `\\${replacement}` : replacement;
  return { type: 'Sequence', pretokenizers: [marks, split(`${mark}[^${mark}]*`)] };
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

function isJson(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The parts of a Sequence. The library would drop one that has none, and all that it does to a text with it. */
function partsOf(sequence: Json, name: string, file: string): readonly Json[] {
  const parts: unknown = sequence[name];
  if (Array.isArray(parts) && parts.every(isJson)) return parts;
  const message = `${file}: ${name} of a Sequence is ${shown(parts)}, not a list of its parts. Download the file again.`;
  throw new TreekvError('BAD_FILE', message, { file, name });
}
