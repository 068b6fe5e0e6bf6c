"""Learns from the rollouts of online-inputs.ts with TRL's GRPOTrainer or RLOOTrainer, and records every update's loss.

An independent judge; the product never needs it. In a throw-away virtual environment:

    ATTUNE_PARITY_DIR=/tmp/parity npx vitest run --project model tests/model/online-parity.test.ts   # writes the inputs
    pip install torch transformers peft trl gguf
    python tests/parity/online_parity.py grpo /tmp/parity tests/golden/grpo-parity.json
    python tests/parity/online_parity.py rloo /tmp/parity tests/golden/rloo-parity.json
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


class FixedRollouts:
    """The answers of the file in the place of a sampler; a prompt comes once for each of its group, side by side."""

    def __init__(self, groups: list[dict]) -> None:
        self.by_prompt = {group["prompt"]: group for group in groups}
        self.rewards: list[float] = []

    def prompts(self) -> Dataset:
        return Dataset.from_list([{"prompt": prompt} for prompt in self.by_prompt])

    def prompt_ids(self, asked: list[str]) -> list[list[int]]:
        return [self.by_prompt[prompt]["promptIds"] for prompt in asked]

    def answer(self, asked: list[str]) -> list[list[int]]:
        seen: dict[str, int] = {}
        chosen = []
        for prompt in asked:
            place = seen[prompt] = seen.get(prompt, -1) + 1
            chosen.append(self.by_prompt[prompt]["answers"][place])
        self.rewards = [answer["reward"] for answer in chosen]
        return [answer["ids"] for answer in chosen]

    def reward(self, **_) -> list[float]:
        return self.rewards


def shared_arguments(folder: Path, kind: str, config: dict, rollouts: int) -> dict:
    return {
        "output_dir": str(folder / f"out-{kind}"),
        "per_device_train_batch_size": config["groupSize"] * config["batchSize"],
        "num_generations": config["groupSize"],
        "num_iterations": config["iterations"],
        "max_steps": rollouts * config["iterations"],
        "max_completion_length": config["maxNewTokens"],
        "learning_rate": config["learningRate"],
        "lr_scheduler_type": "constant",
        "beta": config["beta"],
        "temperature": config["temperature"],
        "shuffle_dataset": False,
        "logging_steps": 1,
        "save_strategy": "no",
        "report_to": "none",
        "use_cpu": True,
        "bf16": False,
        "gradient_checkpointing": False,
        "seed": 42,
    }


def make_grpo(shared: dict, config: dict, parts: dict, fixed: FixedRollouts) -> trl.GRPOTrainer:
    def sample(asked, _trainer):
        answers = fixed.answer(asked)
        return {
            "prompt_ids": fixed.prompt_ids(asked),
            "completion_ids": answers,
            "logprobs": [[0.0] * len(ids) for ids in answers],
        }

    arguments = trl.GRPOConfig(
        **shared,
        epsilon=config["clipLow"],
        epsilon_high=config["clipHigh"],
        loss_type="dapo",
        scale_rewards="group",
    )
    return trl.GRPOTrainer(args=arguments, rollout_func=sample, **parts)


def make_rloo(shared: dict, config: dict, parts: dict, fixed: FixedRollouts) -> trl.RLOOTrainer:
    class Trainer(trl.RLOOTrainer):
        """It takes no rollouts from outside, so its generation is what is replaced."""

        def _tokenize_prompts(self, prompts):
            self.asked = prompts
            return fixed.prompt_ids(prompts), None, {}

        def _generate_single_turn(self, *_):
            return fixed.answer(self.asked)

    arguments = trl.RLOOConfig(
        **shared,
        epsilon=config["clip"],
        normalize_advantages=config["normaliseAdvantages"],
    )
    return Trainer(args=arguments, **parts)


MAKERS = {"grpo": make_grpo, "rloo": make_rloo}


def main() -> None:
    kind, folder, target = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])
    torch.set_num_threads(1)
    settings = json.loads((folder / "online-settings.json").read_text())
    fixed = FixedRollouts(json.loads((folder / "online-groups.json").read_text()))
    config = settings["configs"][kind]
    base = convert(folder)
    model = AutoModelForCausalLM.from_pretrained(base, dtype=torch.float32)
    parts = {
        "model": PeftModel.from_pretrained(model, folder / f"adapter-{kind}", is_trainable=True),
        "reward_funcs": fixed.reward,
        "train_dataset": fixed.prompts(),
        "processing_class": PreTrainedTokenizerFast.from_pretrained(base),
    }
    shared = shared_arguments(folder, kind, config, settings["rollouts"])
    trainer = MAKERS[kind](shared, config, parts, fixed)
    trainer.train()
    steps = [entry for entry in trainer.state.log_history if "loss" in entry]
    result = {
        "made by": "tests/parity/online_parity.py",
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
