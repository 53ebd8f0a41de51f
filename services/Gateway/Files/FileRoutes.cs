using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Net.Http.Headers;
using QwenMesh.Gateway.Access;
using QwenMesh.Gateway.Generation;
using QwenMesh.Gateway.OpenApi;

namespace QwenMesh.Gateway.Files;

/// <summary>GET /files/...: files under signed addresses, whole or in ranges.</summary>
internal sealed partial class FileRoutes(IBlobStore blobs, FileUrls urls, TimeProvider time, ILogger<FileRoutes> logger)
{
    // Whatever a file holds, a browser runs nothing of it.
    private const string Policy = "default-src 'none'; sandbox";

    public void Map(IEndpointRouteBuilder endpoints) =>
        endpoints.MapMethods(FileDescriptions.Pattern, [HttpMethods.Get], AnswerAsync).WithAccess(RouteAccess.Open).Describe(FileDescriptions.Read);

    private async Task AnswerAsync(HttpContext context)
    {
        context.Response.Headers.XContentTypeOptions = "nosniff";
        context.Response.Headers.ContentSecurityPolicy = Policy;
        var result = await ReadAsync(context);
        await result.ExecuteAsync(context);
    }

    private async Task<IResult> ReadAsync(HttpContext context)
    {
        try
        {
            if (await urls.ReadAsync(context.Request.Path, FileAccessKind.Read, context.RequestAborted) is not { } path)
            {
                return FileProblems.Unknown();
            }
            if (urls.IsExpired(path))
            {
                return FileProblems.Expired();
            }
            if (await blobs.GetAsync(path.Key, context.RequestAborted) is not { } file)
            {
                return FileProblems.Gone();
            }
            WriteHeaders(context.Response.Headers, path);
            return Results.Bytes(file, FileTypes.MediaTypeOf(path.Extension), enableRangeProcessing: true, entityTag: TagOf(path.Key));
        }
        catch (Exception failed) when (failed is IOException or GenerationException)
        {
            ReportFailure(logger, context, failed.Message);
            return FileProblems.StoreFailed();
        }
    }

    private void WriteHeaders(IHeaderDictionary headers, SignedPath path)
    {
        var seconds = Math.Max(0, (long)(path.Expires - time.GetUtcNow()).TotalSeconds);
        headers.CacheControl = string.Create(CultureInfo.InvariantCulture, $"private, max-age={seconds}, immutable");
        // Of a result, job and number make a name that is not taken yet in a folder for downloads.
        var name = string.Join('-', path.Key.Split('/').TakeLast(3).Where(segment => segment is not ("result" or "file")));
        headers.ContentDisposition = $"{(path.Extension == FileTypes.OtherExtension ? "attachment" : "inline")}; filename=\"{name}.{path.Extension}\"";
    }

    // A key never has other bytes.
    private static EntityTagHeaderValue TagOf(string key) => new($"\"{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(key)).AsSpan(0, 16))}\"");

    /// <summary>Logs outside of the request: the server's scope of it has the path, with which anybody can read the file, or write it.</summary>
    internal static void ReportFailure(ILogger logger, HttpContext context, string reason)
    {
        var id = context.Response.Headers[RequestIdentity.Header].ToString();
        using (ExecutionContext.SuppressFlow())
        {
            _ = Task.Run(() => LogFailed(logger, id, reason));
        }
    }

    [LoggerMessage(400, LogLevel.Warning, "The store of files failed in request {XRequestId}: {Reason}")]
    private static partial void LogFailed(ILogger logger, string xRequestId, string reason);
}
