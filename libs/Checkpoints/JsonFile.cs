using System.Text.Json;

namespace QwenMesh.Checkpoints;

/// <summary>Reads the JSON files of a checkpoint: bounded in size, objects only, no key twice.</summary>
public static class JsonFile
{
    private const long MaxBytes = 64 << 20;
    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false };

    /// <exception cref="CheckpointException">Missing, unreadable, or larger than 64 MiB.</exception>
    public static string ReadText(string path)
    {
        try
        {
            // Its length once it is open: that of a path may be a link's, and in the Hugging Face cache every file is one.
            using var file = File.OpenRead(path);
            if (file.Length > MaxBytes)
            {
                throw new CheckpointException(path, null, $"at most {MaxBytes} bytes", $"{file.Length} bytes");
            }
            var bytes = new byte[file.Length];
            file.ReadExactly(bytes);
            using var reader = new StreamReader(new MemoryStream(bytes));
            return reader.ReadToEnd();
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            throw new CheckpointException(path, null, "a readable file", unreadable.Message, unreadable);
        }
    }

    /// <param name="path">The file that errors name.</param>
    /// <param name="text">Its contents.</param>
    /// <exception cref="CheckpointException">Not JSON, not an object, or a key occurs twice.</exception>
    public static JsonDocument Parse(string path, string text)
    {
        JsonDocument document;
        try
        {
            document = JsonDocument.Parse(text, Strict);
        }
        catch (JsonException malformed)
        {
            throw new CheckpointException(path, null, "well-formed JSON", malformed.Message, malformed);
        }
        if (document.RootElement.ValueKind != JsonValueKind.Object)
        {
            var found = document.RootElement.ValueKind;
            document.Dispose();
            throw new CheckpointException(path, null, "a JSON object", found.ToString());
        }
        return document;
    }
}
