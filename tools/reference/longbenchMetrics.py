"""Writes test/fixtures/longbenchMetrics.json: LongBench's metrics over texts of our own, which the tests compare
with treekv's digit for digit. ROUGE-L comes from the package `rouge` 1.0.1 and the likeness of code from difflib,
as LongBench uses them; the other metrics are spelled out here in Python, whose `re`, `str` and `round` they stand
on. Needs CPython 3.11, whose stack decides where ROUGE-L overflows, and `pip install rouge==1.0.1 numpy`. Run from
the repository root:

    python tools/reference/longbenchMetrics.py
"""

import difflib
import json
import random
import re
import string
from collections import Counter
from pathlib import Path

import numpy
from rouge import Rouge

FILE = Path(__file__).resolve().parents[2] / "test/fixtures/longbenchMetrics.json"
dice = random.Random(20250104)


def normalise(text):
    kept = "".join(c for c in text.lower() if c not in string.punctuation)
    return " ".join(re.sub(r"\b(a|an|the)\b", " ", kept).split())


def qa_f1(prediction, gold):
    predicted, wanted = normalise(prediction).split(), normalise(gold).split()
    common = sum((Counter(predicted) & Counter(wanted)).values())
    if common == 0:
        return 0
    precision, recall = common / len(predicted), common / len(wanted)
    return 2 * precision * recall / (precision + recall)


def count(prediction, gold):
    numbers = re.findall(r"\d+", prediction)
    return sum(n == gold for n in numbers) / len(numbers) if numbers else 0.0


def retrieval(prediction, gold):
    return count(prediction, re.findall(r"Paragraph (\d+)", gold)[0])


def classification(prediction, gold, classes):
    named = [name for name in classes if name in prediction]
    for name in named:  # the list shrinks under the loop, as LongBench's does
        if name in gold and name != gold:
            named.remove(name)
    return 1.0 / len(named) if gold in named else 0.0


def percent(a, b):
    if a == b:
        return 100
    if not a or not b:
        return 0
    return int(round(100 * difflib.SequenceMatcher(None, a, b).ratio()))


def code(prediction, gold):
    lines = prediction.lstrip("\n").split("\n")
    line = next((t for t in lines if not any(mark in t for mark in ("`", "#", "//"))), "")
    return percent(line, gold) / 100


# The two calls stand as deep below the stack's limit as in LongBench's eval.py.
def rouge_score(prediction, gold):
    scorer = Rouge()
    try:
        return scorer.get_scores([prediction], [gold], avg=True)["rouge-l"]["f"]
    except (ValueError, RecursionError):
        return 0.0


def score(prediction, gold):
    return rouge_score(prediction, gold)


WORDS = (
    "the a an The An A harbour boat Boat boats boat's naïve éa aé cafe\u0301 Ωmega ΣΑΣ İzmir STRASSE straße ΟΔΟΣ "
    "x_a a_x _the the- co-op e-mail 12 3,000 3.5 ٣ २३ Ⅷ ½ x² “quoted” ‘single’ – — … U.S.A. the-an a+ I II $4 %"
    " \u4e66\u672c \ud55c\uae00 a\u0301n the\u200d 🙂 a🙂 𝐀 paragraph Paragraph no none night old old. red, red"
).split()
SPACES = [" "] * 12 + ["  ", "\n", "\t", "\u00a0", "\u3000", "\u0085", "\u001c", "\u001f", "\ufeff", "\u2028", "\u200b"]
MARKS = [""] * 8 + [".", ".", ",", "!", "?", ";", "..", ". "]


def text(words, most):
    """Words with odd spaces and marks between them."""
    parts = [dice.choice(words) + dice.choice(MARKS) + dice.choice(SPACES) for _ in range(dice.randint(0, most))]
    return "".join(parts)


