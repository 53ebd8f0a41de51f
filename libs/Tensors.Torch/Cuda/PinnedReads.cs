using QwenMesh.Tensors.Torch.Native;

namespace QwenMesh.Tensors.Torch.Cuda;

/// <summary>
/// Copies from the card to the host through page-locked memory: the copy is queued behind the work that makes its source, and no thread of a
/// caller waits for it.
/// </summary>
internal sealed class PinnedReads(Aten aten, CudaDevice card)
{
    /// <summary>Copies all elements, converted to the type. Once it has returned its task, the source may be disposed.</summary>
    public ValueTask ReadAsync<T>(TorchTensor source, AtenType type, Memory<T> destination, CancellationToken cancellationToken)
        where T : unmanaged
    {
        cancellationToken.ThrowIfCancellationRequested();
        var pinned = aten.EmptyPinned([destination.Length], type);
        try
        {
            using (var scope = new AtenScope(aten))
            {
                scope.View(source, destination.Length).To(type).CopyTo(scope.Borrow(pinned), nonBlocking: true);
            }
            var arrived = Record();
            return new ValueTask(FinishAsync(pinned, arrived, destination, cancellationToken));
        }
        catch
        {
            aten.Delete(pinned);
            throw;
        }
    }

    private nint Record()
    {
        using var entered = card.Enter();
        CudaDevice.Check(CudaDriver.CreateEvent(out var arrived, CudaDriver.BlockingSyncWithoutTiming), "cuEventCreate");
        CudaDevice.Check(CudaDriver.RecordEvent(arrived, aten.Stream), "cuEventRecord");
        return arrived;
    }

    private async Task FinishAsync<T>(nint pinned, nint arrived, Memory<T> destination, CancellationToken cancellationToken)
        where T : unmanaged
    {
        // The wait is not cancelled: the card writes to the memory until it is over. What is cancelled is only that anyone cares.
        var waiting = Task.Run(() => Wait(arrived), CancellationToken.None);
        try
        {
            await waiting.WaitAsync(cancellationToken);
            Copy(pinned, destination.Span);
        }
        finally
        {
            _ = waiting.ContinueWith(_ => aten.Delete(pinned), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        }
    }

    private void Wait(nint arrived)
    {
        using var entered = card.Enter();
        var code = CudaDriver.WaitForEvent(arrived);
        _ = CudaDriver.DestroyEvent(arrived);
        CudaDevice.Check(code, "cuEventSynchronize");
    }

    private unsafe void Copy<T>(nint pinned, Span<T> destination)
        where T : unmanaged => new ReadOnlySpan<T>((void*)aten.Data(pinned), destination.Length).CopyTo(destination);
}
