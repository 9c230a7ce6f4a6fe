// Is a decode step of TreeKV, probabilities and policy included, slower than one of the fused attention that
// other runtimes use? Both run the same weights over 1024 entries: ours as a whole step of the library,
// theirs as a run with feeding, once their logits agree. Sessions alternate in one process twice: with the
// default thread pools, whose threads spin between runs, and with spinning stopped at the end of each run,
// since a pool that spins takes a core from the other session.
import { EmbeddingTable } from '../src/model/index.ts';
import { preparePacked } from '../src/model/weightsCache.ts';
import { requireAgreement } from './agreement.ts';
import { alternate } from './alternate.ts';
import { fusedGraph } from './fusedGraph.ts';
import { type Feeding, FusedRunner } from './fusedRunner.ts';
import { newCache, Reader, randomTokens } from './reader.ts';
import { openEngine, openSession, type SessionSettings } from './session.ts';
import { setUp } from './setup.ts';
import { Report } from './table.ts';

const ENTRIES = 1024;
const schedule = { burst: 16, settle: 4 };

const setup = await setUp();
const { weights, float } = setup;
const report = new Report('Decode against fused attention');
if (float !== undefined) await requireAgreement(await preparePacked(float, 'fp32'), ENTRIES, report);
await requireAgreement(weights, ENTRIES, report);
await race('default thread pools', {});
await race('spinning stopped after each run', { entries: { force_spinning_stop: '1' } });
await report.save(setup.json);

async function race(title: string, settings: SessionSettings): Promise<void> {
  const engine = await openEngine(weights, settings);
  const ours = new Reader(engine, await newCache(engine, { policy: 'treekv', budget: ENTRIES }));
  await ours.readUntil(4 * ENTRIES);
  const session = await openSession(fusedGraph(weights), weights, settings);
  const limit = ENTRIES + schedule.burst + schedule.settle;
  const prompt = new FusedRunner(session, weights.config, await EmbeddingTable.open(weights), limit);
  await prompt.step(randomTokens(weights.config.vocabSize, ENTRIES, 2));
  const fused = (name: string, feeding: Feeding) => {
    const runner = prompt.fork(feeding);
    return {
      name,
      // Every burst begins with 1024 entries: theirs grow with each token, ours do not.
      begin: () => runner.rewind(prompt),
      run: async () => {
        await runner.step([1]);
        return undefined;
      },
    };
  };
  const timings = await alternate(
    [
      { name: 'TreeKV, whole step', run: () => ours.decode(() => 1) },
      fused('fused, growing presents', 'growing'),
      fused('fused, shared buffers', 'shared'),
    ],
    { ...schedule, rounds: setup.rounds(20) },
  );
  report.table(
    `${ENTRIES} entries, ${weights.dtype}, ${title}`,
    ['variant', 'ms, median', 'ms, best', 'time against TreeKV'],
    timings.map(({ name, median, best, ratio }) => [name, median, best, ratio]),
  );
  await prompt.dispose();
  await engine.dispose();
}
