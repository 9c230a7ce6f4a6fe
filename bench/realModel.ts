// Does a real model load fast and lean? A model of Qwen2.5-0.5B's shape with random weights is written to a scratch
// folder (`--folder FOLDER`, 2 GB) and loaded in processes of their own, first with packing, then from the cache.
// Targets of the second load: 2 seconds, and a peak of resident memory below 2.2 times the packed weights in q4 and
// 1.9 times in q8, Node included. `--seven` packs layers of Llama 2 7B's shape to q4 instead (`--layers N`, 4 unless
// said, 0.4 GB each), which must stay under 1 GiB of heap and buffers.
import { execFile } from 'node:child_process';
import { copyFile, mkdir, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs, promisify } from 'node:util';
import { type Dtype, openPacked } from '../src/model/index.ts';
import { half, writeRandomModel } from './randomModel.ts';
import type { LoadFigures, PackFigures } from './realModelChild.ts';
import { Report } from './table.ts';

const MEBIBYTE = 2 ** 20;
const child = fileURLToPath(new URL('./realModelChild.js', import.meta.url));

const seven = {
  architectures: ['LlamaForCausalLM'],
  model_type: 'llama',
  hidden_act: 'silu',
  hidden_size: 4096,
  intermediate_size: 11_008,
  max_position_embeddings: 4096,
  num_attention_heads: 32,
  num_key_value_heads: 32,
  rms_norm_eps: 1e-5,
  tie_word_embeddings: false,
  vocab_size: 32_000,
};
const SEVEN_LAYERS = 32;

const { values } = parseArgs({
  options: {
    folder: { type: 'string' },
    seven: { type: 'boolean', default: false },
    layers: { type: 'string', default: '4' },
    json: { type: 'string' },
  },
});
if (values.folder === undefined) throw new Error('say where the model may be written: --folder FOLDER');
const folder = join(values.folder, values.seven ? 'seven' : 'half');
const report = new Report(
  values.seven ? 'Packing the shape of Llama 2 7B' : 'Loading the shape of Qwen2.5-0.5B',
);
if (values.seven) await packSeven(Number(values.layers));
else await loadHalf();
await report.save(values.json);

async function loadHalf(): Promise<void> {
  await writeRandomModel(folder, { config: half, dtype: 'BF16', layersPerShard: half.num_hidden_layers });
  const rows: (string | number)[][] = [];
  for (const [dtype, limit] of [
    ['q4', 2.2],
    ['q8', 1.9],
  ] satisfies [Dtype, number][]) {
    const cache = join(folder, `cache-${dtype}`);
    await rm(cache, { recursive: true, force: true });
    for (const load of ['first', 'second']) {
      const figures = await measure<LoadFigures>(['load', folder, dtype], cache);
      const bytes = await packedBytes(join(cache, 'packed'));
      rows.push([
        ...[`${dtype}, ${load}`, figures.seconds, figures.processorSeconds, bytes / MEBIBYTE],
        ...[figures.peakLoaded / MEBIBYTE, figures.peakUsed / MEBIBYTE, figures.peakUsed / bytes],
        ...[load === 'second' ? limit : '', figures.promptTokens, figures.tokensPerSecond],
      ]);
    }
  }
  report.table(
    'Loads; peaks of resident memory after load() and after reading a prompt and writing 8 tokens',
    [
      ...['load', 'seconds', 'of processor', 'packed, MiB'],
      ...['peak loaded, MiB', 'peak used, MiB', 'peak / packed', 'limit'],
      ...['prompt tokens', 'tokens/s'],
    ],
    rows,
  );
}

async function packSeven(layers: number): Promise<void> {
  const config = { ...seven, num_hidden_layers: layers };
  await writeRandomModel(folder, { config, dtype: 'F16', layersPerShard: 2 });
  const packed = join(folder, 'packed');
  const pack = await measure<PackFigures>(['pack', folder, 'q4', join(packed, 'model.safetensors')]);
  report.table(
    `${layers} layers of ${SEVEN_LAYERS}, table and head to q4`,
    [
      ...['seconds', 'of processor', 'of processor per layer'],
      ...['heap and buffers, MiB', 'limit', 'resident before, MiB', 'peak resident, MiB'],
    ],
    [
      [
        ...[pack.seconds, pack.processorSeconds, pack.processorSeconds / layers],
        ...[pack.peakHeld / MEBIBYTE, 1024, pack.before / MEBIBYTE, pack.peakResident / MEBIBYTE],
      ],
    ],
  );
  for (const name of ['tokenizer.json', 'generation_config.json']) {
    await copyFile(join(folder, name), join(packed, name));
  }
  const { tokensPerSecond } = await measure<LoadFigures>(['load', packed, 'q4']);
  // a token reads all layers and the head, and of the table one row
  const { tensors } = await openPacked(join(packed, 'model.safetensors'));
  const bytes = { layers: 0, head: 0 };
  for (const [name, { length }] of tensors) {
    if (/^\d/.test(name)) bytes.layers += length;
    else if (name.startsWith('head')) bytes.head += length;
  }
  const whole = (bytes.layers / layers) * SEVEN_LAYERS + bytes.head;
  report.table(
    'Decode, tokens a second',
    [`${layers} layers`, `${SEVEN_LAYERS} layers, by bytes read`, 'GB a token'],
    [[tokensPerSecond, tokensPerSecond * ((bytes.layers + bytes.head) / whole), whole / 1e9]],
  );
}

/** Runs the child, with this folder for its cache. */
async function measure<Figures>(task: readonly string[], cache = join(folder, 'cache')): Promise<Figures> {
  await mkdir(cache, { recursive: true });
  const { stdout } = await promisify(execFile)(process.execPath, [child, ...task], {
    env: { ...process.env, TREEKV_CACHE: cache },
  });
  return JSON.parse(stdout) as Figures;
}

async function packedBytes(packed: string): Promise<number> {
  let bytes = 0;
  for (const name of await readdir(packed)) bytes += (await stat(join(packed, name))).size;
  return bytes;
}
