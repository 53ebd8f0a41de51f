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

    /// <summary>Before a picture is read: whether the model does what is asked, with that many pictures.</summary>
    /// <param name="task">What is asked.</param>
    /// <param name="served">The model.</param>
    /// <param name="references">Pictures that are edited, without a mask.</param>
    /// <param name="fields">The body.</param>
    /// <param name="name">The dialect's field for pictures.</param>
    /// <exception cref="DialectException">The model does not do it.</exception>
    public static void ThrowIfNotDone(GenerationTask task, ServedModel served, int references, BodyFields fields, string name)
    {
        try
        {
            var most = PicturePlan.MostReferences(Pipelines.Choose(task, served), served);
            if (references > most)
            {
                throw new DialectException(DialectError.Of([FieldFault.OutOf(FieldFaultKind.TooMany, FieldPath.Body.At(name), most, null)]));
            }
        }
        catch (GenerationException refused)
        {
            throw new DialectException(DialectError.Of([FieldFault.Because(FieldPath.Body.At(name), refused.Fault.Detail, fields.Sent(name))]), refused);
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
