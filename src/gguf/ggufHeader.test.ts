import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { GgufValue } from './gguf.ts';
import { parseGgufHeader } from './ggufHeader.ts';
import { ggufTypes } from './ggufTypes.ts';
import {
  ByteBuilder,
  encodeGguf,
  type GgufToWrite,
  type MetadataToWrite,
  type TensorToWrite,
  valueKinds,
} from './ggufWriter.testing.ts';
import { PrefixTooShort } from './headerBytes.ts';

const parse = (bytes: Uint8Array, size = bytes.length) => parseGgufHeader(bytes, size, 'x.gguf');
const written = (contents: GgufToWrite) => parse(encodeGguf(contents));
const readBack = (value: MetadataToWrite) => written({ metadata: { value } }).metadata.get('value');

/** A header by hand: so many tensors and metadata values, then these bytes. */
function header(tensors: number | bigint, values: number | bigint, rest = new ByteBuilder()): Uint8Array {
  const start = new ByteBuilder().ascii('GGUF').uint32(3).uint64(tensors).uint64(values);
  return start.bytes(rest.build()).build();
}

const safe = fc.integer({ min: Number.MIN_SAFE_INTEGER, max: Number.MAX_SAFE_INTEGER });
const text = fc.string({ unit: 'binary' });
const kinds: Readonly<Record<string, fc.Arbitrary<number | boolean | string>>> = {
  UINT8: fc.nat(255),
  INT8: fc.integer({ min: -128, max: 127 }),
  UINT16: fc.nat(65535),
  INT16: fc.integer({ min: -32768, max: 32767 }),
  UINT32: fc.nat(4294967295),
  INT32: fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
  FLOAT32: fc.float(),
  BOOL: fc.boolean(),
  STRING: text,
  UINT64: fc.nat(Number.MAX_SAFE_INTEGER),
  INT64: safe,
  FLOAT64: fc.double(),
};

describe.each(Object.entries(kinds))('%s', (kind, values) => {
  test('a value comes back', () => {
    fc.assert(
      fc.property(values, (value) => {
        expect(readBack({ kind, value } as MetadataToWrite)).toEqual(value);
      }),
    );
  });

  test('an array comes back', () => {
    fc.assert(
      fc.property(fc.array(values), (list) => {
        const back = readBack({ arrayOf: kind, values: list } as MetadataToWrite);
        // truths are bytes of 0 and 1, 64-bit integers float64
        expect(Array.from(back as ArrayLike<unknown>)).toEqual(kind === 'BOOL' ? list.map(Number) : list);
      }),
    );
  });
});

test.each([
  ['UINT8', Uint8Array],
  ['INT8', Int8Array],
  ['UINT16', Uint16Array],
  ['INT16', Int16Array],
  ['UINT32', Uint32Array],
  ['INT32', Int32Array],
  ['FLOAT32', Float32Array],
  ['BOOL', Uint8Array],
  ['UINT64', Float64Array],
  ['INT64', Float64Array],
  ['FLOAT64', Float64Array],
  ['STRING', Array],
] as const)('an array of %s is a %o', (arrayOf, type) => {
  const back = readBack({ arrayOf, values: [1, 0] });
  expect(back).toBeInstanceOf(type);
  expect(back).toHaveLength(2);
});

test('an array does not keep the whole header in memory', () => {
  const list = written({ metadata: { long: 'x'.repeat(9999), list: Uint8Array.of(1, 2) } }).metadata.get(
    'list',
  );
  expect((list as Uint8Array).buffer.byteLength).toBe(2);
});

test('metadata keep their order', () => {
  const names = ['b', 'a', '1', '\ufeffc'];
  const metadata = Object.fromEntries(names.map((name) => [name, name] as const));
  expect([...written({ metadata }).metadata]).toEqual(Object.entries(metadata));
});

test('texts keep a byte order mark and a replacement character of their own', () => {
  expect(readBack('\ufeffa\ufffdb\u0000')).toBe('\ufeffa\ufffdb\u0000');
});

