#!/usr/bin/env python3
"""Records text-to-image cases of the reference (diffusers' QwenImagePipeline, float32, CPU) in the layout of this folder.

    python3 make_cases.py DESCRIPTION.json FOLDER [CASE ...]

DESCRIPTION holds "models" (random checkpoints to write; see made.json) and "cases" (runs to record, on a model of FOLDER/models, of
this folder's models or of the repository's models/). Without case names all are recorded. Needs torch, transformers, diffusers, Pillow.
"""

import json
import math
import shutil
import sys
from pathlib import Path

import torch
from diffusers import AutoencoderKLQwenImage, FlowMatchEulerDiscreteScheduler, QwenImagePipeline, QwenImageTransformer2DModel
from diffusers.pipelines.qwenimage import pipeline_qwenimage
from safetensors.torch import save_file
from transformers import Qwen2_5_VLConfig, Qwen2_5_VLForConditionalGeneration

HERE = Path(__file__).resolve().parent
BASE = HERE / "models" / "tiny-qwen-image"

# Larger tensors are thinned out.
WHOLE_ELEMENTS = 50_000


def main():
    torch.set_num_threads(1)
    description = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    out = Path(sys.argv[2])
    for name, model in description.get("models", {}).items():
        folder = out / "models" / name
        if not folder.exists():
            write_model(folder, model)
            print("model", name, flush=True)
    pipelines = {}
    for name in sys.argv[3:] or description["cases"]:
        case = description["cases"][name]
        model = case["model"]
        if model not in pipelines:
            folders = [out / "models" / model, HERE / "models" / model, HERE.parent.parent / "models" / model]
            folder = next(folder for folder in folders if folder.exists())
            pipelines = {model: QwenImagePipeline.from_pretrained(folder, dtype=torch.float32)}
            pipelines[model].set_progress_bar_config(disable=True)
        record(out / "cases" / name, pipelines[model], case)
        print("case", name, flush=True)


# --- checkpoints -------------------------------------------------------------------------------------------------------------------


def write_model(folder, description):
    """A checkpoint of the described sizes; what the description leaves out is as in tiny-qwen-image."""
    generator = torch.Generator().manual_seed(description["seed"])
    dtype = getattr(torch, description.get("dtype", "float32"))

    def config(component, file="config.json"):
        values = json.loads((BASE / component / file).read_text()) | description.get(component, {})
        return {key: value for key, value in values.items() if value != "absent"}

    def save(component, model):
        fill(model, generator)
        model.to(dtype).save_pretrained(folder / component)
        # What the model was built from, in the released layout; save_pretrained writes its own version's.
        if not description.get("resaved_configs"):
            (folder / component / "config.json").write_text(json.dumps(config(component), indent=1) + "\n")
        (folder / component / "generation_config.json").unlink(missing_ok=True)

    save("transformer", QwenImageTransformer2DModel.from_config(config("transformer")))
    save("vae", AutoencoderKLQwenImage.from_config(config("vae")))
    save("text_encoder", Qwen2_5_VLForConditionalGeneration(Qwen2_5_VLConfig.from_dict(config("text_encoder"))))
    (folder / "scheduler").mkdir()
    (folder / "scheduler" / "scheduler_config.json").write_text(json.dumps(config("scheduler", "scheduler_config.json"), indent=1) + "\n")
    shutil.copytree(BASE / "tokenizer", folder / "tokenizer")
    shutil.copy(BASE / "model_index.json", folder)


def fill(model, generator):
    """Random weights that keep activations of order one: variance 1 / inputs, norms about 1, small biases."""
    with torch.no_grad():
        for name, weight in sorted(model.named_parameters()):
            noise = torch.randn(weight.shape, generator=generator)
            if name.endswith("bias"):
                weight.copy_(0.1 * noise)
            elif weight.ndim == 1 or name.endswith("gamma"):
                weight.copy_(1 + 0.1 * noise)
            elif "embed_tokens" in name:
                weight.copy_(noise)
            else:
                # Of a causal convolution only the last temporal slice meets the one frame.
                inputs = math.prod(weight.shape[1:]) / (weight.shape[2] if weight.ndim == 5 else 1)
                weight.copy_(noise * (0.5 if "_mod." in name or "conv_out" in name else 1) / math.sqrt(inputs))


# --- cases -------------------------------------------------------------------------------------------------------------------------


