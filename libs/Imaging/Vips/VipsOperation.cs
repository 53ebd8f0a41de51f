using System.Diagnostics.CodeAnalysis;
using static QwenMesh.Imaging.Vips.VipsNative;

namespace QwenMesh.Imaging.Vips;

/// <summary>One libvips operation by its nickname ("pngload_buffer"): set the inputs, run, take the output.</summary>
internal sealed unsafe class VipsOperation : IDisposable
{
    private readonly string _name;
    private GObjectHandle _operation;

    public VipsOperation(string name)
    {
        VipsLibrary.EnsureStarted();
        _name = name;
        _operation = vips_operation_new(name);
        if (_operation.IsInvalid)
        {
            Throw();
        }
    }

    /// <summary>Sets a number, boolean, enumeration or flags argument from its text.</summary>
    public VipsOperation Set(string argument, string value)
    {
        if (vips_object_set_argument_from_string(_operation, argument, value) != 0)
        {
            Throw();
        }
        return this;
    }

    public VipsOperation Set(string argument, GObjectHandle image)
    {
        var value = default(GValue);
        g_value_init(ref value, vips_image_get_type());
        g_value_set_object(ref value, image);
        g_object_set_property(_operation, argument, value);
        g_value_unset(ref value);
        return this;
    }

    /// <summary>Sets a blob argument. The bytes are borrowed: they must stay in place until the results have been read.</summary>
    public VipsOperation SetBorrowed(string argument, void* bytes, int count)
    {
        var blob = vips_blob_new(null, bytes, (nuint)count);
        var value = default(GValue);
        g_value_init(ref value, vips_blob_get_type());
        g_value_set_boxed(ref value, blob);
        g_object_set_property(_operation, argument, value);
        g_value_unset(ref value);
        vips_area_unref(blob);
        return this;
    }

    /// <summary>Runs the operation. Image results may still be computed lazily when they are read.</summary>
    /// <exception cref="VipsException">It failed.</exception>
    public VipsOperation Run()
    {
        var built = vips_cache_operation_build(_operation);
        if (built.IsInvalid)
        {
            vips_object_unref_outputs(_operation);
            Throw();
        }
        _operation.Dispose();
        _operation = built;
        return this;
    }

    public GObjectHandle OutImage(string argument = "out")
    {
        var value = default(GValue);
        g_value_init(ref value, vips_image_get_type());
        g_object_get_property(_operation, argument, ref value);
        var image = new GObjectHandle(g_value_dup_object(value));
        g_value_unset(ref value);
        vips_object_unref_outputs(_operation);
        return image;
    }

    public byte[] OutBytes(string argument = "buffer")
    {
        var value = default(GValue);
        g_value_init(ref value, vips_blob_get_type());
        g_object_get_property(_operation, argument, ref value);
        var data = vips_blob_get(g_value_get_boxed(value), out var count);
        var bytes = new ReadOnlySpan<byte>(data, checked((int)count)).ToArray();
        g_value_unset(ref value);
        vips_object_unref_outputs(_operation);
        return bytes;
    }

    public void Dispose() => _operation.Dispose();

    [DoesNotReturn]
    private void Throw() => throw new VipsException($"libvips {_name}: {VipsLibrary.TakeError()}");
}
