using QwenMesh.ServiceDefaults;

namespace QwenMesh.Gateway.Files;

/// <summary>
/// Files in a folder. A file is written elsewhere in it, flushed and renamed, so that a key has all of its bytes or none, whatever dies when. Gateways that
/// share the folder see each other's files.
/// </summary>
internal sealed class FolderBlobs(string folder) : IBlobStore
{
    // No key has a tilde.
    private const string Temporary = "~temporary";

    // The directory may be removed while it is made, and between that and the rename.
    private const int Attempts = 10;

    public string Folder { get; } = Path.GetFullPath(folder);

    public async Task PutAsync(string key, ReadOnlyMemory<byte> bytes, string mediaType, CancellationToken cancellationToken)
    {
        var path = PathOf(key);
        var temporary = NewTemporary();
        try
        {
            await using (var file = new FileStream(temporary, FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 0, useAsync: true))
            {
                await file.WriteAsync(bytes, cancellationToken);
                file.Flush(flushToDisk: true);
            }
            MoveInto(temporary, path);
        }
        catch (UnauthorizedAccessException refused)
        {
            throw new IOException(refused.Message, refused);
        }
        finally
        {
            File.Delete(temporary);
        }
    }

    public async Task<ReadOnlyMemory<byte>?> GetAsync(string key, CancellationToken cancellationToken)
    {
        try
        {
            return await File.ReadAllBytesAsync(PathOf(key), cancellationToken);
        }
        catch (Exception missing) when (missing is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
        catch (UnauthorizedAccessException refused)
        {
            throw new IOException(refused.Message, refused);
        }
    }

    public Task DeleteAsync(string prefix, CancellationToken cancellationToken)
    {
        var path = PathOf(prefix);
        try
        {
            if (File.Exists(path))
            {
                File.Delete(path);
            }
            else if (Directory.Exists(path))
            {
                // At once for readers; what a crash leaves is swept.
                var temporary = NewTemporary();
                Directory.Move(path, temporary);
                Directory.Delete(temporary, recursive: true);
            }
        }
        catch (DirectoryNotFoundException)
        {
            // Somebody else deleted it.
        }
        catch (UnauthorizedAccessException refused)
        {
            throw new IOException(refused.Message, refused);
        }
        return Task.CompletedTask;
    }

    public IAsyncEnumerable<string> ListAsync(string prefix, CancellationToken cancellationToken)
    {
        var path = PathOf(prefix);
        try
        {
            return Entries(path, 1).OrderBy(entry => Directory.Exists(entry) ? entry + "/" : entry, StringComparer.Ordinal)
                .Select(entry => Path.GetFileName(entry)!).ToArray().ToAsyncEnumerable();
        }
        catch (DirectoryNotFoundException)
        {
            return AsyncEnumerable.Empty<string>(); // Deleted since.
        }
        catch (UnauthorizedAccessException refused)
        {
            throw new IOException(refused.Message, refused);
        }
    }

    /// <summary>Removes what a crash has left, and directories <paramref name="depth"/> levels below a prefix that nothing was added to for long.</summary>
    public void Sweep(string prefix, int depth, DateTime olderThanUtc)
    {
        var swept = Entries(Path.Combine(Folder, Temporary), 1).Concat(Entries(PathOf(prefix), depth));
        foreach (var entry in swept.Where(entry => Directory.GetLastWriteTimeUtc(entry) < olderThanUtc).ToArray())
        {
            if (Directory.Exists(entry))
            {
                Directory.Delete(entry, recursive: true);
            }
            else
            {
                File.Delete(entry);
            }
        }
    }

    private static IEnumerable<string> Entries(string directory, int depth)
    {
        var entries = Directory.Exists(directory) ? Directory.EnumerateFileSystemEntries(directory) : [];
        return depth == 1 ? entries : entries.SelectMany(entry => Entries(entry, depth - 1));
    }

    private static void MoveInto(string temporary, string path)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                var directory = Path.GetDirectoryName(path)!;
                var made = Missing(directory).ToArray();
                Directory.CreateDirectory(directory);
                File.Move(temporary, path, overwrite: true);
                DirectorySync.Flush(directory);
                foreach (var parent in made.Select(directory => Path.GetDirectoryName(directory)!))
                {
                    DirectorySync.Flush(parent);
                }
                return;
            }
            catch (DirectoryNotFoundException) when (!File.Exists(temporary))
            {
                return; // Renamed, and deleted since.
            }
            catch (IOException) when (attempt < Attempts && File.Exists(temporary))
            {
                // Made again.
            }
        }
    }

    private static IEnumerable<string> Missing(string directory)
    {
        for (string? missing = directory; missing is not null && !Directory.Exists(missing); missing = Path.GetDirectoryName(missing))
        {
            yield return missing;
        }
    }

    private string NewTemporary()
    {
        var directory = Path.Combine(Folder, Temporary);
        PrivateFolder.Make(Folder);
        Directory.CreateDirectory(directory);
        return Path.Combine(directory, Guid.NewGuid().ToString("N"));
    }

    private string PathOf(string key)
    {
        BlobKey.Check(key);
        return Path.Combine(Folder, key.Replace('/', Path.DirectorySeparatorChar));
    }
}
