using Microsoft.Extensions.Options;
using QwenMesh.Gateway.Dialects.Json;
using QwenMesh.Gateway.Generation;
using QwenMesh.Gateway.Profiles;

namespace QwenMesh.Gateway.Dialects.Nim;

/// <summary>NVIDIA NIM for visual generative AI: the container's /v1/infer and the hosted /v1/genai/{publisher}/{model}, answered at once.</summary>
internal sealed partial class NimEndpoints(
    ModelDirectory models, ModelNames names, GenerationOrchestrator orchestrator, IOptions<GatewayOptions> options, ILogger<NimEndpoints> logger)
    : IDialect
{
    public void Map(IEndpointRouteBuilder endpoints)
    {
        endpoints.MapPost("/v1/infer", context => HandleAsync(context, model: null));
        endpoints.MapPost("/v1/genai/{publisher}/{model}", context =>
            HandleAsync(context, $"{context.GetRouteValue("publisher")}/{context.GetRouteValue("model")}"));
    }

    private async Task HandleAsync(HttpContext context, string? model)
    {
        try
        {
            var served = models.Current
                ?? throw new GenerationException(new GenerationFault(null, FaultKind.Unavailable, $"no model is ready: {models.Reason}"));
            if (model is not null && !names.Serves(served.Profile, model))
            {
                await NimErrors.WriteAsync(context, StatusCodes.Status404NotFound,
                    $"Model '{model}' is not served here; served are {string.Join(", ", names.All(served.Profile))}");
                return;
            }
            await GenerateAsync(context, served);
        }
        catch (JsonBodyException exception)
        {
            await NimErrors.WriteAsync(context, exception);
        }
        catch (GenerationException exception)
        {
            LogFailed(logger, exception.Fault.Stage ?? "gateway", exception.Fault.Kind, exception.Fault.Detail);
            await NimErrors.WriteAsync(context, exception.Fault, options.Value.RetryAfterSeconds);
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            LogLeft(logger);
        }
        catch (Exception exception) when (!context.Response.HasStarted)
        {
            LogBroken(logger, exception);
            await NimErrors.WriteAsync(context, StatusCodes.Status500InternalServerError, "Internal server error");
        }
    }

    private async Task GenerateAsync(HttpContext context, ServedModel served)
    {
        using var body = await JsonBody.ReadAsync(context, options.Value.MaxRequestBodyBytes);
        if (NimRequest.Parse(body?.RootElement, options.Value.Strict, out var faults) is not { } parsed
            || NimTranslation.Translate(parsed, body!.RootElement, served, out faults) is not { } request)
        {
            await NimErrors.WriteAsync(context, faults);
            return;
        }
        var result = await orchestrator.RunAsync(request, served, context.RequestAborted);
        RequestLog.Generated(logger, "nim", served, request, result);
        ResponseHeaders.Set(context.Response, result, parsed.Ignored);
        await NimResponse.WriteAsync(context.Response, result, context.RequestAborted);
    }

    [LoggerMessage(60, LogLevel.Warning, "Not generated: {Stage} {Kind}: {Reason}")]
    private static partial void LogFailed(ILogger logger, string stage, FaultKind kind, string reason);

    [LoggerMessage(61, LogLevel.Information, "Not generated: the client went away")]
    private static partial void LogLeft(ILogger logger);

    [LoggerMessage(63, LogLevel.Error, "Not generated: the gateway failed")]
    private static partial void LogBroken(ILogger logger, Exception exception);
}
