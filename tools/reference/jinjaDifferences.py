"""Writes test/fixtures/jinja.json: small templates and what jinja2 makes of them with the settings of transformers'
apply_chat_template. Needs `pip install "transformers<5" jinja2`; run from the repository root:

    python tools/reference/jinjaDifferences.py

A run writes the same bytes every time. A template that jinja2 refuses has the name of the error instead of a text.
"""

import json
from pathlib import Path

import jinja2
import transformers
from transformers.utils.chat_template_utils import _compile_jinja_template

FILE = Path(__file__).resolve().parents[2] / "test/fixtures/jinja.json"

VARIABLES = {
    "messages": [
        {"role": "system", "content": "Be terse."},
        {"role": "user", "content": "Grüße, 'you' \"there\"\n", "n": 3},
        {"role": "assistant", "content": None, "tool_calls": [{"function": {"name": "f", "arguments": {"b": 1, "a": [True, None, 1.5]}}}]},
        {"role": "tool", "content": "", "items": "an item"},
    ],
    "xs": [3, 1, 2],
    "words": ["b", "A", "c", "a"],
    "s": "  Hello, wide world \t\n",
    "smile": "a😀b",
    "d": {"z": 1, "a": "x", "M": [1, "2", {}]},
    "t": True,
    "none_value": None,
    "half": 0.5,
    "empty": [],
}

EXPRESSIONS = """
none_value | t | false | not t | None | True | half | 1.0 | 2.50 | 10 / 4 | 4 / 2 | 7 // 2 | -7 // 2 | -7 % 3 | 7 % -3 | 2 ** 3 | 2 ** -1 | 1e3
xs | d | messages | words | (1, 2) | (1,) | [] | {} | [none_value, t, half, 'q"\\'', "it's", '\\n\\t\\\\é😀'] | empty
'a' ~ 1 ~ none_value ~ t ~ half | 'a' + 'b' | 'a' + 1 | 1 + t | xs + [4] | 'ab' * 3 | [0] * 2 | undefined_thing | undefined_thing ~ 'x' | undefined_thing.x | undefined_thing + 1
1 == 1.0 | 1 == t | '1' == 1 | none_value == undefined_thing | [1, 2] == [1, 2] | {'a': 1} == {'a': 1.0} | (1, 2) == [1, 2] | xs == [3, 1, 2] | 'a' < 'b' | 'Z' < 'a' | 1 < 2 | 1 < 'a' | '\\uffff' < '😀'
1 in xs | [1] in [[1]] | 'x' in d | 'z' in d | 'ell' in s | 1 in 'a1' | none_value in [none_value] | 'a' not in words | 'a' in undefined_thing | 'a' in none_value | 1.0 in xs
t and 'x' | empty or 'y' | none_value or empty | not empty | not undefined_thing | 0 or 0.0 | 'a' if t | 'a' if not t | 'a' if not t else 'b' | ('a' if empty else 'b') ~ 'c'
s.strip() | s.lstrip() | s.rstrip() | s.upper() | s.lower() | s.title() | s.strip().capitalize() | s.split() | s.split(' ') | s.split(',', 1) | 'a,b,c'.split(',') | 'abc'.split('') | ' a  b '.split(none_value, 1) | 'a-b'.replace('-', '') | 'aaa'.replace('a', 'b', 2) | 'ab'.replace('', '-')
'\\x1ca\\x85'.strip() | '\ufeffa'.strip() == 'a' | 'xax'.strip('x') | 'a\\nb\\r\\nc'.splitlines() | s.startswith('  H') | s.startswith(('x', '  ')) | s.endswith('x') | 'they\\'re ok'.title() | "don't x-ray".title() | 'ß'.upper() | 'ABC'.lower() | 'hello wORLD'.capitalize() | smile.find('b') | 'abab'.count('ab') | '12'.isdigit() | '-'.join(words) | '-'.join(xs) | 'a'.format() | 'prefix-x'.removeprefix('prefix-')
smile[1] | smile[-1] | smile[::-1] | smile[1:] | smile | xs[0] | xs[-1] | xs[5] | xs[1:] | xs[:-1] | xs[::-1] | xs[::2] | xs[-2:] | xs[10:] | (1, 2, 3)[1:] | d['a'] | d.a | d['nope'] | d.nope | d.nope.x | d['M'][1] | d.M.1 | none_value.x | s[0] | s[100] | d[0]
d.items() | d.keys() | d.values() | d.get('a') | d.get('q') | d.get('q', 'r') | messages[3].items | messages[3]['items'] | d.update({'a': 1}) | xs.append(4) | xs.index(1) | xs.count(1) | xs.pop()
""".replace("\n", " ¦ ").replace(" | ", " ¦ ")

