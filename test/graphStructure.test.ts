// The decoder graph from outside: its bytes read by an independent ONNX decoder (which operators, which inputs
// and outputs), and what one run of it puts out, in fp32 and from packed integers. Reference numbers come from
// support/float64Decoder.ts. N = B*Hkv heads, T new tokens, C slots, D head, V vocabulary.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fromBinary } from '@bufbuild/protobuf';
import { ModelProtoSchema, type ValueInfoProto } from 'onnx-buf';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SequenceCache, SlotEdits } from '../src/cache/index.ts';
import { widen } from '../src/core/index.ts';
import {
  correlation,
  emptyCache,
  largestError,
  type ReferenceWeight,
  referenceNll,
  referenceStep,
} from '../src/engine/fake/float64Decoder.testing.ts';
import { createOrtEngine, type Engine, type KvStore, type StepRequest } from '../src/engine/index.ts';
import { Batch } from '../src/generation/batch.ts';
import { type Dtype, decoderGraph, openPacked, type PackedWeights, packModel } from '../src/model/index.ts';
import { packedParts } from '../src/model/packedLayout.ts';
import { dequantise } from '../src/model/quantise.ts';
import { openSafetensors } from '../src/model/safetensors.ts';
import { type TinyModel, writeTinyModel } from '../src/model/tinyModel.testing.ts';
import { type CacheOptions, findPolicy, planCache } from '../src/policies/index.ts';

const standard = [
  ...[
    'Add',
    'Concat',
    'Gather',
    'GatherElements',
    'Identity',
    'LogSoftmax',
    'MatMul',
    'Mul',
    'Neg',
    'Reshape',
  ],
  ...['Shape', 'Slice', 'Softmax', 'Split', 'Squeeze', 'Transpose', 'Unsqueeze'],
  'SimplifiedLayerNormalization', // ONNX Runtime's own, though it answers to the standard domain
];
const microsoft = ['MatMulNBits', 'QuickGelu', 'RotaryEmbedding', 'SkipSimplifiedLayerNormalization'];
const none = new Int32Array(0);
const upTo = (count: number) => Array.from({ length: count }, (_, i) => i);
const ids = Int32Array.from(upTo(80), (i) => (i * i * 7 + 5 * i + 3) % 96);
const packed = new Map<string, PackedWeights>();
let folder = '';
let tiny: TinyModel;
let engine: Engine;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'treekv-graph-'));
  tiny = await pack('tied', true);
  await pack('untied', false);
  engine = await createOrtEngine(weightsOf('tied fp32'), { threads: 1 });
});

afterAll(async () => {
  await engine.dispose();
  await rm(folder, { recursive: true });
});

describe.each(['tied fp32', 'tied q8', 'tied q4', 'untied fp32', 'untied q8', 'untied q4'])(
  'the %s graph',
  (name) => {
    it('uses standard operators and four of com.microsoft', () => {
      for (const { domain, opType } of graphOf(name).node) {
        expect({ '': standard, 'com.microsoft': microsoft }[domain]).toContain(opType);
      }
    });

    it('multiplies by packed integers at accuracy level 4 and without zero points', () => {
      const nodes = graphOf(name).node.filter(({ opType }) => opType === 'MatMulNBits');
      // four linear layers a decoder layer, and the head
      expect(nodes.length).toBe(name.endsWith('fp32') ? 0 : 4 * 2 + 1);
      for (const node of nodes) {
        expect(node.input.length).toBe(3);
        expect(node.attribute.find((attribute) => attribute.name === 'accuracy_level')?.i).toBe(4n);
      }
    });

    it('has the inputs and outputs that decoderGraph.ts documents, each layer with dimensions of its own', () => {
      const { input, output } = graphOf(name);
      const layers = (of: (l: number) => string[]) => upTo(2).flatMap(of);
      expect(input.map(described).sort()).toEqual(
        [
          ...['float x [B, T, 160]', 'float cos [P, 16]', 'float sin [P, 16]', 'float causal [GT, T]'],
          ...['int64 pick [M]', 'int64 target [S]'],
          ...layers((l) => [`float K_${l} [BHkv, C_${l}, 32]`, `float V_${l} [BHkv, C_${l}, 32]`]),
          ...layers((l) => [`int64 pos_${l} [BHkv, C_${l}]`, `int64 posNew_${l} [BHkv, T]`]),
          ...layers((l) => [`float bias_${l} [BHkv, 1, C_${l}]`, `float qw_${l} [BHkv, R_${l}, GT]`]),
        ].sort(),
      );
      expect(output.map(described).sort()).toEqual(
        [
          ...['float logits [L, 96]', 'float nll [S]'],
          ...['float mass [Mass]', 'float fresh [Fresh, T, 32]'],
        ].sort(),
      );
    });
  },
);

