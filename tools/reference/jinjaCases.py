"""Writes test/fixtures/jinja.json: what jinja2, set up as transformers sets it up for chat templates, makes of many small
templates, which the tests compare with treekv's own Jinja. Needs `pip install "transformers<5" jinja2`; run from the
repository root:

    python tools/reference/jinjaCases.py

A run writes the same bytes every time. `python tools/reference/jinjaCases.py 20000 7 more.json` writes 20,000 random
templates of seed 7 to another file, for a search that is not checked in: JINJA_CASES=more.json makes the test read it.
A grid is a pattern with a value of each axis in the place of $0, $1, $2; null stands for a template that fails, or
whose text tells a place in memory.
"""

import copy
import itertools
import json
import random
import sys
from pathlib import Path

import jinja2
import transformers
from transformers.utils.chat_template_utils import _compile_jinja_template

FILE = Path(__file__).resolve().parents[2] / "test/fixtures/jinja.json"

VARIABLES = {
    "messages": [
        {"role": "system", "content": "Be  brief.\n"},
        {"role": "user", "content": "Caf\u00e9 \U0001f600 'x' \"y\" <b>&\t\u2028end"},
        {"role": "assistant", "content": None, "tool_calls": [{"id": "a1", "function": {"name": "f", "arguments": {"q": "\u00fc", "n": [1, 2.5, True, None]}}}]},
        {"role": "tool", "content": "", "name": "f", "items": ["own"]},
        {"role": "user", "content": "  And\r\nnow? "},
    ],
    "tools": [{"type": "function", "function": {"name": "get", "parameters": {"type": "object", "properties": {"b": {"type": "string"}, "A": {"enum": []}}, "required": ["b"], "empty": {}}}}],
    "bos_token": "<s>",
    "numbers": [3, -1, 2.5, 0, 10],
    "words": ["beta", "Alpha", "gamma", "alpha", "\u00c9t\u00e9", ""],
    "nothing": None,
    "yes": True,
    "text": "one two  three\n\nfour\U0001f600",
    "ns_like": {"x": 1, "keys": "own", "get": 5},
}

