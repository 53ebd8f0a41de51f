using Grpc.Core;
using QwenMesh.Protocol;
using QwenMesh.Testing;
using PromptTemplate = QwenMesh.Encoder.Prompting.PromptTemplate;

namespace QwenMesh.Encoder.Tests.Service;

/// <summary>Embeddings of NaN would be refused by the Denoiser, as the caller's fault.</summary>
public sealed class NotFiniteTests : IDisposable
{
    private const string Embeddings = "model.embed_tokens.weight";
    private const string Common = "a red circle";
    private const string Rare = "\u732b";

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_checkpoint_that_gives_NaN_stops_the_stage()
    {
        var exitCode = Environment.ExitCode;
        try
        {
            await using var host = await EncoderHost.StartLoadingAsync(null, "--Model:Path=" + DamagedCheckpoint.WithNaN(_folder, EncoderHost.TinyModel, "text_encoder", Embeddings));
            await Eventually.TrueAsync(() => Environment.ExitCode == 1, "the stage has stopped");
            var reason = Assert.Throws<RpcException>(host.Gate.ThrowIfNotReady).Status.Detail;
            Assert.Contains("the embeddings came out with values that are not finite", reason, StringComparison.Ordinal);
        }
        finally
        {
            Environment.ExitCode = exitCode;
        }
    }

    /// <summary>Only the row of a rare token is damaged: the warm-up cannot see it.</summary>
    [Fact]
    public async Task Embeddings_of_NaN_are_the_stages_fault()
    {
        int[] rare;
        using (var tiny = new TinyEncoder(EncoderHost.TinyModel))
        {
            rare = [.. Ids(tiny, Rare).Except(Ids(tiny, "a red circle on a blue background")).Except(Ids(tiny, Common))];
        }
        Assert.NotEmpty(rare);
        await using var host = await EncoderHost.StartAsync("--Model:Path=" + DamagedCheckpoint.WithNaN(_folder, EncoderHost.TinyModel, "text_encoder", Embeddings, rare));
        for (var i = 0; i < 2; i++)
        {
            // Not kept in the cache.
            var failed = await Assert.ThrowsAsync<RpcException>(() => EncodeCall.OfAsync(host.Client, Rare));
            Assert.Equal((StatusCode.Internal, FaultReasons.ComputationFailed), (failed.StatusCode, StageFaults.Read(failed)!.Reason));
            Assert.Contains("the embeddings came out with values that are not finite", failed.Status.Detail, StringComparison.Ordinal);
        }
        Assert.True((await EncodeCall.OfAsync(host.Client, Common)).Prompt.Tokens > 0);
    }

    private static List<int> Ids(TinyEncoder tiny, string prompt) => tiny.Encoder.Tokenize(PromptTemplate.TextToImage, prompt, 512, []).Tokens.Ids;
}