describe('a run puts out', () => {
  it('so many numbers beside the new entries, no more when more tokens were read', async () => {
    const { vocabSize: V, layers, kvHeads } = engine.config;
    const options: CacheOptions[] = [
      { budget: 16, recent: 4 },
      { policy: 'tova', budget: 16, recent: 4 },
    ];
    const batch = await batchOf(engine, options);
    const step = batch.store.step.bind(batch.store);
    let put = 0;
    batch.store.step = async (request) => {
      const { logits, nll, mass } = await step(request);
      put = logits.length + nll.length + mass.length;
      return { logits, nll, mass };
    };
    const numbers = (T: number, C: number, projected: number, scored: number) =>
      V * projected + scored + layers * 2 * kvHeads * (C + T);
    await batch.step([{ ids: ids.subarray(0, 12), silent: true }, { ids: ids.subarray(0, 12) }]);
    expect(put).toBe(numbers(12, 16, 1, 0));
    await batch.step([{ ids: ids.subarray(0, 4), targets: ids.subarray(1, 5) }, { ids: ids.subarray(0, 2) }]);
    expect(put).toBe(numbers(4, 16, 1, 4));
    for (let t = 0; t < 60; t++) {
      await batch.step([{ ids: ids.subarray(t, t + 1) }, { ids: ids.subarray(t, t + 1) }]);
      expect(put).toBe(numbers(1, 16, 2, 0));
    }
  });

  it('likelihoods, the negative log softmax of the logits, beside the logits of other rows', async () => {
    const [pick, target] = [Int32Array.of(2, 0, 5, 2, 0, 5, 4), Int32Array.of(11, 95, 0)];
    const { logits, nll } = await engine.open(1, 8).step(handStep(ids.subarray(0, 6), 0, pick, target));
    const { vocabSize } = engine.config;
    const row = (i: number) => logits.subarray(i * vocabSize, (i + 1) * vocabSize);
    expect(logits.length).toBe(4 * vocabSize);
    expect(
      largestError(
        nll,
        Array.from(target, (token, i) => referenceNll(row(i), token)),
      ),
    ).toBeLessThan(1e-6);
    for (const [i, t] of [2, 0, 5, 4].entries())
      expect(largestError(row(i), alone(0, 6)[t])).toBeLessThan(1e-5);
  });

  it('for each row of a batch what it asked for: nothing, likelihoods or logits', async () => {
    const batch = await batchOf(engine, Array<CacheOptions>(3).fill({ policy: 'full' }));
    const targets = ids.subarray(1, 6);
    const scored = { ids: ids.subarray(0, 5), targets };
    const silent = { ids: ids.subarray(50, 58), silent: true };
    const { nll, logits } = await batch.step([silent, scored, { ids: ids.subarray(20, 27) }]);
    expect([nll[0], nll[2], logits[0], logits[1]]).toEqual(Array(4).fill(undefined));
    expect(
      largestError(
        nll[1],
        alone(0, 5).map((row, t) => referenceNll(row, targets[t])),
      ),
    ).toBeLessThan(1e-5);
    expect(largestError(logits[2], alone(20, 27)[6])).toBeLessThan(1e-5);
  });

  it('the same whichever slots hold the entries', async () => {
    const { kvHeads } = engine.config;
    const [inOrder, scattered] = [engine.open(1, 12), engine.open(1, 20)];
    // [kvHeads, 12] a slot for each token; 7 and 13 have no divisor in common with 20
    const slots = Int32Array.from(upTo(kvHeads * 12), (i) => (i < 12 ? 7 * i + 3 : 13 * (i % 12)) % 20);
    await fill(
      inOrder,
      slots.map((_, i) => i % 12),
    );
    await fill(scattered, slots);
    const next = handStep(ids.subarray(12, 15), 12, Int32Array.of(0, 1, 2), none);
    const [expected, actual] = [await inOrder.step(next), await scattered.step(next)];
    expect(largestError(actual.logits, expected.logits)).toBeLessThan(1e-5);
    const { layers } = engine.config;
    for (let l = 0; l < layers; l++) {
      const ofLayer = (mass: Float32Array) =>
        mass.subarray((l * mass.length) / layers, ((l + 1) * mass.length) / layers);
      const [mass, inTokenOrder] = [ofLayer(actual.mass), ofLayer(expected.mass)];
      const byToken = Array.from(slots, (slot, i) => mass[Math.floor(i / 12) * 23 + slot]);
      const wanted = Array.from(slots, (_, i) => inTokenOrder[Math.floor(i / 12) * 15 + (i % 12)]);
      expect(largestError(byToken, wanted)).toBeLessThan(1e-5);
      expect(mass.filter((value) => value === 0).length).toBe(kvHeads * 8); // empty slots get exactly nothing
    }
  });

  // Accuracy level 4 rounds the inputs of every linear layer to 8 bits; a reference that does so too shows that
  // nothing else is lost. Single roundings may fall otherwise there, which costs up to 0.02.
  it.each(['tied q8', 'tied q4', 'untied q8', 'untied q4'])(
    'in %s what the packed weights say, within the rounding of activations',
    async (name) => {
      const quantised = await createOrtEngine(weightsOf(name), { threads: 1 });
      const batch = await batchOf(quantised, [{ policy: 'full' }]);
      const actual: number[] = [];
      for (const t of upTo(40)) {
        const { logits } = await batch.step([{ ids: ids.subarray(t, t + 1) }]);
        actual.push(...(logits[0] ?? []));
      }
      const exact = await unpackedLogits(weightsOf(name), false);
      const rounded = await unpackedLogits(weightsOf(name), true);
      expect(largestError(actual, exact)).toBeLessThan(5e-2);
      expect(correlation(actual, exact)).toBeGreaterThan(0.999);
      expect(largestError(actual, rounded)).toBeLessThan(3e-2);
      expect(correlation(actual, rounded)).toBeGreaterThan(0.9999);
      await quantised.dispose();
    },
  );
});