def altered(original, alphabet):
    """The text with some characters changed, dropped, doubled or moved."""
    out = list(original)
    for _ in range(dice.randint(0, 1 + len(out) // 6)):
        at = dice.randrange(len(out) + 1)
        kind = dice.randrange(3)
        if kind == 0:
            out[at:at] = dice.choice(alphabet)
        elif kind == 1:
            del out[at : at + dice.randint(1, 4)]
        else:
            cut = dice.randrange(len(out) + 1)
            out = out[cut:] + out[:cut]
    return "".join(out)


def answers(n, words, most):
    for _ in range(n):
        gold = text(words, most)
        yield (text(words, most) if dice.random() < 0.5 else altered(gold, words)), gold


SMALL = "boat harbour the a night old red".split()
NUMBERS = [str(n) for n in range(1, 13)] + ["03", "٣", "१२", "12.5", "3,4", "Paragraph", "paragraph", "no", "x7y"]
CLASSES = ["boat", "boat house", "house", "a boat house", "of", "harbour", "har", "old harbour", "boat", "b"]
LINES = [
    "    return self.{0} + {1}", "for {0} in range({1}):", "# {0}", "  // {0}", "```python", "", "  ", "{0} = '{1}'",
    "public static void {0}(String[] {1}) {{", "if ({0} != {1}) throw new Error(`{0}`);", "{0}['naïve🙂'] = {1}\r",
    "import {0}.{1} as {0}", "\t{0}.{1}({0}, {1});", "{0}{1}{0}{1}{0}",
]
NAMES = ["index", "boat", "value", "x", "self_y", "résumé", "𝐀", "i", "n"]

vectors = {}
vectors["normalise"] = [[t, normalise(t)] for t in (text(WORDS, 8) for _ in range(150))]
vectors["qaF1"] = [
    [p, g, qa_f1(p, g)] for p, g in [*answers(100, WORDS, 8), *answers(80, SMALL, 7), ("", "the"), ("the boat", "boat")]
]
vectors["count"] = [
    [p, g, count(p, g)] for p, g in ((text(NUMBERS, 6), dice.choice(NUMBERS)) for _ in range(80))
]
vectors["retrieval"] = [
    [p, g, retrieval(p, g)]
    for p, g in ((text(NUMBERS, 6), f"{dice.choice(['', 'see '])}Paragraph {dice.randint(1, 12)}") for _ in range(60))
]


def classified():
    for _ in range(200):
        classes = dice.sample(CLASSES, dice.randint(1, len(CLASSES)))
        gold = dice.choice(classes)
        prediction = " ".join(dice.choices([gold, *CLASSES, "and"], k=dice.randint(0, 4)))
        yield [prediction, gold, classes, classification(prediction, gold, classes)]


vectors["classification"] = list(classified())


def line():
    return dice.choice(LINES).format(dice.choice(NAMES), dice.choice(NAMES))


def similar():
    letters = "ab(=x1 é🙂"
    for _ in range(120):  # lines
        gold = line()
        yield altered(gold, letters) if dice.random() < 0.7 else line(), gold
    for size, alphabet in ((12, "ab"), (30, "abcd"), (60, "abcdefgh ")):  # ties
        for _ in range(40):
            gold = "".join(dice.choices(alphabet, k=dice.randint(0, size)))
            other = "".join(dice.choices(alphabet, k=dice.randint(0, size)))
            yield dice.choice([other, altered(gold, alphabet)]), gold
    for _ in range(50):  # long enough for autojunk, or just not
        alphabet = [*"abcdefghijklmnopqrstuvwxyz ()=é🙂"][: dice.randint(2, 32)]
        gold = "".join(dice.choices(alphabet, k=dice.choice([199, 200, 201, 299, 300, 320])))
        yield altered(gold, alphabet), gold


vectors["percent"] = [[a, b, percent(a, b)] for a, b in similar()]
vectors["code"] = [
    [p, g, code(p, g)]
    for p, g in (
        ("\n" * dice.randint(0, 2) + "\n".join(line() for _ in range(dice.randint(0, 4))), line()) for _ in range(120)
    )
]
rouge_pairs = [
    *answers(100, WORDS, 14), *answers(150, SMALL, 16), *answers(40, SMALL, 60), *answers(40, WORDS, 40),
    ("", "boat"), ("boat", ""), ("...", "boat"), ("boat", ". ."), (" ", "boat"), (" ", " "), (". .", ". ."),
]
vectors["rougeL"] = []
for p, g in rouge_pairs:
    vectors["rougeL"].append([p, g, score(p, g)])

# Sentences at the edge of the stack, as runs of numbered words: [[letter, how many], ...].
deep = []
for n in (988, 989, 990, 991, 992):
    deep.append([[["a", n]], [["a", n]]])
    deep.append([[["a", n]], [["b", 40]]])
    deep.append([[["c", 1], ["a", n - 1]], [["c", 1]]])
    deep.append([[["a", n - 1], ["c", 1]], [["b", 40], ["c", 1]]])
    deep.append([[["a", 100]], [["a", 100], ["b", n - 100]]])
    deep.append([[["a", 500], ["b", n - 500]], [["c", 30], ["a", 500]]])
    deep.append([[["a", 500]], [["b", n - 500], ["a", 500]]])
    deep.append([[["b", n - 500], ["a", 500]], [["a", 500]]])


def spell(runs):
    return " ".join(f"{letter}{i}" for letter, n in runs for i in range(n))


vectors["rougeDeep"] = []
for p, g in deep:
    vectors["rougeDeep"].append([p, g, score(spell(p), spell(g))])

halves = [n / 8 for n in range(0, 801, 7)] + [n / 1000 for n in range(5, 100000, 997)]
numbers = halves + [dice.random() * 100 for _ in range(100)] + [100 * dice.randint(0, 400) / 200 for _ in range(50)]
vectors["hundredths"] = [[x, round(x, 2), float(round(numpy.float64(x), 2))] for x in numbers]
vectors["integers"] = [[x, round(x)] for x in [n / 4 for n in range(0, 80)] + numbers[-40:]]
vectors["means"] = [
    [values, float(numpy.mean(values))]
    for values in ([round(dice.random(), 9) for _ in range(n)] for n in (1, 2, 7, 8, 9, 15, 16, 100, 128, 129, 200, 300))
]

FILE.write_text(json.dumps(vectors, separators=(",", ":")) + "\n")
print({name: len(cases) for name, cases in vectors.items()}, FILE.stat().st_size, "bytes")
