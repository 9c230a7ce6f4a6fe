"""Writes test/fixtures/tokenizers/: small tokenizers of the five kinds that treekv reads, each as the model's own
tokenizer.json, as the metadata of a GGUF file, and as the ids and texts that Python's libraries give for it.
Needs `pip install tokenizers transformers sentencepiece protobuf`; run from the repository root:

    python tools/reference/tokenizerFixtures.py

A run writes the same bytes every time. The sentences, for training and for comparison, are our own.
"""

import io
import json
import random
import sys
from pathlib import Path

sys.path.pop(0)  # this file has the name of the library that it needs

import sentencepiece  # noqa: E402
import tokenizers  # noqa: E402
import transformers  # noqa: E402
from tokenizers import (  # noqa: E402
    AddedToken,
    Regex,
    Tokenizer,
    decoders,
    models,
    normalizers,
    pre_tokenizers,
    processors,
    trainers,
)
from transformers.convert_slow_tokenizer import generate_merges  # noqa: E402

FOLDER = Path(__file__).resolve().parents[2] / "test/fixtures/tokenizers"

# What the tokenizers learn from: a few sentences a script.
SENTENCES = [
    "The old captain looked at the sea and said that the wind would change before the evening.",
    "She couldn't have known that they'd arrive; it's what we've always done, and I'm sure you'll agree.",
    "There were 12 boats, 3 of them new, and in 1851 the harbour held 1024 more.",
    "À la fin de l'été, la forêt était déjà dorée; où êtes-vous allés, mes chers élèves?",
    "Die Straße führt über den Fluß, und die Mädchen hörten schöne Lieder.",
    "Η θάλασσα ήταν ήρεμη και ο καπετάνιος κοίταζε τον ουρανό.",
    "Старый капитан смотрел на море и молчал, потому что ветер менялся.",
    "كان البحر هادئا وكان القبطان ينظر إلى السماء.",
    "הים היה שקט והקברניט הביט אל השמים.",
    "समुद्र शांत था और कप्तान आकाश की ओर देख रहा था।",
    "大海很平静，老船长望着天空，没有说话。",
    "海は静かで、船長は空を見ていました。",
    "바다는 고요했고 선장은 하늘을 바라보았다.",
    "ทะเลสงบและกัปตันมองดูท้องฟ้า",
    "def area(width, height):\n\tif width < 0:\n\t\treturn None\n\treturn width * height  # square metres\n",
    "for (let i = 0; i < list.length; i++) {\n    total += list[i].value;\n    console.log(total);\n}\n",
    "The end.\n\nA new chapter begins here:    four spaces,  two spaces, and a tab\there.\r\n",
]
WORDS = "the of and to a in that it was he his for with as had she not at but be on they have him which said".split()

