using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.Extensions.Options;
using QwenMesh.Gateway.Access;
using QwenMesh.Gateway.OpenApi;
using QwenMesh.Gateway.Profiles;
using QwenMesh.ServiceDefaults;

namespace QwenMesh.Gateway.Dialects.Nim;

/// <summary>The container's health, metadata and metrics routes.</summary>
internal sealed class NimIntrospection(GatewayReadiness readiness, ModelDirectory models, ModelNames names, IOptions<GatewayOptions> options) : IDialect
{
    private static readonly JsonSerializerOptions Json = new()
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase) },
    };

    private static readonly License Software = License.Read();

    public string Name => "nim introspection";

    public void Map(IEndpointRouteBuilder endpoints)
    {
        endpoints.MapGet("/v1/health/live", () => Health("Service is live.", "live")).WithAccess(RouteAccess.Open).Describe(NimSchemas.Live);
        endpoints.MapGet("/v1/health/ready", () => readiness.Reason is { } reason
            ? Results.Json(new { Error = new { Message = reason } }, Json, statusCode: StatusCodes.Status503ServiceUnavailable)
            : Health("Service is ready.", "ready")).WithAccess(RouteAccess.Open).Describe(NimSchemas.Ready);
        endpoints.MapGet("/v1/metadata", Metadata).Describe(NimSchemas.Metadata);
        endpoints.MapGet("/v1/manifest", () => Results.Json(new Dictionary<string, string>
        {
            ["manifest_file"] = models.Current is { } served ? JsonSerializer.Serialize(served.Profile, Json) : "",
            ["repository_override"] = "",
        }, Json)).Describe(NimSchemas.Manifest);
        endpoints.MapGet("/v1/license", () => Results.Json(Software, Json)).Describe(NimSchemas.Licence);
        endpoints.MapGet("/v1/version", () => Results.Json(new { Release = MeshTelemetry.Version, Api = "v1" }, Json)).Describe(NimSchemas.Version);
        endpoints.MapMetrics("/v1/metrics").WithAccess(RouteAccess.Open).Describe(GatewayRoutes.Metrics);
    }

    private static IResult Health(string message, string status) =>
        Results.Json(new { Object = "health.response", Message = message, Status = status }, Json);

    private IResult Metadata()
    {
        var served = models.Current;
        return Results.Json(new Dictionary<string, object>
        {
            ["assetInfo"] = served is null ? Array.Empty<string>() : [served.ModelId],
            ["licenseInfo"] = Software,
            ["modelInfo"] = served is null
                ? []
                : names.All(served.Profile).Select(name => new { ModelUrl = name, ShortName = name[(name.IndexOf('/') + 1)..] }).ToArray(),
            ["repository_override"] = "",
            ["version"] = MeshTelemetry.Version,
            ["selectedModelProfileId"] = served?.Profile.Id ?? options.Value.Profile,
        }, Json);
    }

    private sealed record License(string Name, string Path, string Sha, int Size, string Url, string Type, string Content)
    {
        public static License Read()
        {
            using var stream = typeof(License).Assembly.GetManifestResourceStream("LICENSE")!;
            using var reader = new StreamReader(stream, Encoding.UTF8);
            var content = reader.ReadToEnd();
#pragma warning disable CA5350 // The interface names SHA-1; it identifies the text and protects nothing.
            var sha = Convert.ToHexStringLower(SHA1.HashData(Encoding.UTF8.GetBytes(content)));
#pragma warning restore CA5350
            return new License("Apache License 2.0", "LICENSE", sha, content.Length, "https://www.apache.org/licenses/LICENSE-2.0", "file", content);
        }
    }
}
