// The tokens that a chat template may name, under the names of a tokenizer_config.json.
import type { Vocabulary } from './vocabulary.ts';

/** `bos_token`, `eos_token`, `unk_token`, `pad_token`: those that the model has. */
export function specialTokens({ tokens, special }: Vocabulary): Record<string, string> {
  const { bos, eos, unknown, padding } = special;
  const ids = { bos_token: bos, eos_token: eos, unk_token: unknown, pad_token: padding };
  return Object.fromEntries(
    Object.entries(ids).flatMap(([name, id]) => (id === undefined ? [] : [[name, tokens[id]]])),
  );
}