# What is compared: every kind of text that pre-tokenizers, normalizers and byte fallback treat in their own way.
TEXTS = {
    "prose": "The old captain said nothing; he'd seen it all before, and it wasn't worth the telling.",
    "unseen words": "Zyxwvut quizzically jumbled xylophones, etc.",
    "contractions": "I'm you're he's she'd we'll they've isn't 'tis 's 't 're o'clock rock'n'roll '",
    "capital contractions": "IT'S LATE, WE'VE LOST, THEY'LL KNOW, I'M GONE, SHE'D SAY, YOU'RE HERE, DON'T'",
    "contractions in odd letters": "it'\u017f he'\u017fays we'l\u2113 I'\uff4d 'S'T'Re'vE'M'lL'D",
    "numbers": "In 1851, 12345678 leagues and 3.14159 cost $1,000.00 or 0x1F 1st 2nd",
    "numbers of other scripts": "\u0663\u0664\u0665 \u096f\u0967 \u216f\u2167 \u00bd\u2153 \u00b2\u2079 \uff11\uff12\uff13 \u3289 \U0001d7d9\U0001d7da a\u0661b",
    "accents": "\u00c0 bient\u00f4t, ma ch\u00e8re \u2014 \u00abna\u00efve\u00bb, Stra\u00dfe, \u00c5ngstr\u00f6m, \u0141\u00f3d\u017a, \u0130stanbul",
    "combining characters": "cafe\u0301 A\u030angstro\u0308m \u1e9b\u0323 \u212b \u2126 o\u0323\u0302 \u0958 \ufb1d \u1100\u1161\u11a8 x\u0301\u0301",
    "greek": "\u1f0e\u03bd\u03b4\u03c1\u03b1 \u03bc\u03bf\u03b9 \u1f14\u03bd\u03bd\u03b5\u03c0\u03b5, \u03b8\u03ac\u03bb\u03b1\u03c3\u03c3\u03b1 \u039f\u0394\u039f\u03a3",
    "cyrillic": "\u0412\u0441\u0451 \u0441\u043c\u0435\u0448\u0430\u043b\u043e\u0441\u044c \u0432 \u0434\u043e\u043c\u0435; \u043a\u0430\u043f\u0438\u0442\u0430\u043d \u043c\u043e\u043b\u0447\u0430\u043b.",
    "arabic": "\u0627\u0644\u0643\u062a\u0627\u0628 \u0645\u064e\u0641\u062a\u0648\u062d\u060c \u0648\u0643\u0627\u0646 \u0627\u0644\u0628\u062d\u0631 \u0647\u0627\u062f\u0626\u0627\u061f",
    "hebrew": "\u05d4\u05e1\u05e4\u05e8 \u05e0\u05e4\u05ea\u05d7 \u05e9\u05c1\u05b8\u05dc\u05d5\u05b9\u05dd",
    "devanagari": "\u0915\u093f\u0924\u093e\u092c \u0916\u0941\u0932\u0940 \u0939\u0948\u0964 \u0915\u094d\u0937\u0924\u094d\u0930\u093f\u092f",
    "chinese": "\u4e66\u6253\u5f00\u4e86\u3002\u6211\u60f3\u5728apple\u5de5\u4f5c1314\u5929\uff5e",
    "japanese": "\u672c\u304c\u958b\u3044\u305f\u3002\u30ab\u30bf\u30ab\u30ca\u3068\u3072\u3089\u304c\u306a",
    "korean": "\ucc45\uc774 \uc5f4\ub838\ub2e4. \ubc14\ub2e4\ub294 \uace0\uc694\ud588\uace0",
    "thai": "\u0e2b\u0e19\u0e31\u0e07\u0e2a\u0e37\u0e2d\u0e40\u0e1b\u0e34\u0e14\u0e2d\u0e22\u0e39\u0e48 \u0e17\u0e49\u0e2d\u0e07\u0e1f\u0e49\u0e32",
    "emoji": "\U0001f600\U0001f468\u200d\U0001f469\u200d\U0001f467 \U0001f1e9\U0001f1ea\U0001f44d\U0001f3fd \u2764\ufe0f 1\ufe0f\u20e3 ok\U0001f680!",
    "beyond the first plane": "\U00010330\U00010331 \U0001d4d0 \U00020000 \ufffd",
    "code": "for (let i = 0; i < n; i++) { a[i] += b_2['x'] ?? ~0; } // ...!?\n\tif (!x)\n\t\treturn;\n",
    "punctuation": "!!!???...---===___ ((())) \u201cquoted\u201d \u2018single\u2019 \u2026 \u00a1hola! /path/to/file.txt a@b.c #1",
    "runs of spaces": "a b  c   d    e     f      g       h        i",
    "spaces at both ends": "   three before and two after  ",
    "only spaces": "     ",
    "one space": " ",
    "lines": "one\ntwo\n\nthree\n\n\nfour\r\nfive\r\rsix \n seven\t\n\teight\n",
    "only line ends": "\n\n\n",
    "white space of every kind": "a\u00a0b\u3000c\u2028d\u2029e\u2003f\u200ag\u202fh\u205fi\u1680j\u000bk\u000cl",
    "white space that JavaScript counts otherwise": "a\u0085b \u0085 c\ufeffd \ufeff e \u0085\u0085\ufeff\ufeff 1\ufeff2\u0085\n",
    "control characters": "a\u0000b\u0001c\u0007\u001b[0m\u007f\u0080\u009f z",
    "invisible characters": "zero\u200bwidth\u200cnon\u200djoiner\u2060soft\u00adhyphen\u180e",
    "special tokens": "before<|end|>after <|end|>  <|start|>user\n<|not_special|> <|en <tool> x<tool>y </s>",
    "the mark for spaces": "a\u2581b \u2581\u2581 c",
    "spelled byte tokens": "<0x41> <0x0A> <unk>",
    "a doubled letter": "aaaaaaaaaaaaaaaaa bbbbbb aaabaaab ababababab ......... the the the thethethe",
    "one letter": "a",
    "mixed case": "ThE cApTaIn SAID HELLOWorld camelCaseAndPascalCase iPhone McDonald",
}

