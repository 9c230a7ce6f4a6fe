"""Writes test/fixtures/tokenizers/flags.json: what transformers makes of folders whose files set one flag each, from
`add_bos_token` to `single_word`. Needs `pip install "transformers<5" tokenizers protobuf`; run from the repository root:

    python tools/reference/tokenizerFlags.py

A run writes the same bytes every time. A case is a base tokenizer with changes to its tokenizer.json, and the files
beside it; its ids are those of `AutoTokenizer.from_pretrained(folder)(text)`, special tokens added.
"""

import copy
import json
import logging
import sys
import tempfile
from pathlib import Path

sys.path.pop(0)

import tokenizers  # noqa: E402
import transformers  # noqa: E402
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers  # noqa: E402

FILE = Path(__file__).resolve().parents[2] / "test/fixtures/tokenizers/flags.json"
logging.disable(logging.WARNING)

SENTENCES = ["the cat and the hat sat on the mat, that the rat had; then the dog barked at the thin man", "a tool <t> is a tool"]
TEXTS = {
    "plain": "the cat sat",
    "spaces round a token": "the  <t>  cat <s> \u0085<s>\ufeff<t>\n\n<t>the",
    "a token in a word": "cat<t>hat <t>hat cat<t> <t> \u00e9<t>\u00e9 _<t>_ 9<t>9",
    "tokens in each other": "<t><t>> <tt> <t <s>t> <<t> <s><s>",
    "letters that normalise": "\uff1ct\uff1e the cafe\u0301 \u2581the \u2163",
    "nothing": "",
    "spaces": "  ",
    "unknown": "\u65e5\u672c the \U0001f600\U0001f601",
    "punctuation": "the, cat!! 12 at\u2026\u00bf? ($3)",
    "spelled special": "<pad> [X] </s> <|bos|> the",
}


def byte_level() -> dict:
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(vocab_size=300, initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()), show_progress=False)
    tokenizer.train_from_iterator(SENTENCES, trainer)
    tokenizer.add_special_tokens(["<s>", "</s>"])
    return json.loads(tokenizer.to_str())


