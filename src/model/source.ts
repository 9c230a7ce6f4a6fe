// Where the parts of a model come from: a Hugging Face folder, or one GGUF file. Whoever needs a part asks the
// source and does not look at paths. Nothing is opened before it is asked for.
import { statSync } from 'node:fs';
import { type GgufMetadata, ggufChatTemplate, ggufEosIds, ggufTokenizer, openGguf } from '../gguf/index.ts';
import { type ChatTemplateText, readChatTemplate } from './chatTemplateText.ts';
import type { Checkpoint } from './checkpoint.ts';
import { openFolderCheckpoint } from './folderCheckpoint.ts';
import { type GenerationDefaults, readGenerationDefaults } from './generationDefaults.ts';
import { openGgufCheckpoint } from './ggufCheckpoint.ts';
import { openTokenizer, type TextTokenizer, textTokenizer } from './tokenizer.ts';

/** The parts of a model, opened one by one. */
export interface ModelSource {
  /** The folder or the file, absolute. */
  readonly path: string;
  /** The weights as they were published; `close()` them. */
  openCheckpoint(): Promise<Checkpoint>;
  openTokenizer(): Promise<TextTokenizer>;
  readGenerationDefaults(): Promise<GenerationDefaults>;
  /** How a conversation is written as text. */
  readChatTemplate(): Promise<ChatTemplateText>;
}

/** The source at a path that `resolveModel` gave: a GGUF file goes by its ending. */
export function modelSource(path: string): ModelSource {
  const isFolder = !path.endsWith('.gguf') || statSync(path, { throwIfNoEntry: false })?.isDirectory();
  return isFolder ? folderSource(path) : ggufSource(path);
}

function folderSource(folder: string): ModelSource {
  return {
    path: folder,
    openCheckpoint: () => openFolderCheckpoint(folder),
    openTokenizer: () => openTokenizer(folder),
    readGenerationDefaults: () => readGenerationDefaults(folder),
    readChatTemplate: () => readChatTemplate(folder),
  };
}

function ggufSource(file: string): ModelSource {
  // read anew for each part: a vocabulary takes more memory than time
  const metadata = async (): Promise<GgufMetadata> => {
    const opened = await openGguf(file);
    await opened.close();
    return opened.metadata;
  };
  return {
    path: file,
    openCheckpoint: () => openGgufCheckpoint(file),
    async openTokenizer() {
      const { tokenizer, config } = ggufTokenizer(await metadata(), file);
      return textTokenizer(tokenizer, config, file);
    },
    readGenerationDefaults: async () => ({
      eosIds: ggufEosIds(await metadata(), file),
      eosToken: undefined, // its id is among them
    }),
    readChatTemplate: async () => ggufChatTemplate(await metadata(), file),
  };
}
