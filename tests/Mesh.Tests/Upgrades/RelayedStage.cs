using System.Net;
using Grpc.Core;
using Grpc.Health.V1;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using QwenMesh.Protocol.V1;

namespace QwenMesh.Mesh.Tests.Upgrades;

/// <summary>
/// A real stage as one of another version would be: it does not know checkpoints, tells neither its limits nor how long anything took, and sends fields and
/// messages that this version does not know.
/// </summary>
internal sealed class RelayedStage : IAsyncDisposable
{
    // What no stage can do without, or a picture could not be drawn at all.
    private static readonly string[] NewFeatures = ["checkpoint", "resume", "preview", "control", "adapters"];

    private readonly WebApplication _app;
    private readonly GrpcChannel _channel;

    private RelayedStage(WebApplication app, GrpcChannel channel) => (_app, _channel) = (app, channel);

    public string Address => _app.Urls.Single();

    public static async Task<RelayedStage> StartAsync(ServiceProcess stage)
    {
        var channel = GrpcChannel.ForAddress(stage.GrpcAddress);
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen => listen.Protocols = HttpProtocols.Http2));
        builder.Services.AddGrpc();
        builder.Services.AddSingleton(channel);
        var app = builder.Build();
        app.MapGrpcService<Encoder>();
        app.MapGrpcService<Denoiser>();
        app.MapGrpcService<Vae>();
        app.MapGrpcService<Info>();
        app.MapGrpcService<Healthy>();
        await app.StartAsync(TestContext.Current.CancellationToken);
        return new RelayedStage(app, channel);
    }

    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync();
        _channel.Dispose();
    }

    private static async Task RelayAsync<TRequest, TResponse>(
        AsyncDuplexStreamingCall<TRequest, TResponse> call, IAsyncStreamReader<TRequest> requests, IServerStreamWriter<TResponse> responses, Action<TRequest> age,
        Action<TResponse> strip, CancellationToken cancellation)
        where TRequest : class
        where TResponse : class, Google.Protobuf.IMessage<TResponse>, new()
    {
        await foreach (var request in requests.ReadAllAsync(cancellation))
        {
            age(request);
            await call.RequestStream.WriteAsync(request, cancellation);
        }
        await call.RequestStream.CompleteAsync();
        await foreach (var response in call.ResponseStream.ReadAllAsync(cancellation))
        {
            strip(response);
            await responses.WriteAsync(OtherVersion.Only<TResponse>(), cancellation);
            await responses.WriteAsync(OtherVersion.Of(response), cancellation);
        }
    }

    private sealed class Encoder(GrpcChannel channel) : EncoderStage.EncoderStageBase
    {
        public override Task Encode(IAsyncStreamReader<EncodeRequest> requestStream, IServerStreamWriter<EncodeResponse> responseStream, ServerCallContext context) => RelayAsync(
            new EncoderStage.EncoderStageClient(channel).Encode(deadline: context.Deadline, cancellationToken: context.CancellationToken), requestStream, responseStream,
            _ => { },
            response => response.Finished?.ClearTime(),
            context.CancellationToken);
    }

    private sealed class Denoiser(GrpcChannel channel) : DenoiserStage.DenoiserStageBase
    {
        public override Task Denoise(IAsyncStreamReader<DenoiseRequest> requestStream, IServerStreamWriter<DenoiseResponse> responseStream, ServerCallContext context) => RelayAsync(
            new DenoiserStage.DenoiserStageClient(channel).Denoise(deadline: context.Deadline, cancellationToken: context.CancellationToken), requestStream, responseStream,
            request =>
            {
                if (request.Parameters is { } parameters)
                {
                    // Fields that it does not know say nothing to it.
                    (parameters.CheckpointInterval, parameters.PreviewInterval) = (0, 0);
                }
            },
            response =>
            {
                response.Finished?.ClearTime();
                response.Started?.Sigmas.Clear();
                if (response.Step is { } step)
                {
                    (step.Sigma, step.Seconds) = (0, 0);
                }
            },
            context.CancellationToken);
    }

    private sealed class Vae(GrpcChannel channel) : VaeStage.VaeStageBase
    {
        public override Task Decode(IAsyncStreamReader<VaeDecodeRequest> requestStream, IServerStreamWriter<VaeDecodeResponse> responseStream, ServerCallContext context) => RelayAsync(
            new VaeStage.VaeStageClient(channel).Decode(deadline: context.Deadline, cancellationToken: context.CancellationToken), requestStream, responseStream,
            _ => { },
            response => response.Finished?.ClearTime(),
            context.CancellationToken);
    }

    private sealed class Info(GrpcChannel channel) : StageInfo.StageInfoBase
    {
        public override async Task<ModelInfo> GetModelInfo(GetModelInfoRequest request, ServerCallContext context)
        {
            var model = await new StageInfo.StageInfoClient(channel).GetModelInfoAsync(request, deadline: context.Deadline, cancellationToken: context.CancellationToken);
            string[] known = [.. model.Features.Except(NewFeatures)];
            model.Features.Clear();
            model.Features.AddRange(known);
            (model.Limits, model.SoftwareVersion) = (null, "0.0.9");
            model.WireDtypes.Clear();
            return OtherVersion.Of(model);
        }
    }

    private sealed class Healthy(GrpcChannel channel) : Health.HealthBase
    {
        public override async Task<HealthCheckResponse> Check(HealthCheckRequest request, ServerCallContext context) =>
            await new Health.HealthClient(channel).CheckAsync(request, deadline: context.Deadline, cancellationToken: context.CancellationToken);
    }
}

internal static class Times
{
    public static void ClearTime(this CallFinished finished) => finished.ComputeSeconds = 0;
}
