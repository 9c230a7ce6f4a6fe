// Makes docs/options.md: the options as their declarations in src/ word them, and which of them apply to which policy
// and prefill method, found by asking those. Its own words are the headings and what stands under them.
import { join } from 'node:path';
import ts from 'typescript';
import { packageRoot, TreekvError } from '../src/core/index.ts';
import { type CacheOptions, policies } from '../src/policies/index.ts';
import { prefillMethods } from '../src/prefill/index.ts';

/** Options of one call, or of one option that is an object. */
export interface OptionsSection {
  readonly heading: string;
  readonly about: string;
  /** The interface whose members they are; those that it inherits stand in a section of their own. */
  readonly type: string;
}

/** One option, as its declaration says it. */
export interface OptionEntry {
  readonly name: string;
  readonly type: string;
  readonly words: string;
  /** Undefined for one that must be given. */
  readonly preset: string | undefined;
}

/** The sections in the order of the page. */
export const optionsSections: readonly OptionsSection[] = [
  {
    heading: '`load(model, options)`',
    about:
      'Beside these, everything that a [session](#modelsessionoptions) takes, as the default of its sessions.',
    type: 'LoadOptions',
  },
  {
    heading: '`model.session(options)`',
    about: 'Or `{ snapshot }`, the bytes of one, which brings its own options.',
    type: 'SessionOptions',
  },
  {
    heading: 'The option `cache`',
    about:
      'What is kept of keys and values. An option that does not apply to the policy throws:\n\n@policies',
    type: 'CacheOptions',
  },
  {
    heading: 'The option `prefill`',
    about:
      'How a prompt is read. An option that does not apply to the mode and the method throws:\n\n@methods',
    type: 'PrefillOptions',
  },
  {
    heading: '`session.append(text, options)`',
    about: 'Reads a text into the cache.',
    type: 'AppendOptions',
  },
  {
    heading: '`session.generate(options)`, `chat.send(message, options)`',
    about: 'What Hugging Face has is spelled as there.',
    type: 'GenerateOptions',
  },
  {
    heading: '`model.generate(prompt, options)`',
    about: 'Beside these, everything that a [session](#modelsessionoptions) and its `generate` take.',
    type: 'PromptOptions',
  },
  {
    heading: '`model.chat(options)`',
    about:
      'Beside these, everything that a [session](#modelsessionoptions) takes. Or `{ snapshot }`, which brings its own options.',
    type: 'ChatOptions',
  },
  {
    heading: '`model.perplexity(text, options)`',
    about: 'How well the model predicts a text that it reads token by token.',
    type: 'PerplexityOptions',
  },
  {
    heading: '`pull(id, options)`',
    about: 'Downloads a model of a hub into the cache that Python shares.',
    type: 'PullOptions',
  },
];

/** The whole page. */
export function optionsPage(): string {
  const entries = optionEntries(optionsSections.map(({ type }) => type));
  const tables: Readonly<Record<string, string>> = {
    '@policies': policyTable(entries.get('CacheOptions') ?? []),
    '@methods': methodTable(entries.get('PrefillOptions') ?? []),
  };
  const parts = optionsSections.map(({ heading, about, type }) => {
    const list = (entries.get(type) ?? []).map(line).join('\n');
    return `## ${heading}\n\n${about.replace(/@\w+/, (mark) => tables[mark])}\n\n${list}\n`;
  });
  const begin =
    '# Options\n\nEvery option of the library, as its declaration words it (`npm run write:options` makes this page). ' +
    'An unknown option throws\n`BAD_OPTION`, and so does one that would have no effect. On the command line ' +
    '`max_new_tokens` is `--max-new-tokens`, and\n`treekv COMMAND --help` lists what a command takes.\n';
  return [begin, ...parts].join('\n');
}

/** The members that each of these interfaces of the library declares itself, by its name. */
export function optionEntries(types: readonly string[]): ReadonlyMap<string, readonly OptionEntry[]> {
  const root = packageRoot();
  const entry = join(root, 'src', 'index.ts');
  const config = ts.readConfigFile(join(root, 'tsconfig.json'), ts.sys.readFile);
  const { options } = ts.parseJsonConfigFileContent(config.config, ts.sys, root);
  const program = ts.createProgram([entry], options);
  const checker = program.getTypeChecker();
  const source = program.getSourceFile(entry);
  const module = source && checker.getSymbolAtLocation(source);
  const exported = new Map(
    (module === undefined ? [] : checker.getExportsOfModule(module)).map((symbol) => [symbol.name, symbol]),
  );
  return new Map(
    types.map((type) => {
      const symbol = exported.get(type);
      if (symbol === undefined) throw new Error(`src/index.ts exports no ${type}`);
      const members = [...(checker.getAliasedSymbol(symbol).members?.values() ?? [])];
      return [type, members.map((member) => optionEntry(member, checker))];
    }),
  );
}

