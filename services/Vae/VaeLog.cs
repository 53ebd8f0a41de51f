namespace QwenMesh.Vae;

/// <summary>Log messages of the stage; event ids 300 to 399.</summary>
internal static partial class VaeLog
{
    [LoggerMessage(300, LogLevel.Information, "Decoded {Width}x{Height} in {Seconds:F3} s")]
    public static partial void Decoded(ILogger logger, int width, int height, double seconds);

    [LoggerMessage(301, LogLevel.Error, "Decoding {Width}x{Height} failed")]
    public static partial void Failed(ILogger logger, Exception exception, int width, int height);
}
