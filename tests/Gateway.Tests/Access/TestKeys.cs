using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using QwenMesh.Gateway.Tests.Fakes;

namespace QwenMesh.Gateway.Tests.Access;

/// <summary>Keys of the tests: the key of "alice" is "key-of-alice".</summary>
internal static class TestKeys
{
    public static string Of(string id) => $"key-of-{id}";

    public static string Hash(string key) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(key)));

    /// <summary>Settings with one key.</summary>
    /// <param name="id">Of the key.</param>
    /// <param name="rules">Further options of it.</param>
    public static Dictionary<string, string?> Settings(string id, params (string Name, string Value)[] rules)
    {
        var settings = new Dictionary<string, string?> { ["Access:Keys:0:Id"] = id, ["Access:Keys:0:Sha256"] = Hash(Of(id)) };
        foreach (var (name, value) in rules)
        {
            settings[$"Access:Keys:0:{name}"] = value;
        }
        return settings;
    }

    /// <summary>Sends a request with the key of an id; without one for null.</summary>
    public static async Task<HttpResponseMessage> SendAsync(this GatewayHost gateway, string? id, HttpMethod method, string path, string? body = null)
    {
        using var request = new HttpRequestMessage(method, new Uri(path, UriKind.Relative));
        request.Headers.Authorization = id is null ? null : new AuthenticationHeaderValue("Bearer", Of(id));
        request.Content = body is null ? null : new StringContent(body, Encoding.UTF8, "application/json");
        return await gateway.Http.SendAsync(request, TestContext.Current.CancellationToken);
    }

    public static async Task<string> TextAsync(this HttpResponseMessage response) =>
        await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
}
