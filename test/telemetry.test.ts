// Nothing that treekv does may phone home. ONNX Runtime would: it writes a device id and a queue of events into the
// user's cache folder as soon as it starts, and sends the queue some seconds later. So every entry is started with
// an empty home, and is shown to leave files there once telemetry is left on: else the check could not fail.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { program } from './support/runProgram.ts';

const dist = join(import.meta.dirname, '..', 'dist');
const built = (file: string) => JSON.stringify(pathToFileURL(join(dist, file)).href);
const answers = `
  const model = await load();
  for await (const _ of model.generate('Once upon a time', { max_new_tokens: 3 }));
`;
const throughLibrary = `import { load } from ${built('index.js')}; ${answers} await model.dispose();`;
const besideEngine = `
  import { loadLocalModel } from ${built('generation/index.js')};
  import { resolveModel } from ${built('model/index.js')};
  const { engine } = await loadLocalModel(await resolveModel());
  await engine.dispose();
`;
/** A program's own thread, in a process that set the variable before; `load` makes another inside it. */
const inThread = `
  import { Worker } from 'node:worker_threads';
  process.env.ORT_DISABLE_TELEMETRY ??= '1';
  new Worker(new URL('data:text/javascript,' + encodeURIComponent(${JSON.stringify(throughLibrary)})));
`;
/** Answers, and stays until its input ends. */
const waiting = `import { load } from ${built('index.js')}; ${answers} process.stdin.resume();`;

let folder = '';
let text = '';
const started: ChildProcess[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'treekv-telemetry-'));
  text = join(folder, 'text.txt');
  await writeFile(text, 'It was a dark and stormy night. '.repeat(20));
});

afterAll(async () => {
  for (const child of started) if (child.exitCode === null) child.kill('SIGKILL');
  await rm(folder, { recursive: true, force: true });
});

type Telemetry = 'as treekv has it' | 'left on';

/** A process that knows of no place but a home of its own. */
async function start(words: readonly string[], telemetry: Telemetry, variables: NodeJS.ProcessEnv = {}) {
  const home = await mkdtemp(join(folder, 'home-'));
  const [command, ...rest] = words;
  const child = spawn(command, rest, {
    cwd: folder,
    env: {
      PATH: process.env.PATH,
      HOME: home,
      TREEKV_CACHE: join(folder, 'cache'),
      ...(telemetry === 'left on' && { ORT_DISABLE_TELEMETRY: '0' }),
      ...variables,
    },
    stdio: ['pipe', 'ignore', 'inherit'],
  });
  started.push(child);
  return { child, files: async () => readdir(home, { recursive: true }) };
}

/** What a process leaves in its home. */
async function leftBy(words: readonly string[], telemetry: Telemetry): Promise<string[]> {
  const { child, files } = await start(words, telemetry);
  const [code] = await once(child, 'close');
  expect(code).toBe(0);
  return files();
}

const node = (script: string) => [process.execPath, '--input-type=module', '-e', script];
const treekv = (...words: string[]) => [process.execPath, program, ...words];

describe.each<[string, () => readonly string[]]>([
  ['load() and its thread', () => node(throughLibrary)],
  ['load() in a thread of the program', () => node(inThread)],
  ['a model beside the engine', () => node(besideEngine)],
  ['treekv generate', () => treekv('generate', 'Once', '--max-new-tokens', '2')],
  [
    'treekv eval',
    () => treekv('eval', 'perplexity', '--text', text, '--context', '64', '--policies', 'full'),
  ],
])('%s', (_, words) => {
  it('leaves no file in an empty home', async () => {
    expect(await leftBy(words(), 'as treekv has it')).toEqual([]);
  });

  it('would leave telemetry there if it were on', async () => {
    expect((await leftBy(words(), 'left on')).join()).toMatch(/onnxruntime/);
  });
});

it('load() in a thread that cannot switch telemetry off is refused', async () => {
  const refused = `
    import { load } from ${built('index.js')};
    const code = await load().then(() => 'loaded', (error) => error.code);
    process.exit(code === 'UNSUPPORTED' ? 0 : 3);
  `;
  const thread = `
    import { Worker } from 'node:worker_threads';
    new Worker(new URL('data:text/javascript,' + encodeURIComponent(${JSON.stringify(refused)}))).on(
      'exit', (code) => process.exit(code));
  `;
  expect(await leftBy(node(thread), 'as treekv has it')).toEqual([]);
});

/** Waits until something is so, however long it takes; the test's own limit ends it. */
async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await holds())) await pause(50);
}

/** A place that is told to be the way to the network, and what asks it for a connection. */
async function openTrap() {
  const asked: string[] = [];
  const server = createServer((socket) => {
    socket.on('data', (bytes) => asked.push(bytes.toString()));
    socket.on('error', () => undefined);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const names = ['http_proxy', 'https_proxy', 'all_proxy', 'HTTPS_PROXY', 'ALL_PROXY'];
  return { asked, server, variables: Object.fromEntries(names.map((name) => [name, address])) };
}

describe('a process that stays after its answer', () => {
  it('asks for no connection in the time in which telemetry, if on, asks for one', async () => {
    const [quiet, loud] = await Promise.all([openTrap(), openTrap()]);
    const silent = await start(node(waiting), 'as treekv has it', quiet.variables);
    await start(node(waiting), 'left on', loud.variables);
    await until(() => loud.asked.length > 0);
    expect(loud.asked.join()).toMatch(/microsoft/);
    expect(quiet.asked).toEqual([]);
    silent.child.stdin?.end();
    await once(silent.child, 'close');
    expect(quiet.asked).toEqual([]);
    for (const { server } of [quiet, loud]) server.close();
  });

  // the trap above needs nothing; with strace, where there is one, nothing can go round it
  if (existsSync('/usr/bin/strace')) {
    it('opens no socket but those inside the machine in that time', async () => {
      const traced = async (telemetry: Telemetry) => {
        const log = join(folder, `${telemetry}.strace`);
        const { child } = await start(
          ['/usr/bin/strace', '-f', '-qq', '-e', 'trace=socket', '-o', log, ...node(waiting)],
          telemetry,
        );
        const internet = async () => /AF_INET/.test(await readFile(log, 'utf8').catch(() => ''));
        return { child, internet };
      };
      const silent = await traced('as treekv has it');
      const loud = await traced('left on');
      await until(loud.internet);
      expect(await silent.internet()).toBe(false);
      silent.child.stdin?.end();
      await once(silent.child, 'close');
      expect(await silent.internet()).toBe(false);
    });
  }
});
