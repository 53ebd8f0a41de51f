using System.Text.Json;

namespace QwenMesh.Checkpoints;

/// <summary>Reads the small JSON files of a checkpoint: bounded, objects only, no key twice.</summary>
internal static class JsonFile
{
    private const long MaxBytes = 64 << 20;
    private static readonly JsonDocumentOptions _strict = new() { AllowDuplicateProperties = false };

    public static string ReadText(string path)
    {
        try
        {
            var length = new FileInfo(path).Length;
            return length <= MaxBytes
                ? File.ReadAllText(path)
                : throw new CheckpointException(path, null, $"at most {MaxBytes} bytes", $"{length} bytes");
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            throw new CheckpointException(path, null, "a readable file", unreadable.Message, unreadable);
        }
    }

    public static JsonDocument Parse(string path, string text)
    {
        JsonDocument document;
        try
        {
            document = JsonDocument.Parse(text, _strict);
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
