using System.Runtime.InteropServices;

namespace QwenMesh.Tensors.Torch;

/// <summary>What TorchSharp's native library needs of a system. Looked at before it is loaded: its own messages mislead, or it computes wrongly.</summary>
internal static partial class TorchSharpRequirements
{
    public const string File = "libLibTorchSharp.so";

    private const string CppLibrary = "libstdc++.so.6";
    private const string CppVersion = "GLIBCXX_3.4.32";

    // The symbol that came with that version.
    private const string CppSymbol = "_ZSt21ios_base_library_initv";

    /// <summary>Why TorchSharp cannot be used here; null when it can.</summary>
    public static string? Missing(LibTorchVersion version) => Missing(version, HasCppVersion(), LibTorchFolder.BesideTheProgram(File) is not null);

    internal static string? Missing(LibTorchVersion version, bool hasCppVersion, bool hasFile)
    {
        if (!version.FitsTorchSharp)
        {
            return $"TorchSharp works with LibTorch {LibTorchVersion.OfTorchSharp} alone, and this is {version}: with another it reads wrong shapes and data";
        }
        if (!hasCppVersion)
        {
            return $"TorchSharp needs {CppVersion} of {CppLibrary} (Debian 13, Ubuntu 24.04), which this system's has not";
        }
        return hasFile ? null : $"there is no {File} beside the program";
    }

    private static bool HasCppVersion()
    {
        try
        {
            return NativeLibrary.TryLoad(CppLibrary, out var library) && FindVersioned(library, CppSymbol, CppVersion) != 0;
        }
        catch (EntryPointNotFoundException)
        {
            return false; // A C library older than 2.34, which is also older than what TorchSharp needs.
        }
    }

    [LibraryImport("libc", EntryPoint = "dlvsym", StringMarshalling = StringMarshalling.Utf8)]
    private static partial nint FindVersioned(nint library, string symbol, string version);
}
