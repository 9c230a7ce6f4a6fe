// Writes down what llama.cpp makes of a GGUF file: for every token of a text, the negative log-likelihood of
// the next one and the token that it holds most likely. Needs node-llama-cpp 3.22.1, which the project does not
// depend on: install it in any folder and give that folder.
//
//   node tools/reference/llamaCpp.mjs --peer FOLDER --gguf FILE --text FILE --tokens 2000 --out FILE
//
// The KV cache is kept in 16 bits, as llama.cpp does by default; `--kv f32` keeps it whole.
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';

const { values } = parseArgs({
  options: {
    peer: { type: 'string' },
    gguf: { type: 'string' },
    text: { type: 'string' },
    tokens: { type: 'string', default: '2000' },
    kv: { type: 'string', default: 'f16' },
    out: { type: 'string' },
  },
});
for (const name of ['peer', 'gguf', 'text', 'out']) {
  if (values[name] === undefined) throw new Error(`--${name} is missing`);
}
const entry = createRequire(resolve(values.peer, 'package.json')).resolve('node-llama-cpp');
const { getLlama } = await import(pathToFileURL(entry).href);
const llama = await getLlama({ gpu: false, build: 'never', logLevel: 'error' });
const model = await llama.loadModel({ modelPath: resolve(values.gguf) });
const wanted = Number(values.tokens);
// characters enough for the tokens asked for, in any script
const text = readFileSync(values.text, 'utf8').slice(0, wanted * 16);
const ids = model.tokenize(text, false).slice(0, wanted);
if (ids.length < wanted) throw new Error(`${values.text} has only ${ids.length} tokens`);
const kv = values.kv === 'f32' ? 'F32' : 'F16';
const context = await model.createContext({
  contextSize: wanted + 8,
  sequences: 1,
  batchSize: 256,
  experimentalKvCacheKeyType: kv,
  experimentalKvCacheValueType: kv,
});
const sequence = context.getSequence();
const nll = [];
const top1 = [];
const piece = 50;
for (let from = 0; from < ids.length; from += piece) {
  const input = ids
    .slice(from, from + piece)
    .map((id) => [
      id,
      { generateNext: { probabilities: true, options: { temperature: 1, topK: 0, topP: 1 } } },
    ]);
  const outputs = await sequence.controlledEvaluate(input);
  outputs.forEach((output, i) => {
    const { probabilities } = output.next;
    const next = ids[from + i + 1];
    top1.push(probabilities.entries().next().value[0]);
    if (next !== undefined) nll.push(-Math.log(probabilities.get(next)));
  });
}
const mean = nll.reduce((sum, value) => sum + value, 0) / nll.length;
const result = {
  made: 'tools/reference/llamaCpp.mjs, node-llama-cpp 3.22.1 on the CPU',
  gguf: basename(values.gguf),
  text: basename(values.text),
  keyValueCache: values.kv,
  tokens: ids.length,
  perplexity: Math.exp(mean),
  // the text itself stays where it is
  idsSha256: createHash('sha256').update(Int32Array.from(ids)).digest('hex'),
  nll: nll.map((value) => Number(value.toFixed(5))),
  top1,
};
writeFileSync(values.out, `${JSON.stringify(result)}\n`);
console.log(`${values.out}: perplexity ${result.perplexity.toFixed(4)} over ${nll.length} tokens`);
await llama.dispose();
