using System.Text;
using Microsoft.Extensions.Options;
using QwenMesh.Gateway.Generation;
using QwenMesh.Gateway.Jobs;
using QwenMesh.Gateway.Tests.Fakes;
using QwenMesh.Gateway.Webhooks;

namespace QwenMesh.Gateway.Tests.Webhooks;

/// <summary>What webhooks are signed with, and for whom.</summary>
public sealed class WebhookSecretTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_configured_secret_is_that_of_callers_without_a_key()
    {
        var configured = WebhookSecret.Prefix + Convert.ToBase64String(new byte[24]);
        Assert.Equal(configured, await Secret(configured).TextAsync("", Token));
    }

    [Fact]
    public async Task Every_owner_has_another_secret_and_always_the_same()
    {
        var secret = Secret("");
        string[] texts = [await secret.TextAsync("", Token), await secret.TextAsync("a", Token), await secret.TextAsync("b", Token)];
        Assert.Equal(3, texts.Distinct().Count());
        Assert.Equal(texts[1], await Secret("").TextAsync("a", Token));
    }

    [Fact]
    public async Task What_an_owner_is_told_verifies_what_is_posted_to_him_alone()
    {
        var secret = Secret("");
        var body = Encoding.UTF8.GetBytes("{}");
        var headers = (await new StandardSignature(secret, TimeProvider.System).HeadersAsync(Delivery("a"), body, Token)).ToDictionary();
        Assert.Equal(headers["webhook-signature"], Expected(await secret.TextAsync("a", Token), headers, body));
        Assert.NotEqual(headers["webhook-signature"], Expected(await secret.TextAsync("b", Token), headers, body));
    }

    [Theory]
    [InlineData("")]
    [InlineData("whsec_")]
    [InlineData("whsec_AAAA")]
    [InlineData("whsec_not base64 not base64 not base64")]
    public void Other_texts_are_no_secrets(string text) => Assert.False(WebhookSecret.TryRead(text, out _));

    private static WebhookSecret Secret(string configured) => new(new FixedSigningKeys(), Options.Create(new WebhookOptions { Secret = configured }));

    private static string Expected(string secret, Dictionary<string, string> headers, byte[] body)
    {
        Assert.True(WebhookSecret.TryRead(secret, out var key));
        return $"v1,{Convert.ToBase64String(StandardSignature.Sign(key, headers["webhook-id"], headers["webhook-timestamp"], body))}";
    }

    private static WebhookDelivery Delivery(string owner) => new(
        1, new Job { Id = "0197", Dialect = "replicate", Owner = owner, Request = new GenerationRequest { Prompt = "x", Seed = 1 } }, "https://example.com", IsStart: false, Attempt: 1);
}
