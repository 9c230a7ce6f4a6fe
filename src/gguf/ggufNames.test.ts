import { expect, test } from 'vitest';
import { ggufTensorName, tensorName } from './ggufNames.ts';

const layer = [
  ['attn_norm', 'input_layernorm'],
  ['attn_q', 'self_attn.q_proj'],
  ['attn_k', 'self_attn.k_proj'],
  ['attn_v', 'self_attn.v_proj'],
  ['attn_output', 'self_attn.o_proj'],
  ['attn_q_norm', 'self_attn.q_norm'],
  ['attn_k_norm', 'self_attn.k_norm'],
  ['ffn_norm', 'post_attention_layernorm'],
  ['ffn_gate', 'mlp.gate_proj'],
  ['ffn_up', 'mlp.up_proj'],
  ['ffn_down', 'mlp.down_proj'],
];

test.each([
  ['token_embd.weight', 'model.embed_tokens.weight'],
  ['output_norm.weight', 'model.norm.weight'],
  ['output.weight', 'lm_head.weight'],
  ['blk.31.attn_q.bias', 'model.layers.31.self_attn.q_proj.bias'],
  ...layer.map(([gguf, name]) => [`blk.0.${gguf}.weight`, `model.layers.0.${name}.weight`]),
])('%s is %s, both ways', (gguf, name) => {
  expect(tensorName(gguf)).toBe(name);
  expect(ggufTensorName(name)).toBe(gguf);
});

test.each([
  'rope_freqs.weight',
  'blk.0.ffn_gate_exps.weight',
  'blk.x.attn_q.weight',
  'blk.01.attn_q.weight',
  'toString',
  '',
])('%j is no tensor of these models', (name) => {
  expect(tensorName(name)).toBeUndefined();
  expect(ggufTensorName(name)).toBeUndefined();
});
