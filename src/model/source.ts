// Where the parts of a model come from: a Hugging Face folder, or one GGUF file. Whoever needs a part asks the
// source and does not look at paths. Nothing is opened before it is asked for.

import { type ChatTemplateText, readChatTemplate } from './chatTemplateText.ts';
import type { Checkpoint } from './checkpoint.ts';
import { openCheckpoint } from './checkpoint.ts';
import { type GenerationDefaults, readGenerationDefaults } from './generationDefaults.ts';
import { openTokenizer, type TextTokenizer } from './tokenizer.ts';

/** The parts of a model, opened one by one. */
export interface ModelSource {
  /** The folder or the file, absolute. */
  readonly path: string;
  /** The weights as they were published; `close()` them. */
  openCheckpoint(): Promise<Checkpoint>;
  openTokenizer(): Promise<TextTokenizer>;
  readGenerationDefaults(): Promise<GenerationDefaults>;
  /** How a conversation is written as text; undefined for a model that has no such template. */
  readChatTemplate(): Promise<ChatTemplateText | undefined>;
}

/** The source at a path that `resolveModel` gave. */
export function modelSource(path: string): ModelSource {
  return folderSource(path);
}

function folderSource(folder: string): ModelSource {
  return {
    path: folder,
    openCheckpoint: () => openCheckpoint(folder),
    openTokenizer: () => openTokenizer(folder),
    readGenerationDefaults: () => readGenerationDefaults(folder),
    readChatTemplate: () => readChatTemplate(folder),
  };
}
