using System.Globalization;

namespace QwenMesh.Tensors.Torch.Native;

/// <summary>What LibTorch's failures become.</summary>
/// <param name="device">Device of the engine, for messages.</param>
/// <param name="memory">Free and all bytes of the device, as far as known.</param>
internal sealed class NativeFailures(TorchDevice device, Func<DeviceMemory?> memory)
{
    // Where LibTorch keeps no text (the C interface before 2.13), a card with less than this left is taken for the reason.
    private const long ScarceBytes = 1L << 30;

    private static readonly string[] OutOfMemory =
    [
        "out of memory", // CUDA out of memory. Tried to allocate …; CUDA error: out of memory
        "can't allocate memory", // DefaultCPUAllocator: can't allocate memory: you tried to allocate …
        "not enough memory",
        "CUBLAS_STATUS_ALLOC_FAILED",
        "CUDNN_STATUS_ALLOC_FAILED",
    ];

    /// <summary>An operation failed.</summary>
    public Exception Translate(string operation, string? text)
    {
        var now = memory();
        var scarce = text is null ? device.IsCuda && now?.Free < ScarceBytes : IsOutOfMemory(text);
        return scarce
            ? new OutOfDeviceMemoryException(device.ToString(), $"{operation} found no room{Free(now)}{Reason(text)}")
            : new TorchException($"{operation} failed on {device}: {(text is null ? "LibTorch wrote the reason to standard error" : FirstLine(text))}");
    }

    /// <summary>An allocation failed.</summary>
    public Exception Allocation(string operation, long bytes, string? text) => text is null || IsOutOfMemory(text)
        ? new OutOfDeviceMemoryException(device.ToString(), string.Create(CultureInfo.InvariantCulture, $"{bytes} bytes were asked for{Free(memory())}"))
        : Translate(operation, text);

    public static bool IsOutOfMemory(string text) => OutOfMemory.Any(sign => text.Contains(sign, StringComparison.OrdinalIgnoreCase));

    private static string Free(DeviceMemory? now) =>
        now is { } known ? string.Create(CultureInfo.InvariantCulture, $"; {known.Free} of {known.Total} bytes are free") : "";

    private static string Reason(string? text) => text is null ? "" : ": " + FirstLine(text);

    // What follows is LibTorch's own call stack.
    private static string FirstLine(string text) => text.Trim().Split('\n', 2)[0];
}