const tensor: fc.Arbitrary<TensorToWrite> = fc
  .record({
    name: text,
    type: fc.constantFrom(...(Object.keys(ggufTypes) as (keyof typeof ggufTypes)[])),
    rows: fc.array(fc.integer({ min: 1, max: 3 }), { maxLength: 3 }),
    blocks: fc.integer({ min: 1, max: 3 }),
  })
  .map(({ name, type, rows, blocks }) => {
    const { block, bytes } = ggufTypes[type];
    const count = rows.reduce((product, size) => product * size, blocks);
    return { name, type, shape: [...rows, blocks * block], bytes: new Uint8Array(count * bytes) };
  });
const tensors = fc.uniqueArray(tensor, { selector: ({ name }) => name, maxLength: 8 });
const alignments = fc.constantFrom(undefined, 1, 8, 32, 64, 4096);

test('tensors are found where they were written, whatever the alignment and version', () => {
  fc.assert(
    fc.property(tensors, alignments, fc.constantFrom(2, 3), (list, alignment, version) => {
      const bytes = encodeGguf({ version, tensors: list, ...(alignment === undefined ? {} : { alignment }) });
      const parsed = parse(bytes);
      expect(parsed.version).toBe(version);
      expect([...parsed.tensors.keys()]).toEqual(list.map(({ name }) => name));
      let end = parsed.dataStart;
      for (const one of list) {
        const { type, shape, offset, length } = parsed.tensors.get(one.name) ?? {};
        expect({ type, shape }).toEqual({ type: one.type, shape: one.shape });
        expect(offset).toBe(Math.ceil(end / (alignment ?? 32)) * (alignment ?? 32));
        end = (offset ?? 0) + (length ?? 0);
      }
      expect(list.length === 0 ? bytes.length : end).toBe(bytes.length);
    }),
  );
});

const whole = encodeGguf({
  metadata: { name: 'a', list: ['b', 'c'], numbers: Float32Array.of(1, 2), flag: true },
  tensors: [{ name: 'w', type: 'F32', shape: [2, 3], values: [1, 2, 3, 4, 5, 6] }],
});

test('a prefix that is too short asks for more of it, never for more than the header', () => {
  const { dataStart } = parse(whole);
  let shortest = whole.length;
  for (let length = whole.length; length >= 0; length--) {
    try {
      expect(parse(whole.subarray(0, length), whole.length)).toEqual(parse(whole));
      shortest = length;
    } catch (error) {
      if (!(error instanceof PrefixTooShort)) throw error;
      expect(error.needed).toBeGreaterThan(length);
      expect(error.needed).toBeLessThanOrEqual(shortest);
    }
  }
  expect(shortest).toBeLessThanOrEqual(dataStart);
});

test('a file cut off anywhere is refused', () => {
  for (let length = 0; length < whole.length; length++) {
    expect(() => parse(whole.subarray(0, length))).toThrow(
      expect.objectContaining({ code: 'BAD_FILE', details: expect.objectContaining({ file: 'x.gguf' }) }),
    );
  }
});

test('a cut tensor says where it ends and where the file does', () => {
  expect(() => parse(whole.subarray(0, whole.length - 1))).toThrow(
    `x.gguf: tensor w (F32 [2,3]) ends at byte ${whole.length}, found ${whole.length - 1}; copy or download it again`,
  );
});

describe('refused before anything is made from it', () => {
  const pair = (kind: number) => new ByteBuilder().text('k').uint32(kind);
  const array = (elements: number, count: number | bigint) =>
    header(0, 1, pair(valueKinds.ARRAY).uint32(elements).uint64(count).bytes(new Uint8Array(40)));

  test.each<[string, Uint8Array, RegExp]>([
    ['so many tensors', header(2 ** 40, 0), /announces 1099511627776 tensors, .* 0 are left/],
    ['so many values', header(0, 2 ** 40), /announces 1099511627776 metadata values/],
    [
      'one tensor more than fits',
      header(3, 0, new ByteBuilder().pad(1).bytes(new Uint8Array(95))),
      /3 tensors/,
    ],
    ['a count beyond 2^53', header(2n ** 63n, 0), /holds 9223372036854775808, which is beyond 2\^53/],
    [
      'a text longer than the file',
      header(0, 1, new ByteBuilder().uint64(2 ** 50).pad(64)),
      /needs 1125899906842624 bytes/,
    ],
    ['an array of numbers longer than the file', array(valueKinds.FLOAT64, 6), /announces 6 elements/],
    ['an array of texts longer than the file', array(valueKinds.STRING, 6), /announces 6 elements/],
    ['an array of 2^60 bytes', array(valueKinds.UINT8, 2n ** 60n), /beyond 2\^53/],
  ])('%s', (_, bytes, message) => {
    expect(() => parse(bytes)).toThrow(expect.objectContaining({ code: 'BAD_FILE' }));
    expect(() => parse(bytes)).toThrow(message);
  });

  test('a header beyond the limit, in a file that has the room', () => {
    const bytes = array(valueKinds.UINT8, 2 ** 28);
    expect(() => parse(bytes, 2 ** 40)).toThrow(
      /announces 268435456 elements, .* of the 134217728 that a header/,
    );
  });
});

