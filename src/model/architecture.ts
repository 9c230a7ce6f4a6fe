// The model families that the graph computes, and which of them a Hugging Face config.json describes. The
// families differ in what their config leaves out (defaults are those of transformers' config classes) and in
// how attention begins. Everything else is refused by name.
import { TreekvError } from '../core/index.ts';
import { badValue, type Json, unsupported } from './configFields.ts';

/** The families that the graph computes: Llama, and what differs from it by a field of ModelConfig. */
export type Architecture = 'llama' | 'mistral' | 'qwen2' | 'qwen3';

/** A family. */
export interface Family {
  /** Also the `model_type` of its configs. */
  readonly architecture: Architecture;
  /** The class that `architectures` of its configs names. */
  readonly className: string;
  /** The projections of queries, keys and values add a bias. */
  readonly qkvBias: boolean;
  /** Queries and keys are normed per head. */
  readonly qkNorm: boolean;
  /** `max_position_embeddings` of a config without it. */
  readonly maxPositions: number;
  /** `num_key_value_heads` of a config without it. @default the query heads */
  readonly kvHeads?: number;
  /** `head_dim` of a config without it. @default hidden size / query heads */
  readonly headDim?: number;
}

const families: readonly Family[] = [
  {
    architecture: 'llama',
    className: 'LlamaForCausalLM',
    qkvBias: false,
    qkNorm: false,
    maxPositions: 2048,
  },
  {
    architecture: 'mistral',
    className: 'MistralForCausalLM',
    qkvBias: false,
    qkNorm: false,
    maxPositions: 131072,
    kvHeads: 8,
  },
  {
    architecture: 'qwen2',
    className: 'Qwen2ForCausalLM',
    qkvBias: true,
    qkNorm: false,
    maxPositions: 32768,
    kvHeads: 32,
  },
  {
    architecture: 'qwen3',
    className: 'Qwen3ForCausalLM',
    qkvBias: false,
    qkNorm: true,
    maxPositions: 32768,
    kvHeads: 32,
    headDim: 128,
  },
];

/** All families' names. */
export const architectures: readonly Architecture[] = families.map(({ architecture }) => architecture);

/** What treekv runs, for the errors that refuse the rest. */
export const wayOut =
  'treekv runs Llama, Mistral, Qwen2 and Qwen3 models with SiLU, RMSNorm and rotary embeddings over whole heads';

/** The family of a config, by `architectures` and `model_type`, which must not contradict each other. */
export function familyOf(config: Json, file: string): Family {
  const { model_type: type, architectures: names } = config;
  if (names != null && !Array.isArray(names)) throw badValue(file, 'architectures', names, 'a list of names');
  const found: Family[] = [];
  for (const name of names ?? []) {
    const family = families.find(({ className }) => className === name);
    if (family === undefined) throw unsupported(file, 'the architecture', name, wayOut);
    found.push(family);
  }
  if (type != null || found.length === 0) {
    const family = families.find(({ architecture }) => architecture === type);
    if (family === undefined) throw unsupported(file, 'model_type', type, wayOut);
    found.push(family);
  }
  const [family, ...others] = found;
  if (others.some((other) => other !== family)) {
    throw new TreekvError(
      'BAD_FILE',
      `${file}: architectures is ${JSON.stringify(names)} but model_type is ${JSON.stringify(type)}; correct ` +
        'the one that is wrong',
      { file, architectures: names, modelType: type },
    );
  }
  return family;
}
