// strip, lstrip and rstrip with the characters to strip, in templates and by themselves; the other methods are held
// against Python's in jinjaDifferences.test.ts.
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { templateOf } from './chatFixture.testing.ts';
import { strip } from './pythonText.ts';

it.each([
  ["'  \\n a \\n'.lstrip('\\n')", '  \n a \n'],
  ["'\\n\\n a \\n'.lstrip('\\n')", ' a \n'],
  ["'\\n a \\n'.rstrip('\\n')", '\n a '],
  ["'xyaxy'.strip('yx')", 'a'],
  ["'xax'.strip('x').upper()", 'A'],
  ["('--a'.lstrip('-') + 'b--'.rstrip('-')).strip('ab')", ''],
  ["' a '.strip()", 'a'],
  ["'a,b-,'.split('-')[1].strip(',')", ''],
])('%s', (expression, expected) => {
  expect(templateOf(`{{ ${expression} }}`).render([])).toBe(expected);
});

it('reaches into loops, conditions, macros, filters and arguments', () => {
  const text =
    "{% macro f(x) %}{{ x.strip('-') }}{% endmacro %}{% for x in ['-a-'] if x.strip('-') == 'a' %}" +
    "{{ f(x.lstrip('-')) }}{{ x.rstrip('-') | upper }}{{ 'b' if x.strip('-a') == '' else x }}{% endfor %}";
  expect(templateOf(text).render([])).toBe('a-Ab');
});

it('takes characters beyond the first plane whole', () => {
  expect(strip('😀a😁', '😀')).toBe('a😁');
});

it('what is left neither begins nor ends with a stripped character, and only those are gone', () => {
  fc.assert(
    fc.property(fc.string(), fc.string(), fc.boolean(), fc.boolean(), (text, characters, left, right) => {
      const kept = strip(text, characters, left, right);
      expect(text).toContain(kept);
      const [first, last] = [[...kept].at(0) ?? '', [...kept].at(-1) ?? ''];
      if (kept !== '' && left) expect([...characters]).not.toContain(first);
      if (kept !== '' && right) expect([...characters]).not.toContain(last);
      if (!left) expect(text.startsWith(kept)).toBe(true);
      if (!right) expect(text.endsWith(kept)).toBe(true);
    }),
  );
});

it('of anything but a text is refused', () => {
  expect(() => templateOf("{{ messages[0].content.strip('x') }}").render([{ role: 'user' }])).toThrow(
    /strip is asked of 'content', which is undefined/,
  );
});
