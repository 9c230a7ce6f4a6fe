// The words for what a policy module gets wrong: every one names the module, its policy and the place, and none calls
// it a defect of treekv. It looks for no faults itself.
import { type ErrorDetails, shown, TreekvError } from '../core/index.ts';
import type { LayerShape } from './policy.ts';

/** Where a fault lies. */
export type Where = Partial<LayerShape> & { readonly head?: number; readonly rank?: number };

/** How a policy refuses what the user asked for: its options are its own to judge. */
const refusals = ['BAD_OPTION', 'BUDGET_TOO_SMALL'] as const;

/** The faults of one module. */
export class ModuleFaults {
  /** The module in words, without an article. */
  readonly subject: string;
  private readonly module: string;
  private readonly policy: string;

  constructor(module: string, policy: string) {
    this.module = module;
    this.policy = policy;
    this.subject = `policy module ${module} (policy '${policy}')`;
  }

  /** BAD_POLICY for what the module did. */
  blame(what: string, where: Where = {}, cause?: unknown): TreekvError {
    const place = Object.entries({ layer: where.layer, head: where.head })
      .filter(([, number]) => number !== undefined)
      .map(([name, number]) => `${name} ${number}`);
    const at = place.length === 0 ? '' : ` in ${place.join(', ')}`;
    const message = `The ${this.subject} ${what}${at}. Mend the module.`;
    const details = { module: this.module, policy: this.policy, ...where };
    return new TreekvError('BAD_POLICY', message, details, cause === undefined ? undefined : { cause });
  }

  /** BAD_OPTION for what the user asked of the module. */
  refuse(message: string, details: ErrorDetails): TreekvError {
    return new TreekvError('BAD_OPTION', message, { module: this.module, policy: this.policy, ...details });
  }

  /** Calls into the module. */
  run<Answer>(call: string, where: Where, action: () => Answer): Answer {
    try {
      return action();
    } catch (error) {
      throw this.thrown(call, where, error);
    }
  }

  /**
   * What to throw for what the module threw. An option that it refuses is the user's affair, whichever copy of treekv
   * the module has its checks from; all else is its own fault.
   */
  thrown(call: string, where: Where, error: unknown): TreekvError {
    const asked = call === 'plan()' || call === 'create()';
    const code = asked
      ? refusals.find((one) => (error as { code?: unknown } | null)?.code === one)
      : undefined;
    if (code !== undefined && error instanceof Error) {
      if (error instanceof TreekvError) return error;
      return new TreekvError(
        code,
        error.message,
        { module: this.module, policy: this.policy },
        { cause: error },
      );
    }
    const words = error instanceof Error ? `${error.name}: ${error.message}` : `it threw ${shown(error)}`;
    return this.blame(`failed in ${call}: ${words}`, where, error);
  }
}

/** An object with keys. */
export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Whether a value is awaited somewhere: nothing that a policy returns is. */
export function isPromise(value: unknown): boolean {
  return typeof (value as { then?: unknown } | null | undefined)?.then === 'function';
}
