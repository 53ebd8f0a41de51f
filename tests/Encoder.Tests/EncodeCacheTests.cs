using QwenMesh.Encoder.Pictures;
using QwenMesh.Encoder.Prompting;

namespace QwenMesh.Encoder.Tests;

public sealed class EncodeCacheTests
{
    private const int EntryBytes = 1000;

    private static readonly ReferencePicture Red = new(TestPictures.Plain(4, 3, 255, 0, 0));
    private static readonly ReferencePicture Blue = new(TestPictures.Plain(4, 3, 0, 0, 255));

    [Fact]
    public void The_least_recently_used_entries_go_when_the_bytes_run_out()
    {
        var cache = new EncodeCache(3 * (EntryBytes + 300));
        Keep(cache, "1", "2", "3");
        Assert.NotNull(cache.Find(Key("1")));
        Keep(cache, "4");
        Assert.NotNull(cache.Find(Key("1")));
        Assert.NotNull(cache.Find(Key("3")));
        Assert.Null(cache.Find(Key("2")));
        Assert.InRange(cache.Bytes, 3 * EntryBytes, 3 * (EntryBytes + 300));
    }

    [Fact]
    public void What_is_larger_than_the_cache_is_not_kept()
    {
        var none = new EncodeCache(0);
        Keep(none, "1");
        Assert.Null(none.Find(Key("1")));
        Assert.Equal(0, none.Bytes);

        // A prompt counts, too.
        var small = new EncodeCache(2 * EntryBytes);
        Keep(small, new string('a', EntryBytes));
        Assert.Equal(0, small.Bytes);
    }

    [Fact]
    public void Whatever_decides_the_result_is_part_of_the_key()
    {
        var template = PromptTemplate.EditPlus;
        EncodeKey[] different =
        [
            new(template, "a", 0, [Red]),
            new(template, "b", 0, [Red]),
            new(PromptTemplate.Edit, "a", 0, [Red]),
            new(template, "a", 0, [Blue]),
            new(template, "a", 0, [Red, Blue]),
            new(template, "a", 0, [Blue, Red]),
            new(template, "a", 0, [new(TestPictures.Plain(3, 4, 255, 0, 0))]),
            new(PromptTemplate.TextToImage, "a", 512, ""),
            new(PromptTemplate.TextToImage, "a", 511, ""),
        ];
        Assert.Equal(different.Length, different.Distinct().Count());
        Assert.Equal(different[0], new EncodeKey(template, "a", 0, [new(TestPictures.Plain(4, 3, 255, 0, 0))]));
    }

    private static void Keep(EncodeCache cache, params string[] prompts)
    {
        foreach (var prompt in prompts)
        {
            cache.Keep(Key(prompt), new PromptEmbeds(1, EntryBytes / 4, new byte[EntryBytes], false));
        }
    }

    private static EncodeKey Key(string prompt) => new(PromptTemplate.TextToImage, prompt, 512, "");
}
