using QwenMesh.Gateway.Generation;

namespace QwenMesh.Gateway.Tests.Guardrails;

/// <summary>The phrases of the options and of the file, which is read again when it has changed.</summary>
public sealed class DenyListTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("guardrails").FullName;

    private string DenyFile => Path.Combine(_folder, "deny.txt");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Phrases_of_the_file_and_of_the_options_are_refused_and_the_record_says_which()
    {
        await WriteAsync("# not these\n\nforbidden fruit\n  禁果  \n");
        await using var host = new GuardrailHost(("DenyFile", DenyFile), ("Deny:0", "unrelated"), ("Deny:1", "Apple of Eden"));
        foreach (var prompt in new[] { "a Forbidden  Fruit, oil on canvas", "画一个禁果", "the apple of ｅｄｅｎ" })
        {
            var fault = await host.FaultOfAsync(prompt);
            Assert.Equal((FaultKind.ContentFiltered, "the prompt is refused by this service's rules"), (fault?.Kind, fault?.Detail));
        }
        Assert.Null(await host.FaultOfAsync("fruit that nobody has forbidden # not these"));
        Assert.Equal(["file:3", "file:4", "deny:1"], host.Audit.Records.Select(record => record.Rule));
        Assert.Equal(Enumerable.Repeat("1 rule=deny subject=prompt", 3), host.Refused);
    }

    [Fact]
    public async Task Negative_prompts_name_what_is_not_wanted_and_pass()
    {
        await using var host = new GuardrailHost(("Deny:0", "gore"));
        Assert.NotNull(await host.FaultOfAsync("gore"));
        await host.CheckAsync(new GenerationRequest { Prompt = "a meadow", NegativePrompt = "gore, blurry", Seed = 1 });
    }

    [Fact]
    public async Task A_changed_file_is_read_again()
    {
        await WriteAsync("first\n");
        await using var host = new GuardrailHost(("DenyFile", DenyFile), ("Deny:0", "always"));
        Assert.NotNull(await host.FaultOfAsync("first"));
        await WriteAsync("the second\n");
        Assert.Null(await host.FaultOfAsync("the second")); // Within a second nobody looks.
        host.Clock.Pass(1);
        Assert.NotNull(await host.FaultOfAsync("the second"));
        Assert.Null(await host.FaultOfAsync("first"));
        Assert.NotNull(await host.FaultOfAsync("always"));
    }

    [Fact]
    public async Task A_file_behind_links_is_read_again_when_a_link_is_turned()
    {
        // As Kubernetes mounts a ConfigMap: the file is a link into a folder that is itself a link.
        await WriteAsync("first\n", Path.Combine(Directory.CreateDirectory(Path.Combine(_folder, "one")).FullName, "deny.txt"));
        await WriteAsync("the second\n", Path.Combine(Directory.CreateDirectory(Path.Combine(_folder, "two")).FullName, "deny.txt"));
        var data = Path.Combine(_folder, "data");
        Directory.CreateSymbolicLink(data, "one");
        File.CreateSymbolicLink(DenyFile, Path.Combine("data", "deny.txt"));
        await using var host = new GuardrailHost(("DenyFile", DenyFile));
        Assert.NotNull(await host.FaultOfAsync("first"));
        Directory.CreateSymbolicLink(data + ".new", "two");
        Directory.Delete(data);
        Directory.Move(data + ".new", data);
        host.Clock.Pass(1);
        Assert.NotNull(await host.FaultOfAsync("the second"));
    }

    [Fact]
    public async Task A_file_that_is_broken_or_gone_leaves_the_rules_as_they_are_and_is_reported_once()
    {
        await WriteAsync("first\n");
        await using var host = new GuardrailHost(("DenyFile", DenyFile));
        Assert.NotNull(await host.FaultOfAsync("first"));
        await WriteAsync("second\nregex: .*\n");
        for (var second = 0; second < 3; second++)
        {
            host.Clock.Pass(1);
            Assert.NotNull(await host.FaultOfAsync("first"));
            Assert.Null(await host.FaultOfAsync("second"));
        }
        var reported = Assert.Single(host.Logs.Lines, line => line.StartsWith("Error 424", StringComparison.Ordinal));
        Assert.Contains("line 2 is a regular expression; only phrases are allowed", reported, StringComparison.Ordinal);
        File.Delete(DenyFile);
        for (var second = 0; second < 3; second++)
        {
            host.Clock.Pass(1);
            Assert.NotNull(await host.FaultOfAsync("first"));
        }
        Assert.Equal(2, host.Logs.Lines.Count(line => line.StartsWith("Error 424", StringComparison.Ordinal)));
        await WriteAsync("third phrase\n");
        host.Clock.Pass(1);
        Assert.NotNull(await host.FaultOfAsync("third phrase"));
    }

    [Fact]
    public async Task Ten_thousand_phrases_and_a_prompt_of_32_thousand_characters()
    {
        await WriteAsync(string.Concat(Enumerable.Range(0, 10_000).Select(i => $"denied phrase {i}\n禁词{i}号\n")));
        await using var host = new GuardrailHost(("DenyFile", DenyFile));
        var prompt = string.Concat(Enumerable.Repeat("a denied phrase, 禁词 ", 1700));
        Assert.InRange(prompt.Length, 32_000, 40_000);
        Assert.Null(await host.FaultOfAsync(prompt));
        Assert.NotNull(await host.FaultOfAsync(prompt + "denied phrase 9999"));
        Assert.NotNull(await host.FaultOfAsync(prompt + "禁词9999号"));
        Assert.Equal(["file:19999", "file:20000"], host.Audit.Records.Select(record => record.Rule));
    }

    private Task WriteAsync(string text, string? path = null) => File.WriteAllTextAsync(path ?? DenyFile, text, TestContext.Current.CancellationToken);
}
