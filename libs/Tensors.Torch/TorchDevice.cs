using System.Globalization;

namespace QwenMesh.Tensors.Torch;

/// <summary>Where tensors live. Written "torch:cpu", "cuda" (the first card) or "cuda:N".</summary>
internal readonly record struct TorchDevice(bool IsCuda, int Index)
{
    private const string CpuName = "torch:cpu";
    private const string CudaName = "cuda";

    public static TorchDevice Cpu => new(false, 0);

    public static TorchDevice Cuda(int index) => new(true, index);

    public static bool TryParse(string? text, out TorchDevice device)
    {
        device = Cpu;
        if (string.Equals(text, CpuName, StringComparison.OrdinalIgnoreCase))
        {
            return true;
        }
        if (text is null || !text.StartsWith(CudaName, StringComparison.OrdinalIgnoreCase))
        {
            return false;
        }
        var index = 0;
        var rest = text.AsSpan(CudaName.Length);
        var fits = rest.IsEmpty || (rest[0] == ':' && int.TryParse(rest[1..], NumberStyles.None, CultureInfo.InvariantCulture, out index) && index < 128);
        device = Cuda(index);
        return fits;
    }

    public override string ToString() => IsCuda ? string.Create(CultureInfo.InvariantCulture, $"{CudaName}:{Index}") : CpuName;
}
