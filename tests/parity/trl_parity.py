"""Trains the runs of parity-inputs.ts with PyTorch, transformers, peft and TRL, and records every step's metrics.

An independent judge; the product never needs it. In a throw-away virtual environment:

    ATTUNE_PARITY_DIR=/tmp/parity npx vitest run --project model tests/model/trl-parity.test.ts   # writes the inputs
    pip install torch transformers peft trl gguf
    python tests/parity/trl_parity.py /tmp/parity tests/golden/trl-parity.json
"""

import json
import sys
from pathlib import Path

import gguf
import numpy as np
import peft
import torch
import transformers
import trl
from datasets import load_dataset
from peft import PeftModel
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers
from transformers import (
    AutoModelForCausalLM,
    AutoModelForSequenceClassification,
    LlamaConfig,
    LlamaForCausalLM,
    PreTrainedTokenizerFast,
)

LAYERS = {
    "attn_q": "self_attn.q_proj",
    "attn_k": "self_attn.k_proj",
    "attn_v": "self_attn.v_proj",
    "attn_output": "self_attn.o_proj",
    "ffn_gate": "mlp.gate_proj",
    "ffn_up": "mlp.up_proj",
    "ffn_down": "mlp.down_proj",
    "attn_norm": "input_layernorm",
    "ffn_norm": "post_attention_layernorm",
}
CONTROL = 3


def convert(folder: Path) -> Path:
    """Writes the GGUF as a Hugging Face folder."""
    reader = gguf.GGUFReader(folder / "model.gguf")
    field = lambda name: reader.get_field(name).contents()
    heads, kv_heads = field("llama.attention.head_count"), field("llama.attention.head_count_kv")
    tokens, kinds = field("tokenizer.ggml.tokens"), field("tokenizer.ggml.token_type")
    eos, bos = field("tokenizer.ggml.eos_token_id"), field("tokenizer.ggml.bos_token_id")
    config = LlamaConfig(
        vocab_size=len(tokens),
        hidden_size=field("llama.embedding_length"),
        intermediate_size=field("llama.feed_forward_length"),
        num_hidden_layers=field("llama.block_count"),
        num_attention_heads=heads,
        num_key_value_heads=kv_heads,
        max_position_embeddings=field("llama.context_length"),
        rms_norm_eps=field("llama.attention.layer_norm_rms_epsilon"),
        rope_parameters={"rope_type": "default", "rope_theta": field("llama.rope.freq_base")},
        tie_word_embeddings=True,
        attention_dropout=0.0,
        bos_token_id=bos,
        eos_token_id=eos,
        pad_token_id=bos,
        torch_dtype="float32",
    )
    state = {}
    for tensor in reader.tensors:
        values = torch.from_numpy(np.array(tensor.data, dtype=np.float32))
        state[hugging_face_name(tensor.name)] = in_halves(tensor.name, values, heads, kv_heads)
    model = LlamaForCausalLM(config).float()
    missing, unexpected = model.load_state_dict(state, strict=False)
    assert missing in ([], ["lm_head.weight"]) and not unexpected, (missing, unexpected)
    model.tie_weights()
    out = folder / "base"
    model.save_pretrained(out)
    tokenizer_of(tokens, kinds, field("tokenizer.ggml.merges"), eos, bos).save_pretrained(out)
    return out


def hugging_face_name(name: str) -> str:
    if name == "token_embd.weight":
        return "model.embed_tokens.weight"
    if name == "output_norm.weight":
        return "model.norm.weight"
    _, block, kind, suffix = name.split(".")
    return f"model.layers.{block}.{LAYERS[kind]}.{suffix}"