VALUES = [
    "1", "0", "-3", "2.0", "0.1", "1e20", "'ab'", "'B'", "''", "'3'", "' 12.5 '", "none", "true", "false", "missing",
    "[]", "[1, 'a']", "[2, 1]", "(1, 2)", "('a',)", "()", "{}", "{'a': 1}", "{1: none, 'b': [true]}", "range(3)",
    "messages", "messages[1].content", "numbers", "words", "nothing", "text", "{'a': 1}.items()", "words | map('upper')",
    "namespace(a=1)", "ns_like", "range", "'\U0001f600\u00e9\u00df'",
]  # fmt: skip
SIDES = ["1", "0", "-7", "2.0", "-0.5", "'ab'", "''", "none", "true", "missing", "[1, 2]", "(1,)", "{'a': 1}", "range(2)", "'a'", "3"]
OPERATORS = ["+", "-", "*", "/", "//", "%", "**", "~", "==", "!=", "<", "<=", ">", ">=", "in", "not in", "and", "or"]
FILTERS = [
    "abs", "capitalize", "center(9)", "count", "d('x')", "default('x', true)", "default", "dictsort", "dictsort(by='value')",
    "dictsort(true, reverse=true)", "first", "float", "float(1)", "int", "int(7)", "int(base=16)", "indent", "indent(2, true)",
    "indent('> ', blank=true)", "items | list", "join", "join(', ')", "join('-', attribute='role')", "last", "length", "list",
    "lower", "upper", "title", "map('string') | list", "map('length') | list", "map(attribute='role') | list",
    "map(attribute='role', default='?') | join", "map(attribute=0) | list", "max", "min", "reverse", "reverse | list",
    "replace('a', 'X')", "replace('', '-', 2)", "replace('a', 'X', count=1)", "round", "round(1)", "round(1, 'floor')",
    "round(method='ceil')", "select | list", "reject | list", "select('string') | list", "select('gt', 1) | list",
    "reject('none') | list", "selectattr('content') | list | length", "rejectattr('role', 'equalto', 'user') | list | length",
    "selectattr('role', 'in', ['user', 'tool']) | map(attribute='content') | list", "sort", "sort(reverse=true)",
    "sort(case_sensitive=true)", "sort(attribute='role') | map(attribute='role') | join(' ')", "string", "sum",
    "sum(start=1)", "tojson", "tojson(indent=2)", "tojson(ensure_ascii=true)", "tojson(separators=(',', ':'), sort_keys=true)",
    "tojson(indent=0)", "tojson(indent='\\t')", "trim", "trim('a')", "trim(' 1')", "truncate(5, true)", "truncate(9, false, '..')",
    "unique | list", "batch(2) | list", "batch(2, 'f') | list", "slice(2) | list", "slice(2, 'f') | list", "format('a')",
    "sideways", "safe", "escape", "random", "wordcount",
]  # fmt: skip
TESTS = [
    "defined", "undefined", "none", "string", "number", "integer", "float", "boolean", "true", "false", "mapping", "sequence",
    "iterable", "callable", "odd", "even", "divisibleby 2", "divisibleby(3)", "lower", "upper", "eq 1", "equalto 'ab'", "ne 1",
    "in [1, 'ab', none]", "in 'cab'", "gt 0", "le 2", "sameas none", "not none", "not in [1]", "nonsense", "== 2", "escaped",
]  # fmt: skip
TEXTS = ["'  a b\tc '", "'AbC aBc'", "'x,y,,z'", "''", "'\u00e9\U0001f600 \u00c9a'", "'--a-b--'", "'12'", "'a\\nb\\r\\nc\\x0bd\\n'", "'\u00b2'", "'don\\'t stop-me'", "' \\x1c\\x85\ufeff\u3000'"]
METHODS = [
    "upper()", "lower()", "title()", "capitalize()", "strip()", "lstrip()", "rstrip()", "strip('-a ')", "lstrip('-')", "rstrip('z')",
    "strip(none)", "split()", "split(',')", "split(none, 1)", "split(',', 1)", "split(maxsplit=1)", "rsplit(',', 1)", "rsplit(none, 1)", "split('')",
    "splitlines()", "splitlines(true)", "startswith('A')", "startswith(('A', ' '))", "startswith('b', 1)", "endswith('')", "endswith('z', 0, 3)",
    "replace('a', '\u00fc')", "replace('', '.')", "replace('a', 'b', 1)", "find('b')", "rfind('a')", "find('b', 1, 3)", "index('a')", "count('a')", "count('')",
    "join(['1', '2'])", "join([1])", "join('ab')", "center(9, '*')", "center(8)", "ljust(8)", "rjust(8)", "zfill(6)", "removeprefix('--')", "removesuffix(' ')",
    "partition(',')", "rpartition(',')", "isdigit()", "isalpha()", "isalnum()", "isspace()", "isdecimal()", "islower()", "isupper()", "isascii()",
    "__class__", "nonsense", "nonsense()", "format(1)", "upper", "encode()", "length", "title().swapcase()",
]  # fmt: skip
KEYS = ["0", "-1", "1", "99", "'a'", "'role'", "'keys'", "'items'", "none", "true", "1.0", "'length'", "missing", ":", "1:", ":-1", "::-1", "::2", "-2:", "5:1:-2", "1:1", "(1, 2)", "[1]", "'0'"]
HELD = ["text", "messages", "messages[0]", "ns_like", "(1, 2, 3)", "range(4)", "none", "missing", "5", "'\u00e9\U0001f600z'", "{1: 'one', (1, 2): 'pair'}", "[[1, 2]]"]
MEMBERS = ["role", "items", "keys", "get", "x", "copy()", "items()", "keys()", "values()", "get('x')", "get('no')", "get('no', 4)", "get('role', none)", "append(1)", "pop()", "update({})", "index(2)", "count(1)", "0", "__len__", "_x", "missing"]

