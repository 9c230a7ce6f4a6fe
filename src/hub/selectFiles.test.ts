import { expect, test } from 'vitest';
import { parseModelId } from './modelId.ts';
import { selectFiles, shardsOf } from './selectFiles.ts';

const id = parseModelId('org/name');
const base = ['README.md', 'config.json', 'tokenizer.json'];

test('of a folder of safetensors it takes what is read and nothing else', () => {
  const all = [
    ...base,
    'model.safetensors',
    'generation_config.json',
    'tokenizer_config.json',
    'tokenizer.model',
  ];
  const extra = [
    'chat_template.jinja',
    'special_tokens_map.json',
    'pytorch_model.bin',
    'onnx/model.onnx',
    'x.gguf',
  ];
  expect(selectFiles([...all, ...extra], id)).toEqual({
    files: [
      ...['config.json', 'tokenizer.json', 'generation_config.json', 'tokenizer_config.json'],
      ...['chat_template.jinja', 'special_tokens_map.json', 'model.safetensors'],
    ],
    missing: [],
  });
});

test('an index stands for its shards, unless the weights are also in one file', () => {
  const shards = ['model-00001-of-00002.safetensors', 'model-00002-of-00002.safetensors'];
  const index = 'model.safetensors.index.json';
  expect(selectFiles([...base, index, ...shards], id)).toMatchObject({
    index,
    files: expect.arrayContaining([index]),
  });
  expect(selectFiles([...base, index, 'model.safetensors'], id)).toEqual({
    files: ['config.json', 'tokenizer.json', 'model.safetensors'],
    missing: [],
  });
});

test('what is required and absent is listed', () => {
  expect(selectFiles(['model.safetensors'], id).missing).toEqual(['config.json', 'tokenizer.json']);
  expect(selectFiles(['README.md'], id).missing).toEqual([
    'config.json',
    'tokenizer.json',
    'model.safetensors',
  ]);
});

test.each([
  ['the only .gguf file', 'org/name', ['a.gguf'], 'a.gguf'],
  ['the file named', 'org/name/q/b.gguf', ['a.gguf', 'q/b.gguf'], 'q/b.gguf'],
  ['the file with the word', 'org/name:q8_0', ['m-Q4_0.gguf', 'm-Q8_0.gguf'], 'm-Q8_0.gguf'],
  ['no part of a word', 'org/name:F16', ['m.BF16.gguf', 'm.F16.gguf'], 'm.F16.gguf'],
  [
    'a .gguf file beside safetensors, if asked for',
    'org/name:Q8_0',
    [...base, 'model.safetensors', 'Q8_0.gguf'],
    'Q8_0.gguf',
  ],
])('%s is chosen', (_, text, paths, gguf) => {
  expect(selectFiles(paths, parseModelId(text))).toEqual({ gguf, files: [gguf], missing: [] });
});

test.each([
  [
    'several files',
    'org/name',
    ['a.gguf', 'b.gguf'],
    'BAD_OPTION',
    /has 2 \.gguf files; name one, as in org\/name\/a\.gguf:\n {2}a\.gguf\n {2}b\.gguf$/,
  ],
  [
    'several with the word',
    'org/name:Q4_K',
    ['Q4_K_M.gguf', 'Q4_K_S.gguf', 'Q8_0.gguf'],
    'BAD_OPTION',
    /several for 'Q4_K'.*\n {2}Q4_K_M\.gguf\n {2}Q4_K_S\.gguf$/,
  ],
  [
    'none with the word',
    'org/name:Q2',
    ['a-Q8_0.gguf'],
    'FILE_NOT_FOUND',
    /no \.gguf file for 'Q2'.*\n {2}a-Q8_0\.gguf$/,
  ],
  ['a file that is not there', 'org/name/x.gguf', ['a.gguf'], 'FILE_NOT_FOUND', /no x\.gguf.*\n {2}a\.gguf$/],
  ['a file where there are none', 'org/name/x.gguf', base, 'FILE_NOT_FOUND', /It has no \.gguf files\./],
  [
    'a part of a split file',
    'org/name',
    ['a-00001-of-00003.gguf'],
    'UNSUPPORTED',
    /one part of a split file/,
  ],
  [
    'pickles only',
    'org/name',
    [...base, 'pytorch_model.bin'],
    'UNSUPPORTED',
    /pytorch_model\.bin only.*safe_serialization=True/,
  ],
])('%s is an error with a way out', (_, text, paths, code, message) => {
  expect(() => selectFiles(paths, parseModelId(text))).toThrow(expect.objectContaining({ code }));
  expect(() => selectFiles(paths, parseModelId(text))).toThrow(message);
});

test('an index names each shard once', () => {
  const index = JSON.stringify({ weight_map: { a: 'two', b: 'one', c: 'two' } });
  expect(shardsOf(index, 'i.json')).toEqual(['one', 'two']);
});

test.each([
  '{',
  '[]',
  '{"weight_map":{}}',
  '{"weight_map":{"a":"../b"}}',
  '{"weight_map":{"a":".."}}',
  '{"weight_map":{"a":1}}',
])('an index with %s is BAD_FILE', (text) => {
  expect(() => shardsOf(text, 'i.json')).toThrow(
    expect.objectContaining({ code: 'BAD_FILE', details: { file: 'i.json' } }),
  );
});
