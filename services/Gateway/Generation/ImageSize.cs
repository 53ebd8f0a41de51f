using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace QwenMesh.Gateway.Generation;

/// <summary>Width and height of a picture in pixels.</summary>
[JsonConverter(typeof(TextForm))]
public readonly record struct ImageSize(int Width, int Height)
{
    internal long Pixels => (long)Width * Height;

    /// <summary>Both sides rounded down to a multiple, but never to nothing.</summary>
    public ImageSize FloorTo(int multiple) => new(Math.Max(Width / multiple, 1) * multiple, Math.Max(Height / multiple, 1) * multiple);

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Width}x{Height}");

    /// <summary>Reads "1024x768".</summary>
    public static bool TryParse(string? text, out ImageSize size)
    {
        size = default;
        if (text?.Split('x') is not [var width, var height]
            || !int.TryParse(width, NumberStyles.None, CultureInfo.InvariantCulture, out var w)
            || !int.TryParse(height, NumberStyles.None, CultureInfo.InvariantCulture, out var h))
        {
            return false;
        }
        size = new ImageSize(w, h);
        return w > 0 && h > 0;
    }

    internal sealed class TextForm : JsonConverter<ImageSize>
    {
        public override ImageSize Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            reader.TokenType == JsonTokenType.String && TryParse(reader.GetString(), out var size)
                ? size
                : throw new JsonException("a size is written \"WIDTHxHEIGHT\"");

        public override void Write(Utf8JsonWriter writer, ImageSize value, JsonSerializerOptions options) => writer.WriteStringValue(value.ToString());
    }
}
