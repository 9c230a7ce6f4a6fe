// What does checking the packed weights cost at load? A model of Qwen2.5-0.5B's shape with random weights is packed
// as fp32 (2.4 GiB) into a scratch folder (`--folder FOLDER`, 4 GB in all), then opened again and again in one process,
// from the page cache: its header alone, as before there were checksums, and whole. Target: below 0.3 seconds a GiB.
// `key` is what naming the model by its content costs when nothing is remembered of it (1 GB of BF16).
import { existsSync } from 'node:fs';
import { rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { createOrtEngine } from '../src/engine/index.ts';
import { modelSource, packModel } from '../src/model/index.ts';
import { openPacked, readPackedHeader } from '../src/model/packedWeights.ts';
import { sourceKeyOf } from '../src/model/sourceKey.ts';
import { alternate } from './alternate.ts';
import { half, writeRandomModel } from './randomModel.ts';
import { Report } from './table.ts';

const GIBIBYTE = 2 ** 30;
const LIMIT = 0.3;

const { values } = parseArgs({ options: { folder: { type: 'string' }, json: { type: 'string' } } });
if (values.folder === undefined) throw new Error('say where the model may be written: --folder FOLDER');
const folder = join(values.folder, 'half');
const file = join(values.folder, 'packed.safetensors');
const keys = join(values.folder, 'keys');
const report = new Report('Checking packed weights');
if (!existsSync(file)) {
  await writeRandomModel(folder, { config: half, dtype: 'BF16', layersPerShard: half.num_hidden_layers });
  await packModel(folder, 'fp32', file);
}

const checkpoint = await modelSource(folder).openCheckpoint();
const sourceBytes = await sizeOf(checkpoint.files);
const packedBytes = await sizeOf([file]);
const variant = (name: string, bytes: number, run: () => Promise<unknown>) => ({ name, bytes, run });
const variants = [
  variant('header', packedBytes, () => readPackedHeader(file)),
  variant('header, engine', packedBytes, async () => startEngine(await readPackedHeader(file))),
  variant('whole', packedBytes, () => openPacked(file)),
  variant('whole, engine', packedBytes, async () => startEngine(await openPacked(file))),
  variant('key', sourceBytes, async () => {
    await rm(keys, { recursive: true, force: true });
    await sourceKeyOf(checkpoint, keys);
  }),
];
const timings = await alternate(
  variants.map(({ name, run }) => ({ name, run: () => run().then(() => undefined) })),
  { rounds: 5, burst: 1, settle: 1 },
);
await checkpoint.close();

const rows = timings.map(({ name, median, best }, i) => {
  const gibibytes = variants[i].bytes / GIBIBYTE;
  return [name, gibibytes, median / 1000, best / 1000, median / 1000 / gibibytes];
});
report.table('Seconds', ['what', 'GiB', 'median', 'best', 'median a GiB'], rows);
const [header, , whole] = timings;
const cost = (whole.median - header.median) / 1000 / (packedBytes / GIBIBYTE);
report.note(`Checking costs ${cost.toFixed(3)} s a GiB; the target is ${LIMIT}.`);
await report.save(values.json);

async function startEngine(weights: Awaited<ReturnType<typeof openPacked>>): Promise<void> {
  await (await createOrtEngine(weights)).dispose();
}

async function sizeOf(files: readonly string[]): Promise<number> {
  let bytes = 0;
  for (const path of files) bytes += (await stat(path)).size;
  return bytes;
}
