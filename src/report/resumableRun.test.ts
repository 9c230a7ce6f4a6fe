// Runs that are cut off: what was added is there, a resumed run goes on, and nothing of another run is mixed in.
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { RunHead } from './result.ts';
import { ResumableRun, readResult, resultFile } from './resumableRun.ts';

interface Measured {
  readonly key: string;
  readonly value: number;
}

const head: RunHead<{ budget: number; texts: string[] }> = {
  kind: 'test',
  model: { name: 'm', fingerprint: 'f', dtype: 'fp32', trainedContext: 8 },
  protocol: { budget: 4, texts: ['a', 'b'] },
};
const open = (output?: string, resume?: boolean, own = head) =>
  ResumableRun.open<typeof head.protocol, Measured>(own, { output, resume });
const sum = (units: readonly Measured[]): number => units.reduce((total, { value }) => total + value, 0);

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'treekv-run-'));
});
afterAll(() => rm(folder, { recursive: true }));

test('units behind a place can be cut off and measured anew', async () => {
  const output = join(folder, 'back');
  const first = await open(output);
  await first.add({ key: 'a', value: 1 }, { key: 'b', value: 2 }, { key: 'c', value: 3 });
  const second = await open(output, true);
  second.cutBack(1);
  expect(second.has('b')).toBe(false);
  await second.add({ key: 'b', value: 5 });
  expect((await open(output, true)).units).toEqual([
    { key: 'a', value: 1 },
    { key: 'b', value: 5 },
  ]);
});

test.each([Number.NaN, Number.NEGATIVE_INFINITY])(
  'a unit with %s is refused: JSON would make it null',
  async (value) => {
    const output = join(folder, `number ${value}`);
    const run = await open(output);
    await run.add({ key: 'a', value: 1 });
    await expect(run.add({ key: 'b', value })).rejects.toThrow(/as its value$/);
    expect((await open(output, true)).units).toEqual([{ key: 'a', value: 1 }]);
  },
);

test('without an output all stays in memory', async () => {
  const run = await open();
  await run.add({ key: 'a', value: 1 }, { key: 'b', value: 2 });
  const result = await run.finish(sum);
  expect(result).toMatchObject({ ...head, complete: true, summary: 3 });
});

test('a run that was cut off goes on behind the last unit added', async () => {
  const output = join(folder, 'cut');
  const first = await open(output);
  await first.add({ key: 'a', value: 1 });
  const second = await open(output, true);
  expect(second.has('a')).toBe(true);
  expect(second.has('b')).toBe(false);
  await second.add({ key: 'b', value: 2 });
  const result = await second.finish(sum);
  expect(result.units.map(({ key }) => key)).toEqual(['a', 'b']);
  expect(result.summary).toBe(3);
  expect(JSON.parse(await readFile(resultFile(output), 'utf8'))).toEqual(result);
});

test('a finished run measures nothing again, and its summary is made anew', async () => {
  const output = join(folder, 'finished');
  const first = await open(output);
  await first.add({ key: 'a', value: 1 });
  const result = await first.finish(sum);
  const again = await (await open(output, true)).finish((units) => ({ twice: 2 * sum(units) }));
  expect(again).toEqual({ ...result, summary: { twice: 2 } });
  expect(JSON.parse(await readFile(resultFile(output), 'utf8'))).toEqual(again);
});

test('what only the summary depends on may be another when a run goes on', async () => {
  const output = join(folder, 'seed');
  await (await ResumableRun.open(head, { output })).finish(() => 0);
  const other = { ...head, protocol: { ...head.protocol, texts: ['b'] } };
  await expect(ResumableRun.open(other, { output, resume: true })).rejects.toThrow('protocol.texts');
  const run = await ResumableRun.open(other, { output, resume: true }, ['texts']);
  expect((await run.finish(() => 1)).protocol.texts).toEqual(['b']);
});

