using System.Security.Cryptography;
using System.Text;
using QwenMesh.Gateway.Generation;
using QwenMesh.Gateway.Tests.Pictures;

namespace QwenMesh.Gateway.Tests.Guardrails;

/// <summary>What is refused is recorded without the content itself, which no log has either.</summary>
public sealed class AuditTests
{
    private const string Prompt = "an unmistakable sentence with gore in it";

    [Fact]
    public async Task A_record_has_a_digest_and_not_the_prompt()
    {
        await using var host = new GuardrailHost(("Deny:0", "gore"));
        host.Clock.Pass(1000);
        Assert.NotNull(await host.FaultOfAsync(Prompt));
        var digest = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Prompt)));
        var record = Assert.Single(host.Audit.Records);
        Assert.Equal((DateTimeOffset.UnixEpoch.AddSeconds(1000), "key-1", null, "prompt", "deny:0", digest),
            (record.At, record.Owner, record.Job, record.Subject, record.Rule, record.Digest));
        Assert.Contains(host.Logs.Lines, line => line.StartsWith("Information 420 A prompt is refused by deny:0", StringComparison.Ordinal));
        AssertSecret(host, "unmistakable", "gore");
    }

    [Theory]
    [InlineData(200)]
    [InlineData(500)]
    public async Task No_prompt_picture_or_key_is_in_any_log_whatever_the_service_answers(int status)
    {
        var picture = Samples.Png();
        await using var server = await ModerationServer.AnsweringAsync(status == 200 ? ModerationServer.Flagged : "echo: unmistakable", status);
        await using var host = new GuardrailHost(("Moderation:Url", server.Url), ("Moderation:ApiKey", "sk-secret"), ("Moderation:TimeoutSeconds", "60"));
        Assert.NotNull(await host.FaultOfAsync(Prompt));
        if (status == 200)
        {
            Assert.True(await host.IsWithheldAsync(picture));
            Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(picture)), host.Audit.Records.Last().Digest);
        }
        else
        {
            await Assert.ThrowsAsync<GenerationException>(() => host.IsWithheldAsync(picture));
        }
        AssertSecret(host, "unmistakable", "sk-secret", Convert.ToBase64String(picture)[..24]);
    }

    [Fact]
    public async Task What_cannot_be_recorded_stays_refused_and_is_logged()
    {
        await using var server = await ModerationServer.AnsweringAsync(ModerationServer.Flagged);
        await using var host = new GuardrailHost(("Moderation:Url", server.Url), ("Deny:0", "gore"));
        host.Audit.Failure = new InvalidOperationException("the store is away");
        Assert.Equal(FaultKind.ContentFiltered, (await host.FaultOfAsync("gore"))?.Kind);
        Assert.Equal(FaultKind.ContentFiltered, (await host.FaultOfAsync("a meadow"))?.Kind);
        Assert.True(await host.IsWithheldAsync(Samples.Png()));
        Assert.Equal(3, host.Logs.Lines.Count(line =>
            line.StartsWith("Error 421", StringComparison.Ordinal) && line.Contains("the store is away", StringComparison.Ordinal)));
    }

    private static void AssertSecret(GuardrailHost host, params string[] secrets)
    {
        Assert.NotEmpty(host.Logs.Lines);
        Assert.All(secrets, secret =>
        {
            Assert.DoesNotContain(host.Logs.Lines, line => line.Contains(secret, StringComparison.OrdinalIgnoreCase));
            Assert.DoesNotContain(host.Audit.Records, record => record.ToString().Contains(secret, StringComparison.OrdinalIgnoreCase));
        });
    }
}
