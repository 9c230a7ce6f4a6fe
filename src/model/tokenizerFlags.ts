// What the other files of a model folder change of its tokenizer.json when transformers opens it: which token goes
// before a text (`add_bos_token`), tokens and flags of tokens that are added, `add_prefix_space`. The result is a
// tokenizer.json that says it all by itself. Flags that cannot be obeyed are refused by name; truncation and padding
// are dropped, as transformers drops them.
import { TreekvError } from '../core/index.ts';
import type { AddedToken, NumberedToken } from './addedTokens.ts';
import type { JsonObject } from './readJson.ts';
import { tokenText } from './specialTokenTexts.ts';

/** The parsed files of a folder, empty where absent. */
export interface TokenizerFiles {
  /** tokenizer.json. */
  readonly definition: JsonObject;
  /** tokenizer_config.json with special_tokens_map.json. */
  readonly config: JsonObject;
  /** added_tokens.json, which counts in folders older than `added_tokens_decoder`. */
  readonly added: JsonObject;
}

interface Framing {
  readonly bos: string;
  readonly eos: string;
  readonly addsBos: boolean;
}

/** Classes that write the frame of a text anew, whatever tokenizer.json says, and their own tokens and default. */
const framing: Readonly<Record<string, Framing>> = {
  LlamaTokenizer: { bos: '<s>', eos: '</s>', addsBos: true },
  CodeLlamaTokenizer: { bos: '<s>', eos: '</s>', addsBos: true },
  GemmaTokenizer: { bos: '<bos>', eos: '<eos>', addsBos: true },
  CohereTokenizer: { bos: '<BOS_TOKEN>', eos: '<|END_OF_TURN_TOKEN|>', addsBos: true },
  GPTNeoXTokenizer: { bos: '<|endoftext|>', eos: '<|endoftext|>', addsBos: false },
};

/** The tokenizer.json that transformers makes of the files. Throws BAD_FILE or UNSUPPORTED, with `file` as the name. */
export function obeyTokenizerFlags(files: TokenizerFiles, file: string): JsonObject {
  const { definition, config } = files;
  if (config.split_special_tokens === true) {
    throw refused(file, 'split_special_tokens true in tokenizer_config.json', 'set it to false');
  }
  const tokens = allTokens(files, file);
  const kind = String(config.tokenizer_class ?? '').replace(/Fast$/, '');
  return {
    ...definition,
    truncation: null,
    padding: null,
    added_tokens: tokens,
    pre_tokenizer: prefixSpace(definition, config, kind, file),
    post_processor: Object.hasOwn(framing, kind)
      ? frame(config, framing[kind], (content) => idOf(content, tokens, definition), file)
      : (definition.post_processor ?? null),
  };
}

function frame(
  config: JsonObject,
  kind: Framing,
  find: (content: string) => number | undefined,
  file: string,
): JsonObject | null {
  const asked = (name: string, otherwise: boolean): boolean => {
    const flag = config[name] ?? otherwise;
    if (typeof flag === 'boolean') return flag;
    throw badFile(file, `${name} in tokenizer_config.json is ${JSON.stringify(flag)}, not true or false`);
  };
  if (asked('add_eos_token', false)) {
    const way = 'set it to false: a text to go on from has no end';
    throw refused(file, 'add_eos_token true in tokenizer_config.json', way);
  }
  if (!asked('add_bos_token', kind.addsBos)) return null;
  const bos = config.bos_token === undefined ? kind.bos : tokenText(config.bos_token);
  const id = bos === undefined ? undefined : find(bos);
  if (bos === undefined || id === undefined) {
    throw badFile(file, `add_bos_token is on, but bos_token is ${JSON.stringify(bos ?? null)}`);
  }
  return {
    type: 'TemplateProcessing',
    single: [{ SpecialToken: { id: bos, type_id: 0 } }, { Sequence: { id: 'A', type_id: 0 } }],
    pair: [],
    special_tokens: { [bos]: { id: bos, ids: [id], tokens: [bos] } },
  };
}

/** The pre-tokenizer with the config's `add_prefix_space`. */
function prefixSpace(definition: JsonObject, config: JsonObject, kind: string, file: string): unknown {
  const pre = definition.pre_tokenizer ?? null;
  const asked = config.add_prefix_space;
  if (kind === 'LlamaTokenizer' || kind === 'CodeLlamaTokenizer') {
    // These make a tokenizer of tokenizer.model where the flag is given; its file has to say the same.
    const text = JSON.stringify([definition.normalizer, pre]);
    const has =
      text.includes('"Prepend"') || /"prepend_scheme":"(first|always)"|"add_prefix_space":true/.test(text);
    if (asked === undefined || asked === null || asked === has) return pre;
    const what = `add_prefix_space ${asked} in tokenizer_config.json, against tokenizer.json,`;
    throw refused(file, what, 'take a tokenizer.json that was saved with it');
  }
  if (!isJson(pre) || pre.type !== 'ByteLevel') return pre;
  return { ...pre, add_prefix_space: asked === true };
}

