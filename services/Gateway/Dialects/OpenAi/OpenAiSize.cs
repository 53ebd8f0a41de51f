using QwenMesh.Gateway.Dialects.Fields;
using QwenMesh.Gateway.Generation;

namespace QwenMesh.Gateway.Dialects.OpenAi;

/// <summary>"1024x1024" or "auto"; SGLang's width and height count before it, and come together.</summary>
internal static class OpenAiSize
{
    private const int MaxSide = 16_384;

    /// <summary>Null for auto, for none, and for one at fault.</summary>
    public static (ImageSize Size, string Field)? Read(BodyFields fields)
    {
        var text = fields.Text("size", maxLength: 32)?.Trim();
        var (width, height) = (fields.Integer("width", 1, MaxSide), fields.Integer("height", 1, MaxSide));
        if (width is not null && height is not null)
        {
            return (new ImageSize((int)width, (int)height), "width");
        }
        if (fields.Raw("width") is null != fields.Raw("height") is null)
        {
            fields.Refuse(fields.Raw("width") is null ? "width" : "height", "width and height come together");
        }
        if (text is null or "" || text.Equals("auto", StringComparison.OrdinalIgnoreCase))
        {
            return null;
        }
        if (ImageSize.TryParse(text.ToLowerInvariant(), out var size) && size.Width <= MaxSide && size.Height <= MaxSide)
        {
            return (size, "size");
        }
        fields.Refuse("size", "a size is 'auto' or WIDTHxHEIGHT in pixels, e.g. '1024x1024'");
        return null;
    }
}
