using Microsoft.AspNetCore.Http;
using QwenMesh.Gateway.Dialects;
using QwenMesh.Gateway.Generation;

namespace QwenMesh.Gateway.Tests.Dialects;

public sealed class ResponseHeadersTests
{
    [Theory]
    [InlineData(true, false, "prompt")]
    [InlineData(false, true, "negative_prompt")]
    [InlineData(true, true, "prompt, negative_prompt")]
    [InlineData(false, false, "")]
    public void The_prompt_that_was_cut_is_named(bool prompt, bool negative, string expected) =>
        Assert.Equal(expected, Set([], prompt, negative)[ResponseHeaders.Truncated].ToString());

    [Fact]
    public void Names_of_the_client_are_bounded_in_number_and_length()
    {
        var value = Set([.. Enumerable.Repeat(new string('{', 100_000), 1000)], false, false)[ResponseHeaders.Ignored].ToString();
        Assert.InRange(value.Length, 1, 32 * ((3 * 64) + 2));
        Assert.DoesNotContain("{", value, StringComparison.Ordinal);
    }

    private static IHeaderDictionary Set(IReadOnlyList<string> ignored, bool prompt, bool negative)
    {
        var response = new DefaultHttpContext().Response;
        ResponseHeaders.Set(response, new GenerationTimings(), ignored, prompt, negative);
        return response.Headers;
    }
}
