using System.Text.Json;
using System.Text.Json.Serialization;

namespace QwenMesh.Gateway.Access;

/// <summary>The file of keys: a JSON list of <see cref="KeyOptions"/>.</summary>
internal static class KeyFile
{
    // Some thousand keys.
    private const int MostBytes = 4 << 20;

    // A limit whose name is misspelt would otherwise be no limit.
    private static readonly JsonSerializerOptions Json = new()
    {
        PropertyNameCaseInsensitive = true,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        ReadCommentHandling = JsonCommentHandling.Skip,
        AllowTrailingCommas = true,
    };

    /// <summary>The configured keys and those of the file; null with what is wrong.</summary>
    public static (IReadOnlyList<KeyOptions>? Keys, IReadOnlyList<string> Faults) Read(AccessOptions options)
    {
        try
        {
            return Parse(ReadBytes(options.KeyFile), options);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return (null, [$"'{options.KeyFile}' cannot be read: {exception.Message}"]);
        }
    }

    /// <exception cref="IOException">It cannot be read, or is too large.</exception>
    public static byte[] ReadBytes(string path)
    {
        using var file = File.OpenRead(path);
        if (file.Length > MostBytes)
        {
            throw new IOException($"it has {file.Length} bytes; {MostBytes} are allowed");
        }
        var bytes = new byte[file.Length];
        file.ReadExactly(bytes);
        return bytes;
    }

    public static (IReadOnlyList<KeyOptions>? Keys, IReadOnlyList<string> Faults) Parse(ReadOnlySpan<byte> bytes, AccessOptions options)
    {
        try
        {
            KeyOptions?[]? sent = JsonSerializer.Deserialize<KeyOptions?[]>(bytes, Json);
            KeyOptions[] ofFile = [.. sent?.OfType<KeyOptions>().Where(key => key is { Id: not null, Sha256: not null, Models: not null }) ?? []];
            if (ofFile.Length != sent?.Length)
            {
                return (null, [$"'{options.KeyFile}' is no list of keys, or has null in it"]);
            }
            string[] faults = [.. KeyOptions.Validate(ofFile, options.KeyFile)];
            if (faults.Length > 0)
            {
                return (null, faults);
            }
            KeyOptions[] all = [.. options.Keys, .. ofFile];
            faults = [.. KeyOptions.Validate(all, "the keys of the configuration and of the file")];
            return faults.Length > 0 ? (null, faults) : (all, []);
        }
        catch (JsonException exception)
        {
            // The message of a fault in JSON may quote what stands there.
            return (null, [$"'{options.KeyFile}' is no list of keys in JSON: line {exception.LineNumber + 1}, {exception.Path}"]);
        }
    }
}
