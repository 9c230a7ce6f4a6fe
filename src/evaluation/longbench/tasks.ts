// LongBench's English tasks (Bai et al. 2024), in the order of the paper's Table 3: which metric each has, how its
// prompts and answers are treated, how many tokens an answer may have, and by which hash its template is known. The
// templates themselves come with the data.
import { nearest, TreekvError } from '../../core/index.ts';

export type MetricName = 'qa_f1' | 'rouge_l' | 'classification' | 'count' | 'retrieval' | 'code_sim';

export type Category = 'Single-Doc QA' | 'Multi-Doc QA' | 'Summarization' | 'Few-shot' | 'Synthetic' | 'Code';

/** One data set. */
export interface Task {
  /** As in the names of files. */
  readonly name: string;
  /** As in tables. */
  readonly label: string;
  readonly category: Category;
  readonly metric: MetricName;
  /** Samples that the data set has. */
  readonly samples: number;
  /** Tokens that an answer may have, by LongBench's dataset2maxlen.json. */
  readonly maxNewTokens: number;
  /** First 12 digits of the SHA-256 of LongBench's template. */
  readonly template: string;
  /** Whether LongBench-E has it too. */
  readonly extended: boolean;
  /** Whether LongBench wraps its prompts in a chat template; few-shot and code prompts are to be continued. */
  readonly chat: boolean;
  /** Whether only the first line of an answer counts, behind leading line feeds. */
  readonly firstLine: boolean;
  /** Whether the newline token ends the answer, which then has one token at least. */
  readonly endsAtNewline: boolean;
}

type Row = readonly [
  name: string,
  label: string,
  category: Category,
  metric: MetricName,
  samples: number,
  maxNewTokens: number,
  template: string,
];

const rows: readonly Row[] = [
  ['narrativeqa', 'NrtvQA', 'Single-Doc QA', 'qa_f1', 200, 128, 'aada7ed24b06'],
  ['qasper', 'Qasper', 'Single-Doc QA', 'qa_f1', 200, 128, '0fbdd123fe7f'],
  ['multifieldqa_en', 'MF-en', 'Single-Doc QA', 'qa_f1', 150, 64, '20b4666a2de8'],
  ['hotpotqa', 'HotpotQA', 'Multi-Doc QA', 'qa_f1', 200, 32, '9ec4ae308865'],
  ['2wikimqa', '2WikiMQA', 'Multi-Doc QA', 'qa_f1', 200, 32, '9ec4ae308865'],
  ['musique', 'Musique', 'Multi-Doc QA', 'qa_f1', 200, 32, '9ec4ae308865'],
  ['gov_report', 'GovReport', 'Summarization', 'rouge_l', 200, 512, '91c25d585b18'],
  ['qmsum', 'QMSum', 'Summarization', 'rouge_l', 200, 512, 'dca23b678fe0'],
  ['multi_news', 'MultiNews', 'Summarization', 'rouge_l', 200, 512, '2af3f28c40b9'],
  ['trec', 'TREC', 'Few-shot', 'classification', 200, 64, '0eff8bebdba9'],
  ['triviaqa', 'TriviaQA', 'Few-shot', 'qa_f1', 200, 32, '00a802e6377e'],
  ['samsum', 'SAMSum', 'Few-shot', 'rouge_l', 200, 128, 'a68d88423490'],
  ['passage_count', 'PCount', 'Synthetic', 'count', 200, 32, '986550b6c610'],
  ['passage_retrieval_en', 'PRe', 'Synthetic', 'retrieval', 200, 32, '39b96b7fa52b'],
  ['lcc', 'LCC', 'Code', 'code_sim', 500, 64, '6a1f24cf0bb8'],
  ['repobench-p', 'RB-P', 'Code', 'code_sim', 500, 64, 'ee9ec182ea5f'],
];

const notExtended = ['narrativeqa', 'musique', 'qmsum'];

/** The 16 tasks. */
export const tasks: readonly Task[] = rows.map(
  ([name, label, category, metric, samples, maxNewTokens, template]) => ({
    ...{ name, label, category, metric, samples, maxNewTokens, template },
    extended: !notExtended.includes(name),
    chat: category !== 'Few-shot' && category !== 'Code',
    firstLine: category === 'Few-shot',
    endsAtNewline: name === 'samsum',
  }),
);

/** The categories, in the order of tables. */
export const categories: readonly Category[] = [...new Set(tasks.map(({ category }) => category))];

/** The tasks of these names, in the order of tables. Throws BAD_OPTION for a name that is none. */
export function findTasks(names: readonly string[]): Task[] {
  const known = tasks.map(({ name }) => name);
  for (const name of names) {
    if (known.includes(name)) continue;
    const guess = nearest(name, known);
    const hint = guess === undefined ? '' : ` Did you mean '${guess}'?`;
    const message = `Unknown LongBench task '${name}'.${hint} Tasks: ${known.join(', ')}.`;
    throw new TreekvError('BAD_OPTION', message, { task: name, nearest: guess });
  }
  return tasks.filter(({ name }) => names.includes(name));
}
