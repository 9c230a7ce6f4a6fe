// A run that may be cut off at any moment: every unit is saved when it is added, whole or not at all, and a later
// run under the same head goes on behind the last one. It refuses to mix: another model, protocol or version of
// the format is an error that names the difference, and so is other software while there is something to measure. What
// follows from the units is computed anew at every end, so a finished run that is resumed costs nothing and shows what
// today's summary makes of it. It measures nothing.
import { readFile } from 'node:fs/promises';
import { isDeepStrictEqual } from 'node:util';
import { removeLeftovers, TreekvError, writeWhole } from '../core/index.ts';
import { type Result, type RunHead, softwareCard, type Unit } from './result.ts';

export interface RunOptions {
  /** Where the result goes: a path without its ending, `.json` is added. @default nowhere */
  readonly output?: string;
  /** Goes on with the result that is there; without it such a result is an error. @default false */
  readonly resume?: boolean;
  /** Replaces what is there, whatever it is. Not with resume. @default false */
  readonly force?: boolean;
}

/** The file of an output; `name` and `name.json` mean the same. */
export function resultFile(output: string): string {
  return `${outputStem(output)}.json`;
}

/** An output's path without an ending, to which a result's other files add theirs. */
export function outputStem(output: string): string {
  return output.replace(/\.json$/, '');
}

/** A run in progress. */
export class ResumableRun<Protocol, U extends Unit> {
  readonly head: RunHead<Protocol>;
  private readonly file: string | undefined;
  private readonly done: U[];
  private readonly keys: Set<string>;
  private readonly earlier: Result<Protocol, U, unknown> | undefined;
  private readonly started = performance.now();

  private constructor(
    head: RunHead<Protocol>,
    file: string | undefined,
    earlier: Result<Protocol, U, unknown> | undefined,
  ) {
    this.head = head;
    this.file = file;
    this.done = [...(earlier?.units ?? [])];
    this.keys = new Set(this.done.map(({ key }) => key));
    this.earlier = earlier;
  }

  /**
   * Begins, or goes on. Throws BAD_OPTION, BAD_FILE or WRITE_FAILED.
   * @param summaryOnly what of the protocol changes only the summary, such as the seed of intervals: it may differ from
   * the earlier run's, since the summary is made anew.
   */
  static async open<Protocol, U extends Unit>(
    head: RunHead<Protocol>,
    { output, resume = false, force = false }: RunOptions = {},
    summaryOnly: readonly (keyof Protocol)[] = [],
  ): Promise<ResumableRun<Protocol, U>> {
    // What JSON does not carry (undefined, class instances) must not count as a difference.
    const plain = JSON.parse(JSON.stringify(head)) as RunHead<Protocol>;
    if (resume && force) {
      const message =
        'A run goes on with what is there (resume) or replaces it (force); leave one of them out.';
      throw new TreekvError('BAD_OPTION', message, {});
    }
    if (output === undefined) {
      if (!resume) return new ResumableRun<Protocol, U>(plain, undefined, undefined);
      throw new TreekvError(
        'BAD_OPTION',
        'Without an output there is nothing to resume: name it (--output).',
        {},
      );
    }
    const file = resultFile(output);
    const found = force ? undefined : await readResult<Protocol, U, unknown>(file);
    if (found !== undefined) requireSame(file, found, plain, { resume, summaryOnly });
    await removeLeftovers(file);
    const run = new ResumableRun<Protocol, U>(plain, file, found);
    // The first write comes before hours of work: a folder that cannot be written shows at once.
    if (found === undefined) await run.save(null, false);
    return run;
  }

  /** The units so far, earlier ones first. */
  get units(): readonly U[] {
    return this.done;
  }

  has(key: string): boolean {
    return this.keys.has(key);
  }

  /** Takes units in and saves. Throws WRITE_FAILED; what was saved before stays. */
  async add(...units: readonly U[]): Promise<void> {
    for (const unit of units) {
      if (this.keys.has(unit.key)) throw new Error(`unit ${unit.key} was added twice`);
      this.keys.add(unit.key);
      this.done.push(JSON.parse(JSON.stringify(unit, numbersOnly)) as U);
    }
    await this.save(null, false);
  }

  /** Forgets the units behind the first `count`, to be measured anew; the file follows with the next unit. */
  cutBack(count: number): void {
    for (const { key } of this.done.splice(count)) this.keys.delete(key);
  }

  /** Ends the run. Of a run that had ended before only the summary is made anew. */
  async finish<Summary>(summarise: (units: readonly U[]) => Summary): Promise<Result<Protocol, U, Summary>> {
    return this.save(summarise(this.done), true);
  }

