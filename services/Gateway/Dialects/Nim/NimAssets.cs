using QwenMesh.Gateway.Dialects.Bodies;
using QwenMesh.Gateway.Files;

namespace QwenMesh.Gateway.Dialects.Nim;

/// <summary>Pictures that are sent ahead of the edits that name them. Other media are not taken: nothing here would read them.</summary>
internal sealed class NimAssets(Uploads uploads, FileUrls urls)
{
    public const int MaxDescriptionLength = 1024;

    /// <summary>POST /v2/nvcf/assets: an id, and where the bytes are to be PUT.</summary>
    public async Task CreateAsync(DialectCall call)
    {
        var (type, description) = await ReadAsync(call);
        // A header comes without the blanks around it, and an empty one may not come at all.
        var repeated = description.Trim();
        var place = await uploads.CreateAsync(call.Owner, type, repeated.Length > 0 ? repeated : null, call.Aborted);
        await JsonAnswer.WriteAsync(call.Context, StatusCodes.Status200OK, json =>
        {
            json.WriteString("assetId", place.Upload.Id);
            json.WriteString("uploadUrl", urls.Absolute(call.BaseAddress, place.PutPath));
            json.WriteString("contentType", type);
            json.WriteString("description", description);
        });
    }

    /// <summary>DELETE /v2/nvcf/assets/{id}</summary>
    public async Task DeleteAsync(DialectCall call)
    {
        var id = call.Route("id");
        if (!await uploads.DeleteAsync(call.Owner, id, call.Aborted))
        {
            throw new DialectException(DialectErrorKind.NotFound, $"there is no asset '{Echo.Cut(id)}'");
        }
        call.Context.Response.StatusCode = StatusCodes.Status204NoContent;
    }

    private static async Task<(string Type, string Description)> ReadAsync(DialectCall call)
    {
        using var body = await call.ReadBodyAsync(BodyForm.JsonOfAnyType);
        var fields = body.Fields();
        if (fields.Raw("contentType") is null)
        {
            fields.Missing("contentType");
        }
        var type = fields.Choice("contentType", FileTypes.Pictures);
        var description = fields.Text("description", MaxDescriptionLength) ?? "";
        if (description.Any(char.IsControl))
        {
            fields.Refuse("description", "it has control characters, which the header of the upload could not repeat");
        }
        fields.ThrowIfFaulty(call.Strict);
        ResponseHeaders.SetIgnored(call.Context.Response, [.. fields.Unknown]);
        return (type!, description);
    }
}
