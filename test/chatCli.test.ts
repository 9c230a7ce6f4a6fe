// `treekv chat` as a person or a script meets it: the built program in a process of its own, through pipes and
// at a pseudo-terminal. The model is tiny and random; its answers are noise.
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { useTemporaryCache } from './support/temporaryCache.ts';
import { chatTokens, writeTinyChatFolder } from './support/tinyChatFolder.ts';

const program = join(import.meta.dirname, '..', 'dist', 'cli', 'main.js');
const place = useTemporaryCache();
let chatty: readonly string[];
let endless: readonly string[];

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

beforeAll(async () => {
  const { start, end, endOfText } = chatTokens;
  const common = ['--dtype', 'fp32', '--threads', '1', '--do-sample', '--top-k', '0', '--seed', '3'];
  const model = async (name: string, eosIds: readonly number[]) =>
    writeTinyChatFolder(join(place.folder, name), eosIds);
  chatty = ['chat', await model('chatty', [0, 1, start, end, endOfText]), ...common];
  endless = ['chat', await model('endless', []), ...common, '--max-new-tokens', '100000'];
});

function start(args: readonly string[]): ChildProcess {
  return spawn(process.execPath, [program, ...args], { env: { ...process.env, CI: '1' } });
}

/** Runs the program on lines of stdin, to its end. */
function chat(lines: readonly string[], args: readonly string[] = chatty): Promise<Ended> {
  const child = start(args);
  child.stdin?.end(lines.map((line) => `${line}\n`).join(''));
  return collect(child);
}

async function collect(child: ChildProcess): Promise<Ended> {
  const output = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name]?.setEncoding('utf8').on('data', (text: string) => {
      output[name] += text;
    });
  }
  const [code] = await once(child, 'close');
  return { code, ...output };
}

const cursorMoves = new RegExp(`${String.fromCharCode(27)}\\[[0-9;?]*[A-Za-z]`, 'g');

/** What the child has written so far, and until what. */
function listen(child: ChildProcess, name: 'stdout' | 'stderr') {
  let text = '';
  child[name]?.setEncoding('utf8').on('data', (piece: string) => {
    // without what moves the cursor
    text = (text + piece).replace(cursorMoves, '');
  });
  const until = async (pattern: RegExp): Promise<string> => {
    while (!pattern.test(text)) {
      const signal = AbortSignal.timeout(30_000);
      await once(child[name] ?? child, 'data', { signal }).catch(() => {
        throw new Error(`${pattern} did not come, but ${JSON.stringify(text)}`);
      });
    }
    return text;
  };
  return { until };
}

it('help names the commands of the chat and does not load a model', async () => {
  const { code, stdout, stderr } = await chat([], ['chat', '--help']);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  for (const words of ['--system-file', '--budget', '--temperature', '/save FILE', 'Examples:']) {
    expect(stdout).toContain(words);
  }
});

