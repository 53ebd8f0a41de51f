using System.Net;
using System.Text;
using QwenMesh.Gateway.Tests.Fakes;

namespace QwenMesh.Gateway.Tests.Nim;

/// <summary>Damaged and random bodies: every one gets an answer, and none an internal error.</summary>
public sealed class NimHostileBodyTests(SharedMesh shared) : IClassFixture<SharedMesh>
{
    private const int Bodies = 400;

    private static readonly string[] Values =
    [
        "null", "true", "-1", "0", "1", "512", "1e3", "1e999", "-0.0", "4294967296", "99999999999999999999999", "\"\"", "\"512\"", "\"NaN\"", "\" 7 \"",
        "\"\\ud800\"", "\"\\u0000\"", "\"\\r\\n{\"", "[]", "[[[]]]", "{}", "{\"a\":1}", "\"png\"", "\"16:9\"", "\"canny\"", "\"\ud83c\udfa8\"",
    ];

    private static readonly string[] Names =
    [
        "prompt", "negative_prompt", "width", "height", "aspect_ratio", "cfg_scale", "seed", "steps", "samples", "mode", "image", "output_format",
        "disable_safety_checker", "preprocess_image", "", "x y", "\\r\\n", "\u00fc",
    ];

    [Fact]
    public async Task Every_body_is_answered()
    {
        var random = new Random(20260101);
        var statuses = new Dictionary<HttpStatusCode, int>();
        for (var i = 0; i < Bodies; i++)
        {
            var body = Encoding.UTF8.GetBytes(Invent(random));
            if (i % 2 == 0)
            {
                Damage(random, body);
            }
            using var content = new ByteArrayContent(body);
            using var response = await shared.Gateway.Http.PostAsync(new Uri("/v1/infer", UriKind.Relative), content, TestContext.Current.CancellationToken);
            Assert.True(
                response.StatusCode is HttpStatusCode.OK or HttpStatusCode.UnprocessableEntity,
                $"{(int)response.StatusCode} for {Encoding.UTF8.GetString(body)}");
            statuses[response.StatusCode] = statuses.GetValueOrDefault(response.StatusCode) + 1;
        }
        Assert.Equal(2, statuses.Count);
    }

    private static string Invent(Random random)
    {
        var fields = Enumerable.Range(0, random.Next(0, 4)).Select(_ => $"\"{Pick(random, Names)}\":{Pick(random, Values)}");
        return $"{{{string.Join(",", fields.Prepend("\"prompt\":\"x\",\"width\":512,\"height\":512"))}}}";
    }

    private static void Damage(Random random, byte[] body)
    {
        for (var n = random.Next(1, 4); n > 0; n--)
        {
            body[random.Next(body.Length)] = (byte)random.Next(256);
        }
    }

    private static string Pick(Random random, string[] from) => from[random.Next(from.Length)];
}
