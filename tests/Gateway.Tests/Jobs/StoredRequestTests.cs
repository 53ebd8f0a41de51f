using System.Collections;
using System.Reflection;
using System.Text;
using QwenMesh.Gateway.Files;
using QwenMesh.Gateway.Generation;
using QwenMesh.Gateway.Jobs;
using QwenMesh.Imaging;

namespace QwenMesh.Gateway.Tests.Jobs;

public sealed class StoredRequestTests
{
    // No property has its default value; the first test refuses one that has.
    private static readonly GenerationRequest Full = new()
    {
        Task = GenerationTask.Inpaint,
        Model = "a model",
        Prompt = "eine Katze, 一只猫, \0 \" \\ \ud83d\ude00",
        NegativePrompt = "",
        References = [Bytes("first"), Bytes("second")],
        Mask = Bytes("mask"),
        MaskKind = MaskKind.Transparency,
        Controls = [new ControlPicture("canny", Bytes("edges"), 0.5, 0.25, 0.75), new ControlPicture("pose", Bytes("pose"))],
        Adapters = [new AdapterChoice("lora", 0.1)],
        Strength = 0.3,
        Size = new ImageSize(640, 480),
        AspectRatio = "16:9",
        Steps = 17,
        Guidance = 4.2,
        Seed = ulong.MaxValue,
        Count = 3,
        Format = ImageFormat.WebP,
        Quality = 12,
        Deadline = new DateTimeOffset(2030, 1, 2, 3, 4, 5, TimeSpan.FromHours(2)),
        Priority = -3,
        PreviewInterval = 5,
    };

    private static readonly string[] Files = [nameof(GenerationRequest.References), nameof(GenerationRequest.Mask), nameof(GenerationRequest.Controls)];

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public void Every_field_but_the_files_is_stored()
    {
        var read = StoredRequest.Read(StoredRequest.Write(Full));
        var empty = new GenerationRequest { Prompt = "", Seed = 0 };
        foreach (var property in typeof(GenerationRequest).GetProperties().Where(property => !Files.Contains(property.Name)))
        {
            Assert.False(Same(property, empty, Full), $"{property.Name} of the example has its default value");
            Assert.True(Same(property, Full, read), $"{property.Name} is {property.GetValue(read)}");
        }
        Assert.Empty(read.References);
        Assert.Null(read.Mask);
        Assert.Equal([("canny", 0.5, 0.25, 0.75, 0), ("pose", 1, 0, 1, 0)], read.Controls.Select(control => (control.Name, control.Scale, control.Start, control.End, control.File.Length)));
    }

    [Fact]
    public async Task The_least_request_is_stored()
    {
        var json = StoredRequest.Write(new GenerationRequest { Prompt = "p", Seed = 0 });
        Assert.Null((await StoredRequest.ReadWithFilesAsync(json, "job", new Blobs(), Cancellation)).Mask);
        var stored = StoredRequest.Parse(json);
        Assert.False(stored.HasFiles);
        Assert.Equal(("p", null, null, 1), (stored.Request.Prompt, stored.Request.NegativePrompt, stored.Request.Size, stored.Request.Count));
    }

    [Fact]
    public async Task Files_are_kept_beside_it()
    {
        var blobs = new Blobs();
        var json = StoredRequest.Write(Full);
        Assert.True(StoredRequest.Parse(json).HasFiles);
        await StoredRequest.PutFilesAsync(Full, "job", blobs, Cancellation);
        Assert.Equal(
            ["jobs/job/control/0", "jobs/job/control/1", "jobs/job/mask/0", "jobs/job/reference/0", "jobs/job/reference/1"], blobs.Kept.Keys.Order(StringComparer.Ordinal));

        var read = await StoredRequest.ReadWithFilesAsync(json, "job", blobs, Cancellation);
        Assert.Equal(["first", "second"], read.References.Select(Text));
        Assert.Equal("mask", Text(read.Mask!.Value));
        Assert.Equal([("canny", "edges", 0.75), ("pose", "pose", 1)], read.Controls.Select(control => (control.Name, Text(control.File), control.End)));
        Assert.Equal(Full.Prompt, read.Prompt);
    }

    [Fact]
    public async Task A_file_that_is_gone_is_a_fault()
    {
        var blobs = new Blobs();
        await StoredRequest.PutFilesAsync(Full, "job", blobs, Cancellation);
        blobs.Kept.Remove("jobs/job/mask/0");
        var exception = await Assert.ThrowsAsync<GenerationException>(
            () => StoredRequest.ReadWithFilesAsync(StoredRequest.Write(Full), "job", blobs, Cancellation));
        Assert.Equal(FaultKind.Internal, exception.Fault.Kind);
    }

    private static bool Same(PropertyInfo property, GenerationRequest first, GenerationRequest second) => (property.GetValue(first), property.GetValue(second)) switch
    {
        (IEnumerable some, IEnumerable others) => some.Cast<object>().SequenceEqual(others.Cast<object>()),
        var (one, other) => Equals(one, other),
    };

    private static ReadOnlyMemory<byte> Bytes(string text) => Encoding.UTF8.GetBytes(text);

    private static string Text(ReadOnlyMemory<byte> bytes) => Encoding.UTF8.GetString(bytes.Span);

    private sealed class Blobs : IBlobStore
    {
        public Dictionary<string, ReadOnlyMemory<byte>> Kept { get; } = [];

        public Task PutAsync(string key, ReadOnlyMemory<byte> bytes, string mediaType, CancellationToken cancellationToken)
        {
            Kept.Add(key, bytes);
            return Task.CompletedTask;
        }

        public Task<ReadOnlyMemory<byte>?> GetAsync(string key, CancellationToken cancellationToken) =>
            Task.FromResult(Kept.TryGetValue(key, out var bytes) ? bytes : default(ReadOnlyMemory<byte>?));

        public Task DeleteAsync(string prefix, CancellationToken cancellationToken) => throw new NotSupportedException();

        public IAsyncEnumerable<string> ListAsync(string prefix, CancellationToken cancellationToken) => throw new NotSupportedException();
    }
}
