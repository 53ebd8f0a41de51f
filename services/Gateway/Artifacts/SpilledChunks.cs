using Google.Protobuf;
using QwenMesh.Protocol.V1;
using QwenMesh.ServiceDefaults;

namespace QwenMesh.Gateway.Artifacts;

/// <summary>Chunks in a file of their own, which goes when this is disposed, or with the process.</summary>
internal sealed class SpilledChunks : IDisposable
{
    private readonly FileStream _file;
    private readonly (ulong Offset, int Length, uint Crc)[] _chunks;

    private SpilledChunks(FileStream file, (ulong, int, uint)[] chunks) => (_file, _chunks) = (file, chunks);

    public static SpilledChunks Write(string folder, IReadOnlyList<TensorChunk> chunks)
    {
        PrivateFolder.Make(folder);
        var file = new FileStream(
            Path.Combine(folder, $"{Guid.NewGuid():N}.artifact"), FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None, bufferSize: 1,
            FileOptions.DeleteOnClose | FileOptions.Asynchronous);
        try
        {
            foreach (var chunk in chunks)
            {
                file.Write(chunk.Data.Span);
            }
            return new SpilledChunks(file, [.. chunks.Select(chunk => (chunk.Offset, chunk.Data.Length, chunk.Crc32C))]);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    public async IAsyncEnumerable<TensorChunk> ReadAsync()
    {
        foreach (var (offset, length, crc) in _chunks)
        {
            var bytes = new byte[length];
            var read = 0;
            while (read < length)
            {
                var more = await RandomAccess.ReadAsync(_file.SafeFileHandle, bytes.AsMemory(read), (long)offset + read);
                read += more > 0 ? more : throw new EndOfStreamException("an artifact's file is shorter than what was written");
            }
            yield return new TensorChunk { Offset = offset, Data = UnsafeByteOperations.UnsafeWrap(bytes), Crc32C = crc };
        }
    }

    public void Dispose() => _file.Dispose();
}
