using System.Globalization;
using System.Text.Json;
using QwenMesh.Gateway.Tests.Fakes;
using QwenMesh.Protocol;
using static QwenMesh.Gateway.Tests.WaveSpeed.WaveSpeedCalls;

namespace QwenMesh.Gateway.Tests.WaveSpeed;

/// <summary>POST /predictions.</summary>
public sealed class WaveSpeedHistoryTests
{
    [Fact]
    public async Task Predictions_are_listed_by_page_model_status_and_time()
    {
        await using var mesh = await FakeMesh.StartAsync();
        var ids = new List<string>();
        foreach (var model in new[] { "text-to-image", "text-to-image-2512", "text-to-image" })
        {
            ids.Insert(0, Id(await EndAsync(mesh.Gateway, await PostAsync(mesh.Gateway, $"{Family}/{model}", new { prompt = "x " + model, size = "256*256", seed = 5 }))));
        }
        mesh.Denoiser.Service.Calls.FailNext(StageFaults.InvalidRequest("denoiser", "no"));
        ids.Insert(0, Id(await EndAsync(mesh.Gateway, await PostAsync(mesh.Gateway, $"{Family}/text-to-image", new { prompt = "x", size = "256*256" }))));

        await CheckAsync(mesh, new { page = 1, page_size = 10 }, 4, ids);
        await CheckAsync(mesh, new { page = 2, page_size = 3 }, 4, ids[3..]);
        await CheckAsync(mesh, new { page = 9, page_size = 3 }, 4, []);
        await CheckAsync(mesh, new { page = 1, page_size = 10, status = "failed" }, 1, ids[..1]);
        await CheckAsync(mesh, new { page = 1, page_size = 10, status = "completed" }, 3, ids[1..]);
        await CheckAsync(mesh, new { page = 1, page_size = 1, model = "wavespeed-ai/qwen-image/text-to-image-2512" }, 1, [ids[2]]);
        await CheckAsync(mesh, new { page = 2, page_size = 2, model = "wavespeed-ai/qwen-image/text-to-image" }, 3, [ids[3]]);
        var now = DateTimeOffset.UtcNow.AddMinutes(1).ToString("O", CultureInfo.InvariantCulture);
        await CheckAsync(mesh, new { page = 1, page_size = 10, created_after = now }, 0, []);
        await CheckAsync(mesh, new { page = 1, page_size = 10, created_before = now, created_after = "2026-01-01" }, 4, ids);
    }

    [Fact]
    public async Task An_item_has_its_input_and_its_time()
    {
        await using var mesh = await FakeMesh.StartAsync();
        await EndAsync(mesh.Gateway, await PostAsync(
            mesh.Gateway, $"{Family}/text-to-image", new { prompt = "a circle", size = "256x256", seed = -1, enable_base64_output = true }));
        var history = await PostAsync(mesh.Gateway, "/api/v3/predictions", new { page = 1, page_size = 10 });
        var item = Assert.Single(history.GetProperty("items").EnumerateArray());
        Assert.Equal(
            """{"prompt":"a circle","size":"256*256","seed":-1,"output_format":"jpeg","enable_sync_mode":false,"enable_base64_output":true}""",
            item.GetProperty("input").GetRawText());
        Assert.True(item.GetProperty("executionTime").GetInt64() > 0);
        // Addresses: a hundred pictures in one answer would be too much.
        Assert.StartsWith("http://", item.GetProperty("outputs")[0].GetString(), StringComparison.Ordinal);
    }

    private static async Task CheckAsync(FakeMesh mesh, object query, int total, IReadOnlyList<string> ids)
    {
        var history = await PostAsync(mesh.Gateway, "/api/v3/predictions", query);
        Assert.True(total == history.GetProperty("total").GetInt32(), $"{JsonSerializer.Serialize(query)}: {history.GetRawText()}");
        Assert.Equal(ids, history.GetProperty("items").EnumerateArray().Select(Id));
    }
}
