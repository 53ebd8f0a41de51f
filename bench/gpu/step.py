#!/usr/bin/env python3
"""The denoising step of Qwen-Image's MMDiT written plainly in PyTorch: what the engine's time is a ratio of.

Random bf16 weights of the released shape, made on the device. Per step: the prompt's pass, the negative prompt's, guidance with norm
rescale, Euler. Also both prompts as one batch, and the rate of large products.
"""
import argparse
import json
import statistics
import time

import torch
import torch.nn.functional as F

TEXT_TOKENS = 64
EPS = 1e-6


class Sizes:
    def __init__(self, tiny):
        self.layers, self.heads, self.dim, self.joint = (2, 4, 32, 96) if tiny else (60, 24, 128, 3584)
        self.axes = (8, 12, 12) if tiny else (16, 56, 56)
        self.channels, self.sides = 64, (64, 96) if tiny else (1024, 1328)
        self.width = self.heads * self.dim
        self.matmul = 256 if tiny else 8192


class Model:
    def __init__(self, sizes, device, dtype):
        self.sizes, self.device, self.dtype = sizes, device, dtype
        d = sizes.width
        self.img_in, self.txt_in = self.linear(d, sizes.channels), self.linear(d, sizes.joint)
        self.txt_norm = torch.ones(sizes.joint, device=device, dtype=dtype)
        self.time = (self.linear(d, 256), self.linear(d, d))
        self.blocks = [(self.stream(), self.stream()) for _ in range(sizes.layers)]
        self.norm_out, self.proj_out = self.linear(2 * d, d), self.linear(sizes.channels, d)

    def linear(self, outputs, inputs):
        weight = torch.empty(outputs, inputs, device=self.device, dtype=self.dtype).normal_(0, 0.02)
        return weight, torch.empty(outputs, device=self.device, dtype=self.dtype).normal_(0, 0.02)

    def stream(self):
        d, dim = self.sizes.width, self.sizes.dim
        ones = torch.ones(dim, device=self.device, dtype=self.dtype)
        return {
            "mod": self.linear(6 * d, d), "q": self.linear(d, d), "k": self.linear(d, d), "v": self.linear(d, d), "q_norm": ones, "k_norm": ones,
            "out": self.linear(d, d), "mlp_in": self.linear(4 * d, d), "mlp_out": self.linear(d, 4 * d),
        }

    def rope(self, side, text):
        """Complex factors [tokens, dim / 2] of the picture's tokens and the text's."""
        n = side // 16
        frequencies = [1.0 / 10000 ** (torch.arange(0, a, 2, device=self.device).float() / a) for a in self.sizes.axes]

        def turn(*positions):
            angles = torch.cat([p.float()[:, None] * f for p, f in zip(positions, frequencies)], -1)
            return torch.polar(torch.ones_like(angles), angles)

        line = torch.arange(n, device=self.device) - (n - n // 2)
        rows, columns = line.repeat_interleave(n), line.repeat(n)
        along = torch.arange(text, device=self.device) + n // 2
        return turn(torch.zeros_like(rows), rows, columns), turn(along, along, along)

    def embed(self, t):
        half = torch.exp(-torch.log(torch.tensor(10000.0)) * torch.arange(128, dtype=torch.float32) / 128).to(self.device)
        angles = t * 1000 * half
        waves = torch.cat([angles.cos(), angles.sin()])[None].to(self.dtype)
        return F.silu(F.linear(F.silu(F.linear(waves, *self.time[0])), *self.time[1]))

    def heads(self, x):
        return x.unflatten(-1, (self.sizes.heads, self.sizes.dim))

    def turned(self, x, norm, rope):
        x = F.rms_norm(self.heads(x).float(), (self.sizes.dim,), norm.float(), EPS).to(self.dtype)
        pairs = torch.view_as_complex(x.float().unflatten(-1, (-1, 2)))
        return torch.view_as_real(pairs * rope[:, None]).flatten(-2).to(self.dtype)

    def normed(self, x, shift, scale):
        return F.layer_norm(x, (self.sizes.width,), eps=EPS) * (1 + scale) + shift

    def forward(self, latents, prompt, t, ropes):
        """latents [batch, tokens, channels], prompt [batch, text, joint]"""
        emb = self.embed(t)
        image = F.linear(latents.to(self.dtype), *self.img_in)
        text = F.linear(F.rms_norm(prompt, (self.sizes.joint,), self.txt_norm, EPS), *self.txt_in)
        split = text.shape[1]
        for streams in self.blocks:
            mods = [F.linear(emb, *s["mod"]).chunk(6, -1) for s in streams]
            q, k, v = [], [], []
            for s, x, mod, rope in ((streams[1], text, mods[1], ropes[1]), (streams[0], image, mods[0], ropes[0])):
                h = self.normed(x, mod[0], mod[1])
                q.append(self.turned(F.linear(h, *s["q"]), s["q_norm"], rope))
                k.append(self.turned(F.linear(h, *s["k"]), s["k_norm"], rope))
                v.append(self.heads(F.linear(h, *s["v"])))
            q, k, v = (torch.cat(parts, 1).transpose(1, 2) for parts in (q, k, v))
            attended = F.scaled_dot_product_attention(q, k, v).transpose(1, 2).flatten(2)
            rest = []
            for s, x, mod, a in ((streams[0], image, mods[0], attended[:, split:]), (streams[1], text, mods[1], attended[:, :split])):
                x = x + mod[2] * F.linear(a, *s["out"])
                h = F.gelu(F.linear(self.normed(x, mod[3], mod[4]), *s["mlp_in"]), approximate="tanh")
                rest.append(x + mod[5] * F.linear(h, *s["mlp_out"]))
            image, text = rest
        scale, shift = F.linear(emb, *self.norm_out).chunk(2, -1)
        return F.linear(self.normed(image, shift, scale), *self.proj_out)

    def step(self, latents, prompts, t, dt, ropes, batched, guidance=4.0):
        if batched:
            both = self.forward(latents.expand(2, -1, -1), torch.cat(prompts), t, ropes).float()
            cond, negative = both[:1], both[1:]
        else:
            cond, negative = (self.forward(latents, prompt, t, ropes).float() for prompt in prompts)
        comb = negative + guidance * (cond - negative)
        return latents + dt * comb * (cond.norm(dim=-1, keepdim=True) / comb.norm(dim=-1, keepdim=True))


def wait(device):
    if device == "cuda":
        torch.cuda.synchronize()


def per_call(work, device, calls, rounds=3, warm=2):
    """Median milliseconds of a call."""
    for _ in range(warm):
        work()
    times = []
    for _ in range(rounds):
        wait(device)
        begin = time.perf_counter()
        for _ in range(calls):
            work()
        wait(device)
        times.append((time.perf_counter() - begin) * 1000 / calls)
    return statistics.median(times)


def matmuls(sizes, device):
    n = sizes.matmul
    a, b = (torch.randn(n, n, device=device, dtype=torch.bfloat16) for _ in range(2))
    result = {"matmul_bf16_tflop_s": 2 * n**3 / per_call(lambda: F.linear(a, b), device, 20) / 1e9}
    if device == "cuda" and torch.cuda.get_device_capability() >= (8, 9):
        one = torch.ones(n, 1, device=device)
        a8, b8 = a.to(torch.float8_e4m3fn), b.to(torch.float8_e4m3fn)
        product = lambda: torch._scaled_mm(a8, b8.t(), scale_a=one, scale_b=one.t(), out_dtype=torch.bfloat16, use_fast_accum=True)
        result["matmul_fp8_tflop_s"] = 2 * n**3 / per_call(product, device, 20) / 1e9
    return result


@torch.inference_mode()
def measure(options):
    sizes = Sizes(options.tiny)
    result = {"torch": torch.__version__, **matmuls(sizes, options.device), "steps": []}
    model = Model(sizes, options.device, torch.bfloat16)
    for side in sizes.sides:
        tokens = (side // 16) ** 2
        latents = torch.randn(1, tokens, sizes.channels, device=options.device)
        prompts = [torch.randn(1, TEXT_TOKENS, sizes.joint, device=options.device, dtype=torch.bfloat16) for _ in range(2)]
        ropes = model.rope(side, TEXT_TOKENS)
        calls = 1 if options.tiny else 6
        times = {
            name: per_call(lambda batched=batched: model.step(latents, prompts, 0.6, -1e-3, ropes, batched), options.device, calls)
            for name, batched in (("ms_per_step", False), ("ms_batched", True))
        }
        finite = bool(model.step(latents, prompts, 0.6, -1e-3, ropes, False).isfinite().all())
        result["steps"].append({"side": side, **times, "finite": finite})
    if options.device == "cuda":
        result["device"] = torch.cuda.get_device_name()
        result["peak_bytes"] = torch.cuda.max_memory_allocated()
    return result


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--tiny", action="store_true")
    parser.add_argument("--out", required=True)
    options = parser.parse_args()
    begin = time.perf_counter()
    result = {"ok": True, "part": "pytorch", **measure(options)}
    result["seconds"] = time.perf_counter() - begin
    with open(options.out, "w", encoding="utf-8") as file:
        json.dump(result, file, indent=2)


if __name__ == "__main__":
    main()
