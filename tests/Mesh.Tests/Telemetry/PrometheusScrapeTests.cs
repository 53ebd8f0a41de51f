namespace QwenMesh.Mesh.Tests.Telemetry;

/// <summary>The reader that the scrapes are checked with refuses what is wrong.</summary>
public sealed class PrometheusScrapeTests
{
    [Fact]
    public void A_scrape_is_read()
    {
        var families = PrometheusScrape.Parse(
            "# TYPE a_total counter\n# HELP a_total So far\\nand on.\na_total{x=\"1,\\\"2\",y=\"\"} 3\na_total 4.5\n"
            + "# TYPE b histogram\nb_bucket{le=\"0.1\"} 1\nb_bucket{le=\"+Inf\"} 2\nb_sum 7e-05\nb_count 2\n");
        Assert.Equal(["a_total", "b"], families.Select(family => family.Name));
        Assert.Equal([3, 4.5], families[0].Samples.Select(sample => sample.Value));
        Assert.Equal("1,\\\"2", families[0].Samples[0].Labels["x"]);
    }

    [Theory]
    [InlineData("a 1\n", "before the first TYPE")]
    [InlineData("# TYPE a gauge\na 1", "the last line does not end")]
    [InlineData("# TYPE a gauge\na one\n", "neither")]
    [InlineData("# TYPE a gauge\na{b=c} 1\n", "neither")]
    [InlineData("# TYPE a gauge\na{b=\"c\"d=\"e\"} 1\n", "neither")]
    [InlineData("# TYPE a gauge\na{b=\"c\",} 1\n", "neither")]
    [InlineData("# TYPE a gauge\na{b=\"\\x\"} 1\n", "neither")]
    [InlineData("# TYPE a.b gauge\n", "neither")]
    [InlineData("# TYPE a gauge\na{b=\"c\",b=\"d\"} 1\n", "a label twice")]
    [InlineData("# TYPE a gauge\na_total 1\n", "not of a")]
    [InlineData("# TYPE a gauge\na 1\na 2\n", "twice")]
    [InlineData("# TYPE a gauge\na 1\n# TYPE b gauge\nb 1\n# TYPE a gauge\na{x=\"\"} 1\n", "twice: a")]
    [InlineData("# TYPE b histogram\nb_bucket{le=\"1\"} 1\nb_sum 7\nb_count 1\n", "buckets are not")]
    [InlineData("# TYPE b histogram\nb_bucket{le=\"1\"} 3\nb_bucket{le=\"+Inf\"} 2\nb_sum 7\nb_count 2\n", "buckets are not")]
    [InlineData("# TYPE b histogram\nb_bucket{le=\"+Inf\"} 2\nb_sum 7\n", "buckets without a count")]
    public void A_fault_is_named(string text, string fault) =>
        Assert.Contains(fault, Assert.Throws<FormatException>(() => PrometheusScrape.Parse(text)).Message, StringComparison.Ordinal);
}
