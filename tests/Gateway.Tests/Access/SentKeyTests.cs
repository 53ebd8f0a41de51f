using System.Net;
using QwenMesh.Gateway.Tests.Fakes;

namespace QwenMesh.Gateway.Tests.Access;

/// <summary>Where a key may stand in a request.</summary>
public sealed class SentKeyTests : IAsyncLifetime
{
    private GatewayHost _gateway = null!;

    public async ValueTask InitializeAsync()
    {
        var settings = TestKeys.Settings("alice");
        (settings["Access:Keys:1:Id"], settings["Access:Keys:1:Sha256"]) = ("bob", TestKeys.Hash(TestKeys.Of("bob")).ToUpperInvariant());
        (settings["Access:Keys:2:Id"], settings["Access:Keys:2:Sha256"], settings["Access:Keys:2:Disabled"]) = ("carol", TestKeys.Hash(TestKeys.Of("carol")), "true");
        _gateway = await AccessProbe.StartAsync(settings);
    }

    public ValueTask DisposeAsync() => _gateway.DisposeAsync();

    [Theory]
    [InlineData("Authorization", "Bearer key-of-alice", "alice")]
    [InlineData("Authorization", "bearer   key-of-bob ", "bob")]
    [InlineData("Authorization", "Key key-of-alice", "alice")]
    [InlineData("Authorization", "Token key-of-alice", "alice")]
    [InlineData("x-api-key", "key-of-alice", "alice")]
    [InlineData("api-key", "key-of-bob", "bob")]
    public async Task A_key_is_known_wherever_the_vendors_clients_put_it(string header, string value, string owner)
    {
        var (status, text, _) = await AskAsync((header, value));
        Assert.Equal((HttpStatusCode.OK, $"'{owner}'"), (status, text));
    }

    [Theory]
    [InlineData("Authorization", "Bearer key-of-dave", "the API key is not known")]
    [InlineData("Authorization", "Bearer KEY-OF-ALICE", "the API key is not known")]
    [InlineData("Authorization", "Bearer key-of-alic", "the API key is not known")]
    [InlineData("x-api-key", "Bearer key-of-alice", "the API key is not known")]
    [InlineData("Authorization", "Bearer ", "an API key is needed, e.g. in the header 'Authorization: Bearer KEY'")]
    [InlineData("Authorization", "key-of-alice", "an API key is needed, e.g. in the header 'Authorization: Bearer KEY'")]
    [InlineData("Authorization", "Basic a2V5LW9mLWFsaWNl", "an API key is needed, e.g. in the header 'Authorization: Bearer KEY'")]
    [InlineData("x-request-id", "key-of-alice", "an API key is needed, e.g. in the header 'Authorization: Bearer KEY'")]
    public async Task Other_callers_are_told_how_to_identify_themselves(string header, string value, string reason)
    {
        var (status, text, challenge) = await AskAsync((header, value));
        Assert.Equal((HttpStatusCode.Unauthorized, $"Unauthenticated: {reason}", "Bearer"), (status, text, challenge));
    }

    [Fact]
    public async Task What_stands_there_twice_or_is_too_long_is_no_key()
    {
        Assert.Equal(HttpStatusCode.Unauthorized, (await AskAsync(("x-api-key", "key-of-alice"), ("x-api-key", "key-of-bob"))).Status);
        Assert.Equal(HttpStatusCode.Unauthorized, (await AskAsync(("x-api-key", new string('k', 1025)))).Status);
    }

    [Fact]
    public async Task A_disabled_key_is_forbidden()
    {
        var (status, text, challenge) = await AskAsync(("x-api-key", TestKeys.Of("carol")));
        Assert.Equal((HttpStatusCode.Forbidden, "Forbidden: the API key is disabled", ""), (status, text, challenge));
    }

    private async Task<(HttpStatusCode Status, string Text, string Challenge)> AskAsync(params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(AccessProbe.Ask, UriKind.Relative));
        foreach (var (name, value) in headers)
        {
            Assert.True(request.Headers.TryAddWithoutValidation(name, value));
        }
        using var response = await _gateway.Http.SendAsync(request, TestContext.Current.CancellationToken);
        return (response.StatusCode, await response.TextAsync(), response.Headers.WwwAuthenticate.ToString());
    }
}
