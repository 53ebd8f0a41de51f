using Microsoft.Extensions.Options;
using QwenMesh.Gateway.Dialects.Bodies;
using QwenMesh.Gateway.Dialects.Fields;
using QwenMesh.Gateway.Files;
using QwenMesh.Imaging;

namespace QwenMesh.Gateway.Dialects;

/// <summary>Pictures that clients send ahead, as a part of multipart/form-data. Nothing else is kept: nothing here would read it.</summary>
internal sealed class SentPictures(Uploads uploads, FileUrls urls, IOptions<FilesOptions> options)
{
    /// <summary>Reads the body and keeps its picture.</summary>
    /// <param name="call">Whose body is a form.</param>
    /// <param name="field">The part that is a file.</param>
    /// <param name="mostOfName">Characters that are kept of the file's name.</param>
    /// <exception cref="DialectException">There is none, or it is too large or no picture.</exception>
    public async Task<SentPicture> KeepAsync(DialectCall call, string field, int mostOfName)
    {
        using var body = await call.ReadBodyAsync(BodyForm.JsonOrMultipart);
        var part = body.Parts.FirstOrDefault(part => part.IsFile && part.Name == field)
            ?? throw Refused(field, "send a picture as a part of multipart/form-data with a file name");
        DemandRoom(part.Content.Length);
        var format = ImageFormats.Sniff(part.Content.Span) ?? throw Refused(field, "it is no PNG, JPEG, WebP or GIF; other media are not served here");
        var name = Echo.Cut(part.FileName!, mostOfName);
        var upload = await uploads.PutAsync(call.Owner, part.Content, format.MediaType(), call.Aborted);
        var address = await urls.ForAsync(call.BaseAddress, upload.Key, upload.MediaType, upload.Expires, call.Aborted);
        return new SentPicture(upload, name, part.Content.Length, address);
    }

    /// <exception cref="DialectException">It is larger than what is kept.</exception>
    public void DemandRoom(long bytes)
    {
        if (bytes > options.Value.MaxUploadBytes)
        {
            throw new DialectException(DialectErrorKind.BodyTooLarge, $"a file may have at most {options.Value.MaxUploadBytes} bytes");
        }
    }

    private static DialectException Refused(string field, string reason) => new(DialectError.Of([FieldFault.Because(FieldPath.Body.At(field), reason, null)]));
}

/// <param name="Upload">Kept.</param>
/// <param name="Name">As the client said.</param>
/// <param name="Bytes">Its size.</param>
/// <param name="Address">Where it is read.</param>
internal sealed record SentPicture(Upload Upload, string Name, long Bytes, string Address);
