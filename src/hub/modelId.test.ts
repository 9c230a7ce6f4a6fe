import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isCommit, isSafePath, parseModelId, revisionOf } from './modelId.ts';

test.each([
  ['org/name', { repository: 'org/name' }],
  ['hf:org/name', { repository: 'org/name' }],
  ['Qwen/Qwen2.5-0.5B@v1', { repository: 'Qwen/Qwen2.5-0.5B', revision: 'v1' }],
  ['hf:org/name@refs/pr/1', { repository: 'org/name', revision: 'refs/pr/1' }],
  ['org/name/file.gguf', { repository: 'org/name', file: 'file.gguf' }],
  ['org/name/q8/file.GGUF@main', { repository: 'org/name', file: 'q8/file.GGUF', revision: 'main' }],
  ['hf:org/name:Q8_0', { repository: 'org/name', quant: 'Q8_0' }],
  ['org/name:Q4_K_M@v2', { repository: 'org/name', quant: 'Q4_K_M', revision: 'v2' }],
])('%s is read', (text, id) => {
  expect(parseModelId(text)).toEqual(id);
});

test.each([
  ['name', /no slash/],
  ['', /no slash/],
  ['/tmp/model', /'' is no name/],
  ['./model', /'\.' begins or ends/],
  ['../name', /'\.\.' begins or ends/],
  ['org/..', /begins or ends/],
  ['org/a..b', /'a\.\.b' has/],
  ['org/a--b', /has '--'/],
  ['org/name.git', /'\.git' at its end/],
  ['org/-name', /begins or ends/],
  [`org/${'n'.repeat(97)}`, /at most 96/],
  ['org/na me', /is no name/],
  ['C:\\models\\llama', /no slash/],
  ['org/name/config.json', /'config\.json' is not the path of a \.gguf file/],
  ['org/name/../../x.gguf', /is not the path/],
  ['org/name/', /is not the path/],
  ['org/name/file.gguf:Q8_0', /both a file and a quantisation/],
  ['org/name:', /'' is no quantisation/],
  ['org/name:a:b', /more than one colon/],
  ['org/name@a@b', /more than one @/],
  ['org/name@', /'' is no revision/],
  ['org/name@../x', /is no revision/],
  ['org/name@/main', /is no revision/],
  ['org/name@a b', /is no revision/],
  ['org/name@x.lock', /is no revision/],
  ['org/name@-f', /is no revision/],
])('%j is BAD_OPTION', (text, message) => {
  expect(() => parseModelId(text)).toThrow(expect.objectContaining({ code: 'BAD_OPTION' }));
  expect(() => parseModelId(text)).toThrow(message);
});

test('whatever is accepted stays below its folder', () => {
  const word = fc.string({
    unit: fc.constantFrom('a', '.', '-', '/', '\\', '@', ':', ' ', '~', 'gguf'),
    maxLength: 12,
  });
  fc.assert(
    fc.property(word, word, word, (a, b, c) => {
      let id: ReturnType<typeof parseModelId>;
      try {
        id = parseModelId(`${a}/${b}@${c}`);
      } catch {
        return;
      }
      for (const path of [id.repository, id.file, id.revision]) {
        if (path !== undefined) expect(new URL(path, 'http://h/x/').pathname).toBe(`/x/${path}`);
      }
    }),
    { numRuns: 2000 },
  );
});

test('a revision comes from the option, the id, or is main; two that differ are refused', () => {
  const [plain, named] = [parseModelId('org/name'), parseModelId('org/name@v1')];
  expect([revisionOf(plain, undefined), revisionOf(plain, 'v2'), revisionOf(named, undefined)]).toEqual([
    ...['main', 'v2', 'v1'],
  ]);
  expect(revisionOf(named, 'v1')).toBe('v1');
  expect(() => revisionOf(named, 'v2')).toThrow(/revision 'v1', the option 'revision' says 'v2'/);
  expect(() => revisionOf(plain, '../main')).toThrow(/is no revision/);
});

test('a commit is 40 small hexadecimal digits', () => {
  expect(['a'.repeat(40), 'A'.repeat(40), 'a'.repeat(39), 'main'].map(isCommit)).toEqual([
    true,
    false,
    false,
    false,
  ]);
});

test.each(['../x', 'a/../b', '/etc/x', 'a//b', './a', 'a\\b', 'C:x', 'a\0b', '', 'a/'])(
  '%j is no safe path',
  (path) => {
    expect(isSafePath(path)).toBe(false);
  },
);

test('names with dots and folders are safe paths', () => {
  expect(['a', 'a/b.c', '..a', 'a..b', 'a/.b'].every(isSafePath)).toBe(true);
});
