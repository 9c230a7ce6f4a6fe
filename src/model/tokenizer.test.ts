// The tokenizer against ids that Hugging Face's own library gave (tools/reference/tokenIds.py), and what a
// cache needs of it: BOS once, pieces that add up, errors that name the file.
import { readFileSync } from 'node:fs';
import { copyFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { temporaryFolder } from '../core/temporaryFolder.testing.ts';
import { openTokenizer, type TextTokenizer, textTokenizer } from './tokenizer.ts';

interface Golden {
  readonly name: string;
  readonly text: string;
  readonly ids: readonly number[];
}

const root = join(import.meta.dirname, '..', '..');
const model = join(root, 'models', 'books-27m-4k');
const { texts } = JSON.parse(readFileSync(join(root, 'test', 'fixtures', 'tokenizer.json'), 'utf8')) as {
  readonly texts: readonly Golden[];
};
const BOS = '<|begin_of_text|>';
let tokenizer: TextTokenizer;

beforeAll(async () => {
  tokenizer = await openTokenizer(model);
});

/** A folder with the model's tokenizer.json, changed. */
async function changed(change: (definition: Record<string, unknown>) => void): Promise<string> {
  const folder = await temporaryFolder();
  const definition = JSON.parse(readFileSync(join(model, 'tokenizer.json'), 'utf8')) as Record<
    string,
    unknown
  >;
  change(definition);
  await writeFile(join(folder, 'tokenizer.json'), JSON.stringify(definition));
  return folder;
}

describe.each(texts)('$name', ({ text, ids }) => {
  test("gets the ids of Hugging Face's library", () => {
    expect([...tokenizer.encode(text)]).toEqual(ids);
  });
});

test('decoding gives the text back, in any script', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 40 }), (text) => {
      fc.pre(!text.includes('<|'));
      expect(tokenizer.decode(tokenizer.encode(text))).toBe(text);
    }),
  );
});

test('special tokens are left out of decoded text', () => {
  expect(tokenizer.decode([0, ...tokenizer.encode('a'), 1, 2])).toBe('a');
});

test('no tokens are no text, and no text is no tokens', () => {
  expect(tokenizer.decode([])).toBe('');
  expect(tokenizer.encode('')).toHaveLength(0);
});

test('encoding adds no special token', () => {
  expect([...tokenizer.encode('a')]).not.toContain(tokenizer.bosId);
});

test('BOS goes in front once', () => {
  const ids = tokenizer.encode('Once upon a time');
  expect([...tokenizer.withBos(ids)]).toEqual([0, ...ids]);
});

test('BOS is not doubled in a text that spells it out, nor when it is asked for twice', () => {
  const ids = tokenizer.encode(`${BOS}Once upon a time`);
  expect(tokenizer.withBos(ids)).toEqual(ids);
  expect(tokenizer.withBos(tokenizer.withBos(ids))).toEqual(ids);
});

test('a model without BOS gets none', async () => {
  const without = await openTokenizer(
    await changed((definition) => {
      definition.post_processor = null;
    }),
  );
  expect(without.bosId).toBeUndefined();
  expect(without.withBos(Int32Array.of(5))).toEqual(Int32Array.of(5));
});

test('tokenizer_config.json may be absent', async () => {
  const folder = await temporaryFolder();
  await copyFile(join(model, 'tokenizer.json'), join(folder, 'tokenizer.json'));
  expect((await openTokenizer(folder)).bosId).toBe(0);
});

test('an absent tokenizer.json is FILE_NOT_FOUND and named, with the way out', async () => {
  await expect(openTokenizer(await temporaryFolder())).rejects.toMatchObject({
    code: 'FILE_NOT_FOUND',
    message: expect.stringMatching(/tokenizer\.json does not exist\. .*download it too/),
  });
});

test.each<[string, string]>([
  ['cut off', '{"version": "1.0", "mod'],
  ['of another kind', '[1, 2]'],
  ['without a model', '{"version": "1.0"}'],
])('a tokenizer.json that is %s is BAD_FILE and named', async (_, content) => {
  const folder = await temporaryFolder();
  await writeFile(join(folder, 'tokenizer.json'), content);
  await expect(openTokenizer(folder)).rejects.toMatchObject({
    code: 'BAD_FILE',
    message: expect.stringContaining(join(folder, 'tokenizer.json')),
  });
});

