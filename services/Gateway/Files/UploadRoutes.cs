using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Options;
using QwenMesh.Gateway.Access;
using QwenMesh.Gateway.Generation;
using QwenMesh.Gateway.OpenApi;

namespace QwenMesh.Gateway.Files;

/// <summary>PUT /files/...: the bytes of an upload, at the path that was signed for it.</summary>
internal sealed class UploadRoutes(IBlobStore blobs, FileUrls urls, Uploads uploads, IOptions<FilesOptions> options, ILogger<UploadRoutes> logger) : IDisposable
{
    private const string DescriptionHeader = "x-amz-meta-nvcf-asset-description";
    private const int AtATime = 4;
    private const int Chunk = 64 << 10;

    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(5);

    // A file is in memory until it is stored.
    private readonly SemaphoreSlim _places = new(AtATime, AtATime);

    public void Map(IEndpointRouteBuilder endpoints) =>
        endpoints.MapMethods(FileDescriptions.Pattern, [HttpMethods.Put], AnswerAsync).WithAccess(RouteAccess.Open).Describe(FileDescriptions.Write);

    public void Dispose() => _places.Dispose();

    private async Task AnswerAsync(HttpContext context)
    {
        IResult result;
        // The server's own limit is for other requests. Of what is refused here it drops the rest up to this one, so that the client reads the answer.
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size)
        {
            size.MaxRequestBodySize = 2L * options.Value.MaxUploadBytes;
        }
        try
        {
            result = await TakeAsync(context);
        }
        catch (BadHttpRequestException broken)
        {
            result = Results.Problem(broken.Message, statusCode: broken.StatusCode);
        }
        catch (Exception failed) when ((failed is IOException or GenerationException) && !context.RequestAborted.IsCancellationRequested)
        {
            FileRoutes.ReportFailure(logger, context, failed.Message);
            result = FileProblems.StoreFailed();
        }
        await result.ExecuteAsync(context);
    }

    private async Task<IResult> TakeAsync(HttpContext context)
    {
        var request = context.Request;
        if (await urls.ReadAsync(request.Path, FileAccessKind.Write, context.RequestAborted) is not { } path)
        {
            return FileProblems.Unknown();
        }
        if (urls.IsExpired(path))
        {
            return FileProblems.Expired();
        }
        if (await uploads.FindByKeyAsync(path.Key, context.RequestAborted) is not { } upload)
        {
            return FileProblems.Gone();
        }
        if (!string.Equals(request.ContentType, upload.MediaType, StringComparison.OrdinalIgnoreCase))
        {
            return FileProblems.Refused("Content-Type is not what was said when the upload was begun");
        }
        if (upload.Description is { } description && request.Headers[DescriptionHeader] != description)
        {
            return FileProblems.Refused($"{DescriptionHeader} is not what was said when the upload was begun");
        }
        return request.ContentLength > options.Value.MaxUploadBytes ? FileProblems.TooLarge(options.Value.MaxUploadBytes) : await KeepAsync(context, upload);
    }

    private async Task<IResult> KeepAsync(HttpContext context, Upload upload)
    {
        if (!await _places.WaitAsync(TimeSpan.Zero, context.RequestAborted))
        {
            context.Response.Headers.RetryAfter = "1";
            return FileProblems.Busy();
        }
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted);
        limit.CancelAfter(Longest);
        try
        {
            if (await ReadAsync(context.Request.Body, limit.Token) is not { } bytes)
            {
                return FileProblems.TooLarge(options.Value.MaxUploadBytes);
            }
            // A client that has lost the answer sends the file again.
            if (await blobs.GetAsync(upload.Key, limit.Token) is { } before)
            {
                return before.Span.SequenceEqual(bytes.Span) ? Results.Ok() : FileProblems.Taken();
            }
            await blobs.PutAsync(upload.Key, bytes, upload.MediaType, limit.Token);
            return Results.Ok();
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested && !context.RequestAborted.IsCancellationRequested)
        {
            return FileProblems.TooSlow();
        }
        finally
        {
            _places.Release();
        }
    }

    private async Task<ReadOnlyMemory<byte>?> ReadAsync(Stream body, CancellationToken cancellationToken)
    {
        using var file = new MemoryStream(); // Grows with what arrives, not with what is announced.
        var chunk = new byte[Chunk];
        int read;
        while ((read = await body.ReadAsync(chunk, cancellationToken)) > 0)
        {
            if (file.Length + read > options.Value.MaxUploadBytes)
            {
                return null;
            }
            file.Write(chunk, 0, read);
        }
        return file.GetBuffer().AsMemory(0, (int)file.Length);
    }
}
