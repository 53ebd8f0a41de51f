namespace QwenMesh.Gateway.Dialects.Replicate;

/// <summary>POST /v1/files: the vendor's clients send the files of an input ahead, and name their addresses in it. A part "content"; "metadata" is not kept.</summary>
internal sealed class ReplicateFiles(SentPictures pictures)
{
    private const int MostOfName = 255;

    public async Task KeepAsync(DialectCall call)
    {
        var sent = await pictures.KeepAsync(call, "content", MostOfName);
        await JsonAnswer.WriteAsync(call.Context, StatusCodes.Status201Created, json =>
        {
            json.WriteString("id", sent.Upload.Id);
            json.WriteString("name", sent.Name);
            json.WriteString("content_type", sent.Upload.MediaType);
            json.WriteNumber("size", sent.Bytes);
            json.WriteStartObject("metadata");
            json.WriteEndObject();
            json.WriteString("expires_at", ReplicatePredictions.Text(sent.Upload.Expires));
            json.WriteStartObject("urls");
            json.WriteString("get", sent.Address);
            json.WriteEndObject();
        });
    }
}