# Texts on which regular expressions of different languages disagree.
DOUBTFUL = [
    "contractions in odd letters",
    "numbers of other scripts",
    "combining characters",
    "white space of every kind",
    "white space that JavaScript counts otherwise",
    "control characters",
    "invisible characters",
]

GPT4_SPLIT = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}%s| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
GPT2_SPLIT = r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"
TEKKEN_UPPER, TEKKEN_LOWER = r"[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]", r"[\p{Ll}\p{Lm}\p{Lo}\p{M}]"
# How the names in `tokenizer.ggml.pre` cut text: the expressions of the models' own tokenizer.json, and those of
# llama.cpp for `default`, which is no model's.
CUTS = {
    "llama-bpe": [GPT4_SPLIT % "{1,3}"],
    "qwen2": [GPT4_SPLIT % ""],
    "gpt-2": [GPT2_SPLIT],
    "smollm": [r"\p{N}", GPT2_SPLIT],
    "tekken": [
        rf"[^\r\n\p{{L}}\p{{N}}]?{TEKKEN_UPPER}*{TEKKEN_LOWER}+|[^\r\n\p{{L}}\p{{N}}]?{TEKKEN_UPPER}+{TEKKEN_LOWER}*"
        r"|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+"
    ],
    "default": [r"[\p{P}\$\+<=>\^~\|]+", GPT2_SPLIT, r"\p{N}+", "[0-9][0-9][0-9]"],
}
CONTROL = ["<|begin|>", "<|end|>", "<|start|>"]
USER_DEFINED = ["<tool>"]
NORMAL_TYPE, UNKNOWN_TYPE, CONTROL_TYPE, USER_TYPE, UNUSED_TYPE, BYTE_TYPE = range(1, 7)


def corpus() -> list[str]:
    """The sentences, and prose of common words in a random order."""
    order = random.Random(7)
    lines = [sentence for sentence in SENTENCES for _ in range(4)]
    for _ in range(300):
        words = [order.choice(WORDS) for _ in range(order.randint(4, 14))]
        lines.append(" ".join(words).capitalize() + order.choice([".", ",", "!", "?", ";", "\n", "\n\n"]))
    lines += ["a" * length for length in (2, 3, 4, 7, 9, 15)] + ["ab" * 8, "ababa", "aba", "abaaba"] * 5
    return lines


def learn(tokenizer: Tokenizer, alphabet: list[str]) -> None:
    """Learns merges from lines that are not split, and most from the texts where libraries may split otherwise:
    a split in the wrong place then changes the ids."""
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    trainer = trainers.BpeTrainer(vocab_size=1200, initial_alphabet=alphabet, show_progress=False)
    doubtful = [TEXTS[name] for name in DOUBTFUL]
    tokenizer.train_from_iterator([*corpus(), *[*TEXTS.values()] * 3, *doubtful * 30], trainer)


def add_tokens(tokenizer: Tokenizer) -> None:
    tokenizer.add_special_tokens([AddedToken(token, special=True, normalized=False) for token in CONTROL])
    tokenizer.add_tokens([AddedToken(token, special=False, normalized=False) for token in USER_DEFINED])


def bos_template(token: str, id: int) -> processors.TemplateProcessing:
    return processors.TemplateProcessing(single=f"{token} $A", pair=f"{token} $A {token} $B", special_tokens=[(token, id)])


