using Grpc.Core;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using QwenMesh.Gateway.Access;
using QwenMesh.Gateway.Jobs;
using QwenMesh.Gateway.Webhooks;
using QwenMesh.Protocol.V1;

namespace QwenMesh.Gateway.FrontDoor;

/// <summary>From a Submit to what may be submitted.</summary>
internal sealed class SubmitTranslation(WebhookAddresses webhooks, IServer server)
{
    private const int MaxIdempotencyKey = 255;

    /// <exception cref="RpcException">INVALID_ARGUMENT, with the field.</exception>
    public JobSubmission ToSubmission(SubmitRequest request, ServerCallContext context)
    {
        var drawn = request.Request ?? throw GenerationStatus.Invalid("request", "is required");
        if (request.IdempotencyKey.Length > MaxIdempotencyKey)
        {
            throw GenerationStatus.Invalid("idempotency_key", $"has more than {MaxIdempotencyKey} characters");
        }
        if (request.Webhook.Length > 0 && webhooks.Check(request.Webhook) is { } reason)
        {
            throw GenerationStatus.Invalid("webhook", reason);
        }
        var http = context.GetHttpContext();
        return new JobSubmission
        {
            Request = GenerateTranslation.ToCanonical(drawn, Deadline(request)),
            Dialect = ImageGenerationService.Dialect,
            Owner = http.Owner(),
            IdempotencyKey = request.IdempotencyKey.Length > 0 ? request.IdempotencyKey : null,
            Webhook = request.Webhook.Length > 0 ? new WebhookTarget(request.Webhook) : null,
            BaseAddress = BaseAddress(http),
        };
    }

    // For the results' addresses in a webhook. Who called the gRPC port itself finds files on the HTTP port beside it; a proxy's one port has both.
    private string BaseAddress(HttpContext context)
    {
        var (scheme, host, port) = (context.Request.Scheme, context.Request.Host, context.Connection.LocalPort);
        var others = server.Features.Get<IServerAddressesFeature>()?.Addresses.Select(address => BindingAddress.Parse(address).Port).Where(other => other != port);
        return host.Port == port && others?.FirstOrDefault() is > 0 and var other ? $"{scheme}://{new HostString(host.Host, other)}" : $"{scheme}://{host}";
    }

    private static DateTime Deadline(SubmitRequest request)
    {
        try
        {
            return request.Deadline?.ToDateTime() ?? DateTime.MaxValue;
        }
        catch (InvalidOperationException)
        {
            throw GenerationStatus.Invalid("deadline", "is not a time");
        }
    }
}
