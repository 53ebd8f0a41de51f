using QwenMesh.Tensors.Torch.Native;

namespace QwenMesh.Tensors.Torch.Tests;

/// <summary>What LibTorch's failures become.</summary>
public class FailureTests
{
    private static readonly NativeFailures OnCard = new(TorchDevice.Cuda(1), () => new DeviceMemory(3L << 20, 80L << 30));

    [Theory]
    [InlineData("CUDA out of memory. Tried to allocate 20.00 MiB. GPU 0 has a total capacity of 79.11 GiB")]
    [InlineData("CUDA error: out of memory\nCUDA kernel errors might be asynchronously reported")]
    [InlineData("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`")]
    [InlineData("[enforce fail at alloc_cpu.cpp:124] err == 0. DefaultCPUAllocator: can't allocate memory: you tried to allocate 4 bytes.")]
    public void Missing_memory_is_an_exception_of_its_own(string text)
    {
        var full = Assert.IsType<OutOfDeviceMemoryException>(OnCard.Translate("aten::mm", text));
        Assert.Equal("cuda:1", full.Device);
        Assert.Contains("3145728 of 85899345920 bytes are free", full.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', full.Message);
    }

    [Fact]
    public void Other_failures_keep_their_first_line()
    {
        var failure = Assert.IsType<TorchException>(OnCard.Translate("aten::mm", "mat1 and mat2 shapes cannot be multiplied\nException raised from\nframe #0"));
        Assert.Equal("aten::mm failed on cuda:1: mat1 and mat2 shapes cannot be multiplied", failure.Message);
    }

    [Fact]
    public void Without_a_text_a_full_card_is_the_reason()
    {
        Assert.IsType<OutOfDeviceMemoryException>(OnCard.Translate("aten::mm", null));
        var roomy = new NativeFailures(TorchDevice.Cuda(0), () => new DeviceMemory(40L << 30, 80L << 30));
        Assert.IsType<TorchException>(roomy.Translate("aten::mm", null));
        Assert.IsType<TorchException>(new NativeFailures(TorchDevice.Cpu, () => null).Translate("aten::mm", null));
    }

    [Theory, InlineData("stable"), InlineData("torchsharp")]
    public void An_engine_without_room_says_so_and_works_on(string binding)
    {
        using var backend = TorchEngines.Open(Enum.Parse<TorchBinding>(binding, ignoreCase: true));
        var full = Assert.Throws<OutOfDeviceMemoryException>(() => backend.Empty([1 << 30, 1 << 20]));
        Assert.Contains("4503599627370496 bytes", full.Message, StringComparison.Ordinal);
        Assert.Equal(0, backend.LiveTensors);
        Assert.Equal(0, backend.Memory.InUse);
        using var x = backend.From([1, 2], [2]);
        backend.Add(x, x.Reshape([2]));
        var read = new float[2];
        backend.Read(x, read);
        Assert.Equal([2, 4], read);
    }

    [Theory, InlineData("stable"), InlineData("torchsharp")]
    public void An_operation_that_LibTorch_refuses_names_itself(string binding)
    {
        using var backend = TorchEngines.Open(Enum.Parse<TorchBinding>(binding, ignoreCase: true));
        using var scope = new AtenScope(backend.Aten);
        var (x, y) = (scope.Empty([2, 3], AtenType.Float32), scope.Empty([2, 4], AtenType.Float32));
        var refused = Assert.Throws<TorchException>(() => x * y);
        Assert.Contains("mul", refused.Message, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("torch:cpu", refused.Message, StringComparison.Ordinal);
    }
}
