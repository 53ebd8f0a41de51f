using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using QwenMesh.Gateway.Dialects;
using QwenMesh.Gateway.Dialects.Bodies;
using QwenMesh.Gateway.Generation;
using QwenMesh.Imaging;

namespace QwenMesh.Gateway.Tests.Dialects;

internal sealed class PlainDialect : IDialect
{
    public string Name => "plain";

    public IReadOnlyList<string> Prefixes => ["/plain"];

    public void Map(IEndpointRouteBuilder endpoints) => endpoints.MapCall(this, "POST", "/plain", DrawAsync).WithSummary("Draws a picture");

    public Task WriteErrorAsync(HttpContext context, DialectError error)
    {
        context.Response.StatusCode = error.Status;
        return context.Response.WriteAsync(error.Detail, context.RequestAborted);
    }

    private async Task DrawAsync(DialectCall call)
    {
        call.RefuseWhenFull();
        var request = await ReadAsync(call);
        var result = await call.DrawAsync(this, request);
        call.Context.Response.ContentType = request.Format.MediaType();
        await call.Context.Response.BodyWriter.WriteAsync(result.Pictures[0].File, call.Aborted);
    }

    private static async Task<GenerationRequest> ReadAsync(DialectCall call)
    {
        using var body = await call.ReadBodyAsync(BodyForm.JsonOrMultipart);
        var fields = body.Fields();
        var side = (int)(fields.Integer("side", 64, 4096) ?? 1024);
        var request = new GenerationRequest
        {
            Prompt = fields.RequiredText("prompt", maxLength: 1000, minLength: 1),
            Size = new ImageSize(side, side),
            Steps = (int)(fields.Integer("steps", 1, 50) ?? 20),
            Guidance = fields.Number("guidance", 0, 10) ?? 4,
            Seed = (ulong)(fields.Integer("seed", 0, uint.MaxValue) ?? Random.Shared.Next()),
        };
        fields.ThrowIfFaulty(call.Strict);
        return request;
    }
}
