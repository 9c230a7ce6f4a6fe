// What every engine promises, as tests that each engine runs: `engineContract('name', open)` in a test file of its
// own. Numbers are compared with the float64 decoder, so an engine is told its weights by their Hugging Face names.
// How fast it is, and what its files look like, is its own tests' business.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EMPTY, SlotEdits } from '../cache/index.ts';
import type { Engine, KvStore, StepRequest, StepResult } from './engine.ts';
import {
  largestError,
  type ReferenceStep,
  ReferenceText,
  type ReferenceWeights,
  referenceNll,
} from './fake/float64Decoder.testing.ts';

/** An engine under test. */
export interface EngineUnderTest {
  readonly engine: Engine;
  readonly weights: ReferenceWeights;
  /** Largest error of logits and mass, over the largest magnitude. */
  readonly tolerance: number;
}

const upTo = (count: number) => Array.from({ length: count }, (_, i) => i);
const text = Int32Array.from(upTo(40), (i) => (i * i * 7 + 5 * i + 3) % 96);

/** The tests of one engine; its model has at least 96 tokens, 2 layers and 2 KV heads. */
export function engineContract(name: string, open: () => Promise<EngineUnderTest>): void {
  describe(`${name} keeps the engine's contract:`, () => {
    let engine: Engine;
    let weights: ReferenceWeights;
    let tolerance: number;

    beforeAll(async () => {
      ({ engine, weights, tolerance } = await open());
    });
    afterAll(() => engine.dispose());

    /** Tokens of rows at positions from `first` on; every query counts once in `scoreRows` rows. */
    function request(rows: readonly Int32Array[], first: number, scoreRows = 1): StepRequest {
      const { layers, kvHeads, queryHeads } = engine.config;
      const tokens = rows[0].length;
      const heads = rows.length * kvHeads;
      return {
        rows: rows.length,
        tokens,
        ids: Int32Array.from(rows.flatMap((ids) => Array.from(ids))),
        layers: upTo(layers).map(() => ({
          newPositions: Int32Array.from(upTo(heads * tokens), (i) => first + (i % tokens)),
          queryWeights: new Float32Array(((heads * queryHeads) / kvHeads) * tokens * scoreRows).fill(1),
          scoreRows,
        })),
        pick: Int32Array.from(upTo(rows.length * tokens)),
        target: new Int32Array(0),
        positionLimit: first + tokens,
      };
    }

    /** Edits of one layer that put the t-th staged entry of every head into slots[t]; -1 drops it. */
    function edits(store: KvStore, layer: number, rows: number, slots: readonly number[], first: number) {
      const made = new SlotEdits();
      const heads = rows * engine.config.kvHeads;
      made.begin(heads * slots.length);
      made.reserve(heads * slots.length);
      for (let head = 0; head < heads; head++) {
        for (const [t, slot] of slots.entries()) {
          made.slots[head * slots.length + t] = slot;
          if (slot >= 0) made.place(head * store.capacity(layer) + slot, first + t);
        }
      }
      return made;
    }

    function commit(store: KvStore, rows: number, slots: readonly number[], first: number): void {
      store.commit(upTo(engine.config.layers).map((l) => edits(store, l, rows, slots, first)));
    }

    /** Reads tokens of one row into slots. */
    async function read(store: KvStore, ids: Int32Array, first: number, slots: readonly number[]) {
      const result = await store.step(request([ids], first));
      commit(store, 1, slots, first);
      return result;
    }

    /** The reference's step over text[0 .. from] and then text[from .. to]. */
    function reference(ids: Int32Array, from: number): ReferenceStep {
      const { layers, kvHeads } = engine.config;
      const reader = new ReferenceText(engine.config, weights);
      const all = (count: number) => upTo(layers).map(() => upTo(kvHeads).map(() => upTo(count)));
      if (from > 0) reader.read(ids.subarray(0, from), all(0), true);
      return reader.read(ids.subarray(from), all(from), true);
    }

    /** [queryHeads of a KV head summed over the queries] mass of a layer's head over the tokens. */
    function referenceMass({ probabilities }: ReferenceStep, layer: number, head: number): number[] {
      const group = engine.config.queryHeads / engine.config.kvHeads;
      const rows = probabilities[layer].slice(head * group, (head + 1) * group).flat();
      return Array.from(rows[0], (_, i) => rows.reduce((sum, row) => sum + row[i], 0));
    }

    function expectLogits({ logits }: StepResult, expected: readonly Float64Array[]): void {
      expect(
        largestError(
          logits,
          expected.flatMap((row) => Array.from(row)),
        ),
      ).toBeLessThan(tolerance);
    }

    it('logits are those of the model, in one step and in two', async () => {
      const store = engine.open(1, 12);
      expectLogits(
        await read(store, text.subarray(0, 8), 0, upTo(8)),
        reference(text.subarray(0, 8), 0).logits,
      );
      const more = await read(store, text.subarray(8, 12), 8, [8, 9, 10, 11]);
      expectLogits(more, reference(text.subarray(0, 12), 8).logits);
      store.dispose();
    });

    it('likelihoods are those of the logits, and only rows that are not scored give logits', async () => {
      const store = engine.open(1, 0);
      const asked = request([text.subarray(0, 4)], 0);
      const pick = Int32Array.of(2, 0, 3);
      const { logits, nll } = await store.step({ ...asked, pick, target: Int32Array.of(7, 11) });
      const expected = reference(text.subarray(0, 4), 0).logits;
      const scored = [referenceNll(expected[2], 7), referenceNll(expected[0], 11)];
      expect(largestError(nll, scored)).toBeLessThan(tolerance);
      expect(largestError(logits, expected[3])).toBeLessThan(tolerance);
      store.dispose();
    });

    it('mass comes layer by layer and by slot, empty slots get exactly none, and new tokens are last', async () => {
      const { layers, kvHeads } = engine.config;
      const store = engine.open(1, 7);
      store.grow(1, 9);
      await read(store, text.subarray(0, 5), 0, [6, 0, 3, 1, 5]);
      const { mass } = await store.step(request([text.subarray(5, 8)], 5));
      const expected = reference(text.subarray(0, 8), 5);
      let at = 0;
      for (let l = 0; l < layers; l++) {
        const capacity = store.capacity(l);
        const columns = [6, 0, 3, 1, 5, capacity, capacity + 1, capacity + 2];
        for (let head = 0; head < kvHeads; head++, at += capacity + 3) {
          const own = Array.from(mass.subarray(at, at + capacity + 3));
          const inOrder = columns.map((column) => own[column]);
          expect(largestError(inOrder, referenceMass(expected, l, head))).toBeLessThan(tolerance);
          expect(own.filter((value) => value === 0)).toHaveLength(capacity - 5);
        }
      }
      expect(at).toBe(mass.length);
      store.dispose();
    });

    it('who asks for no mass gets none', async () => {
      const store = engine.open(1, 4);
      expect((await store.step(request([text.subarray(0, 3)], 0, 0))).mass).toHaveLength(0);
      store.dispose();
    });

    it('an entry that is dropped, or whose slot falls empty, is seen no more', async () => {
      const { layers, kvHeads } = engine.config;
      const store = engine.open(1, 4);
      await read(store, text.subarray(0, 3), 0, [0, -1, 1]);
      const emptied = upTo(layers).map((l) => {
        const made = edits(store, l, 1, [2], 3);
        made.reserve(0, kvHeads);
        for (let head = 0; head < kvHeads; head++) made.empty(head * 4);
        return made;
      });
      await store.step(request([text.subarray(3, 4)], 3));
      store.commit(emptied);
      const { mass } = await store.step(request([text.subarray(4, 5)], 4));
      expect(Array.from(mass.subarray(0, 5), (value) => value > 0)).toEqual([false, true, true, false, true]);
      store.dispose();
    });

    it('what is committed takes the place of what lay in the slot', async () => {
      const [used, fresh] = [engine.open(1, 2), engine.open(1, 2)];
      await read(used, text.subarray(20, 22), 0, [0, 1]);
      const before = await used.read(0, 0);
      for (const store of [used, fresh]) await read(store, text.subarray(0, 2), 0, [0, 1]);
      // a first layer's keys follow from the tokens alone, whatever was seen before
      const [{ keys }, expected] = [await used.read(0, 0), await fresh.read(0, 0)];
      expect(largestError(keys, before.keys)).toBeGreaterThan(0.1);
      expect(largestError(keys, expected.keys)).toBeLessThan(tolerance);
      for (const store of [used, fresh]) store.dispose();
    });

    it('growing keeps what lies in the slots, in the one layer that grows', async () => {
      const [grown, roomy] = [engine.open(1, 3), engine.open(1, 3)];
      for (const store of [grown, roomy]) await read(store, text.subarray(0, 3), 0, [0, 1, 2]);
      grown.grow(0, 70);
      expect([grown.capacity(0), grown.capacity(1)]).toEqual([70, 3]);
      expect(grown.bytes).toBeGreaterThan(roomy.bytes);
      const next = request([text.subarray(3, 5)], 3, 0);
      expect(largestError((await grown.step(next)).logits, (await roomy.step(next)).logits)).toBeLessThan(
        tolerance,
      );
      for (const store of [grown, roomy]) store.dispose();
    });

    it('rows neither see nor disturb each other, and change places when asked to', async () => {
      const store = engine.open(2, 6);
      const others = [text.subarray(0, 4), text.subarray(10, 14)];
      await store.step(request(others, 0));
      commit(store, 2, [0, 1, 2, 3], 0);
      store.swapRows(0, 1);
      const { logits } = await store.step(request([text.subarray(14, 16), text.subarray(4, 6)], 4, 0));
      const expected = [reference(text.subarray(10, 16), 4), reference(text.subarray(0, 6), 4)];
      expectLogits(
        { logits, nll: logits, mass: logits },
        expected.flatMap((step) => step.logits),
      );
      store.dispose();
    });

    it('a row that is cleared begins anew', async () => {
      const store = engine.open(2, 4);
      await store.step(request([text.subarray(0, 2), text.subarray(2, 4)], 0));
      commit(store, 2, [0, 1], 0);
      store.clear(1);
      const { mass } = await store.step(request([text.subarray(4, 5), text.subarray(5, 6)], 2));
      const half = mass.length / engine.config.layers / 2;
      expect(Array.from(mass.subarray(0, 5), (value) => value > 0)).toEqual([true, true, false, false, true]);
      expect(Array.from(mass.subarray(half, half + 5), (value) => value > 0)).toEqual([
        ...[false, false, false, false, true],
      ]);
      store.dispose();
    });

    it('entries that are read and written elsewhere serve there as they did here', async () => {
      const { layers, kvHeads } = engine.config;
      const [here, there] = [engine.open(1, 5), engine.open(2, 5)];
      await read(here, text.subarray(0, 3), 0, [4, 0, 2]);
      const positions = Int32Array.from(upTo(kvHeads).flatMap(() => [1, EMPTY, 2, EMPTY, 0]));
      for (let l = 0; l < layers; l++) await there.write(1, l, await here.read(0, l), positions);
      there.swapRows(0, 1);
      const next = request([text.subarray(3, 5)], 3);
      const [expected, actual] = [await here.step(next), await there.step(next)];
      expect(largestError(actual.logits, expected.logits)).toBeLessThan(tolerance);
      expect(largestError(actual.mass, expected.mass)).toBeLessThan(tolerance);
      for (const store of [here, there]) store.dispose();
    });

    it('entries that are gathered lie packed in the first slots, and nothing else is left in the row', async () => {
      const { layers, kvHeads } = engine.config;
      const [large, small] = [engine.open(1, 6), engine.open(1, 4)];
      await read(small, text.subarray(30, 34), 0, [0, 1, 2, 3]);
      await read(large, text.subarray(0, 6), 0, upTo(6));
      const positions = Int32Array.from(upTo(2 * kvHeads), (i) => i % 2);
      // every head keeps two others
      const slots = Int32Array.from(upTo(2 * kvHeads), (i) => 2 * (i % 2) + Math.floor(i / 2) + 1);
      for (let l = 0; l < layers; l++) await small.gather(0, l, { from: large, row: 0, slots, positions });
      const { headDim } = engine.config;
      const [whole, kept] = [await large.read(0, 1), await small.read(0, 1)];
      for (const [i, slot] of slots.entries()) {
        const head = Math.floor(i / 2);
        const entry = (from: Float32Array, at: number) => from.slice(at * headDim, (at + 1) * headDim);
        expect(entry(kept.values, head * 4 + (i % 2))).toEqual(entry(whole.values, head * 6 + slot));
      }
      const { mass } = await small.step(request([text.subarray(6, 7)], 2));
      expect(Array.from(mass.subarray(0, 5), (value) => value > 0)).toEqual([true, true, false, false, true]);
      for (const store of [large, small]) store.dispose();
    });

    it('while a decision is awaited nothing else happens, and afterwards everything may', async () => {
      const store = engine.open(2, 4);
      const asked = request([text.subarray(0, 2)], 0);
      const entries = await store.read(0, 0);
      const positions = new Int32Array(4 * engine.config.kvHeads).fill(EMPTY);
      await store.step(asked);
      await expect(store.step(asked)).rejects.toThrow(/neither committed nor discarded/);
      for (const use of [() => store.grow(0, 9), () => store.clear(0), () => store.swapRows(0, 1)]) {
        expect(use).toThrow(/neither committed nor discarded/);
      }
      await expect(store.read(0, 0)).rejects.toThrow(/neither committed nor discarded/);
      await expect(store.write(0, 0, entries, positions)).rejects.toThrow(/neither committed nor discarded/);
      store.discard();
      expect(() => commit(store, 1, [0, 1], 0)).toThrow(/no step waits/);
      store.grow(0, 9);
      const { mass } = await store.step(asked);
      expect(mass.subarray(0, 9)).toEqual(new Float32Array(9)); // what was discarded lies nowhere
      store.dispose();
    });

    it('two steps at once are refused, and the first goes on', async () => {
      const store = engine.open(1, 4);
      const first = store.step(request([text.subarray(0, 2)], 0));
      await expect(store.step(request([text.subarray(0, 2)], 0))).rejects.toThrow(/a step is running/);
      expectLogits(await first, reference(text.subarray(0, 2), 0).logits);
      store.dispose();
    });

    it('edits of the wrong length change nothing and leave the decision open', async () => {
      const store = engine.open(1, 4);
      await store.step(request([text.subarray(0, 2)], 0));
      expect(() => commit(store, 1, [0], 0)).toThrow(/slots, not/);
      commit(store, 1, [0, 1], 0);
      store.dispose();
    });

    it('a token beyond the vocabulary is BAD_OPTION, and the store stays usable', async () => {
      const store = engine.open(1, 4);
      const bad = Int32Array.of(3, engine.config.vocabSize);
      await expect(store.step(request([bad], 0))).rejects.toMatchObject({ code: 'BAD_OPTION' });
      await read(store, text.subarray(0, 2), 0, [0, 1]);
      store.dispose();
    });

    it('after its end an engine runs nothing', async () => {
      const ended = await open();
      const store = ended.engine.open(1, 4);
      await ended.engine.dispose();
      await ended.engine.dispose();
      await expect(store.step(request([text.subarray(0, 2)], 0))).rejects.toMatchObject({ code: 'DISPOSED' });
    });
  });
}
