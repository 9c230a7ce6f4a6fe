// Bad input through the front door: each damage ends in one TreekvError whose message names the file (or the
// numbers) and the way out. Finer cases lie beside their sources; a text that is not UTF-8 is the command line's.
import { execFile } from 'node:child_process';
import { readdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type ErrorCode, type LoadOptions, load, TreekvError } from 'treekv';
import { describe, expect, it } from 'vitest';
import type { TinyModelOptions } from '../src/model/tinyModel.testing.ts';
import { useTemporaryCache } from './support/temporaryCache.ts';
import { writeTinyFolder } from './support/tinyFolder.ts';

const root = join(import.meta.dirname, '..');
const place = useTemporaryCache();
let written = 0;

/** A new folder; another seed each time, so that its weights are not packed yet. */
function folderWith(options: TinyModelOptions = {}): Promise<string> {
  written++;
  return writeTinyFolder(join(place.folder, `model-${written}`), { seed: written, ...options });
}

/** Loading fails with this code, in a message that holds all of these. */
async function refused(
  folder: string,
  code: ErrorCode,
  words: readonly string[],
  options: LoadOptions = {},
): Promise<void> {
  const error: unknown = await load(folder, { threads: 1, ...options }).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(TreekvError);
  expect(error).toMatchObject({ code, name: 'TreekvError' });
  for (const word of words) expect((error as TreekvError).message).toContain(word);
}

/** What the cache of packed weights holds. */
function packed(): Promise<string[]> {
  return readdir(join(place.folder, 'cache', 'packed')).catch(() => []);
}

describe('a model folder', () => {
  it('that does not exist', async () => {
    const folder = join(place.folder, 'nowhere');
    await refused(folder, 'FILE_NOT_FOUND', [folder, 'does not exist', 'config.json', "'books-27m-4k'"]);
  });

  it('with truncated safetensors', async () => {
    const folder = await folderWith();
    const file = join(folder, 'model.safetensors');
    const { size } = await stat(file);
    await truncate(file, size - 1000);
    const words = [file, 'truncated', `expected ${size} bytes, found ${size - 1000}`, 'download it again'];
    await refused(folder, 'BAD_FILE', words);
  });

  it('with an empty safetensors file', async () => {
    const folder = await folderWith();
    const file = join(folder, 'model.safetensors');
    await truncate(file, 0);
    await refused(folder, 'BAD_FILE', [file, '0 bytes']);
  });

  it('with a tensor of the wrong shape', async () => {
    const name = 'model.layers.1.mlp.up_proj.weight';
    const folder = await folderWith({
      change: (tensors) =>
        tensors.map((t) => (t.name === name ? { ...t, shape: [...t.shape].reverse() } : t)),
    });
    await refused(folder, 'BAD_WEIGHTS', [folder, name, 'shape [64,96]', 'makes it [96,64]']);
  });

  it('with a tensor missing', async () => {
    const name = 'model.layers.0.self_attn.o_proj.weight';
    const folder = await folderWith({ change: (tensors) => tensors.filter((t) => t.name !== name) });
    await refused(folder, 'BAD_WEIGHTS', [folder, name, 'config.json']);
  });

  it('with a tensor too many', async () => {
    const bias = { name: 'model.layers.0.self_attn.q_proj.bias', dtype: 'F32', shape: [1] } as const;
    const folder = await folderWith({
      change: (tensors) => [...tensors, { ...bias, bytes: new Uint8Array(4) }],
    });
    await refused(folder, 'UNSUPPORTED', [folder, bias.name]);
  });

  it('with weights that are not finite', async () => {
    const folder = await folderWith({
      change: ([first, ...others]) => [{ ...first, bytes: first.bytes.slice().fill(0xff, 0, 4) }, ...others],
    });
    await refused(folder, 'BAD_WEIGHTS', [folder, 'NaN']);
  });

  it('with weights of an unknown type', async () => {
    const folder = await folderWith({
      change: ([first, ...others]) => [{ ...first, dtype: 'I32' as const }, ...others],
    });
    await refused(folder, 'UNSUPPORTED', ['model.safetensors', 'I32', 'F32, F16 and BF16']);
  });

  it('with an unknown architecture', async () => {
    const folder = await folderWith({ config: { architectures: ['MambaForCausalLM'], model_type: 'mamba' } });
    await refused(folder, 'UNSUPPORTED', [join(folder, 'config.json'), 'MambaForCausalLM', 'Llama']);
  });

  it('without a tokenizer', async () => {
    const folder = await folderWith();
    const file = join(folder, 'tokenizer.json');
    await rm(file);
    await refused(folder, 'FILE_NOT_FOUND', [file, 'does not exist', 'download it']);
  });

  it('without config.json', async () => {
    const folder = await folderWith();
    await rm(join(folder, 'config.json'));
    await refused(folder, 'FILE_NOT_FOUND', [join(folder, 'config.json')]);
  });

  it('with a generation_config.json that is no JSON', async () => {
    const folder = await folderWith();
    const file = join(folder, 'generation_config.json');
    await writeFile(file, '{');
    await refused(folder, 'BAD_FILE', [file, 'not JSON']);
  });
});

