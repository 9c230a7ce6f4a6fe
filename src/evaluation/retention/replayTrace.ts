// Plays a trace: what each head held after every token, from the decisions alone. No model, no attention and, but
// for built-in policies that read no mass, no policy takes part.
import { TreekvError } from '../../core/index.ts';
import { type CachePlan, policies, scopePlace } from '../../policies/index.ts';
import { type KeptTokens, keptDigest } from './keptTokens.ts';
import type { Trace, TraceLayer } from './trace.ts';

/** What a layer holds at some token of the text. */
export interface ReplayedLayer {
  /** KV heads. */
  readonly heads: number;
  /** Entries per head. */
  readonly count: number;
  /** [heads, stride] the tokens kept, the first `count` of each row. */
  readonly tokens: Int32Array;
  /** Length of a row of `tokens`. */
  readonly stride: number;
  /** [heads] the place of the entry that the last token pushed out, among count + 1; -1 if none left. */
  readonly left: Int32Array;
}

/**
 * Plays a trace and tells what it comes to. Throws BAD_FILE if that is not what was kept when it was taken.
 * @param visit called after each token; what it is shown is valid until it returns.
 */
export function replayTrace(
  trace: Trace,
  visit: (token: number, layers: readonly ReplayedLayer[]) => void = () => undefined,
): KeptTokens {
  const layers = trace.layers.map((layer, l) => new LayerReplay(trace, layer, l));
  for (let token = 0; token < trace.tokens; token++) {
    for (const layer of layers) layer.read(token);
    visit(token, layers);
  }
  const kept = { heads: trace.heads, layers: layers.map((layer) => layer.kept()) };
  if (keptDigest(kept) === trace.kept) return kept;
  throw new TreekvError(
    'BAD_FILE',
    `The trace of '${trace.policy}' over ${trace.tokens} tokens does not replay to the tokens that were kept when ` +
      'it was taken: it is damaged, or of another version of this policy. Take it again.',
    { policy: trace.policy, tokens: trace.tokens },
  );
}

/** Whose turn it is to leave: writes the place of one entry per head. */
type Decide = (layer: LayerReplay, left: Int32Array) => void;

class LayerReplay implements ReplayedLayer {
  readonly heads: number;
  readonly stride: number;
  readonly tokens: Int32Array;
  readonly left: Int32Array;
  count = 0;
  private readonly budget: number;
  private readonly decide: Decide;

  constructor({ plan, tokens, heads }: Trace, layer: TraceLayer, index: number) {
    this.heads = heads;
    this.budget = layer.budget ?? Infinity;
    this.stride = Math.min(this.budget + 1, tokens);
    this.tokens = new Int32Array(heads * this.stride);
    this.left = new Int32Array(heads);
    this.decide =
      layer.kind === 'none'
        ? again(plan, heads, index)
        : recorded(plan, layer, layer.decisions.length / heads);
  }

  /** Takes in the next token. */
  read(token: number): void {
    const { heads, stride, tokens, left, count } = this;
    for (let head = 0; head < heads; head++) tokens[head * stride + count] = token;
    if (count < this.budget) {
      this.count++;
      left.fill(-1);
      return;
    }
    this.decide(this, left);
    for (let head = 0; head < heads; head++) {
      const place = head * stride + left[head];
      tokens.copyWithin(place, place + 1, head * stride + count + 1);
    }
  }

  /** [heads, count] a copy. */
  kept(): Int32Array {
    const { heads, count, stride, tokens } = this;
    const kept = new Int32Array(heads * count);
    for (let head = 0; head < heads; head++) {
      kept.set(tokens.subarray(head * stride, head * stride + count), head * count);
    }
    return kept;
  }
}

/** Reads the decisions off the trace. */
function recorded(plan: CachePlan, { kind, decisions }: TraceLayer, perHead: number): Decide {
  const { sinks, selected, rule = 'prose' } = plan;
  let turn = 0;
  return (_, left) => {
    const from = kind === 'scope' ? sinks + scopePlace(rule, turn, selected) : 0;
    for (let head = 0; head < left.length; head++) left[head] = from + decisions[head * perHead + turn];
    turn++;
  };
}

/** Lets a policy that reads no mass decide once more. */
function again(plan: CachePlan, heads: number, layer: number): Decide {
  const definition = policies.get(plan.policy);
  if (definition === undefined) {
    const message = `The trace holds no decisions of '${plan.policy}', which is no built-in policy.`;
    throw new TreekvError('BAD_FILE', message, { policy: plan.policy });
  }
  const policy = definition.create(plan, { heads, layer });
  const mass = new Float32Array(0);
  return ({ count, tokens, stride }, left) => {
    const seen = tokens[count] + 1;
    policy.step({ heads, before: count, added: 1, mass, tokens, stride, seen }, left);
  };
}