PLAIN = [
    # white space and line ends
    "a\n", "a\n\n", "\n", "\r\na\r\nb\rc\r", "  {% if true %}  \n  x\n  {% endif %}  \n y", "{% if true -%}\n x \n{%- endif %}\ny",
    "a  {%+ if true %}x{% endif %}", "  {%+ if true %}x{%+ endif +%}\ny", "a\n  {#- c -#}\n b", "a\n  {# c #}\n b", "a {# c #}\n b",
    "{# a -#}  x", "{{ 1 }}\n{{ 2 }}\n", "{{- 1 -}}\n 2", "  {{ 1 }}  \n  {{- 2 }}", "{{-1}}", "{% raw %}{{ x }}{% if %}{% endraw %}\nb",
    "  {% raw %}\n  a\n  {% endraw %}\nb", "{%- raw -%}  {{ {%- endraw -%}  b", "\t{% set a = 1 %}\t{{ a }}", "\u00a0{% set a = 1 %}\nb", "\ufeff{%- set a = 1 %}b\u0085{%- set a = 1 %}",
    "x {% set a = 1 %}\n\ny", "{% set a = 1 -%}\n\n y", "{% if true %}{% if true %}\n\n{% endif %}\n{% endif %}\n", "{%\n set\n a\n=\n1\n%}{{ a }}", "{{ '{{' }}{{ '%}' }}{{ '#}' }}",
    "{{ {'a': {'b': {}}} }}", "{{ {'a': {'b': 1}}}}", "{{ [1, 2,] }} {{ (1, 2,) }} {{ {'a': 1,} }}", "{ { } } {a} %} }} #}", "{% for i in [1] %}\n  {{ i }}\n{% endfor %}\n z",
    # strings
    r"{{ 'a\nb\tc\\d\'e\"f' }}", r'{{ "a\'b" }}', r"{{ '\x41\u00e9\U0001f600\101\0' }}", r"{{ 'a\qb\é\😀' }}", "{{ 'a\\\nb' }}", "{{ 'a' 'b' \"c\" }}", "{{ 'a\nb\r\nc' }}", r"{{ '\u12' }}", r"{{ '\N{DASH}' }}", r"{{ '\ud83d' }}",
    r"{{ ['\n', 'it\'s', '\"', '\'\"', '\x7f\x85\u2028\ufeff\u00e9😀\\'] }}", r"{{ '\x00\x1f\x7f' | tojson }}",
    # numbers
    "{{ 1_000 }} {{ 0x1f }} {{ 0b11 }} {{ 0o17 }} {{ 00 }}", "{{ 1.50 }} {{ 1e3 }} {{ 1.5e-7 }} {{ 1e16 }} {{ 123456789012345.6 }} {{ 1e-5 }} {{ 0.0001 }} {{ 1_0.5 }}", "{{ 012 }}", "{{ 9007199254740991 }}", "{{ 9007199254740993 }}", "{{ 2 ** 70 }}", "{{ 1.0 * 3 }} {{ 7 // 2.0 }} {{ -7 // 2.0 }} {{ 5.5 % 2 }} {{ -5.5 % 2 }} {{ 1 / 3 }}", "{{ 0.1 + 0.2 }} {{ 1e308 * 10 }} {{ -1e308 * 10 }}", "{{ 10 ** -1 }} {{ 2 ** 0.5 }} {{ (-8) ** 2 }} {{ -8 ** 2 }} {{ 2 ** 3 ** 2 }}", "{{ 2.5 | round }} {{ 3.5 | round }} {{ 2.675 | round(2) }} {{ 0.125 | round(2) }} {{ -0.5 | round }} {{ 1234.5 | round(-2) }}", "{{ '0x1f' | int(0, 16) }} {{ ' 1_0 ' | int }} {{ '1e3' | int }} {{ '1.9' | int }} {{ 'inf' | float }} {{ 'nan' | int(5) }} {{ '1__0' | int(4) }}", "{{ -0.0 }} {{ 0.0 == -0.0 }} {{ 1 == true }} {{ [1] == [1.0] }} {{ {1: 2} == {1.0: 2} }}", "{{ true + true }} {{ -true }} {{ +1 }} {{ - -1 }}", "{{ 1 | tojson }} {{ 1.0 | tojson }} {{ 1e22 | tojson }} {{ 'inf' | float | tojson }}",
    # precedence
    "{{ 1 + 2 ~ 3 * 4 }}", "{{ 'a' + 'b' ~ 'c' + 'd' }}", "{{ not true == false }}", "{{ not 1 in [2] }}", "{{ 1 < 2 < 3 }} {{ 3 > 2 > 2 }} {{ 1 == 1 == true }}", "{{ 'a' in 'ab' == true }}", "{{ -1 | abs }} {{ -2.5 | round | int }}", "{{ 'a' ~ 'b' | upper }}", "{{ 1 if false }}|{{ 1 if false else 2 if false else 3 }}", "{{ 1 if missing is defined else 2 }}", "{{ 4 is divisibleby 2 and 3 is odd }}", "{{ missing is defined or true }}", "{{ 5 is not none }}", "{{ 1 is defined is defined }}", "{{ (1 is defined) is true }}", "{{ 'a' | upper | lower ~ 'B' }}", "{{ messages | length > 2 and messages[0].role == 'system' }}", "{{ 2 * 3 is divisibleby 3 }}", "{{ (1, 2) + (3,) }} {{ 1, 2 }}", "{{ [1, 2] is iterable and 'x' is string }}", "{{ none or 'x' }} {{ '' or none }} {{ 0 and 1 }} {{ [] or {} }}", "{{ 'abc'[1:].upper()[0] }}", "{{ 'x'.join(['a', 'b']).upper() | lower }}", "{{ messages[0]['role'][:3] }}",
    # printing
    "{{ none }} {{ true }} {{ [none, true, 1.0, 'a'] }} {{ missing }}|", "{{ [missing] }}", "{{ {'a': (1,), 2: none} }} {{ () }} {{ [[]] }}", "{{ messages }}", "{{ tools }}", "{{ messages[2] | string }}", "{{ range(3) }} {{ range(1, 9, 2) }} {{ ns_like.items() }} {{ ns_like.values() }}", "{{ namespace(a=1, b='x') }}", "{{ words | map('upper') }}", "{{ range }}", "{{ 'a'.upper }}", "{{ none ~ 1 ~ true ~ 1.0 ~ [1] ~ missing }}", "{{ 'a' % 1 }}", "{{ '%s-%d-%%' % ('a', 3) }} {{ '%5s|%03d' | format('a', 7) }} {{ '%s' % [1] }}", "{{ '%.2f' % 1.5 }}", "{{ '%s %s' % 'a' }}", "{{ loop is defined }}", "{{ '<&>' | tojson }}",
    # scopes
    "{% for i in [1, 2] %}{{ x is defined }}{% set x = i %}{{ x }}{% endfor %}{{ x is defined }}", "{% set x = 0 %}{% for i in [1, 2] %}{% set x = x + i %}{{ x }}{% endfor %}{{ x }}", "{% if true %}{% set x = 1 %}{% endif %}{{ x }}", "{% if false %}{% set bos_token = 1 %}{% endif %}{{ bos_token }}", "{% for i in [1] %}{{ bos_token }}{% endfor %}{% set bos_token = 'own' %}{{ bos_token }}", "{% macro m() %}{{ bos_token }}{% endmacro %}{{ m() }}{% set bos_token = 'own' %}{{ m() }}", "{{ bos_token }}{% set bos_token = 'own' %}{{ bos_token }}", "{% for i in [1, 2] %}{% if loop.first %}{% set bos_token = 'own' %}{% endif %}{{ bos_token }}{% endfor %}", "{% for i in [1] %}{% set bos_token = 'own' %}{% endfor %}{{ bos_token }}", "{% macro m() %}{% set y = 2 %}{{ y }}{% endmacro %}{{ m() }}{{ y is defined }}", "{% set y = 1 %}{% macro m() %}{{ y }}{% set y = 3 %}{{ y }}{% endmacro %}{{ m() }}{{ y }}", "{% with a = 1, b = 2 %}{{ a + b }}{% set c = 3 %}{% endwith %}{{ a is defined }}{{ c is defined }}", "{% set a = 5 %}{% with a = 1, b = a %}{{ a }}{{ b }}{% endwith %}", "{% generation %}{% set q = 1 %}{{ q }}{% endgeneration %}{{ q is defined }}", "  {% generation %}\n a\n  {%- endgeneration %}\n b", "{% set b %}{% set inner = 1 %}x{% endset %}{{ b }}{{ inner is defined }}", "{% set b | upper | trim %} x {% endset %}[{{ b }}]", "{% filter upper | replace('A', 'b') %}a{{ 'c' }}{% endfilter %}", "{% set ns = namespace(n=0) %}{% for i in [1, 2, 3] %}{% set ns.n = ns.n + i %}{% endfor %}{{ ns.n }}", "{% set ns = namespace({'a': 1}, b=2) %}{{ ns.a }}{{ ns.b }}{{ ns.c is defined }}", "{% set ns = {'a': 1} %}{% set ns.a = 2 %}", "{% set a, b = 1, 2 %}{{ b }}{{ a }}", "{% set a = 1, 2 %}{{ a }}", "{% set a, b = [1] %}", "{% set (a, b) = 'xy' %}{{ a }}", "{% set messages = messages[1:] %}{{ messages | length }}{% for m in messages %}{{ m.role }}{% endfor %}", "{% set true = 1 %}", "{% for x in [1] %}{% endfor %}{{ x is defined }}", "{% set f = namespace %}{{ f(a=1).a }}", "{% set x = 1 %}{% if true %}{% set x = 2 %}{% endif %}{{ x }}", "{% set range = 'r' %}{{ range }}", "{% for i in [1,2] %}{% set z = i %}{% for j in [1] %}{{ z }}{% set z = 9 %}{% endfor %}{{ z }}{% endfor %}",
    # loops
    "{% for m in messages %}{{ loop.index }}{{ loop.index0 }}{{ loop.revindex }}{{ loop.revindex0 }}{{ loop.first }}{{ loop.last }}{{ loop.length }} {% endfor %}", "{% for m in messages %}{{ loop.previtem.role if loop.previtem is defined }}<{{ m.role }}>{{ loop.nextitem.role | default('-') }} {% endfor %}", "{% for m in messages if m.role == 'user' %}{{ loop.index }}{{ loop.last }}{{ m.content | length }}{% else %}none{% endfor %}", "{% for m in messages if loop.first %}{{ m.role }}{% endfor %}", "{% for m in [] %}x{% else %}{{ loop is defined }}none{% endfor %}", "{% for i in range(6) %}{% if i == 1 %}a{% continue %}{% endif %}{{ i }}{% if i == 3 %}b{% break %}c{% endif %}{% endfor %}", "{% for i in [1, 2] %}{% for j in [3, 4] %}{{ loop.index }}{% if j == 3 %}{% continue %}{% endif %}{{ i }}{{ j }}{% endfor %}{{ loop.index }}{% endfor %}", "{% for k, v in ns_like.items() %}{{ k }}={{ v }};{% endfor %}", "{% for k in ns_like %}{{ k }};{% endfor %}", "{% for k, v in ns_like | dictsort %}{{ k }}{{ v }}{% endfor %}", "{% for c in 'a\U0001f600b' %}{{ c }}|{% endfor %}", "{% for x in missing %}x{% else %}e{% endfor %}", "{% for x in none %}{% endfor %}", "{% for x in 5 %}{% endfor %}", "{% for a, b in [[1, 2], [3]] %}{{ a }}{% endfor %}", "{% for a, (b, c) in [(1, (2, 3))] %}{{ a }}{{ b }}{{ c }}{% endfor %}", "{% for i in 1, 2 %}{{ i }}{% endfor %}", "{% for i in [1, 1, 2] %}{{ loop.changed(i) }}{{ loop.cycle('a', 'b') }} {% endfor %}", "{% for i in [1, 2] recursive %}{{ loop.depth }}{% endfor %}", "{% for i in [1] %}{{ loop.nonsense is defined }}{{ loop.depth }}{{ loop.depth0 }}{% endfor %}", "{% break %}", "{% for i in [1] %}{% generation %}{% break %}{% endgeneration %}{% endfor %}", "{% for i in [1, 2] %}{% set b %}x{% break %}{% endset %}{% endfor %}{{ b is defined }}", "{% set x = messages | map(attribute='role') %}{{ x | list }}{{ x | list }}", "{% set x = words | select %}{% for w in x %}{{ w }}{{ loop.length }}{% endfor %}", "{% set x = words | map('upper') %}{{ 'ALPHA' in x }}{{ x | list }}", "{{ (words | map('length')) is iterable }}{{ (words | select) | first }}", "{{ words | map('lower') | length }}", "{% set ns = namespace(go=true) %}{% for i in [1, 2, 3] if ns.go %}{{ i }}{% if i == 2 %}{% set ns.go = false %}{% endif %}{% endfor %}", "{% for x in words | reverse %}{{ x }}{% endfor %}{{ 'abc' | reverse }}", "{% for i in range(3) %}{{ i }}{% if not loop.last %}, {% endif %}{% endfor %}", "{% for i in [1, 2, 3] %}{% if loop.index is even %}{{ i }}{% endif %}{% endfor %}",
    # macros and calls
    "{% macro m(a, b=2, c=b) %}{{ a }}{{ b }}{{ c }}{% endmacro %}{{ m(1) }} {{ m(1, c=5) }} {{ m(b=7, a=0) }}", "{% macro m(a) %}[{{ a }}]{{ a is defined }}{% endmacro %}{{ m() }}", "{% macro m(a) %}{% endmacro %}{{ m(1, 2) }}", "{% macro m(a) %}{% endmacro %}{{ m(x=2) }}", "{% macro m() %}{{ varargs }}{{ kwargs }}{% endmacro %}{{ m(1, 2, x=3) }}", "{% macro m(f) %}{{ f('x') }}{% endmacro %}{% macro g(x) %}<{{ x }}>{% endmacro %}{{ m(g) }}", "{% macro m(n) %}{{ n }}{% if n > 0 %}{{ m(n - 1) }}{% endif %}{% endmacro %}{{ m(3) }}", "{% macro m() %}({{ caller('a') }}){% endmacro %}{% call(x) m() %}{{ x }}!{% endcall %}", "{% macro m() %}{{ caller is defined }}{% endmacro %}{{ m() }}", "{% macro m() %}\n  a\n{% endmacro %}[{{ m() }}]", "{% macro m(a) %}{{ a }}{% endmacro %}{{ m(*[1]) }}{{ m(**{'a': 2}) }}", "{{ m() }}{% macro m() %}x{% endmacro %}", "{% macro m() %}{{ loop is defined }}{% endmacro %}{% for i in [1] %}{{ m() }}{% endfor %}", "{% macro m(a) %}{{ a | upper }}{% endmacro %}{{ m('x') | lower }}{{ m('y').upper() }}{{ m('z') == 'Z' }}", "{% macro m() %}{{ raise_exception('no') }}{% endmacro %}ok", "{% if true %}{% macro m() %}a{% endmacro %}{% endif %}{{ m() }}", "{{ missing() }}", "{{ none() }}", "{{ 'a'() }}", "{{ dict(a=1, b=2) }} {{ dict([('x', 1)], y=2) }}", "{{ range(0) | list }}{{ range(2, 5) | list }}{{ range(5, 0, -2) | list }}", "{{ range(100001) }}", "{{ range(1, 2, 0) }}", "{{ lipsum() }}", "{{ cycler('a').next() }}", "{% print 1, 'a' %}", "{{ raise_exception('Words ' ~ 1) }}",
    # undefined
    "{{ missing.x }}", "{{ messages[0].missing }}|{{ messages[0]['missing'] }}|{{ messages[9] }}", "{{ messages[0].missing.x }}", "{{ missing + 1 }}", "{{ missing ~ 1 }}", "{{ missing == missing }} {{ missing == none }} {{ missing in [1] }} {{ 1 in missing }}", "{{ missing | length }} {{ missing | list }} {{ missing | upper }} {{ missing | join }} {{ missing | first is defined }}", "{{ missing | tojson }}", "{{ missing | int }}", "{{ missing < 1 }}", "{{ -missing }}", "{{ missing[0] }}", "{{ missing | default(none) }}", "{{ missing.x | default('d') }}", "{{ none.x is defined }} {{ (1).x is defined }}", "{{ messages[0].content.missing is defined }}", "{{ ns_like.keys }}", "{{ ns_like['keys'] }} {{ ns_like['items'] is callable }} {{ messages[3].items is callable }} {{ messages[3]['items'] }}", "{{ ''.__class__.__mro__ }}", "{{ ''.__class__ }}", "{{ [].append(1) }}", "{{ {}.update(a=1) }}", "{{ messages[0].content.strip().x.y }}", "{% if missing %}a{% elif not missing %}b{% endif %}", "{% if missing.a %}{% endif %}", "{{ {'a': 1}.a }} {{ {'a': 1}['b'] is defined }} {{ {'a': 1}.get('b') }}", "{{ {[1]: 2} }}", "{{ {'a': 1, 'a': 2} }} {{ {1: 'i', 1.0: 'f', true: 'b'} }}",
    # what is for templates of several files, and other refusals
    "{% block a %}x{% endblock %}", "{% include 'x' %}", "{% extends 'x' %}", "{% import 'x' as y %}", "{% do 1 %}", "{% nonsense %}", "{% if 1 %}", "{% endif %}", "{{ 1 +", "{{ 1 }", "{% if %}{% endif %}", "{{ }}", "{{ a b }}", "{{ [1, 2 }}", "{{ (1 }}", "{% for in x %}{% endfor %}", "{{ 'abc }}", "{# open", "{% raw %}", "{{ ! }}", "{{ 1 & 2 }}", "{{ x = 1 }}", "{% set x %}", "{% autoescape true %}{{ '<' }}{% endautoescape %}", "{% else %}", "{% for i in [1] %}{% else %}{% else %}{% endfor %}", "{{ f(a=1, 2) }}", "{{ f(*a, *b) }}", "{% macro m(a=1, b) %}{% endmacro %}", "{{ a.1 }} {{ [1, 2].1 }}", "{{ a. }}", "{{ 1 if }}", "{{ [1 2] }}", "{{ {'a' 1} }}",
]  # fmt: skip


