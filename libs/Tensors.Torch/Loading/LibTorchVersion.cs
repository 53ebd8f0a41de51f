using System.Globalization;

namespace QwenMesh.Tensors.Torch;

/// <summary>A version of LibTorch.</summary>
internal readonly record struct LibTorchVersion(int Major, int Minor, int Patch)
{
    /// <summary>First version whose stable C interface has all that the engine calls.</summary>
    public static LibTorchVersion Oldest => new(2, 10, 0);

    /// <summary>The only version that TorchSharp's native library computes rightly with: on others it loads and reads wrong shapes and data.</summary>
    public static LibTorchVersion OfTorchSharp => new(2, 10, 0);

    /// <summary>As LibTorch numbers its interface: one byte each from the top.</summary>
    public ulong Number => ((ulong)Major << 56) | ((ulong)Minor << 48) | ((ulong)Patch << 40);

    public bool IsStable => (Major, Minor).CompareTo((Oldest.Major, Oldest.Minor)) >= 0;

    public bool FitsTorchSharp => (Major, Minor) == (OfTorchSharp.Major, OfTorchSharp.Minor);

    public static LibTorchVersion Of(ulong number) => new((int)(number >> 56), (int)(number >> 48) & 0xff, (int)(number >> 40) & 0xff);

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Major}.{Minor}.{Patch}");
}