describe('through pipes', () => {
  it('answers each line on stdout, the same for the same seed, and nothing else', async () => {
    const [one, again, other] = await Promise.all([
      chat(['Hello', 'And then?']),
      chat(['Hello', '', 'And then?']),
      chat(['Hello', 'Or else?']),
    ]);
    expect(one).toMatchObject({ code: 0, stderr: '' });
    expect(again).toEqual(one);
    expect(one.stdout).toMatch(/^[^\n]*\n[^\n]*\n$/);
    expect(other.stdout.split('\n')[0]).toBe(one.stdout.split('\n')[0]);
    expect(other.stdout).not.toBe(one.stdout);
  });

  it('a system message, given or from a file, and a template change what is read', async () => {
    const [system, template] = [join(place.folder, 'system.txt'), join(place.folder, 'own.jinja')];
    await writeFile(system, 'Be terse.');
    await writeFile(template, '{% for m in messages %}{{ m.content }}{% endfor %}');
    const [plain, given, file, other] = await Promise.all([
      chat(['Hello']),
      chat(['Hello'], [...chatty, '--system', 'Be terse.']),
      chat(['Hello'], [...chatty, '--system-file', system]),
      chat(['Hello'], [...chatty, '--template', template]),
    ]);
    expect(file).toEqual(given);
    expect(new Set([plain.stdout, given.stdout, other.stdout]).size).toBe(3);
  });

  it('/stats says what is kept, of how much, and what a full cache would hold', async () => {
    const turns = Array.from({ length: 6 }, (_, i) => `Turn ${i}`);
    const { code, stderr } = await chat([...turns, '/stats'], [...chatty, '--budget', '32']);
    expect(code).toBe(0);
    expect(stderr).toMatch(/tokens seen +\d+\n/);
    expect(stderr).toMatch(
      /entries kept +32 per KV head and layer \(treekv, at most 32: 4 sinks, 12 recent, 16/,
    );
    expect(stderr).toMatch(/memory +[\d.]+ KiB; a full cache would hold [\d.]+ KiB\n/);
    expect(stderr).toMatch(/last answer +\d+ tokens at \d+ a second/);
  });

  it('/save and /load go on with a conversation where it was, in another process', async () => {
    const file = join(place.folder, 'saved.safetensors');
    const [first, second] = ['Hello', 'And then?'];
    const whole = await chat([first, `/save ${file}`, second]);
    const resumed = await chat([`/load ${file}`, second]);
    expect(resumed.stderr).toMatch(/Loaded .*saved\.safetensors: 2 messages, \d+ tokens\./);
    expect(resumed.stdout).toBe(whole.stdout.split('\n').slice(1).join('\n'));
  });

  it('/save replaces an earlier save of the same conversation, and no other file unless forced', async () => {
    const [file, notes] = [join(place.folder, 'twice.safetensors'), join(place.folder, 'notes.txt')];
    await writeFile(notes, 'mine');
    const again = await chat(['Hello', `/save ${file}`, 'And then?', `/save ${file}`]);
    expect(again).toMatchObject({ code: 0, stderr: expect.stringMatching(/2 messages.*\n.*4 messages/) });
    const held = await readFile(file);
    for (const [name, line] of [
      [file, 'Another conversation'],
      [notes, 'Hello'],
    ]) {
      const refused = await chat([line, `/save ${name}`]);
      expect(refused.code).toBe(2);
      expect(refused.stderr).toContain(`/save --force ${name} replaces it`);
    }
    expect(await readFile(file)).toEqual(held);
    expect(await readFile(notes, 'utf8')).toBe('mine');
    expect((await chat(['Hello', `/save --force ${notes}`])).code).toBe(0);
    expect((await chat([`/load ${notes}`])).stderr).toMatch(/2 messages/);
  });

  it('/save goes on with a conversation that was loaded, over its own file', async () => {
    const file = join(place.folder, 'loaded.safetensors');
    await chat(['Hello', `/save ${file}`]);
    const { code, stderr } = await chat([`/load ${file}`, 'And then?', `/save ${file}`]);
    expect({ code, stderr }).toMatchObject({
      code: 0,
      stderr: expect.stringMatching(/Saved in .*4 messages/),
    });
  });

  it.skipIf(process.platform === 'win32')(
    '/save that a full disk cuts leaves the save before it whole, and nothing else',
    async () => {
      const folder = join(place.folder, 'full');
      const file = join(folder, 'saved');
      await mkdir(folder);
      await chat(['Hello', `/save ${file}`]);
      const before = await readFile(file);
      const limited = 'ulimit -f 2; exec "$0" "$@"';
      const child = spawn('sh', ['-c', limited, process.execPath, program, ...chatty]);
      child.stdin.end(`/load ${file}\nAnd then?\n/save ${file}\n`);
      const { code, stderr } = await collect(child);
      expect(code).toBe(1);
      expect(stderr).toMatch(/treekv: .*saved could not be written: /);
      expect(await readdir(folder)).toEqual(['saved']);
      expect(await readFile(file)).toEqual(before);
    },
  );

  it('/reset begins anew, with the seed too', async () => {
    const { stdout, stderr } = await chat(['Hello', '/reset', 'Hello']);
    const [one, two] = stdout.split('\n');
    expect(two).toBe(one);
    expect(stderr).toBe('A new conversation.\n');
  });

  it('/exit leaves, /help lists, // begins a message with a slash', async () => {
    const { code, stdout, stderr } = await chat(['/help', '//exit', '/exit', 'Hello']);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^[^\n]*\n$/);
    for (const command of ['/stats', '/save FILE', '/exit']) expect(stderr).toContain(command);
  });

  it.each([
    ['an unknown command', ['/rest'], 2, /no command \/rest\. Did you mean \/reset\?/],
    ['a command without its file', ['/save'], 2, /\/save needs the name of a file/],
    ['a file that is not there', ['/load /no/such/file'], 1, /\/no\/such\/file cannot be read/],
    [
      'a folder that is not there',
      ['/save /no/such/folder/file'],
      1,
      /folder \/no\/such\/folder does not exist/,
    ],
    ['a file that cannot be written', [`/save ${program}/file`], 1, /could not be written/],
    [
      'a file that is none',
      ['/save --force /dev/null'],
      1,
      /\/dev\/null could not be written: it is no file/,
    ],
    ['a file that no chat wrote', [`/load ${program}`], 1, /snapshot/],
  ])('%s ends it with the error', async (_, lines, code, message) => {
    const ended = await chat([...lines, 'Hello']);
    expect(ended).toMatchObject({ code, stdout: '' });
    expect(ended.stderr).toMatch(message);
  });

  it('a line that is not UTF-8 ends it and is named', async () => {
    const child = start(chatty);
    child.stdin?.end(Buffer.from('Hello\nna\xefve\n', 'latin1'));
    const { code, stderr } = await collect(child);
    expect(code).toBe(1);
    expect(stderr).toMatch(/stdin, line 2, is not UTF-8: byte 3 is wrong/);
  });

  it('an answer that was cut says so', async () => {
    const { stderr } = await chat(['Hello'], [...endless, '--max-new-tokens', '4']);
    expect(stderr).toBe('(cut at 4 tokens; --max-new-tokens allows more)\n');
  });

  it.skipIf(process.platform === 'win32')('SIGINT ends an answer, and twice in a row the chat', async () => {
    const child = start(endless);
    const ended = collect(child);
    const [out, notes] = [listen(child, 'stdout'), listen(child, 'stderr')];
    child.stdin?.write('Hello\n');
    await out.until(/./);
    child.kill('SIGINT');
    await notes.until(/\(stopped\)/);
    child.stdin?.write('/stats\n');
    await notes.until(/tokens seen/);
    child.kill('SIGINT');
    await notes.until(/Ctrl-C again leaves/);
    child.kill('SIGINT');
    const { code, stderr } = await ended;
    expect(code).toBe(130);
    expect(stderr).toMatch(/\ntreekv: interrupted\n$/);
  });

  it('ends quietly when the reader of stdout leaves', async () => {
    const child = start(endless);
    const ended = collect(child);
    child.stdin?.write('Hello\n');
    await once(child.stdout ?? child, 'data');
    child.stdout?.destroy();
    expect(await ended).toMatchObject({ code: 0, stderr: '' });
  });
});

