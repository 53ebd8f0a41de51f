using System.Text;
using System.Text.Json;
using System.Text.Unicode;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Net.Http.Headers;
using static QwenMesh.Gateway.Dialects.Bodies.BodyBudget;

namespace QwenMesh.Gateway.Dialects.Bodies;

/// <param name="Parts">Files and fields together.</param>
/// <param name="Bytes">Of one part.</param>
internal sealed record FormLimits(int Parts, int Bytes);

/// <summary>
/// multipart/form-data, with the parts in any order. Texts become an object as in a JSON body (a name that comes twice, or that ends in [], is a list),
/// so that a dialect reads both alike.
/// </summary>
internal static class FormBody
{
    private const int MaxBoundaryLength = 128;
    private const int MaxHeaders = 16;
    private const int MaxHeaderBytes = 8 << 10;
    private const int MaxNameLength = 256;

    public static string Boundary(MediaTypeHeaderValue type)
    {
        var boundary = HeaderUtilities.RemoveQuotes(type.Boundary).ToString();
        return boundary.Length is > 0 and <= MaxBoundaryLength
            ? boundary
            : throw Invalid($"the content type has no boundary, or one of more than {MaxBoundaryLength} characters");
    }

    public static async Task<RequestBody> ReadAsync(
        Stream body, string boundary, FormLimits limits, BodyCharge charge, CancellationToken cancellationToken)
    {
        var reader = new MultipartReader(boundary, body) { HeadersCountLimit = MaxHeaders, HeadersLengthLimit = MaxHeaderBytes };
        var parts = new List<FormPart>();
        try
        {
            while (await reader.ReadNextSectionAsync(cancellationToken) is { } section)
            {
                if (parts.Count == limits.Parts)
                {
                    throw new DialectException(DialectErrorKind.BodyTooLarge, $"the form has more than {limits.Parts} parts");
                }
                parts.Add(await ReadPartAsync(section, limits, charge, cancellationToken));
            }
        }
        catch (Exception exception) when (exception is InvalidDataException || IsCutOff(exception))
        {
            throw Invalid($"the form is broken: {exception.Message}");
        }
        return new RequestBody(Texts(parts, charge), parts, charge);
    }

    // What MultipartReader says of a body that ends before its last boundary; the connection's own failures are of other types.
    private static bool IsCutOff(Exception exception) => exception.GetType() == typeof(IOException);

    private static async Task<FormPart> ReadPartAsync(MultipartSection section, FormLimits limits, BodyCharge charge, CancellationToken cancellationToken)
    {
        if (!ContentDispositionHeaderValue.TryParse(section.ContentDisposition, out var disposition)
            || HeaderUtilities.RemoveQuotes(disposition.Name).ToString() is not { Length: > 0 and <= MaxNameLength } name)
        {
            throw Invalid("a part of the form has no name, or one that is too long");
        }
        var content = new GrowingBuffer(charge);
        await content.ReadToEndAsync(section.Body, limits.Bytes, cancellationToken);
        var isList = name.EndsWith("[]", StringComparison.Ordinal);
        var fileName = disposition.FileNameStar.HasValue ? disposition.FileNameStar : disposition.FileName;
        return new FormPart(isList ? name[..^2] : name, isList, fileName.HasValue ? HeaderUtilities.RemoveQuotes(fileName).ToString() : null, content.Written)
        {
            ContentType = section.ContentType,
        };
    }

    private static JsonDocument Texts(IReadOnlyList<FormPart> parts, BodyCharge charge)
    {
        var texts = parts.Where(part => !part.IsFile).ToArray();
        charge.Add(2L * texts.Sum(part => part.Content.Length + part.Name.Length));
        using var json = new MemoryStream();
        using (var writer = new Utf8JsonWriter(json))
        {
            writer.WriteStartObject();
            foreach (var field in texts.GroupBy(part => part.Name, StringComparer.Ordinal))
            {
                writer.WritePropertyName(field.Key);
                Write(writer, [.. field]);
            }
            writer.WriteEndObject();
        }
        return JsonDocument.Parse(json.ToArray());
    }

    private static void Write(Utf8JsonWriter writer, FormPart[] parts)
    {
        var isList = parts.Length > 1 || parts[0].IsList;
        if (isList)
        {
            writer.WriteStartArray();
        }
        foreach (var part in parts)
        {
            if (!Utf8.IsValid(part.Content.Span))
            {
                throw Invalid($"field '{Echo.Cut(part.Name)}' is not UTF-8");
            }
            writer.WriteStringValue(part.Content.Span);
        }
        if (isList)
        {
            writer.WriteEndArray();
        }
    }

    private static DialectException Invalid(string reason) => new(DialectErrorKind.InvalidBody, reason);
}
