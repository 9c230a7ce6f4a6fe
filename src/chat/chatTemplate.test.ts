// Rendering against Hugging Face's own (tools/reference/chats.py): templates in the formats of well-known
// models, over conversations with everything that they may hold. Then what is refused, and in which words.
import { describe, expect, it } from 'vitest';
import { chatFixture, fixtureNow, fixtureTemplate, templateOf } from './chatFixture.testing.ts';
import { ChatTemplate } from './chatTemplate.ts';

const { cases, conversations, tools } = chatFixture;
const hello = [{ role: 'user', content: 'Hello' }];

describe.each(Object.keys(chatFixture.templates))('%s', (name) => {
  const template = fixtureTemplate(name);
  const own = cases.filter((one) => one.template === name);

  it.each(own)('renders $conversation, generation prompt $generation', (expected) => {
    const render = () =>
      template.render(conversations[expected.conversation], {
        addGenerationPrompt: expected.generation,
        now: fixtureNow,
        ...(expected.tools && { tools }),
        ...(expected.variables && { variables: expected.variables }),
      });
    if (expected.refusal !== undefined) {
      const message = expect.stringContaining(expected.refusal);
      expect(render).toThrow(expect.objectContaining({ code: 'BAD_OPTION', message }));
    } else {
      expect(render()).toBe(expected.text);
    }
  });
});

it('the fixture holds every template with and without tools, and refusals', () => {
  expect(cases.length).toBeGreaterThan(300);
  expect(cases.filter(({ refusal }) => refusal !== undefined).length).toBeGreaterThan(20);
});

it.each(['\r\n', '\r'])('line ends %j of a template are line feeds, as in Python', (end) => {
  const lines = ['{% for m in messages %}', '{{ m.content }}', 'x', '{% endfor %}', 'end', ''];
  expect(templateOf(lines.join(end)).render(hello)).toBe('Hello\nx\nend');
});

describe('variables', () => {
  it('are the special tokens, and those of the call before them', () => {
    const template = templateOf('{{ bos_token }}{{ eos_token }}{{ mood }}', {
      bos_token: '<s>',
      eos_token: 'E',
    });
    expect(template.render(hello, { variables: { mood: 'glad', eos_token: '</s>' } })).toBe('<s></s>glad');
  });

  it('may be called as a function of the environment is', () => {
    expect(templateOf('{{ range }}').render(hello, { variables: { range: 'far' } })).toBe('far');
  });

  it('tools and documents are defined and none where there are none, as in Python', () => {
    const text = '{{ tools is defined }} {{ tools is none }} {{ documents is none }}';
    expect(templateOf(text).render(hello)).toBe('True True True');
  });

  it.each(['messages', 'tools', 'documents', 'add_generation_prompt'])('%s cannot be set', (name) => {
    const error = { code: 'BAD_OPTION', message: expect.stringContaining(`'${name}'`) };
    expect(() => templateOf('').render(hello, { variables: { [name]: 1 } })).toThrow(
      expect.objectContaining(error),
    );
  });

  it('a refused range step says so', () => {
    expect(() => templateOf('{% for i in range(1, 2, 0) %}{% endfor %}').render(hello)).toThrow(/step of 0/);
  });

  it.each([
    ['range(3)', '0,1,2'],
    ['range(1, 4)', '1,2,3'],
    ['range(5, 0, -2)', '5,3,1'],
    ['range(3, 1)', ''],
  ])('%s counts as in Python', (call, expected) => {
    expect(templateOf(`{{ ${call} | join(',') }}`).render(hello)).toBe(expected);
  });
});

describe('the template called tool_use', () => {
  const named = new Map([['tool_use', 'with {{ tools | length }}']]);
  const template = new ChatTemplate({ file: 'both.jinja', template: 'without', named, tokens: {} });

  it('serves where there are tools, and only there', () => {
    expect(template.render(hello, { tools })).toBe('with 2');
    expect(template.render(hello)).toBe('without');
  });
});

describe('refuses', () => {
  it.each([
    ['{% for', 'is not closed'],
    ['{% if a %}x', 'it ends before a block is closed'],
    ['{% nonsense %}', 'nonsense'],
    ['{{ }', ''],
  ])('what is not Jinja with BAD_FILE and the name of the file: %s', (text, words) => {
    const error = { code: 'BAD_FILE', message: expect.stringMatching(`own.jinja.*${words}`) };
    expect(() => templateOf(text)).toThrow(expect.objectContaining(error));
  });

  it('a tool_use template that is not Jinja, by name', () => {
    const named = new Map([['tool_use', '{% if']]);
    const message = expect.stringContaining('both.jinja (tool_use)');
    expect(() => new ChatTemplate({ file: 'both.jinja', template: '', named, tokens: {} })).toThrow(
      expect.objectContaining({ code: 'BAD_FILE', message }),
    );
  });

  it.each(['{{ messages | sideways }}', '{{ shout() }}', '{{ messages[0].name + "x" }}'])(
    'what cannot be rendered with UNSUPPORTED, the reason and the way out: %s',
    (text) => {
      const message = expect.stringMatching(/own\.jinja cannot be rendered: .+ option template/);
      expect(() => templateOf(text).render(hello)).toThrow(
        expect.objectContaining({ code: 'UNSUPPORTED', message }),
      );
    },
  );

  it('a date in a format that strftime_now does not know', () => {
    expect(() => templateOf("{{ strftime_now('%Q') }}").render(hello)).toThrow(/strftime does not know %Q/);
  });
});
