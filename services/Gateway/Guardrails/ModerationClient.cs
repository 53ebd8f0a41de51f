using Microsoft.Extensions.Options;

namespace QwenMesh.Gateway.Guardrails;

/// <summary>Asks the moderation service. Time, attempts and the size of an answer are bounded by the client of this name (GuardrailRegistration).</summary>
internal sealed class ModerationClient(IHttpClientFactory clients, IOptions<GuardrailOptions> options)
{
    public const string ClientName = "moderation";

    private readonly ModerationOptions _options = options.Value.Moderation;

    /// <summary>The rule that a text breaks; null for none.</summary>
    /// <exception cref="ModerationException">There is no usable answer.</exception>
    public Task<string?> CheckTextAsync(string text, CancellationToken cancellationToken) =>
        AskAsync(ModerationRequest.OfText(_options.Model, text), cancellationToken);

    /// <summary>The rule that a picture breaks; null for none.</summary>
    /// <exception cref="ModerationException">There is no usable answer.</exception>
    public Task<string?> CheckPictureAsync(ReadOnlyMemory<byte> file, string mediaType, CancellationToken cancellationToken) =>
        AskAsync(ModerationRequest.OfPicture(_options.Model, file, mediaType), cancellationToken);

    private async Task<string?> AskAsync(HttpContent question, CancellationToken cancellationToken)
    {
        using var client = clients.CreateClient(ClientName);
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, _options.Url) { Content = question };
            using var response = await client.SendAsync(request, cancellationToken);
            if (!response.IsSuccessStatusCode)
            {
                throw new ModerationException($"it answers with status {(int)response.StatusCode}");
            }
            return ModerationAnswer.RuleOf(await response.Content.ReadAsByteArrayAsync(cancellationToken));
        }
        catch (HttpRequestException exception)
        {
            throw new ModerationException(exception.HttpRequestError switch
            {
                HttpRequestError.ConfigurationLimitExceeded => "its answer is too large",
                var error => $"it could not be asked ({error})",
            }, exception);
        }
        catch (OperationCanceledException exception) when (!cancellationToken.IsCancellationRequested)
        {
            throw new ModerationException(FormattableString.Invariant($"no answer within {_options.TimeoutSeconds} s"), exception);
        }
    }
}
