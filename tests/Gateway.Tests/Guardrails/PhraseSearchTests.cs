using QwenMesh.Gateway.Guardrails;

namespace QwenMesh.Gateway.Tests.Guardrails;

/// <summary>Phrases as whole words, in both languages, however many there are.</summary>
public sealed class PhraseSearchTests
{
    [Theory]
    [InlineData("ass", "an ass", true)]
    [InlineData("ass", "ass", true)]
    [InlineData("ass", "Ass!", true)]
    [InlineData("ass", "(ass:1.4), portrait", true)]
    [InlineData("ass", "nice_ass", true)]
    [InlineData("ass", "a class", false)]
    [InlineData("ass", "assassin", false)]
    [InlineData("ass", "ass2", false)]
    [InlineData("ass", "grass and glass", false)]
    [InlineData("ass", "glass, ass", true)]
    [InlineData("ass", "一个ass照片", true)]
    [InlineData("bloody scene", "a very BLOODY   scene", true)]
    [InlineData("bloody scene", "a bloody-scene", true)]
    [InlineData("bloody scene", "a bloody, scene", false)]
    [InlineData("голая", "голая женщина", true)]
    [InlineData("голая", "наголаям", false)]
    public void Words_are_whole(string phrase, string text, bool isFound) => Assert.Equal(isFound, IsFound(phrase, text));

    [Theory]
    [InlineData("裸体", "画一个裸体女人", true)]
    [InlineData("裸体", "画一个裸 体女人", true)]
    [InlineData("裸体", "裸露身体", false)]
    [InlineData("裸体", "nude裸体", true)]
    [InlineData("ak47步枪", "拿着AK47 步枪的人", true)]
    [InlineData("ak47步枪", "拿着AK47步枪的人", true)]
    [InlineData("ak47步枪", "xak47步枪", false)]
    [InlineData("步枪m16", "步枪M16", true)]
    [InlineData("步枪m16", "步枪M16A4", false)]
    [InlineData("𠮷野", "在𠮷野家", true)] // beyond 16 bits
    public void Chinese_is_found_anywhere(string phrase, string text, bool isFound) => Assert.Equal(isFound, IsFound(phrase, text));

    [Fact]
    public void Among_many_phrases_the_same_are_found_as_one_by_one()
    {
        var random = new Random(5);
        string Text(int length) => new([.. Enumerable.Range(0, length).Select(_ => "abc 裸"[random.Next(5)])]);
        string[] phrases = [.. Enumerable.Range(0, 30).Select(_ => PromptFolding.Fold(Text(random.Next(3, 8)))).Where(phrase => phrase.Length > 0)];
        var search = new PhraseSearch(phrases);
        var (found, missed) = (0, 0);
        for (var i = 0; i < 2000; i++)
        {
            var text = PromptFolding.Fold(Text(10));
            var expected = phrases.Where(phrase => Occurs(phrase, text)).ToArray();
            if (search.Find(text) is { } number)
            {
                Assert.Contains(phrases[number], expected);
                found++;
            }
            else
            {
                Assert.Empty(expected);
                missed++;
            }
        }
        Assert.True(found > 100 && missed > 100, $"{found} found, {missed} not");
    }

    [Fact]
    public void Ten_thousand_phrases_and_a_huge_prompt_are_one_pass()
    {
        // Each place of the text begins a match of nearly every phrase, none of which is a whole word.
        string[] phrases = [.. Enumerable.Range(1, 255).Select(length => new string('a', length)), .. Enumerable.Range(0, 10_000).Select(i => $"phrase number {i}")];
        var search = new PhraseSearch(phrases);
        var text = PromptFolding.Fold(new string('Ａ', 32_000));
        Assert.Null(search.Find(text));
        Assert.Equal("phrase number 9876", phrases[search.Find($"{text} Phrase number 9876".ToLowerInvariant())!.Value]);
        Assert.Null(search.Find($"{text} phrase number 98765"));
    }

    private static bool IsFound(string phrase, string text) => new PhraseSearch([PromptFolding.Fold(phrase)]).Find(PromptFolding.Fold(text)) is not null;

    private static bool Occurs(string phrase, string text)
    {
        for (var at = text.IndexOf(phrase, StringComparison.Ordinal); at >= 0; at = text.IndexOf(phrase, at + 1, StringComparison.Ordinal))
        {
            if (Words.AreWhole(text, at, at + phrase.Length))
            {
                return true;
            }
        }
        return false;
    }
}
