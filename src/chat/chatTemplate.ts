// A model's chat template, parsed once: messages to the text that the model was trained to read, after Hugging Face's
// apply_chat_template. What would be written otherwise than jinja2 writes it is refused. One difference remains: a
// number 1.0 in messages or tools is 1, since JSON's reader in JavaScript does not tell them apart.
import { TreekvError } from '../core/index.ts';
import type { ChatTemplateText } from '../model/index.ts';
import { hasContentParts, joinContentParts } from './contentParts.ts';
import type { ChatMessage, ToolDefinition } from './message.ts';
import { TemplateRefusal, templateEnvironment } from './templateEnvironment.ts';
import { type Program, parseTemplate, runTemplate } from './templateInterpreter.ts';

/** How messages are rendered. */
export interface RenderOptions {
  /** End with the beginning of the assistant's turn, so that a model writes its answer. @default false */
  readonly addGenerationPrompt?: boolean;
  /** Tools that the model may call. @default none */
  readonly tools?: readonly ToolDefinition[];
  /** More variables of the template, such as enable_thinking. @default none */
  readonly variables?: Readonly<Record<string, unknown>>;
  /** What strftime_now tells. @default the time */
  readonly now?: Date;
}

/** A template with its text; one that a model calls `tool_use` serves where there are tools. */
export interface TemplateSource extends ChatTemplateText {
  readonly template: string;
}

const ownVariables = ['messages', 'tools', 'documents', 'add_generation_prompt'];

/** Renders conversations. */
export class ChatTemplate {
  /** Where it comes from, for errors. */
  readonly file: string;
  private readonly tokens: Readonly<Record<string, string>>;
  private readonly program: Program;
  private readonly toolProgram: Program;

  /** Throws BAD_FILE for a template that cannot be parsed. */
  constructor({ file, template, named, tokens }: TemplateSource) {
    this.file = file;
    this.tokens = tokens;
    this.program = parse(template, file);
    const forTools = named.get('tool_use');
    this.toolProgram = forTools === undefined ? this.program : parse(forTools, `${file} (tool_use)`);
  }

  /**
   * The text of a conversation. Throws BAD_OPTION with the template's words where it refuses the messages, and
   * UNSUPPORTED where it cannot be run on them.
   */
  render(messages: readonly ChatMessage[], options: RenderOptions = {}): string {
    const { addGenerationPrompt = false, tools, variables = {}, now = new Date() } = options;
    const taken = ownVariables.find((name) => Object.hasOwn(variables, name));
    if (taken !== undefined) {
      const message = `The template variable '${taken}' is what the messages and options are rendered through; leave it out.`;
      throw new TreekvError('BAD_OPTION', message, { variable: taken });
    }
    const program = tools === undefined ? this.program : this.toolProgram;
    const given =
      messages.some(hasContentParts) && !this.takesParts(program) ? joinContentParts(messages) : messages;
    const scope = templateEnvironment(
      {
        ...this.tokens,
        ...variables,
        messages: given,
        // As in Python both are always there, so that `tools is defined` and `tools is none` say the same.
        tools: tools ?? null,
        documents: null,
        add_generation_prompt: addGenerationPrompt,
      },
      now,
    );
    try {
      return runTemplate(program, scope);
    } catch (cause) {
      throw this.failure(cause);
    }
  }

  /** Whether a template reads the texts of parts; one that does not writes the list as it is, or fails at it. */
  private takesParts(program: Program): boolean {
    const content = [{ type: 'text', text: 'TheText', TheKey: 'TheKey' }];
    const variables = { ...this.tokens, messages: [{ role: 'user', content }], tools: null, documents: null };
    try {
      const written = runTemplate(program, templateEnvironment(variables, new Date()));
      return written.includes('TheText') && !written.includes('TheKey');
    } catch {
      return false;
    }
  }

  private failure(cause: unknown): TreekvError {
    const { file } = this;
    const words = cause instanceof Error ? cause.message : String(cause);
    if (cause instanceof TemplateRefusal) {
      const message = `The chat template refuses these messages: ${words} (${file})`;
      return new TreekvError('BAD_OPTION', message, { file, words }, { cause });
    }
    return new TreekvError(
      'UNSUPPORTED',
      `The chat template of ${file} cannot be rendered: ${words}. Either a message lacks a field that it reads, ` +
        'or it uses Jinja that treekv does not run; the option template takes another.',
      { file, words },
      { cause },
    );
  }
}

function parse(template: string, file: string): Program {
  try {
    return parseTemplate(template);
  } catch (cause) {
    // The parser runs past the end of a template that does not close a block.
    const words = cause instanceof SyntaxError ? cause.message : 'it ends before a block is closed';
    const message = `The chat template of ${file} is not Jinja that can be read: ${words}.`;
    throw new TreekvError('BAD_FILE', message, { file }, { cause });
  }
}
