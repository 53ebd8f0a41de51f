using QwenMesh.Checkpoints;
using QwenMesh.Encoder.Tokenization;
using QwenMesh.Testing;

namespace QwenMesh.Encoder.Tests.Tokenization;

public sealed class TokenizerFilesTests : IDisposable
{
    private static readonly string Models = Path.Combine(GoldenFolder.Default, "models");
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("merges.txt", "h e", "h e l")]
    [InlineData("merges.txt", "h e", "he")]
    [InlineData("vocab.json", "\"!\": 0", "\"!\": -1")]
    [InlineData("vocab.json", "\"!\": 0", "\"\": 0")]
    [InlineData("vocab.json", "\"!\": 0,", "")]
    [InlineData("vocab.json", "\"!\": 0", "\"!\": 0, \"!\": 0")]
    [InlineData("added_tokens.json", "1500", "\"1500\"")]
    [InlineData("added_tokens.json", null, null)]
    [InlineData("merges.txt", null, null)]
    public void A_damaged_file_is_refused(string file, string? text, string? damaged)
    {
        var folder = _folder.CopyOf(Path.Combine(Models, "tiny-qwen-image", "tokenizer"));
        Damage(Path.Combine(folder, file), text, damaged);
        Assert.Throws<CheckpointException>(() => QwenTokenizer.Open(folder));
    }

    [Theory]
    [InlineData("\"NFC\"", "\"NFKC\"")]
    [InlineData("(?i:'s|", "(?i:'x|")]
    [InlineData("\"Isolated\"", "\"Removed\"")]
    [InlineData("\"type\": \"BPE\"", "\"type\": \"Unigram\"")]
    [InlineData("\"byte_fallback\": false", "\"byte_fallback\": true")]
    [InlineData("\"lstrip\": false", "\"lstrip\": true")]
    [InlineData("\"add_prefix_space\": false", "\"add_prefix_space\": true")]
    [InlineData("\"pretokenizers\"", "\"tokenizers\"")]
    [InlineData("\"merges\": [", "\"merges\": [ 7, ")]
    [InlineData("\"id\": 1", "\"id\": -1")]
    public void A_tokenizer_json_of_another_kind_is_refused(string text, string other)
    {
        var folder = _folder.CopyOf(Path.Combine(Models, "tiny-qwen-image-edit-2511", "tokenizer"));
        Damage(Path.Combine(folder, "tokenizer.json"), text, other);
        Assert.Throws<CheckpointException>(() => QwenTokenizer.Open(folder));
    }

    [Fact]
    public void A_folder_with_neither_layout_is_refused() => Assert.Throws<CheckpointException>(() => QwenTokenizer.Open(_folder.Path));

    private static void Damage(string path, string? text, string? damaged)
    {
        if (text is null)
        {
            File.Delete(path);
            return;
        }
        var original = File.ReadAllText(path);
        Assert.Contains(text, original, StringComparison.Ordinal);
        var at = original.IndexOf(text, StringComparison.Ordinal);
        File.WriteAllText(path, original[..at] + damaged + original[(at + text.Length)..]);
    }
}
