// Normal forms against Python's.
import { expect, test } from 'vitest';
import { normaliseAnswer } from './normaliseAnswer.ts';
import { pythonVectors } from './pythonVectors.testing.ts';

test.each([
  ["The  Cat's   hat -- an A. B!  the", 'cats hat b'],
  ['“Quoted” – dash — naïve U.S.A. 3,000', '“quoted” – dash — naïve usa 3000'],
  ['state-of-the-art A+ e-mail', 'stateoftheart email'],
  ['Theater the-an A', 'theater thean'],
  ['naïve a', 'naïve'],
  ['éa', 'éa'],
  ['the\u0085a\u00a0boat\ufeff', 'boat\ufeff'],
])('%j is %j', (text, normal) => {
  expect(normaliseAnswer(text)).toBe(normal);
});

test('every text has the normal form that Python gives it', () => {
  expect(pythonVectors.normalise.length).toBeGreaterThan(100);
  for (const [text, normal] of pythonVectors.normalise) {
    expect(normaliseAnswer(text), JSON.stringify(text)).toBe(normal);
  }
});
