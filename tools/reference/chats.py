"""Writes test/fixtures/chats.json: conversations as Hugging Face's apply_chat_template renders them, which the
tests compare with treekv's. The templates are written here, in the formats that well-known models were trained
on and with the Jinja that their own templates use. Needs `pip install transformers jinja2`; run from the
repository root:

    python tools/reference/chats.py
"""

import datetime
import json
from pathlib import Path

import jinja2
import transformers
from transformers.utils import chat_template_utils

ROOT = Path(__file__).resolve().parents[2]
NOW = datetime.datetime(2024, 3, 5, 0, 7, 9)

# ChatML with a system message of its own, as small instruct models have it; one line, as they are stored.
CHATML = (
    "{% for message in messages %}"
    "{% if loop.first and message['role'] != 'system' %}"
    "{{ '<|im_start|>system\nYou answer briefly.<|im_end|>\n' }}"
    "{% endif %}"
    "{{ '<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>' + '\n' }}"
    "{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)

# ChatML with tools: schemas in the system message, calls as JSON between tags, results as a user's turn.
QWEN25 = """\
{%- macro turn(role, text) -%}
    {{ '<|im_start|>' ~ role ~ '\\n' ~ text ~ '<|im_end|>\\n' }}
{%- endmacro -%}
{%- set first = messages[0] %}
{%- set system = first.content if first.role == 'system' else 'You are a careful assistant.' %}
{%- if tools %}
    {%- set system %}
        {{- system }}

# Tools

One function a line:
<tools>
{% for tool in tools %}
{{ tool | tojson }}
{% endfor %}
</tools>
        {{- '\\n\\nCall as <tool_call>{"name": ..., "arguments": ...}</tool_call>.' }}
    {%- endset %}
{%- endif %}
{{- turn('system', system) }}
{%- for message in messages %}
    {%- if loop.first and message.role == 'system' %}
        {%- continue %}
    {%- endif %}
    {%- if message.role == 'tool' %}
        {%- if loop.previtem is not defined or loop.previtem.role != 'tool' %}
            {{- '<|im_start|>user' }}
        {%- endif %}
        {{- '\\n<tool_response>\\n' + message.content + '\\n</tool_response>' }}
        {%- if loop.last or loop.nextitem.role != 'tool' %}
            {{- '<|im_end|>\\n' }}
        {%- endif %}
    {%- elif message.tool_calls %}
        {{- '<|im_start|>assistant' }}
        {%- if message.content %}{{ '\\n' + message.content }}{% endif %}
        {%- for given in message.tool_calls %}
            {%- set function = given.function if given.function is defined else given %}
            {{- '\\n<tool_call>\\n{"name": "' ~ function.name ~ '", "arguments": ' }}
            {{- function.arguments | tojson }}
            {{- '}\\n</tool_call>' }}
        {%- endfor %}
        {{- '<|im_end|>\\n' }}
    {%- else %}
        {{- turn(message.role, message.content) }}
    {%- endif %}
{%- endfor %}
{{- '<|im_start|>assistant\\n' if add_generation_prompt else '' }}
"""

# [INST] with the system message inside the first of them; roles must alternate.
LLAMA2 = (
    "{% set ns = namespace(system='', expected='user') %}"
    "{% for message in messages %}"
    "{% if loop.first and message['role'] == 'system' %}"
    "{% set ns.system = '<<SYS>>\\n' + message['content'] + '\\n<</SYS>>\\n\\n' %}"
    "{% else %}"
    "{% if message['role'] != ns.expected %}"
    "{{ raise_exception('User and assistant must take turns, beginning with the user') }}"
    "{% endif %}"
    "{% if message['role'] == 'user' %}"
    "{{ bos_token + '[INST] ' + (ns.system + message['content']).strip() + ' [/INST]' }}"
    "{% set ns.system = '' %}{% set ns.expected = 'assistant' %}"
    "{% else %}"
    "{{ ' ' + message['content'].strip() + ' ' + eos_token }}"
    "{% set ns.expected = 'user' %}"
    "{% endif %}"
    "{% endif %}"
    "{% endfor %}"
)

# Headers between special tokens, contents trimmed.
LLAMA3 = (
    "{% for message in messages %}"
    "{{ bos_token if loop.first else '' }}"
    "{{ '<|start_header_id|>' + message['role'] + '<|end_header_id|>\n\n' }}"
    "{{ message['content'] | trim }}{{ '<|eot_id|>' }}"
    "{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|start_header_id|>assistant<|end_header_id|>\n\n' }}{% endif %}"
)

# The same with the day in the system message, and tools in the first user's message.
LLAMA31 = """\
{%- macro open(role) -%}
    {{ '<|start_header_id|>' ~ role ~ '<|end_header_id|>\\n\\n' }}
{%- endmacro -%}
{%- macro schemas() -%}
    {{ 'Functions, as JSON:\\n\\n' }}
    {%- for tool in tools %}
        {{- tool | tojson(indent=4) ~ '\\n\\n' }}
    {%- endfor %}
{%- endmacro -%}
{%- set rest = messages %}
{%- set system = '' %}
{%- if messages[0]['role'] == 'system' %}
    {%- set system = messages[0]['content'] | trim %}
    {%- set rest = messages[1:] %}
{%- endif %}
{%- set with_user = tools_in_user_message | default(true) %}
{{- bos_token ~ open('system') }}
{%- if tools is defined and tools is not none %}
    {{- 'Environment: ipython\\n' }}
{%- endif %}
{{- 'Today: ' ~ (date_string if date_string is defined else strftime_now('%d %b %Y')) ~ '\\n\\n' }}
{%- if tools and not with_user %}
    {{- schemas() }}
{%- endif %}
{{- system ~ '<|eot_id|>' }}
{%- for message in rest %}
    {%- if message.tool_calls is defined %}
        {%- if message.tool_calls | length > 1 %}
            {{- raise_exception("Only one call at a time") }}
        {%- endif %}
        {%- set function = message.tool_calls[0].function %}
        {{- open('assistant') ~ '{"name": "' ~ function.name ~ '", "parameters": ' }}
        {{- function.arguments | tojson }}
        {{- '}<|eot_id|>' }}
    {%- elif message.role in ['tool', 'ipython'] %}
        {{- open('ipython') ~ (message.content | tojson) ~ '<|eot_id|>' }}
    {%- else %}
        {{- open(message.role) }}
        {%- if loop.first and tools and with_user %}
            {{- schemas() }}
        {%- endif %}
        {{- message['content'] | trim }}
        {{- '<|eot_id|>' }}
    {%- endif %}
{%- endfor %}
{%- if add_generation_prompt %}
    {{- open('assistant') }}
{%- endif %}
"""

# [INST] with tools and the system message before the last user's message, wherever that is.
MISTRAL = """\
{%- set has_system = messages[0]['role'] == 'system' %}
{%- set spoken = messages[1:] if has_system else messages %}
{%- set questions = spoken | selectattr('role', 'equalto', 'user') | list %}
{%- set ns = namespace(turn=0) %}
{%- for message in spoken if message.role != 'tool' and message.tool_calls is not defined %}
    {%- if message.role != ['user', 'assistant'][ns.turn % 2] %}
        {{- raise_exception('After the system message, user and assistant must take turns') }}
    {%- endif %}
    {%- set ns.turn = ns.turn + 1 %}
{%- endfor %}
{{- bos_token }}
{%- for message in spoken %}
    {%- if message.role == 'user' %}
        {%- if tools and message == questions[-1] %}
            {{- '[AVAILABLE_TOOLS] [' }}
            {%- for tool in tools %}
                {{- '{"type": "function", "function": {' }}
                {%- for key, value in tool.function.items() %}
                    {{- '"' ~ key ~ '": ' ~ (value | tojson) }}
                    {{- ', ' if not loop.last }}
                {%- endfor %}
                {{- '}}' ~ (']' if loop.last else ', ') }}
            {%- endfor %}
            {{- '[/AVAILABLE_TOOLS]' }}
        {%- endif %}
        {{- '[INST] ' }}
        {%- if has_system and loop.last %}
            {{- messages[0].content + '\\n\\n' }}
        {%- endif %}
        {{- message.content + '[/INST]' }}
    {%- elif message.tool_calls is defined %}
        {{- '[TOOL_CALLS] [' }}
        {%- for given in message.tool_calls %}
            {%- if given.id | length != 9 %}
                {{- raise_exception("A call's id has 9 letters") }}
            {%- endif %}
            {%- set json = given.function | tojson %}
            {{- json[:-1] + ', "id": "' + given.id + '"}' + (']' if loop.last else ', ') }}
        {%- endfor %}
        {{- eos_token }}
    {%- elif message.role == 'tool' %}
        {{- '[TOOL_RESULTS] {"content": ' + (message.content | string) + ', "call_id": "' }}
        {{- message.tool_call_id + '"}[/TOOL_RESULTS]' }}
    {%- elif message.role == 'assistant' %}
        {{- ' ' + message.content | trim + eos_token }}
    {%- endif %}
{%- endfor %}
"""

# Zephyr's tags, with the newlines of a template kept over several lines.
ZEPHYR = """\
{% for message in messages %}
{% if message['role'] == 'user' %}
{{ '<|user|>\n' + message['content'] + eos_token }}
{% elif message['role'] == 'system' %}
{{ '<|system|>\n' + message['content'] + eos_token }}
{% elif message['role'] == 'assistant' %}
{{ '<|assistant|>\n' + message['content'] + eos_token }}
{% endif %}
{% if loop.last and add_generation_prompt %}
{{ '<|assistant|>' }}
{% endif %}
{% endfor %}
"""

# ChatML with thoughts: those of earlier turns are left out, those since the last question stay.
QWEN3 = """\
{%- set last = namespace(question=-1) %}
{%- for message in messages[::-1] %}
    {%- if last.question < 0 and message.role == 'user' and not message.content.startswith('<tool_response>') %}
        {%- set last.question = loop.revindex0 %}
    {%- endif %}
{%- endfor %}
{%- for message in messages %}
    {%- set content = message.content if message.content is string else '' %}
    {%- if message.role == 'tool' %}
        {{- '<|im_start|>user\\n<tool_response>\\n' ~ content ~ '\\n</tool_response><|im_end|>\\n' }}
        {%- continue %}
    {%- endif %}
    {{- '<|im_start|>' ~ message.role ~ '\\n' }}
    {%- if message.role == 'assistant' %}
        {%- set thoughts = '' %}
        {%- if '</think>' in content %}
            {%- set parts = content.split('</think>') %}
            {%- set thoughts = parts[0].split('<think>')[-1].strip('\\n') %}
            {%- set content = parts[-1].lstrip('\\n') %}
        {%- endif %}
        {%- if loop.index0 > last.question and (loop.last or thoughts) %}
            {{- '<think>\\n' ~ thoughts.rstrip('\\n ') ~ '\\n</think>\\n\\n' }}
        {%- endif %}
        {{- content }}
        {%- for given in message.tool_calls or [] %}
            {{- '\\n' if content or not loop.first }}
            {{- '<tool_call>\\n{"name": "' ~ given.function.name ~ '", "arguments": ' }}
            {%- if given.function.arguments is string %}
                {{- given.function.arguments }}
            {%- else %}
                {{- given.function.arguments | tojson }}
            {%- endif %}
            {{- '}\\n</tool_call>' }}
        {%- endfor %}
    {%- else %}
        {{- content }}
        {%- if loop.first and tools %}
            {{- '\\n\\n# Tools\\n' }}
            {%- for tool in tools %}
                {{- '\\n' ~ (tool | tojson(sort_keys=true)) }}
            {%- endfor %}
        {%- endif %}
    {%- endif %}
    {{- '<|im_end|>\\n' }}
{%- endfor %}
{%- if add_generation_prompt %}
    {{- '<|im_start|>assistant\\n' }}
    {%- if enable_thinking is defined and enable_thinking is false %}
        {{- '<think>\\n\\n</think>\\n\\n' }}
    {%- endif %}
{%- endif %}
"""

# What is left of Jinja in use: macros, parts of contents, break, a filter with an argument, a comment.
MACROS = """\
{#- Contents may be texts or lists of parts. -#}
{%- macro write(content, indent=0) -%}
    {%- if content is string -%}
        {{ content }}
    {%- else -%}
        {%- for part in content -%}
            {%- if part['type'] == 'text' %}{{ part['text'] }}{% elif part['type'] == 'image' %}<image>{% endif -%}
        {%- endfor -%}
    {%- endif -%}
{%- endmacro -%}
{%- for message in messages %}
    {%- if message.role == 'stop' %}{% break %}{% endif %}
    {%- if message.role == 'skip' %}{% continue %}{% endif %}
    {%- if loop.first and message.role not in ['system', 'user'] %}
        {{- raise_exception('The first message cannot be of ' ~ message.role ~ ' but ' ~ (messages | map(attribute='role') | join(', '))) }}
    {%- endif %}
{{ message.role | upper }}: {{ write(message.content) }}{{ ' (named ' + message.name + ')' if message.name is defined else '' }}
    {%- if message.extra is defined %}
        {%- for key, value in message.extra | items %} {{ key }}={{ value | tojson(separators=(',', ':')) }}{% endfor %}
    {%- endif %}
{{ eos_token }}
{% endfor %}
{%- if add_generation_prompt %}ASSISTANT:{% endif %}
"""

TEMPLATES = {
    "chatml": (CHATML, {"bos_token": "<|im_start|>", "eos_token": "<|im_end|>"}),
    "qwen2.5": (QWEN25, {"eos_token": "<|im_end|>"}),
    "llama-2": (LLAMA2, {"bos_token": "<s>", "eos_token": "</s>"}),
    "llama-3": (LLAMA3, {"bos_token": "<|begin_of_text|>", "eos_token": "<|eot_id|>"}),
    "llama-3.1": (LLAMA31, {"bos_token": "<|begin_of_text|>", "eos_token": "<|eot_id|>"}),
    "mistral": (MISTRAL, {"bos_token": "<s>", "eos_token": "</s>"}),
    "zephyr": (ZEPHYR, {"bos_token": "<s>", "eos_token": "</s>"}),
    "qwen3": (QWEN3, {"eos_token": "<|im_end|>"}),
    "macros": (MACROS, {"eos_token": "</s>"}),
}


def say(role, content, **more):
    return {"role": role, "content": content, **more}


def call(name, arguments, number="abcdef123"):
    return {"type": "function", "id": number, "function": {"name": name, "arguments": arguments}}


TOOLS = [
    {
        "type": "function",
        "function": {
            "name": "tide_table",
            "description": "High and low water; \u201cquoted\u201d, <b>bold</b> & caf\u00e9.",
            "parameters": {
                "type": "object",
                "properties": {
                    "port": {"type": "string"},
                    "days": {"type": "integer", "minimum": 1, "default": 1.5},
                    "units": {"enum": ["m", "ft", None, True]},
                },
                "required": ["port"],
            },
        },
    },
    {"type": "function", "function": {"name": "now", "description": "The time.", "parameters": {}}},
]

CONVERSATIONS = {
    "one question": [say("user", "When is high water?")],
    "system and question": [say("system", "You are a harbour master."), say("user", "When is high water?")],
    "several turns": [
        say("user", "Hello."),
        say("assistant", "Hello! What may I do?"),
        say("user", "Count to three."),
        say("assistant", "One, two, three."),
        say("user", "And back."),
    ],
    "several turns with system": [
        say("system", "Be terse."),
        say("user", "Hello."),
        say("assistant", "Hi."),
        say("user", "Count to three."),
        say("assistant", "1 2 3"),
        say("user", "And back."),
    ],
    "ends with an answer": [say("user", "Hello."), say("assistant", "Hi.")],
    "empty contents": [say("system", ""), say("user", ""), say("assistant", ""), say("user", "?")],
    "white space around": [
        say("system", "  Two spaces before.\n"),
        say("user", "\n\n  indented\n\ttab "),
        say("assistant", "  an answer \n"),
        say("user", " again "),
    ],
    "braces and quotes": [
        say("user", "{{ messages }} {% if true %} {# c #} {'a': \"b\\n\"} \\ %} }}"),
        say("assistant", '```json\n{"a": [1, 2]}\n```'),
        say("user", "<|im_end|> </s> [INST] &lt; <b>"),
    ],
    "many scripts": [
        say("system", "\u0412\u0441\u0451 \u0445\u043e\u0440\u043e\u0448\u043e; \u05e9\u05dc\u05d5\u05dd"),
        say("user", "\u4f60\u597d \U0001f600\U0001f468\u200d\U0001f469\u200d\U0001f467 \u00e9\u0301 \u2028 \u00a0nbsp\u3000"),
        say("assistant", "\u0939\u093e\u0901, \U0001d4d0\u2026"),
        say("user", "\u3042\u308a\u304c\u3068\u3046"),
    ],
    "thoughts": [
        say("user", "Why?"),
        say("assistant", "<think>\nIt is a joke.\n</think>\n\n  Because."),
        say("user", "Really?"),
        say("assistant", "<think>\n\nhm\n\n</think>\n\nYes."),
        say("user", "Go on."),
    ],
    "ends with thoughts": [
        say("user", "Why?"),
        say("assistant", "<think>\nIt is a joke.\n</think>\n\n  Because."),
    ],
    "two users": [say("user", "One."), say("user", "Two.")],
    "begins with the assistant": [say("assistant", "Welcome."), say("user", "Thanks.")],
    "system in the middle": [
        say("user", "Hello."),
        say("assistant", "Hi."),
        say("system", "Speak French."),
        say("user", "Hello?"),
    ],
}

WITH_TOOLS = {
    "tools and question": [say("user", "When is high water in Brest?")],
    "tools and system": [say("system", "Use metres."), say("user", "When is high water in Brest?")],
    "call and result": [
        say("user", "When is high water in Brest?"),
        {"role": "assistant", "tool_calls": [call("tide_table", {"port": "Brest", "days": 2, "note": "caf\u00e9 <&>"})]},
        say("tool", '{"high": "04:12"}', tool_call_id="abcdef123", name="tide_table"),
    ],
    "call, result, answer, question": [
        say("system", "Use metres."),
        say("user", "When is high water in Brest?"),
        say("assistant", "", tool_calls=[call("tide_table", {"port": "Brest"})]),
        say("tool", "04:12", tool_call_id="abcdef123"),
        say("assistant", "At 04:12."),
        say("user", "And in Dover?"),
    ],
    "two calls": [
        say("user", "Brest and Dover?"),
        say("assistant", "I look.", tool_calls=[call("tide_table", {"port": "Brest"}), call("now", {}, "123456789")]),
        say("tool", "04:12", tool_call_id="abcdef123"),
        say("tool", "09:00", tool_call_id="123456789"),
    ],
    "a bad id": [
        say("user", "Now?"),
        say("assistant", "", tool_calls=[call("now", {}, "1")]),
        say("tool", "09:00", tool_call_id="1"),
    ],
}

PARTS = {
    "parts": [say("user", [{"type": "image"}, {"type": "text", "text": "What is this?"}])],
    "names and extras": [
        say("user", "Hi", name="Ann", extra={"a": [1, 2.5, None], "b": {"c": "\u00e9"}}),
        say("skip", "not this"),
        say("assistant", "Hello"),
        say("stop", "nor this"),
        say("user", "nor this"),
    ],
}

FORMATS = ["%d %b %Y", "%A, %B %d, %Y", "%Y-%m-%d %H:%M:%S", "%a %I:%M %p", "%y%% of %%d"]
MOMENTS = [NOW, datetime.datetime(2025, 12, 28, 12, 0, 0), datetime.datetime(1999, 9, 30, 23, 59, 59)]


def render(name, messages, tools=None, generation=False, variables=None):
    template, tokens = TEMPLATES[name]
    try:
        [text], _ = chat_template_utils.render_jinja_template(
            conversations=[messages],
            tools=tools,
            chat_template=template,
            add_generation_prompt=generation,
            **{**tokens, **(variables or {})},
        )
        return {"text": text}
    except jinja2.exceptions.UndefinedError:
        return None  # no template for such a conversation; how that fails is Python's own
    except TypeError:
        return None
    except jinja2.exceptions.TemplateError as error:
        return {"refusal": str(error)}


def cases():
    for name in TEMPLATES:
        for title, messages in {**CONVERSATIONS, **WITH_TOOLS, **PARTS}.items():
            tools = TOOLS if title in WITH_TOOLS else None
            for generation in (False, True):
                result = render(name, messages, tools, generation)
                if result is None or (title in PARTS and name != "macros"):
                    continue
                case = {"template": name, "conversation": title, "generation": generation}
                yield {**case, **({"tools": True} if tools else {}), **result}
    question = CONVERSATIONS["one question"]
    for name, tools, variables in [
        ("qwen3", None, {"enable_thinking": False}),
        ("llama-3.1", None, {"date_string": "1 Jan 2000"}),
        ("llama-3.1", TOOLS, {"tools_in_user_message": False}),
    ]:
        case = {"template": name, "conversation": "one question", "generation": True, "variables": variables}
        yield {**case, **({"tools": True} if tools else {}), **render(name, question, tools, True, variables)}


class FixedClock(datetime.datetime):
    @classmethod
    def now(cls, tz=None):
        return NOW


def main():
    chat_template_utils.datetime = FixedClock
    fixture = {
        "madeBy": f"tools/reference/chats.py with transformers {transformers.__version__}, jinja2 {jinja2.__version__}",
        "now": NOW.isoformat(),
        "templates": {name: {"template": text, "tokens": tokens} for name, (text, tokens) in TEMPLATES.items()},
        "tools": TOOLS,
        "conversations": {**CONVERSATIONS, **WITH_TOOLS, **PARTS},
        "cases": list(cases()),
        "dates": [
            {"moment": moment.isoformat(), "format": form, "text": moment.strftime(form)}
            for moment in MOMENTS
            for form in FORMATS
        ],
    }
    lines = json.dumps(fixture, ensure_ascii=True, separators=(",", ":"))
    lines = lines.replace('{"template":', '\n{"template":').replace('{"moment"', '\n{"moment"')
    (ROOT / "test/fixtures/chats.json").write_text(lines + "\n")


if __name__ == "__main__":
    main()
