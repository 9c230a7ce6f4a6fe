// Which settings of ONNX Runtime make a decode step fastest? Threads, spinning and graph optimisation, one
// changed at a time from the library's own, with the whole engine at budget 1024. Best on a machine that
// does nothing else; a setting that wins only there and loses on a busy one is no good default.
import { alternate } from './alternate.ts';
import { newCache, Reader } from './reader.ts';
import { openEngine, type SessionSettings } from './session.ts';
import { setUp } from './setup.ts';
import { Report } from './table.ts';

const settings: Readonly<Record<string, SessionSettings>> = {
  'threads 2, spinning, all': {},
  'threads 1': { threads: 1 },
  'no spinning': { entries: { 'intra_op.allow_spinning': '0' } },
  'spinning stopped after each run': { entries: { force_spinning_stop: '1' } },
  'optimisation extended': { optimisation: 'extended' },
  'optimisation basic': { optimisation: 'basic' },
};

const setup = await setUp();
const report = new Report('Session settings');
const variants = [];
for (const [name, chosen] of Object.entries(settings)) {
  const engine = await openEngine(setup.weights, chosen);
  const reader = new Reader(engine, await newCache(engine, { policy: 'treekv', budget: 1024 }));
  await reader.readUntil(2048);
  variants.push({ name, run: () => reader.decode(() => 1) });
}
const timings = await alternate(variants, { rounds: setup.rounds(20), burst: 12, settle: 5 });
report.table(
  `Decode at budget 1024, ${setup.weights.dtype}`,
  ['settings', 'ms, median', 'ms, best', 'time against the first'],
  timings.map(({ name, median, best, ratio }) => [name, median, best, ratio]),
);
await report.save(setup.json);
