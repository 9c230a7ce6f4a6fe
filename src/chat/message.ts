// What a conversation is made of, as templates and OpenAI's API spell it. Nothing is read out of a message
// here but its role: the other fields are the template's to understand.

/** One message. Fields beyond these, such as `tool_calls`, reach the template untouched. */
export interface ChatMessage {
  /** `system`, `user`, `assistant`, `tool`, or what else the template knows. */
  readonly role: string;
  /** A text, or a list of parts { type: 'text', text }, joined into lines unless the template takes parts. */
  readonly content?: string | null | readonly Readonly<Record<string, unknown>>[];
  readonly [field: string]: unknown;
}

/** A tool that the model may call, as a JSON schema; most templates want { type: 'function', function }. */
export type ToolDefinition = Readonly<Record<string, unknown>>;
