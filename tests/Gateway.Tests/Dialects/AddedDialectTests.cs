using System.Net;
using System.Net.Http.Json;
using System.Runtime.CompilerServices;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using QwenMesh.Gateway.Dialects;
using QwenMesh.Gateway.Jobs;
using QwenMesh.Gateway.Tests.Access;
using QwenMesh.Gateway.Tests.Fakes;
using QwenMesh.Imaging;

namespace QwenMesh.Gateway.Tests.Dialects;

/// <summary>A dialect that is not part of the Gateway: the example of docs/extending.md.</summary>
public sealed class AddedDialectTests
{
    [Fact]
    public async Task It_draws_through_the_mesh()
    {
        await using var mesh = await StartAsync();
        using var response = await mesh.Gateway.PostAsync("/plain", """{"prompt":"a red circle","side":512}""");
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal("image/png", response.Content.Headers.ContentType?.MediaType);
        Assert.Equal(ImageFormat.Png, ImageFormats.Sniff(await response.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken)));
    }

    [Fact]
    public async Task It_reads_a_form_as_it_reads_json()
    {
        await using var mesh = await StartAsync();
        using var form = new MultipartFormDataContent { { new StringContent("512"), "side" }, { new StringContent("a red circle"), "prompt" } };
        using var response = await mesh.Gateway.Http.PostAsync(new Uri("/plain", UriKind.Relative), form, TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }

    [Theory]
    [InlineData("""{"prompt":"","side":"big"}""", 422, "side must be a whole number; prompt must not be empty")]
    [InlineData("""{"prompt":"a","side":4000}""", 422, "width is 4000")]
    [InlineData("[]", 422, "the request body must be an object")]
    [InlineData("{", 422, "Expected depth to be zero")]
    public async Task What_is_wrong_is_told_in_its_shape(string body, int status, string text)
    {
        await using var mesh = await StartAsync();
        using var response = await mesh.Gateway.PostAsync("/plain", body);
        Assert.Equal(status, (int)response.StatusCode);
        Assert.StartsWith(text, await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_it_draws_is_its_callers_and_within_what_the_callers_key_allows()
    {
        await using var mesh = await StartAsync(TestKeys.Settings("alice", ("MaxSteps", "20")));
        using var drawn = await mesh.Gateway.SendAsync("alice", HttpMethod.Post, "/plain", """{"prompt":"a red circle","side":512}""");
        Assert.Equal(HttpStatusCode.OK, drawn.StatusCode);
        var jobs = await mesh.Gateway.Services.GetRequiredService<JobQueue>().ListAsync(new JobQuery { Owner = "alice" }, TestContext.Current.CancellationToken);
        Assert.Equal("plain", Assert.Single(jobs.Jobs).Dialect);
        using var refused = await mesh.Gateway.SendAsync("alice", HttpMethod.Post, "/plain", """{"prompt":"a red circle","side":512,"steps":21}""");
        Assert.Equal((HttpStatusCode.Forbidden, "this API key allows 20 steps; 21 were asked for"), (refused.StatusCode, await refused.TextAsync()));
    }

    [Fact]
    public async Task Its_route_is_in_the_description()
    {
        await using var mesh = await StartAsync();
        var description = await mesh.Gateway.Http.GetFromJsonAsync<JsonElement>("/openapi.json", TestContext.Current.CancellationToken);
        Assert.Equal("Draws a picture", description.GetProperty("paths").GetProperty("/plain").GetProperty("post").GetProperty("summary").GetString());
    }

    [Fact]
    public void The_example_is_the_one_of_the_documentation()
    {
        var code = File.ReadAllText(Path.Combine(Here(), "PlainDialect.cs"));
        var example = code[code.IndexOf("internal sealed class", StringComparison.Ordinal)..];
        var documentation = File.ReadAllText(Path.Combine(Here(), "..", "..", "..", "docs", "extending.md"));
        Assert.Contains(example["internal ".Length..], documentation, StringComparison.Ordinal);
    }

    private static string Here([CallerFilePath] string file = "") => Path.GetDirectoryName(file)!;

    private static Task<FakeMesh> StartAsync(IReadOnlyDictionary<string, string?>? settings = null) => FakeMesh.StartAsync(settings: settings, services: services => services.AddSingleton<IDialect, PlainDialect>());
}
