using System.Net;

namespace QwenMesh.Gateway.Tests.Access;

/// <summary>How a dialect words that a caller is not served.</summary>
/// <param name="Path">Where it draws.</param>
/// <param name="Shape">The body: $D is the detail, $S the status, $R the request's id, $P the path, $0 and so on are the vendor's own words.</param>
/// <param name="Words">The vendor's own words for each status.</param>
internal sealed record DialectRefusals(string Path, string Shape, IReadOnlyDictionary<HttpStatusCode, string[]> Words)
{
    /// <summary>By the dialect's name.</summary>
    public static IReadOnlyDictionary<string, DialectRefusals> All { get; } = new Dictionary<string, DialectRefusals>
    {
        ["nim"] = new("/v1/infer", """{"detail":"$D"}""", Same()),
        ["openai"] = new("/v1/images/generations", """{"error":{"message":"$D","type":"$0","param":null,"code":$1},"detail":"$D"}""", Own(
            ["invalid_request_error", "\"invalid_api_key\""], ["permission_error", "\"permission_denied\""],
            ["invalid_request_error", "null"], ["rate_limit_error", "\"rate_limit_exceeded\""])),
        ["dashscope"] = new("/api/v1/services/aigc/multimodal-generation/generation", """{"request_id":"$R","code":"$0","message":"$D"}""",
            Own(["InvalidApiKey"], ["AccessDenied"], ["BadRequest.TooLarge"], ["Throttling.RateQuota"])),
        ["oxen"] = new("/api/ai/images/generate", """{"error":{"type":"$0","title":"$1","detail":"$D"},"status":"error","status_message":"$0"}""", Own(
            ["unauthenticated", "Authentication is required"], ["forbidden", "The API key does not allow it"],
            ["payload_too_large", "The request is too large"], ["rate_limited", "Too many requests"])),
        ["wavespeed"] = new("/api/v3/wavespeed-ai/qwen-image/text-to-image", """{"code":$S,"message":"$D"}""", Same()),
        ["novita"] = new("/v3/async/qwen-image-txt2img", """{"code":$S,"reason":"$0","message":"$D","metadata":{}}""",
            Own(["FAILED_TO_AUTH"], ["ACCESS_DENY"], ["INVALID_REQUEST_BODY"], ["RATE_LIMIT_EXCEEDED"])),
        ["fal"] = new("/fal-ai/qwen-image", """{"detail":"$D"}""", Same()),
        ["replicate"] = new("/v1/predictions", """{"type":"about:blank","title":"$0","status":$S,"detail":"$D","instance":"$P"}""",
            Own(["Unauthenticated"], ["Forbidden"], ["Payload Too Large"], ["Too Many Requests"])),
    };

    public string Body(HttpStatusCode status, string detail, string requestId)
    {
        var body = Shape.Replace("$S", $"{(int)status}", StringComparison.Ordinal).Replace("$R", requestId, StringComparison.Ordinal)
            .Replace("$P", Path, StringComparison.Ordinal).Replace("$D", detail, StringComparison.Ordinal);
        foreach (var (index, word) in Words[status].Index())
        {
            body = body.Replace($"${index}", word, StringComparison.Ordinal);
        }
        return body;
    }

    private static Dictionary<HttpStatusCode, string[]> Own(string[] unauthenticated, string[] forbidden, string[] tooLarge, string[] limited) => new()
    {
        [HttpStatusCode.Unauthorized] = unauthenticated,
        [HttpStatusCode.Forbidden] = forbidden,
        [HttpStatusCode.RequestEntityTooLarge] = tooLarge,
        [HttpStatusCode.TooManyRequests] = limited,
    };

    private static Dictionary<HttpStatusCode, string[]> Same() => Own([], [], [], []);
}