  private async save<Summary>(summary: Summary, complete: boolean): Promise<Result<Protocol, U, Summary>> {
    const text = JSON.stringify({
      format: 'treekv-result',
      version: 1,
      ...this.head,
      software: softwareCard(),
      complete,
      units: [...this.done],
      summary,
      seconds: (this.earlier?.seconds ?? 0) + (performance.now() - this.started) / 1000,
      peakRssBytes: Math.max(this.earlier?.peakRssBytes ?? 0, process.resourceUsage().maxRSS * 1024),
      ...(this.earlier?.complete === true && measuredBy(this.earlier)),
    } satisfies Result<Protocol, U, Summary>);
    if (this.file !== undefined) await writeWhole(this.file, `${text}\n`);
    return JSON.parse(text) as Result<Protocol, U, Summary>;
  }
}

/** JSON writes NaN as null, which a sum takes for 0: a unit that holds one is a defect of what measured it. */
function numbersOnly(this: unknown, key: string, value: unknown): unknown {
  if (typeof value !== 'number' || Number.isFinite(value)) return value;
  throw new Error(`a unit has ${value} as its ${Array.isArray(this) ? `value ${key}` : key}`);
}

/** What a finished run says of its measuring, which computing its summary again does not change. */
function measuredBy({
  software,
  seconds,
  peakRssBytes,
}: Pick<Result<unknown, Unit, unknown>, 'software' | 'seconds' | 'peakRssBytes'>) {
  return { software, seconds, peakRssBytes };
}

/** The result in a file; undefined if there is none. Throws BAD_FILE. */
export async function readResult<Protocol, U extends Unit, Summary>(
  file: string,
): Promise<Result<Protocol, U, Summary> | undefined> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new TreekvError('BAD_FILE', `${file} cannot be read.`, { file }, { cause });
  }
  let found: Partial<Result<Protocol, U, Summary>> | null = null;
  try {
    found = JSON.parse(text) as Partial<Result<Protocol, U, Summary>> | null;
  } catch {
    // said below
  }
  if (found?.format !== 'treekv-result' || found.version !== 1 || !Array.isArray(found.units)) {
    throw new TreekvError(
      'BAD_FILE',
      `${file} is no result of treekv; name another file, or replace it (--force).`,
      {
        file,
      },
    );
  }
  const keys = found.units.map((unit: Partial<Unit> | null) => unit?.key);
  const odd = keys.findIndex((key, i) => typeof key !== 'string' || keys.indexOf(key) !== i);
  if (odd >= 0) {
    const message = `${file} is damaged: unit ${odd} has no key of its own. Name another file, or an older copy.`;
    throw new TreekvError('BAD_FILE', message, { file, unit: odd, key: keys[odd] });
  }
  return found as Result<Protocol, U, Summary>;
}

/** That a result stands where a new one should go. */
export function resultExists(file: string): TreekvError {
  const message = `${file} exists. Resume it (--resume), replace it (--force), or name another output.`;
  return new TreekvError('BAD_OPTION', message, { file });
}

function requireSame<Protocol>(
  file: string,
  found: Result<Protocol, Unit, unknown>,
  head: RunHead<Protocol>,
  { resume, summaryOnly }: { readonly resume: boolean; readonly summaryOnly: readonly (keyof Protocol)[] },
): void {
  if (!resume) throw resultExists(file);
  const { kind, model, protocol, software, complete } = found;
  const where =
    difference(measured({ kind, model, protocol }, summaryOnly), measured(head, summaryOnly), []) ??
    (complete ? undefined : difference({ software }, { software: softwareCard() }, []));
  if (where === undefined) return;
  throw new TreekvError(
    'BAD_OPTION',
    `${file} is of another run: ${where}. Run as it was, or name another output.`,
    { file, difference: where },
  );
}

/** The head without what changes only the summary. */
function measured<Protocol>(
  { kind, model, protocol }: RunHead<Protocol>,
  summaryOnly: readonly (keyof Protocol)[],
): RunHead<Partial<Protocol>> {
  const own: Partial<Protocol> = { ...protocol };
  for (const key of summaryOnly) delete own[key];
  return { kind, model, protocol: own };
}

/** The first place at which two JSON values differ, in words. */
function difference(a: unknown, b: unknown, path: readonly string[]): string | undefined {
  if (isDeepStrictEqual(a, b)) return undefined;
  if (!isObject(a) || !isObject(b)) {
    return `${path.join('.')} was ${short(a)} and is ${short(b)}`;
  }
  for (const key of new Set([...Object.keys(a), ...Object.keys(b)])) {
    const found = difference(a[key], b[key], [...path, key]);
    if (found !== undefined) return found;
  }
  return undefined;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

function short(value: unknown): string {
  const text = JSON.stringify(value) ?? 'absent';
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
}
