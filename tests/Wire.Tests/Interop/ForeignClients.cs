using System.Text.Json;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Google.Protobuf.WellKnownTypes;
using Grpc.Health.V1;
using Grpc.Reflection.V1;
using QwenMesh.Testing;
using QwenMesh.Wire.Tests.Calls;
using QwenMesh.Wire.Tests.Hosting;

namespace QwenMesh.Wire.Tests.Interop;

/// <summary>Runs each client once, when the first test asks for its report.</summary>
public sealed class ForeignClients(MeshHost mesh)
{
    // What google.rpc.Status needs, in the order of its imports.
    private static readonly FileDescriptor[] DetailFiles =
        [AnyReflection.Descriptor, DurationReflection.Descriptor, Google.Rpc.StatusReflection.Descriptor, Google.Rpc.ErrorDetailsReflection.Descriptor];

    private readonly Dictionary<string, Task<IReadOnlyDictionary<string, JsonElement>>> _reports = [];

    public async Task<JsonElement> ReportAsync(string client, string name)
    {
        if (!_reports.TryGetValue(client, out var report))
        {
            _reports.Add(client, report = RunAsync(client));
        }
        Assert.True((await report).TryGetValue(name, out var result), $"{client} did not report on {name}");
        return result;
    }

    // grpc-js reads the .proto files. grpcio has no generated code: it asks the stages for their contract, of which the details of a failure are no part.
    private async Task<IReadOnlyDictionary<string, JsonElement>> RunAsync(string client)
    {
        FileDescriptor[] files = [.. DetailFiles, ReflectionReflection.Descriptor, HealthReflection.Descriptor];
        var descriptors = new FileDescriptorSet { File = { files.Select(file => file.ToProto()) } };
        return await ForeignClient.RunAsync(client, new
        {
            encoder = mesh.Encoder.Grpc.Authority,
            denoiser = mesh.Denoiser.Grpc.Authority,
            vae = mesh.Vae.Grpc.Authority,
            gateway = mesh.Ingress.Authority,
            protos = Path.Combine(GoldenFolder.Repository, "protos"),
            descriptors = Convert.ToBase64String(descriptors.ToByteArray()),
            prompt = GeneratedClient.Prompt,
            cells = GeneratedClient.Cells,
            steps = GeneratedClient.Steps,
            seed = GeneratedClient.Seed,
            cases = InteropTests.AllCases,
        });
    }
}