/** The added tokens of tokenizer.json, with the flags and the further tokens of the other files. */
function allTokens({ definition, config, added }: TokenizerFiles, file: string): NumberedToken[] {
  const listed: readonly unknown[] = Array.isArray(definition.added_tokens) ? definition.added_tokens : [];
  const stray = listed.find((token) => !isJson(token) || typeof token.content !== 'string');
  if (stray !== undefined)
    throw badFile(file, `added_tokens holds ${JSON.stringify(stray)}, which is no token`);
  const own = listed as readonly NumberedToken[];
  const tokens = new Map(own.map((token) => [token.content, token]));
  const special = namedSpecial(config);
  const add = (token: AddedToken, wanted?: number): void => {
    const id =
      idOf(token.content, [...tokens.values()], definition) ?? nextId([...tokens.values()], definition);
    if (wanted !== undefined && wanted !== id) {
      const what = `${JSON.stringify(token.content)} with the id ${wanted}, which is ${id} in tokenizer.json,`;
      throw refused(file, `the added token ${what}`, 'take files of one version');
    }
    tokens.set(token.content, { ...token, id });
  };
  for (const [id, token] of furtherTokens(config, added, special, file)) {
    const known = tokens.get(token.content);
    // Files older than `added_tokens_decoder` have no say about tokens that tokenizer.json knows.
    if (known !== undefined && config.added_tokens_decoder === undefined) continue;
    // Python keeps how a special token is looked for.
    const normalized = known?.special ? known.normalized : token.normalized;
    add(
      {
        ...token,
        normalized,
        special: token.special || special.has(token.content) || known?.special === true,
      },
      id,
    );
  }
  for (const [content, flags] of special) {
    if (!tokens.has(content)) add(addedToken(content, { ...flags, special: true }));
  }
  return [...tokens.values()];
}

/** Tokens that other files add, by id, in their order. */
function furtherTokens(
  config: JsonObject,
  added: JsonObject,
  special: ReadonlyMap<string, JsonObject>,
  file: string,
): [number, AddedToken][] {
  const decoder = config.added_tokens_decoder;
  const entries: [number, AddedToken][] = isJson(decoder)
    ? Object.entries(decoder).map(([id, token]) => {
        const content = tokenText(token);
        if (isJson(token) && content !== undefined) return [Number(id), addedToken(content, token)];
        throw badFile(file, `added_tokens_decoder in tokenizer_config.json has no token at ${id}`);
      })
    : Object.entries(added).map(([content, id]) => [
        Number(id),
        addedToken(content, { special: special.has(content) }),
      ]);
  const wrong = entries.find(([id]) => !Number.isSafeInteger(id) || id < 0);
  if (wrong !== undefined)
    throw badFile(file, `the added token ${JSON.stringify(wrong[1].content)} has no id`);
  return entries.sort(([a], [b]) => a - b);
}

function addedToken(content: string, flags: Readonly<Record<string, unknown>>): AddedToken {
  const special = flags.special === true;
  return {
    content,
    single_word: flags.single_word === true,
    lstrip: flags.lstrip === true,
    rstrip: flags.rstrip === true,
    normalized: typeof flags.normalized === 'boolean' ? flags.normalized : !special,
    special,
  };
}

/** The texts of all special tokens that the config names, in the order in which Python adds them, and their flags. */
function namedSpecial(config: JsonObject): ReadonlyMap<string, JsonObject> {
  const names = ['bos', 'eos', 'unk', 'sep', 'pad', 'cls', 'mask'].map((name) => config[`${name}_token`]);
  const more = Array.isArray(config.additional_special_tokens) ? config.additional_special_tokens : [];
  return new Map(
    [...names, ...more].flatMap((token) => {
      const text = tokenText(token);
      return text ? [[text, isJson(token) ? token : {}]] : [];
    }),
  );
}

function idOf(content: string, tokens: readonly NumberedToken[], { model }: JsonObject): number | undefined {
  const added = tokens.find((token) => token.content === content);
  if (added !== undefined) return added.id;
  const vocab = isJson(model) && isJson(model.vocab) ? model.vocab : {};
  return Object.hasOwn(vocab, content) ? Number(vocab[content]) : undefined;
}

/** The id that Python gives a token that is new to a tokenizer. */
function nextId(tokens: readonly NumberedToken[], { model }: JsonObject): number {
  const vocab = isJson(model) && isJson(model.vocab) ? Object.keys(model.vocab).length : 0;
  return tokens.reduce((next, { id }) => Math.max(next, id + 1), vocab);
}

function refused(file: string, what: string, way: string): TreekvError {
  return new TreekvError('UNSUPPORTED', `${file}: ${what} is not supported; ${way}.`, { file, what });
}

function badFile(file: string, words: string): TreekvError {
  return new TreekvError('BAD_FILE', `${file}: ${words}. Download the tokenizer's files again.`, { file });
}

function isJson(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
