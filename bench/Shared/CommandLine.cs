namespace QwenMesh.Bench;

/// <summary>Words and --name=value, in any order.</summary>
internal static class CommandLine
{
    /// <param name="args">The command line.</param>
    /// <param name="known">The words that there are.</param>
    /// <param name="defaults">What the options are without any.</param>
    /// <param name="with">The options with one more; null for a name or a value that is not understood.</param>
    /// <returns>The words that were given and the options; null for what is not understood.</returns>
    public static (IReadOnlyList<string> Words, T Options)? Read<T>(
        IEnumerable<string> args, IReadOnlyCollection<string> known, T defaults, Func<T, string, string, T?> with)
        where T : class
    {
        var (words, options) = (new List<string>(), defaults);
        foreach (var arg in args)
        {
            if (known.Contains(arg))
            {
                words.Add(arg);
                continue;
            }
            if (arg.Split('=', 2) is not [var name, var value] || with(options, name, value) is not { } changed)
            {
                return null;
            }
            options = changed;
        }
        return (words, options);
    }
}
