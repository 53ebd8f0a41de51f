using System.Reflection;
using System.Runtime.InteropServices;

namespace Grpc.Net.Client;

/// <summary>The user-agent header, in the form that the gRPC protocol asks for: <c>grpc-LANGUAGE-VARIANT/VERSION (details)</c>.</summary>
internal static class ClientUserAgent
{
    public static string Value { get; } = Create();

    private static string Create()
    {
        var version = typeof(ClientUserAgent).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "0";
        var system = OperatingSystem.IsWindows() ? "windows" : OperatingSystem.IsMacOS() ? "osx" : OperatingSystem.IsLinux() ? "linux" : "other";
        var architecture = RuntimeInformation.ProcessArchitecture.ToString().ToLowerInvariant();
        return $"grpc-csharp-qwenmesh/{version} ({RuntimeInformation.FrameworkDescription}; {system}; {architecture})";
    }
}
