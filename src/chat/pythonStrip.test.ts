// strip, lstrip and rstrip with the characters to strip, in templates and by themselves.
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { templateOf } from './chatFixture.testing.ts';
import { stripCharacters, stripMethods } from './pythonStrip.ts';

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
  expect(stripCharacters('strip', '😀a😁', '😀')).toBe('a😁');
});

it('what is left neither begins nor ends with a stripped character, and only those are gone', () => {
  fc.assert(
    fc.property(fc.string(), fc.string(), fc.constantFrom(...stripMethods), (text, characters, method) => {
      const left = stripCharacters(method, text, characters);
      expect(text).toContain(left);
      const [first, last] = [[...left].at(0) ?? '', [...left].at(-1) ?? ''];
      if (left !== '' && method !== 'rstrip') expect([...characters]).not.toContain(first);
      if (left !== '' && method !== 'lstrip') expect([...characters]).not.toContain(last);
      if (method === 'rstrip') expect(text.startsWith(left)).toBe(true);
      if (method === 'lstrip') expect(text.endsWith(left)).toBe(true);
    }),
  );
});

it('of anything but a text is refused', () => {
  expect(() => templateOf("{{ messages[0].content.strip('x') }}").render([{ role: 'user' }])).toThrow(
    /strip\(\) is for a text/,
  );
});
