using System.Diagnostics;
using System.Net;
using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.OpenApi;
using QwenMesh.Gateway.Tests.Fakes;
using QwenMesh.Imaging;
using QwenMesh.Testing;
using Yarp.ReverseProxy.Model;

namespace QwenMesh.Gateway.Tests;

/// <summary>/openapi.json, /docs and /.</summary>
public sealed class OpenApiTests(SharedMesh shared) : IClassFixture<SharedMesh>
{
    [Fact]
    public async Task The_document_is_valid()
    {
        var (document, diagnostic) = await ReadAsync();
        Assert.Empty(diagnostic.Errors);
        Assert.Empty(diagnostic.Warnings);
        Assert.Equal("QwenMesh", document.Info.Title);
    }

    [Fact]
    public async Task Every_route_is_described_with_its_answers()
    {
        var (document, _) = await ReadAsync();
        var routes = shared.Gateway.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
            .Where(route => route.Metadata.GetMetadata<RouteModel>() is null && route.Metadata.GetMetadata<IExcludeFromDescriptionMetadata>() is null).ToArray();
        Assert.True(routes.Length > 10, $"{routes.Length} routes");
        foreach (var route in routes)
        {
            var path = "/" + route.RoutePattern.RawText!.Trim('/');
            Assert.True(document.Paths.TryGetValue(path, out var item), $"{path} is not described");
            foreach (var method in route.Metadata.GetMetadata<IHttpMethodMetadata>()?.HttpMethods ?? ["GET"])
            {
                Assert.True(item.Operations!.TryGetValue(HttpMethod.Parse(method), out var operation), $"{method} {path} is not described");
                Assert.NotEmpty(operation.Summary!);
                Assert.Equal(route.RoutePattern.Parameters.Select(parameter => parameter.Name), (operation.Parameters ?? []).Select(parameter => parameter.Name));
                Assert.All(operation.Responses!.Values.SelectMany(answer => answer.Content!.Values), content => Assert.NotNull(content.Schema));
                Assert.Contains("200", operation.Responses!.Keys);
            }
        }
    }

    [Fact]
    public async Task The_example_of_a_route_is_answered_with_the_shape_that_is_described()
    {
        var (document, _) = await ReadAsync();
        var content = document.Paths["/v1/infer"].Operations![HttpMethod.Post].RequestBody!.Content!["application/json"];
        using var response = await shared.Gateway.PostAsync("/v1/infer", content.Example!.ToJsonString());
        await Artifact.ReadAsync(response);
        Assert.Equal("100", content.Schema!.Properties!["steps"].Maximum);
    }

    [Fact]
    public async Task The_page_loads_nothing_from_other_hosts()
    {
        using var answer = await shared.Gateway.Http.GetAsync(new Uri("/docs", UriKind.Relative), TestContext.Current.CancellationToken);
        var page = await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        Assert.StartsWith("default-src 'self';", Assert.Single(answer.Headers.GetValues("Content-Security-Policy")), StringComparison.Ordinal);
        Assert.DoesNotContain("//cdn", page, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("src=\"http", page, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("href=\"http", page, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("openapi.json", page, StringComparison.Ordinal);
        foreach (var script in page.Split("src=\"").Skip(1).Select(rest => rest[..rest.IndexOf('"', StringComparison.Ordinal)]))
        {
            using var response = await shared.Gateway.Http.GetAsync(new Uri($"/docs/{script}", UriKind.Relative), TestContext.Current.CancellationToken);
            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
            Assert.True((await response.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken)).Length > 1000, script);
        }
    }

    [Fact]
    public async Task Every_command_of_the_front_page_works_when_it_is_pasted()
    {
        using var folder = new TemporaryFolder();
        var page = await shared.Gateway.Http.GetStringAsync(new Uri("/", UriKind.Relative), TestContext.Current.CancellationToken);
        var commands = page.Split("\n\n").Where(paragraph => paragraph.Contains("\ncurl ", StringComparison.Ordinal)).ToArray();
        Assert.NotEmpty(commands);
        foreach (var command in commands)
        {
            var written = Path.Combine(folder.Path, "picture.jpg");
            File.Delete(written);
            var output = await RunAsync(command, folder.Path);
            if (command.Contains("picture.jpg", StringComparison.Ordinal))
            {
                Assert.Equal(ImageFormat.Jpeg, ImageFormats.Sniff(await File.ReadAllBytesAsync(written, TestContext.Current.CancellationToken)));
            }
            else
            {
                Assert.StartsWith("{", output, StringComparison.Ordinal);
            }
        }
    }

    [Theory]
    [InlineData("mesh.example.com:8080")]
    [InlineData("[::1]:8080")]
    public async Task The_commands_have_the_host_that_was_asked_for(string host) =>
        Assert.Contains($"'http://{host}/v1/infer'", await FrontPageAsync(host), StringComparison.Ordinal);

    [Fact]
    public async Task A_host_that_would_leave_its_quotes_is_not_printed() =>
        Assert.DoesNotContain("a'b", await FrontPageAsync("a'b"), StringComparison.Ordinal);

    private async Task<string> FrontPageAsync(string host)
    {
        using var message = new HttpRequestMessage(HttpMethod.Get, "/");
        message.Headers.TryAddWithoutValidation("Host", host);
        using var response = await shared.Gateway.Http.SendAsync(message, TestContext.Current.CancellationToken);
        return await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
    }

    private async Task<(OpenApiDocument Document, Microsoft.OpenApi.Reader.OpenApiDiagnostic Diagnostic)> ReadAsync()
    {
        var text = await shared.Gateway.Http.GetStringAsync(new Uri("/openapi.json", UriKind.Relative), TestContext.Current.CancellationToken);
        var result = OpenApiDocument.Parse(text, "json");
        return (result.Document!, result.Diagnostic!);
    }

    private static async Task<string> RunAsync(string command, string folder)
    {
        using var bash = Process.Start(new ProcessStartInfo("bash", ["-e", "-o", "pipefail", "-c", command])
        {
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        var error = bash.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        var output = await bash.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken).WaitAsync(TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken);
        await bash.WaitForExitAsync(TestContext.Current.CancellationToken).WaitAsync(TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken);
        Assert.True(bash.ExitCode == 0, $"{command}\n{await error}");
        return output;
    }
}
