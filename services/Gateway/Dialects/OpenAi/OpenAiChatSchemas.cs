using Microsoft.OpenApi;
using QwenMesh.Gateway.OpenApi;
using static QwenMesh.Gateway.OpenApi.Schemas;

namespace QwenMesh.Gateway.Dialects.OpenAi;

/// <summary>The bodies of chat completions, for /openapi.json.</summary>
internal static class OpenAiChatSchemas
{
    private static readonly OpenApiSchema Picture = Whole(("url", OpenAiSchemas.Picture()));

    private static readonly OpenApiSchema Part = Object(["type"], ("type", Word("", null, "text", "image_url")), ("text", Text()), ("image_url", Any(Picture, Text())));

    private static readonly OpenApiSchema Message = Whole(
        ("role", Word("", null, "user")), ("content", Any(Text("What to draw."), List(Part))));

    private static readonly OpenApiSchema Request = Object(["messages"],
    [
        ("messages", new OpenApiSchema { Type = JsonSchemaType.Array, Items = Message, MinItems = 1, MaxItems = 1 }),
        ("extra_body", Object([], OpenAiSchemas.Common("the model's, of edits the picture's shape"))),
        ("stream", Flag("Only false.", otherwise: false)),
        .. OpenAiSchemas.Common("the model's, of edits the picture's shape"),
    ]);

    private static readonly OpenApiSchema Answer = Whole(
        ("id", Text()), ("object", Word("", null, "chat.completion")), ("created", Integer("Seconds since 1970.")), ("model", Text()),
        ("choices", List(Whole(
            ("index", Integer("")),
            ("message", Whole(
                ("role", Word("", null, "assistant")),
                ("content", List(Whole(("type", Word("", null, "image_url")), ("image_url", Whole(("url", Text("The file, as a data URI."))))))))),
            ("finish_reason", Word("", null, "stop"))))),
        ("usage", Whole(("prompt_tokens", Integer("")), ("completion_tokens", Integer("")), ("total_tokens", Integer("")))));

    public static RouteDescription Complete { get; } = new(OpenAiSchemas.Tag, "Draws a picture, or edits those of the message, as vLLM-Omni does")
    {
        Request = Request,
        Example = """{"messages":[{"role":"user","content":"a big red circle on a blue background"}],"extra_body":{"width":1024,"height":1024}}""",
        Answers = [RouteAnswer.Json(200, Answer), .. OpenAiSchemas.Errors(400, 401, 403, 404, 405, 408, 413, 415, 429, 500, 503, 504)],
    };
}
