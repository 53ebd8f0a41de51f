using System.ComponentModel;
using System.Diagnostics;
using System.Reflection;
using System.Text;
using System.Text.Json;

namespace QwenMesh.Grpc.Tests.Interop;

/// <summary>A program of another gRPC implementation.</summary>
internal sealed class PeerProcess : IDisposable
{
    private readonly Process _process;
    private readonly StringBuilder _errors = new();
    private readonly string _description;

    private PeerProcess(Process process, string description)
    {
        _process = process;
        _description = description;
        process.ErrorDataReceived += (_, line) =>
        {
            lock (_errors)
            {
                _errors.AppendLine(line.Data);
            }
        };
        process.BeginErrorReadLine();
    }

    /// <summary>The folder that holds the programs and the contract.</summary>
    public static string Folder { get; } = typeof(PeerProcess).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
        .Single(attribute => attribute.Key == "InteropFolder").Value!;

    /// <summary>Starts a program.</summary>
    /// <param name="file">Name or path of the executable.</param>
    /// <param name="hint">What to install when it is missing.</param>
    /// <param name="subfolder">Where it runs, below <see cref="Folder"/>.</param>
    public static PeerProcess Start(string file, string hint, string subfolder, params IEnumerable<string> arguments)
    {
        var start = new ProcessStartInfo(file, arguments)
        {
            WorkingDirectory = Path.Combine(Folder, subfolder),
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        try
        {
            return new PeerProcess(Process.Start(start)!, $"{file} {string.Join(' ', start.ArgumentList)}");
        }
        catch (Win32Exception exception)
        {
            throw new InvalidOperationException($"The interop tests need '{file}', which could not be started ({exception.Message}). {hint}", exception);
        }
    }

    /// <summary>The next line of its output.</summary>
    public async Task<JsonElement> ReadLineAsync(CancellationToken cancellationToken)
    {
        var line = await _process.StandardOutput.ReadLineAsync(cancellationToken)
            ?? throw new InvalidOperationException($"'{_description}' ended before it was ready. {Errors}");
        return JsonElement.Parse(line);
    }

    /// <summary>Waits for its end and returns its output.</summary>
    public async Task<string> ReadToEndAsync(CancellationToken cancellationToken)
    {
        var output = await _process.StandardOutput.ReadToEndAsync(cancellationToken);
        await _process.WaitForExitAsync(cancellationToken);
        return _process.ExitCode == 0
            ? output
            : throw new InvalidOperationException($"'{_description}' ended with exit code {_process.ExitCode}. {Errors}{output}");
    }

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
        }

        _process.Dispose();
    }

    private string Errors
    {
        get
        {
            lock (_errors)
            {
                return _errors.ToString();
            }
        }
    }
}