FILTERS = """
s|trim ¦ none_value|trim ¦ s|upper ¦ s|lower ¦ none_value|upper ¦ 'they\\'re x-ray (big)'|title ¦ 'hELLO w'|capitalize ¦ xs|string ¦ none_value|string ¦ t|string ¦ half|string ¦ 'xax'|trim('x')
d|tojson ¦ d|tojson(indent=2) ¦ d|tojson(indent=0) ¦ messages|tojson ¦ messages|tojson(indent=4) ¦ 'é<&>\\'😀\\x7f'|tojson ¦ 'é😀\\x7f'|tojson(ensure_ascii=True) ¦ d|tojson(sort_keys=True) ¦ d|tojson(separators=(',', ':')) ¦ undefined_thing|tojson ¦ 1.0|tojson ¦ 1e20|tojson ¦ (1, 2)|tojson ¦ d|tojson(indent=4, separators=(',', ': ')) ¦ []|tojson(indent=2) ¦ none_value|tojson ¦ '\\u2028/'|tojson
undefined_thing|default ¦ undefined_thing|default('x') ¦ none_value|default('x') ¦ none_value|default('x', true) ¦ ''|default('x', boolean=true) ¦ undefined_thing|d('y') ¦ 0|default(1)
xs|join(', ') ¦ xs|join ¦ [none_value, t, 'a']|join('-') ¦ messages|join('|', attribute='role') ¦ words|join(d='+') ¦ 'abc'|join('.') ¦ undefined_thing|join(',')
xs|length ¦ d|length ¦ smile|length ¦ undefined_thing|length ¦ none_value|length ¦ xs|count ¦ d.items()|length ¦ (xs|map('string'))|length
xs|first ¦ xs|last ¦ empty|first ¦ 'abc'|first ¦ 'abc'|last ¦ xs|list ¦ 'ab'|list ¦ d|list ¦ d|first ¦ xs|reverse|list ¦ 'abc'|reverse ¦ xs|reverse
xs|sort ¦ words|sort ¦ words|sort(case_sensitive=true) ¦ words|sort(reverse=true) ¦ messages[:2]|sort(attribute='role')|map(attribute='role')|list ¦ words|unique|list ¦ [1, 1.0, '1', t]|unique|list ¦ d|dictsort ¦ d|dictsort(reverse=true)|list ¦ {'b': 1, 'A': 2}|dictsort ¦ {'b': 1, 'A': 2}|dictsort(true) ¦ {'b': 1, 'A': 2}|dictsort(by='value') ¦ [1, 'a']|sort
d|items|list ¦ xs|map('string')|list ¦ messages|map(attribute='role')|join(',') ¦ messages|map(attribute='n', default=7)|list ¦ messages|map(attribute='nope')|join(',') ¦ words|map('upper')|list ¦ [' a', 'b ']|map('trim')|list ¦ words|map('replace', 'a', 'x')|list ¦ xs|map('string')
messages|selectattr('role', 'equalto', 'user')|list|length ¦ messages|selectattr('content')|map(attribute='role')|list ¦ messages|rejectattr('role', 'in', ['user', 'tool'])|map(attribute='role')|list ¦ messages|selectattr('tool_calls', 'defined')|map(attribute='role')|list ¦ xs|select('odd')|list ¦ xs|select('gt', 1)|list ¦ xs|reject('==', 1)|list ¦ [0, 1, '']|select|list ¦ 'x' if messages|selectattr('role', 'equalto', 'nobody') else 'y' ¦ messages|selectattr('role', 'ne', 'user')|map(attribute='role')|first ¦ xs|select('nonsense')|list
'a'|indent ¦ 'a\\nb\\n\\nc'|indent ¦ 'a\\nb'|indent(2, true) ¦ 'a\\n\\nb'|indent(2, blank=true) ¦ 'a\\nb'|indent(width='> ') ¦ 'a-a'|replace('a', 'b') ¦ 'aaa'|replace('a', 'b', 1) ¦ 12|replace('1', '3')
'12'|int ¦ '1.9'|int ¦ 'x'|int ¦ 'x'|int(7) ¦ 2.9|int ¦ -2.9|int ¦ t|int ¦ none_value|int ¦ '1.5'|float ¦ 'x'|float ¦ 3|float ¦ '12abc'|int ¦ ' 12 '|int ¦ -3|abs ¦ (-3)|abs ¦ -1.5|abs ¦ xs|sum ¦ [0.5, 1]|sum ¦ messages[:2]|sum(attribute='x') ¦ xs|max ¦ 1.25|round(1) ¦ s|wordcount ¦ s|safe ¦ '<b>'|escape ¦ '<b>'|e ¦ '<b>'|safe ¦ ('<b>'|safe) ~ '<i>' ¦ xs|random ¦ xs|batch(2)|list ¦ d|xmlattr ¦ s|nonsense ¦ 'a'|upper|lower|trim ¦ '%s'|format('x') ¦ messages|groupby('role')
""".replace("\n", " ¦ ")

