"""Learns from the rollouts of online-inputs.ts by PPO in plain PyTorch, written from the papers, and records every update.

TRL has no PPO trainer any more, and the one that it had kept the value model apart from the policy. An independent judge; the product never
needs it. In a throw-away virtual environment:

    ATTUNE_PARITY_DIR=/tmp/parity npx vitest run --project model tests/model/online-parity.test.ts   # writes the inputs
    pip install torch transformers peft trl gguf
    python tests/parity/ppo_parity.py /tmp/parity tests/golden/ppo-parity.json
"""

import json
import sys
from pathlib import Path

import peft
import torch
import transformers
from peft import PeftModel
from torch.nn.functional import log_softmax
from transformers import AutoModelForCausalLM

from trl_parity import convert


class Policy:
    """A causal model with a value head on what its last layer says, which begins at zero."""

    def __init__(self, base: Path, adapter: Path, temperature: float) -> None:
        model = AutoModelForCausalLM.from_pretrained(base, dtype=torch.float32)
        self.model = PeftModel.from_pretrained(model, adapter, is_trainable=True)
        self.head = torch.nn.Linear(model.config.hidden_size, 1, bias=False)
        torch.nn.init.zeros_(self.head.weight)
        self.temperature = temperature
        self.parameters = [p for p in self.model.parameters() if p.requires_grad] + list(self.head.parameters())

    def read(self, prompt: list[int], answer: list[int]) -> tuple[torch.Tensor, torch.Tensor]:
        """Log-prob of each token of the answer, and the value before it."""
        out = self.model(torch.tensor([prompt + answer]), output_hidden_states=True)
        before = slice(len(prompt) - 1, len(prompt) + len(answer) - 1)
        log_probs = log_softmax(out.logits[0, before] / self.temperature, dim=-1)
        chosen = log_probs.gather(1, torch.tensor(answer)[:, None])[:, 0]
        return chosen, self.head(out.hidden_states[-1][0, before])[:, 0]

    @torch.no_grad()
    def read_reference(self, prompt: list[int], answer: list[int]) -> torch.Tensor:
        with self.model.disable_adapter():
            return self.read(prompt, answer)[0]


def whiten(values: torch.Tensor, shift: bool) -> torch.Tensor:
    whitened = (values - values.mean()) * torch.rsqrt(values.var(correction=1) + 1e-8)
    return whitened if shift else whitened + values.mean()


def gae(rewards: torch.Tensor, values: torch.Tensor, gamma: float, lam: float) -> torch.Tensor:
    """arXiv:1506.02438, eq. 16, as the sum that it is."""
    delta = rewards + gamma * torch.cat([values[1:], torch.zeros(1)]) - values
    steps = torch.arange(len(delta))
    powers = steps[None, :] - steps[:, None]
    weights = torch.where(powers >= 0, (gamma * lam) ** powers.clamp(min=0).float(), torch.zeros(()))
    return weights @ delta


def main() -> None:
    folder, target = Path(sys.argv[1]), Path(sys.argv[2])
    torch.set_num_threads(1)
    settings = json.loads((folder / "online-settings.json").read_text())
    groups = json.loads((folder / "online-groups.json").read_text())
    config = settings["configs"]["ppo"]
    policy = Policy(convert(folder), folder / "adapter-ppo", config["temperature"])
    optimiser = torch.optim.AdamW(policy.parameters, lr=config["learningRate"], weight_decay=0.0)
    coefficient = config["klCoefficient"]
    steps = []
    for rollout in range(settings["rollouts"]):
        asked = groups[rollout * config["batchSize"] : (rollout + 1) * config["batchSize"]]
        answers = [(group["promptIds"], answer["ids"], answer["reward"]) for group in asked for answer in group["answers"]]
        with torch.no_grad():
            old = [policy.read(prompt, ids) for prompt, ids, _ in answers]
        references = [policy.read_reference(prompt, ids) for prompt, ids, _ in answers]
        kls = [log_probs - reference for (log_probs, _), reference in zip(old, references)]
        rewards = [-coefficient * kl for kl in kls]
        for reward, (_, _, score) in zip(rewards, answers):
            reward[-1] += score
        lengths = [len(ids) for _, ids, _ in answers]
        if config["whitenRewards"]:
            rewards = whiten(torch.cat(rewards), shift=False).split(lengths)
        raw = [gae(r, values, config["gamma"], config["gaeLambda"]) for r, (_, values) in zip(rewards, old)]
        returns = torch.cat([advantage + values for advantage, (_, values) in zip(raw, old)])
        advantages = whiten(torch.cat(raw), shift=True)
        old_log_probs = torch.cat([log_probs for log_probs, _ in old])
        old_values = torch.cat([values for _, values in old])
        kl = torch.stack([kl.sum() for kl in kls]).mean().item()
        score = sum(reward for _, _, reward in answers) / len(answers)
        for _ in range(config["iterations"]):
            now = [policy.read(prompt, ids) for prompt, ids, _ in answers]
            log_probs, values = (torch.cat(parts) for parts in zip(*now))
            ratio = torch.exp(log_probs - old_log_probs)
            # arXiv:1707.06347, eq. 7
            plain = -advantages * ratio
            bounded = -advantages * ratio.clamp(1 - config["clip"], 1 + config["clip"])
            policy_loss = torch.maximum(plain, bounded).mean()
            near = torch.clamp(values, old_values - config["valueClip"], old_values + config["valueClip"])
            errors, near_errors = (values - returns) ** 2, (near - returns) ** 2
            value_loss = 0.5 * torch.maximum(errors, near_errors).mean()
            loss = policy_loss + config["valueCoefficient"] * value_loss
            optimiser.zero_grad()
            loss.backward()
            norm = torch.nn.utils.clip_grad_norm_(policy.parameters, 1.0)
            optimiser.step()
            steps.append(
                {
                    "loss": loss.item(),
                    "grad_norm": norm.item(),
                    "loss/policy_avg": policy_loss.item(),
                    "loss/value_avg": value_loss.item(),
                    "policy/approxkl_avg": 0.5 * ((log_probs - old_log_probs) ** 2).mean().item(),
                    "policy/clipfrac_avg": (bounded > plain).float().mean().item(),
                    "val/clipfrac_avg": (near_errors > errors).float().mean().item(),
                    "val/ratio": ratio.mean().item(),
                    "objective/kl": kl,
                    "objective/rlhf_reward": score - coefficient * kl,
                    "kl_coef": coefficient,
                }
            )
        # arXiv:1909.08593, section 2.2, over 10,000 answers
        error = min(max(kl / config["klTarget"] - 1, -0.2), 0.2)
        coefficient *= 1 + error * len(answers) / 10_000
    result = {
        "made by": "tests/parity/ppo_parity.py",
        "versions": {
            "peft": peft.__version__,
            "transformers": transformers.__version__,
            "torch": torch.__version__.split("+")[0],
        },
        "baseSha256": settings["baseSha256"],
        "steps": steps,
    }
    target.write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()
