"""The steps of training-case.ts in PyTorch, transformers, peft and TRL; run by `npm run bench training-step -- --python PATH`.

An independent measure; the product never needs it. In a throw-away virtual environment: pip install torch transformers peft trl gguf

Reads one request as JSON from its argument, trains on the same GGUF (dequantised by transformers) and the same token ids, and prints
what it measured as one line of JSON. The trainers are TRL's own; only their tokenising is left out, since ids are given.
"""

import json
import os
import resource
import sys
import time
from pathlib import Path

request = json.loads(sys.argv[1])
for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[name] = str(request["threads"])
os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["TOKENIZERS_PARALLELISM"] = "false"

import peft  # noqa: E402
import torch  # noqa: E402
import transformers  # noqa: E402
import trl  # noqa: E402
from datasets import Dataset  # noqa: E402
from peft import LoraConfig, get_peft_model  # noqa: E402
from transformers import AutoModelForCausalLM, AutoTokenizer, TrainerCallback  # noqa: E402

FREE_BEFORE = 0 if request["isCpu"] else torch.cuda.mem_get_info()[0]
LINEAR = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]


class GivenIds:
    """Leaves the rows as they are."""

    def _prepare_dataset(self, dataset, *_args, **_kwargs):
        return dataset


class SftTrainer(GivenIds, trl.SFTTrainer):
    pass


class DpoTrainer(GivenIds, trl.DPOTrainer):
    pass


class StepTimes(TrainerCallback):
    """Seconds of each optimiser step, and the memory that steps take at most."""

    def __init__(self):
        self.seconds, self.cpu_seconds = [], []

    def on_step_begin(self, *_args, **_kwargs):
        if not self.seconds:
            forget_peak_memory()
        settle()
        self.started, self.cpu_started = time.perf_counter(), time.process_time()

    def on_step_end(self, *_args, **_kwargs):
        settle()
        self.seconds.append(time.perf_counter() - self.started)
        self.cpu_seconds.append(time.process_time() - self.cpu_started)


def forget_peak_memory() -> None:
    """Loading is not stepping; only Linux can tell them apart."""
    try:
        Path("/proc/self/clear_refs").write_text("5")
    except OSError:
        pass


def settle() -> None:
    """A GPU computes on after it was asked to."""
    if not request["isCpu"]:
        torch.cuda.synchronize()


def peak_memory_mb() -> float:
    if not request["isCpu"]:
        return (FREE_BEFORE - torch.cuda.mem_get_info()[0]) / 2**20
    try:
        status = Path("/proc/self/status").read_text()
        return int(status.split("VmHWM:")[1].split()[0]) / 1024
    except (OSError, IndexError):
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> None:
    torch.set_num_threads(request["threads"])
    file = Path(request["model"])
    dtype = {"F32": torch.float32, "BF16": torch.bfloat16}[request["type"]]
    model = AutoModelForCausalLM.from_pretrained(file.parent, gguf_file=file.name, dtype=dtype)
    # Its weights have been dequantised, but the mark of a quantised file stays, with which trainers refuse it.
    model.is_quantized, model.hf_quantizer = False, None
    tokenizer = AutoTokenizer.from_pretrained(file.parent, gguf_file=file.name)
    lora = request["lora"]
    adapter = LoraConfig(
        r=lora["rank"], lora_alpha=lora["alpha"], lora_dropout=0.0, target_modules=LINEAR, task_type="CAUSAL_LM"
    )
    model = get_peft_model(model, adapter)
    steps, rows = request["steps"], request["rows"]
    trainer_class, config_class, extra = {
        "sft": (SftTrainer, trl.SFTConfig, {"packing": False}),
        "dpo": (DpoTrainer, trl.DPOConfig, {"precompute_ref_log_probs": True}),
    }[request["kind"]]
    arguments = config_class(
        output_dir=request["folder"],
        per_device_train_batch_size=len(rows),
        max_steps=steps,
        max_length=None,
        learning_rate=1e-4,
        logging_steps=1,
        save_strategy="no",
        report_to="none",
        use_cpu=request["isCpu"],
        bf16=False,
        gradient_checkpointing=False,
        train_sampling_strategy="sequential",
        disable_tqdm=True,
        **extra,
    )
    times = StepTimes()
    trainer = trainer_class(
        model=model,
        args=arguments,
        train_dataset=Dataset.from_list(rows),
        processing_class=tokenizer,
        callbacks=[times],
    )
    trainer.train()
    losses = [entry["loss"] for entry in trainer.state.log_history if "loss" in entry]
    result = {
        "seconds": times.seconds,
        "cpuSeconds": times.cpu_seconds,
        "peakMb": peak_memory_mb(),
        "firstLoss": losses[0],
        "versions": {
            "torch": torch.__version__.split("+")[0],
            "transformers": transformers.__version__,
            "peft": peft.__version__,
            "trl": trl.__version__,
        },
    }
    print(json.dumps(result))


if __name__ == "__main__":
    main()
