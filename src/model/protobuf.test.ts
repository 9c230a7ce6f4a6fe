// The protocol-buffer writer: the examples of the encoding's documentation, and messages read back by an
// independent reader (@bufbuild/protobuf).
import { BinaryReader } from '@bufbuild/protobuf/wire';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ProtoMessage } from './protobuf.ts';

const fields = fc.integer({ min: 1, max: 2 ** 20 });

/** A reader over a message's bytes, past the tag of its first field, which must be `field`. */
function reading(message: ProtoMessage, field: number): BinaryReader {
  const reader = new BinaryReader(message.finish());
  expect(reader.tag()[0]).toBe(field);
  return reader;
}

test('the integer 150 in field 1 is the three bytes of the documentation', () => {
  expect([...new ProtoMessage().int(1, 150).finish()]).toEqual([0x08, 0x96, 0x01]);
});

test("the text 'testing' in field 2 is the nine bytes of the documentation", () => {
  const expected = [0x12, 0x07, ...new TextEncoder().encode('testing')];
  expect([...new ProtoMessage().string(2, 'testing').finish()]).toEqual(expected);
});

test('a message in field 3 is the five bytes of the documentation', () => {
  const inner = new ProtoMessage().int(1, 150);
  expect([...new ProtoMessage().message(3, inner).finish()]).toEqual([0x1a, 0x03, 0x08, 0x96, 0x01]);
});

test('a negative integer takes ten bytes after its tag', () => {
  expect(new ProtoMessage().int(1, -2).finish()).toHaveLength(11);
});

test('any 64-bit integer is read back in any field', () => {
  fc.assert(
    fc.property(fields, fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), (field, value) => {
      expect(BigInt(reading(new ProtoMessage().int(field, value), field).int64())).toBe(value);
    }),
  );
});

test('any safe integer is read back, as a number and as a bigint alike', () => {
  fc.assert(
    fc.property(fc.maxSafeInteger(), (value) => {
      expect(new ProtoMessage().int(1, value).finish()).toEqual(
        new ProtoMessage().int(1, BigInt(value)).finish(),
      );
      expect(Number(reading(new ProtoMessage().int(1, value), 1).int64())).toBe(value);
    }),
  );
});

test('any float is read back', () => {
  fc.assert(
    fc.property(fields, fc.float(), (field, value) => {
      expect(reading(new ProtoMessage().float(field, value), field).float()).toBe(value);
    }),
  );
});

test('any text is read back', () => {
  fc.assert(
    fc.property(fields, fc.string({ unit: 'binary', maxLength: 400 }), (field, value) => {
      expect(reading(new ProtoMessage().string(field, value), field).string()).toBe(value);
    }),
  );
});

test('bytes longer than the buffer are read back', () => {
  const value = Uint8Array.from({ length: 100_000 }, (_, i) => i % 251);
  expect(reading(new ProtoMessage().bytes(9, value), 9).bytes()).toEqual(value);
});

test('fields follow one another in the order written', () => {
  const message = new ProtoMessage();
  for (let i = 1; i <= 200; i++) message.int(i, i * i);
  const reader = new BinaryReader(message.finish());
  for (let i = 1; i <= 200; i++) {
    expect(reader.tag()[0]).toBe(i);
    expect(reader.int32()).toBe(i * i);
  }
  expect(reader.pos).toBe(reader.len);
});

test('an empty message is no bytes, and can lie in another', () => {
  expect(new ProtoMessage().finish()).toHaveLength(0);
  expect([...new ProtoMessage().message(1, new ProtoMessage()).finish()]).toEqual([0x0a, 0x00]);
});
