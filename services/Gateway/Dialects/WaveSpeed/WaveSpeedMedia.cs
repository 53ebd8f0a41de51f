using QwenMesh.Gateway.Dialects.Bodies;
using QwenMesh.Gateway.Dialects.Fields;
using QwenMesh.Gateway.Files;

namespace QwenMesh.Gateway.Dialects.WaveSpeed;

/// <summary>Pictures that are sent ahead: at once as a form, or to an address that is signed for it. Nothing else is kept: nothing here would read it.</summary>
internal sealed class WaveSpeedMedia(SentPictures pictures, Uploads uploads, FileUrls urls)
{
    public const int MaxNameLength = 255;

    private static readonly string[] Required = ["size", "content_type"];

    /// <summary>POST /media/upload/binary: multipart/form-data with a part "file".</summary>
    public async Task KeepAsync(DialectCall call)
    {
        var sent = await pictures.KeepAsync(call, "file", MaxNameLength);
        await WaveSpeedResponse.WriteAsync(call.Context, json =>
        {
            json.WriteString("type", "image");
            json.WriteString("download_url", sent.Address);
            json.WriteString("filename", sent.Name);
            json.WriteNumber("size", sent.Bytes);
        });
    }

    /// <summary>POST /media/uploads: where a file is to be PUT, and where it will be read.</summary>
    public async Task BeginAsync(DialectCall call)
    {
        var type = await ReadAsync(call);
        var place = await uploads.CreateAsync(call.Owner, type, description: null, call.Aborted);
        var address = await urls.ForAsync(call.BaseAddress, place.Upload.Key, place.Upload.MediaType, place.Upload.Expires, call.Aborted);
        await WaveSpeedResponse.WriteAsync(call.Context, json =>
        {
            json.WriteStartObject("upload");
            json.WriteString("method", HttpMethods.Put);
            json.WriteString("url", urls.Absolute(call.BaseAddress, place.PutPath));
            json.WriteStartObject("headers");
            json.WriteString("Content-Type", type);
            json.WriteEndObject();
            json.WriteEndObject();
            json.WriteString("download_url", address);
        });
    }

    /// <returns>The content type.</returns>
    private async Task<string> ReadAsync(DialectCall call)
    {
        using var body = await call.ReadBodyAsync(BodyForm.Json);
        var fields = body.Fields();
        fields.RequiredText("filename", MaxNameLength, minLength: 1);
        foreach (var name in Required.Where(name => fields.Raw(name) is null))
        {
            fields.Missing(name);
        }
        var size = fields.Integer("size", 1, long.MaxValue);
        var type = fields.Choice("content_type", FileTypes.Pictures);
        fields.ThrowIfFaulty(call.Strict);
        ResponseHeaders.SetIgnored(call.Context.Response, [.. fields.Unknown]);
        pictures.DemandRoom(size!.Value);
        return type!;
    }
}