/** A tokenizer of three letters, of which the file knows the ids `vocab`. */
const letters = (vocab: object, others: object = {}) => ({
  added_tokens: [],
  normalizer: null,
  pre_tokenizer: null,
  post_processor: null,
  decoder: { type: 'Sequence', decoders: [{ type: 'Replace', pattern: { String: '_' }, content: ' ' }] },
  model: { type: 'BPE', vocab, merges: [] },
  ...others,
});

test.each([['x'], [-1], [0.5], [null], [2 ** 31]])(
  'an id of %s is BAD_FILE at the text that needs it',
  (id) => {
    const damaged = textTokenizer(letters({ a: 0, b: id }), {}, 'some/tokenizer.json');
    expect([...damaged.encode('a')]).toEqual([0]);
    expect(() => damaged.encode('ab')).toThrow(
      expect.objectContaining({
        name: 'TreekvError',
        code: 'BAD_FILE',
        details: { file: 'some/tokenizer.json' },
      }),
    );
  },
);

test('what the library throws at ids is BAD_FILE and named', () => {
  const decoder = { type: 'Sequence', decoders: [null] };
  const damaged = textTokenizer(letters({ a: 0 }, { decoder }), {}, 'some/tokenizer.json');
  expect(() => damaged.decode([0])).toThrow(/^some\/tokenizer\.json is not a tokenizer that can be read: /);
});

test('a front token that has no id is BAD_FILE', () => {
  const single = [{ SpecialToken: { id: '<s>', type_id: 0 } }, { Sequence: { id: 'A', type_id: 0 } }];
  const damaged = letters({ a: 0 }, { post_processor: { type: 'TemplateProcessing', single, pair: [] } });
  expect(() => textTokenizer(damaged, {}, 'file')).toThrow(expect.objectContaining({ code: 'BAD_FILE' }));
});

test('a configuration that cleans spaces up is told of, and decoding keeps them all the same', () => {
  const cleaning = (config: Record<string, unknown>) =>
    textTokenizer(letters({ a: 0, ',': 1 }), config, 'file');
  expect(cleaning({ clean_up_tokenization_spaces: true }).cleansUpSpaces).toBe(true);
  expect(cleaning({ clean_up_tokenization_spaces: false }).cleansUpSpaces).toBe(false);
  expect(cleaning({}).cleansUpSpaces).toBe(false);
  const plain = cleaning({}).decode([0, 1]);
  expect(cleaning({ clean_up_tokenization_spaces: true }).decode([0, 1])).toBe(plain);
});

test('ids without a token are left out of decoded text', () => {
  const tokenizer = textTokenizer(letters({ a: 0, _: 1 }), {}, 'file');
  expect(tokenizer.decode([7, 0, 1, 99, 0])).toBe('a a');
  expect(tokenizer.decode([7])).toBe('');
});

describe('a character that no tokens can say is found:', () => {
  const unknown = { type: 'BPE', unk_token: '<unk>', vocab: { '<unk>': 0, a: 1, b: 2 }, merges: [] };
  const without = { type: 'BPE', vocab: { a: 0, b: 1 }, merges: [] };
  const asText = { type: 'BPE', unk_token: '?', vocab: { '?': 0, a: 1, b: 2 }, merges: [] };
  const open = (own: object) =>
    textTokenizer(
      {
        ...{ added_tokens: [], normalizer: null, pre_tokenizer: null, post_processor: null },
        decoder: { type: 'Fuse' },
        model: own,
      },
      {},
      'tokenizer.json',
    );

  test.each([
    ['where there is an unknown token', unknown, 'ab世', '世'],
    ['where it would be dropped', without, 'a?b', '?'],
    ['half a pair of surrogates', without, 'a\ud83d', '\ud83d'],
    ['never where all are known', unknown, 'ba', undefined],
    ['not where the unknown token says what it is', asText, 'a?', undefined],
    ['but where it says another', asText, 'a!', '!'],
  ])('%s', (_, own, text, character) => {
    expect(open(own).unsayable(text)).toBe(character);
  });

  test('never in bytes', () => {
    expect(tokenizer.unsayable('a\n世界 \u{1f600}\0')).toBeUndefined();
  });
});
