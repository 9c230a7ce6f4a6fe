// Damaged tokenizers of both kinds of file: whatever byte or value is changed, they are refused with a TreekvError,
// at once or at the text that shows the damage, or they read and write text. Nothing else may be thrown.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { flipped } from '../core/damage.testing.ts';
import { Random, TreekvError } from '../core/index.ts';
import { temporaryFolder } from '../core/temporaryFolder.testing.ts';
import { openTokenizer, type TextTokenizer, textTokenizer } from '../model/index.ts';
import { ggufMetadata, texts, tokenizerFixture } from '../model/tokenizerFixtures.testing.ts';
import type { GgufArray, GgufMetadata, GgufValue } from './gguf.ts';
import { ggufChatTemplate, ggufEosIds } from './ggufChat.ts';
import { ggufTokenizer } from './ggufTokenizer.ts';
import { encodeGguf, type MetadataToWrite } from './ggufWriter.testing.ts';
import { openGguf } from './openGguf.ts';

const samples = [...texts.map(([, text]) => text), 'a'.repeat(2000), ''];

type Json = Readonly<Record<string, unknown>>;

interface Outcomes {
  refused: number;
  worked: number;
}

/** Opens and uses a tokenizer; rethrows what is no TreekvError. */
async function judge(outcomes: Outcomes, open: () => TextTokenizer | Promise<TextTokenizer>): Promise<void> {
  try {
    const tokenizer = await open();
    for (const text of samples) {
      const ids = tokenizer.encode(text);
      expect(ids.every((id) => id >= 0)).toBe(true);
      expect(typeof tokenizer.decode(tokenizer.withBos(ids))).toBe('string');
    }
    outcomes.worked++;
  } catch (error) {
    if (!(error instanceof TreekvError)) throw error;
    outcomes.refused++;
  }
}

function pick<Value>(random: Random, values: readonly Value[]): Value {
  return values[Math.floor(random.next() * values.length)];
}

const oddValues: readonly unknown[] = [
  ...[null, true, false, 0, -1, 1, 0.5, 2 ** 31, 2 ** 53, 1e300],
  ...[
    '',
    ' ',
    'a',
    '<s>',
    'BPE',
    'Unigram',
    'WordPiece',
    'Sequence',
    'Digits',
    'Split',
    'FixedLength',
    'Strip',
  ],
  ...['(', '[a', '(?<!a', '\\p{Nonsense}', 'a*'],
  ...[[], [null], [[]], {}, { type: 'Sequence' }, { Regex: '(' }, { String: '' }],
];

/** A copy with one entry somewhere within it changed, taken away or doubled. */
function changed(value: unknown, random: Random): unknown {
  if (typeof value !== 'object' || value === null || random.next() < 0.15) return pick(random, oddValues);
  const keys = Object.keys(value);
  if (keys.length === 0) return pick(random, oddValues);
  const key = pick(random, keys);
  const copy: unknown = Array.isArray(value) ? [...value] : { ...value };
  const entries = copy as Record<string, unknown>;
  if (random.next() < 0.1) delete entries[key];
  else entries[key] = changed(entries[key], random);
  return copy;
}

/** Metadata with one value changed or taken away, or with one element of a list changed, still of legal kinds. */
function changedMetadata(metadata: Map<string, GgufValue>, random: Random): Map<string, GgufValue> {
  const key = pick(random, [...metadata.keys()]);
  const value = metadata.get(key);
  const kind = random.next();
  if (kind < 0.1) metadata.delete(key);
  else if (typeof value !== 'object' || kind < 0.3) metadata.set(key, pick(random, oddMetadata));
  else if (kind < 0.4) metadata.set(key, value.slice(1));
  else metadata.set(key, withOddElement(value, random));
  return metadata;
}

function withOddElement(value: GgufArray, random: Random): GgufArray {
  const at = Math.floor(random.next() * value.length);
  if (Array.isArray(value)) return value.with(at, pick(random, [...oddTexts, pick(random, value)]));
  return (value as Float64Array).with(at, pick(random, oddNumbers));
}

const oddNumbers = [
  0,
  -1,
  1,
  2,
  3,
  4,
  5,
  6,
  7,
  0.5,
  1e9,
  0xffffffff,
  1e300,
  Number.NaN,
  Number.POSITIVE_INFINITY,
];
const oddTexts = [
  '',
  ' ',
  'a',
  '  ',
  'a b',
  '\ud83d',
  '<0x41>',
  'a'.repeat(5000),
  'bert',
  'llama',
  'gpt2',
  'tekken',
];
const oddMetadata: readonly GgufValue[] = [
  ...[...oddNumbers, ...oddTexts, true, false, []],
  ...[['a'], oddTexts, new Int32Array(3), Float32Array.of(Number.NaN), new Uint8Array(0)],
];

function converted(metadata: GgufMetadata): TextTokenizer {
  const { tokenizer, config } = ggufTokenizer(metadata, 'some.gguf');
  ggufChatTemplate(metadata, 'some.gguf');
  ggufEosIds(metadata, 'some.gguf');
  return textTokenizer(tokenizer, config, 'some.gguf');
}

describe.each(['llama3', 'smollm', 'llama2'])('%s', (name) => {
  const fixture = tokenizerFixture(name);

  test('tokenizer.json with a changed value', async () => {
    const outcomes = { refused: 0, worked: 0 };
    const random = new Random(1);
    for (let i = 0; i < 300; i++) {
      const { tokenizer, config } = changed({ tokenizer: fixture.tokenizer, config: {} }, random) as Json;
      await judge(outcomes, () =>
        textTokenizer((tokenizer ?? {}) as Json, (config ?? {}) as Json, 'tokenizer.json'),
      );
    }
    expect(Math.min(outcomes.refused, outcomes.worked)).toBeGreaterThan(2);
  }, 120_000);

  test('tokenizer.json with flipped bytes', async () => {
    const folder = await temporaryFolder();
    const bytes = new TextEncoder().encode(JSON.stringify(fixture.tokenizer));
    const outcomes = { refused: 0, worked: 0 };
    const random = new Random(2);
    for (let i = 0; i < 60; i++) {
      await writeFile(join(folder, 'tokenizer.json'), flipped(bytes, random));
      await judge(outcomes, () => openTokenizer(folder));
    }
    expect(Math.min(outcomes.refused, outcomes.worked)).toBeGreaterThan(2);
  }, 120_000);

  test('metadata with a changed value', async () => {
    const outcomes = { refused: 0, worked: 0 };
    const random = new Random(3);
    for (let i = 0; i < 300; i++) {
      await judge(outcomes, () => converted(changedMetadata(ggufMetadata(fixture), random)));
    }
    expect(Math.min(outcomes.refused, outcomes.worked)).toBeGreaterThan(2);
  }, 120_000);

  // Nearly every flip in a byte-level vocabulary breaks a merge, so next to none of these files open.
  test('a GGUF file with flipped bytes', async () => {
    const file = join(await temporaryFolder(), 'some.gguf');
    const metadata = Object.fromEntries(ggufMetadata(fixture)) as Record<string, MetadataToWrite>;
    const bytes = encodeGguf({ metadata });
    const outcomes = { refused: 0, worked: 0 };
    const random = new Random(4);
    for (let i = 0; i < 60; i++) {
      await writeFile(file, flipped(bytes, random));
      await judge(outcomes, async () => {
        const gguf = await openGguf(file);
        await gguf.close();
        return converted(gguf.metadata);
      });
    }
    expect(outcomes.refused).toBeGreaterThan(2);
  }, 120_000);
});
