using System.Text.Json;
using QwenMesh.Encoder.Tokenization;
using QwenMesh.Testing;

namespace QwenMesh.Encoder.Tests.Tokenization;

public sealed class TokenizerGoldenTests
{
    [Fact]
    public void The_released_vocabulary_gives_the_references_ids()
    {
        var folder = Path.GetDirectoryName(GoldenFolder.Tokenizer("vocab.json"))!;
        var tokenizer = QwenTokenizer.Open(folder);
        var wrong = new List<string>();
        var count = 0;
        foreach (var (text, expected) in Recorded(folder))
        {
            count++;
            // Twice: the second time from the cache of pieces.
            if (!tokenizer.Encode(text).SequenceEqual(expected) || !tokenizer.Encode(text).SequenceEqual(expected))
            {
                wrong.Add($"{JsonSerializer.Serialize(text)}: [{string.Join(", ", tokenizer.Encode(text))}], not [{string.Join(", ", expected)}]");
            }
        }
        Assert.Equal([], wrong);
        Assert.True(count > 0);
        if (GoldenFolder.IsDefault)
        {
            Assert.True(count >= 600);
        }
    }

    [Fact]
    public void Both_layouts_of_the_files_give_the_same_ids()
    {
        var three = QwenTokenizer.Open(Path.Combine(GoldenFolder.Default, "models", "tiny-qwen-image-edit-2509", "tokenizer"));
        var one = QwenTokenizer.Open(Path.Combine(GoldenFolder.Default, "models", "tiny-qwen-image-edit-2511", "tokenizer"));
        Assert.Equal(three.MaxId, one.MaxId);
        foreach (var (text, _) in Recorded(Path.Combine(GoldenFolder.Default, "tokenizer")))
        {
            Assert.Equal(three.Encode(text + "<|vision_pad|>" + text), one.Encode(text + "<|vision_pad|>" + text));
        }
    }

    private static IEnumerable<(string Text, int[] Ids)> Recorded(string folder)
    {
        foreach (var file in Directory.EnumerateFiles(folder, "ids-*.json"))
        {
            using var document = JsonDocument.Parse(File.ReadAllText(file));
            foreach (var entry in document.RootElement.EnumerateArray())
            {
                yield return (entry.GetProperty("text").GetString()!, [.. entry.GetProperty("ids").EnumerateArray().Select(id => id.GetInt32())]);
            }
        }
    }
}
