using System.Globalization;
using System.Net.Sockets;
using QwenMesh.Testing;

namespace QwenMesh.Mesh.Tests.Command;

/// <summary>The README's first command from its start to its end.</summary>
public sealed class CommandTests
{
    private static readonly string[] Stages = ["encoder", "denoiser", "vae", "gateway"];

    [Fact]
    public async Task Up_leaves_no_descriptor_behind_and_down_signals_all_four_at_once()
    {
        await using var command = new MeshCommand { ["Stage__DrainSeconds"] = "1" };
        var lockFile = Path.Combine(command.RunFolder, "lock");
        var (code, output) = await command.RunProgramAsync("flock", lockFile, Path.Combine(Repository.Root, "qwenmesh"), "up", "--detach");
        Assert.True(code == 0, output);
        Assert.All(Stages, name => Assert.Matches($@"{name} +starting\.* ready \(\d+ s\)", output));
        Assert.Contains("./qwenmesh generate", output, StringComparison.Ordinal);
        Assert.Equal(0, (await command.RunProgramAsync("flock", "-n", lockFile, "true")).Code);
        Assert.Equal(4, (await command.ReadyAsync()).Split('\n').Count(line => line.Contains(" ready ", StringComparison.Ordinal)));

        // The Gateway hangs: the others end nevertheless, and in the end so does it.
        var (gateway, others) = (command.Pid("gateway"), Stages.Where(stage => stage != "gateway").Select(command.Pid).ToArray());
        await command.SignalAsync("STOP", gateway);
        command["Stage__DrainSeconds"] = "10"; // Longer than the stages and this test may stand still, for the Gateway alone.
        var down = command.RunAsync("down");
        await Eventually.TrueAsync(() => !others.Any(MeshCommand.Runs), "the three stages have ended");
        Assert.True(MeshCommand.Runs(gateway), "the Gateway was killed before the stages had ended");
        Assert.Equal((0, true), ((await down).Code, (await down).Output.EndsWith("Stopped gateway encoder denoiser vae.\n", StringComparison.Ordinal)));
        await Eventually.TrueAsync(() => !MeshCommand.Runs(gateway), "the Gateway has ended");

        var status = await command.RunAsync("status");
        Assert.NotEqual(0, status.Code);
        Assert.Equal(4, status.Output.Split('\n').Count(line => line.EndsWith("stopped", StringComparison.Ordinal)));
        Assert.Equal((0, "Nothing was running.\n"), await command.RunAsync("down"));
    }

    [Fact]
    public async Task Interrupting_up_stops_all_four()
    {
        await using var command = new MeshCommand();
        using var up = command.Begin("up");
        up.StandardInput.Close();
        var lines = new List<string>();
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(TimeSpan.FromMinutes(10));
        while (await up.StandardOutput.ReadLineAsync(limit.Token) is { } line)
        {
            lines.Add(line);
            if (line.StartsWith("Ctrl-C", StringComparison.Ordinal))
            {
                break;
            }
        }
        Assert.True(lines.Count > 5, string.Join('\n', lines));
        var pids = Stages.Select(command.Pid).ToArray();
        await command.SignalAsync("INT", up.Id);
        var rest = await up.StandardOutput.ReadToEndAsync(limit.Token);
        await up.WaitForExitAsync(limit.Token);
        Assert.Contains("Stopped gateway encoder denoiser vae.", rest, StringComparison.Ordinal);
        Assert.All(pids, pid => Assert.False(MeshCommand.Runs(pid), $"process {pid} still runs"));
    }

    [Fact]
    public async Task Two_at_once_in_one_state_folder_start_one_mesh()
    {
        await using var command = new MeshCommand();
        var ups = await Task.WhenAll(command.RunAsync("up", "--detach"), command.RunAsync("up", "--detach"));
        var refused = Assert.Single(ups, up => up.Code != 0);
        Assert.Matches(@"^qwenmesh: (another \./qwenmesh up is starting|the mesh is running already).*\n$", refused.Output);
        await command.ReadyAsync();
    }

