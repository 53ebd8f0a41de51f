using System.Text.Json.Nodes;
using QwenMesh.Gateway.Tests.Fakes;

namespace QwenMesh.Gateway.Tests.WaveSpeed;

/// <summary>Every pair of request and answer in Cases/*.json.</summary>
public sealed class WaveSpeedCasesTests(SharedMesh shared) : IClassFixture<SharedMesh>
{
    private static readonly string Folder = Path.Combine(AppContext.BaseDirectory, "WaveSpeed", "Cases");

    public static TheoryData<string> Cases => new(Directory.GetFiles(Folder, "*.json").Select(file => Path.GetFileNameWithoutExtension(file)).Order());

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task The_answer_is_the_recorded_one(string name)
    {
        var pair = JsonNode.Parse(await File.ReadAllTextAsync(Path.Combine(Folder, name + ".json"), TestContext.Current.CancellationToken))!;

        // The same under both prefixes.
        foreach (var prefix in new[] { "", "/wavespeed" })
        {
            using var response = await shared.Gateway.PostAsync(prefix + (string)pair["path"]!, pair["request"]!.ToJsonString());
            var answer = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
            Assert.True((int)pair["status"]! == (int)response.StatusCode, $"{(int)response.StatusCode}: {answer}");
            Assert.Equal("application/json", response.Content.Headers.ContentType?.MediaType);
            Assert.Equal(pair["response"]!.ToJsonString(), JsonNode.Parse(answer.Replace($" {prefix}/api", " /api", StringComparison.Ordinal))!.ToJsonString());
        }
    }

    [Fact]
    public void There_are_cases() => Assert.True(Cases.Count > 30, $"{Cases.Count} cases in {Folder}");
}
