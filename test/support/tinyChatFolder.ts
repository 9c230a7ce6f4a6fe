// A tiny model that chats: writeTinyFolder's, with a newline and ChatML's tokens beside its characters. Weights
// are random, so its answers are noise that ends by chance; everything around them is exact.
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeTinyFolder } from './tinyFolder.ts';

const NEWLINE = 'Ċ'; // as byte-level tokenizers spell it
const FIRST = 96;

/** Ids of the tokens that are added. */
export const chatTokens = { newline: 96, start: 97, end: 98, endOfText: 99 } as const;

/** ChatML, with BOS in front so that a session that is given the same text reads the same tokens. */
export const chatML =
  "{{ bos_token }}{% for m in messages %}{{ '<|im_start|>' + m.role + '\n' + m.content + '<|im_end|>\n' }}" +
  "{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}";

/** Writes the folder. @param eosIds end of text, @default <|im_end|>, which the tokenizer then names too. @param template null for a base model. */
export async function writeTinyChatFolder(
  folder: string,
  eosIds: readonly number[] = [chatTokens.end],
  template: string | null = chatML,
): Promise<string> {
  await writeTinyFolder(folder, { vocabSize: 100 }, { eos_token_id: eosIds });
  const file = join(folder, 'tokenizer.json');
  const definition = JSON.parse(await readFile(file, 'utf8'));
  definition.model.vocab[NEWLINE] = chatTokens.newline;
  const special = ['<|im_start|>', '<|im_end|>', '<|endoftext|>'];
  for (const [i, content] of special.entries()) {
    const id = FIRST + 1 + i;
    definition.model.vocab[content] = id;
    definition.added_tokens.push({ ...definition.added_tokens[0], id, content });
  }
  await writeFile(file, JSON.stringify(definition));
  const named = eosIds.includes(chatTokens.end) && { eos_token: '<|im_end|>' };
  const config = { bos_token: '<bos>', ...named, chat_template: template };
  await writeFile(join(folder, 'tokenizer_config.json'), JSON.stringify(config));
  return folder;
}
