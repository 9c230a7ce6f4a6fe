// Options that templates of several kinds read, and those that they would leave out without a word.
import { expect, test } from 'vitest';
import { ChatTemplate } from './chatTemplate.ts';
import { type ReadByTemplate, requireRead } from './requireRead.ts';

const plain = "{% for m in messages %}{{ m['role'] + m['content'] }}{% endfor %}";
const system = "{% if messages[0]['role'] == 'system' %}{{ messages[0]['content'] }}{% endif %}";
const user = "{{ (messages | selectattr('role', 'equalto', 'user') | first).content }}";
const refusing = `{% if messages[0].role == 'system' %}{{ raise_exception('No') }}{% endif %}${user}`;
const thinking = `${plain}{% if enable_thinking %}<think>{% endif %}`;
const withTools = `${plain}{{ tools | tojson }}`;
const tools = [{ type: 'function', function: { name: 'clock' } }];

function fault(
  template: string,
  given: ReadByTemplate,
  named: readonly (readonly [string, string])[] = [],
): unknown {
  try {
    requireRead(new ChatTemplate({ file: 'mine.jinja', template, named: new Map(named), tokens: {} }), given);
  } catch (error) {
    return error;
  }
  return undefined;
}

test.each<[string, string, ReadByTemplate]>([
  ['a system message', plain, { system: 'Be brief.' }],
  ['a system message of its own place', system + user, { system: 'Be brief.' }],
  ['an empty system message', user, { system: '' }],
  ['tools', withTools, { tools }],
  ['a variable', thinking, { variables: { enable_thinking: false } }],
  ['nothing', user, {}],
])('%s that is read passes', (_, template, given) => {
  expect(fault(template, given)).toBeUndefined();
});

test.each<[string, string, ReadByTemplate, string]>([
  ['a system message', user, { system: 'Be brief.' }, 'does not read system messages'],
  ['tools', plain, { tools }, 'does not read tools'],
  ['a variable', thinking, { variables: { enable_thinkng: false } }, "a variable 'enable_thinkng'"],
  ['a part of a name', thinking, { variables: { enable: false } }, "a variable 'enable'"],
])('%s that is not read is refused', (_, template, given, words) => {
  expect(fault(template, given)).toMatchObject({
    code: 'BAD_OPTION',
    message: expect.stringContaining(words),
    details: { file: 'mine.jinja' },
  });
});

test('a template for tools reads what goes with them', () => {
  const named = [['tool_use', withTools]] as const;
  expect(fault(plain, { tools }, named)).toBeUndefined();
  expect(fault(thinking, { tools, variables: { enable_thinking: true } }, named)).toMatchObject({
    code: 'BAD_OPTION',
  });
});

test('a template that refuses system messages says so itself', () => {
  expect(fault(refusing, { system: 'Be brief.' })).toBeUndefined();
});
