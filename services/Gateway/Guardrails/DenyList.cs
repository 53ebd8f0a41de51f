using System.Globalization;
using Microsoft.Extensions.Options;

namespace QwenMesh.Gateway.Guardrails;

/// <summary>
/// The phrases of the options and of the file. At most once a second it is looked whether the file has changed, by its time and length through the open
/// file: a mounted ConfigMap is a link whose own time never changes. A file that cannot be read, or has a fault, changes nothing.
/// </summary>
internal sealed partial class DenyList
{
    private static readonly TimeSpan LookInterval = TimeSpan.FromSeconds(1);

    private readonly string _path;
    private readonly DenyPhrase[] _listed;
    private readonly TimeProvider _time;
    private readonly ILogger<DenyList> _logger;
    private readonly Lock _reading = new();

    private volatile Rules? _rules;
    private (DateTime Written, long Length) _version;
    private string _reported = "";
    private long _looked;

    public DenyList(IOptions<GuardrailOptions> options, TimeProvider time, ILogger<DenyList> logger)
    {
        (_path, _time, _logger, _looked) = (options.Value.DenyFile, time, logger, time.GetTimestamp());
        _listed = [.. options.Value.Deny.Select((phrase, index) =>
            new DenyPhrase(string.Create(CultureInfo.InvariantCulture, $"deny:{index}"), PromptFolding.Fold(phrase)))];
        if (_path.Length > 0)
        {
            Read();
            if (_rules is null)
            {
                throw new InvalidOperationException($"{GuardrailOptions.Section}:{nameof(GuardrailOptions.DenyFile)} {_reported}");
            }
        }
        else if (_listed.Length > 0)
        {
            _rules = new Rules(_listed);
        }
    }

    /// <summary>The rule that a prompt breaks, e.g. "file:12"; null for none.</summary>
    public string? Match(string prompt)
    {
        ReadAgain();
        return _rules?.Match(PromptFolding.Fold(prompt));
    }

    private void ReadAgain()
    {
        // Who comes while another reads takes the rules as they are.
        if (_path.Length == 0 || _time.GetElapsedTime(Interlocked.Read(ref _looked)) < LookInterval || !_reading.TryEnter())
        {
            return;
        }
        try
        {
            Read();
        }
        finally
        {
            Interlocked.Exchange(ref _looked, _time.GetTimestamp());
            _reading.Exit();
        }
    }

    private void Read()
    {
        try
        {
            using var file = DenyFileReader.Open(_path);
            var version = (File.GetLastWriteTimeUtc(file.SafeFileHandle), file.Length);
            if (version == _version)
            {
                return;
            }
            var (phrases, faults) = DenyFileReader.Read(file);
            _version = version;
            if (faults.Count > 0)
            {
                Report(string.Join("; ", faults));
                return;
            }
            _rules = new Rules([.. _listed, .. phrases]);
            _reported = "";
            LogRead(_logger, phrases.Count, _path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            Report(exception.Message);
        }
    }

    // Once, not every second.
    private void Report(string fault)
    {
        if (fault != _reported)
        {
            LogNotRead(_logger, _path, fault);
        }
        _reported = fault;
    }

    [LoggerMessage(423, LogLevel.Information, "{Count} denied phrases are read from {Path}")]
    private static partial void LogRead(ILogger logger, int count, string path);

    [LoggerMessage(424, LogLevel.Error, "The denied phrases of {Path} are not read, those before hold: {Reason}")]
    private static partial void LogNotRead(ILogger logger, string path, string reason);

    private sealed class Rules(IReadOnlyList<DenyPhrase> phrases)
    {
        private readonly PhraseSearch _search = new([.. phrases.Select(phrase => phrase.Text)]);

        public string? Match(string folded) => _search.Find(folded) is { } number ? phrases[number].Rule : null;
    }
}
