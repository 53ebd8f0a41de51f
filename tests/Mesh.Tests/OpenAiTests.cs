using System.Net.Http.Json;
using System.Text.Json;

namespace QwenMesh.Mesh.Tests;

/// <summary>Several pictures of one request, against the real mesh.</summary>
[Collection(MeshCollection.Name)]
public sealed class OpenAiTests(MeshFixture mesh)
{
    [Fact]
    public async Task Two_pictures_of_one_request_are_those_of_its_seed_and_the_next()
    {
        var both = await DrawAsync(count: 2, seed: 21);
        var first = Assert.Single(await DrawAsync(count: 1, seed: 21));
        var second = Assert.Single(await DrawAsync(count: 1, seed: 22));

        Assert.Equal(2, both.Length);
        Assert.True(both[0].AsSpan().SequenceEqual(first), "the first picture is not that of the seed");
        Assert.True(both[1].AsSpan().SequenceEqual(second), "the second picture is not that of the next seed");
        Assert.False(first.AsSpan().SequenceEqual(second), "both seeds give one picture");
    }

    private async Task<byte[][]> DrawAsync(int count, int seed)
    {
        var cancellation = TestContext.Current.CancellationToken;
        var request = new
        {
            prompt = "a big red circle on a blue background",
            n = count,
            size = "512x512",
            seed,
            num_inference_steps = 5,
            output_format = "png",
            response_format = "b64_json",
        };
        using var response = await mesh.Http.PostAsJsonAsync("/v1/images/generations", request, cancellation);
        var body = await response.Content.ReadAsStringAsync(cancellation);
        Assert.True(response.IsSuccessStatusCode, $"{(int)response.StatusCode}: {body}");
        using var json = JsonDocument.Parse(body);
        return [.. json.RootElement.GetProperty("data").EnumerateArray().Select(picture => picture.GetProperty("b64_json").GetBytesFromBase64())];
    }
}
