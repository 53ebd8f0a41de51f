using System.Text.Json;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Grpc.Net.Client;
using QwenMesh.Protocol;
using QwenMesh.Protocol.V1;
using QwenMesh.Testing.Clients;

namespace QwenMesh.Mesh.Tests.Clients;

/// <summary>Submit, Watch, Get, Cancel and List by gRPC clients that others wrote, against the real mesh.</summary>
[Collection(MeshCollection.Name)]
public sealed class JobClientTests(MeshFixture mesh)
{
    // In the order of their imports.
    private static readonly FileDescriptor[] Files =
    [
        TimestampReflection.Descriptor, AnyReflection.Descriptor, DurationReflection.Descriptor, Google.Rpc.StatusReflection.Descriptor,
        Google.Rpc.ErrorDetailsReflection.Descriptor, TensorReflection.Descriptor, StageReflection.Descriptor, DenoiserReflection.Descriptor,
        GenerationReflection.Descriptor,
    ];

    private static readonly GenerateRequest Request = new()
    {
        Task = GenerationTask.TextToImage,
        Prompt = "a big red circle on a blue background",
        Width = 512,
        Height = 512,
        Steps = 4,
        Seed = 17,
    };

    // Long enough to be cancelled while it runs, on any machine.
    private static readonly GenerateRequest Long = new(Request) { Width = 1024, Height = 1024, Steps = 60, Count = 10 };

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Jobs_are_submitted_watched_and_cancelled_with_grpc_js() =>
        await CheckAsync(await ClientProgram.RunNodeAsync(Setup(), Token, "jobs.mjs"));

    [Fact]
    public async Task Jobs_are_submitted_watched_and_cancelled_with_grpcio() =>
        await CheckAsync(await ClientProgram.RunPythonAsync(Setup(), Token, "jobs.py"));

    private object Setup() => new
    {
        gateway = new Uri(mesh.Gateway.GrpcAddress).Authority,
        protos = Path.Combine(Repository.Root, "protos"),
        descriptors = Convert.ToBase64String(new FileDescriptorSet { File = { Files.Select(file => file.ToProto()) } }.ToByteArray()),
        request = Json(Request),
        @long = Json(Long),
    };

    private static JsonElement Json(GenerateRequest request) =>
        JsonElement.Parse(new JsonFormatter(JsonFormatter.Settings.Default.WithPreserveProtoFieldNames(true)).Format(request));

    private async Task CheckAsync(IReadOnlyDictionary<string, JsonElement> report)
    {
        Assert.All(report.Values, line => Assert.False(line.TryGetProperty("error", out _), line.GetRawText()));
        var (watched, resumed) = (report["watch"], report["resume"]);
        Assert.Equal(("queued", "GENERATION_JOB_STATE_SUCCEEDED"), (Text(watched, "first"), Text(watched, "state")));
        int[] numbers = [.. watched.GetProperty("numbers").EnumerateArray().Select(number => number.GetInt32())];
        Assert.Equal(Enumerable.Range(1, numbers.Length), numbers);
        Assert.Equal(numbers[3..], resumed.GetProperty("numbers").EnumerateArray().Select(number => number.GetInt32()));
        using var channel = GrpcChannel.ForAddress(mesh.Gateway.GrpcAddress);
        Assert.True((await FrontDoorCalls.DrawAsync(channel, Request)).AsSpan().SequenceEqual(watched.GetProperty("image").GetBytesFromBase64()), "the file is not that of Generate");
        Assert.True(report["again"].GetProperty("isSame").GetBoolean());
        Assert.Equal("GENERATION_JOB_STATE_SUCCEEDED", Text(report["get"], "state"));
        Assert.Equal("GENERATION_JOB_STATE_CANCELLED", Text(report["cancel"], "state"));
        var listed = report["list"];
        Assert.True(listed.GetProperty("isDrawn").GetBoolean());
        Assert.Equal(
            ["GENERATION_JOB_STATE_CANCELLED", "GENERATION_JOB_STATE_SUCCEEDED"], listed.GetProperty("states").EnumerateArray().Select(state => state.GetString()));
        Assert.Equal(((int)StatusCode.NotFound, FaultReasons.NotFound), (report["unknown"].GetProperty("code").GetInt32(), Text(report["unknown"], "reason")));
    }

    private static string? Text(JsonElement line, string name) => line.GetProperty(name).GetString();
}
