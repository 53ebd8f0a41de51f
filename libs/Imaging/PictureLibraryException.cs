namespace QwenMesh.Imaging;

/// <summary>The picture library is missing, too old, or failed at something that is not the fault of an image file.</summary>
public sealed class PictureLibraryException(string message, Exception? innerException = null) : Exception(message, innerException);
