// Which form of our attention is fastest? Attention alone (attentionGraph), one session a form, in turn, over
// the sizes that occur: single tokens and chunks, one row and thirteen. All forms must give the same output.
import { Random } from '../src/core/index.ts';
import { type InferenceSession, Tensor } from '../src/engine/index.ts';
import { RotaryTable } from '../src/engine/ort/rotaryTable.ts';
import { alternate } from './alternate.ts';
import { type AttentionForm, attentionGraph, shape } from './attentionGraph.ts';
import { openSession } from './session.ts';
import { setUp } from './setup.ts';
import { Report } from './table.ts';

const sizes = [
  { B: 1, T: 1, C: 1024 },
  { B: 1, T: 1, C: 2048 },
  { B: 1, T: 1, C: 4096 },
  { B: 13, T: 1, C: 1024 },
  { B: 1, T: 16, C: 1024 },
  { B: 1, T: 64, C: 1024 },
  { B: 1, T: 64, C: 4096 },
  { B: 13, T: 16, C: 1024 },
];

const table = new RotaryTable({ headDim: shape.headDim, ropeTheta: 10000, ropeScaling: null });
table.cover(8192);
const forms: Readonly<Record<string, AttentionForm>> = {
  'values joined (the library)': { values: 'concat', outputs: 'two' },
  'probabilities cut': { values: 'slice', outputs: 'two' },
  'tables constant': { values: 'concat', outputs: 'two', tables: table },
  'new entries as one output': { values: 'concat', outputs: 'one' },
};

const setup = await setUp();
const report = new Report('Forms of attention');
const sessions: InferenceSession[] = [];
for (const form of Object.values(forms)) sessions.push(await openSession(attentionGraph(form), undefined));
const names = Object.keys(forms);
for (const size of sizes) {
  const feeds = feedsFor(size);
  const feedsOf = sessions.map(({ inputNames }) =>
    Object.fromEntries(inputNames.map((name) => [name, feeds[name]])),
  );
  const outputs: Float32Array[] = [];
  for (const [i, session] of sessions.entries())
    outputs.push((await session.run(feedsOf[i])).y.data as Float32Array);
  const error = Math.max(...outputs.map((y) => difference(y, outputs[0])));
  if (!(error < 1e-5)) throw new Error(`the forms differ by ${error}`);
  const timings = await alternate(
    sessions.map((session, i) => ({
      name: names[i],
      run: async () => {
        await session.run(feedsOf[i]);
        return undefined;
      },
    })),
    { rounds: setup.rounds(12), burst: size.B * size.T > 16 ? 6 : 16, settle: 3 },
  );
  report.table(
    `B ${size.B}, T ${size.T}, C ${size.C}: ${shape.layers} layers, D ${shape.headDim}`,
    ['form', 'ms, median', 'ms, best', 'time against the library'],
    timings.map(({ name, median, best, ratio }) => [name, median, best, ratio]),
  );
}
await report.save(setup.json);

function feedsFor({ B, T, C }: { B: number; T: number; C: number }): Record<string, Tensor> {
  const { layers, queryHeads: H, kvHeads, headDim: D } = shape;
  const [N, GT] = [B * kvHeads, (H / kvHeads) * T];
  const random = new Random(1);
  const floats = (dims: number[], value = () => random.next() - 0.5): Tensor => {
    const size = dims.reduce((product, length) => product * length, 1);
    return new Tensor('float32', Float32Array.from({ length: size }, value), dims);
  };
  // Positions as a policy leaves them: each head's slots in an order of its own.
  const integers = (dims: [number, number], first: number): Tensor => {
    const values = BigInt64Array.from({ length: dims[0] * dims[1] }, (_, i) =>
      BigInt(first + ((i * 7) % dims[1])),
    );
    return new Tensor('int64', values, dims);
  };
  const mask = new Float32Array(GT * T);
  for (let row = 0; row < GT; row++) mask.fill(-1e30, row * T + (row % T) + 1, (row + 1) * T);
  const feeds: Record<string, Tensor> = {
    x: floats([B, T, H * D]),
    cos: new Tensor('float32', table.cos, [table.length, D / 2]),
    sin: new Tensor('float32', table.sin, [table.length, D / 2]),
    causal: new Tensor('float32', mask, [GT, T]),
  };
  for (let l = 0; l < layers; l++) {
    feeds[`K_${l}`] = floats([N, C, D]);
    feeds[`V_${l}`] = floats([N, C, D]);
    feeds[`pos_${l}`] = integers([N, C], 0);
    feeds[`bias_${l}`] = floats([N, 1, C], () => 0);
    feeds[`posNew_${l}`] = integers([N, T], C);
    feeds[`qw_${l}`] = floats([N, 1, GT], () => 1);
  }
  return feeds;
}

function difference(a: Float32Array, b: Float32Array): number {
  return a.reduce((most, value, i) => Math.max(most, Math.abs(value - b[i])), 0);
}