function optionEntry(member: ts.Symbol, checker: ts.TypeChecker): OptionEntry {
  const words = ts.displayPartsToString(member.getDocumentationComment(checker));
  const preset = member.getJsDocTags(checker).find(({ name }) => name === 'default');
  const isOptional = (member.flags & ts.SymbolFlags.Optional) !== 0;
  if (words === '' || (isOptional && preset === undefined)) {
    throw new Error(`the option ${member.name} has no words or no @default`);
  }
  return {
    name: member.name,
    type: typeText(member, checker),
    words: `${words} ${aliasWords(member, checker)}`.trim(),
    preset: isOptional ? ts.displayPartsToString(preset?.text) : undefined,
  };
}

/** What a type of words says of each of them. */
function aliasWords(member: ts.Symbol, checker: ts.TypeChecker): string {
  const { aliasSymbol } = checker.getNonNullableType(checker.getTypeOfSymbol(member));
  const words = ts.displayPartsToString(aliasSymbol?.getDocumentationComment(checker));
  return words.includes('`') ? words.replaceAll('\n', ' ') : '';
}

/** A union of words is spelled out; other types are as they are written. */
function typeText(member: ts.Symbol, checker: ts.TypeChecker): string {
  const type = checker.getNonNullableType(checker.getTypeOfSymbol(member));
  if (type.isUnion() && type.types.every((part) => part.isStringLiteral())) {
    return type.types.map((part) => checker.typeToString(part).replaceAll('"', "'")).join(' | ');
  }
  const [declaration] = member.declarations ?? [];
  const written = ts.isPropertySignature(declaration) ? declaration.type?.getText() : undefined;
  return (written ?? checker.typeToString(type)).replace(/\breadonly /g, '').replace(/ \| undefined$/, '');
}

function line({ name, type, words, preset }: OptionEntry): string {
  return `- **\`${name}\`** (\`${type}\`; ${preset === undefined ? 'must be given' : `default: ${preset}`}). ${words}`;
}

/** A value that each option could have. */
const possible: Readonly<Required<Omit<CacheOptions, 'policy' | 'variant'>>> = {
  budget: 512,
  sinks: 4,
  recent: 100,
  positions: 'by-place',
  rule: 'prose',
  choice: 'score',
  score: 'mean',
  seed: 1,
};

/** Which options each policy takes in each variant that it has, by trying. */
function policyTable(entries: readonly OptionEntry[]): string {
  const names = entries.map(({ name }) => name).filter((name) => name !== 'policy' && name !== 'variant');
  const rows = [...policies.values()].flatMap(({ name: policy, plan }) =>
    (['paper', 'official'] as const).flatMap((variant) => {
      const takes = (options: CacheOptions): boolean => isTaken(() => plan({ policy, ...options }));
      const asked = variant === 'paper' ? {} : { variant };
      if (!takes(asked)) return [];
      const marks = names.map((name) =>
        takes({ ...asked, [name]: possible[name as keyof typeof possible] }) ? 'yes' : '',
      );
      return [[`\`${policy}\`${variant === 'paper' ? '' : ', official'}`, ...marks]];
    }),
  );
  return table(['policy', ...names.map((name) => `\`${name}\``)], rows);
}

/** Which options each method takes, as it says itself. */
function methodTable(entries: readonly OptionEntry[]): string {
  const names = entries.map(({ name }) => name).filter((name) => name !== 'mode' && name !== 'method');
  const rows = [...prefillMethods.values()].map(({ name: method, options }) => [
    `\`${method}\``,
    ...names.map((name) => (options.some((option) => option === name) ? 'yes' : '')),
  ]);
  return table(['method', ...names.map((name) => `\`${name}\``)], rows);
}

function isTaken(plan: () => unknown): boolean {
  try {
    plan();
    return true;
  } catch (error) {
    if (error instanceof TreekvError && error.code === 'BAD_OPTION') return false;
    throw error;
  }
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [head, head.map(() => '---'), ...rows];
  return lines.map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}