describe('a header is refused that', () => {
  const refusal = (contents: GgufToWrite, code: string, message: RegExp) => {
    expect(() => written(contents)).toThrow(expect.objectContaining({ code }));
    expect(() => written(contents)).toThrow(message);
  };
  const raw = (type: TensorToWrite['type'], shape: readonly number[], length: number, offset?: number) => ({
    tensors: [
      { name: 'w', type, shape, bytes: new Uint8Array(length), ...(offset === undefined ? {} : { offset }) },
    ],
  });

  test('begins with other letters', () => {
    const bytes = new TextEncoder().encode('<!DOCTYPE html><html>');
    expect(() => parse(bytes)).toThrow(/begins with "<!DO", not with GGUF/);
  });

  test.each([
    [0, /GGUF version 0/],
    [1, /GGUF version 1;/],
    [4, /GGUF version 4;/],
    [2 ** 24 * 3, /big-endian GGUF/],
  ])('has version %i', (version, message) => refusal({ version }, 'UNSUPPORTED', message));

  test.each([
    [13, 'value of kind 13'],
    [4294967295, 'value of kind 4294967295'],
  ])('holds a value of kind %i', (kind, message) => {
    for (const rest of [
      new ByteBuilder().text('k').uint32(kind).uint64(0),
      new ByteBuilder().text('k').uint32(valueKinds.ARRAY).uint32(kind).uint64(0),
    ]) {
      expect(() => parse(header(0, 1, rest))).toThrow(expect.objectContaining({ code: 'UNSUPPORTED' }));
      expect(() => parse(header(0, 1, rest))).toThrow(`metadata value 0 ("k") has a ${message}`);
    }
  });

  test('holds an array of arrays', () => {
    const rest = new ByteBuilder().text('k').uint32(valueKinds.ARRAY).uint32(valueKinds.ARRAY).uint64(0);
    expect(() => parse(header(0, 1, rest))).toThrow(expect.objectContaining({ code: 'UNSUPPORTED' }));
    expect(() => parse(header(0, 1, rest))).toThrow(/"k"\) is an array of arrays/);
  });

  test.each([[{ kind: 'BOOL', value: 2 }], [{ arrayOf: 'BOOL', values: [0, 1, 7] }]] as const)(
    'holds a truth that is neither: %o',
    (value) => refusal({ metadata: { value } }, 'BAD_FILE', /"value"\) holds [27], neither false/),
  );

  test.each([
    [{ kind: 'UINT64', value: 2n ** 53n }],
    [{ kind: 'INT64', value: -(2n ** 53n) }],
    [{ arrayOf: 'UINT64', values: [1n, 2n ** 64n - 1n] }],
    [{ arrayOf: 'INT64', values: [1n, -(2n ** 63n)] }],
  ] as const)('holds an integer that a number cannot: %o', (value) =>
    refusal({ metadata: { value } }, 'BAD_FILE', /"value"\) holds -?\d+, which is beyond 2\^53/),
  );

  test('holds a text that is not UTF-8', () => {
    for (const bytes of [[0xff], [0xc3], [0xed, 0xa0, 0x80], [0xc0, 0x80]]) {
      const rest = new ByteBuilder().text('k').uint32(valueKinds.STRING).uint64(bytes.length);
      const file = header(0, 1, rest.bytes(Uint8Array.from(bytes)));
      expect(() => parse(file)).toThrow(/metadata value 0 \("k"\) has a text at byte 45 that is not UTF-8/);
    }
  });

  test('has a key twice', () =>
    refusal(
      {
        metadata: [
          ['k', 1],
          ['k', 2],
        ],
      },
      'BAD_FILE',
      /metadata value 1 \("k"\) comes twice/,
    ));

  test('has a name too long for any message', () =>
    refusal({ metadata: { ['k'.repeat(65536)]: 1 } }, 'BAD_FILE', /name of 65536 letters/));

  test('has a tensor twice', () => {
    const [one] = raw('F32', [1], 4).tensors;
    refusal({ tensors: [one, one] }, 'BAD_FILE', /tensor w comes twice/);
  });

  test.each([
    ['no dimensions', raw('F32', [], 4), /tensor w has 0 dimensions; 1 to 4/],
    ['five dimensions', raw('F32', [1, 1, 1, 1, 1], 4), /tensor w has 5 dimensions/],
    ['a dimension of 0', raw('F32', [2, 0], 4), /impossible size F32 \[2,0\]/],
    ['a size beyond counting', raw('F32', [2 ** 40, 2 ** 40], 4), /impossible size/],
    [
      'rows of part of a block',
      raw('Q8_0', [2, 48], 102),
      /\(Q8_0 \[2,48\]\) has rows of 48, no multiple of the 32/,
    ],
    ['rows of part of a K block', raw('Q4_K', [2, 128], 144), /no multiple of the 256 weights/],
    [
      'an offset that is not aligned',
      raw('F32', [1], 40, 4),
      /begins at byte 4 of the data, no multiple of 32/,
    ],
    ['an end past the file', raw('F32', [2, 3], 20), /tensor w \(F32 \[2,3\]\) ends at byte \d+, found \d+/],
    ['an offset past the file', raw('F32', [1], 4, 2 ** 50), /ends at byte 1125899906\d+/],
  ])('has a tensor with %s', (_, contents, message) => refusal(contents, 'BAD_FILE', message));

  test('has tensors that overlap', () => {
    const at = (name: string, offset: number) => ({
      name,
      type: 'F32' as const,
      shape: [16],
      bytes: new Uint8Array(64),
      offset,
    });
    refusal(
      { tensors: [at('b', 32), at('a', 0)] },
      'BAD_FILE',
      /tensor b begins at byte \d+, inside tensor a, which/,
    );
    refusal({ tensors: [at('a', 0), at('b', 0)] }, 'BAD_FILE', /tensor b begins/);
  });

  test.each([0, 3, 48, 1.5, -32, 'a', Uint8Array.of(32)])('has the alignment %o', (alignment) =>
    refusal(
      { metadata: { 'general.alignment': alignment } },
      'BAD_FILE',
      /general\.alignment is .* not a power of two/,
    ),
  );

  test.each([2, 7, Uint16Array.of(1, 2)])('is part of a split model: %o', (count) =>
    refusal(
      { metadata: { 'split.count': count } },
      'UNSUPPORTED',
      /split\.count is .*llama-gguf-split --merge/,
    ),
  );

  test.each([
    ...[
      [4, 'Q4_2'],
      [9, 'Q8_1'],
      [10, 'Q2_K'],
      [11, 'Q3_K'],
      [13, 'Q5_K'],
      [15, 'Q8_K'],
    ],
    ...[
      [16, 'IQ2_XXS'],
      [19, 'IQ1_S'],
      [20, 'IQ4_NL'],
      [23, 'IQ4_XS'],
      [24, 'I8'],
      [27, 'I64'],
      [28, 'F64'],
    ],
    ...[
      [29, 'IQ1_M'],
      [31, 'Q4_0_4_4'],
      [34, 'TQ1_0'],
      [35, 'TQ2_0'],
      [38, 'IQ4_NL_8_8'],
      [39, 'MXFP4'],
    ],
  ] as [number, string][])('has a tensor of type %i, %s', (type, name) => {
    refusal(
      raw(type, [256], 256),
      'UNSUPPORTED',
      new RegExp(`tensor w is stored as ${name}\\. treekv reads F32, F16, BF16, Q4_0`),
    );
  });

  test.each([42, 4294967295])('has a tensor of the type %i that ggml does not know', (type) =>
    refusal(raw(type, [256], 256), 'UNSUPPORTED', new RegExp(`tensor w is stored as type ${type}, a number`)),
  );
});

test('a merged model says that it is split into 0', () => {
  const metadata: [string, GgufValue][] = [...written({ metadata: { 'split.count': 0 } }).metadata];
  expect(metadata).toEqual([['split.count', 0]]);
});
