using QwenMesh.Gateway.Guardrails;

namespace QwenMesh.Gateway.Tests.Guardrails;

/// <summary>Texts that read the same have one spelling.</summary>
public sealed class PromptFoldingTests
{
    [Theory]
    [InlineData("NuDe", "nude")]
    [InlineData("ｎｕｄｅ", "nude")] // full-width
    [InlineData("ＮＵＤＥ　ＰＩＣＴＵＲＥ", "nude picture")] // with the ideographic space
    [InlineData("n\u200Bu\u200Cd\u2060e\uFEFF", "nude")] // zero width
    [InlineData("nu\u00ADde", "nude")] // soft hyphen
    [InlineData("\u202Enude\u202C", "nude")] // direction
    [InlineData("n\u0336u\u0336d\u0336e\u0336", "nude")] // struck through
    [InlineData("nüdé", "nude")]
    [InlineData("nu\u0308de\u0301", "nude")]
    [InlineData("𝓷𝓾𝓭𝓮", "nude")] // mathematical script
    [InlineData("ⓝⓤⓓⓔ", "nude")]
    [InlineData("ᴺude", "nude")] // superscript
    [InlineData("ﬁre", "fire")] // ligature
    [InlineData("STRASSE straße", "strasse strasse")]
    [InlineData("İstanbul", "istanbul")]
    [InlineData("ΣΊΣΥΦΟΣ", "σισυφοσ")]
    [InlineData("σίσυφος", "σισυφοσ")]
    public void Letters_have_one_form(string text, string folded) => Assert.Equal(folded, PromptFolding.Fold(text));

    [Theory]
    [InlineData("  two \t\r\n words\u00A0here  ", "two words here")]
    [InlineData("two-words", "two words")]
    [InlineData("two_words", "two words")]
    [InlineData("two \u2014 words", "two words")]
    [InlineData("two\0words", "twowords")]
    [InlineData(" \u200B ", "")]
    [InlineData("", "")]
    public void White_space_hyphens_and_underscores_are_one_space(string text, string folded) => Assert.Equal(folded, PromptFolding.Fold(text));

    [Theory]
    [InlineData("裸 体", "裸体")]
    [InlineData("裸\u200B体", "裸体")]
    [InlineData("裸\n　体", "裸体")]
    [InlineData("AK47 步枪", "ak47步枪")]
    [InlineData("⼈", "人")] // Kangxi radical
    [InlineData("\uF9D1", "六")] // compatibility ideograph
    [InlineData("㊙", "秘")]
    public void Chinese_characters_have_one_form_and_no_spaces_between_them(string text, string folded) =>
        Assert.Equal(folded, PromptFolding.Fold(text));

    [Fact]
    public void Folding_again_changes_nothing_whatever_the_character()
    {
        for (var value = 0; value <= 0x10FFFF; value++)
        {
            if (value is >= 0xD800 and <= 0xDFFF)
            {
                continue;
            }
            var folded = PromptFolding.Fold($"a{char.ConvertFromUtf32(value)}b");
            Assert.True(PromptFolding.Fold(folded) == folded, $"U+{value:X4}");
        }
    }

    [Fact]
    public void Half_a_character_is_no_fault() => Assert.Equal("a\uFFFDb", PromptFolding.Fold("a\uD83Db"));
}
