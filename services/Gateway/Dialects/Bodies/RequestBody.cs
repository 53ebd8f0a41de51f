using System.Text.Json;
using QwenMesh.Gateway.Dialects.Fields;
using static QwenMesh.Gateway.Dialects.Bodies.BodyBudget;

namespace QwenMesh.Gateway.Dialects.Bodies;

/// <summary>One part of a multipart body.</summary>
/// <param name="Name">Without a trailing [].</param>
/// <param name="IsList">Whether it was sent with [].</param>
/// <param name="FileName">As sent; null for a field. Never a path to open.</param>
/// <param name="Content">Its bytes, until the body is disposed of.</param>
public sealed record FormPart(string Name, bool IsList, string? FileName, ReadOnlyMemory<byte> Content)
{
    /// <summary>As sent. Not to be trusted.</summary>
    public string? ContentType { get; init; }

    /// <summary>Whether it is a file.</summary>
    public bool IsFile => FileName is not null;
}

/// <summary>A request's body, read and parsed. Its memory is given back when it is disposed of, at the latest with the request.</summary>
public sealed class RequestBody : IDisposable
{
    private readonly JsonDocument? _document;
    private readonly BodyCharge _charge;

    internal RequestBody(JsonDocument? document, IReadOnlyList<FormPart> parts, BodyCharge charge)
    {
        (_document, Parts, _charge) = (document, parts, charge);
    }

    /// <summary>The JSON; of a form, an object of its texts. Null for an empty body.</summary>
    public JsonElement? Root => _document?.RootElement;

    /// <summary>Of a form, in the order of the request; empty for JSON.</summary>
    public IReadOnlyList<FormPart> Parts { get; }

    /// <summary>The fields of the object that the body is.</summary>
    /// <exception cref="DialectException">There is no body, or it is no object.</exception>
    public BodyFields Fields() => Root switch
    {
        null => throw new DialectException(DialectError.Of([FieldFault.Missing(FieldPath.Body, null)])),
        { ValueKind: JsonValueKind.Object } root => new BodyFields(root, Parts),
        { } root => throw new DialectException(DialectError.Of([FieldFault.WrongType(FieldPath.Body, FieldType.Object, root)])),
    };

    /// <inheritdoc/>
    public void Dispose()
    {
        _document?.Dispose();
        _charge.Dispose();
    }
}
