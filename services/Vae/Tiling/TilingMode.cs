namespace QwenMesh.Vae.Tiling;

/// <summary>When pictures are encoded and decoded in tiles.</summary>
internal enum TilingMode
{
    /// <summary>When the whole picture's activations would not fit into what the device has left.</summary>
    Auto,

    /// <summary>Every picture that is larger than a tile, as the reference with enable_tiling().</summary>
    Always,

    Never,
}
