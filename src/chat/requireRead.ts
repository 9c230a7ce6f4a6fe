// Options of a chat that its template never looks at: they would be taken and change nothing. A name that stands nowhere
// in a template cannot count; one that stands there may. A system message is tried, since templates reach it through a
// message's role.
import { TreekvError } from '../core/index.ts';
import type { ChatTemplate } from './chatTemplate.ts';
import type { ToolDefinition } from './message.ts';

/** What a conversation is about, as far as a template must read it. */
export interface ReadByTemplate {
  readonly system?: string;
  readonly tools?: readonly ToolDefinition[];
  readonly variables?: Readonly<Record<string, unknown>>;
}

/** Throws BAD_OPTION for what the template does not read. */
export function requireRead(template: ChatTemplate, { system, tools, variables = {} }: ReadByTemplate): void {
  const withTools = tools !== undefined;
  if (withTools && !template.mentions('tools', true)) throw unread(template, 'tools', 'tools');
  for (const name of Object.keys(variables)) {
    if (!template.mentions(name, withTools))
      throw unread(template, 'template_variables', `a variable '${name}'`);
  }
  if (system !== undefined && system !== '' && dropsSystem(template, { system, tools, variables })) {
    throw unread(template, 'system', 'system messages');
  }
}

function dropsSystem(
  template: ChatTemplate,
  {
    system = '',
    tools,
    variables = {},
  }: { [Name in keyof ReadByTemplate]: ReadByTemplate[Name] | undefined },
): boolean {
  const options = { variables, now: new Date(), ...(tools !== undefined && { tools }) };
  const question = { role: 'user', content: 'Hello' };
  const render = (...first: { role: string; content: string }[]) =>
    template.render([...first, question], options);
  try {
    return render({ role: 'system', content: system }) === render({ role: 'system', content: `${system}!` });
  } catch {
    // What a template refuses it says itself, with the messages that it is given.
    return false;
  }
}

function unread({ file }: ChatTemplate, option: string, what: string): TreekvError {
  const message =
    `Option '${option}' has no effect: the chat template of ${file} does not read ${what}. Leave it out, or give ` +
    'another template with the option template.';
  return new TreekvError('BAD_OPTION', message, { option, file });
}
