"""Attune's training data in the hands of Hugging Face's `datasets` and TRL: every file is loaded, and every trainer takes a step on it.

Opt-in, as it needs Python and its packages; in a throw-away virtual environment:

    ATTUNE_EXPORTS_DIR=/tmp/exports npx vitest run --project integration tests/integration/datasets.test.ts   # writes the files
    pip install torch transformers datasets trl
    python tests/clients/trl_datasets.py /tmp/exports

The model is tiny, random and made here; what is judged is that the data is taken, and that both forms of it hold the same rows. Exits
with 1 at the first file that is not.
"""

import json
import math
import sys
import tempfile
from pathlib import Path

import datasets
import torch
import transformers
import trl
from tokenizers import Tokenizer, decoders, models, pre_tokenizers
from transformers import LlamaConfig, LlamaForCausalLM, LlamaForSequenceClassification, PreTrainedTokenizerFast

TRAINERS = {
    "SFTTrainer": ("sft", trl.SFTTrainer, trl.SFTConfig),
    "DPOTrainer": ("preference", trl.DPOTrainer, trl.DPOConfig),
    "RewardTrainer": ("preference", trl.RewardTrainer, trl.RewardConfig),
    "KTOTrainer": ("kto", trl.KTOTrainer, trl.KTOConfig),
}
COLUMNS = {
    "sft": {"prompt", "completion"},
    "preference": {"prompt", "chosen", "rejected"},
    "kto": {"prompt", "completion", "label"},
}
TEMPLATE = (
    "{% for message in messages %}<|start|>{{ message['role'] }}\n"
    "{% generation %}{{ message['content'] }}<|end|>{% endgeneration %}{% endfor %}"
    "{% if add_generation_prompt %}<|start|>assistant\n{% endif %}"
)


def expect(condition, what):
    if not condition:
        sys.exit(f"not so: {what}")
    print(f"ok: {what}", flush=True)


def make_tokenizer():
    """Bytes, and three tokens that a chat template needs."""
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    special = ["<|pad|>", "<|start|>", "<|end|>"]
    vocabulary = {token: index for index, token in enumerate(special + alphabet)}
    tokenizer = Tokenizer(models.BPE(vocabulary, []))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens(special)
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, pad_token="<|pad|>", eos_token="<|end|>", chat_template=TEMPLATE
    )


def write_model(tokenizer, folder, model_class):
    """TRL makes its reference model from the same files."""
    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        max_position_embeddings=512,
        pad_token_id=tokenizer.pad_token_id,
        eos_token_id=tokenizer.eos_token_id,
        num_labels=1,
    )
    model_class(config).save_pretrained(folder)


def train_one_step(name, rows, tokenizer, folder):
    _, trainer_class, config_class = TRAINERS[name]
    model_class = LlamaForSequenceClassification if name == "RewardTrainer" else LlamaForCausalLM
    write_model(tokenizer, folder, model_class)
    arguments = config_class(
        output_dir=folder,
        max_steps=1,
        per_device_train_batch_size=4,
        max_length=256,
        logging_steps=1,
        save_strategy="no",
        report_to="none",
        use_cpu=True,
        bf16=False,
        gradient_checkpointing=False,
        disable_tqdm=True,
    )
    trainer = trainer_class(
        model=model_class.from_pretrained(folder, dtype=torch.float32),
        args=arguments,
        train_dataset=rows,
        processing_class=tokenizer,
    )
    trainer.train()
    return next(entry["loss"] for entry in trainer.state.log_history if "loss" in entry)


def load(kind_of_file, file):
    return datasets.load_dataset(kind_of_file, data_files=str(file), split="train")


def main():
    exports = Path(sys.argv[1])
    print(f"datasets {datasets.__version__}, trl {trl.__version__}, transformers {transformers.__version__}")
    torch.set_num_threads(1)
    tokenizer = make_tokenizer()
    for kind, columns in COLUMNS.items():
        rows = load("json", exports / f"{kind}.trl-conversational.jsonl")
        expect(columns <= set(rows.column_names), f"{kind}: datasets loads {len(rows)} conversational rows")
        table = load("csv", exports / f"{kind}.csv")
        expect(
            [json.loads(cell) for cell in table["prompt"]] == list(rows["prompt"]),
            f"{kind}: the CSV's prompts are the same",
        )
        parts = [load("json", file) for file in sorted((exports / "snapshot").glob(f"{kind}.*.jsonl"))]
        ids = sorted(identity for part in parts for identity in part["id"])
        expect(ids == sorted(rows["id"]), f"{kind}: the snapshot's {len(parts)} files hold the same rows")
    with tempfile.TemporaryDirectory() as folder:
        for name, (kind, _, _) in TRAINERS.items():
            files = [exports / f"{kind}.trl-conversational.jsonl", exports / f"{kind}.trl-plain.jsonl"]
            files += [exports / "snapshot" / f"{kind}.train.jsonl"]
            for file in files:
                loss = train_one_step(name, load("json", file), tokenizer, folder)
                expect(math.isfinite(loss), f"{name} takes a step on {file.name}, loss {loss:.4f}")


if __name__ == "__main__":
    main()
