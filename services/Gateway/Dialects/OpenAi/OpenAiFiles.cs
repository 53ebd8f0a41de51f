using System.IO.Compression;
using QwenMesh.Gateway.Files;
using QwenMesh.Gateway.Generation;
using QwenMesh.Gateway.Jobs;
using QwenMesh.Imaging;

namespace QwenMesh.Gateway.Dialects.OpenAi;

/// <summary>Pictures as they are: one is the body, several are in a ZIP archive.</summary>
internal static class OpenAiFiles
{
    /// <param name="response">Of the request.</param>
    /// <param name="job">Whose pictures they are; it has their format.</param>
    /// <param name="pictures">At least one.</param>
    /// <param name="cancellationToken">The request's.</param>
    public static Task WriteAsync(HttpResponse response, Job job, IReadOnlyList<GeneratedPicture> pictures, CancellationToken cancellationToken)
    {
        var type = job.Request.Format.MediaType();
        var extension = FileTypes.ExtensionOf(type);
        return pictures is [var only]
            ? WriteAsync(response, only.File, type, $"image-{job.Id}.{extension}", cancellationToken)
            : WriteAsync(response, Archive(pictures, extension), "application/zip", $"images-{job.Id}.zip", cancellationToken);
    }

    /// <summary>One file, to be saved under a name.</summary>
    public static async Task WriteAsync(HttpResponse response, ReadOnlyMemory<byte> file, string type, string name, CancellationToken cancellationToken)
    {
        response.StatusCode = StatusCodes.Status200OK;
        response.ContentType = type;
        response.ContentLength = file.Length;
        response.Headers.ContentDisposition = $"attachment; filename=\"{name}\"";
        response.Headers.XContentTypeOptions = "nosniff";
        await response.BodyWriter.WriteAsync(file, cancellationToken);
    }

    // Pictures are packed already.
    private static ReadOnlyMemory<byte> Archive(IReadOnlyList<GeneratedPicture> pictures, string extension)
    {
        using var bytes = new MemoryStream();
        using (var archive = new ZipArchive(bytes, ZipArchiveMode.Create, leaveOpen: true))
        {
            foreach (var picture in pictures)
            {
                using var entry = archive.CreateEntry($"image_{picture.Number}.{extension}", CompressionLevel.NoCompression).Open();
                entry.Write(picture.File.Span);
            }
        }
        return bytes.GetBuffer().AsMemory(0, (int)bytes.Length);
    }
}
