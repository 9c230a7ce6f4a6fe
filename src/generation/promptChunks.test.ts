// Where a prompt is cut, whatever its length and the windows that are asked.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { cutPrompt } from './promptChunks.ts';

const prompts = fc.integer({ min: 1, max: 300 }).chain((tokens) =>
  fc.record({
    tokens: fc.constant(tokens),
    windows: fc.array(fc.integer({ min: 0, max: tokens }), { maxLength: 4 }),
    longest: fc.integer({ min: 1, max: 80 }),
  }),
);

test('chunks follow each other from the first token to the last, none longer than allowed', () => {
  fc.assert(
    fc.property(prompts, ({ tokens, windows, longest }) => {
      const chunks = cutPrompt(tokens, windows, longest);
      expect(chunks.map(({ from }) => from)).toEqual([0, ...chunks.slice(0, -1).map(({ to }) => to)]);
      expect(chunks.at(-1)?.to).toBe(tokens);
      for (const { from, to } of chunks) {
        expect(to - from).toBeGreaterThan(0);
        expect(to - from).toBeLessThanOrEqual(longest);
      }
    }),
  );
});

test('a token is asked for exactly the windows that it lies in', () => {
  fc.assert(
    fc.property(prompts, ({ tokens, windows, longest }) => {
      for (const { from, to, windows: asked } of cutPrompt(tokens, windows, longest)) {
        for (let token = from; token < to; token++) {
          const expected = new Set(windows.filter((window) => token >= tokens - window));
          expect(new Set(asked)).toEqual(expected);
        }
      }
    }),
  );
});

test('a window is the last chunk, and what lies before it is read in long ones', () => {
  expect(cutPrompt(600, [32])).toEqual([
    { from: 0, to: 256, windows: [] },
    { from: 256, to: 512, windows: [] },
    { from: 512, to: 568, windows: [] },
    { from: 568, to: 600, windows: [32] },
  ]);
});

test('a window longer than a chunk begins one and spans several', () => {
  expect(cutPrompt(10, [7], 4)).toEqual([
    { from: 0, to: 3, windows: [] },
    { from: 3, to: 7, windows: [7] },
    { from: 7, to: 10, windows: [7] },
  ]);
});
