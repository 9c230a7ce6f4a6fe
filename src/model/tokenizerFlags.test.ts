// Folders whose files set one flag each, against the ids of transformers (tools/reference/tokenizerFlags.py); then the
// flags that are refused, by name.
import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../core/temporaryFolder.testing.ts';
import { openTokenizer } from './tokenizer.ts';

type Json = Readonly<Record<string, unknown>>;

interface Case {
  readonly name: string;
  readonly base: string;
  readonly changes: Json;
  readonly config?: Json;
  readonly map?: Json;
  readonly added?: Json;
  readonly ids: Readonly<Record<string, readonly number[]>>;
}

const file = join(import.meta.dirname, '..', '..', 'test', 'fixtures', 'tokenizers', 'flags.json');
const fixture = JSON.parse(readFileSync(file, 'utf8')) as {
  readonly texts: Readonly<Record<string, string>>;
  readonly bases: Readonly<Record<string, Json>>;
  readonly cases: readonly Case[];
};

/** A folder with these files. */
async function folderOf({ base, changes, config, map, added }: Omit<Case, 'name' | 'ids'>): Promise<string> {
  const folder = await temporaryFolder();
  const files = {
    'tokenizer.json': { ...fixture.bases[base], ...changes },
    'tokenizer_config.json': config,
    'special_tokens_map.json': map,
    'added_tokens.json': added,
  };
  for (const [name, content] of Object.entries(files)) {
    if (content !== undefined) await writeFile(join(folder, name), JSON.stringify(content));
  }
  return folder;
}

describe('gives the ids of transformers', () => {
  it.each(fixture.cases)('$name', async (one) => {
    const tokenizer = await openTokenizer(await folderOf(one));
    for (const [name, text] of Object.entries(fixture.texts)) {
      const own = tokenizer.encode(text);
      // BOS once: Python puts it before a text that spells it out too
      const ids = tokenizer.bosId === undefined ? own : [tokenizer.bosId, ...own];
      expect([name, [...ids]]).toEqual([name, one.ids[name]]);
    }
  });
});

describe('refuses by name', () => {
  const llama = { tokenizer_class: 'LlamaTokenizer', bos_token: '<s>', eos_token: '</s>' };
  const model = fixture.bases.letters.model as Json;
  const strange = { id: 9999, content: '<t>', special: false };

  it.each<[string, Json, Json]>([
    ['add_eos_token true', {}, { ...llama, add_eos_token: true }],
    ['split_special_tokens true', {}, { split_special_tokens: true }],
    ['add_prefix_space false', {}, { ...llama, add_prefix_space: false }],
    ['"<t>" with the id 9999', {}, { added_tokens_decoder: { 9999: strange } }],
    ["the model's dropout 0.1", { model: { ...model, dropout: 0.1 } }, {}],
    [
      'the model\'s continuing_subword_prefix "##"',
      { model: { ...model, continuing_subword_prefix: '##' } },
      {},
    ],
    ['the model\'s end_of_word_suffix "</w>"', { model: { ...model, end_of_word_suffix: '</w>' } }, {}],
    ["the model's byte_fallback without a token <0x00>", { model: { ...model, byte_fallback: true } }, {}],
    ['the model "WordPiece"', { model: { ...model, type: 'WordPiece' } }, {}],
    ['the normalizer "Lowercase"', { normalizer: { type: 'Lowercase' } }, {}],
    [
      'the normalizer "Strip"',
      { normalizer: { type: 'Sequence', normalizers: [{ type: 'Strip', strip_left: true }] } },
      {},
    ],
    ['the pre-tokenizer "Whitespace"', { pre_tokenizer: { type: 'Whitespace' } }, {}],
    [
      'Punctuation with behavior "Removed"',
      { pre_tokenizer: { type: 'Punctuation', behavior: 'Removed' } },
      {},
    ],
    ['add_prefix_space false', { pre_tokenizer: { type: 'Metaspace', add_prefix_space: false } }, {}],
    [
      'prepend_scheme "first" behind another',
      {
        pre_tokenizer: {
          type: 'Sequence',
          pretokenizers: [{ type: 'Digits' }, { type: 'Metaspace', prepend_scheme: 'first' }],
        },
      },
      {},
    ],
    [
      'any behind it',
      {
        post_processor: {
          type: 'TemplateProcessing',
          single: [{ Sequence: { id: 'A', type_id: 0 } }, { SpecialToken: { id: '</s>', type_id: 0 } }],
          pair: [],
        },
      },
      {},
    ],
    [
      'which stands for ["<s>","</s>"]',
      {
        post_processor: {
          type: 'TemplateProcessing',
          single: [{ SpecialToken: { id: '<s>', type_id: 0 } }, { Sequence: { id: 'A', type_id: 0 } }],
          pair: [],
          special_tokens: { '<s>': { id: '<s>', ids: [1, 2], tokens: ['<s>', '</s>'] } },
        },
      },
      {},
    ],
  ])('%s', async (words, changes, config) => {
    const folder = await folderOf({ base: 'letters', changes, config });
    const message = expect.stringContaining(words);
    await expect(openTokenizer(folder)).rejects.toMatchObject({ code: 'UNSUPPORTED', message });
  });

  it.each<[string, Json]>([
    ['add_bos_token in tokenizer_config.json is "yes"', { ...llama, add_bos_token: 'yes' }],
    ['add_bos_token is on, but bos_token is null', { ...llama, bos_token: null }],
    ['has no token at 3', { added_tokens_decoder: { 3: 'x' } }],
  ])('with BAD_FILE what no tokenizer has: %s', async (words, config) => {
    const folder = await folderOf({ base: 'letters', changes: {}, config });
    const message = expect.stringContaining(words);
    await expect(openTokenizer(folder)).rejects.toMatchObject({ code: 'BAD_FILE', message });
  });

  it.each([null, 5, 'x', { id: 3 }])('with BAD_FILE an added token that is none: %j', async (token) => {
    const folder = await folderOf({ base: 'letters', changes: { added_tokens: [token] }, config: {} });
    const message = expect.stringContaining('which is no token');
    await expect(openTokenizer(folder)).rejects.toMatchObject({ code: 'BAD_FILE', message });
  });

  it.each([
    { pre_tokenizer: { type: 'Sequence' } },
    { pre_tokenizer: { type: 'Sequence', pretokenizers: [null] } },
    { normalizer: { type: 'Sequence', normalizers: 'NFC' } },
  ])('with BAD_FILE a sequence without parts: %j', async (changes) => {
    const folder = await folderOf({ base: 'letters', changes, config: {} });
    const message = expect.stringContaining('of a Sequence is');
    await expect(openTokenizer(folder)).rejects.toMatchObject({ code: 'BAD_FILE', message });
  });
});
