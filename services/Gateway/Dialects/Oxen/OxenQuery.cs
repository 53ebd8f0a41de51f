using System.Globalization;
using QwenMesh.Gateway.Dialects.Fields;
using QwenMesh.Gateway.Jobs;

namespace QwenMesh.Gateway.Dialects.Oxen;

/// <summary>Which generations of the queue are listed.</summary>
/// <param name="Status">Null for those that are active.</param>
/// <param name="Model">Null for all.</param>
/// <param name="Namespace">Null for all.</param>
/// <param name="IsEmpty">None can match: of another medium, or of a repository.</param>
internal sealed record OxenFilter(JobState? Status, string? Model, string? Namespace, bool IsEmpty);

/// <summary>Query parameters.</summary>
internal static class OxenQuery
{
    private static readonly string[] Statuses = [.. Enum.GetValues<JobState>().Select(OxenGeneration.StatusOf)];

    /// <exception cref="DialectException">The status is none.</exception>
    public static OxenFilter Filter(DialectCall call)
    {
        JobState? state = null;
        if (Text(call, "status") is { } status)
        {
            var index = Array.IndexOf(Statuses, status);
            state = index >= 0 ? (JobState)index : throw new DialectException(DialectError.Of([FieldFault.NotAmong(FieldPath.Body.At("status"), Statuses, null)]));
        }
        return new OxenFilter(state, Text(call, "model"), Text(call, "namespace"),
            Text(call, "media_type") is not (null or "image") || Text(call, "repo") is not null || Text(call, "folder") is not null);
    }

    /// <exception cref="DialectException">No whole number of the range.</exception>
    public static int Integer(DialectCall call, string name, int otherwise, int most)
    {
        if (Text(call, name) is not { } text)
        {
            return otherwise;
        }
        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= 1 && number <= most
            ? number
            : throw new DialectException(DialectError.Of([FieldFault.Because(FieldPath.Body.At(name), $"a whole number from 1 to {most} is expected", null)]));
    }

    /// <summary>Null when it is absent or empty.</summary>
    public static string? Text(DialectCall call, string name) => call.Context.Request.Query[name].ToString() is { Length: > 0 } text ? text : null;
}
