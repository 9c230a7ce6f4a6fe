"""Writes test/fixtures/models/: a tiny random model of each family that treekv runs, and the logits that
transformers computes for a text of random tokens, which the tests compare with treekv's. Needs
`pip install torch transformers` (5 or later); run from the repository root:

    python tools/reference/models.py              # config.json, model.safetensors, expected.safetensors
    python tools/reference/models.py --configs    # config.transformers4.json; needs transformers 4, no torch

Weights are drawn so that a mistake shows: attention is neither flat nor one-hot, and the script fails if
leaving out a family's own part (biases, norms of heads, rotary scaling) would move the logits little.
"""

import json
import sys
from dataclasses import dataclass, field
from pathlib import Path

import transformers

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "test/fixtures/models"
VOCABULARY = 96
# Leaving a part out must move the logits by this share of their largest magnitude.
LEAST_EFFECT = 0.05

LLAMA3 = {
    "rope_type": "llama3",
    "factor": 8.0,
    "low_freq_factor": 1.0,
    "high_freq_factor": 4.0,
    "original_max_position_embeddings": 32,
}


@dataclass(frozen=True)
class Model:
    """A model: its family, the sizes in which it differs from `SIZES`, and what it is read with."""

    family: str
    theta: float = 10000.0
    scaling: dict | None = None
    tokens: int = 48
    sizes: dict = field(default_factory=dict)


SIZES = {
    "vocab_size": VOCABULARY,
    "hidden_size": 48,
    "intermediate_size": 64,
    "num_hidden_layers": 2,
    "max_position_embeddings": 512,
    "rms_norm_eps": 1e-5,
    "tie_word_embeddings": False,
}
HEADS_3_1 = {"num_attention_heads": 3, "num_key_value_heads": 1}
HEADS_6_2 = {"num_attention_heads": 6, "num_key_value_heads": 2}

MODELS = {
    "llama2": Model("Llama", sizes={"num_attention_heads": 3, "num_key_value_heads": 3}),
    # theta 500 puts a frequency into each part of the scaling: kept, blended, stretched
    "llama3.1": Model("Llama", theta=500.0, scaling=LLAMA3, tokens=96, sizes=HEADS_6_2 | {"head_dim": 16}),
    "smollm": Model("Llama", theta=100000.0, sizes=HEADS_3_1 | {"tie_word_embeddings": True}),
    "mistral": Model("Mistral", theta=1000000.0, sizes=HEADS_6_2 | {"sliding_window": None, "head_dim": 12}),
    # longer than its window, so that the tests can show that treekv refuses what it would compute otherwise
    "mistral-window": Model("Mistral", tokens=80, sizes=HEADS_6_2 | {"sliding_window": 64}),
    "qwen2": Model("Qwen2", theta=1000000.0, sizes=HEADS_6_2),
    "qwen2-tied": Model("Qwen2", theta=1000000.0, sizes=HEADS_3_1 | {"tie_word_embeddings": True}),
    "qwen3": Model("Qwen3", theta=1000000.0, sizes=HEADS_6_2 | {"head_dim": 16}),
}


def config_of(model: Model):
    """The config, made in the form of the installed transformers."""
    kind = getattr(transformers, f"{model.family}Config")
    sizes = SIZES | model.sizes
    if transformers.__version__.startswith("4."):
        return kind(**sizes, rope_theta=model.theta, rope_scaling=model.scaling)
    return kind(**sizes, rope_parameters={"rope_theta": model.theta, **(model.scaling or {"rope_type": "default"})})


def write_old_configs() -> None:
    for name, model in MODELS.items():
        config = config_of(model)
        config.architectures = [f"{model.family}ForCausalLM"]
        text = json.dumps(json.loads(config.to_json_string(use_diff=True)), indent=2)
        (FOLDER / name / "config.transformers4.json").write_text(text + "\n")