TESTS = """
defined undefined none string number integer float boolean mapping iterable sequence true false odd even callable lower upper nonsense
""".split()

TEMPLATES = [
    "{% set x = 1 %}{% for i in xs %}{{ x }}{% set x = x + i %}{{ x }};{% endfor %}{{ x }}",
    "{% for i in xs %}{% if loop.first %}{% set y = i %}{% endif %}{{ y }},{% endfor %}[{{ y }}]",
    "{% set ns = namespace(a=1, b=[]) %}{% for i in xs %}{% set ns.a = ns.a + i %}{% endfor %}{{ ns.a }}{{ ns.b }}{{ ns.c }}",
    "{% if t %}{% set z = 'set' %}{% endif %}{{ z }}",
    "{% set x = 1 %}{% macro m() %}{{ x }}{% endmacro %}{% for i in xs %}{% set x = 9 %}{{ m() }}{% endfor %}",
    "{% macro m(a, b=2, c=a) %}{{ a }}-{{ b }}-{{ c }};{% endmacro %}{{ m(1) }}{{ m(1, c=3) }}{{ m() }}{{ m(b='x') }}",
    "{% macro m(a) %}{{ loop is defined }}{{ i is defined }}{{ a }}{% endmacro %}{% for i in [1] %}{{ m(i) }}{% endfor %}",
    "{% macro f(n) %}{{ n }}{% if n > 0 %}{{ f(n - 1) }}{% endif %}{% endmacro %}{{ f(3) }}",
    "{% macro m(a) %}{{ varargs }}{% endmacro %}{{ m(1, 2) }}",
    "{% macro m(a) %}{{ a }}{% endmacro %}{{ m(1, 2) }}",
    "{% macro m(a) %}{% set q = 5 %}{{ a }}{% endmacro %}{{ m(1) }}{{ q }}",
    "{% macro box() %}[{{ caller() }}]{% endmacro %}{% call box() %}in{{ t }}{% endcall %}",
    "{% macro each(v) %}{% for i in v %}{{ caller(i) }}{% endfor %}{% endmacro %}{% call(i) each(xs) %}<{{ i }}>{% endcall %}",
    "{% for i in xs %}{{ loop.index }}{{ loop.index0 }}{{ loop.revindex }}{{ loop.first }}{{ loop.last }}{{ loop.length }}{{ loop.previtem }}{{ loop.nextitem }}{{ loop.cycle('a', 'b') }}|{% endfor %}",
    "{% for i in xs if i > 1 %}{{ loop.index }}:{{ i }}/{{ loop.length }} {% else %}none{% endfor %}",
    "{% for i in empty %}x{% else %}none{% endfor %}{% for i in undefined_thing %}x{% else %}none{% endfor %}",
    "{% for i in none_value %}x{% endfor %}",
    "{% for k, v in d.items() %}{{ k }}={{ v }};{% endfor %}{% for k in d %}{{ k }}{% endfor %}",
    "{% for c in 'a😀' %}<{{ c }}>{% endfor %}",
    "{% for a, b in [[1, 2], [3, 4]] %}{{ a }}{{ b }}{% endfor %}{{ a }}",
    "{% for i in xs %}{% for j in xs %}{{ loop.index }}{% endfor %}{{ loop.index }} {% endfor %}{{ loop }}",
    "{% for i in xs %}{{ i }}{% if i == 1 %}{% continue %}{% endif %},{% endfor %}{% for i in xs %}{{ i }}{% if i == 1 %}{% break %}{% endif %},{% endfor %}",
    "{% set g = messages | selectattr('role', 'equalto', 'user') %}{% for m in g %}a{% endfor %}{% for m in g %}b{% endfor %}",
    "{% set g = xs | map('string') %}{% if g %}yes{% endif %}{{ g | list }}{{ g | list }}",
    "{% set a, b = 1, 2 %}{{ a }}{{ b }}",
    "{% set x %}a{{ t }} {% endset %}[{{ x }}]",
    "{% set x = 1 %}{% set x %}{% set x = 2 %}{{ x }}{% endset %}{{ x }}",
    "{% filter upper %}a{{ s }}{% endfilter %}",
    "{% set xs = [] %}{{ xs }}{% set messages = messages[1:] %}{{ messages[0].role }}",
    "{{ raise_exception('No: ' ~ t) }}",
    "{{ range(3) | list }}{{ range(1, 7, 2) | list }}{{ range(3, 0, -1) | list }}{% for i in range(2) %}{{ i }}{% endfor %}",
    "{{ dict(a=1, b='x') }}{{ namespace }}",
    "{% if messages[0].content is string and messages[1].n is defined and messages[2].content is none %}ok{% endif %}",
    "{% if messages[0]['role'] == 'system' %}{% set loop_messages = messages[1:] %}{% else %}{% set loop_messages = messages %}{% endif %}{% for m in loop_messages %}{{ m.role }}{% endfor %}",
    "{% for m in messages %}{% if (m.role == 'user') != (loop.index0 % 2 == 0) %}x{% else %}y{% endif %}{% endfor %}",
    "{% for m in messages %}{{ m.content }}|{{ m['content'] | trim }}|{{ m.tool_calls }};{% endfor %}",
    "{{ messages[2].tool_calls[0].function.arguments | tojson }}{{ messages[2].tool_calls[0].function.arguments }}",
    "{{ 1 < 2 < 3 }}",
    "{{ 1 == 1 == true }}",
    "{{ (1 < 2) == true }}",
    "{{ 1 if t else 2 if t else 3 }}{{ -1 | abs }}{{ - xs[0] }}{{ +1 }}{{ 2 - 1 }}{{ 2 -1 }}{{ 'a' 'b' }}",
    "{{ not 1 in xs }}{{ 1 is not none }}{{ not none_value is none }}{{ 2 * 3 + 4 }}{{ 2 + 3 * 4 }}{{ 2 + 3 ~ 4 }}",
    "{{ 'x' ~ 1 + 2 }}",
    "{{ 1 - 2 ~ 3 }}",
    "a\n{% if t %}\nb\n{% endif %}\nc\n",
    "a\n  {% if t %}  \n  b\n  {% endif %}  \n  c\n\n",
    "a  {%- if t -%}  b  {%- endif -%}  c",
    "a \n {{- t -}} \n b",
    "a\n  {%+ if t %}\nb\n  {% endif +%}\nc",
    "a\n  {# note #}\nb{# note #}\nc {#- note -#} d",
    "{# {% if %} {{ #}x",
    "  {% if t %}x{% endif %}\n\ty\n\t{{ t }}\n",
    "{% if t %}\n\n\nx{% endif %}",
    "{{ t }}\n\n{{ t }}\n",
    "a\r\n{% if t %}\r\nb\r\n{% endif %}\r\nc\r\n",
    "a\r{{ t }}\rb",
    "{{ '%}' }}{{ '}}' }}{{ \"{%- x -%}\" }}{% set q = '%}' %}\n{{ q }}\n-}\nx",
    "{{ {'a': {'b': 1}} }}{{ {'a': 1}['a'] }}{{ {} }}",
    "{{ '\\n' }}|{{ '\\\\' }}|{{ '\\u00e9' }}|{{ '\\x41' }}|{{ \"\\'\" }}",
    "{{ '\\d' }}",
    "{{ 'a\nb' }}",
    "{% raw %}{{ x }}{% endraw %}",
    "{% generation %}x{% endgeneration %}\ny {%- generation -%} z {% endgeneration %}",
    "{% with a = 1 %}{{ a }}{% endwith %}",
    "{% include 'x' %}",
    "{% if t %}",
    "{{ t",
    "{% do xs %}",
    "\u00a0{%- if t %}x{% endif -%}\ufeff y",
    "{{ 100000000000000000000 }}",
    "{{ 9007199254740993 }}",
    "{{ 0.1 + 0.2 }}{{ 1.0 * 3 }}{{ 10 ** 2 }}{{ 1e16 * 10 }}{{ 0.00001 * 1 }}{{ 1.5e-7 * 1 }}{{ -0.0 }}{{ 3.0 // 2 }}",
    "{{ 1 / 0 }}",
    "{{ messages[0] }}{{ messages[1] }}",
    "{{ strftime_now }}",
]


def main() -> None:
    templates = [f"{{{{ {one.strip()} }}}}" for one in EXPRESSIONS.split("¦") + FILTERS.split("¦") if one.strip()]
    values = ["none_value", "t", "1", "0.5", "'a'", "'A'", "xs", "d", "undefined_thing", "range", "d.items()", "(1, 2)"]
    templates += [f"{{{{ {value} is {test} }}}}{{{{ {value} is not {test} }}}}" for test in TESTS for value in values]
    cases = []
    for template in [*templates, *TEMPLATES]:
        try:
            cases.append([template, _compile_jinja_template(template).render(**VARIABLES)])
        except Exception as error:
            cases.append([template, None, type(error).__name__])
    made = f"tools/reference/jinjaDifferences.py with jinja2 {jinja2.__version__}, transformers {transformers.__version__}"
    rows = ",\n".join(json.dumps(one, separators=(",", ":")) for one in cases)
    head = f'{{"madeBy":{json.dumps(made)},\n"variables":{json.dumps(VARIABLES)},\n"cases":[\n'
    FILE.write_text(head + rows + "\n]}\n")
    print(f"{FILE.name}: {len(cases)} templates, {FILE.stat().st_size} bytes")


if __name__ == "__main__":
    main()
