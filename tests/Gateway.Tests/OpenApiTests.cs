using System.Diagnostics;
using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Grpc.AspNetCore.Server;
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
            .Where(route => route.Metadata.GetMetadata<RouteModel>() is null && route.Metadata.GetMetadata<GrpcMethodMetadata>() is null && route.Metadata.GetMetadata<IExcludeFromDescriptionMetadata>() is null).ToArray();
        Assert.True(routes.Length > 10, $"{routes.Length} routes");
        foreach (var route in routes)
        {
            var path = "/" + route.RoutePattern.RawText!.Trim('/').Replace("{**", "{", StringComparison.Ordinal);
            Assert.True(document.Paths.TryGetValue(path, out var item), $"{path} is not described");
            foreach (var method in route.Metadata.GetMetadata<IHttpMethodMetadata>()?.HttpMethods ?? ["GET"])
            {
                Assert.True(item.Operations!.TryGetValue(HttpMethod.Parse(method), out var operation), $"{method} {path} is not described");
                Assert.NotEmpty(operation.Summary!);
                Assert.Equal(route.RoutePattern.Parameters.Select(parameter => parameter.Name),
                    (operation.Parameters ?? []).Where(parameter => parameter.In == ParameterLocation.Path).Select(parameter => parameter.Name));
                Assert.All(operation.Responses!.Values.SelectMany(answer => answer.Content?.Values ?? []), content => Assert.NotNull(content.Schema));
                Assert.Contains(operation.Responses!.Keys, status => status[0] == '2');
            }
        }
    }

    [Fact]
    public async Task The_example_of_every_route_is_answered_with_the_fields_that_are_described()
    {
        var (document, _) = await ReadAsync();
        var examples = document.Paths.Where(path => !path.Key.Contains('{', StringComparison.Ordinal))
            .SelectMany(path => path.Value.Operations!.Where(operation => operation.Value.RequestBody?.Content?.ContainsKey("application/json") == true).Select(operation => (path.Key, operation.Value)))
            .ToArray();
        Assert.Contains("/v1/infer", examples.Select(example => example.Key));
        foreach (var (path, operation) in examples)
        {
            var content = operation.RequestBody!.Content!["application/json"];
            Assert.All(content.Example!.AsObject(), field => Assert.Contains(field.Key, content.Schema!.Properties!.Keys));
            using var response = await PostAsync(path, operation, content.Example!.ToJsonString());
            Assert.True(response.IsSuccessStatusCode, $"{path}: {response.StatusCode}");
            var answer = JsonNode.Parse(await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken))!.AsObject();
            var described = operation.Responses![$"{(int)response.StatusCode}"].Content!["application/json"].Schema!.Properties!;
            Assert.Equal(described.Keys.Order(StringComparer.Ordinal), answer.Select(field => field.Key).Order(StringComparer.Ordinal));
        }
    }

    [Fact]
    public async Task The_ranges_are_those_that_are_checked()
    {
        var (document, _) = await ReadAsync();
        var fields = document.Paths["/v1/infer"].Operations![HttpMethod.Post].RequestBody!.Content!["application/json"].Schema!.Properties!;
        foreach (var name in new[] { "width", "height", "steps", "cfg_scale", "seed", "samples" })
        {
            var most = fields[name].Maximum!;
            using var refused = await shared.Gateway.PostAsync("/v1/infer", $$"""{"prompt":"x","{{name}}":{{most}}0}""");
            Assert.Equal(HttpStatusCode.UnprocessableEntity, refused.StatusCode);
            using var taken = await shared.Gateway.PostAsync("/v1/infer", $$"""{"prompt":"x","{{name}}":{{(name == "steps" ? "90" : most)}}}""");
            Assert.Equal(HttpStatusCode.OK, taken.StatusCode);
        }
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
            var output = await RunAsync(command, folder.Path);
            var file = Directory.GetFiles(folder.Path).SingleOrDefault();
            if (file is null)
            {
                Assert.StartsWith("{", output, StringComparison.Ordinal);
                continue;
            }
            var format = ImageFormats.Sniff(await File.ReadAllBytesAsync(file, TestContext.Current.CancellationToken));
            Assert.Equal(Path.GetExtension(file) == ".jpg" ? ImageFormat.Jpeg : ImageFormat.Png, format);
            File.Delete(file);
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

    private async Task<HttpResponseMessage> PostAsync(string path, OpenApiOperation operation, string body)
    {
        using var message = new HttpRequestMessage(HttpMethod.Post, path) { Content = new StringContent(body, Encoding.UTF8, "application/json") };
        foreach (var header in (operation.Parameters ?? []).Where(parameter => parameter is { In: ParameterLocation.Header, Required: true }))
        {
            message.Headers.Add(header.Name!, (string?)header.Schema!.Enum![0]);
        }
        return await shared.Gateway.Http.SendAsync(message, TestContext.Current.CancellationToken);
    }

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
