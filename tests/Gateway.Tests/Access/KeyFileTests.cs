using System.Net;
using System.Text.Json;
using QwenMesh.Gateway.Tests.Fakes;
using QwenMesh.Testing;

namespace QwenMesh.Gateway.Tests.Access;

public sealed class KeyFileTests
{
    [Fact]
    public async Task The_file_is_read_again_when_it_changes_and_a_faulty_one_changes_nothing()
    {
        using var folder = new TemporaryFolder();
        var file = Path.Combine(folder.Path, "keys.json");
        Write(file, Key("alice"));
        await using var gateway = await AccessProbe.StartAsync(Settings(file));
        Assert.Equal(HttpStatusCode.OK, await AskAsync(gateway, "alice"));
        Assert.Equal(HttpStatusCode.Unauthorized, await AskAsync(gateway, "bob"));

        // As a mounted secret changes: the link is replaced by one to another file.
        Write(Path.Combine(folder.Path, "next.json"), Key("bob"), $$"""{"id":"carol","sha256":"{{TestKeys.Hash(TestKeys.Of("carol"))}}","disabled":true}""");
        File.CreateSymbolicLink(Path.Combine(folder.Path, "link"), Path.Combine(folder.Path, "next.json"));
        File.Move(Path.Combine(folder.Path, "link"), file, overwrite: true);
        await Eventually.TrueAsync(async () => await AskAsync(gateway, "bob") == HttpStatusCode.OK, "the new key is known");
        Assert.Equal(HttpStatusCode.Unauthorized, await AskAsync(gateway, "alice"));
        Assert.Equal(HttpStatusCode.Forbidden, await AskAsync(gateway, "carol"));

        File.Delete(file);
        await File.WriteAllTextAsync(file, "[{", TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(Path.Combine(folder.Path, "third.json"), $"[{Key("bob")},{Key("dave")}]", TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.OK, await AskAsync(gateway, "bob"));
        File.Move(Path.Combine(folder.Path, "third.json"), file, overwrite: true);
        await Eventually.TrueAsync(async () => await AskAsync(gateway, "dave") == HttpStatusCode.OK, "the file after the faulty one is taken");
        Assert.Equal(HttpStatusCode.OK, await AskAsync(gateway, "bob"));
    }

    [Fact]
    public async Task A_file_without_keys_opens_nothing()
    {
        using var folder = new TemporaryFolder();
        var file = Path.Combine(folder.Path, "keys.json");
        Write(file);
        await using var gateway = await AccessProbe.StartAsync(Settings(file));
        using var response = await gateway.SendAsync(null, HttpMethod.Get, AccessProbe.Ask);
        Assert.Equal(HttpStatusCode.Unauthorized, response.StatusCode);
    }

    [Theory]
    [InlineData("", "is no list of keys in JSON")]
    [InlineData("null", "is no list of keys")]
    [InlineData("[null]", "is no list of keys")]
    [InlineData("""[{"Id":null,"Sha256":""}]""", "is no list of keys")]
    [InlineData("""[{"Id":"a","Sha256":"SHA","MaxPixel":5}]""", "is no list of keys in JSON")]
    [InlineData("""[{"Id":"a","Sha256":"12"}]""", "Sha256 is not of 64 hexadecimal digits")]
    [InlineData("""[{"Id":"a b","Sha256":"SHA"}]""", "Id is not of 1 to 64 letters")]
    [InlineData("""[{"Id":"alice","Sha256":"SHA"}]""", "2 keys have the id 'alice'")]
    [InlineData("""[{"Id":"a","Sha256":"SHA"},{"Id":"b","Sha256":"sha"}]""", "have the same hash")]
    public async Task A_faulty_file_keeps_the_Gateway_from_starting(string content, string fault)
    {
        using var folder = new TemporaryFolder();
        var file = Path.Combine(folder.Path, "keys.json");
        var hash = TestKeys.Hash("x");
        await File.WriteAllTextAsync(file, content.Replace("SHA\"", $"{hash}\"", StringComparison.Ordinal).Replace("sha\"", $"{hash.ToUpperInvariant()}\"", StringComparison.Ordinal), TestContext.Current.CancellationToken);
        var settings = TestKeys.Settings("alice");
        settings["Access:KeyFile"] = file;
        var refused = await Assert.ThrowsAnyAsync<Exception>(() => AccessProbe.StartAsync(settings));
        Assert.Contains("Access:KeyFile", refused.Message, StringComparison.Ordinal);
        Assert.Contains(fault, refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(hash, refused.Message, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task A_missing_file_keeps_the_Gateway_from_starting()
    {
        var refused = await Assert.ThrowsAnyAsync<Exception>(() => AccessProbe.StartAsync(Settings("/nowhere/keys.json")));
        Assert.Contains("Access:KeyFile: '/nowhere/keys.json' cannot be read", refused.Message, StringComparison.Ordinal);
    }

    private static Dictionary<string, string?> Settings(string file) => new() { ["Access:KeyFile"] = file, ["Access:KeyFileSeconds"] = "0.05" };

    private static string Key(string id) => JsonSerializer.Serialize(new { Id = id, Sha256 = TestKeys.Hash(TestKeys.Of(id)) });

    private static void Write(string file, params string[] keys) => File.WriteAllText(file, $"[{string.Join(',', keys)}]");

    private static async Task<HttpStatusCode> AskAsync(GatewayHost gateway, string id)
    {
        using var response = await gateway.SendAsync(id, HttpMethod.Get, AccessProbe.Ask);
        return response.StatusCode;
    }
}
