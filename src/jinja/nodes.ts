// The parts of a parsed template, after jinja2's nodes. Shapes only.

export type Expression =
  | { readonly kind: 'constant'; readonly value: null | boolean | string }
  | { readonly kind: 'integer' | 'float'; readonly text: string }
  | { readonly kind: 'name'; readonly name: string }
  | { readonly kind: 'list' | 'tuple' | 'concat'; readonly items: readonly Expression[] }
  | { readonly kind: 'dict'; readonly pairs: readonly (readonly [Expression, Expression])[] }
  | { readonly kind: 'attribute'; readonly of: Expression; readonly name: string }
  | { readonly kind: 'item'; readonly of: Expression; readonly key: Expression }
  | { readonly kind: 'slice'; readonly parts: readonly (Expression | undefined)[] }
  | { readonly kind: 'call'; readonly callee: Expression; readonly args: Arguments }
  | Filter
  | { readonly kind: 'test'; readonly of: Expression; readonly name: string; readonly args: Arguments }
  | { readonly kind: 'not' | 'minus' | 'plus'; readonly of: Expression }
  | { readonly kind: 'and' | 'or'; readonly left: Expression; readonly right: Expression }
  | {
      readonly kind: 'binary';
      readonly operator: string;
      readonly left: Expression;
      readonly right: Expression;
    }
  | { readonly kind: 'compare'; readonly first: Expression; readonly rest: readonly Comparison[] }
  | {
      readonly kind: 'condition';
      readonly test: Expression;
      readonly yes: Expression;
      readonly no: Expression | undefined;
    };

export type Comparison = readonly [operator: string, right: Expression];

/** A filter; `of` undefined is the text of the block that it stands at. */
export interface Filter {
  readonly kind: 'filter';
  readonly of: Expression | undefined;
  readonly name: string;
  readonly args: Arguments;
}

/** What a call is given; `spread` and `named.spread` are `*` and `**`. */
export interface Arguments {
  readonly plain: readonly Expression[];
  readonly named: readonly (readonly [string, Expression])[];
  readonly spread: Expression | undefined;
  readonly spreadNamed: Expression | undefined;
}

/** What can be assigned to. */
export type Target =
  | { readonly kind: 'name'; readonly name: string }
  | { readonly kind: 'field'; readonly namespace: string; readonly name: string }
  | { readonly kind: 'targets'; readonly items: readonly Target[] };

/** Statements that share a scope of their own. */
export interface Body {
  readonly statements: readonly Statement[];
  /** Names that are undefined in it until it sets them, whatever is around it (hiddenNames.ts). */
  readonly hidden: string[];
}

export type Statement =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'output'; readonly value: Expression }
  | {
      readonly kind: 'if';
      readonly branches: readonly (readonly [test: Expression, then: readonly Statement[]])[];
      readonly otherwise: readonly Statement[];
    }
  | {
      readonly kind: 'for';
      readonly target: Target;
      readonly over: Expression;
      readonly test: Expression | undefined;
      readonly body: Body;
      readonly otherwise: Body;
    }
  | { readonly kind: 'set'; readonly target: Target; readonly value: Expression }
  | {
      readonly kind: 'setBlock';
      readonly target: Target;
      readonly filter: Filter | undefined;
      readonly body: Body;
    }
  | { readonly kind: 'with'; readonly pairs: readonly (readonly [Target, Expression])[]; readonly body: Body }
  | { readonly kind: 'filterBlock'; readonly filter: Filter; readonly body: Body }
  | { readonly kind: 'macro'; readonly macro: MacroNode }
  | {
      readonly kind: 'callBlock';
      readonly call: Expression & { readonly kind: 'call' };
      readonly macro: MacroNode;
    }
  | { readonly kind: 'generation'; readonly body: Body }
  | { readonly kind: 'break' | 'continue' };

/** A macro, or the block that a call hands over as `caller`. */
export interface MacroNode {
  readonly name: string;
  readonly parameters: readonly { readonly name: string; readonly default: Expression | undefined }[];
  readonly body: Body;
  /** Which of the names that a macro has of its own its body reads. */
  readonly reads: ReadonlySet<string>;
}
