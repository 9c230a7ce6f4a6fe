// Chat templates and special tokens, as model folders hold them: every place, and which one wins.
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { temporaryFolder } from '../core/temporaryFolder.testing.ts';
import { readChatTemplate } from './chatTemplateText.ts';

/** A folder with these files; anything but a text is written as JSON. */
async function folderWith(files: Readonly<Record<string, unknown>>): Promise<string> {
  const folder = await temporaryFolder();
  for (const [name, content] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), typeof content === 'string' ? content : JSON.stringify(content));
  }
  return folder;
}

describe('the template', () => {
  test('is that of tokenizer_config.json', async () => {
    const folder = await folderWith({ 'tokenizer_config.json': { chat_template: 'A' } });
    expect(await readChatTemplate(folder)).toEqual({
      file: join(folder, 'tokenizer_config.json'),
      template: 'A',
      named: new Map(),
      tokens: {},
    });
  });

  test('is the one called default of several', async () => {
    const several = [
      { name: 'tool_use', template: 'T' },
      { name: 'default', template: 'D' },
    ];
    const folder = await folderWith({ 'tokenizer_config.json': { chat_template: several } });
    const { template, named } = await readChatTemplate(folder);
    expect(template).toBe('D');
    expect(named.get('tool_use')).toBe('T');
  });

  test('is none of several where no default is named', async () => {
    const several = [{ name: 'tool_use', template: 'T' }];
    const folder = await folderWith({ 'tokenizer_config.json': { chat_template: several } });
    expect((await readChatTemplate(folder)).template).toBeUndefined();
  });

  test('is that of chat_template.jinja before all others, with the named ones beside it', async () => {
    const folder = await folderWith({
      'tokenizer_config.json': { chat_template: 'A' },
      'chat_template.jinja': 'B\n',
      'additional_chat_templates/tool_use.jinja': 'T',
      'additional_chat_templates/notes.txt': 'no template',
    });
    expect(await readChatTemplate(folder)).toEqual({
      file: join(folder, 'chat_template.jinja'),
      template: 'B\n',
      named: new Map([['tool_use', 'T']]),
      tokens: {},
    });
  });

  test('with a file where the folder of others should be is BAD_FILE', async () => {
    const folder = await folderWith({ 'chat_template.jinja': 'B', additional_chat_templates: 'no folder' });
    await expect(readChatTemplate(folder)).rejects.toMatchObject({
      code: 'BAD_FILE',
      message: expect.stringContaining('additional_chat_templates'),
    });
  });

  test.each([{}, { 'tokenizer_config.json': {} }, { 'tokenizer_config.json': { chat_template: null } }])(
    'is undefined for a folder with %o',
    async (files) => {
      const folder = await folderWith(files);
      expect((await readChatTemplate(folder)).template).toBeUndefined();
    },
  );

  test.each([[7], [{ name: 'default' }], [['default']], [[null]]])(
    'cannot be %j: BAD_FILE names the file',
    async (given) => {
      const folder = await folderWith({ 'tokenizer_config.json': { chat_template: given } });
      await expect(readChatTemplate(folder)).rejects.toMatchObject({
        code: 'BAD_FILE',
        message: expect.stringContaining(join(folder, 'tokenizer_config.json')),
      });
    },
  );
});

describe('special tokens', () => {
  test('are texts, or objects with a text; anything else is left out', async () => {
    const config = { bos_token: '<s>', eos_token: { content: '</s>' }, pad_token: null, add_bos_token: true };
    const folder = await folderWith({ 'tokenizer_config.json': config });
    expect((await readChatTemplate(folder)).tokens).toEqual({ bos_token: '<s>', eos_token: '</s>' });
  });

  test.each<[string, object, object]>([
    ['count first in folders without added_tokens_decoder', {}, { bos_token: '<s>', eos_token: '</s>' }],
    ['do not count beside it', { added_tokens_decoder: {} }, { eos_token: '<|im_end|>' }],
  ])('of special_tokens_map.json %s, as in transformers', async (_, more, expected) => {
    const folder = await folderWith({
      'tokenizer_config.json': { eos_token: '<|im_end|>', ...more },
      'special_tokens_map.json': { bos_token: '<s>', eos_token: { content: '</s>' } },
    });
    expect((await readChatTemplate(folder)).tokens).toEqual(expected);
  });

  test('are known of a model without a template, for one that the user brings', async () => {
    const folder = await folderWith({ 'tokenizer_config.json': { bos_token: '<s>' } });
    expect(await readChatTemplate(folder)).toMatchObject({
      template: undefined,
      tokens: { bos_token: '<s>' },
    });
  });
});

test.each(['chat_template.jinja', 'tokenizer_config.json', 'special_tokens_map.json'])(
  'a %s that is not UTF-8 is BAD_FILE and says where, not another prompt',
  async (name) => {
    const folder = await temporaryFolder();
    await writeFile(join(folder, name), Buffer.from('{"chat_template": "Gr\u00fc\u00dfe"}', 'latin1'));
    await expect(readChatTemplate(folder)).rejects.toMatchObject({
      code: 'BAD_FILE',
      message: expect.stringMatching(`${name} is not UTF-8: byte 21 is wrong`),
    });
  },
);
