using System.Text.Json.Nodes;
using QwenMesh.Gateway.Tests.Fakes;

namespace QwenMesh.Gateway.Tests.Oxen;

/// <summary>/api/ai/models.</summary>
public sealed class OxenModelsTests(SharedMesh shared) : IClassFixture<SharedMesh>
{
    [Theory]
    [InlineData("/api/ai/models", "qwen-image qwen-image-2512 qwen-image-edit qwen-image-edit-plus qwen-image-edit-2511 qwen-image-2 qwen-image-nano")]
    [InlineData("/api/ai/models?deployment_status=live", "qwen-image qwen-image-2512 qwen-image-edit qwen-image-edit-plus qwen-image-edit-2511 qwen-image-2 qwen-image-nano")]
    [InlineData("/api/ai/models?deployment_status=stopped", "")]
    [InlineData("/api/ai/models/search?search=EDIT", "qwen-image-edit qwen-image-edit-plus qwen-image-edit-2511 qwen-image-2 qwen-image-nano")]
    [InlineData("/api/ai/models/search?search=2509", "qwen-image-edit-plus")]
    [InlineData("/api/ai/models/featured", "qwen-image qwen-image-2512 qwen-image-edit qwen-image-edit-plus qwen-image-edit-2511 qwen-image-2")]
    [InlineData("/api/ai/models/favorites", "")]
    public async Task Lists_have_the_served_models(string path, string ids)
    {
        var list = await shared.Gateway.GetAsync(path);
        Assert.Equal("list", (string?)list["object"]);
        Assert.Equal(ids, string.Join(' ', list["data"]!.AsArray().Select(model => (string?)model!["id"])));
    }

    [Theory]
    [InlineData("qwen-image", "/images/generate", "text", "prompt negative_prompt aspect_ratio image_size num_inference_steps guidance seed output_format output_quality disable_safety_checker", "prompt")]
    [InlineData("qwen-image-edit", "/images/edit", "text image", "prompt input_image aspect_ratio", "prompt input_image")]
    [InlineData("qwen-image-edit-plus", "/images/edit", "text image", "prompt input_image aspect_ratio negative_prompt output_format", "prompt input_image")]
    [InlineData("qwen-image-2", "/images/generate", "text image", "prompt input_image match_input_image aspect_ratio enable_prompt_expansion negative_prompt seed", "prompt")]
    public async Task A_model_tells_its_parameters_under_both_names(string id, string endpoint, string inputs, string parameters, string required)
    {
        var model = await shared.Gateway.GetAsync($"/api/ai/models/{id}");
        Assert.Equal((id, "model", "oxen", endpoint), ((string?)model["id"], (string?)model["object"], (string?)model["owned_by"], (string?)model["endpoint"]));
        Assert.Equal(inputs, string.Join(' ', model["capabilities"]!["input"]!.AsArray().Select(input => (string?)input)));
        Assert.True(JsonNode.DeepEquals(model["request_schema"], model["json_request_schema"]));
        var schema = model["json_request_schema"]!;
        Assert.Equal(parameters, string.Join(' ', schema["properties"]!.AsObject().Select(property => property.Key)));
        Assert.Equal(Enumerable.Range(0, schema["properties"]!.AsObject().Count), schema["properties"]!.AsObject().Select(property => (int)property.Value!["x-order"]!));
        Assert.Equal(required, string.Join(' ', schema["required"]!.AsArray().Select(name => (string?)name)));
        Assert.All(schema["basic"]!.AsArray(), name => Assert.Contains((string)name!, parameters.Split(' ')));
    }

    [Fact]
    public async Task Every_member_that_the_vendor_documents_is_there()
    {
        var model = (await shared.Gateway.GetAsync("/api/ai/models/qwen-image-2512")).AsObject();
        Assert.Equal(
            [
                "id", "object", "created", "owned_by", "display_name", "description", "summary", "model_type", "endpoint", "capabilities", "pricing", "fine_tuning", "deployments",
                "developer", "source_model", "image_url", "released_at", "request_schema", "json_request_schema",
            ], model.Select(member => member.Key));
        var format = model["json_request_schema"]!["properties"]!["output_format"]!;
        Assert.Equal("""{"type":"string","title":"Output format","enum":["webp","jpg","png"],"default":"webp","x-order":7}""", format.ToJsonString());
    }

    [Fact]
    public async Task Every_default_of_every_schema_is_taken()
    {
        foreach (var model in (await shared.Gateway.GetAsync("/api/ai/models"))["data"]!.AsArray())
        {
            var body = new JsonObject { ["model"] = (string?)model!["id"], ["prompt"] = "x" };
            foreach (var (name, property) in model["json_request_schema"]!["properties"]!.AsObject())
            {
                if (property!["default"] is { } value)
                {
                    body[name] = value.DeepClone();
                }
            }
            var edits = (string?)model["endpoint"] == "/images/edit";
            if (edits)
            {
                body["input_image"] = OxenCalls.Picture();
            }
            var (status, answer) = await shared.Gateway.CallAsync(HttpMethod.Post, $"/api/ai{(string?)model["endpoint"]}", body.ToJsonString());
            Assert.True(status == System.Net.HttpStatusCode.OK, answer.ToJsonString());
        }
    }
}
