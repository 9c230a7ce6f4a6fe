// A question beside a prompt: when it is inside the compression, when behind, and when neither has a meaning.
import { expect, test } from 'vitest';
import { planCache } from '../policies/index.ts';
import { planPrefill } from '../prefill/index.ts';
import { planPrompt } from './promptOptions.ts';

const chunked = { mode: 'chunked' } as const;
const full = planPrefill({ mode: 'full' }, await planCache({ budget: 64 }));

test('a prompt alone is read as a text that is not rendered', () => {
  expect(planPrompt('text', {}, full)).toEqual({ text: 'text', rendered: false });
});

test('a question lies inside the compressed prompt unless it is said to lie behind', () => {
  expect(planPrompt('text', { question: 'why?' }, full).query).toBe('aware');
  expect(planPrompt('text', { question: 'why?', query: 'agnostic' }, full).query).toBe('agnostic');
});

test('where nothing is compressed at once a question has no such place', async () => {
  expect(planPrompt('text', { question: 'why?' }, chunked)).toEqual({
    ...{ text: 'text', rendered: false, question: 'why?' },
  });
  const all = planPrefill({ mode: 'full' }, await planCache({ policy: 'full' }));
  for (const prefill of [chunked, all]) {
    expect(() => planPrompt('text', { question: 'why?', query: 'aware' }, prefill)).toThrow(
      expect.objectContaining({ code: 'BAD_OPTION', message: expect.stringContaining('mode `full`') }),
    );
  }
});

test('query without a question, an empty question and an unknown word are refused', () => {
  const refused = (options: object) => () => planPrompt('text', options, full);
  expect(refused({ query: 'aware' })).toThrow(expect.objectContaining({ code: 'BAD_OPTION' }));
  expect(refused({ question: '' })).toThrow(expect.objectContaining({ code: 'EMPTY_INPUT' }));
  expect(refused({ question: 'why?', query: 'agnostik' })).toThrow(/agnostic/);
});
