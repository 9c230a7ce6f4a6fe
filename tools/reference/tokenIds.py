"""Writes test/fixtures/tokenizer.json: the ids that Hugging Face's own `tokenizers` gives to texts of many
scripts, which the tests compare with treekv's. Needs `pip install tokenizers`; run from the repository root:

    python tools/reference/tokenIds.py
    python tools/reference/tokenIds.py --ids FILE    # the ids of a text file on stdout, as JSON
"""

import json
import sys
from pathlib import Path

import tokenizers

ROOT = Path(__file__).resolve().parents[2]
MODEL = "models/books-27m-4k"

# Our own sentences: scripts of one to four bytes a letter, joined emoji, combining marks, every kind of
# white space, contractions, numbers, and characters that no book holds.
TEXTS = {
    "prose": "The old captain said nothing; he'd seen it all before, and it wasn't worth the telling.",
    "capital contractions": "IT'S LATE, WE'VE LOST, THEY'LL KNOW, I'M GONE, SHE'D SAY, YOU'RE HERE'",
    "numbers": "In 1851, 12345678 leagues and 3.14159 cost $1,000.00 (or 2/3 of \u00bd), \u2167 and \u0663\u0664.",
    "accents": "\u00c0 bient\u00f4t, ma ch\u00e8re \u2014 \u00abna\u00efve\u00bb, Stra\u00dfe, \u00c5ngstr\u00f6m, cafe\u0301, \u0141\u00f3d\u017a, \u0130stanbul",
    "greek and cyrillic": "\u1f0e\u03bd\u03b4\u03c1\u03b1 \u03bc\u03bf\u03b9 \u1f14\u03bd\u03bd\u03b5\u03c0\u03b5; \u0412\u0441\u0451 \u0441\u043c\u0435\u0448\u0430\u043b\u043e\u0441\u044c.",
    "hebrew and arabic": "\u05d4\u05e1\u05e4\u05e8 \u05e0\u05e4\u05ea\u05d7; \u0627\u0644\u0643\u062a\u0627\u0628 \u0645\u064e\u0641\u062a\u0648\u062d",
    "indic": "\u0915\u093f\u0924\u093e\u092c \u0916\u0941\u0932\u0940 \u0939\u0948\u0964 \u0baa\u0bc1\u0ba4\u0bcd\u0ba4\u0b95\u0bae\u0bcd",
    "chinese, japanese, korean": "\u4e66\u6253\u5f00\u4e86\u3002\u672c\u304c\u958b\u3044\u305f\u3002\ucc45\uc774 \uc5f4\ub838\ub2e4.",
    "thai": "\u0e2b\u0e19\u0e31\u0e07\u0e2a\u0e37\u0e2d\u0e40\u0e1b\u0e34\u0e14\u0e2d\u0e22\u0e39\u0e48",
    "emoji": "\U0001f600\U0001f468\u200d\U0001f469\u200d\U0001f467 \U0001f1e9\U0001f1ea\U0001f44d\U0001f3fd \u2764\ufe0f 1\ufe0f\u20e3",
    "white space": "  two  three   \n\n\tindented\r\nline \u00a0no-break \u3000wide\u2028separator \n  ",
    "only spaces": "     ",
    "beyond the first plane": "\U00010330\U00010331 \U0001d4d0 \U00020000 \ufffd \u0000\u0007",
    "special tokens": "before<|end_of_text|>after<|pad|> <|not_special|>",
    "code": "for (let i = 0; i < n; i++) { a[i] += b_2['x'] ?? ~0; } // ...!?",
}


def encode(text: str) -> list[int]:
    tokenizer = tokenizers.Tokenizer.from_file(str(ROOT / MODEL / "tokenizer.json"))
    return tokenizer.encode(text, add_special_tokens=False).ids


def main() -> None:
    if sys.argv[1:2] == ["--ids"]:
        print(json.dumps(encode(Path(sys.argv[2]).read_bytes().decode("utf-8"))))
        return
    fixture = {
        "madeBy": f"tools/reference/tokenIds.py with tokenizers {tokenizers.__version__}",
        "model": MODEL,
        "texts": [{"name": name, "text": text, "ids": encode(text)} for name, text in TEXTS.items()],
    }
    lines = json.dumps(fixture, ensure_ascii=True, separators=(",", ":")).replace('{"name"', '\n{"name"')
    (ROOT / "test/fixtures/tokenizer.json").write_text(lines + "\n")


if __name__ == "__main__":
    main()
