using QwenMesh.Gateway.Guardrails;

namespace QwenMesh.Gateway.Tests.Guardrails;

/// <summary>Faults of the configuration are named by their keys, before the ports open.</summary>
public sealed class GuardrailOptionsTests
{
    [Fact]
    public void The_defaults_are_valid_and_ask_nobody()
    {
        var options = new GuardrailOptions();
        Assert.Empty(options.Validate());
        Assert.False(options.Moderation.AsksForPrompts || options.Moderation.AsksForPictures || options.Moderation.AsksForReferences);
    }

    [Theory]
    [InlineData("ftp://moderation/", "Guardrails:Moderation:Url is not an http or https address without user name")]
    [InlineData("moderation", "Guardrails:Moderation:Url is not an http or https address without user name")]
    [InlineData("https://user:secret@moderation/", "Guardrails:Moderation:Url is not an http or https address without user name")]
    public void An_address_is_http_and_without_user_name(string url, string fault) =>
        Assert.Equal([fault], new GuardrailOptions { Moderation = { Url = url } }.Validate());

    [Fact]
    public void Ranges_are_checked_and_a_key_is_not_repeated()
    {
        var options = new GuardrailOptions
        {
            Deny = ["fine", " regex:a+ ", "\u200B", new string('a', 257)],
            Moderation = { Url = "https://moderation/v1/moderations", ApiKey = "sec\nret", TimeoutSeconds = 0, OnError = (ModerationErrorChoice)7 },
        };
        Assert.Equal(
        [
            "Guardrails:Deny:1 is a regular expression; only phrases are allowed",
            "Guardrails:Deny:2 has nothing that can be looked for",
            "Guardrails:Deny:3 has 257 characters; at most 256 are allowed",
            "Guardrails:Moderation:ApiKey has characters that no header may have",
            "Guardrails:Moderation:TimeoutSeconds is 0; 0.05 to 600 are allowed",
            "Guardrails:Moderation:OnError is 7; refuse and allow are allowed",
        ], options.Validate());
    }

    [Fact]
    public void A_file_that_is_missing_or_no_text_is_a_fault()
    {
        var path = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());
        var fault = Assert.Single(new GuardrailOptions { DenyFile = path }.Validate());
        Assert.StartsWith($"Guardrails:DenyFile: '{path}' cannot be read: ", fault, StringComparison.Ordinal);
        File.WriteAllBytes(path, [0x61, 0x0A, 0xFF, 0xFE, 0xFF]);
        try
        {
            Assert.Equal(["Guardrails:DenyFile: is not UTF-8"], new GuardrailOptions { DenyFile = path }.Validate());
        }
        finally
        {
            File.Delete(path);
        }
    }
}
