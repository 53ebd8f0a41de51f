using Grpc.Core;
using Grpc.Net.Client;
using QwenMesh.Gateway.Tests.Access;
using QwenMesh.Protocol;
using QwenMesh.Protocol.V1;

namespace QwenMesh.Gateway.Tests.FrontDoor;

/// <summary>ImageGeneration's jobs, through a generated client.</summary>
/// <param name="address">Of the gRPC port.</param>
/// <param name="key">Id of the API key; null without one.</param>
internal sealed class DurableClient(string address, string? key = null) : IDisposable
{
    private readonly GrpcChannel _channel = GrpcChannel.ForAddress(address);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public static SubmitRequest Request => new()
    {
        Request = new GenerateRequest { Task = GenerationTask.TextToImage, Prompt = "p", Width = 512, Height = 512, Seed = 9, Steps = 6 },
    };

    /// <summary>The pictures that are left when everything has been told, by what the contract says of them.</summary>
    public static Dictionary<int, byte[]> Pictures(IEnumerable<GenerationJobEvent> events)
    {
        var pictures = new Dictionary<int, byte[]>();
        foreach (var happened in events)
        {
            if (happened.Retried is not null)
            {
                pictures.Clear();
            }
            if (happened.Image is { Absence: ImageAbsence.Unspecified } image)
            {
                pictures[image.Picture] = [.. pictures.GetValueOrDefault(image.Picture, []), .. image.Data.Span];
            }
        }
        return pictures;
    }

    public async Task<GenerationJob> SubmitAsync(SubmitRequest request) => await Client.SubmitAsync(request, Options);

    public async Task<GenerationJob> SubmitAsync(Action<SubmitRequest>? change = null)
    {
        var request = Request;
        change?.Invoke(request);
        return await SubmitAsync(request);
    }

    public async Task<GenerationJob> GetAsync(string id) => await Client.GetAsync(new GetJobRequest { Id = id }, Options);

    public async Task<GenerationJob> CancelAsync(string id) => await Client.CancelAsync(new CancelRequest { Id = id }, Options);

    public async Task<ListJobsResponse> ListAsync(ListJobsRequest request) => await Client.ListAsync(request, Options);

    public async Task<string> SecretAsync() => (await Client.GetWebhookSecretAsync(new GetWebhookSecretRequest(), Options)).Secret;

    public AsyncServerStreamingCall<GenerateEvent> Generate(GenerateRequest request) => Client.Generate(request, Options);

    public AsyncServerStreamingCall<GenerationJobEvent> Watch(string id, long after = 0) => Client.Watch(new WatchRequest { Id = id, After = after }, Options);

    /// <summary>All events after a number, until the last one.</summary>
    public async Task<List<GenerationJobEvent>> EventsAsync(string id, long after = 0)
    {
        using var call = Watch(id, after);
        return await call.ResponseStream.ReadAllAsync(Token).ToListAsync(Token);
    }

    /// <summary>The refusal of a call, which has to have this status and reason.</summary>
    public static async Task<StageFault> RefusedAsync(Func<Task> call, StatusCode status, string reason)
    {
        var refused = await Assert.ThrowsAsync<RpcException>(call);
        var fault = StageFaults.Read(refused);
        Assert.True((refused.StatusCode, fault?.Reason) == (status, reason), $"{refused.StatusCode} {fault?.Reason}: {refused.Status.Detail}");
        return fault!;
    }

    public void Dispose() => _channel.Dispose();

    private ImageGeneration.ImageGenerationClient Client => new(_channel);

    private CallOptions Options => new(
        key is null ? null : new Metadata { { "authorization", $"Bearer {TestKeys.Of(key)}" } }, DateTime.UtcNow.AddSeconds(60), Token);
}
