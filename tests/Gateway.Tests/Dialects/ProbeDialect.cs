using System.Text.Encodings.Web;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using QwenMesh.Gateway.Dialects;
using QwenMesh.Gateway.Dialects.Bodies;

namespace QwenMesh.Gateway.Tests.Dialects;

/// <summary>A dialect that draws nothing: it tells what it has read.</summary>
internal sealed class ProbeDialect : IDialect
{
    private static readonly JsonSerializerOptions Deep = new() { MaxDepth = 128, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public string Name => "probe";

    public IReadOnlyList<string> Prefixes => ["/probe"];

    /// <summary>Ends when a request has reached the dialect, before its body is read.</summary>
    public TaskCompletionSource Reached { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>The dialect keeps a body until this ends.</summary>
    public Task Hold { get; set; } = Task.CompletedTask;

    /// <summary>Ends when a body is read and kept.</summary>
    public TaskCompletionSource Held { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public void Map(IEndpointRouteBuilder endpoints)
    {
        endpoints.MapCall(this, HttpMethods.Post, "/probe/any", call => TellAsync(call, BodyForm.JsonOfAnyType));
        endpoints.MapCall(this, HttpMethods.Post, "/probe/json", call => TellAsync(call, BodyForm.Json));
        endpoints.MapCall(this, HttpMethods.Post, "/probe/form", call => TellAsync(call, BodyForm.JsonOrMultipart));
        endpoints.MapCall(this, HttpMethods.Post, "/probe/pictures", PicturesAsync);
        endpoints.MapCall(this, HttpMethods.Get, "/probe/hello", call => call.Context.Response.WriteAsync("hello"));
        endpoints.MapCall(this, HttpMethods.Get, "/probe/broken", _ => throw new InvalidOperationException("a secret"));
    }

    public async Task WriteErrorAsync(HttpContext context, DialectError error)
    {
        context.Response.StatusCode = error.Status;
        await context.Response.WriteAsync($"{error.Kind}: {error.Detail}", context.RequestAborted);
    }

    private async Task TellAsync(DialectCall call, BodyForm form)
    {
        Reached.TrySetResult();
        using var body = await call.ReadBodyAsync(form);
        Held.TrySetResult();
        await Hold.WaitAsync(call.Aborted);
        await call.Context.Response.WriteAsJsonAsync(new
        {
            body = body.Root,
            parts = body.Parts.Select(part => $"{part.Name}{(part.IsList ? "[]" : "")} {part.FileName} {part.ContentType} {part.Content.Length}"),
        }, Deep, call.Aborted);
    }

    private static async Task PicturesAsync(DialectCall call)
    {
        using var body = await call.ReadBodyAsync(BodyForm.JsonOrMultipart);
        var fields = body.Fields();
        var pictures = fields.Pictures(3, "image", "url");
        fields.ThrowIfFaulty(strict: false);
        await call.Context.Response.WriteAsJsonAsync(pictures.Select(picture =>
            $"{picture.Path} {picture.Form} {(picture.Form == QwenMesh.Gateway.Dialects.Fields.PictureForm.File ? picture.File.Length : picture.Text.GetString()!.Length)}"),
            (JsonSerializerOptions?)null, call.Aborted);
    }
}
