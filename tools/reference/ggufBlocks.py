"""Writes test/fixtures/gguf/blocks.safetensors: blocks of every tensor type that treekv reads from GGUF files, and the
values that the Python package `gguf` of the llama.cpp project gives for them, which the tests compare bit by bit.
Needs `pip install gguf safetensors`; run from the repository root:

    python tools/reference/ggufBlocks.py

`input` F32 holds values; `TYPE.bytes` U8 what gguf makes of them, followed by random blocks whose scales are finite;
`TYPE.values` F32 those blocks widened again. gguf has no quantiser for Q4_K and Q6_K: theirs are random blocks only.
"""

from pathlib import Path

import numpy as np
from gguf import GGMLQuantizationType as Type
from gguf import quants
from gguf.constants import GGML_QUANT_SIZES
from safetensors.numpy import save_file

ROOT = Path(__file__).resolve().parents[2]
OUT = ROOT / "test/fixtures/gguf/blocks.safetensors"

# where the float16 numbers of a block lie, in bytes from its beginning
HALVES = {
    Type.F16: [0],
    Type.Q4_0: [0],
    Type.Q4_1: [0, 2],
    Type.Q8_0: [0],
    Type.Q4_K: [0, 2],
    Type.Q6_K: [208],
    Type.Q5_0: [0],
    Type.Q5_1: [0, 2],
}
# in the order in which they were added, so that the random blocks of older ones stay
TYPES = [Type.F16, Type.BF16, Type.Q4_0, Type.Q4_1, Type.Q8_0, Type.Q4_K, Type.Q6_K, Type.Q5_0, Type.Q5_1]


def values(random: np.random.Generator) -> np.ndarray:
    """[48 * 32] normal values, and blocks at the edges: zeros, ties, one sign, float16's subnormals and far ends."""
    blocks = random.normal(0, 0.05, (48, 32)).astype(np.float32)
    blocks[0] = 0
    blocks[1] = np.arange(-16, 16) / 8
    blocks[2] = np.arange(32)
    blocks[3] = -blocks[2]
    blocks[4, 1:] = 0
    blocks[5] *= 2.0**-18
    blocks[6] *= 2.0**19
    blocks[7] = 127 * np.sign(blocks[7])
    blocks[7, ::2] = np.arange(16) + 0.5
    blocks[8] = -blocks[7]
    blocks[9] = 1
    blocks[10] = -1
    return blocks.reshape(-1)


def random_blocks(random: np.random.Generator, kind: Type, weights: int) -> np.ndarray:
    block, size = GGML_QUANT_SIZES[kind]
    blocks = random.integers(0, 256, (weights // block, size), dtype=np.uint8)
    for at in HALVES.get(kind, []):
        half = blocks[:, at : at + 2].copy().view(np.uint16)
        # an exponent of 31 is infinity or NaN
        half[(half & 0x7C00) == 0x7C00] &= 0xBFFF
        blocks[:, at : at + 2] = half.view(np.uint8)
    if kind == Type.BF16:
        blocks[(blocks[:, 1] & 0x7F) == 0x7F, 1] &= 0xBF
    return blocks.reshape(-1)


def main() -> None:
    random = np.random.default_rng(20)
    source = values(random)
    tensors = {"input": source}
    for kind in TYPES:
        parts = [random_blocks(random, kind, 1536)]
        if kind not in (Type.Q4_K, Type.Q6_K):
            parts.insert(0, quants.quantize(source, kind).reshape(-1).view(np.uint8))
        stored = np.concatenate(parts)
        widened = quants.dequantize(stored.view(np.float16) if kind == Type.F16 else stored, kind)
        tensors[f"{kind.name}.bytes"] = stored
        tensors[f"{kind.name}.values"] = widened.reshape(-1).astype(np.float32)
    OUT.parent.mkdir(parents=True, exist_ok=True)
    save_file(tensors, str(OUT))


if __name__ == "__main__":
    main()
