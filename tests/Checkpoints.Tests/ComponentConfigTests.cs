namespace QwenMesh.Checkpoints.Tests;

public sealed class ComponentConfigTests
{
    private static readonly ComponentConfig Config = new(
        "vae/config.json",
        """{ "_class_name": "A", "on": true, "off": false, "none": null, "count": 3, "counts": [1, 2], "flags": [true, false], "numbers": [1, 0.5], "text": "t" }""");

    [Fact]
    public void Values_are_read_by_their_kind_and_absent_or_null_ones_take_the_fallback()
    {
        Assert.True(Config.Flag("on", false));
        Assert.True(Config.Flag("none", true));
        Assert.Equal((3, 7), (Config.Count("count", 7), Config.Count("absent", 7)));
        Assert.Equal([1, 2], Config.Counts("counts", []));
        Assert.Equal([true, false], Config.Flags("flags", []));
        Assert.Equal([1, 0.5], Config.Numbers("numbers", []));
        Assert.Equal([2.5], Config.Numbers("none", [2.5]));
        Assert.Equal(("t", null), (Config.Text("text"), Config.Text("absent")));
        Config.DemandClass("A");
        Config.DemandOff("off", "none", "absent");
    }

    [Fact]
    public void What_does_not_fit_is_named_with_file_and_key()
    {
        Refused("count to be true or false", () => Config.Flag("count", false));
        Refused("on to be a positive integer", () => Config.Count("on", 1));
        Refused("numbers to be a positive integer", () => Config.Counts("numbers", []));
        Refused("counts to be true or false", () => Config.Flags("counts", []));
        Refused("text to be an array", () => Config.Numbers("text", []));
        Refused("text to be a finite number", () => Config.Number("text", 0));
        Refused("count to be a string", () => Config.Text("count"));
        Refused("on false", () => Config.DemandOff("on"));
        Refused("_class_name B", () => Config.DemandClass("B"));
    }

    [Theory]
    [InlineData("[]", "object")]
    [InlineData("{", "JSON")]
    [InlineData("""{ "a": 1, "a": 2 }""", "JSON")]
    public void Only_an_object_without_double_keys_is_read(string json, string expected) =>
        Refused(expected, () => Assert.Null(new ComponentConfig("vae/config.json", json)));

    private static void Refused(string expected, Action read)
    {
        var refused = Assert.Throws<CheckpointException>(read);
        Assert.Contains("vae/config.json", refused.Message, StringComparison.Ordinal);
        Assert.Contains(expected, refused.Message, StringComparison.Ordinal);
    }
}
