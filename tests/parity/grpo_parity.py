"""Learns from the rollouts of grpo-inputs.ts with TRL's GRPOTrainer, and records every update's loss.

An independent judge; the product never needs it. In a throw-away virtual environment:

    ATTUNE_PARITY_DIR=/tmp/parity npx vitest run --project model tests/model/grpo-parity.test.ts   # writes the inputs
    pip install torch transformers peft trl gguf
    python tests/parity/grpo_parity.py /tmp/parity tests/golden/grpo-parity.json
"""

import json
import sys
from pathlib import Path

import peft
import torch
import transformers
import trl
from datasets import Dataset
from peft import PeftModel
from transformers import AutoModelForCausalLM, PreTrainedTokenizerFast

from trl_parity import convert


def main() -> None:
    folder, target = Path(sys.argv[1]), Path(sys.argv[2])
    torch.set_num_threads(1)
    settings = json.loads((folder / "grpo-settings.json").read_text())
    groups = json.loads((folder / "grpo-groups.json").read_text())
    config = settings["config"]
    size, prompts = config["groupSize"], config["batchSize"]
    base = convert(folder)
    tokenizer = PreTrainedTokenizerFast.from_pretrained(base)
    by_prompt = {group["prompt"]: group for group in groups}
    rewards = {}

    def sample(asked, _trainer):
        """The fixed answers; a prompt comes once for each of its group, side by side."""
        seen = {}
        answers = []
        for prompt in asked:
            place = seen[prompt] = seen.get(prompt, -1) + 1
            answers.append((prompt, place))
        chosen = [by_prompt[prompt]["answers"][place] for prompt, place in answers]
        rewards["next"] = [answer["reward"] for answer in chosen]
        return {
            "prompt_ids": [by_prompt[prompt]["promptIds"] for prompt, _ in answers],
            "completion_ids": [answer["ids"] for answer in chosen],
            "logprobs": [[0.0] * len(answer["ids"]) for answer in chosen],
        }

    arguments = trl.GRPOConfig(
        output_dir=str(folder / "out-grpo"),
        per_device_train_batch_size=size * prompts,
        num_generations=size,
        num_iterations=config["iterations"],
        max_steps=settings["rollouts"] * config["iterations"],
        max_completion_length=config["maxNewTokens"],
        learning_rate=config["learningRate"],
        lr_scheduler_type="constant",
        beta=config["beta"],
        epsilon=config["clipLow"],
        epsilon_high=config["clipHigh"],
        loss_type="dapo",
        scale_rewards="group",
        temperature=config["temperature"],
        shuffle_dataset=False,
        logging_steps=1,
        save_strategy="no",
        report_to="none",
        use_cpu=True,
        bf16=False,
        gradient_checkpointing=False,
        seed=42,
    )
    model = AutoModelForCausalLM.from_pretrained(base, dtype=torch.float32)
    model = PeftModel.from_pretrained(model, folder / "adapter-grpo", is_trainable=True)
    trainer = trl.GRPOTrainer(
        model=model,
        args=arguments,
        reward_funcs=lambda **_: rewards["next"],
        train_dataset=Dataset.from_list([{"prompt": group["prompt"]} for group in groups]),
        processing_class=tokenizer,
        rollout_func=sample,
    )
    trainer.train()
    steps = [entry for entry in trainer.state.log_history if "loss" in entry]
    result = {
        "made by": "tests/parity/grpo_parity.py",
        "versions": {
            "trl": trl.__version__,
            "peft": peft.__version__,
            "transformers": transformers.__version__,
            "torch": torch.__version__.split("+")[0],
        },
        "baseSha256": settings["baseSha256"],
        "steps": [{name: value for name, value in entry.items() if isinstance(value, (int, float))} for entry in steps],
    }
    target.write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()