def characters() -> dict:
    """A tokenizer of letters and marks for spaces, with bytes and an unknown token."""
    tokenizer = Tokenizer(models.BPE(unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.decoder = decoders.Metaspace()
    trainer = trainers.BpeTrainer(vocab_size=90, special_tokens=["<unk>", "<s>", "</s>"], show_progress=False)
    tokenizer.train_from_iterator(SENTENCES, trainer)
    return json.loads(tokenizer.to_str())


def token(content: str, id: int | None = None, **flags) -> dict:
    own = {"content": content, "single_word": False, "lstrip": False, "rstrip": False, "normalized": False, "special": False}
    return {**({} if id is None else {"id": id}), **own, **flags}


def cases(bases: dict) -> list[dict]:
    byte_added, letter_added = bases["bytes"]["added_tokens"], bases["letters"]["added_tokens"]
    top = max(bases["bytes"]["model"]["vocab"].values(), default=0) + 3
    letters_top = max(bases["letters"]["model"]["vocab"].values()) + 1
    bos_template = tokenizers.processors.TemplateProcessing(single="<s> $A", special_tokens=[("<s>", top - 2)])
    template = json.loads(bos_template.__getstate__())
    found = []

    def case(name: str, base: str = "bytes", changes: dict | None = None, **files) -> None:
        found.append({"name": name, "base": base, "changes": changes or {}, **files})

    llama = {"tokenizer_class": "LlamaTokenizerFast", "bos_token": "<s>", "eos_token": "</s>", "unk_token": "<s>"}
    byte_frame = {"post_processor": {"type": "ByteLevel", "add_prefix_space": True, "trim_offsets": False, "use_regex": True}}
    for value in (True, False, None):
        flag = {} if value is None else {"add_bos_token": value}
        case(f"Llama, add_bos_token {value}, a post-processor of bytes", changes=byte_frame, config={**llama, **flag})
        case(f"Llama, add_bos_token {value}, a template", changes={"post_processor": template}, config={**llama, **flag})
        generic = {"tokenizer_class": "PreTrainedTokenizerFast", "bos_token": "<s>"}
        case(f"no class of its own, add_bos_token {value}", config={**generic, **flag})
        case(f"no class of its own, add_bos_token {value}, a template", changes={"post_processor": template}, config={**generic, **flag})
        case(f"Qwen2, add_bos_token {value}", config={"tokenizer_class": "Qwen2Tokenizer", "bos_token": "<s>", "eos_token": "</s>", "unk_token": "</s>", "pad_token": "</s>", **flag})
    case("Llama without Fast", config={**llama, "tokenizer_class": "LlamaTokenizer"})
    case("Code Llama", config={**llama, "tokenizer_class": "CodeLlamaTokenizer"})
    neox = {"tokenizer_class": "GPTNeoXTokenizer", "bos_token": "<s>", "eos_token": "</s>", "unk_token": "</s>"}
    case("GPT-NeoX", config=neox, changes={"post_processor": template})
    case("GPT-NeoX, add_bos_token", config={**neox, "add_bos_token": True})
    case("BOS as an object", config={**llama, "bos_token": {"__type": "AddedToken", **token("<s>", special=True)}})
    case("BOS in special_tokens_map.json", config={**llama, "bos_token": "</s>"}, map={"bos_token": "<s>"})
    decoder = {str(one["id"]): {key: one[key] for key in one if key != "id"} for one in byte_added}
    case("special_tokens_map.json beside added_tokens_decoder", config={**llama, "added_tokens_decoder": decoder}, map={"bos_token": "</s>"})
    case("truncation", changes={"truncation": {"direction": "Right", "max_length": 2, "strategy": "LongestFirst", "stride": 0}})
    padding = {"strategy": {"Fixed": 12}, "direction": "Right", "pad_to_multiple_of": None, "pad_id": 1, "pad_type_id": 0, "pad_token": "<s>"}
    case("padding", changes={"padding": padding})
    for value in (True, False):
        pre = {"type": "ByteLevel", "add_prefix_space": value, "trim_offsets": True, "use_regex": True}
        for asked in (True, False, None):
            flag = {} if asked is None else {"add_prefix_space": asked}
            case(f"add_prefix_space {asked} over {value}", changes={"pre_tokenizer": pre}, config={"tokenizer_class": "PreTrainedTokenizerFast", **flag})
            case(f"add_prefix_space {asked} over {value} in a sequence", changes={"pre_tokenizer": {"type": "Sequence", "pretokenizers": [pre]}}, config={"tokenizer_class": "GPT2Tokenizer", "bos_token": "</s>", "eos_token": "</s>", "unk_token": "</s>", **flag})
        case(f"add_prefix_space {value} for Llama", changes={"pre_tokenizer": pre}, config=llama)
    for flag in ("lstrip", "rstrip", "single_word", "normalized", "special"):
        case(f"a token with {flag}", changes={"added_tokens": [*byte_added, token("<t>", top, **{flag: True})]})
        case(f"a token with {flag} before NFKC", changes={"normalizer": {"type": "NFKC"}, "added_tokens": [*byte_added, token("<t>", top, **{flag: True})]})
        case(f"{flag} in added_tokens_decoder", changes={"added_tokens": [*byte_added, token("<t>", top)], "normalizer": {"type": "NFKC"}}, config={"tokenizer_class": "PreTrainedTokenizerFast", "added_tokens_decoder": {**decoder, str(top): token("<t>", **{flag: True})}})
        case(f"{flag} of a special token in added_tokens_decoder", changes={"added_tokens": [*byte_added, token("<t>", top, special=True)], "normalizer": {"type": "NFKC"}}, config={"tokenizer_class": "PreTrainedTokenizerFast", "added_tokens_decoder": {**decoder, str(top): token("<t>", **{"special": True, flag: flag != "special"})}})
    both = {"lstrip": True, "rstrip": True}
    case("two tokens that strip", changes={"added_tokens": [*byte_added, token("<t>", top, **both), token("<tt>", top + 1, **both, single_word=True), token("<t>>", top + 2)]})
    case("tokens of both kinds in each other", changes={"added_tokens": [*byte_added, token("<t>", top), token("<<t>", top + 1, normalized=True), token("t>", top + 2, normalized=True)]})
    case("a token that is a word of the vocabulary", changes={"added_tokens": [*byte_added, token("the", bases["bytes"]["model"]["vocab"]["the"])]})
    case("a token only in added_tokens_decoder", config={"tokenizer_class": "PreTrainedTokenizerFast", "added_tokens_decoder": {**decoder, str(top): token("<t>", lstrip=True)}})
    case("a word in added_tokens_decoder", config={"tokenizer_class": "PreTrainedTokenizerFast", "added_tokens_decoder": {**decoder, str(bases["bytes"]["model"]["vocab"]["the"]): token("the", single_word=True)}})
    case("a token only in added_tokens.json", config={"tokenizer_class": "PreTrainedTokenizerFast"}, added={"<t>": top})
    case("special tokens that are new", config={"tokenizer_class": "PreTrainedTokenizerFast", "pad_token": "<pad>", "additional_special_tokens": ["<t>", {"__type": "AddedToken", **token("[X]", special=True, **both)}], "bos_token": "<|bos|>"})
    case("a special token that was none", changes={"added_tokens": [*byte_added, token("<t>", top)]}, config={"tokenizer_class": "PreTrainedTokenizerFast", "pad_token": "<t>"})
    model, letters = bases["bytes"]["model"], bases["letters"]["model"]
    case("ignore_merges", changes={"model": {**model, "ignore_merges": True, "merges": model["merges"][:4]}})
    case("unknown letters", "letters")
    case("unknown letters, fused", "letters", {"model": {**letters, "fuse_unk": True}})
    case("unknown letters, dropped", "letters", {"model": {**letters, "unk_token": None}})
    spelled = {f"<0x{byte:02X}>": letters_top + byte for byte in range(256)}
    case("byte_fallback", "letters", {"model": {**letters, "byte_fallback": True, "vocab": {**letters["vocab"], **spelled}}})
    for scheme in ("first", "always", "never"):
        for split in (True, False):
            meta = {"type": "Metaspace", "replacement": "\u2581", "prepend_scheme": scheme, "split": split}
            case(f"Metaspace {scheme}, split {split}", "letters", {"pre_tokenizer": meta, "added_tokens": [*letter_added, token("<t>", letters_top)]})
    for behavior in ("Isolated", "Contiguous"):
        parts = [{"type": "Punctuation", "behavior": behavior}, {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": False}]
        case(f"Punctuation {behavior}", changes={"pre_tokenizer": {"type": "Sequence", "pretokenizers": parts}})
    case("Replace with dollars", changes={"normalizer": {"type": "Replace", "pattern": {"String": "a"}, "content": "$&"}})
    case("Prepend", "letters", {"pre_tokenizer": None, "normalizer": {"type": "Sequence", "normalizers": [{"type": "Prepend", "prepend": "\u2581"}, {"type": "Replace", "pattern": {"String": " "}, "content": "\u2581"}]}, "added_tokens": [*letter_added, token("<t>", letters_top)]})
    return found


def expected(one: dict, base: dict) -> dict:
    with tempfile.TemporaryDirectory() as folder:
        files = {"tokenizer.json": {**copy.deepcopy(base), **one["changes"]}, "tokenizer_config.json": one.get("config")}
        files |= {"special_tokens_map.json": one.get("map"), "added_tokens.json": one.get("added")}
        for name, content in files.items():
            if content is not None:
                (Path(folder) / name).write_text(json.dumps(content))
        kind = transformers.AutoTokenizer if "config" in one else transformers.PreTrainedTokenizerFast
        tokenizer = kind.from_pretrained(folder)
        texts = {}
        for name, text in TEXTS.items():
            ids = tokenizer(text)["input_ids"]
            texts[name] = ids
        return texts


def main() -> None:
    bases = {"bytes": byte_level(), "letters": characters()}
    found = [{**one, "ids": expected(one, bases[one["base"]])} for one in cases(bases)]
    made = f"tools/reference/tokenizerFlags.py with tokenizers {tokenizers.__version__}, transformers {transformers.__version__}"
    parts = {"madeBy": made, "texts": TEXTS, "bases": bases}
    lines = [f"{json.dumps(key)}:{json.dumps(value, separators=(',', ':'))}" for key, value in parts.items()]
    rows = ",\n".join(json.dumps(one, separators=(",", ":")) for one in found)
    FILE.write_text("{" + ",\n".join(lines) + ',\n"cases":[\n' + rows + "\n]}\n")
    print(f"{FILE.name}: {len(found)} cases, {FILE.stat().st_size} bytes")


if __name__ == "__main__":
    main()
