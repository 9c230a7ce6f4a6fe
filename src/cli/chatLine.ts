// What a line of a chat means: a message, or a command that begins with a slash. A second slash makes a message
// of what would be a command. Nothing is guessed: a command that is not known is an error.
import { nearest, TreekvError } from '../core/index.ts';

/** Every command: what stands behind it, and what it does. */
export const chatCommands = {
  help: { takes: '', does: 'show this' },
  stats: { takes: '', does: 'what the cache holds, and how fast the last answer was' },
  reset: { takes: '', does: 'begin a new conversation' },
  save: { takes: 'FILE', does: 'write the conversation, with its cache; /save --force FILE over any file' },
  load: { takes: 'FILE', does: 'go on with the conversation in a file' },
  exit: { takes: '', does: 'leave; so do Ctrl-D, and Ctrl-C twice' },
} as const;

/** The name of a command, without its slash. */
export type ChatCommandName = keyof typeof chatCommands;

/** A line understood. */
export type ChatLine =
  | { readonly kind: 'empty' }
  | { readonly kind: 'message'; readonly text: string }
  | {
      readonly kind: 'command';
      readonly name: ChatCommandName;
      readonly argument: string;
      readonly force: boolean;
    };

/** Understands a line. Throws BAD_OPTION. */
export function parseChatLine(line: string): ChatLine {
  if (line.trim() === '') return { kind: 'empty' };
  if (!line.startsWith('/')) return { kind: 'message', text: line };
  if (line.startsWith('//')) return { kind: 'message', text: line.slice(1) };
  const [, word = '', argument = ''] = /^\/(\S*)\s*(.*?)\s*$/s.exec(line) ?? [];
  if (!isCommand(word)) {
    const guess = nearest(word, Object.keys(chatCommands));
    const hint = guess === undefined ? '' : ` Did you mean /${guess}?`;
    const message = `There is no command /${word}.${hint} /help lists them; // begins a message with a slash.`;
    throw new TreekvError('BAD_OPTION', message, { command: word, nearest: guess });
  }
  const { takes } = chatCommands[word];
  const force = word === 'save' && /^--force(\s|$)/.test(argument);
  const file = force ? argument.replace(/^--force\s*/, '') : argument;
  if ((takes === '') === (file === '')) return { kind: 'command', name: word, argument: file, force };
  const message = takes === '' ? `/${word} takes nothing behind it.` : `/${word} needs the name of a file.`;
  throw new TreekvError('BAD_OPTION', message, { command: word, argument });
}

/** The commands, one a line. */
export function chatHelp(): string {
  const rows = Object.entries(chatCommands).map(([name, { takes, does }]) => [`/${name} ${takes}`, does]);
  return [...rows, ['//...', 'a message that begins with a slash']]
    .map(([command, does]) => `  ${command.padEnd(12)}${does}\n`)
    .join('');
}

function isCommand(word: string): word is ChatCommandName {
  return Object.hasOwn(chatCommands, word);
}
