namespace QwenMesh.Tensors.Torch;

internal sealed partial class TorchBackend
{
    public override void PackLatents(Tensor latents, int patch, Tensor into)
    {
        var from = Require.Rank(latents, 3, "[C, H, W]");
        var to = Require.Float(into);
        Require.Patches(from, patch, to);
        Require.Apart(to, from, nameof(latents));
        CopyPatches(latents: from, patch, tokens: to, pack: true);
    }

    public override void UnpackLatents(Tensor tokens, int patch, Tensor into)
    {
        var (from, to) = (Require.Float(tokens), Require.Rank(into, 3, "[C, H, W]"));
        Require.Patches(to, patch, from);
        Require.Apart(to, from, nameof(tokens));
        CopyPatches(latents: to, patch, tokens: from, pack: false);
    }

    public override void TrueGuidance(Tensor cond, Tensor negative, float scale, Tensor into)
    {
        var with = Require.Float(cond);
        var (rows, columns) = (with.Shape.Rows, with.Shape.Columns);
        var (without, to) = (Require.Matrix(negative, rows, columns), Require.Matrix(into, rows, columns));
        if (to.Shape.Count > 0)
        {
            _fused.TrueGuidance(with, without, scale, to);
        }
    }

    public override void GuidedEulerStep(Tensor x, Tensor cond, Tensor negative, float scale, float dt)
    {
        var with = Require.Float(cond);
        var (rows, columns) = (with.Shape.Rows, with.Shape.Columns);
        var without = Require.Matrix(negative, rows, columns);
        var target = Require.Matrix(x, rows, columns);
        Require.Apart(target, with, nameof(cond));
        Require.Apart(target, without, nameof(negative));
        if (with.Shape.Count > 0)
        {
            _fused.GuidedEulerStep(target, with, without, scale, dt);
        }
    }

    public override void EulerStep(Tensor x, Tensor v, float dt)
    {
        var target = Require.Float(x);
        var velocity = Require.Vector(v, checked((int)target.Shape.Count));
        if (target.Shape.Count > 0)
        {
            _fused.EulerStep(target, velocity, dt);
        }
    }

    public override void KeepOutside(Tensor x, Tensor mask, Tensor clean, Tensor noise, float sigma)
    {
        var (target, count) = (Require.Float(x), checked((int)x.Shape.Count));
        var (inside, kept, drawn) = (Require.Vector(mask, count), Require.Vector(clean, count), Require.Vector(noise, count));
        // Once a step on latents, which are small: LibTorch's own operators do.
        using var scope = Begin();
        var (into, weight) = (scope.View(target, count), scope.View(inside, count).Float());
        var outside = (scope.View(drawn, count).Float() * sigma) + (scope.View(kept, count).Float() * (1 - sigma));
        (((weight * -1) + 1.0) * outside + (weight * into.Float())).CopyTo(into);
    }

    /// <summary>Both sides as [H/p, W/p, C, p, p]: the order of the tokens' memory.</summary>
    private void CopyPatches(TorchTensor latents, long patch, TorchTensor tokens, bool pack)
    {
        long channels = latents.Shape[0], height = latents.Shape[1], width = latents.Shape[2];
        ReadOnlySpan<long> sizes = [height / patch, width / patch, channels, patch, patch];
        using var scope = Begin();
        var picture = scope.Strided(latents, sizes, [patch * width, patch, height * width, width, 1]);
        var packed = scope.View(tokens, sizes);
        if (pack)
        {
            picture.CopyTo(packed);
        }
        else
        {
            packed.CopyTo(picture);
        }
    }
}
