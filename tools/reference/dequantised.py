"""Writes down what transformers makes of a GGUF file's dequantised weights in float32: for every token of a
text, the negative log-likelihood of the next one and the most likely token.

    python tools/reference/dequantised.py --gguf FILE --text FILE --tokens 2000 --out FILE

Needs torch, transformers, accelerate and gguf from PyPI. Tokens are those of the tokenizer that transformers makes of the
same file; their hash is written down, so that a test can tell whether it scores the same ones.
"""

import argparse
import hashlib
import json
import os

import numpy
import torch
import transformers

parser = argparse.ArgumentParser()
parser.add_argument("--gguf", required=True)
parser.add_argument("--text", required=True)
parser.add_argument("--tokens", type=int, default=2000)
parser.add_argument("--out", required=True)
arguments = parser.parse_args()

folder, name = os.path.split(os.path.abspath(arguments.gguf))
tokenizer = transformers.AutoTokenizer.from_pretrained(folder, gguf_file=name)
model = transformers.AutoModelForCausalLM.from_pretrained(folder, gguf_file=name, dtype=torch.float32)
model.eval()

with open(arguments.text, encoding="utf-8", newline="") as file:
    # characters enough for the tokens asked for, in any script
    text = file.read()[: arguments.tokens * 16]
ids = tokenizer(text, add_special_tokens=False)["input_ids"][: arguments.tokens]
assert len(ids) == arguments.tokens, f"{arguments.text} has only {len(ids)} tokens"

with torch.no_grad():
    logits = model(torch.tensor([ids])).logits[0].double()
likelihoods = torch.log_softmax(logits, dim=-1)
nll = -likelihoods[:-1].gather(1, torch.tensor(ids[1:])[:, None])[:, 0]
best = logits.topk(2, dim=-1)

result = {
    "made": f"tools/reference/dequantised.py, transformers {transformers.__version__}, torch {torch.__version__}",
    "gguf": name,
    "text": os.path.basename(arguments.text),
    "tokens": len(ids),
    "perplexity": float(nll.mean().exp()),
    "idsSha256": hashlib.sha256(numpy.array(ids, dtype="<i4").tobytes()).hexdigest(),
    "nll": [round(value, 5) for value in nll.tolist()],
    "top1": best.indices[:, 0].tolist(),
}
with open(arguments.out, "w", encoding="utf-8") as file:
    file.write(json.dumps(result) + "\n")
print(f"{arguments.out}: perplexity {result['perplexity']:.4f} over {len(nll)} tokens")
