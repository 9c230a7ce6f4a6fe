// What is asked of a measurement of retention, checked, and the protocol card that its numbers carry.
import { integerOption, TreekvError } from '../../core/index.ts';
import { chunkOption, type LocalModel, requireRunInWindow } from '../../generation/index.ts';
import { full } from '../../policies/index.ts';
import { type Document, requireDocuments, textHash } from '../document.ts';
import { recordPolicies } from '../policyRecord.ts';
import type { NamedPlan } from '../policySpec.ts';
import type { RetentionProtocol, RetentionView } from './retentionResult.ts';

/** Tokens of a text whose tree of merges can still be seen. */
export const MOST_TREE_TOKENS = 64;

/** Texts, and the policies of which is seen what they keep. */
export interface RetentionRequest {
  /** The texts to read. */
  readonly documents: readonly Document[];
  /** The policies to compare. */
  readonly policies: readonly NamedPlan[];
  /** Tokens to read of each, BOS included. @default 512 */
  readonly tokens?: number;
  /** Tokens read at once when a cache is full; budget + chunk entries are visible. @default 1 */
  readonly chunk?: number;
  /** Whether a shadow with full attention measures what is lost. @default true */
  readonly loss?: boolean;
  /** What is looked at. @default all layers, and no tree */
  readonly view?: RetentionView;
}

/** A text as tokens. */
export interface RetentionText {
  readonly name: string;
  /** [tokens] */
  readonly ids: Int32Array;
}

/** A request, decided. */
export interface RetentionPlan {
  readonly protocol: RetentionProtocol;
  readonly texts: readonly RetentionText[];
}

const loss =
  'share of a query that full attention over the same tokens puts on the entries that the policy had evicted ' +
  'before the step of that query; mean over the queries after the first eviction, query heads and layers; mass ' +
  'float32, sums float64';

/** Decides everything. Throws BAD_OPTION, or UNSUPPORTED if a reading would leave the model's sliding window. */
export async function planRetention(
  { tokenizer, engine, weights }: LocalModel,
  request: RetentionRequest,
): Promise<RetentionPlan> {
  const { documents, policies, view = { layer: null, tree: null } } = request;
  requireDocuments(documents);
  requirePolicies(policies);
  const tokens = integerOption('Retention', 'tokens', request.tokens ?? 512, 1);
  const chunk = chunkOption('Retention', 'chunk', request.chunk ?? 1);
  const { layers, kvHeads, maxPositions, slidingWindow } = engine.config;
  requireView(view, { layers, heads: kvHeads, tokens });
  const shadowed = request.loss ?? true;
  if (shadowed && tokens > maxPositions) {
    const message =
      `Attention loss needs full attention over all ${tokens} tokens, and the model was trained on ` +
      `${maxPositions}. Read at most ${maxPositions} (--length), or leave the loss out (--no-loss).`;
    throw new TreekvError('BAD_OPTION', message, { tokens, trained: maxPositions });
  }
  for (const { plan } of policies) requireRunInWindow(slidingWindow, plan, { chunk, tokens });
  if (shadowed) requireRunInWindow(slidingWindow, full.plan({}), { chunk, tokens });
  const texts = documents.map(({ name, text }) => {
    const ids = tokenizer.withBos(tokenizer.encode(text));
    if (ids.length < tokens) {
      const message = `${name} has ${ids.length} tokens; ${tokens} are to be read. Read fewer (--length).`;
      throw new TreekvError('BAD_OPTION', message, { text: name, available: ids.length, tokens });
    }
    return { name, ids: ids.subarray(0, tokens) };
  });
  const protocol: RetentionProtocol = {
    protocol: 'retention',
    textOrder: 'each text alone, from its start',
    bos: tokenizer.bosId === undefined ? 'none' : 'one in front of each text',
    stride: chunk === 1 ? 'token by token' : `chunks of ${chunk} once entries are evicted`,
    dtype: `weights ${weights.dtype}, softmax float32`,
    chunk,
    tokens,
    texts: documents.map(({ name, text }) => ({ name, sha256: textHash(text) })),
    policies: await recordPolicies(policies),
    ageBin: policies.find(({ plan }) => plan.budget !== null)?.plan.budget ?? tokens,
    view,
    loss: shadowed ? loss : null,
  };
  return { protocol, texts };
}

/** Throws BAD_OPTION unless the layer and head exist and a tree would not be too large to see. */
export function requireView(
  { layer, tree }: RetentionView,
  shape: { readonly layers: number; readonly heads: number; readonly tokens: number },
): void {
  if (layer !== null) integerOption('Retention', 'layer', layer, 0, shape.layers - 1);
  if (tree === null) return;
  integerOption('Retention', 'layer', tree.layer, 0, shape.layers - 1);
  integerOption('Retention', 'head', tree.head, 0, shape.heads - 1);
  if (shape.tokens <= MOST_TREE_TOKENS) return;
  const message =
    `A tree of ${shape.tokens} tokens is too large to see: at most ${MOST_TREE_TOKENS}. Read fewer (--length), ` +
    'under a smaller budget.';
  throw new TreekvError('BAD_OPTION', message, { tokens: shape.tokens, most: MOST_TREE_TOKENS });
}

function requirePolicies(policies: readonly NamedPlan[]): void {
  if (policies.length > 0) return;
  throw new TreekvError('BAD_OPTION', 'There is no policy: name at least one.', {});
}
