using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace QwenMesh.Mesh.Tests.Command;

/// <summary>API keys on the command line: making one, and drawing with it.</summary>
public sealed class KeyCommandTests
{
    [Fact]
    public async Task A_key_is_random_and_its_entry_has_its_hash()
    {
        await using var command = new MeshCommand();
        var (first, second) = (await command.RunAsync("key", "studio.1"), await command.RunAsync("key", "studio.1"));
        var keys = new[] { first, second }.Select(made =>
        {
            Assert.Equal(0, made.Code);
            var lines = made.Output.Split('\n');
            var key = lines[1].Trim();
            Assert.True(Regex.IsMatch(key, "^qm-[A-Za-z0-9_-]{43}$", RegexOptions.None, TimeSpan.FromSeconds(1)), key); // 256 bits in base64url.
            using var entry = JsonDocument.Parse(lines[3]);
            Assert.Equal("studio.1", entry.RootElement.GetProperty("Id").GetString());
            Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(key))), entry.RootElement.GetProperty("Sha256").GetString());
            return key;
        }).ToArray();
        Assert.NotEqual(keys[0], keys[1]);
    }

    [Theory]
    [InlineData("a b")]
    [InlineData("")]
    [InlineData("a\"b")]
    public async Task An_id_that_the_Gateway_would_refuse_gets_no_key(string id)
    {
        await using var command = new MeshCommand();
        var (code, output) = await command.RunAsync("key", id);
        Assert.NotEqual(0, code);
        Assert.Contains("letters, digits", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Generate_sends_the_key_of_its_environment()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        await using var app = builder.Build();
        app.MapPost("/v1/infer", (HttpContext context) => Results.Text(
            context.Request.Headers.Authorization == "Bearer qm-key" ? """{"artifacts":[{"base64":"eHl6","seed":7}]}""" : """{"detail":"no key"}""", "application/json",
            statusCode: context.Request.Headers.Authorization == "Bearer qm-key" ? 200 : 401));
        await app.StartAsync(TestContext.Current.CancellationToken);
        await using var command = new MeshCommand
        {
            ["QWENMESH_HTTP_PORT"] = $"{new Uri(app.Urls.First()).Port}",
            ["http_proxy"] = "http://127.0.0.1:9", // It is not for this machine, and nobody listens there.
        };
        var file = Path.Combine(command.RunFolder, "picture.png");
        var without = await command.RunAsync("generate", "x", file);
        Assert.Contains("no picture (HTTP 401): no key", without.Output, StringComparison.Ordinal);
        command["QWENMESH_API_KEY"] = "qm-key";
        var with = await command.RunAsync("generate", "x", file);
        Assert.True(with.Code == 0, with.Output);
        Assert.Equal("xyz", await File.ReadAllTextAsync(file, TestContext.Current.CancellationToken));
    }
}
