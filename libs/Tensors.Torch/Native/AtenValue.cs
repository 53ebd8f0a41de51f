namespace QwenMesh.Tensors.Torch.Native;

/// <summary>A native tensor that lives as long as its scope; operations read as in PyTorch and give values of the same scope.</summary>
internal readonly struct AtenValue(AtenScope scope, nint handle)
{
    public nint Handle => handle;

    private Aten Aten => scope.Aten;

    public static AtenValue operator +(AtenValue x, AtenValue y) => x.Add(y);

    public static AtenValue operator +(AtenValue x, double y) => x.Of(x.Aten.Add(x.Handle, y));

    public static AtenValue operator -(AtenValue x, AtenValue y) => x.Add(y, -1);

    public static AtenValue operator *(AtenValue x, AtenValue y) => x.Of(x.Aten.Mul(x.Handle, y.Handle));

    public static AtenValue operator *(AtenValue x, double y) => x.Of(x.Aten.Mul(x.Handle, y));

    public static AtenValue operator /(AtenValue x, AtenValue y) => x.Of(x.Aten.Div(x.Handle, y.Handle));

    /// <summary>x + alpha·y</summary>
    public AtenValue Add(AtenValue y, double alpha = 1) => Of(Aten.Add(handle, y.Handle, alpha));

    public AtenValue To(AtenType type) => Of(Aten.To(handle, type));

    public AtenValue Float() => To(AtenType.Float32);

    public AtenValue Clamp(AtenValue low, AtenValue high) => Of(Aten.Minimum(Of(Aten.Maximum(handle, low.Handle)).Handle, high.Handle));

    public AtenValue AtLeast(AtenValue low) => Of(Aten.Maximum(handle, low.Handle));

    public AtenValue Abs() => Of(Aten.Abs(handle));

    public AtenValue Sqrt() => Of(Aten.Sqrt(handle));

    public AtenValue Rsqrt() => Of(Aten.Rsqrt(handle));

    public AtenValue Round() => Of(Aten.Round(handle));

    public AtenValue NanToNum(double value) => Of(Aten.NanToNum(handle, value));

    public AtenValue Silu() => Of(Aten.Silu(handle));

    public AtenValue Gelu(bool tanh) => Of(Aten.Gelu(handle, tanh));

    /// <summary>Over the last axis, which stays with size 1; so do the next two.</summary>
    public AtenValue Sum() => Of(Aten.Sum(handle));

    public AtenValue Mean() => Of(Aten.Mean(handle));

    public AtenValue Max() => Of(Aten.Max(handle));

    public void CopyTo(AtenValue into, bool nonBlocking = false) => Aten.Copy(handle, into.Handle, nonBlocking);

    private AtenValue Of(nint result) => scope.Own(result);
}
