using System.Reflection;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.OpenApi;

namespace QwenMesh.Gateway.OpenApi;

/// <summary>What /openapi.json says of a route.</summary>
/// <param name="Tag">The dialect's name for people, or "Gateway".</param>
/// <param name="Summary">What it does.</param>
internal sealed record RouteDescription(string Tag, string Summary)
{
    /// <summary>JSON that is posted; null for none.</summary>
    public IOpenApiSchema? Request { get; init; }

    /// <summary>What may be posted as multipart/form-data instead, or has to be without <see cref="Request"/>; null for nothing.</summary>
    public IOpenApiSchema? Form { get; init; }

    /// <summary>What is sent as it is, in a body of any type; null for nothing.</summary>
    public IOpenApiSchema? File { get; init; }

    /// <summary>Headers that have to be sent, each with the value it must have.</summary>
    public IReadOnlyList<(string Name, string Value)> Headers { get; init; } = [];

    /// <summary>Headers that may be sent.</summary>
    public IReadOnlyList<(string Name, OpenApiSchema Schema)> OptionalHeaders { get; init; } = [];

    /// <summary>JSON that works as it is.</summary>
    public string? Example { get; init; }

    /// <summary>Status, content type (empty for no body) and schema.</summary>
    public IReadOnlyList<RouteAnswer> Answers { get; init; } = [];

    public void Apply(OpenApiOperation operation, string pattern)
    {
        operation.Summary = Summary;
        operation.Parameters = [.. Parameters(pattern), .. Headers.Select(Parameter), .. OptionalHeaders.Select(Parameter)];
        operation.Responses = [];
        foreach (var status in Answers.GroupBy(answer => answer.Status))
        {
            operation.Responses[$"{status.Key}"] = new OpenApiResponse
            {
                Description = ReasonPhrases.GetReasonPhrase(status.Key),
                Content = status.Where(answer => answer.Type.Length > 0)
                    .ToDictionary(answer => answer.Type, answer => new OpenApiMediaType { Schema = answer.Schema }, StringComparer.Ordinal),
            };
        }
        if (Request is not null || Form is not null)
        {
            var content = new Dictionary<string, OpenApiMediaType>(StringComparer.Ordinal);
            if (Request is not null)
            {
                content["application/json"] = new OpenApiMediaType { Schema = Request, Example = Example is null ? null : JsonNode.Parse(Example) };
            }
            if (Form is not null)
            {
                content["multipart/form-data"] = new OpenApiMediaType { Schema = Form };
            }
            operation.RequestBody = new OpenApiRequestBody { Required = true, Content = content };
        }
        if (File is not null)
        {
            var content = new Dictionary<string, OpenApiMediaType>(StringComparer.Ordinal) { ["*/*"] = new OpenApiMediaType { Schema = File } };
            operation.RequestBody = new OpenApiRequestBody { Required = true, Content = content };
        }
    }

    private static OpenApiParameter Parameter((string Name, string Value) header) =>
        new() { Name = header.Name, In = ParameterLocation.Header, Required = true, Schema = Schemas.Word("", null, header.Value) };

    private static OpenApiParameter Parameter((string Name, OpenApiSchema Schema) header) =>
        new() { Name = header.Name, In = ParameterLocation.Header, Schema = header.Schema };

    private static IEnumerable<IOpenApiParameter> Parameters(string pattern) =>
        Microsoft.AspNetCore.Routing.Patterns.RoutePatternFactory.Parse(pattern).Parameters.Select(parameter => new OpenApiParameter
        {
            Name = parameter.Name,
            In = ParameterLocation.Path,
            Required = true,
            Schema = Schemas.Text(),
        });
}

/// <summary>One answer of a route.</summary>
internal sealed record RouteAnswer(int Status, string Type, IOpenApiSchema? Schema = null)
{
    public static RouteAnswer Json(int status, IOpenApiSchema schema) => new(status, "application/json", schema);
}

/// <summary>Describes routes whose handlers take the request as it comes.</summary>
internal static class RouteDescriptions
{
    public static TBuilder Describe<TBuilder>(this TBuilder route, RouteDescription description)
        where TBuilder : IEndpointConventionBuilder
    {
        route.WithMetadata(new TagsAttribute(description.Tag), description);
        return route.Listed();
    }

    /// <summary>Has the document list a route that takes the request as it comes; what it says of it is in the usual metadata.</summary>
    public static TBuilder Listed<TBuilder>(this TBuilder route)
        where TBuilder : IEndpointConventionBuilder
    {
        route.Add(endpoint =>
        {
            // A route without a handler's method, or with none of its own, is left out of the document.
            if (!endpoint.Metadata.OfType<MethodInfo>().Any())
            {
                endpoint.Metadata.Add(((Delegate)Answered).Method);
            }
            if (!endpoint.Metadata.OfType<HttpMethodMetadata>().Any())
            {
                endpoint.Metadata.Add(new HttpMethodMetadata([HttpMethods.Get]));
            }
        });
        return route;
    }

    /// <summary>Has <see cref="Describe"/>d routes written as they are described.</summary>
    public static Task ApplyAsync(OpenApiOperation operation, Microsoft.AspNetCore.Mvc.ApiExplorer.ApiDescription route)
    {
        route.ActionDescriptor.EndpointMetadata.OfType<RouteDescription>().LastOrDefault()?.Apply(operation, $"/{route.RelativePath}");
        return Task.CompletedTask;
    }

    private static void Answered()
    {
    }
}