def render(template: str) -> str | None:
    try:
        text = _compile_jinja_template(template).render(**copy.deepcopy(VARIABLES))
        text.encode()
        return None if " at 0x" in text else text
    except Exception:
        return None


def grid(pattern: str, *axes: list[str]) -> dict:
    texts = []
    for picked in itertools.product(*axes):
        template = pattern
        for i, value in enumerate(picked):
            template = template.replace(f"${i}", value)
        texts.append(render(template))
    return {"pattern": pattern, "axes": axes, "texts": texts}


class Writer:
    """Random templates: well-formed, of few names, so that scopes and loops meet."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)

    def expression(self, depth: int = 0) -> str:
        pick = self.random
        if depth > 2 or pick.random() < 0.3:
            return pick.choice([*VALUES, "x", "y", "m", "loop.index", "loop.last", "ns.a", "x", "y", "m.role", "m['content']", "messages[-1]", "bos_token"])
        inner = self.expression(depth + 1)
        # an unknown test fails before anything is run, wherever it stands
        known = [test for test in TESTS if test != "nonsense"]
        kind = pick.randrange(9)
        if kind == 0:
            return f"({inner} {pick.choice(OPERATORS)} {self.expression(depth + 1)})"
        if kind == 1:
            return f"{inner} | {pick.choice(FILTERS[:-5])}"
        if kind == 2:
            return f"({inner} is {pick.choice(known)})"
        if kind == 3:
            return f"({inner}).{pick.choice(METHODS[:-7])}"
        if kind == 4:
            return f"({inner})[{pick.choice(KEYS)}]"
        if kind == 5:
            return f"({inner} if {self.expression(depth + 1)} else {self.expression(depth + 1)})"
        if kind == 6:
            return f"[{inner}, {self.expression(depth + 1)}]"
        if kind == 7:
            return f"({inner} ~ {self.expression(depth + 1)})"
        return f"{inner} {pick.choice(OPERATORS)} {self.expression(depth + 1)}"

    def tag(self, inside: str) -> str:
        pick = self.random
        return "{%" + pick.choice(["", "", "-", "+"]) + f" {inside} " + pick.choice(["", "", "-", "+"]) + "%}"

    def body(self, depth: int, loops: int) -> str:
        return "".join(self.statement(depth, loops) for _ in range(self.random.randrange(1, 4)))

    def statement(self, depth: int = 0, loops: int = 0) -> str:
        pick = self.random
        kind = pick.randrange(14 if depth < 3 else 5)
        name = pick.choice("xy")
        if kind == 0:
            return pick.choice([" ", "\n", "a", "  \n ", "\n\n", "b\n", "\t"])
        if kind in (1, 2):
            return "{{" + pick.choice(["", "-"]) + f" {self.expression()} " + pick.choice(["", "-"]) + "}}"
        if kind == 3:
            return self.tag(f"set {name} = {self.expression(1)}")
        if kind == 4:
            return f"[{{{{ {name} is defined }}}}]" if loops == 0 or pick.random() < 0.8 else self.tag(pick.choice(["break", "continue"]))
        if kind in (5, 6):
            otherwise = self.tag("else") + self.body(depth + 1, loops) if pick.random() < 0.4 else ""
            return self.tag(f"if {self.expression(1)}") + self.body(depth + 1, loops) + otherwise + self.tag("endif")
        if kind in (7, 8):
            test = f" if {self.expression(2)}" if pick.random() < 0.2 else ""
            over = pick.choice(["messages", "numbers", "words", "range(3)", "[1, 2]", "text", "ns_like", "x", self.expression(2)])
            return self.tag(f"for m in {over}{test}") + self.body(depth + 1, loops + 1) + self.tag("endfor")
        if kind == 9:
            return self.tag(f"macro {name}(m, k=1)") + self.body(depth + 1, 0) + self.tag("endmacro") + "{{ " + f"{name}({self.expression(2)})" + " }}"
        if kind == 10:
            return self.tag(f"set {name}") + self.body(depth + 1, loops) + self.tag("endset")
        if kind == 11:
            return self.tag(f"with {name} = {self.expression(2)}") + self.body(depth + 1, loops) + self.tag("endwith")
        if kind == 12:
            return self.tag("set ns = namespace(a=1)") + self.tag(f"set ns.a = {self.expression(1)}") + "{{ ns.a }}"
        return self.tag("generation") + self.body(depth + 1, 0) + self.tag("endgeneration")


def drawn(count: int, seed: int, share: float) -> list:
    """Random templates with their texts; of those that fail only a share, for most do."""
    writer, found = Writer(seed), []
    while len(found) < count:
        template = writer.body(0, 0)
        text = render(template)
        if len(template) < 400 and len(text or "") < 400 and (text is not None or writer.random.random() < share):
            found.append([template, text])
    return found


def main() -> None:
    made = f"tools/reference/jinjaCases.py with jinja2 {jinja2.__version__}, transformers {transformers.__version__}"
    fixture = {"madeBy": made, "variables": VARIABLES, "grids": [], "templates": []}
    file = FILE
    if len(sys.argv) > 1:
        count, seed, file = int(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3])
        fixture["templates"] = drawn(count, seed, 0.3)
    else:
        fixture["grids"] = [
            grid("{{ $0 $1 $2 }}", SIDES, OPERATORS, SIDES),
            grid("{{ $0 | $1 }}", VALUES, FILTERS),
            grid("{{ $0 is $1 }}", VALUES, TESTS),
            grid("{{ $0.$1 }}", TEXTS, METHODS),
            grid("{{ ($0)[$1] }}", HELD, KEYS),
            grid("{{ ($0).$1 }}", HELD, MEMBERS),
            grid("{{ $0 if $0 else 'no' }}", VALUES),
            grid("{% for x in $0 %}{{ x }};{% endfor %}", VALUES),
        ]
        fixture["templates"] = [[one, render(one)] for one in PLAIN] + drawn(250, 1, 0.1)
    lines = [f"{json.dumps(key)}:{json.dumps(value, separators=(',', ':'))}" for key, value in fixture.items()]
    file.write_text("{" + ",\n".join(lines).replace('{"pattern"', '\n{"pattern"') + "}\n")
    print(f"{file.name}: {file.stat().st_size} bytes")


if __name__ == "__main__":
    main()