def byte_level(pre_tokenizer, *, normalizer=None, bos=False, forget=0, bytes_left_out=()) -> Tokenizer:
    """A byte-level tokenizer; `forget` merges are taken away again, which leaves tokens that no merge makes."""
    tokenizer = Tokenizer(models.BPE())
    if normalizer is not None:
        tokenizer.normalizer = normalizer
    tokenizer.decoder = decoders.ByteLevel()
    learn(tokenizer, sorted(letter for letter in pre_tokenizers.ByteLevel.alphabet() if letter not in bytes_left_out))
    tokenizer.pre_tokenizer = pre_tokenizer
    if forget > 0:
        definition = json.loads(tokenizer.to_str())
        merges = definition["model"]["merges"]
        parts = {part for merge in merges for part in merge}
        leaves = [merge for merge in merges if "".join(merge) not in parts and len("".join(merge)) > 2]
        gone = leaves[:: max(1, len(leaves) // forget)]
        definition["model"]["merges"] = [merge for merge in merges if merge not in gone]
        definition["model"]["ignore_merges"] = True
        tokenizer = Tokenizer.from_str(json.dumps(definition))
    add_tokens(tokenizer)
    if bos:
        tokenizer.post_processor = bos_template("<|begin|>", tokenizer.token_to_id("<|begin|>"))
    return tokenizer


def gguf_of_bpe(tokenizer: Tokenizer, pre: str, **more) -> dict:
    """The metadata that a converter writes for a byte-level tokenizer, with two rows of padding at the end."""
    definition = json.loads(tokenizer.to_str())
    added = {token["id"]: token for token in definition["added_tokens"]}
    tokens = [tokenizer.id_to_token(id) for id in range(tokenizer.get_vocab_size())]
    types = [NORMAL_TYPE if id not in added else CONTROL_TYPE if added[id]["special"] else USER_TYPE for id in range(len(tokens))]
    padding = [f"[PAD{len(tokens) + extra}]" for extra in range(2)]
    return {
        "tokenizer.ggml.model": "gpt2",
        "tokenizer.ggml.pre": pre,
        "tokenizer.ggml.tokens": tokens + padding,
        "tokenizer.ggml.token_type": types + [UNUSED_TYPE] * len(padding),
        "tokenizer.ggml.merges": [" ".join(merge) for merge in definition["model"]["merges"]],
        "tokenizer.ggml.bos_token_id": tokenizer.token_to_id("<|begin|>"),
        "tokenizer.ggml.eos_token_id": tokenizer.token_to_id("<|end|>"),
        **more,
    }


def train_sentencepiece() -> sentencepiece.SentencePieceProcessor:
    model = io.BytesIO()
    lines = [piece for line in corpus() for piece in line.split("\n") if piece.strip()]
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(lines),
        model_writer=model,
        model_type="bpe",
        vocab_size=1000,
        character_coverage=0.98,
        byte_fallback=True,
        split_digits=True,
        allow_whitespace_only_pieces=True,
        normalization_rule_name="identity",
        remove_extra_whitespaces=False,
        add_dummy_prefix=True,
        max_sentence_length=16384,
        num_threads=1,
        minloglevel=2,
    )
    return sentencepiece.SentencePieceProcessor(model_proto=model.getvalue())


def llama2(pieces: sentencepiece.SentencePieceProcessor, *, space_prefix: bool) -> Tokenizer:
    """A tokenizer.json in the form of Llama 2's, its merges made by transformers."""
    vocab = {pieces.id_to_piece(id): id for id in range(len(pieces))}
    scores = [(pieces.id_to_piece(id), pieces.get_score(id)) for id in range(len(pieces))]
    merges = generate_merges(vocab, scores)
    tokenizer = Tokenizer(models.BPE(vocab=vocab, merges=merges, unk_token="<unk>", fuse_unk=True, byte_fallback=True))
    prepend = [normalizers.Prepend("\u2581")] if space_prefix else []
    tokenizer.normalizer = normalizers.Sequence([*prepend, normalizers.Replace(" ", "\u2581")])
    strip = [decoders.Strip(content=" ", left=1)] if space_prefix else []
    tokenizer.decoder = decoders.Sequence(
        [decoders.Replace("\u2581", " "), decoders.ByteFallback(), decoders.Fuse(), *strip]
    )
    tokenizer.add_special_tokens(
        [AddedToken(token, special=True, normalized=False) for token in ("<unk>", "<s>", "</s>")]
    )
    add_tokens(tokenizer)
    if space_prefix:
        tokenizer.post_processor = bos_template("<s>", 1)
    return tokenizer


def gguf_of_spm(pieces: sentencepiece.SentencePieceProcessor, tokenizer: Tokenizer, **more) -> dict:
    tokens, scores, types = [], [], []
    for id in range(len(pieces)):
        tokens.append(pieces.id_to_piece(id))
        scores.append(pieces.get_score(id))
        unknown, control, byte = pieces.is_unknown(id), pieces.is_control(id), pieces.is_byte(id)
        types.append(UNKNOWN_TYPE if unknown else CONTROL_TYPE if control else BYTE_TYPE if byte else NORMAL_TYPE)
    for id in range(len(tokens), tokenizer.get_vocab_size()):
        tokens.append(tokenizer.id_to_token(id))
        scores.append(-1000.0)
        types.append(CONTROL_TYPE if tokens[id] in CONTROL else USER_TYPE)
    return {
        "tokenizer.ggml.model": "llama",
        "tokenizer.ggml.pre": "default",
        "tokenizer.ggml.tokens": tokens,
        "tokenizer.ggml.scores": scores,
        "tokenizer.ggml.token_type": types,
        "tokenizer.ggml.bos_token_id": 1,
        "tokenizer.ggml.eos_token_id": 2,
        "tokenizer.ggml.unknown_token_id": 0,
        **more,
    }


def expected(tokenizer: Tokenizer, text: str, pieces=None) -> dict:
    ids = tokenizer.encode(text, add_special_tokens=False).ids
    found = {"ids": ids, "decoded": tokenizer.decode(ids, skip_special_tokens=True)}
    # What sentencepiece itself says, where its own way of reading differs from its conversion's.
    if pieces is not None and not any(token in text for token in [*CONTROL, *USER_DEFINED, "</s>", "<unk>"]):
        own = pieces.encode(text)
        if own != ids:
            found["sentencepiece"] = own
    return found


def write(name: str, tokenizer: Tokenizer, gguf: dict, pieces=None) -> None:
    fixture = {
        "madeBy": f"tools/reference/tokenizerFixtures.py with tokenizers {tokenizers.__version__}, "
        f"transformers {transformers.__version__}, sentencepiece {sentencepiece.__version__}",
        "bos": next(iter(tokenizer.encode("", add_special_tokens=True).ids), None),
        "tokenizer": json.loads(tokenizer.to_str()),
        "gguf": gguf,
        "texts": {key: expected(tokenizer, text, pieces) for key, text in TEXTS.items()},
    }
    save(name, fixture, ["tokenizer", "gguf", "texts", *TEXTS])


def save(name: str, value: dict, line_starts: list[str]) -> None:
    text = json.dumps(value, ensure_ascii=True, separators=(",", ":"))
    for key in line_starts:
        text = text.replace(f'{json.dumps(key)}:{{', f'\n{json.dumps(key)}:{{', 1)
    path = FOLDER / f"{name}.json"
    path.write_text(text + "\n")
    print(f"{path.name}: {path.stat().st_size} bytes")


def cuts(expressions: list[str]) -> dict[str, list[int]]:
    """Code points from one cut to the next."""
    pre = pre_tokenizers.Sequence([pre_tokenizers.Split(Regex(one), "isolated") for one in expressions])
    return {key: [len(piece) for piece, _ in pre.pre_tokenize_str(text)] for key, text in TEXTS.items()}


def split_then_bytes(split) -> pre_tokenizers.Sequence:
    return pre_tokenizers.Sequence([split, pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])


def main() -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    save("texts", TEXTS, [])
    save("cuts", {name: cuts(expressions) for name, expressions in CUTS.items()}, [*CUTS])
    llama3 = byte_level(split_then_bytes(pre_tokenizers.Split(Regex(GPT4_SPLIT % "{1,3}"), "isolated")), bos=True, forget=12)
    write("llama3", llama3, gguf_of_bpe(llama3, "llama-bpe"))
    qwen2 = byte_level(
        split_then_bytes(pre_tokenizers.Split(Regex(GPT4_SPLIT % ""), "isolated")), normalizer=normalizers.NFC()
    )
    write("qwen2", qwen2, gguf_of_bpe(qwen2, "qwen2", **{"tokenizer.ggml.add_bos_token": False}))
    digits = pre_tokenizers.Digits(individual_digits=True)
    # SmolLM's vocabulary lacks bytes that its training text lacked; text with them loses them, in Python too.
    smollm = byte_level(
        pre_tokenizers.Sequence([digits, pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True)]),
        bytes_left_out=("\u0104", "\u0107", "\u00f1"),
    )
    write("smollm", smollm, gguf_of_bpe(smollm, "smollm", **{"tokenizer.ggml.add_bos_token": False}))
    gpt2 = byte_level(pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True))
    write("gpt2", gpt2, gguf_of_bpe(gpt2, "gpt-2"))
    pieces = train_sentencepiece()
    spm = llama2(pieces, space_prefix=True)
    write("llama2", spm, gguf_of_spm(pieces, spm), pieces)
    bare = llama2(pieces, space_prefix=False)
    off = {"tokenizer.ggml.add_space_prefix": False, "tokenizer.ggml.add_bos_token": False}
    write("llama2-no-prefix", bare, gguf_of_spm(pieces, bare, **off))


if __name__ == "__main__":
    main()
