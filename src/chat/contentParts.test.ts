// Content as parts: joined for templates that take texts, handed over to those that take parts, refused where a part
// is no text.
import { describe, expect, it } from 'vitest';
import { chatFixture, fixtureNow, fixtureTemplate, templateOf } from './chatFixture.testing.ts';
import { checkContentParts } from './contentParts.ts';

const text = (words: string) => ({ type: 'text', text: words });
const parts = [{ role: 'user', content: [text('Hello'), text('you')] }];
const joined = [{ role: 'user', content: 'Hello\nyou' }];

// `macros` takes parts itself, and joins them in its own way
describe.each(Object.keys(chatFixture.templates).filter((name) => name !== 'macros'))('%s', (name) => {
  it('reads parts as the text that they are together, not as JSON', () => {
    const template = fixtureTemplate(name);
    const options = { addGenerationPrompt: true, now: fixtureNow };
    expect(template.render(parts, options)).toBe(template.render(joined, options));
  });
});

it('a template that takes parts gets them', () => {
  const own =
    '{% for m in messages %}{% if m.content is string %}{{ m.content }}{% else %}' +
    '{% for part in m.content %}<{{ part.text }}>{% endfor %}{% endif %}{% endfor %}';
  expect(templateOf(own).render(parts)).toBe('<Hello><you>');
  expect(templateOf(own).render(joined)).toBe('Hello\nyou');
});

it('a template that takes nothing else gets them too', () => {
  const own = '{% for m in messages %}{{ m.content[0].text }}{% endfor %}';
  expect(templateOf(own).render(parts)).toBe('Hello');
});

it('no parts are no text', () => {
  const own = '{% for m in messages %}[{{ m.content }}]{% endfor %}';
  expect(templateOf(own).render([{ role: 'user', content: [] }])).toBe('[]');
});

it.each<[string, unknown]>([
  ["of type 'image_url'", { type: 'image_url', image_url: { url: 'data:' } }],
  ["of type 'input_audio'", { type: 'input_audio' }],
  ["of type 'text'", { type: 'text', text: 7 }],
  ['without a type', { text: 'Hello' }],
  ['without a type', null],
])('a part %s is refused, with the places of message and part', (words, part) => {
  const messages = [
    { role: 'system', content: 'S' },
    { role: 'user', content: [text('Look'), part] },
  ];
  expect(() => checkContentParts(messages as never)).toThrow(
    expect.objectContaining({
      code: 'BAD_OPTION',
      message: expect.stringContaining(`Message 1: part 1 of its content is ${words}`),
      details: expect.objectContaining({ index: 1, part: 1 }),
    }),
  );
});
