using QwenMesh.Testing;

namespace QwenMesh.Mesh.Tests.Command;

/// <summary>What ./qwenmesh says and does while a mesh runs that it has started.</summary>
public sealed class RunningMeshTests(RunningMeshTests.Mesh mesh) : IClassFixture<RunningMeshTests.Mesh>
{
    private readonly MeshCommand _command = mesh.Command;

    [Fact]
    public async Task Up_starts_again_what_has_ended_and_leaves_the_others_alone()
    {
        string[] others = ["encoder", "denoiser", "gateway"];
        var (dead, before) = (_command.Pid("vae"), others.Select(_command.Pid).ToArray());
        await _command.SignalAsync("KILL", dead);
        await Eventually.TrueAsync(() => !MeshCommand.Runs(dead), "the vae has ended");
        var elsewhere = await _command.RunAsync("up", "--detach", "--model", WithoutWeights());
        Assert.Contains("stop them with ./qwenmesh down first", elsewhere.Output, StringComparison.Ordinal);
        var (code, output) = await _command.RunAsync("up", "--detach");
        Assert.True(code == 0, output);
        Assert.NotEqual(dead, _command.Pid("vae"));
        Assert.Equal(before, others.Select(_command.Pid));
        await _command.ReadyAsync();
    }

    [Fact]
    public async Task Up_of_a_mesh_that_runs_is_refused()
    {
        var (code, output) = await _command.RunAsync("up", "--detach");
        Assert.NotEqual(0, code);
        Assert.Matches(@"^qwenmesh: the mesh is running already: encoder \(pid \d+\).*\n$", output);
    }

    [Fact]
    public async Task Another_mesh_on_the_same_ports_is_named_with_its_owner()
    {
        await using var second = _command.Beside();
        var (code, output) = await second.RunAsync("up", "--detach");
        Assert.NotEqual(0, code);
        Assert.Matches($@"^qwenmesh: port \d+ is taken by another QwenMesh of yours \(user {Environment.UserName}\).*QWENMESH_RUN_DIR.*\n$", output);
    }

    [Fact]
    public async Task A_mesh_of_another_user_is_named_with_its_owner()
    {
        Assert.SkipUnless(Environment.UserName == "root", "only root can run the command as another user");
        // As nobody, who sees this mesh on the ports, and its state, whatever the umask.
        Assert.Equal(0, (await _command.RunProgramAsync("chmod", "-R", "o+rX", _command.RunFolder)).Code);
        var can = await AsNobodyAsync(_command, "bash", "-c", "cat \"$QWENMESH_RUN_DIR/gateway.pid\" && dotnet --list-sdks && exec \"$0\" help", Program);
        Assert.SkipUnless(can.Code == 0, $"this checkout, .NET or the folder for temporary files is not for everybody: {can.Output.TrimEnd()}");
        await using var second = _command.Beside();
        Assert.Equal(0, (await second.RunProgramAsync("chmod", "o+rwx", second.RunFolder)).Code);
        var up = await AsNobodyAsync(second, Program, "up");
        Assert.NotEqual(0, up.Code);
        Assert.Matches(@"^qwenmesh: port \d+ is taken by the QwenMesh of user root; give yours other ports.*\n$", up.Output);
        var down = await AsNobodyAsync(_command, Program, "down");
        Assert.NotEqual(0, down.Code);
        Assert.Matches(@"^qwenmesh: the gateway \(pid \d+\) runs as user root, who has to stop it.*\n$", down.Output);
        await _command.ReadyAsync();
    }

    [Fact]
    public async Task Generate_draws_a_picture()
    {
        using var folder = new TemporaryFolder();
        var (code, output) = await _command.RunAsync("generate", "a \"red\" square\\\non blue", folder.File("red.png"));
        Assert.True(code == 0, output);
        byte[] signature = [0x89, (byte)'P', (byte)'N', (byte)'G'];
        Assert.Equal(signature, (await File.ReadAllBytesAsync(folder.File("red.png"), TestContext.Current.CancellationToken))[..4]);
        Assert.Matches(@"red\.png \(seed \d+\)\n$", output);
    }

    [Fact]
    public async Task Generate_shows_why_there_is_no_picture()
    {
        using var folder = new TemporaryFolder();
        var (code, output) = await _command.RunAsync("generate", new string('x', 20_000), folder.File("red.png"));
        Assert.NotEqual(0, code);
        Assert.Matches(@"^qwenmesh: no picture \(HTTP 4\d\d\): [^\n{}]*prompt[^\n{}]*10000[^\n{}]*\n$", output);
        Assert.False(File.Exists(folder.File("red.png")));

        await using var nowhere = new MeshCommand();
        var silent = await nowhere.RunAsync("generate", "x", folder.File("red.png"));
        Assert.NotEqual(0, silent.Code);
        Assert.Equal($"qwenmesh: no mesh answers on 127.0.0.1:{nowhere.HttpPort}; start it with ./qwenmesh up\n", silent.Output);
    }

    private static string Program => Path.Combine(Repository.Root, "qwenmesh");

    private static Task<(int Code, string Output)> AsNobodyAsync(MeshCommand command, params string[] program) =>
        command.RunProgramAsync("setpriv", ["--reuid=65534", "--regid=65534", "--clear-groups", "env", "HOME=/tmp", .. program]);

    private string WithoutWeights()
    {
        var folder = Path.Combine(_command.RunFolder, "other-model");
        Directory.CreateDirectory(folder);
        File.WriteAllText(Path.Combine(folder, "model_index.json"), "{}");
        return folder;
    }

    /// <summary>One mesh for all of these tests.</summary>
    public sealed class Mesh : IAsyncLifetime
    {
        internal MeshCommand Command { get; } = new();

        public async ValueTask InitializeAsync()
        {
            var (code, output) = await Command.RunAsync("up", "--detach");
            Assert.True(code == 0, output);
        }

        public ValueTask DisposeAsync() => Command.DisposeAsync();
    }
}
