using System.Reflection;
using System.Runtime.InteropServices;

namespace QwenMesh.Imaging.Vips;

/// <summary>
/// The part of libvips' and GObject's public C ABI that is used. Only functions with a fixed argument list: variadic calls have
/// another calling convention on some platforms, so operations are driven through GObject properties.
/// </summary>
internal static unsafe partial class VipsNative
{
    private const string Vips = "vips";
    private const string GObject = "gobject-2.0";
    private const string GLib = "glib-2.0";

    static VipsNative() => NativeLibrary.SetDllImportResolver(typeof(VipsNative).Assembly, Resolve);

    private static nint Resolve(string name, Assembly assembly, DllImportSearchPath? path)
    {
        string[] files = name switch
        {
            Vips => ["libvips.so.42", "libvips.42.dylib", "libvips-42.dll"],
            GObject => ["libgobject-2.0.so.0", "libgobject-2.0.0.dylib", "libgobject-2.0-0.dll"],
            GLib => ["libglib-2.0.so.0", "libglib-2.0.0.dylib", "libglib-2.0-0.dll"],
            _ => [],
        };
        foreach (var file in files)
        {
            if (NativeLibrary.TryLoad(file, assembly, path, out var handle))
            {
                return handle;
            }
        }
        return 0;
    }

    /// <summary>A GObject property value: the type, then two words that GObject owns.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct GValue
    {
        public nuint Type;
        public ulong Data0;
        public ulong Data1;
    }

    // ---- library

    [LibraryImport(Vips, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int vips_init(string argv0);

    /// <param name="flag">0 major, 1 minor, 2 micro.</param>
    [LibraryImport(Vips)]
    internal static partial int vips_version(int flag);

    [LibraryImport(Vips)]
    internal static partial void vips_concurrency_set(int threads);

    [LibraryImport(Vips)]
    internal static partial void vips_cache_set_max(int operations);

    [LibraryImport(Vips, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial void vips_operation_block_set(string className, int blocked);

    [LibraryImport(Vips)]
    internal static partial nint vips_error_buffer_copy();

    [LibraryImport(Vips)]
    internal static partial nuint vips_tracked_get_mem();

    [LibraryImport(Vips)]
    internal static partial int vips_tracked_get_allocs();

    // ---- operations

    [LibraryImport(Vips, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial GObjectHandle vips_operation_new(string name);

    [LibraryImport(Vips, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int vips_object_set_argument_from_string(GObjectHandle operation, string name, string value);

    [LibraryImport(Vips)]
    internal static partial GObjectHandle vips_cache_operation_build(GObjectHandle operation);

    [LibraryImport(Vips)]
    internal static partial void vips_object_unref_outputs(GObjectHandle operation);

    // ---- images and blobs

    [LibraryImport(Vips)]
    internal static partial GObjectHandle vips_image_new_from_memory(void* data, nuint bytes, int width, int height, int bands, int format);

    [LibraryImport(Vips)]
    internal static partial int vips_image_get_width(GObjectHandle image);

    [LibraryImport(Vips)]
    internal static partial int vips_image_get_height(GObjectHandle image);

    [LibraryImport(Vips)]
    internal static partial int vips_image_get_bands(GObjectHandle image);

    [LibraryImport(Vips)]
    internal static partial void* vips_image_write_to_memory(GObjectHandle image, out nuint bytes);

    /// <param name="free">Null: the blob borrows the bytes.</param>
    [LibraryImport(Vips)]
    internal static partial nint vips_blob_new(void* free, void* data, nuint bytes);

    [LibraryImport(Vips)]
    internal static partial void* vips_blob_get(nint blob, out nuint bytes);

    [LibraryImport(Vips)]
    internal static partial void vips_area_unref(nint area);

    [LibraryImport(Vips)]
    internal static partial nuint vips_image_get_type();

    [LibraryImport(Vips)]
    internal static partial nuint vips_blob_get_type();

    // ---- GObject

    [LibraryImport(GObject)]
    internal static partial void g_object_unref(nint instance);

    [LibraryImport(GObject, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial void g_object_set_property(GObjectHandle instance, string name, in GValue value);

    [LibraryImport(GObject, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial void g_object_get_property(GObjectHandle instance, string name, ref GValue value);

    [LibraryImport(GObject)]
    internal static partial void g_value_init(ref GValue value, nuint type);

    [LibraryImport(GObject)]
    internal static partial void g_value_unset(ref GValue value);

    [LibraryImport(GObject)]
    internal static partial void g_value_set_object(ref GValue value, GObjectHandle instance);

    [LibraryImport(GObject)]
    internal static partial nint g_value_dup_object(in GValue value);

    [LibraryImport(GObject)]
    internal static partial void g_value_set_boxed(ref GValue value, nint boxed);

    [LibraryImport(GObject)]
    internal static partial nint g_value_get_boxed(in GValue value);

    [LibraryImport(GLib, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial uint g_log_set_handler(
        string domain, int levels, delegate* unmanaged<byte*, int, byte*, void*, void> handler, void* data);

    [LibraryImport(GLib)]
    internal static partial void g_free(void* memory);
}
