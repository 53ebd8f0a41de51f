using System.Text.Json;
using QwenMesh.Gateway.Dialects;
using QwenMesh.Gateway.Dialects.Bodies;
using QwenMesh.Gateway.Dialects.Fields;

namespace QwenMesh.Gateway.Tests.Dialects;

public sealed class BodyFieldsTests
{
    [Fact]
    public void Of_many_items_that_are_no_pictures_a_few_are_told()
    {
        var fields = Fields($$"""{"image":[{{string.Join(',', Enumerable.Repeat(0, 3000))}}]}""");
        Assert.Empty(fields.Pictures(16, "image"));
        Assert.InRange(fields.Faults.Count, 1, 32);
    }

    [Theory]
    [InlineData("{}", "prompt is required")]
    [InlineData("""{"prompt":null}""", "prompt is required")]
    [InlineData("""{"prompt":""}""", "prompt must not be empty")]
    [InlineData("""{"prompt":7}""", "prompt must be a string")]
    [InlineData("""{"prompt":"abcdef"}""", "prompt must have at most 5 characters")]
    public void A_required_text_is_there_and_of_a_length(string json, string fault)
    {
        var fields = Fields(json);
        Assert.Equal("", fields.RequiredText("prompt", maxLength: 5, minLength: 1));
        Assert.Equal([fault], fields.Faults.Select(found => found.ToString()));
    }

    [Theory]
    [InlineData("7", 7L, null)]
    [InlineData("\" 7 \"", 7L, null)]
    [InlineData("7.0", 7L, null)]
    [InlineData("7.5", null, "n must be a whole number")]
    [InlineData("\"x\"", null, "n must be a whole number")]
    [InlineData("true", null, "n must be a whole number")]
    [InlineData("0", null, "n must be at least 1")]
    [InlineData("11", null, "n must be at most 10")]
    [InlineData("1e400", null, "n must be a finite number")]
    [InlineData("1e30", null, "n must be at most 10")]
    public void A_whole_number_is_in_its_range(string value, long? number, string? fault)
    {
        var fields = Fields($$"""{"n":{{value}}}""");
        Assert.Equal(number, fields.Integer("n", 1, 10));
        Assert.Equal(fault, fields.Faults.SingleOrDefault()?.ToString());
    }

    [Fact]
    public void Objects_in_the_object_note_their_faults_with_their_place()
    {
        var fields = Fields("""{"input":{"messages":[{"role":"user"},{"role":"cat"},7]}}""");
        foreach (var message in fields.Object("input")!.Objects("messages", most: 3))
        {
            message.Choice("role", "user");
        }
        Assert.Equal(["input.messages[2] must be an object", "input.messages[1].role must be 'user'"], fields.Faults.Select(fault => fault.ToString()));
    }

    [Fact]
    public void Too_many_objects_are_refused() =>
        Assert.Equal("a must have at most 1 items", Faulty("""{"a":[{},{}]}""", fields => fields.Objects("a", most: 1)));

    [Fact]
    public void In_a_form_booleans_are_texts_and_the_last_of_several_values_counts()
    {
        var part = new FormPart("x", false, "file", default);
        var fields = new BodyFields(Element("""{"stream":"true","n":["1","2"]}"""), [part]);
        Assert.Equal((true, 2L), (fields.Flag("stream"), fields.Integer("n", 1, 10)));
        Assert.Equal(["x"], fields.Unknown);
        Assert.Empty(fields.Faults);
    }

    [Fact]
    public void In_json_they_are_not()
    {
        Assert.Equal("stream must be true or false", Faulty("""{"stream":"true"}""", fields => fields.Flag("stream")));
        Assert.Equal("n must be a whole number", Faulty("""{"n":[1]}""", fields => fields.Integer("n", 1, 10)));
    }

    [Fact]
    public void What_was_sent_outlives_the_body_and_is_cut()
    {
        var document = JsonDocument.Parse(JsonSerializer.Serialize(new { a = 7, b = string.Concat(Enumerable.Repeat("🎨", 5000)) }));
        var fields = new BodyFields(document.RootElement);
        fields.Refuse("a", "no");
        fields.Refuse("b", "no");
        document.Dispose();
        Assert.Equal(7, fields.Faults[0].Sent!.Value.GetInt32());
        Assert.InRange(fields.Faults[1].Sent!.Value.GetString()!.Length, 2000, 2100);
    }

    [Fact]
    public void A_strict_gateway_names_what_is_not_known_and_not_without_end()
    {
        var fields = Fields(JsonSerializer.Serialize(Enumerable.Range(0, 1000).ToDictionary(i => $"{i}{new string('x', 500)}")));
        var error = Assert.Throws<DialectException>(() => fields.ThrowIfFaulty(strict: true)).Error;
        Assert.Equal(32, error.Fields.Count);
        Assert.All(error.Fields, fault => Assert.InRange(fault.ToString().Length, 1, 100));
        fields = Fields("""{"unknown":1}""");
        fields.ThrowIfFaulty(strict: false);
    }

    private static string Faulty(string json, Action<BodyFields> read)
    {
        var fields = Fields(json);
        read(fields);
        return Assert.Single(fields.Faults).ToString();
    }

    private static BodyFields Fields(string json) => new(Element(json));

    private static JsonElement Element(string json) => JsonDocument.Parse(json).RootElement;
}