describe('what cannot be a chat', () => {
  it('a base model has no template: the error names the way out', async () => {
    const { code, stdout, stderr } = await chat(['Hello'], ['chat', '-m', 'books-27m-4k']);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(
      /^treekv: The model has no chat template: .*--template FILE.* such as \w+\/\S+-Instruct/,
    );
  });

  it('nor does a script chat with no model: it is told the command that fetches and starts one', async () => {
    const { code, stdout, stderr } = await chat(['Hello'], ['chat']);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(
      /^treekv: .* only continues texts.* npx treekv chat \w+\/\S+-Instruct fetches and starts/,
    );
  });

  it.each([
    ['two models', ['chat', 'a', '-m', 'b'], 2, /two models/],
    ['two system messages', ['chat', '--system', 'a', '--system-file', 'b'], 2, /two system messages/],
    ['an option without effect', ['chat', '--temperature', '0.8'], 2, /add --do-sample/],
    [
      'a template that is not there',
      ['chat', '--template', '/no/such/file'],
      1,
      /\/no\/such\/file does not exist/,
    ],
    [
      'a system file that is not there',
      ['chat', '--system-file', '/no/such'],
      1,
      /\/no\/such does not exist/,
    ],
  ])('%s', async (_, args, code, message) => {
    const ended = await chat([], args);
    expect(ended).toMatchObject({ code, stdout: '' });
    expect(ended.stderr).toMatch(message);
  });
});

