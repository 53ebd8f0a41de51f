using System.Globalization;
using System.Text.RegularExpressions;

namespace QwenMesh.Mesh.Tests.Telemetry;

/// <param name="Name">With its suffix, e.g. "x_seconds_bucket".</param>
internal sealed record PrometheusSample(string Name, IReadOnlyDictionary<string, string> Labels, double Value)
{
    /// <summary>Name and labels, the bucket's bound left out.</summary>
    public string Series(string name) => $"{name}{{{string.Join(",", Labels.Where(label => label.Key != "le").OrderBy(label => label.Key, StringComparer.Ordinal))}}}";
}

internal sealed record PrometheusFamily(string Name, string Type, IReadOnlyList<PrometheusSample> Samples);

/// <summary>A strict reader of the Prometheus text format 0.0.4: what a scraper would refuse or misread is a <see cref="FormatException"/>.</summary>
internal static partial class PrometheusScrape
{
    public static IReadOnlyList<PrometheusFamily> Parse(string text)
    {
        if (!text.EndsWith('\n'))
        {
            throw new FormatException("the last line does not end");
        }
        var families = new List<(string Name, string Type, List<PrometheusSample> Samples)>();
        foreach (var line in text[..^1].Split('\n'))
        {
            if (TypeLine().Match(line) is { Success: true } type)
            {
                families.Add((type.Groups["name"].Value, type.Groups["type"].Value, []));
            }
            else if (!HelpLine().IsMatch(line) && line != "# EOF")
            {
                var sample = Sample(line);
                var (name, kind, samples) = families.Count > 0 ? families[^1] : throw new FormatException($"before the first TYPE: {line}");
                if (!IsOf(sample.Name, name, kind))
                {
                    throw new FormatException($"not of {name}: {line}");
                }
                samples.Add(sample);
            }
        }
        var parsed = families.Select(family => new PrometheusFamily(family.Name, family.Type, family.Samples)).ToArray();
        CheckSeries(parsed);
        foreach (var histogram in parsed.Where(family => family.Type == "histogram"))
        {
            CheckBuckets(histogram);
        }
        return parsed;
    }

    private static bool IsOf(string sample, string family, string type) => type == "histogram"
        ? sample == family + "_bucket" || sample == family + "_sum" || sample == family + "_count"
        : sample == family;

    private static PrometheusSample Sample(string line)
    {
        var match = SampleLine().Match(line);
        if (!match.Success)
        {
            throw new FormatException($"neither a comment nor a sample: {line}");
        }
        var labels = new Dictionary<string, string>();
        foreach (var (key, value) in match.Groups["key"].Captures.Zip(match.Groups["label"].Captures))
        {
            if (!labels.TryAdd(key.Value, value.Value))
            {
                throw new FormatException($"a label twice: {line}");
            }
        }
        return new(match.Groups["name"].Value, labels, Number(match.Groups["value"].Value));
    }

    private static double Number(string text) => text switch
    {
        "+Inf" => double.PositiveInfinity,
        "-Inf" => double.NegativeInfinity,
        _ => double.Parse(text, NumberStyles.Float, CultureInfo.InvariantCulture),
    };

    private static void CheckSeries(PrometheusFamily[] families)
    {
        var names = families.GroupBy(family => family.Name).FirstOrDefault(group => group.Count() > 1);
        var series = families.SelectMany(family => family.Samples)
            .GroupBy(sample => $"{sample.Series(sample.Name)} {sample.Labels.GetValueOrDefault("le")}").FirstOrDefault(group => group.Count() > 1);
        if ((names?.Key ?? series?.Key) is { } twice)
        {
            throw new FormatException($"twice: {twice}");
        }
    }

    private static void CheckBuckets(PrometheusFamily histogram)
    {
        var counts = histogram.Samples.Where(sample => sample.Name.EndsWith("_count", StringComparison.Ordinal))
            .ToDictionary(sample => sample.Series(histogram.Name), sample => sample.Value);
        var buckets = histogram.Samples.Where(sample => sample.Name.EndsWith("_bucket", StringComparison.Ordinal))
            .ToLookup(sample => sample.Series(histogram.Name), sample => (Bound: Number(sample.Labels["le"]), sample.Value));
        foreach (var (series, count) in counts)
        {
            var inOrder = buckets[series].OrderBy(bucket => bucket.Bound).Select(bucket => bucket.Value).ToArray();
            if (!buckets[series].Any(bucket => double.IsPositiveInfinity(bucket.Bound)) || inOrder[^1] != count || !inOrder.SequenceEqual(inOrder.Order()))
            {
                throw new FormatException($"buckets are not cumulative, or do not end with the count: {series}");
            }
        }
        if (counts.Count != buckets.Count)
        {
            throw new FormatException($"buckets without a count, or a count without buckets: {histogram.Name}");
        }
    }

    [GeneratedRegex("^# TYPE (?<name>[a-zA-Z_:][a-zA-Z0-9_:]*) (?<type>counter|gauge|histogram)$", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex TypeLine();

    [GeneratedRegex(@"^# HELP [a-zA-Z_:][a-zA-Z0-9_:]* ([^\\]|\\\\|\\n)*$", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex HelpLine();

    [GeneratedRegex(
        """^(?<name>[a-zA-Z_:][a-zA-Z0-9_:]*)(\{((^|(?<=[{,]))(?<key>[a-zA-Z_][a-zA-Z0-9_]*)="(?<label>([^"\\]|\\\\|\\"|\\n)*)"(,(?=[a-zA-Z_])|(?=\})))*\})? (?<value>[+-]Inf|NaN|[0-9eE.+-]+)$""",
        RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex SampleLine();
}
