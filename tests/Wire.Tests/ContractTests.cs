using QwenMesh.Testing;

namespace QwenMesh.Wire.Tests;

/// <summary>
/// The contract as it is, line by line, against contract.txt beside this file: a change that breaks clients of another version is seen before they are.
/// New lines are safe when older programs may ignore them; a line that goes away or changes never is, and cannot be accepted.
/// </summary>
public sealed class ContractTests
{
    private const string Accept = "QWENMESH_ACCEPT_CONTRACT";

    private static readonly string Approved = Path.Combine(GoldenFolder.Repository, "tests", "Wire.Tests", "contract.txt");

    [Fact]
    public void The_contract_is_the_committed_one()
    {
        var found = Contract.Lines().ToArray();
        var approved = File.ReadAllLines(Approved);
        if (Environment.GetEnvironmentVariable(Accept) == "1")
        {
            var lost = Lost(approved, found);
            Assert.True(lost.Length == 0, $"{Difference(approved, found)}\nIt is not accepted: other versions need what is gone. What no release has had may be taken out of the file by hand.");
            File.WriteAllLines(Approved, found);
            approved = found;
        }
        Assert.True(approved.SequenceEqual(found), Difference(approved, found));
    }

    /// <summary>What another version would not understand is not accepted; what it can pass over is.</summary>
    [Theory]
    [InlineData("a field that is gone", "qwenmesh.v1.DenoiseParameters.seed = 6", null)]
    [InlineData("another number", "qwenmesh.v1.DenoiseParameters.seed = 6", "qwenmesh.v1.DenoiseParameters.seed = 17")]
    [InlineData("another type", "seed = 6 uint64", "seed = 6 string")]
    [InlineData("a list in place of a value", "qwenmesh.v1.DenoiseParameters.seed = 6 ", "qwenmesh.v1.DenoiseParameters.seed = 6 repeated ")]
    [InlineData("a call that is gone", "qwenmesh.v1.DenoiserStage.Denoise(", null)]
    [InlineData("a call without its stream", "qwenmesh.v1.DenoiserStage.Denoise(stream ", "qwenmesh.v1.DenoiserStage.Denoise(")]
    [InlineData("another number of an enum's value", "SCHEDULER_LIGHTNING = 2", "SCHEDULER_LIGHTNING = 3")]
    [InlineData("a message that is gone", "message qwenmesh.v1.LatentSize", null)]
    public void A_change_that_breaks_other_versions_is_not_accepted(string change, string was, string? now)
    {
        var approved = Contract.Lines().ToArray();
        Assert.Contains(approved, line => line.Contains(was, StringComparison.Ordinal));
        string[] changed = [.. approved.Where(line => now is not null || !line.Contains(was, StringComparison.Ordinal)).Select(line => line.Replace(was, now ?? "", StringComparison.Ordinal))];
        Assert.True(Lost(approved, changed).Length > 0, $"{change} was accepted");
    }

    [Fact]
    public void What_is_new_is_accepted()
    {
        var approved = Contract.Lines().ToArray();
        Assert.Empty(Lost(approved, [.. approved, "qwenmesh.v1.DenoiseParameters.sharpness = 17 double", "qwenmesh.v1.DenoiserStage.Warm(qwenmesh.v1.A) returns (qwenmesh.v1.B)"]));
    }

    /// <summary>All files of protos/qwenmesh/v1 are part of it.</summary>
    [Fact]
    public void Every_proto_file_is_compared()
    {
        var files = Directory.GetFiles(Path.Combine(GoldenFolder.Repository, "protos"), "*.proto", SearchOption.AllDirectories)
            .Select(file => Path.GetRelativePath(Path.Combine(GoldenFolder.Repository, "protos"), file).Replace('\\', '/'));
        Assert.Equal(files.Order(StringComparer.Ordinal), Contract.Files.Select(file => file.Name).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void A_difference_names_its_lines_and_how_to_accept_it()
    {
        var difference = Difference(["message A", "  int32 x = 1", "  int32 y = 2"], ["message A", "  int64 x = 1", "  int32 y = 2", "  string z = 3"]);
        Assert.Contains("-   int32 x = 1", difference, StringComparison.Ordinal);
        Assert.Contains("+   int64 x = 1", difference, StringComparison.Ordinal);
        Assert.Contains("+   string z = 3", difference, StringComparison.Ordinal);
        Assert.DoesNotContain("y = 2", difference, StringComparison.Ordinal);
        Assert.Contains($"{Accept}=1", difference, StringComparison.Ordinal);
    }

    // A line that has changed is gone, too.
    private static string[] Lost(string[] approved, string[] found) => [.. approved.Except(found)];

    // Every line names its message, so that equal fields of two messages are two lines.
    private static string Difference(string[] approved, string[] found) => string.Join('\n',
    [
        $"The contract differs from {Approved} ('-' is gone, '+' is new):",
        .. Lost(approved, found).Select(line => $"- {line}"),
        .. found.Except(approved).Select(line => $"+ {line}"),
        $"Is the change meant, and known to docs/wire-format.md? Run this test once with {Accept}=1, which writes the file, and commit it.",
    ]);
}
