// Small templates against jinja2 itself (tools/reference/jinjaDifferences.py): each is written as there, or refused. What
// is refused though jinja2 writes it is listed, so that the list does not grow unseen.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { templateOf } from './chatFixture.testing.ts';

type Case = readonly [template: string, text: string | null, error?: string];

const file = join(import.meta.dirname, '..', '..', 'test', 'fixtures', 'jinja.json');
const { variables, cases } = JSON.parse(readFileSync(file, 'utf8')) as {
  readonly variables: Readonly<Record<string, unknown>> & { readonly messages: readonly { role: string }[] };
  readonly cases: readonly Case[];
};
const { messages, ...others } = variables;

function render(template: string): string | { readonly code: string } {
  try {
    return templateOf(template).render(messages as never, { variables: others });
  } catch (error) {
    return { code: (error as { code: string }).code };
  }
}

describe('is written as jinja2 writes it, or refused', () => {
  it.each(cases.map(([template, text]) => ({ template, text })))('$template', ({ template, text }) => {
    const own = render(template);
    if (typeof own !== 'string') expect(['BAD_FILE', 'UNSUPPORTED', 'BAD_OPTION']).toContain(own.code);
    else expect(own).toBe(text);
  });
});

it('all but a few that jinja2 writes are written', () => {
  const refused = cases.filter(([template, text]) => text !== null && typeof render(template) !== 'string');
  expect(refused.map(([template]) => template)).toMatchInlineSnapshot(`
    [
      "{{ 1e3 }}",
      "{{ (1,) }}",
      "{{ 'a'.format() }}",
      "{{ d.items() }}",
      "{{ d.keys() }}",
      "{{ d.values() }}",
      "{{ messages[3].items }}",
      "{{ 1e20|tojson }}",
      "{{ xs|reverse }}",
      "{{ xs|map('string') }}",
      "{{ xs|max }}",
      "{{ 1.25|round(1) }}",
      "{{ s|wordcount }}",
      "{{ '<b>'|escape }}",
      "{{ '<b>'|e }}",
      "{{ ('<b>'|safe) ~ '<i>' }}",
      "{{ xs|random }}",
      "{{ xs|batch(2)|list }}",
      "{{ d|xmlattr }}",
      "{{ '%s'|format('x') }}",
      "{{ messages|groupby('role') }}",
      "{{ d.items() is sequence }}{{ d.items() is not sequence }}",
      "{{ range is lower }}{{ range is not lower }}",
      "{{ d.items() is lower }}{{ d.items() is not lower }}",
      "{{ range is upper }}{{ range is not upper }}",
      "{{ d.items() is upper }}{{ d.items() is not upper }}",
      "{% macro m(a) %}{{ varargs }}{% endmacro %}{{ m(1, 2) }}",
      "{{ dict(a=1, b='x') }}{{ namespace }}",
      "{{ 1 < 2 < 3 }}",
      "{{ 1 == 1 == true }}",
      "{{ '\\d' }}",
      "{% raw %}{{ x }}{% endraw %}",
      "{% with a = 1 %}{{ a }}{% endwith %}",
      "{{ 100000000000000000000 }}",
      "{{ 9007199254740993 }}",
      "{{ 0.1 + 0.2 }}{{ 1.0 * 3 }}{{ 10 ** 2 }}{{ 1e16 * 10 }}{{ 0.00001 * 1 }}{{ 1.5e-7 * 1 }}{{ -0.0 }}{{ 3.0 // 2 }}",
      "{{ strftime_now }}",
    ]
  `);
});
