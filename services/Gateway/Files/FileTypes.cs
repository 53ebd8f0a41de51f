namespace QwenMesh.Gateway.Files;

/// <summary>Media types of files and what their addresses end in: clients tell the format from it.</summary>
internal static class FileTypes
{
    /// <summary>For everything that is no picture: browsers save it and show nothing.</summary>
    public const string OtherExtension = "bin";

    private static readonly (string Extension, string MediaType)[] Known =
        [("png", "image/png"), ("jpeg", "image/jpeg"), ("webp", "image/webp"), ("gif", "image/gif")];

    /// <summary>What clients may call the pictures that they upload.</summary>
    public static IReadOnlyCollection<string> Pictures { get; } = [.. Known.Select(known => known.MediaType), "image/jpg"];

    /// <summary>Without the dot.</summary>
    public static string ExtensionOf(string mediaType)
    {
        var type = mediaType.AsSpan();
        var end = type.IndexOf(';');
        type = (end < 0 ? type : type[..end]).Trim();
        if (type.Equals("image/jpg", StringComparison.OrdinalIgnoreCase))
        {
            return "jpeg";
        }
        foreach (var (extension, known) in Known)
        {
            if (type.Equals(known, StringComparison.OrdinalIgnoreCase))
            {
                return extension;
            }
        }
        return OtherExtension;
    }

    public static string MediaTypeOf(string extension) =>
        Array.Find(Known, known => known.Extension == extension).MediaType ?? "application/octet-stream";
}
