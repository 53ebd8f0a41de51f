using System.Globalization;
using System.Text;

namespace QwenMesh.Gateway.Guardrails;

/// <summary>Text in UTF-8: one phrase a line; empty lines and those that begin with '#' count for nothing.</summary>
internal static class DenyFileReader
{
    private const long MostBytes = 16 << 20;
    private const int MostPhrases = 100_000, MostFaults = 20;

    public static FileStream Open(string path) => new(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);

    /// <returns>The phrases, and what is wrong with lines; with a fault the phrases are not complete.</returns>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static (IReadOnlyList<DenyPhrase> Phrases, IReadOnlyList<string> Faults) Read(FileStream file)
    {
        if (file.Length > MostBytes)
        {
            return ([], [$"has {file.Length} bytes; at most {MostBytes} are allowed"]);
        }
        var phrases = new List<DenyPhrase>();
        var faults = new List<string>();
        using var reader = new StreamReader(file, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true), leaveOpen: true);
        try
        {
            for (var number = 1; reader.ReadLine() is { } line && faults.Count < MostFaults; number++)
            {
                Read(line.Trim(), number, phrases, faults);
            }
        }
        catch (DecoderFallbackException)
        {
            faults.Add("is not UTF-8");
        }
        if (phrases.Count > MostPhrases)
        {
            faults.Add($"has more than {MostPhrases} phrases");
        }
        return (phrases, faults);
    }

    private static void Read(string line, int number, List<DenyPhrase> phrases, List<string> faults)
    {
        if (line.Length == 0 || line[0] == '#')
        {
            return;
        }
        if (DenyPhrase.FaultOf(line) is { } fault)
        {
            faults.Add(string.Create(CultureInfo.InvariantCulture, $"line {number} {fault}"));
        }
        else
        {
            phrases.Add(new DenyPhrase(string.Create(CultureInfo.InvariantCulture, $"file:{number}"), PromptFolding.Fold(line)));
        }
    }
}
