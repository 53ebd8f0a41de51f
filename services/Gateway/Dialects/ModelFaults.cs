using QwenMesh.Gateway.Dialects.Fields;
using QwenMesh.Gateway.Generation;
using QwenMesh.Gateway.Planning;
using QwenMesh.Gateway.Profiles;

namespace QwenMesh.Gateway.Dialects;

/// <summary>What the served model does not allow, as faults of the dialect's fields.</summary>
internal static class ModelFaults
{
    /// <param name="request">Translated.</param>
    /// <param name="served">The model.</param>
    /// <param name="fields">The body.</param>
    /// <param name="name">The dialect's field for each of the request's; null for the body as a whole.</param>
    /// <exception cref="DialectException">It breaks rules of the model.</exception>
    public static void ThrowIfAny(GenerationRequest request, ServedModel served, BodyFields fields, Func<GenerationField, string?> name)
    {
        FieldFault[] faults = [.. GenerationLimits.Check(request, served).Select(violation => Fault(violation, fields, name(violation.Field)))];
        if (faults.Length > 0)
        {
            throw new DialectException(DialectError.Of(faults));
        }
    }

    private static FieldFault Fault(GenerationViolation violation, BodyFields fields, string? field)
    {
        if (violation.Field == GenerationField.Size)
        {
            return FieldFault.Because(field is null ? FieldPath.Body : FieldPath.Body.At(field), FormattableString.Invariant(
                $"the size has {violation.Value} {violation.Unit}; this model takes at most {violation.AtMost}"), field is null ? null : fields.Sent(field));
        }
        var (kind, bound) = violation.AtLeast is { } least ? (FieldFaultKind.TooSmall, least) : (FieldFaultKind.TooLarge, violation.AtMost!.Value);
        return field is null
            ? FieldFault.Because(FieldPath.Body, violation.ToString(), null)
            : FieldFault.OutOf(kind, FieldPath.Body.At(field), bound, fields.Sent(field));
    }
}
