using QwenMesh.Testing;

namespace QwenMesh.Wire.Tests;

/// <summary>
/// The contract as it is, line by line, against contract.txt beside this file: a change that breaks clients of another version is seen before they are.
/// New lines are safe when older programs may ignore them; a line that goes away or changes never is.
/// </summary>
public sealed class ContractTests
{
    private const string Accept = "QWENMESH_ACCEPT_CONTRACT";

    private static readonly string Approved = Path.Combine(GoldenFolder.Repository, "tests", "Wire.Tests", "contract.txt");

    [Fact]
    public void The_contract_is_the_committed_one()
    {
        var found = Contract.Lines().ToArray();
        if (Environment.GetEnvironmentVariable(Accept) == "1")
        {
            File.WriteAllLines(Approved, found);
        }
        var approved = File.Exists(Approved) ? File.ReadAllLines(Approved) : [];
        Assert.True(approved.SequenceEqual(found), Difference(approved, found));
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

    // Every line names its message, so that equal fields of two messages are two lines.
    private static string Difference(string[] approved, string[] found) => string.Join('\n',
    [
        $"The contract differs from {Approved} ('-' is gone, '+' is new):",
        .. approved.Except(found).Select(line => $"- {line}"),
        .. found.Except(approved).Select(line => $"+ {line}"),
        $"Is the change meant, and known to docs/wire-format.md? Run this test once with {Accept}=1, which writes the file, and commit it.",
    ]);
}
