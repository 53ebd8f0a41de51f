using System.Net;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using QwenMesh.Gateway.Generation;
using QwenMesh.Gateway.Guardrails;
using QwenMesh.Gateway.Tests.Fakes;
using QwenMesh.Imaging;

namespace QwenMesh.Gateway.Tests.Guardrails;

/// <summary>What clients of the dialects get for a refused prompt and for a withheld picture.</summary>
public sealed class FilteredAnswerTests
{
    [Theory]
    [InlineData("refused", 0)]
    [InlineData("fine", 1)]
    public async Task Nim_says_content_filtered_with_status_200_and_the_seed(string prompt, int asked)
    {
        var guardrails = new ScriptedGuardrails(withheld: 1);
        await using var mesh = await FakeMesh.StartAsync(services: services => services.AddSingleton<IGuardrails>(guardrails));
        using var answer = await mesh.Gateway.PostAsync("/v1/infer", $$"""{"prompt":"{{prompt}}","width":512,"height":512,"seed":7}""");
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal("""{"artifacts":[{"base64":"","finishReason":"CONTENT_FILTERED","seed":7}]}""", await ReadAsync(answer));
        Assert.Equal(asked, guardrails.Asked);
    }

    [Theory]
    [InlineData("refused", "the prompt is refused", 0)]
    [InlineData("fine", "the picture is withheld by this service's rules", 2)]
    public async Task OpenAi_says_moderation_blocked(string prompt, string message, int asked)
    {
        var guardrails = new ScriptedGuardrails(withheld: 2);
        await using var mesh = await FakeMesh.StartAsync(services: services => services.AddSingleton<IGuardrails>(guardrails));
        using var answer = await mesh.Gateway.PostAsync("/v1/images/generations", $$"""{"prompt":"{{prompt}}","size":"512x512","n":2}""");
        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        using var body = JsonDocument.Parse(await ReadAsync(answer));
        var error = body.RootElement.GetProperty("error");
        Assert.Equal(("image_generation_user_error", "moderation_blocked", message, JsonValueKind.Null), (error.GetProperty("type").GetString(),
            error.GetProperty("code").GetString(), error.GetProperty("message").GetString(), error.GetProperty("param").ValueKind));
        Assert.Equal(asked, guardrails.Asked);
    }

    [Fact]
    public async Task OpenAi_leaves_out_the_withheld_one_of_several_pictures()
    {
        await using var mesh = await FakeMesh.StartAsync(services: services => services.AddSingleton<IGuardrails>(new ScriptedGuardrails(withheld: 1)));
        using var answer = await mesh.Gateway.PostAsync("/v1/images/generations", """{"prompt":"fine","size":"512x512","n":2}""");
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        using var body = JsonDocument.Parse(await ReadAsync(answer));
        Assert.NotEmpty(Assert.Single(body.RootElement.GetProperty("data").EnumerateArray()).GetProperty("b64_json").GetBytesFromBase64());
    }

    private static Task<string> ReadAsync(HttpResponseMessage answer) => answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);

    /// <summary>Refuses one prompt, and withholds the first pictures that it is asked about.</summary>
    private sealed class ScriptedGuardrails(int withheld) : IGuardrails
    {
        private int _asked;

        public int Asked => _asked;

        public Task CheckAsync(GenerationRequest request, string owner, CancellationToken cancellationToken) => request.Prompt == "refused"
            ? Task.FromException(new GenerationException(new GenerationFault(null, FaultKind.ContentFiltered, "the prompt is refused")))
            : Task.CompletedTask;

        public Task<bool> IsWithheldAsync(ReadOnlyMemory<byte> file, ImageFormat format, string owner, string? job, CancellationToken cancellationToken) =>
            Task.FromResult(Interlocked.Increment(ref _asked) <= withheld);
    }
}
