using System.Globalization;
using QwenMesh.Gateway.Files;
using QwenMesh.Gateway.Jobs;
using QwenMesh.Imaging;

namespace QwenMesh.Gateway.Dialects.OpenAi;

/// <summary>GET /v1/images/{id}/content?variant=i: SGLang's way to a picture of an answer, by the answer's id.</summary>
internal sealed class OpenAiContent(JobFiles files)
{
    /// <exception cref="DialectException">There is none of this id and number, or it is not shown.</exception>
    public async Task WriteAsync(DialectCall call)
    {
        var job = await call.FindJobAsync(call.Route("id"));
        var picture = job.Dialect == OpenAiEndpoints.Dialect ? job.Result?.Pictures.FirstOrDefault(picture => picture.Number == Variant(call)) : null;
        if (picture is null || picture.IsFiltered || await files.ReadAsync(job, picture, call.Aborted) is not { } file)
        {
            throw new DialectException(DialectErrorKind.NotFound, $"there is no picture {Echo.Cut(Sent(call) ?? "0")} of '{Echo.Cut(job.Id)}'");
        }
        var type = job.Request.Format.MediaType();
        await OpenAiFiles.WriteAsync(call.Context.Response, file, type, $"image-{job.Id}-{picture.Number}.{FileTypes.ExtensionOf(type)}", call.Aborted);
    }

    private static string? Sent(DialectCall call) => call.Context.Request.Query["variant"];

    private static int Variant(DialectCall call) => Sent(call) is not { Length: > 0 } text ? 0
        : int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number
        : -1;
}