describe('options', () => {
  it('with an unknown dtype', async () => {
    const options = { dtype: 'int8' } as object;
    await refused(await folderWith(), 'BAD_OPTION', ['int8', 'fp32, q8, q4'], options);
  });

  it.each([
    ['is smaller than', 10],
    ['leaves no room beside', 12],
  ])('with a budget that %s sinks + recent + 1', async (_, budget) => {
    const words = [`${budget}`, '4', '8', '13'];
    const cache = { budget, sinks: 4, recent: 8 };
    await refused(await folderWith(), 'BUDGET_TOO_SMALL', words, { cache });
  });

  it('with a mistyped policy', async () => {
    const cache = { policy: 'treekvv' };
    await refused(await folderWith(), 'BAD_OPTION', ["'treekvv'", "Did you mean 'treekv'?"], { cache });
  });
});

describe('a prompt', () => {
  it('that is empty is EMPTY_INPUT, and the model stays usable', async () => {
    const model = await load(await folderWith(), { threads: 1 });
    const empty = { code: 'EMPTY_INPUT', message: expect.stringContaining('empty') };
    await expect(model.generate('').text()).rejects.toMatchObject(empty);
    await expect((await model.session()).append('')).rejects.toMatchObject(empty);
    await expect(model.perplexity('')).rejects.toMatchObject({ code: 'EMPTY_INPUT' });
    expect((await model.generate('a', { max_new_tokens: 2 }).result).statistics.completion_tokens).toBe(2);
    await model.dispose();
  });

  it('aborted in the middle of prefill is ABORTED and says how far it came; the model stays usable', async () => {
    const model = await load(await folderWith(), {
      threads: 1,
      cache: { budget: 16 },
      prefill_chunk_size: 1,
    });
    const signal = AbortSignal.timeout(50);
    await expect(model.generate('endless '.repeat(5000), { signal }).text()).rejects.toMatchObject({
      code: 'ABORTED',
      message: expect.stringMatching(/Aborted after \d+ tokens/),
    });
    expect((await model.generate('a', { max_new_tokens: 2 }).result).statistics.completion_tokens).toBe(2);
    await model.dispose();
  });
});

describe('the weights cache', () => {
  it('in a place that cannot be written is WRITE_FAILED and names TREEKV_CACHE', async () => {
    const blocked = join(place.folder, 'blocked');
    await writeFile(blocked, 'a file where a folder should be');
    const before = process.env.TREEKV_CACHE;
    process.env.TREEKV_CACHE = blocked;
    try {
      await refused(await folderWith(), 'WRITE_FAILED', [blocked, 'set TREEKV_CACHE to a folder']);
    } finally {
      process.env.TREEKV_CACHE = before;
    }
  });

  // A limit on the size of files makes the system itself fail the write when half of the file is on disk.
  it.skipIf(process.platform === 'win32')('with a write error half-way leaves nothing behind', async () => {
    const folder = await folderWith();
    const before = await packed();
    const script = `
      import { load } from 'treekv';
      try { await load(process.argv[1], { dtype: 'fp32' }); }
      catch ({ code, message }) { console.log(JSON.stringify({ code, message })); }`;
    const command = `ulimit -f 100 && exec "$0" --input-type=module --eval "$1" "$2"`;
    const { stdout } = await promisify(execFile)('bash', ['-c', command, process.execPath, script, folder], {
      cwd: root,
    });
    expect(JSON.parse(stdout)).toMatchObject({
      code: 'WRITE_FAILED',
      message: expect.stringMatching(/packed.*could not be written: .*set TREEKV_CACHE/s),
    });
    expect(await packed()).toEqual(before);
    await (await load(folder, { dtype: 'fp32' })).dispose();
    expect(await packed()).toHaveLength(before.length + 1);
  });

  it('with a half-written file is packed again', async () => {
    const folder = await folderWith();
    const before = await packed();
    await (await load(folder, { dtype: 'fp32' })).dispose();
    const [name] = (await packed()).filter((one) => !before.includes(one));
    const file = join(place.folder, 'cache', 'packed', name);
    const whole = await readFile(file);
    await truncate(file, whole.length / 2);
    const model = await load(folder, { dtype: 'fp32' });
    expect((await readFile(file)).equals(whole)).toBe(true);
    expect((await model.generate('a', { max_new_tokens: 2 }).result).statistics.completion_tokens).toBe(2);
    await model.dispose();
  });
});
