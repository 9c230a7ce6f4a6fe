// The options of `model.chat` and the messages of `chat.send`, and their checks.

import { fileURLToPath } from 'node:url';
import { type ChatMessage, checkContentParts, type ToolDefinition } from '../chat/index.ts';
import { type Check, isCheckedLater, isText, readTextFile, shown, TreekvError } from '../core/index.ts';

/** What a conversation is about and how it is written. */
export interface ChatOptions {
  /** What the model is told before the first message. @default none; some templates then write their own */
  readonly system?: string;
  /** Tools that the model may call; its calls come as text, as the model writes them. @default none */
  readonly tools?: readonly ToolDefinition[];
  /** Another chat template than the model's: Jinja text, or the URL of a file. @default the model's */
  readonly template?: string | URL;
  /** More variables of the template, such as { enable_thinking: false }. @default none */
  readonly template_variables?: Readonly<Record<string, unknown>>;
}

/** What each option of `model.chat` may hold that a session does not have. */
export const chatChecks: Readonly<Record<keyof ChatOptions, Check>> = {
  system: isText,
  tools: isCheckedLater,
  template: isCheckedLater,
  template_variables: isCheckedLater,
};

/** A template that the user brings. */
export interface GivenTemplate {
  /** Where it comes from, for errors. */
  readonly file: string;
  readonly template: string;
}

/** Options with everything decided, in plain values, as a snapshot keeps them. */
export interface ChatPlan {
  readonly system?: string;
  readonly tools?: readonly ToolDefinition[];
  readonly template?: GivenTemplate;
  readonly variables?: Readonly<Record<string, unknown>>;
}

/** Checks the options and reads the template's file. Throws BAD_OPTION, FILE_NOT_FOUND and BAD_FILE. */
export async function planChat(options: ChatOptions): Promise<ChatPlan> {
  const { system, tools, template, template_variables: variables } = options;
  if (tools !== undefined && !(Array.isArray(tools) && tools.every(isRecord))) {
    throw bad('tools', 'a list of objects, each the JSON schema of a tool');
  }
  if (variables !== undefined && !isRecord(variables)) throw bad('template_variables', 'an object');
  return {
    ...(system !== undefined && { system }),
    ...(tools !== undefined && { tools: plainCopy(tools, 'tools') }),
    ...(template !== undefined && { template: await givenTemplate(template) }),
    ...(variables !== undefined && { variables: plainCopy(variables, 'template_variables') }),
  };
}

async function givenTemplate(template: string | URL): Promise<GivenTemplate> {
  if (typeof template === 'string') return { file: 'the option template', template };
  if (!(template instanceof URL) || template.protocol !== 'file:') {
    throw bad('template', 'Jinja text or the file: URL of a file');
  }
  let file: string;
  try {
    file = fileURLToPath(template);
  } catch {
    throw bad('template', `the file: URL of a file on this machine, and is ${template.href}`);
  }
  return { file, template: await readTextFile(file, `The chat template ${file} does not exist.`) };
}

/** What `chat.send` was given, as new messages of its own. Throws BAD_OPTION or EMPTY_INPUT. */
export function newMessages(input: string | ChatMessage | readonly ChatMessage[]): readonly ChatMessage[] {
  if (typeof input === 'string') return [{ role: 'user', content: input }];
  const messages: readonly unknown[] = Array.isArray(input) ? input : [input];
  if (messages.length === 0) throw new TreekvError('EMPTY_INPUT', 'There is no message to answer: give one.');
  const wrong = messages.findIndex((message) => !isRecord(message) || typeof message.role !== 'string');
  if (wrong >= 0) {
    const message = `Message ${wrong} is not an object with a role, such as { role: 'user', content: 'Hello' }.`;
    throw new TreekvError('BAD_OPTION', message, { index: wrong });
  }
  const own = plainCopy(messages as readonly ChatMessage[], 'messages');
  checkContentParts(own);
  if (own.at(-1)?.role !== 'assistant') return own;
  const message =
    "The last message is the assistant's, and the model would answer itself; end with another's.";
  throw new TreekvError('BAD_OPTION', message, { index: own.length - 1 });
}

/** Levels of lists and objects in each other; what holds itself has no end of them. */
const DEEPEST = 200;

/** A copy of what JSON can hold: a snapshot keeps it, and what the caller changes later does not reach it. */
function plainCopy<Value>(value: Value, option: string): Value {
  const copy = (part: unknown, depth: number): unknown => {
    if (depth > DEEPEST) throw bad(option, `plain data of at most ${DEEPEST} levels, without circles`);
    if (part === null || typeof part === 'string' || typeof part === 'boolean') return part;
    if (typeof part === 'number' && Number.isFinite(part)) return part;
    if (Array.isArray(part)) return part.map((one) => copy(one, depth + 1));
    if (typeof part === 'object' && [Object.prototype, null].includes(Object.getPrototypeOf(part))) {
      const fields = Object.entries(part).filter(([, field]) => field !== undefined);
      return Object.fromEntries(fields.map(([name, field]) => [name, copy(field, depth + 1)]));
    }
    throw bad(option, `plain data, as JSON holds it, and has ${shown(part)} in it`);
  };
  return copy(value, 0) as Value;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function bad(option: string, rule: string): TreekvError {
  return new TreekvError('BAD_OPTION', `Option '${option}' must be ${rule}.`, { option });
}
