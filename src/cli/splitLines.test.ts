// Bytes cut anywhere come out as the lines that they are.
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { splitLines } from './splitLines.ts';

async function split(pieces: readonly Uint8Array[]): Promise<string[]> {
  async function* source(): AsyncGenerator<Uint8Array> {
    yield* pieces;
  }
  const lines: string[] = [];
  for await (const line of splitLines(source(), 'stdin')) lines.push(line);
  return lines;
}

it.each([
  ['', []],
  ['a', ['a']],
  ['a\n', ['a']],
  ['a\r\nb', ['a', 'b']],
  ['\n\na', ['', '', 'a']],
])('%j', async (text, lines) => {
  expect(await split([Buffer.from(text)])).toEqual(lines);
});

it('wherever the bytes are cut, characters of several bytes among them', async () => {
  const line = fc.string({ unit: 'grapheme' }).map((text) => text.replace(/[\r\n\uFEFF]/g, ''));
  await fc.assert(
    fc.asyncProperty(fc.array(line), fc.array(fc.nat(40)), async (lines, lengths) => {
      const bytes = Buffer.from(lines.map((text) => `${text}\n`).join(''));
      const pieces: Uint8Array[] = [];
      let from = 0;
      for (const length of lengths) {
        pieces.push(bytes.subarray(from, from + length));
        from = Math.min(bytes.length, from + length);
      }
      expect(await split([...pieces, bytes.subarray(from)])).toEqual(lines);
    }),
  );
});

it('a line that is not UTF-8 is BAD_FILE and named by its number', async () => {
  await expect(split([Buffer.from('a\nb\n'), Buffer.from([0x63, 0xff, 0x0a])])).rejects.toMatchObject({
    code: 'BAD_FILE',
    message: expect.stringContaining('stdin, line 3, is not UTF-8: byte 1 is wrong'),
  });
});