def write_models() -> None:
    import torch
    from safetensors.torch import save_file

    def draw(model, seed: int) -> None:
        """Fills the weights, each a value that bfloat16 has."""
        generator = torch.Generator().manual_seed(seed)
        for name, weight in model.named_parameters():
            noise = torch.randn(weight.shape, generator=generator)
            if name.endswith("bias"):
                drawn = 0.5 * noise
            elif name.endswith(("q_norm.weight", "k_norm.weight")):
                drawn = 1.5 + 0.4 * noise
            elif weight.dim() == 1:
                drawn = 1 + 0.1 * noise
            else:
                drawn = noise * (2 / weight.shape[1]) ** 0.5
            weight.data = drawn.to(torch.bfloat16).to(torch.float32)

    def run(config, weights, ids):
        """Logits [T, V] and the attention probabilities of all layers [L, H, T, T]."""
        kind = getattr(transformers, config.architectures[0])
        model = kind._from_config(config, attn_implementation="eager", dtype=torch.float32).eval()
        missing, strange = model.load_state_dict(weights, strict=False)
        assert not strange and all(name == "lm_head.weight" for name in missing), (missing, strange)
        model.tie_weights()
        with torch.no_grad():
            out = model(ids[None], output_attentions=True)
        return out.logits[0], torch.cat(out.attentions)

    def effect(changed, logits) -> float:
        return float((changed - logits).abs().max() / logits.abs().max())

    transformers.utils.logging.disable_progress_bar()
    for seed, (name, model) in enumerate(MODELS.items()):
        config = config_of(model)
        made = getattr(transformers, f"{model.family}ForCausalLM")._from_config(config, dtype=torch.float32)
        draw(made, seed)
        made.tie_weights()
        config = made.config
        config.architectures = [type(made).__name__]
        weights = {key: value.clone() for key, value in made.state_dict().items()}
        ids = torch.randint(VOCABULARY, (model.tokens,), generator=torch.Generator().manual_seed(1000 + seed))
        logits, attention = run(config, weights, ids)

        # The entropy of a query's attention, against that of a query that looks everywhere alike.
        entropy = -(attention * attention.clamp_min(1e-30).log()).sum(-1)
        visible = (attention > 0).sum(-1)
        spread = float((entropy.exp() / visible)[:, :, model.tokens // 2 :].mean())
        assert 0.1 < spread < 0.7, f"{name}: attention spreads over {spread:.2f} of what it sees"
        print(f"{name}: attention spreads over {spread:.2f} of what it sees")

        for part in effects(model, config, weights):
            moved = effect(run(part["config"], part["weights"], ids)[0], logits)
            print(f"  without {part['what']}: logits move by {moved:.3f}")
            assert moved > LEAST_EFFECT, f"{name}: {part['what']} has no effect"
        if getattr(config, "sliding_window", None) is not None:
            whole = without(config, sliding_window=None)
            unmasked = run(whole, weights, ids)[0]
            window = config.sliding_window
            assert torch.equal(unmasked[:window], logits[:window]), f"{name}: the window acts before it is full"
            assert effect(unmasked[window:], logits[window:]) > LEAST_EFFECT, f"{name}: the window has no effect"

        folder = FOLDER / name
        made.to(torch.bfloat16).save_pretrained(folder)
        (folder / "generation_config.json").unlink()
        expected = {"ids": ids.to(torch.int32), "logits": logits.contiguous()}
        made_by = f"tools/reference/models.py with transformers {transformers.__version__}"
        save_file(expected, folder / "expected.safetensors", metadata={"madeBy": made_by})


def without(config, **changes):
    """A copy of a config with other values."""
    return type(config)(**{**config.to_dict(), **changes})


def effects(model: Model, config, weights):
    """The model without one of the parts that its family or its config adds."""
    import torch

    def zeroed(*endings: str):
        return {k: torch.zeros_like(v) if k.endswith(endings) else v for k, v in weights.items()}

    def ones(*endings: str):
        return {k: torch.ones_like(v) if k.endswith(endings) else v for k, v in weights.items()}

    if model.scaling is not None:
        plain = {"rope_type": "default", "rope_theta": model.theta}
        # a low bound just below the high one leaves nothing to blend
        unblended = config.rope_parameters | {"low_freq_factor": 3.999}
        for what, rope in {"rotary scaling": plain, "its blended frequencies": unblended}.items():
            yield {"what": what, "config": without(config, rope_parameters=rope), "weights": weights}
    if model.theta != 10000.0:
        other = without(config, rope_parameters=config.rope_parameters | {"rope_theta": 10000.0})
        yield {"what": "its rope_theta", "config": other, "weights": weights}
    if model.family == "Qwen2":
        for part in "qkv":
            yield {"what": f"{part} bias", "config": config, "weights": zeroed(f"{part}_proj.bias")}
    if model.family == "Qwen3":
        for part in "qk":
            yield {"what": f"{part} norm's weight", "config": config, "weights": ones(f"{part}_norm.weight")}


def main() -> None:
    if sys.argv[1:] == ["--configs"]:
        write_old_configs()
    else:
        write_models()


if __name__ == "__main__":
    main()