    [Fact]
    public async Task On_an_address_that_others_reach_the_stages_stay_on_loopback()
    {
        // Every address of 127.0.0.0/8 is this machine's, and those who listen on 127.0.0.1 do not hear of the others.
        await using var command = new MeshCommand { ["QWENMESH_BIND_ADDRESS"] = "0.0.0.0", ["Access__AllowAnonymous"] = "true" };
        var (code, output) = await command.RunAsync("up", "--detach");
        Assert.True(code == 0, output);
        foreach (var name in new[] { "HTTP", "GRPC" })
        {
            Assert.True(await AnswersAsync(command[$"QWENMESH_{name}_PORT"]), name);
        }
        foreach (var name in new[] { "ENCODER", "DENOISER", "VAE", "ENCODER_HTTP", "DENOISER_HTTP", "VAE_HTTP" })
        {
            Assert.False(await AnswersAsync(command[$"QWENMESH_{name}_PORT"]), name);
        }

        static async Task<bool> AnswersAsync(string port)
        {
            using var client = new TcpClient();
            try
            {
                await client.ConnectAsync("127.0.0.2", int.Parse(port, CultureInfo.InvariantCulture), TestContext.Current.CancellationToken);
                return true;
            }
            catch (SocketException refused) when (refused.SocketErrorCode == SocketError.ConnectionRefused)
            {
                return false;
            }
        }
    }

    [Theory]
    [InlineData("up")]
    [InlineData("down")]
    [InlineData("status")]
    [InlineData("generate")]
    public async Task Asked_for_help_a_command_does_nothing_else(string name)
    {
        await using var command = new MeshCommand();
        var (code, output) = await command.RunAsync(name, "--help");
        Assert.Equal(0, code);
        Assert.StartsWith("Usage: ./qwenmesh COMMAND", output, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFiles(command.RunFolder));
    }

    [Theory]
    [InlineData("up")]
    [InlineData("status")]
    [InlineData("generate")]
    public async Task A_port_that_is_none_is_refused_by_the_name_of_its_variable(string name)
    {
        foreach (var port in new[] { "x", "0", "65536", "-1" })
        {
            await using var command = new MeshCommand { ["QWENMESH_VAE_PORT"] = port };
            var (code, output) = await command.RunAsync(name);
            Assert.NotEqual(0, code);
            Assert.Equal($"qwenmesh: QWENMESH_VAE_PORT is '{port}', which is no port (1 to 65535)\n", output);
        }
    }

    [Fact]
    public async Task A_folder_without_a_checkpoint_is_refused_before_anything_starts()
    {
        await using var command = new MeshCommand();
        var (code, output) = await command.RunAsync("up", "--model", command.RunFolder);
        Assert.NotEqual(0, code);
        Assert.Contains("no model_index.json", output, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFiles(command.RunFolder, "*.pid"));
    }

    [Fact]
    public async Task A_broken_checkpoint_is_one_sentence_and_leaves_nothing_running()
    {
        await using var command = new MeshCommand();
        using var folder = new TemporaryFolder();
        var broken = folder.CopyOf(Repository.NanoModel);
        foreach (var file in Directory.GetFiles(Path.Combine(broken, "vae"), "*.safetensors"))
        {
            await File.WriteAllTextAsync(file, "no weights", TestContext.Current.CancellationToken);
        }
        var (code, output) = await command.RunAsync("up", "--detach", "--model", broken);
        Assert.NotEqual(0, code);
        var error = Assert.Single(output.Split('\n'), line => line.StartsWith("qwenmesh: ", StringComparison.Ordinal));
        Assert.StartsWith("qwenmesh: vae ended while starting: ", error, StringComparison.Ordinal);
        Assert.Contains(".safetensors", error, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", output, StringComparison.Ordinal);
        Assert.DoesNotContain("\"LogLevel\"", output, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFiles(command.RunFolder, "*.pid"));
    }
}
