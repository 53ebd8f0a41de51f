using QwenMesh.Gateway.Access;

namespace QwenMesh.Gateway.Tests.Access;

public sealed class KeyRulesTests
{
    private static ApiKey Key(Action<KeyOptions> limit)
    {
        var options = new KeyOptions { Id = "alice" };
        limit(options);
        return ApiKey.Of(options);
    }

    [Fact]
    public void A_key_without_limits_allows_everything()
    {
        Assert.Null(KeyRules.Refusal(Key(_ => { }), "qwen-image", long.MaxValue, int.MaxValue));
        Assert.Null(KeyRules.Refusal(ApiKey.Unlimited, "qwen-image", long.MaxValue, int.MaxValue));
        Assert.Null(KeyRules.RefusalOfStages(Key(key => (key.RequestsPerMinute, key.ConcurrentRequests) = (5, 1))));
    }

    [Fact]
    public void Pixels_steps_and_models_are_limited_each()
    {
        var key = Key(key => (key.MaxPixels, key.MaxSteps, key.Models) = (1000, 20, ["qwen/Qwen-Image", "qwen-image-edit"]));
        Assert.Null(KeyRules.Refusal(key, "qwen-image", 1000, 20));
        Assert.Null(KeyRules.Refusal(key, "qwen/qwen-image-edit", 1, 1));
        Assert.Equal("this API key allows 1000 pixels a request; these pictures have 1001", KeyRules.Refusal(key, "qwen-image", 1001, 20));
        Assert.Equal("this API key allows 20 steps; 21 were asked for", KeyRules.Refusal(key, "qwen-image", 1000, 21));
        Assert.Equal("this API key does not allow the model 'qwen-image-2512'", KeyRules.Refusal(key, "qwen-image-2512", 1, 1));
    }

    [Fact]
    public void A_key_that_limits_pictures_may_not_call_the_stages_themselves()
    {
        Action<KeyOptions>[] limits = [key => key.MaxPixels = 1, key => key.MaxSteps = 1, key => key.Models = ["qwen-image"]];
        Assert.All(limits, limit => Assert.NotNull(KeyRules.RefusalOfStages(Key(limit))));
    }
}
