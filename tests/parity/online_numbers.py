"""Advantages, whitening and token averages of the online algorithms with numpy, from their definitions, for tests/golden/online-numbers.json.

An independent judge; the product never needs it:

    pip install numpy
    python tests/parity/online_numbers.py tests/golden/online-numbers.json
"""

import json
import sys
from pathlib import Path

import numpy as np

random = np.random.default_rng(7)


def gae(rewards, values, gamma, lam):
    """arXiv:1506.02438, eq. 16 as the sum it is: A_t = sum_l (gamma lambda)^l delta_(t+l)."""
    length = len(rewards)
    following = np.append(values[1:], 0.0)
    delta = rewards + gamma * following - values
    return np.array([sum((gamma * lam) ** l * delta[t + l] for l in range(length - t)) for t in range(length)])


def gae_case(length, gamma, lam):
    rewards, values = random.normal(size=length), random.normal(size=length)
    advantages = gae(rewards, values, gamma, lam)
    return {
        "gamma": gamma,
        "lambda": lam,
        "rewards": rewards.tolist(),
        "values": values.tolist(),
        "advantages": advantages.tolist(),
        "returns": (advantages + values).tolist(),
    }


def whitening():
    values = random.normal(3.0, 2.0, size=17)
    whitened = (values - values.mean()) / np.sqrt(values.var(ddof=1) + 1e-8)
    unshifted = whitened + values.mean()
    return {"values": values.tolist(), "whitened": whitened.tolist(), "unshifted": unshifted.tolist()}


def aggregation():
    """Means over a padded matrix with a mask, as TRL writes them."""
    lengths, longest = [3, 7, 1, 5], 12
    losses = random.normal(size=(4, longest))
    mask = np.arange(longest)[None, :] < np.array(lengths)[:, None]
    masked = losses * mask
    return {
        "maxLength": longest,
        "losses": [losses[row, :length].tolist() for row, length in enumerate(lengths)],
        "dapo": masked.sum() / mask.sum(),
        "grpo": (masked.sum(1) / mask.sum(1)).mean(),
        "dr_grpo": masked.sum() / (len(lengths) * longest),
    }


def advantages():
    rewards = random.normal(size=(3, 4))
    mean = rewards.mean(1, keepdims=True)
    return {
        "rewards": rewards.tolist(),
        "group": ((rewards - mean) / (rewards.std(1, ddof=1, keepdims=True) + 1e-4)).tolist(),
        "batch": ((rewards - mean) / (rewards.std(ddof=1) + 1e-4)).tolist(),
        "none": (rewards - mean).tolist(),
        "leaveOneOut": [
            [row[i] - np.delete(row, i).mean() for i in range(len(row))] for row in rewards
        ],
    }


def truncated_importance():
    trainer, sampler = random.normal(-2, 1, size=9), random.normal(-2, 1, size=9)
    ratio = np.exp(trainer - sampler)
    return {
        "trainer": trainer.tolist(),
        "sampler": sampler.tolist(),
        "cap": 1.5,
        "token": np.minimum(ratio, 1.5).tolist(),
        "answer": float(np.minimum(np.prod(ratio), 1.5)),
    }


def main() -> None:
    result = {
        "made by": "tests/parity/online_numbers.py",
        "gae": [gae_case(9, 1.0, 0.95), gae_case(6, 0.9, 0.5), gae_case(1, 1.0, 0.95)],
        "whitening": whitening(),
        "aggregation": aggregation(),
        "advantages": advantages(),
        "importance": truncated_importance(),
    }
    Path(sys.argv[1]).write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()
