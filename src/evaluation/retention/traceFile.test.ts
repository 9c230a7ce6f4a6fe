// Trace files that are damaged, cut or foreign: every one of them is BAD_FILE, with numbers.
import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { flipped } from '../../core/damage.testing.ts';
import { Random, TreekvError } from '../../core/index.ts';
import { encodeSafetensors } from '../../model/index.ts';
import { h2o, treekv } from '../../policies/index.ts';
import { oneByOne, takeTrace } from './takeTrace.testing.ts';
import { decodeTraces, encodeTraces } from './traceFile.ts';

const options = { budget: 6, sinks: 1, recent: 1 };
const traces = [treekv, h2o].map(
  (definition) => takeTrace({ definition, options, layers: 2, heads: 2 }, oneByOne(40)).trace,
);
const file = encodeTraces({ about: { of: 'a test' }, traces });

function messageOf(bytes: Uint8Array): string {
  try {
    decodeTraces(bytes, 'a.trace');
  } catch (error) {
    if (!(error instanceof TreekvError) || error.code !== 'BAD_FILE') throw error;
    return error.message;
  }
  return 'read';
}

test('what was written is read, from a Buffer that does not begin at its own bytes too', () => {
  const pooled = Buffer.concat([Buffer.from('abc'), file]).subarray(3);
  for (const bytes of [file, pooled]) {
    expect(decodeTraces(bytes, 'a.trace')).toEqual({ about: { of: 'a test' }, traces });
  }
});

test('the same traces give the same bytes', () => {
  expect(encodeTraces({ about: { of: 'a test' }, traces })).toEqual(file);
});

test('cut anywhere it is BAD_FILE, and says how many bytes are missing', () => {
  for (let length = 0; length < file.length; length += 7) {
    expect(messageOf(file.subarray(0, length))).toMatch(/a\.trace .*\d+/);
  }
  expect(messageOf(file.subarray(0, file.length - 1))).toContain(
    `expected ${file.length} bytes, found ${file.length - 1}`,
  );
});

test('every flipped bit is noticed', () => {
  const random = new Random(1);
  for (let i = 0; i < 400; i++) {
    const bytes = flipped(file, random);
    if (Buffer.compare(bytes, file) === 0) continue;
    expect(messageOf(bytes)).toMatch(/^a\.trace /);
  }
});

test('another format is named', () => {
  expect(messageOf(encodeSafetensors([], { format: 'pt' }))).toMatch(
    /must be treekv-trace 1, and this is pt/,
  );
});

test('a place that no cache of this budget has is named', () => {
  const [, trace] = traces;
  const decisions = trace.layers[0].decisions.slice();
  decisions[3] = 7;
  const changed = { ...trace, layers: [{ ...trace.layers[0], decisions }, trace.layers[1]] };
  expect(messageOf(encodeTraces({ about: null, traces: [changed] }))).toMatch(
    /place 7 in 0\.0, and there are 7/,
  );
});

test.each([
  ['a trace that is none', '{"traces":[{}]}', /whose trace 0 of 1 is none/],
  ['no traces', '{}', /a header without traces/],
  ['a list for an object', '[', /a header of 1 characters that is not JSON/],
])('a header with %s is BAD_FILE, its checksum being right', (_, header, message) => {
  const sha256 = createHash('sha256').update(`${header.length} ${header}`).digest('hex');
  const whole = encodeSafetensors([], { format: 'treekv-trace', version: '1', header, sha256 });
  expect(messageOf(whole)).toMatch(message);
});