/** A terminal for the program: util-linux's `script` makes one. */
const hasScript = process.platform === 'linux' && isUtilLinux();

function isUtilLinux(): boolean {
  try {
    return execFileSync('script', ['--version'], { encoding: 'utf8' }).includes('util-linux');
  } catch {
    return false;
  }
}

describe.skipIf(!hasScript)('at a terminal', () => {
  const children: ChildProcess[] = [];
  afterEach(() => {
    for (const child of children.splice(0)) child.kill();
  });

  const open = (args: readonly string[]) => {
    const words = [process.execPath, program, ...args].map((word) => `'${word}'`).join(' ');
    const child = spawn('script', ['--quiet', '--return', '--command', words, '/dev/null'], {
      env: { ...process.env, TERM: 'xterm', COLUMNS: '80' },
    });
    const screen = listen(child, 'stdout');
    const closed = once(child, 'close');
    children.push(child);
    return { type: (keys: string) => child.stdin.write(keys), screen, closed };
  };

  it('prompts, answers, stops an answer at Ctrl-C, tells errors, and leaves at the second Ctrl-C', async () => {
    const { type, screen, closed } = open([...endless, '--no-history']);
    await screen.until(/\/help for help.*\n.*> $/s);
    type('Hello\r');
    await screen.until(/> Hello\s.{30}/s);
    type('\u0003');
    await screen.until(/\(stopped\)\s+> $/);
    type('/sats\r');
    await screen.until(/Did you mean \/stats\?.*> $/s);
    type('half a line\u0003');
    await screen.until(/> half a line> $/);
    type('/stats\r');
    await screen.until(/tokens seen +\d+/);
    type('\u0003');
    await screen.until(/Ctrl-C again leaves.*> $/s);
    type('\u0003');
    expect((await closed)[0]).toBe(130);
  });

  it('without a model it continues what is typed, turn by turn, and says that this is no chat', async () => {
    const { type, screen, closed } = open(['chat', '--max-new-tokens', '8', '--no-history']);
    await screen.until(/no assistant .*npx treekv chat \w+\/\S+-Instruct.*> $/s);
    type('It was a dark\r');
    await screen.until(/8 tokens; .*> $/s);
    type('and stormy night\r');
    await screen.until(/8 tokens; .*8 tokens; .*> $/s);
    type(`/save ${join(place.folder, 'written')}\r`);
    const seen = await screen.until(/Saved in .*: 4 messages/);
    type('/exit\r');
    expect((await closed)[0]).toBe(0);
    const { code, stdout } = await collect(start(['generate', 'It was a dark', '--max-new-tokens', '8']));
    expect(code).toBe(0);
    // The terminal ends lines in its own way.
    const words = (shown: string): string => shown.replace(/\s+/g, ' ');
    expect(words(seen)).toContain(words(`It was a dark\n${stdout.trimEnd()}`));
  });

  it('without a model a system message is refused', async () => {
    const { screen, closed } = open(['chat', '--system', 'Be terse.']);
    await screen.until(/no system message .*-Instruct/s);
    expect((await closed)[0]).toBe(2);
  });

  it('leaves at Ctrl-D, and remembers what was typed unless told not to', async () => {
    const file = join(place.folder, 'cache', 'chat-history');
    for (const [args, line] of [
      [chatty, 'first'],
      [[...chatty, '--no-history'], 'secret'],
      [chatty, 'second'],
    ] as const) {
      const { type, screen, closed } = open(args);
      await screen.until(/> $/);
      type(`${line}\r`);
      await screen.until(/> .*> $/s);
      type('\u0004');
      expect((await closed)[0]).toBe(0);
    }
    expect(await readFile(file, 'utf8')).toBe('first\nsecond\n');
  });

  it('recalls what was typed in the chat before', async () => {
    const { type, screen, closed } = open(chatty);
    await screen.until(/> $/);
    type('\u001b[A\r');
    await screen.until(/> second\s/);
    await screen.until(/> .*> $/s);
    type('/exit\r');
    expect((await closed)[0]).toBe(0);
  });
});
