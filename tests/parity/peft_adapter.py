"""Loads an adapter that Attune wrote with peft, and records what the model says with and without it.

An independent judge; the product never needs it. In a throw-away virtual environment:

    ATTUNE_PARITY_DIR=/tmp/parity npx vitest run --project model tests/model/peft-adapter.test.ts   # writes the inputs
    pip install torch transformers peft trl gguf
    python tests/parity/peft_adapter.py /tmp/parity tests/golden/peft-adapter.json
"""

import json
import sys
from pathlib import Path

import peft
import torch
import transformers
from peft import PeftModel
from transformers import AutoModelForCausalLM
from trl_parity import convert


def log_probs(model, tokens: list[int]) -> list[float]:
    """Of each token given those before it, nats; one fewer than tokens."""
    with torch.no_grad():
        logits = model(torch.tensor([tokens])).logits[0, :-1]
    return torch.log_softmax(logits.double(), dim=-1).gather(1, torch.tensor(tokens[1:])[:, None])[:, 0].tolist()


def main() -> None:
    folder, target = Path(sys.argv[1]), Path(sys.argv[2])
    torch.set_num_threads(1)
    settings = json.loads((folder / "peft.json").read_text())
    model = AutoModelForCausalLM.from_pretrained(convert(folder), dtype=torch.float32).eval()
    base = log_probs(model, settings["tokens"])
    adapted = PeftModel.from_pretrained(model, folder / "peft").eval()
    result = {
        "made by": "tests/parity/peft_adapter.py",
        "versions": {
            "peft": peft.__version__,
            "transformers": transformers.__version__,
            "torch": torch.__version__.split("+")[0],
        },
        **settings,
        "base": base,
        "adapted": log_probs(adapted, settings["tokens"]),
    }
    target.write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()
