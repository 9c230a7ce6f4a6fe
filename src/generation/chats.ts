// Opens a model's chats: asks the model's thread for its chat template once, and parses it once. The text of a
// template is small, so rendering is done on this side of the thread.
import { ChatTemplate, requireRead } from '../chat/index.ts';
import { TreekvError } from '../core/index.ts';
import type { ChatTemplateText } from '../model/index.ts';
import { Chat, type ChatState } from './chat.ts';
import { type ChatOptions, type ChatPlan, planChat } from './chatOptions.ts';
import type { SessionPlan } from './sessionPlan.ts';
import type { WorkerClient } from './workerClient.ts';

/** The chats of one model. */
export class Chats {
  private readonly client: Pick<WorkerClient, 'call'>;
  private text: ChatTemplateText | undefined;
  private own: ChatTemplate | undefined;

  constructor(client: Pick<WorkerClient, 'call'>) {
    this.client = client;
  }

  /** A new chat. Throws BAD_OPTION, FILE_NOT_FOUND, UNSUPPORTED, BAD_FILE. */
  async open(options: ChatOptions, sessionPlan: SessionPlan): Promise<Chat> {
    const plan = await planChat(options);
    const template = await this.template(plan);
    requireRead(template, plan);
    const session = await this.client.call('open', { plan: sessionPlan });
    return new Chat({ client: this.client, template, sessionPlan }, session, { plan, messages: [] });
  }

  /** A chat that goes on from a snapshot. Throws BAD_SNAPSHOT, BAD_FILE, UNSUPPORTED. */
  async restore(bytes: Uint8Array): Promise<Chat> {
    const { session, plan: sessionPlan, chat } = await this.client.call('restore', { bytes });
    try {
      if (chat === undefined) {
        const message =
          'This snapshot is of a session that is no chat; open it with model.session({ snapshot }).';
        throw new TreekvError('BAD_SNAPSHOT', message);
      }
      // What the checksum of the snapshot has passed is what a chat wrote.
      const state = JSON.parse(chat) as ChatState;
      const template = await this.template(state.plan);
      return new Chat({ client: this.client, template, sessionPlan }, session, state);
    } catch (error) {
      await this.client.call('close', { session });
      throw error;
    }
  }

  private async template({ template: given }: ChatPlan): Promise<ChatTemplate> {
    this.text ??= await this.client.call('chatTemplate', undefined);
    const { text } = this;
    if (given !== undefined) {
      return new ChatTemplate({ ...given, named: new Map(), tokens: text.tokens });
    }
    if (text.template === undefined) throw noTemplate(text);
    this.own ??= new ChatTemplate({ ...text, template: text.template });
    return this.own;
  }
}

function noTemplate({ file, named }: ChatTemplateText): TreekvError {
  const names = [...named.keys()];
  const why =
    names.length === 0
      ? 'it is a base model, which continues texts, or its files lack the template'
      : `its templates are called ${names.join(', ')}, and none 'default'`;
  const message =
    `The model has no chat template: ${why}. Give one with the option template (--template FILE on the command ` +
    'line), or load an instruction-tuned model, such as HuggingFaceTB/SmolLM2-135M-Instruct.';
  return new TreekvError('UNSUPPORTED', message, { file, templates: names });
}
