// The conversations that Hugging Face rendered (tools/reference/chats.py), for tests. Not part of the library.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ChatTemplate } from './chatTemplate.ts';
import type { ChatMessage, ToolDefinition } from './message.ts';

/** One rendering: a text, or the words with which the template refuses. */
export interface ChatCase {
  readonly template: string;
  readonly conversation: string;
  readonly generation: boolean;
  readonly tools?: true;
  readonly variables?: Readonly<Record<string, unknown>>;
  readonly text?: string;
  readonly refusal?: string;
}

interface Fixture {
  readonly now: string;
  readonly templates: Readonly<
    Record<string, { readonly template: string; readonly tokens: Readonly<Record<string, string>> }>
  >;
  readonly tools: readonly ToolDefinition[];
  readonly conversations: Readonly<Record<string, readonly ChatMessage[]>>;
  readonly cases: readonly ChatCase[];
  readonly dates: readonly { readonly moment: string; readonly format: string; readonly text: string }[];
}

const file = join(import.meta.dirname, '..', '..', 'test', 'fixtures', 'chats.json');

/** The fixture as it lies in the file. */
export const chatFixture = JSON.parse(readFileSync(file, 'utf8')) as Fixture;

/** What the clock said when the fixture was made, in local time. */
export const fixtureNow = new Date(chatFixture.now);

/** One of its templates. */
export function fixtureTemplate(name: string): ChatTemplate {
  return new ChatTemplate({ file: `${name}.jinja`, named: new Map(), ...chatFixture.templates[name] });
}

/** A template of a test's own. */
export function templateOf(template: string, tokens: Readonly<Record<string, string>> = {}): ChatTemplate {
  return new ChatTemplate({ file: 'own.jinja', template, named: new Map(), tokens });
}