async function pack(name: string, tied: boolean): Promise<TinyModel> {
  // 160 and 192 columns: a block of 128 and part of another
  const shape = { hiddenSize: 160, intermediateSize: 192, queryHeads: 6, kvHeads: 2, headDim: 32 };
  const model = await writeTinyModel(join(folder, name), { ...shape, tied, seed: 2 });
  for (const dtype of ['fp32', 'q8', 'q4'] satisfies Dtype[]) {
    await packModel(model.folder, dtype, join(folder, `${name}-${dtype}.safetensors`));
    packed.set(`${name} ${dtype}`, await openPacked(join(folder, `${name}-${dtype}.safetensors`)));
  }
  return model;
}

function weightsOf(name: string): PackedWeights {
  const weights = packed.get(name);
  if (weights === undefined) throw new Error(`no model ${name}`);
  return weights;
}

function graphOf(name: string) {
  const { graph } = fromBinary(ModelProtoSchema, decoderGraph(weightsOf(name)));
  if (graph === undefined) throw new Error('the model has no graph');
  return graph;
}

function described({ name, type }: ValueInfoProto): string {
  if (type?.value.case !== 'tensorType') throw new Error(`${name} is no tensor`);
  const { elemType, shape } = type.value.value;
  const element = new Map([
    [1, 'float'],
    [7, 'int64'],
  ]).get(elemType);
  return `${element} ${name} [${shape?.dim.map(({ value }) => value.value).join(', ')}]`;
}

async function batchOf(on: Engine, rows: readonly CacheOptions[]): Promise<Batch> {
  const batch = new Batch(on, rows.length);
  const { layers, kvHeads: heads } = on.config;
  for (const options of rows) {
    const plan = await planCache(options);
    batch.add(new SequenceCache(plan, await findPolicy(plan.policy), { layers, heads }));
  }
  return batch;
}

/** A step of one row at positions from `first` on, all queries counting once. */
function handStep(read: Int32Array, first: number, pick: Int32Array, target: Int32Array): StepRequest {
  const { layers, kvHeads, queryHeads } = engine.config;
  const T = read.length;
  const layer = {
    newPositions: Int32Array.from(upTo(kvHeads * T), (i) => first + (i % T)),
    queryWeights: new Float32Array(queryHeads * T).fill(1),
    scoreRows: 1,
  };
  return {
    rows: 1,
    tokens: T,
    ids: read,
    layers: Array(layers).fill(layer),
    pick,
    target,
    positionLimit: 99,
  };
}

/** Reads the first 12 tokens into the given slots [kvHeads, 12]. */
async function fill(store: KvStore, slots: Int32Array): Promise<void> {
  await store.step(handStep(ids.subarray(0, 12), 0, none, none));
  const edits = new SlotEdits();
  edits.begin(slots.length);
  edits.reserve(slots.length);
  edits.slots.set(slots);
  for (const [i, slot] of slots.entries()) edits.place(Math.floor(i / 12) * store.capacity(0) + slot, i % 12);
  store.commit(Array(engine.config.layers).fill(edits));
}

/** [to - from] of [V] reference logits of a text that begins at `from`. */
function alone(from: number, to: number) {
  const { config } = engine;
  return referenceStep(config, tiny.weights, emptyCache(config), ids.subarray(from, to), upTo(to - from))
    .logits;
}

/** [40 * V] reference logits of the weights that a packed file stands for. */
async function unpackedLogits({ file, config, dtype }: PackedWeights, rounded: boolean): Promise<number[]> {
  const opened = await openSafetensors(file);
  const weights = new Map<string, ReferenceWeight>();
  for (const part of packedParts(config, dtype)) {
    if (part.kind === 'vector') {
      weights.set(part.sources[0].name, { values: widen('F32', await opened.read(part.name)) });
    } else if (part.format.kind === 'blocks') {
      const codes = await opened.read(`${part.name}.weight`);
      const scales = widen('F32', await opened.read(`${part.name}.scales`));
      const values = dequantise({ ...part, ...part.format, codes, scales });
      const roundedInputs = rounded ? part.format.block : undefined;
      let from = 0;
      for (const { name, rows } of part.sources) {
        const to = from + rows * part.columns;
        weights.set(name, { values: values.subarray(from, to), roundedInputs });
        from = to;
      }
    }
  }
  await opened.close();
  const { logits } = referenceStep(config, weights, emptyCache(config), ids.subarray(0, 40), upTo(40));
  return logits.flatMap((row) => Array.from(row));
}
