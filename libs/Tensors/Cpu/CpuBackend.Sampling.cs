using QwenMesh.Tensors.Cpu.Kernels;

namespace QwenMesh.Tensors.Cpu;

public sealed unsafe partial class CpuBackend
{
    public override void PackLatents(Tensor latents, int patch, Tensor into)
    {
        var from = Require.Rank(latents, 3, "[C, H, W]");
        var to = Require.Float(into);
        Require.Patches(from, patch, to);
        Require.Apart(to, from, nameof(latents));
        LatentPacking.Pack(from.Floats, from.Shape[0], from.Shape[1], from.Shape[2], patch, to.Floats);
    }

    public override void UnpackLatents(Tensor tokens, int patch, Tensor into)
    {
        var (from, to) = (Require.Float(tokens), Require.Rank(into, 3, "[C, H, W]"));
        Require.Patches(to, patch, from);
        Require.Apart(to, from, nameof(tokens));
        LatentPacking.Unpack(from.Floats, to.Shape[0], to.Shape[1], to.Shape[2], patch, to.Floats);
    }

    public override void TrueGuidance(Tensor cond, Tensor negative, float scale, Tensor into)
    {
        var with = Require.Float(cond);
        var (rows, columns) = (with.Shape.Rows, with.Shape.Columns);
        var (without, to) = (Require.Matrix(negative, rows, columns), Require.Matrix(into, rows, columns));
        _runtime.ForRows(rows, columns, new TrueGuidance(with.Floats, without.Floats, scale, to.Floats, columns));
    }

    public override void EulerStep(Tensor x, Tensor v, float dt)
    {
        var target = Require.Float(x);
        var velocity = Require.Vector(v, checked((int)target.Shape.Count));
        ForElements(target.Shape.Count, new AddScaled(target.Floats, velocity.Floats, dt, target.Shape.Count));
    }

    public override void KeepOutside(Tensor x, Tensor mask, Tensor clean, Tensor noise, float sigma)
    {
        var (target, count) = (Require.Float(x), checked((int)x.Shape.Count));
        var (inside, kept, drawn) = (Require.Vector(mask, count), Require.Vector(clean, count), Require.Vector(noise, count));
        ForElements(count, new KeepOutside(target.Floats, inside.Floats, kept.Floats, drawn.Floats, sigma, count));
    }
}