def in_halves(name: str, values: torch.Tensor, heads: int, kv_heads: int) -> torch.Tensor:
    """GGUF keeps q and k for RoPE on adjacent pairs, Hugging Face for halves."""
    count = heads if "attn_q." in name else kv_heads if "attn_k." in name else 0
    if count == 0:
        return values
    rows, columns = values.shape
    return values.reshape(count, rows // count // 2, 2, columns).swapaxes(1, 2).reshape(rows, columns)


def tokenizer_of(tokens, kinds, merges, eos, bos) -> PreTrainedTokenizerFast:
    vocabulary = {token: index for index, token in enumerate(tokens)}
    tokenizer = Tokenizer(models.BPE(vocabulary, [tuple(merge.split(" ")) for merge in merges]))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens(
        [AddedToken(token, special=True) for token, kind in zip(tokens, kinds) if kind == CONTROL]
    )
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, eos_token=tokens[eos], pad_token=tokens[bos], padding_side="right"
    )


TRAINERS = {
    "sft": (trl.SFTTrainer, trl.SFTConfig, {"packing": False}),
    "dpo": (trl.DPOTrainer, trl.DPOConfig, {}),
    "kto": (trl.KTOTrainer, trl.KTOConfig, {}) if hasattr(trl, "KTOTrainer") else None,
    "reward": (trl.RewardTrainer, trl.RewardConfig, {}),
}
# Our setting -> TRL's.
SETTINGS = {
    "beta": "beta",
    "learningRate": "learning_rate",
    "undesirableWeight": "undesirable_weight",
    "centerRewardsCoefficient": "center_rewards_coefficient",
}


def train(kind: str, folder: Path, base: Path, settings: dict) -> list[dict]:
    """One run; the metrics of each step."""
    trainer_class, config_class, extra = TRAINERS[kind]
    config, shared = settings["configs"][kind], settings["shared"]
    given = {SETTINGS[name]: value for name, value in config.items() if name in SETTINGS}
    arguments = config_class(
        output_dir=str(folder / f"out-{kind}"),
        per_device_train_batch_size=shared["batchSize"],
        num_train_epochs=shared["epochs"],
        max_length=shared["maxLength"],
        train_sampling_strategy="sequential",
        logging_steps=1,
        save_strategy="no",
        report_to="none",
        use_cpu=True,
        bf16=False,
        gradient_checkpointing=False,
        seed=42,
        **given,
        **extra,
    )
    tokenizer = PreTrainedTokenizerFast.from_pretrained(base)
    if kind == "reward":
        model = AutoModelForSequenceClassification.from_pretrained(base, num_labels=1, dtype=torch.float32)
    else:
        model = AutoModelForCausalLM.from_pretrained(base, dtype=torch.float32)
    model = PeftModel.from_pretrained(model, folder / f"adapter-{kind}", is_trainable=True)
    dataset = load_dataset("json", data_files=str(folder / f"{kind}.jsonl"), split="train")
    trainer = trainer_class(model=model, args=arguments, train_dataset=dataset, processing_class=tokenizer)
    trainer.train()
    steps = [entry for entry in trainer.state.log_history if "loss" in entry]
    assert len(steps) == settings["steps"], len(steps)
    return [{name: value for name, value in entry.items() if isinstance(value, (int, float))} for entry in steps]


def main() -> None:
    folder, target = Path(sys.argv[1]), Path(sys.argv[2])
    torch.set_num_threads(1)
    settings = json.loads((folder / "settings.json").read_text())
    base = convert(folder)
    tokenizer = PreTrainedTokenizerFast.from_pretrained(base)
    sample = [json.loads(line)["prompt"] for line in (folder / "sft.jsonl").read_text().splitlines()[:3]]
    result = {
        "made by": "tests/parity/trl_parity.py",
        "versions": {
            "trl": trl.__version__,
            "peft": peft.__version__,
            "transformers": transformers.__version__,
            "torch": torch.__version__.split("+")[0],
        },
        "settings": settings,
        "tokens": [{"text": text, "ids": tokenizer(text)["input_ids"]} for text in sample],
        "steps": {kind: train(kind, folder, base, settings) for kind in settings["configs"]},
    }
    target.write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()
