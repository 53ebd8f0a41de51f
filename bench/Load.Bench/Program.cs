using System.Runtime.InteropServices;
using QwenMesh.Load.Bench;
using QwenMesh.Load.Bench.Soak;

if (LoadOptions.Read(args) is not { } options)
{
    await Console.Error.WriteLineAsync(LoadOptions.Usage);
    return 2;
}
await using var mesh = await LoadedMesh.StartAsync(options);
// The services are no children of this process: whoever ends it ends them too.
using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, _ => Leave());
using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, _ => Leave());
using var client = new PictureClient(mesh.Address, options);
var capacity = await Capacity.MeasureAsync(client, options);
Console.WriteLine(capacity.Describe(options));
await (options.IsSoak ? SoakRun.MeasureAsync(mesh, client, capacity, options) : LoadSteps.MeasureAsync(client, capacity, options));
if (mesh.Dead is not { Count: > 0 } dead)
{
    return 0;
}
Console.WriteLine($"\nended while they were under load: {string.Join(", ", dead)}; their logs are in {mesh.KeepFolder()}");
return 1;

void Leave()
{
    mesh.Stop();
    Environment.Exit(130);
}
