// Does a token after 64k tokens cost what one after 4k costs? Two sequences under TreeKV decode in turn in
// bursts of 64 tokens; their medians must lie within 5 %. And does what was read leave anything behind? One
// sequence reads 4k tokens, then on to 64k; the process's resident memory after a forced collection may
// differ by no more than 20 MiB.
import { createOrtEngine } from '../src/engine/index.ts';
import { alternate } from './alternate.ts';
import { newCache, Reader } from './reader.ts';
import { collectGarbage, setUp } from './setup.ts';
import { Report } from './table.ts';

const KIBI = 1024;
const MEBIBYTE = 2 ** 20;
const TIME_LIMIT = 0.05;
const MEMORY_LIMIT = 20;

const setup = await setUp();
const report = new Report('Constant cost under TreeKV');
const engine = await createOrtEngine(setup.weights);
const open = async () => new Reader(engine, await newCache(engine, { policy: 'treekv', budget: 1024 }));

const long = await open();
const after4k = await resident(long, 4 * KIBI);
const after64k = await resident(long, 64 * KIBI);
report.table(
  'Resident memory after collection, MiB',
  ['tokens read', 'process', 'cache'],
  [
    ['4k', after4k.process, after4k.cache],
    ['64k', after64k.process, after64k.cache],
  ],
);
verdict(after64k.process - after4k.process, MEMORY_LIMIT, 'MiB more after 64k than after 4k');

const short = await open();
await short.readUntil(4 * KIBI);
const timings = await alternate(
  [
    { name: '4k', run: () => short.decode(() => 1) },
    { name: '64k', run: () => long.decode(() => 1) },
  ],
  { rounds: setup.rounds(16), burst: 64, settle: 2 },
);
report.table(
  `One token, ${setup.weights.dtype}`,
  ['tokens read', 'ms, median', 'ms, best', 'time against 4k'],
  timings.map(({ name, median, best, ratio }) => [name, median, best, ratio]),
);
verdict(Math.abs(timings[1].ratio - 1), TIME_LIMIT, 'apart in time, as a share');
await report.save(setup.json);

async function resident(reader: Reader, length: number): Promise<{ process: number; cache: number }> {
  await reader.readUntil(length);
  // A few single tokens, so that the buffers of decode are there in both cases.
  for (let i = 0; i < 32; i++) await reader.decode(() => 1);
  await collectGarbage();
  return { process: process.memoryUsage.rss() / MEBIBYTE, cache: reader.batch.bytes / MEBIBYTE };
}

function verdict(found: number, limit: number, what: string): void {
  const word = found <= limit ? 'met' : 'NOT MET';
  report.note(`${found.toFixed(3)} ${what}; at most ${limit}: ${word}.`);
  if (found > limit) process.exitCode = 1;
}
