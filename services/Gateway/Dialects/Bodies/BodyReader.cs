using Microsoft.Extensions.Options;
using Microsoft.Net.Http.Headers;
using QwenMesh.Gateway.Access;
using static QwenMesh.Gateway.Dialects.Bodies.BodyBudget;

namespace QwenMesh.Gateway.Dialects.Bodies;

/// <summary>
/// Reads a request's body: unpacked, up to a limit, within a time, and on the account of all bodies. A body in JSON and one in parts become the same
/// <see cref="RequestBody"/>.
/// </summary>
internal sealed class BodyReader(BodyBudget budget, IOptions<GatewayOptions> gateway, IOptions<DialectOptions> dialects)
{
    /// <exception cref="DialectException">Too large, too slow, broken, or not of the form.</exception>
    public async Task<RequestBody> ReadAsync(HttpContext context, BodyForm form)
    {
        var charge = budget.Open();
        context.Response.RegisterForDispose(charge);
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted);
        timeout.CancelAfter(TimeSpan.FromSeconds(dialects.Value.BodyTimeoutSeconds));
        try
        {
            return await ReadAsync(context, form, charge, timeout.Token);
        }
        catch (DialectException)
        {
            charge.Dispose();
            throw;
        }
        catch (OperationCanceledException) when (!context.RequestAborted.IsCancellationRequested)
        {
            throw new DialectException(DialectErrorKind.BodyTimeout,
                FormattableString.Invariant($"the request body did not arrive within {dialects.Value.BodyTimeoutSeconds} s"));
        }
        catch (BadHttpRequestException exception)
        {
            throw new DialectException(exception.StatusCode switch
            {
                StatusCodes.Status408RequestTimeout => DialectErrorKind.BodyTimeout,
                StatusCodes.Status413PayloadTooLarge => DialectErrorKind.BodyTooLarge,
                _ => DialectErrorKind.BrokenTransfer,
            }, exception.Message);
        }
        catch (Exception exception) when (ContentEncodings.IsDamage(context, exception))
        {
            throw new DialectException(DialectErrorKind.InvalidBody, $"the packed body is damaged: {exception.Message}");
        }
    }

    private async Task<RequestBody> ReadAsync(HttpContext context, BodyForm form, BodyCharge charge, CancellationToken cancellationToken)
    {
        var most = context.MostBodyBytes(gateway.Value.MaxRequestBodyBytes);
        if (context.Request.ContentLength > most && context.Request.Headers.Expect.Count > 0)
        {
            throw TooLarge(most); // The client has sent nothing yet, and asks whether it shall.
        }
        var boundary = Boundary(context, form);
        BodyRest.LiftLimit(context);
        await using var sent = new LimitedStream(context.Request.Body, most, () => TooLarge(most));
        await using var unpacked = new LimitedStream(ContentEncodings.Unpack(context, sent), most, () => TooLarge(most));
        if (boundary is not null)
        {
            return await FormBody.ReadAsync(unpacked, boundary, new FormLimits(dialects.Value.MaxFormParts, most), charge, cancellationToken);
        }
        var bytes = new GrowingBuffer(charge);
        await bytes.ReadToEndAsync(unpacked, most, cancellationToken);
        return new RequestBody(JsonBody.Parse(bytes.Written, dialects.Value.MaxJsonTokens, charge), [], charge);
    }

    // The boundary of a body in parts; null for one in JSON.
    private static string? Boundary(HttpContext context, BodyForm form)
    {
        if (form == BodyForm.JsonOfAnyType || string.IsNullOrEmpty(context.Request.ContentType))
        {
            return null;
        }
        var read = form == BodyForm.JsonOrMultipart ? "application/json or multipart/form-data" : "application/json";
        if (!MediaTypeHeaderValue.TryParse(context.Request.ContentType, out var type))
        {
            throw new DialectException(DialectErrorKind.UnsupportedMediaType, $"the content type cannot be read; send {read}");
        }
        if (form == BodyForm.JsonOrMultipart && type.MediaType.Equals("multipart/form-data", StringComparison.OrdinalIgnoreCase))
        {
            return FormBody.Boundary(type);
        }
        return type.MatchesMediaType("application/json") || type.Suffix.Equals("json", StringComparison.OrdinalIgnoreCase)
            ? null
            : throw new DialectException(
                DialectErrorKind.UnsupportedMediaType, $"content type '{Echo.Cut(type.MediaType.ToString())}' is not read; send {read}");
    }

    private static DialectException TooLarge(long most) => new(DialectErrorKind.BodyTooLarge, $"the request body is larger than {most} bytes");
}
