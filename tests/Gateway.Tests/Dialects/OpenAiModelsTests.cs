using System.Net;
using QwenMesh.Gateway.Tests.Fakes;

namespace QwenMesh.Gateway.Tests.Dialects;

/// <summary>GET /v1/models and /v1/models/{id}.</summary>
public sealed class OpenAiModelsTests(SharedMesh shared) : IClassFixture<SharedMesh>
{
    [Fact]
    public async Task The_list_has_every_name()
    {
        var (status, text) = await GetAsync("/v1/models");
        Assert.Equal(HttpStatusCode.OK, status);
        Assert.Matches(
            """^{"object":"list","data":\[{"id":"qwen/qwen-image","object":"model","created":[0-9]+,"owned_by":"qwenmesh","root":"qwen-image-nano","parent":null,"dit_precision":"fp32","vae_precision":"fp32","pipeline_class":"QwenImageEditPlusPipeline"},{"id":"qwen/qwen-image-edit",.*},{"id":"qwen/qwen-image-nano",.*}\]}$""", text);
    }

    [Theory]
    [InlineData("qwen/qwen-image")]
    [InlineData("qwen-image")]
    [InlineData("Qwen/Qwen-Image-Nano")]
    public async Task A_model_is_found_with_its_publisher_and_without(string id)
    {
        var (status, text) = await GetAsync($"/v1/models/{id}");
        Assert.Equal(HttpStatusCode.OK, status);
        Assert.StartsWith($$"""{"id":"{{id}}","object":"model","created":""", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_client_may_escape_the_slash()
    {
        var (status, text) = await GetAsync("/v1/models/qwen%2Fqwen-image");
        Assert.Equal(HttpStatusCode.OK, status);
        Assert.StartsWith("{\"id\":\"qwen/qwen-image\",", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Another_is_not()
    {
        var (status, text) = await GetAsync("/v1/models/dall-e-2");
        Assert.Equal(HttpStatusCode.NotFound, status);
        Assert.Contains("\"param\":\"model\",\"code\":\"model_not_found\"", text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("GET", "/v1/images/nothing", HttpStatusCode.NotFound, "Invalid URL (GET /v1/images/nothing)")]
    [InlineData("GET", "/v1/images/generations", HttpStatusCode.MethodNotAllowed, "Method Not Allowed")]
    [InlineData("DELETE", "/v1/models/qwen-image", HttpStatusCode.MethodNotAllowed, "Method Not Allowed")]
    public async Task Unknown_paths_and_wrong_methods_are_in_its_shape(string method, string path, HttpStatusCode status, string message)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        using var response = await shared.Gateway.Http.SendAsync(request, TestContext.Current.CancellationToken);
        Assert.Equal(status, response.StatusCode);
        Assert.StartsWith($$"""{"error":{"message":"{{message}}","type":"invalid_request_error",""", await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
    }

    [Fact]
    public async Task While_no_model_is_ready_it_is_503_with_Retry_After()
    {
        await using var gateway = await ProbeGateway.StartAsync();
        using var response = await gateway.Host.Http.GetAsync(new Uri("/v1/models", UriKind.Relative), TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, response.StatusCode);
        Assert.NotNull(response.Headers.RetryAfter);
        Assert.Contains("\"code\":\"server_error\"", await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
    }

    private async Task<(HttpStatusCode Status, string Text)> GetAsync(string path)
    {
        using var response = await shared.Gateway.Http.GetAsync(new Uri(path, UriKind.Relative), TestContext.Current.CancellationToken);
        return (response.StatusCode, await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
    }
}
