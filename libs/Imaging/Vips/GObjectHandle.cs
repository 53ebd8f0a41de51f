using Microsoft.Win32.SafeHandles;

namespace QwenMesh.Imaging.Vips;

/// <summary>One reference to a GObject: an operation or an image.</summary>
internal sealed class GObjectHandle() : SafeHandleZeroOrMinusOneIsInvalid(ownsHandle: true)
{
    public GObjectHandle(nint instance)
        : this() => SetHandle(instance);

    protected override bool ReleaseHandle()
    {
        VipsNative.g_object_unref(handle);
        return true;
    }
}
