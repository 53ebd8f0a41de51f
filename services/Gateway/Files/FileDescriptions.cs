using Microsoft.OpenApi;
using QwenMesh.Gateway.OpenApi;

namespace QwenMesh.Gateway.Files;

/// <summary>What /openapi.json says of /files/.</summary>
internal static class FileDescriptions
{
    public const string Pattern = "/files/{**path}";

    private const string Problem = "application/problem+json";

    private static readonly OpenApiSchema Bytes = new() { Type = JsonSchemaType.String, Format = "binary" };

    public static RouteDescription Read { get; } = new(GatewayDescription.Tag, "A picture under the address that an answer gave; it expires")
    {
        Answers =
        [
            new RouteAnswer(200, "image/png", Bytes), new RouteAnswer(200, "image/jpeg", Bytes), new RouteAnswer(200, "image/webp", Bytes),
            new RouteAnswer(206, "image/png", Bytes), new RouteAnswer(304, ""), new RouteAnswer(404, Problem, Schemas.Problem), new RouteAnswer(416, ""),
            new RouteAnswer(503, Problem, Schemas.Problem),
        ],
    };

    public static RouteDescription Write { get; } = new(GatewayDescription.Tag, "Takes the bytes of an upload at the address that was given for it")
    {
        File = Bytes,
        Answers = [new RouteAnswer(200, ""), .. new[] { 400, 404, 408, 409, 413, 503 }.Select(status => new RouteAnswer(status, Problem, Schemas.Problem))],
    };
}
