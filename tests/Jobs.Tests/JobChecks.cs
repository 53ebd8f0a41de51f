using System.Text.Json;

namespace QwenMesh.Jobs.Tests;

/// <summary>What is true of every job that has succeeded, however often its Gateways died.</summary>
internal static class JobChecks
{
    /// <summary>It has ended once, its events tell of it from the first to the last, and its picture is the last attempt's.</summary>
    /// <returns>The key of its picture, and its bytes.</returns>
    public static (string Key, long Bytes) Check(StoredJob job)
    {
        Assert.True(job.State == StoredJob.Succeeded, $"{job.Id} is in state {job.State}: {job.Fault}");
        Assert.Equal(Enumerable.Range(1, job.Numbers.Length).Select(number => (long)number), job.Numbers);
        string[] kinds = [.. job.Kinds];
        Assert.Equal(("queued", "ended"), (kinds[0], kinds[^1]));
        Assert.Equal((1, 1), (kinds.Count(kind => kind == "queued"), kinds.Count(kind => kind == "ended")));
        // Between two attempts the job was in the queue again. One whose Gateway was lost is not counted: its number comes again.
        int[] attempts = [.. job.Of("started").Select(started => started.GetProperty("attempt").GetInt32())];
        Assert.All(attempts.Zip([1, .. attempts], (next, before) => next - before), step => Assert.InRange(step, 0, 1));
        string[] turns = [.. kinds.Where(kind => kind is "started" or "retried")];
        Assert.Equal(Enumerable.Range(0, (2 * attempts.Length) - 1).Select(turn => turn % 2 == 0 ? "started" : "retried"), turns);
        // Of the last attempt, and the one that the result names.
        var last = kinds[Array.LastIndexOf(kinds, "started")..];
        Assert.Equal(["accepted", "picture"], last.Where(kind => kind is "accepted" or "picture"));
        Assert.Equal("succeeded", job.Events[^1].GetProperty("state").GetString(), ignoreCase: true);
        using var result = JsonDocument.Parse(job.Result!);
        var picture = Assert.Single(result.RootElement.GetProperty("pictures").EnumerateArray());
        Assert.True(JsonElement.DeepEquals(picture, job.Of("picture").Last().GetProperty("picture")), $"{job.Id}: the result is not the picture that was told of");
        Assert.Equal(job.Fence, picture.GetProperty("fence").GetInt64());
        return ($"jobs/{job.Id}/result-{job.Fence}-{picture.GetProperty("number").GetInt32()}", picture.GetProperty("bytes").GetInt64());
    }

    /// <summary>The file is all there.</summary>
    public static void Check(string key, long bytes, byte[]? file)
    {
        Assert.True(file is not null, $"{key} is not there");
        Assert.Equal(bytes, file.Length);
        // Of a JPEG.
        Assert.Equal([0xFF, 0xD8, 0xFF, 0xD9], [.. file[..2], .. file[^2..]]);
    }
}
