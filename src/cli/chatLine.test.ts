// Lines of a chat: messages, commands, and what is neither.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { chatCommands, chatHelp, parseChatLine } from './chatLine.ts';

it.each([
  ['Hello', { kind: 'message', text: 'Hello' }],
  ['  Hello ', { kind: 'message', text: '  Hello ' }],
  ['//help', { kind: 'message', text: '/help' }],
  ['1/2', { kind: 'message', text: '1/2' }],
  ['', { kind: 'empty' }],
  [' \t', { kind: 'empty' }],
  ['/help', { kind: 'command', name: 'help', argument: '', force: false }],
  ['/exit  ', { kind: 'command', name: 'exit', argument: '', force: false }],
  ['/save my chat.bin ', { kind: 'command', name: 'save', argument: 'my chat.bin', force: false }],
  ['/save --force my chat.bin', { kind: 'command', name: 'save', argument: 'my chat.bin', force: true }],
  ['/save --forced', { kind: 'command', name: 'save', argument: '--forced', force: false }],
  ['/load --force', { kind: 'command', name: 'load', argument: '--force', force: false }],
])('%j', (line, expected) => {
  expect(parseChatLine(line)).toEqual(expected);
});

describe('BAD_OPTION', () => {
  it.each([
    ['/sace file', /no command \/sace\. Did you mean \/save\?/],
    ['/usr/bin/node fails', /no command \/usr\/bin\/node\. .*\/\/ begins a message/],
    ['/', /no command \/\./],
    ['/constructor', /no command \/constructor/],
    ['/save', /\/save needs the name of a file/],
    ['/save --force', /\/save needs the name of a file/],
    ['/reset now', /\/reset takes nothing behind it/],
  ])('%j', (line, message) => {
    expect(() => parseChatLine(line)).toThrow(
      expect.objectContaining({ code: 'BAD_OPTION', message: expect.stringMatching(message) }),
    );
  });
});

it('every text can be sent: a slash in front of its own makes a message of it', () => {
  fc.assert(
    fc.property(fc.string({ minLength: 1 }), (text) => {
      fc.pre(text.trim() !== '');
      const line = text.startsWith('/') ? `/${text}` : text;
      expect(parseChatLine(line)).toEqual({ kind: 'message', text });
    }),
  );
});

it('the help names every command', () => {
  for (const name of Object.keys(chatCommands)) expect(chatHelp()).toMatch(new RegExp(`^ {2}/${name} `, 'm'));
});
