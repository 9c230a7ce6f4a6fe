// Templates against jinja2 itself (tools/reference/jinjaCases.py): every operator, filter, test and method over values of
// every kind, white space, scopes, loops, macros, and random templates. Where this renders, it renders the same; where it
// does not, it says so. JINJA_CASES names another file of cases.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { JinjaTemplate } from './index.ts';

interface Grid {
  readonly pattern: string;
  readonly axes: readonly (readonly string[])[];
  readonly texts: readonly (string | null)[];
}

type Case = readonly [template: string, text: string | null];

const file = join(import.meta.dirname, '..', '..', 'test', 'fixtures', 'jinja.json');
const fixture = JSON.parse(readFileSync(process.env.JINJA_CASES ?? file, 'utf8')) as {
  readonly variables: Readonly<Record<string, unknown>>;
  readonly grids: readonly Grid[];
  readonly templates: readonly Case[];
};

const errors = ['TemplateRunError', 'TemplateSyntaxError', 'TemplateRefusal'];

function casesOf({ pattern, axes, texts }: Grid): Case[] {
  let found = [pattern];
  for (const [i, values] of axes.entries()) {
    found = found.flatMap((template) => values.map((value) => template.replaceAll(`$${i}`, () => value)));
  }
  return found.map((template, i) => [template, texts[i]]);
}

/** The text, or the name of the error and its words. */
function render(template: string): { text?: string; error?: string } {
  try {
    return { text: new JinjaTemplate(template).render(fixture.variables) };
  } catch (error) {
    return { error: `${(error as Error).name}: ${(error as Error).message}` };
  }
}

/** What is wrong: another text, a failure that is not worded as ours, or one where Python does not fail. */
function wrong([template, text]: Case): object | undefined {
  const { text: own, error = '' } = render(template);
  if (own !== undefined) return own === text ? undefined : { template, text, own };
  const isOurs = errors.some((name) => error.startsWith(name));
  return isOurs && (text === null || error.includes('not supported')) ? undefined : { template, text, error };
}

function isRefused([template, text]: Case): boolean {
  return text !== null && render(template).error !== undefined;
}

describe.each(fixture.grids)('$pattern', (grid) => {
  const cases = casesOf(grid);

  it('renders as in Python, or is refused by name', () => {
    expect(cases).toHaveLength(grid.texts.length);
    expect(cases.map(wrong).filter((one) => one !== undefined)).toEqual([]);
  });
});

it('templates render as in Python, or are refused by name', () => {
  expect(fixture.templates.length).toBeGreaterThan(400);
  expect(fixture.templates.map(wrong).filter((one) => one !== undefined)).toEqual([]);
});

it.skipIf(process.env.JINJA_CASES !== undefined)(
  'what Python renders and this refuses is little, and known',
  () => {
    const refused = [...fixture.grids.flatMap(casesOf), ...fixture.templates].filter(isRefused);
    const reasons = refused.map(([template]) => render(template).error ?? '');
    const known = [
      ...[
        /The filter '(?:escape|wordcount|random)'/,
        /The test 'escaped'/,
        /The function '(?:lipsum|cycler)'/,
      ],
      ...[
        /The attribute '\w+' of a (?:text|range|number)/,
        /A slice of a/,
        /A power that is no whole number/,
      ],
      ...[/A whole number beyond 2\^53/, /Rounding to -2 places/, /The format %\./, /of what is undefined/],
      ...[
        /a recursive loop/,
        /the tag '(?:block|autoescape)'/,
        /for the items of a dict/,
        /Writing a function/,
      ],
      /'<' not supported/,
    ];
    expect(reasons.filter((reason) => !known.some((one) => one.test(reason)))).toEqual([]);
    expect(refused.length).toBeLessThan(400);
  },
);

describe('limits', () => {
  it('a macro that calls itself for ever is refused', () => {
    const endless = new JinjaTemplate('{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}');
    expect(() => endless.render({})).toThrow(expect.objectContaining({ name: 'TemplateRunError' }));
  });

  it('a text that grows without bound is refused', () => {
    const endless = new JinjaTemplate("{{ 'ab' * 1000000000 }}");
    expect(() => endless.render({})).toThrow(expect.objectContaining({ name: 'TemplateRunError' }));
  });

  it('what is no data is refused', () => {
    expect(() => new JinjaTemplate('').render({ a: () => 1 })).toThrow(
      'A function cannot be given to a template',
    );
  });
});

describe('functions of the caller', () => {
  it('get a text and give one', () => {
    const shout = (text: string) => `${text}!`;
    expect(new JinjaTemplate("{{ shout('a') }}").render({}, { shout })).toBe('a!');
  });

  it('give way to a variable of their name', () => {
    expect(new JinjaTemplate('{{ shout }}').render({ shout: 'far' }, { shout: () => '' })).toBe('far');
  });
});
