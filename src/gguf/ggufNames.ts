// What llama.cpp and Hugging Face call the same tensor, for Llama, Mistral, Qwen2 and Qwen3.

const global: readonly (readonly [string, string])[] = [
  ['token_embd.weight', 'model.embed_tokens.weight'],
  ['output_norm.weight', 'model.norm.weight'],
  ['output.weight', 'lm_head.weight'],
];

/** Within a layer: `blk.N.` and `model.layers.N.` go in front, `.weight` or `.bias` behind. */
const ofLayer: readonly (readonly [string, string])[] = [
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

const toHuggingFace = { global: new Map(global), ofLayer: new Map(ofLayer) };
const toGguf = { global: new Map(global.map(swap)), ofLayer: new Map(ofLayer.map(swap)) };

/** Hugging Face's name of a tensor in a GGUF file, or undefined for one that these models lack. */
export function tensorName(ggufName: string): string | undefined {
  return rename(ggufName, /^blk\.(0|[1-9]\d*)\.(.+)\.(weight|bias)$/, 'model.layers', toHuggingFace);
}

/** The name in a GGUF file of a tensor of Hugging Face's, or undefined for one that these models lack. */
export function ggufTensorName(name: string): string | undefined {
  return rename(name, /^model\.layers\.(0|[1-9]\d*)\.(.+)\.(weight|bias)$/, 'blk', toGguf);
}

function rename(name: string, layered: RegExp, layers: string, to: typeof toGguf): string | undefined {
  const parts = layered.exec(name);
  if (parts === null) return to.global.get(name);
  const [, layer, part, kind] = parts;
  const other = to.ofLayer.get(part);
  return other === undefined ? undefined : `${layers}.${layer}.${other}.${kind}`;
}

function swap([a, b]: readonly [string, string]): readonly [string, string] {
  return [b, a];
}
