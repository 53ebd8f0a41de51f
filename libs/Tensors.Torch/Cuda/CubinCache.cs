using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace QwenMesh.Tensors.Torch.Cuda;

/// <summary>
/// Compiled kernels on disk. A file is named by everything that its contents follow from and begins with their SHA-256; one that is damaged
/// counts as missing. A folder that cannot be written costs a compilation at every start, nothing else.
/// </summary>
internal sealed class CubinCache(string folder)
{
    /// <summary>Why compiled kernels could not be kept; null when they were.</summary>
    public string? Failure { get; private set; }

    /// <summary>The user's cache folder, or the temporary one where there is none.</summary>
    public static string DefaultFolder
    {
        get
        {
            var chosen = Environment.GetEnvironmentVariable("XDG_CACHE_HOME");
            var home = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);
            var root = !string.IsNullOrEmpty(chosen) ? chosen : home.Length > 0 ? Path.Combine(home, ".cache") : Path.GetTempPath();
            return Path.Combine(root, "qwenmesh", "kernels");
        }
    }

    /// <summary>Changes with the source, the target and the compiler.</summary>
    public static string Key(string name, string source, NvrtcTarget target, Version compiler)
    {
        var text = string.Create(CultureInfo.InvariantCulture, $"{target.Option}\n{compiler}\n{source}");
        return $"{Path.GetFileNameWithoutExtension(name)}-{target.Option}-{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)))[..32]}.bin";
    }

    /// <summary>The file's contents, or what <paramref name="compile"/> makes, which is kept.</summary>
    public byte[] GetOrCompile(string key, Func<byte[]> compile)
    {
        var path = Path.Combine(folder, key);
        if (Read(path) is { } known)
        {
            return known;
        }
        var made = compile();
        Write(path, made);
        return made;
    }

    private static byte[]? Read(string path)
    {
        try
        {
            var bytes = File.ReadAllBytes(path);
            return bytes.Length > SHA256.HashSizeInBytes
                && SHA256.HashData(bytes.AsSpan(SHA256.HashSizeInBytes)).AsSpan().SequenceEqual(bytes.AsSpan(0, SHA256.HashSizeInBytes))
                ? bytes[SHA256.HashSizeInBytes..]
                : null;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private void Write(string path, byte[] content)
    {
        // Written aside and moved: another process may read at any time.
        var aside = $"{path}.{Guid.NewGuid():n}";
        try
        {
            Directory.CreateDirectory(folder);
            File.WriteAllBytes(aside, [.. SHA256.HashData(content), .. content]);
            File.Move(aside, path, overwrite: true);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            Failure = error.Message;
        }
    }
}
