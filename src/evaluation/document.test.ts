// Which lists of documents are refused.
import { expect, test } from 'vitest';
import { requireDocuments, textHash } from './document.ts';

test('documents of different names and texts pass', () => {
  expect(() =>
    requireDocuments([
      { name: 'a', text: 'x' },
      { name: 'b', text: 'y' },
    ]),
  ).not.toThrow();
});

test('no document, a name twice and a text twice are refused by name', () => {
  const a = { name: 'a', text: 'x' };
  expect(() => requireDocuments([])).toThrow('There is no document');
  expect(() => requireDocuments([a, { name: 'a', text: 'y' }])).toThrow("The document 'a' is named twice");
  expect(() => requireDocuments([a, { name: 'b', text: 'x' }])).toThrow('b is the same text as a');
});

test('the hash is SHA-256 of the text in UTF-8', () => {
  // FIPS 180-2, example B.1
  expect(textHash('abc')).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
});
