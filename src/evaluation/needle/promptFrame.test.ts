// Prompts inside a chat template: what stands around a message, and models that have none.
import { expect, test } from 'vitest';
import type { LocalModel } from '../../generation/index.ts';
import { chatDate } from '../chatMessage.ts';
import { chatFrame, framed, plainFrame } from './promptFrame.ts';

const modelWith = (template: string | undefined): Pick<LocalModel, 'source'> => ({
  source: {
    readChatTemplate: async () => ({
      file: 'the file',
      template,
      named: new Map(),
      tokens: { bos_token: '<s>' },
    }),
  } as unknown as LocalModel['source'],
});
const text = { context: 'A text. ', question: 'Which?', lead: ' It is' };

test('without a template the parts stand as they are', () => {
  expect(framed(plainFrame, text)).toEqual({
    context: 'A text. ',
    question: 'Which? It is',
    rendered: false,
  });
});

test('a template writes around the message, and the answer opens the turn of the assistant', async () => {
  const template =
    "{{ bos_token }}<u>{{ messages[0]['content'] | trim }}</u>{% if add_generation_prompt %}<a>\n{% endif %}";
  expect(framed(await chatFrame(modelWith(template)), text)).toEqual({
    ...{ context: '<s><u>A text. ', question: 'Which?</u><a>\nIt is', rendered: true },
  });
});

test('a template that tells the time is told the same one always', async () => {
  const template = "{{ strftime_now('%Y-%m-%d') }} {{ messages[0].content }}";
  expect((await chatFrame(modelWith(template))).before).toBe(`${chatDate} `);
});

test.each([
  [undefined, 'no chat template'],
  ['nothing of it', 'exactly once'],
  ['{{ messages[0].content }} {{ messages[0].content }}', 'exactly once'],
])('the template %j is UNSUPPORTED', async (template, words) => {
  await expect(chatFrame(modelWith(template))).rejects.toMatchObject({
    code: 'UNSUPPORTED',
    message: expect.stringContaining(words),
  });
});
