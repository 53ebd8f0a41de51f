using Microsoft.Extensions.Options;
using QwenMesh.Gateway.Dialects.Bodies;
using QwenMesh.Gateway.Dialects.Fields;
using QwenMesh.Gateway.Files;
using QwenMesh.Imaging;

namespace QwenMesh.Gateway.Dialects.WaveSpeed;

/// <summary>Pictures that are sent ahead: at once as a form, or to an address that is signed for it. Nothing else is kept: nothing here would read it.</summary>
internal sealed class WaveSpeedMedia(Uploads uploads, FileUrls urls, IOptions<FilesOptions> options)
{
    public const int MaxNameLength = 255;

    private static readonly string[] Required = ["size", "content_type"];

    /// <summary>POST /media/upload/binary: multipart/form-data with a part "file".</summary>
    public async Task KeepAsync(DialectCall call)
    {
        using var body = await call.ReadBodyAsync(BodyForm.JsonOrMultipart);
        var part = body.Parts.FirstOrDefault(part => part is { Name: "file", IsFile: true })
            ?? throw Refused("file", "send a picture as a part of multipart/form-data with a file name");
        DemandRoom(part.Content.Length);
        var format = ImageFormats.Sniff(part.Content.Span) ?? throw Refused("file", "it is no PNG, JPEG, WebP or GIF; other media are not served here");
        var name = Echo.Cut(part.FileName!, MaxNameLength);
        var upload = await uploads.PutAsync(call.Owner, part.Content, format.MediaType(), call.Aborted);
        var address = await AddressAsync(call, upload);
        var size = part.Content.Length;
        await WaveSpeedResponse.WriteAsync(call.Context, json =>
        {
            json.WriteString("type", "image");
            json.WriteString("download_url", address);
            json.WriteString("filename", name);
            json.WriteNumber("size", size);
        });
    }

    /// <summary>POST /media/uploads: where a file is to be PUT, and where it will be read.</summary>
    public async Task BeginAsync(DialectCall call)
    {
        var type = await ReadAsync(call);
        var place = await uploads.CreateAsync(call.Owner, type, description: null, call.Aborted);
        var address = await AddressAsync(call, place.Upload);
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
        DemandRoom(size!.Value);
        return type!;
    }

    private void DemandRoom(long bytes)
    {
        if (bytes > options.Value.MaxUploadBytes)
        {
            throw new DialectException(DialectErrorKind.BodyTooLarge, $"a file may have at most {options.Value.MaxUploadBytes} bytes");
        }
    }

    private ValueTask<string> AddressAsync(DialectCall call, Upload upload) =>
        urls.ForAsync(call.BaseAddress, upload.Key, upload.MediaType, upload.Expires, call.Aborted);

    private static DialectException Refused(string field, string reason) => new(DialectError.Of([FieldFault.Because(FieldPath.Body.At(field), reason, null)]));
}
