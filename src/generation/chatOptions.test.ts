// Options of a chat and messages to send: plain copies of what was given, or an error that says what is wrong.
// What a chat does with them is in test/chat.test.ts.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, it } from 'vitest';
import { newMessages, planChat } from './chatOptions.ts';

it('a text is a user’s message', () => {
  expect(newMessages('Hello')).toEqual([{ role: 'user', content: 'Hello' }]);
});

it('messages keep all their fields but undefined ones, and are copies', () => {
  const call = { function: { name: 'now', arguments: { a: [1, null, true] } } };
  const messages = [
    { role: 'assistant', tool_calls: [call], name: undefined },
    { role: 'tool', content: '9' },
  ];
  const own = newMessages(messages);
  call.function.name = 'changed';
  expect(own).toEqual([
    { role: 'assistant', tool_calls: [{ function: { name: 'now', arguments: { a: [1, null, true] } } }] },
    { role: 'tool', content: '9' },
  ]);
  expect(Object.keys(own[0])).not.toContain('name');
});

it.each([
  ['a function', () => 1],
  ['a date', new Date()],
  ['a number that JSON lacks', Number.NaN],
  ['a big integer', 1n],
])('%s in a message is BAD_OPTION, since a snapshot could not keep it', (_, value) => {
  expect(() => newMessages({ role: 'user', content: '', value })).toThrow(
    expect.objectContaining({ code: 'BAD_OPTION', message: expect.stringContaining('plain data') }),
  );
});

it('options that were not given are left out', async () => {
  expect(await planChat({})).toEqual({});
});

it('a template is text, or a file that is read now', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'treekv-chat-'));
  const file = join(folder, 'own.jinja');
  await writeFile(file, '{{ x }}');
  expect(await planChat({ template: '{{ y }}' })).toEqual({
    template: { file: 'the option template', template: '{{ y }}' },
  });
  expect(await planChat({ template: pathToFileURL(file) })).toEqual({
    template: { file, template: '{{ x }}' },
  });
  await rm(folder, { recursive: true });
  await expect(planChat({ template: pathToFileURL(file) })).rejects.toMatchObject({
    code: 'FILE_NOT_FOUND',
    message: expect.stringContaining(file),
  });
});
