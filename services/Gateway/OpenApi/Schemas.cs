using System.Globalization;
using System.Text.Json.Nodes;
using Microsoft.OpenApi;

namespace QwenMesh.Gateway.OpenApi;

/// <summary>JSON schemas, in few words.</summary>
internal static class Schemas
{
    public static OpenApiSchema Text(string description = "", int? maxLength = null) =>
        new() { Type = JsonSchemaType.String, Description = Null(description), MaxLength = maxLength };

    public static OpenApiSchema Word(string description, string? otherwise, params IEnumerable<string> words) => new()
    {
        Type = JsonSchemaType.String,
        Description = Null(description),
        Enum = [.. words.Select(word => (JsonNode)JsonValue.Create(word))],
        Default = otherwise is null ? null : JsonValue.Create(otherwise),
    };

    public static OpenApiSchema Integer(string description, long? atLeast = null, long? atMost = null, long? otherwise = null) => new()
    {
        Type = JsonSchemaType.Integer,
        Description = Null(description),
        Minimum = atLeast?.ToString(CultureInfo.InvariantCulture),
        Maximum = atMost?.ToString(CultureInfo.InvariantCulture),
        Default = otherwise is null ? null : JsonValue.Create(otherwise.Value),
    };

    public static OpenApiSchema Number(string description, double atLeast, double atMost) => new()
    {
        Type = JsonSchemaType.Number,
        Description = Null(description),
        Minimum = atLeast.ToString(CultureInfo.InvariantCulture),
        Maximum = atMost.ToString(CultureInfo.InvariantCulture),
    };

    public static OpenApiSchema Flag(string description, bool? otherwise = null) => new()
    {
        Type = JsonSchemaType.Boolean,
        Description = Null(description),
        Default = otherwise is null ? null : JsonValue.Create(otherwise.Value),
    };

    public static OpenApiSchema List(IOpenApiSchema items) => new() { Type = JsonSchemaType.Array, Items = items };

    public static OpenApiSchema Nullable(OpenApiSchema schema)
    {
        schema.Type |= JsonSchemaType.Null;
        return schema;
    }

    public static OpenApiSchema Any(params IEnumerable<IOpenApiSchema> schemas) => new() { AnyOf = [.. schemas] };

    public static OpenApiSchema Anything(string description) => new() { Description = description };

    /// <param name="required">Names that are always there.</param>
    /// <param name="properties">All properties, by name.</param>
    public static OpenApiSchema Object(IEnumerable<string> required, params IEnumerable<(string Name, IOpenApiSchema Schema)> properties) => new()
    {
        Type = JsonSchemaType.Object,
        Required = required.ToHashSet(StringComparer.Ordinal),
        Properties = properties.ToDictionary(property => property.Name, property => property.Schema, StringComparer.Ordinal),
    };

    /// <summary>An object whose properties are all there.</summary>
    public static OpenApiSchema Whole(params IReadOnlyCollection<(string Name, IOpenApiSchema Schema)> properties) =>
        Object(properties.Select(property => property.Name), properties);

    /// <summary>The Gateway's own error shape (RFC 9457).</summary>
    public static OpenApiSchema Problem { get; } = Object(["title", "status", "detail"],
        ("title", Text()), ("status", Integer("")), ("detail", Text()), ("errors", List(Whole(("field", Text()), ("detail", Text())))));

    private static string? Null(string text) => text.Length == 0 ? null : text;
}
