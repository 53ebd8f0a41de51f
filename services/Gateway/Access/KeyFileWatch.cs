using Microsoft.Extensions.Options;

namespace QwenMesh.Gateway.Access;

/// <summary>
/// Reads the file of keys again when its content has changed. It is read, not watched: a mounted secret changes by a link to another folder, of which
/// the file system tells nothing. A file that cannot be read, or is at fault, changes nothing.
/// </summary>
internal sealed partial class KeyFileWatch(KeyRing keys, IOptions<AccessOptions> options, TimeProvider time, ILogger<KeyFileWatch> logger) : BackgroundService
{
    private byte[] _content = [];
    private string _fault = "";

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (options.Value.KeyFile.Length == 0)
        {
            return;
        }
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(options.Value.KeyFileSeconds), time);
        do
        {
            Look();
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    private void Look()
    {
        try
        {
            var content = KeyFile.ReadBytes(options.Value.KeyFile);
            if (content.AsSpan().SequenceEqual(_content))
            {
                return;
            }
            var (all, faults) = KeyFile.Parse(content, options.Value);
            if (all is null)
            {
                Report(string.Join("; ", faults));
                return;
            }
            (_content, _fault) = (content, "");
            keys.Replace(all);
            LogRead(logger, all.Count);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            Report(exception.Message);
        }
    }

    // Once, not at every look.
    private void Report(string fault)
    {
        if (fault != _fault)
        {
            _fault = fault;
            LogFault(logger, fault);
        }
    }

    [LoggerMessage(411, LogLevel.Information, "{Count} API keys are known")]
    private static partial void LogRead(ILogger logger, int count);

    [LoggerMessage(412, LogLevel.Error, "The file of API keys is not taken, the keys before it stay: {Reason}")]
    private static partial void LogFault(ILogger logger, string reason);
}
