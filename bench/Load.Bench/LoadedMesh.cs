using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace QwenMesh.Load.Bench;

/// <summary>Encoder, Denoiser, Vae and Gateway on the shipped checkpoint, by ./qwenmesh up, with a folder and ports of their own.</summary>
internal sealed class LoadedMesh : IAsyncDisposable
{
    private const double StepsOfQueue = 50; // Jobs:MaxQueuedPictures counts pictures of 1024 x 1024 with so many.

    private static readonly string[] Ports =
        ["HTTP_PORT", "GRPC_PORT", "ENCODER_PORT", "DENOISER_PORT", "VAE_PORT", "ENCODER_HTTP_PORT", "DENOISER_HTTP_PORT", "VAE_HTTP_PORT"];

    private readonly string _folder;
    private readonly Dictionary<string, string> _environment;
    private bool _keepsFolder;

    private LoadedMesh(string folder, LoadOptions options)
    {
        _folder = folder;
        _environment = Ports.Zip(FreePorts()).ToDictionary(pair => $"QWENMESH_{pair.First}", pair => pair.Second.ToString(CultureInfo.InvariantCulture));
        _environment["QWENMESH_RUN_DIR"] = folder;
        var queue = options.Queue * options.Steps * (double)options.Size * options.Size / (StepsOfQueue * 1024 * 1024);
        _environment["Jobs__MaxQueuedPictures"] = queue.ToString(CultureInfo.InvariantCulture);
        Address = Local("HTTP_PORT", "/");
    }

    /// <summary>Of the Gateway.</summary>
    public Uri Address { get; }

    public IReadOnlyList<ServiceProcess> Services { get; private set; } = [];

    /// <summary>Names of the services that have ended by themselves.</summary>
    public IReadOnlyList<string> Dead => [.. Services.Where(service => !service.IsAlive).Select(service => service.Name)];

    /// <exception cref="InvalidOperationException">It did not start; the message says why.</exception>
    public static async Task<LoadedMesh> StartAsync(LoadOptions options)
    {
        var folder = Directory.CreateDirectory(Path.Combine(options.Folder, $"qwenmesh-load-{Guid.NewGuid():N}")).FullName;
        var mesh = new LoadedMesh(folder, options);
        // Builds, too.
        using var up = Process.Start(mesh.Command("up", "--detach"))!;
        var said = up.StandardOutput.ReadToEndAsync();
        await up.WaitForExitAsync();
        if (up.ExitCode != 0)
        {
            throw new InvalidOperationException($"the mesh did not start:\n{await said}");
        }
        mesh.Services =
        [
            mesh.Service("encoder", "ENCODER_HTTP_PORT"), mesh.Service("denoiser", "DENOISER_HTTP_PORT"), mesh.Service("vae", "VAE_HTTP_PORT"), mesh.Service("gateway", "HTTP_PORT"),
        ];
        return mesh;
    }

    /// <summary>Leaves logs and jobs where they are.</summary>
    /// <returns>The folder.</returns>
    public string KeepFolder()
    {
        _keepsFolder = true;
        return _folder;
    }

    /// <summary>Stops the services and waits until they have ended; the script does not wait for ever.</summary>
    public void Stop()
    {
        using var down = Process.Start(Command("down"))!;
        down.WaitForExit();
        if (!_keepsFolder)
        {
            Directory.Delete(_folder, recursive: true);
        }
    }

    public async ValueTask DisposeAsync() => await Task.Run(Stop);

    private static int[] FreePorts()
    {
        var sockets = Array.ConvertAll(Ports, _ => new Socket(SocketType.Stream, ProtocolType.Tcp));
        Array.ForEach(sockets, socket => socket.Bind(new IPEndPoint(IPAddress.Loopback, 0)));
        var ports = Array.ConvertAll(sockets, socket => ((IPEndPoint)socket.LocalEndPoint!).Port);
        Array.ForEach(sockets, socket => socket.Dispose());
        return ports;
    }

    private ServiceProcess Service(string name, string port) =>
        new(name, int.Parse(File.ReadAllText(Path.Combine(_folder, $"{name}.pid")), CultureInfo.InvariantCulture), Local(port, "/metrics"));

    private Uri Local(string port, string path) => new($"http://127.0.0.1:{_environment[$"QWENMESH_{port}"]}{path}");

    private ProcessStartInfo Command(params string[] arguments)
    {
        var start = new ProcessStartInfo(Path.Combine(Repository.Find(), "qwenmesh"), arguments) { RedirectStandardOutput = true };
        foreach (var (key, value) in _environment)
        {
            start.Environment[key] = value;
        }
        return start;
    }
}