test('a run that other software began is not gone on with, while one that it ended is summed up', async () => {
  const output = join(folder, 'software');
  const run = await open(output);
  await run.add({ key: 'a', value: 1 });
  const pretend = async () => {
    const found = JSON.parse(await readFile(resultFile(output), 'utf8'));
    found.software.onnxruntime = '0.1.0';
    await writeFile(resultFile(output), JSON.stringify(found));
  };
  await pretend();
  await expect(open(output, true)).rejects.toMatchObject({
    code: 'BAD_OPTION',
    message: expect.stringContaining('software.onnxruntime was "0.1.0"'),
  });
  await rm(resultFile(output));
  await (await open(output)).finish(sum);
  await pretend();
  expect((await (await open(output, true)).finish(sum)).software.onnxruntime).toBe('0.1.0');
});

test('without an output there is nothing to resume', async () => {
  await expect(open(undefined, true)).rejects.toMatchObject({ code: 'BAD_OPTION' });
});

test('a result that exists is not overwritten unasked', async () => {
  const output = join(folder, 'exists');
  await open(output);
  await expect(open(output)).rejects.toMatchObject({
    code: 'BAD_OPTION',
    message: expect.stringContaining('--resume'),
  });
});

test('a run that is forced replaces what is there, a result or not, and goes on with nothing', async () => {
  for (const [name, content] of [
    ['foreign', 'mine'],
    ['result', '{"format":"treekv-result","version":1,"units":[{"key":"a","value":1}]}'],
  ]) {
    const output = join(folder, `forced ${name}`);
    await writeFile(resultFile(output), content);
    const run = await ResumableRun.open<typeof head.protocol, Measured>(head, { output, force: true });
    expect(run.units).toEqual([]);
    expect(await readResult(resultFile(output))).toMatchObject({ kind: 'test', units: [] });
  }
});

test('a run does not go on with what it replaces', async () => {
  const options = { output: join(folder, 'both'), resume: true, force: true };
  await expect(ResumableRun.open(head, options)).rejects.toMatchObject({ code: 'BAD_OPTION' });
});

test('a run under another protocol is refused, and the difference named', async () => {
  const output = join(folder, 'other');
  await open(output);
  const other = { ...head, protocol: { budget: 4, texts: ['a', 'c'] } };
  await expect(open(output, true, other)).rejects.toMatchObject({
    code: 'BAD_OPTION',
    message: expect.stringContaining('protocol.texts.1 was "b" and is "c"'),
  });
});

test('a file that is no result is BAD_FILE and stays as it was', async () => {
  const output = join(folder, 'foreign');
  for (const text of ['{"mine":1}', 'null', '{"format":"treekv-result"']) {
    await writeFile(resultFile(output), text);
    await expect(open(output, true)).rejects.toMatchObject({ code: 'BAD_FILE' });
    expect(await readFile(resultFile(output), 'utf8')).toBe(text);
  }
});

test('a result with units that are none, or the same twice, is BAD_FILE', async () => {
  const output = join(folder, 'units');
  await open(output);
  const sound = JSON.parse(await readFile(resultFile(output), 'utf8'));
  for (const units of [[null], [3], [{}], [{ key: 'a' }, { key: 'a' }]]) {
    await writeFile(resultFile(output), JSON.stringify({ ...sound, units }));
    await expect(open(output, true)).rejects.toMatchObject({
      code: 'BAD_FILE',
      message: expect.stringMatching(/is damaged: unit \d has no key of its own/),
    });
  }
});

test('an output that cannot be written is an error before any work', async () => {
  const blocked = join(folder, 'blocked');
  await writeFile(blocked, '');
  await expect(open(join(blocked, 'result'))).rejects.toMatchObject({
    code: expect.stringMatching(/BAD_FILE|WRITE_FAILED/),
  });
});

test('name and name.json are the same output, a folder is made, and no temporary file stays', async () => {
  const output = join(folder, 'new', 'result.json');
  await (await open(output)).add({ key: 'a', value: 1 });
  expect(await readdir(join(folder, 'new'))).toEqual(['result.json']);
  expect((await readResult(resultFile(join(folder, 'new', 'result'))))?.complete).toBe(false);
});

test('numbers come back as they were, to the last bit', async () => {
  const output = join(folder, 'bits');
  await (await open(output)).add({ key: 'a', value: 0.1 + 0.2 });
  expect((await open(output, true)).units[0].value).toBe(0.1 + 0.2);
});