def record(folder, pipe, case):
    inputs = dict(case["inputs"])
    tensors = {}
    release = pipe.scheduler
    if case["scheduler"] == "lightning":
        pipe.scheduler = FlowMatchEulerDiscreteScheduler.from_config(
            release.config, base_shift=math.log(3), max_shift=math.log(3), shift_terminal=None, use_dynamic_shifting=True,
            time_shift_type="exponential")
    undo = [lambda: setattr(pipe, "scheduler", release), *watch(pipe, tensors)]
    try:
        arguments = inputs | {"generator": torch.Generator("cpu").manual_seed(inputs["seed"])}
        del arguments["seed"]

        def step_done(_, step, __, values):
            tensors[f"latents.{step + 1}"] = values["latents"]
            return {}

        image = pipe(**arguments, callback_on_step_end=step_done).images[0]
        tensors["sigmas"] = pipe.scheduler.sigmas
        timesteps = pipe.scheduler.timesteps.tolist()
    finally:
        for action in undo:
            action()
    folder.mkdir(parents=True, exist_ok=True)
    image.save(folder / "output.png")
    kept, sampled = thin({name: tensor.detach().float().contiguous().clone() for name, tensor in tensors.items()})
    save_file(kept, folder / "tensors.safetensors")
    text = json.dumps(
        {
            "pipeline": "QwenImagePipeline", "model": case["model"], "controlnet": None, "scheduler": case["scheduler"],
            "inputs": inputs, "extra": {}, "timesteps": timesteps, "sigmas": tensors["sigmas"].tolist(), "images": [],
            "output": "output.png", "sampled": sampled,
            "note": "a tensor named X.sample holds every Nth element (see sampled[X].every) of X flattened row-major",
        },
        indent=1, ensure_ascii=False)
    (folder / "case.json").write_text(text + "\n", encoding="utf-8")


def watch(pipe, tensors):
    """Notes what passes through the pipeline's parts; returns what ends it."""
    draw, encode, decode = pipeline_qwenimage.randn_tensor, pipe.encode_prompt, pipe.vae.decode
    calls = {"noise": 0, "prompt": 0, "dit": 0}

    def count(kind):
        calls[kind] += 1
        return calls[kind] - 1

    def drawn(*args, **kwargs):
        noise = draw(*args, **kwargs)
        tensors[f"noise.{count('noise')}"] = noise
        return noise

    def encoded(*args, **kwargs):
        embeds, mask = encode(*args, **kwargs)
        tensors[f"prompt.{count('prompt')}.embeds"] = embeds
        return embeds, mask

    def decoded(latents, *args, **kwargs):
        pixels = decode(latents, *args, **kwargs)
        tensors["vae.decode.in"], tensors["vae.decode.out"] = latents, pixels[0]
        return pixels

    def called(_, args, kwargs, output):
        call = count("dit")
        if call < 2:
            for key in ("hidden_states", "encoder_hidden_states", "timestep"):
                tensors[f"dit.{call}.in.{key}"] = kwargs[key]
            tensors[f"dit.{call}.out"] = output[0]

    def block_done(block):
        def note(_, args, output):
            if calls["dit"] == 0:
                tensors[f"dit.0.block.{block}.txt"], tensors[f"dit.0.block.{block}.img"] = output
        return note

    pipeline_qwenimage.randn_tensor, pipe.encode_prompt, pipe.vae.decode = drawn, encoded, decoded
    hooks = [pipe.transformer.register_forward_hook(called, with_kwargs=True)]
    hooks += [block.register_forward_hook(block_done(i)) for i, block in enumerate(pipe.transformer.transformer_blocks)]

    def restore():
        pipeline_qwenimage.randn_tensor = draw
        del pipe.encode_prompt, pipe.vae.decode

    return [restore, *(hook.remove for hook in hooks)]


def thin(tensors):
    kept, sampled = {}, {}
    for name, tensor in tensors.items():
        if tensor.numel() <= WHOLE_ELEMENTS:
            kept[name] = tensor
        else:
            every = 97 if tensor.numel() <= 1_000_000 else 997
            kept[name + ".sample"] = tensor.flatten()[::every].contiguous()
            sampled[name] = {"shape": list(tensor.shape), "every": every}
    return kept, sampled


if __name__ == "__main__":
    main()
