using QwenMesh.Gateway.Tests.Fakes;

namespace QwenMesh.Gateway.Tests.OpenAi;

/// <summary>Multipart bodies.</summary>
internal static class Forms
{
    /// <param name="gateway">Where to.</param>
    /// <param name="path">Of the route.</param>
    /// <param name="parts">In this order; bytes are files, texts are fields.</param>
    public static async Task<HttpResponseMessage> PostAsync(GatewayHost gateway, string path, params (string Name, object Value)[] parts)
    {
        using var form = new MultipartFormDataContent();
        foreach (var (name, value) in parts)
        {
            if (value is byte[] file)
            {
                form.Add(new ByteArrayContent(file), name, "picture.png");
            }
            else
            {
                form.Add(new StringContent((string)value), name);
            }
        }
        return await gateway.Http.PostAsync(new Uri(path, UriKind.Relative), form, TestContext.Current.CancellationToken);
    }
}
