// The text of a turn, over templates in the formats of well-known models: what is read turn by turn adds up to
// the conversation, and shortening the conversation changes nothing.
import { describe, expect, it } from 'vitest';
import { chatFixture, fixtureNow, fixtureTemplate, templateOf } from './chatFixture.testing.ts';
import type { ChatMessage } from './message.ts';
import { turnText } from './turnText.ts';

const { tools } = chatFixture;
const now = fixtureNow;
const names = Object.keys(chatFixture.templates);
/** Templates that write a turn the same wherever it stands, and nothing between the prompt and the answer. */
const concatenating = ['chatml', 'qwen2.5', 'llama-3', 'llama-3.1', 'zephyr', 'qwen3'];

const system = { role: 'system', content: 'Be {terse}.' };
const user = (content: string) => ({ role: 'user', content });
const assistant = (content: string) => ({ role: 'assistant', content });
const dialogue = [
  'Hello.',
  'Hi!',
  'Count: {{ 3 }}',
  '1 2 3',
  'TheAnswer0?',
  'Perhaps.',
  'And TheAnswer1?',
  'No.',
];
const turns: ChatMessage[] = dialogue.map((text, i) => (i % 2 === 0 ? user(text) : assistant(text)));
const call = {
  role: 'assistant',
  content: '',
  tool_calls: [{ type: 'function', id: 'abcdef123', function: { name: 'now', arguments: {} } }],
};
const result = { role: 'tool', content: '09:00', tool_call_id: 'abcdef123', name: 'now' };

/** What follows the last answer where the whole conversation is rendered. */
function behindAnswer(
  name: string,
  earlier: readonly ChatMessage[],
  added: readonly ChatMessage[],
  more = {},
) {
  const mark = 'Unmistakable';
  const messages = [
    ...earlier.slice(0, -1),
    { ...earlier.at(-1), role: 'assistant', content: mark },
    ...added,
  ];
  const text = fixtureTemplate(name).render(messages, { addGenerationPrompt: true, now, ...more });
  return text.split(mark)[1];
}

// Zephyr's format has no tools, and Llama 2's no roles but three.
describe.each(names.filter((name) => name !== 'zephyr' && name !== 'llama-2'))('%s', (name) => {
  it('adds the same around calls of tools', () => {
    const template = fixtureTemplate(name);
    const more = { tools };
    const chain = [system, ...turns.slice(0, 2), user('Now?'), call, result];
    for (const [earlier, added] of [
      [[...chain, assistant('9.')], [user('Sure?')]],
      [[...chain.slice(0, 4), assistant('<tool_call>')], [result]],
      [[...chain, assistant('9.'), user('Sure?'), assistant('Yes.')], [user('Thanks.')]],
    ]) {
      expect(turnText(template, earlier, added, { now, ...more })).toBe(
        behindAnswer(name, earlier, added, more),
      );
    }
  });
});

describe.each(names)('%s', (name) => {
  const template = fixtureTemplate(name);

  it.each([
    ['without a system message', []],
    ['with a system message', [system]],
  ])('a turn adds what the whole conversation has behind the answer, %s', (_, opening) => {
    for (let turn = 2; turn < turns.length; turn += 2) {
      const earlier = [...opening, ...turns.slice(0, turn)];
      const added = turns.slice(turn, turn + 1);
      expect(turnText(template, earlier, added, { now })).toBe(behindAnswer(name, earlier, added));
    }
  });

  it('the first turn is the rendering itself', () => {
    const added = [system, user('Hello.')];
    const whole = template.render(added, { addGenerationPrompt: true, now });
    expect(turnText(template, [], added, { now })).toBe(whole);
  });
});

it.each(concatenating)('%s: the turns and the answers between them are the whole conversation', (name) => {
  const template = fixtureTemplate(name);
  const messages = [system, ...turns];
  let read = turnText(template, [], messages.slice(0, 2), { now });
  for (let i = 2; i + 1 < messages.length; i += 2) {
    read += messages[i].content;
    read += turnText(template, messages.slice(0, i + 1), messages.slice(i + 1, i + 2), { now });
  }
  expect(read).toBe(template.render(messages.slice(0, -1), { addGenerationPrompt: true, now }));
});

it('a turn costs the same however long the conversation', () => {
  const template = templateOf('{% for m in messages %}{{ m.content }}<{{ messages | length }}>{% endfor %}');
  const long = Array.from({ length: 500 }, () => turns.slice(0, 2)).flat();
  expect(turnText(template, [system, ...long], [user('More.')])).toBe('<4>More.<4>');
});

it('developer messages at the beginning stay like system messages', () => {
  const template = templateOf(
    '{% for m in messages %}{{ m.role[0] }}{{ m.content }}{% endfor %}{{ messages[0].role }}',
  );
  const opening = [{ role: 'developer', content: 'D' }, system];
  const text = turnText(template, [...opening, ...turns.slice(0, 4)], [user('X')]);
  expect(text).toBe('uXdeveloper');
});

it.each([
  ['does not write', '{% for m in messages if m.role == "user" %}{{ m.content }}{% endfor %}'],
  ['writes more than once', '{% for m in messages %}{{ m.content }}{{ m.content }}{% endfor %}'],
])('a template that %s an answer cannot be continued', (words, text) => {
  const message = expect.stringMatching(`own.jinja ${words} .* option template`);
  expect(() => turnText(templateOf(text), turns.slice(0, 2), [user('More.')])).toThrow(
    expect.objectContaining({ code: 'UNSUPPORTED', message }),
  );
});
