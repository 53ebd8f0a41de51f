namespace QwenMesh.Tensors;

/// <summary>
/// The operations that the three models are made of, fused where an engine gains by it. Results go into a tensor that the caller owns
/// (<c>into</c>), which must not overlap the inputs unless the operation says "in place". "Rows" are all axes but the last. Misfits throw
/// <see cref="ShapeException"/>. Operations may be called from several threads at a time on different tensors. Results do not depend on the
/// thread count.
/// <para>
/// Inputs may have any float type that the engine computes with. What the reference computes in Float32 (statistics of norms, rotary
/// embedding, softmax, guidance, the Euler step) is computed in Float32; results are rounded to the type of <c>into</c>.
/// </para>
/// </summary>
public abstract class TensorBackend : IDisposable
{
    private volatile bool _isLeft;

    /// <summary>Engine and device, e.g. "cpu" or "cuda:0".</summary>
    public abstract string Device { get; }

    /// <summary>The device in words, with what decides its speed: for logs.</summary>
    public abstract string Description { get; }

    /// <summary>Element type of activations: what <see cref="Empty"/> gives when no type is asked for.</summary>
    public abstract DType ComputeType { get; }

    /// <summary>Memory of the device.</summary>
    public abstract EngineMemory Memory { get; }

    /// <summary>Tensors allocated and not yet disposed (views and weights not counted).</summary>
    public abstract int LiveTensors { get; }

    // ---- memory

    /// <summary>
    /// Gives back to the system what the engine keeps for reuse and has not used since the call before. Operations may run meanwhile.
    /// Does nothing in an engine that cannot.
    /// </summary>
    public virtual void ReleaseUnused()
    {
    }

    /// <summary>A tensor with undefined contents, of <see cref="ComputeType"/> unless another type is asked for.</summary>
    /// <exception cref="OutOfDeviceMemoryException">There is no room for it.</exception>
    public abstract Tensor Empty(Shape shape, DType? dtype = null);

    /// <summary>A tensor with the given elements, of <see cref="ComputeType"/> unless another float type is asked for.</summary>
    /// <exception cref="OutOfDeviceMemoryException">There is no room for it.</exception>
    public abstract Tensor From(ReadOnlySpan<float> elements, Shape shape, DType? dtype = null);

    /// <summary>Copies the elements of a tensor of a float type to the host, widened.</summary>
    public abstract void Read(Tensor source, Span<float> destination);

    /// <summary>Copies a UInt8 tensor to the host.</summary>
    public abstract void Read(Tensor source, Span<byte> destination);

    /// <summary>The same without blocking a thread while the device works.</summary>
    /// <exception cref="OperationCanceledException">Cancelled; the destination may be written to until the device is done.</exception>
    public virtual ValueTask ReadAsync(Tensor source, Memory<float> destination, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        Read(source, destination.Span);
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc cref="ReadAsync(Tensor, Memory{float}, CancellationToken)"/>
    public virtual ValueTask ReadAsync(Tensor source, Memory<byte> destination, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        Read(source, destination.Span);
        return ValueTask.CompletedTask;
    }

    /// <summary>Copies all elements; shapes may differ, counts may not. Between float types they are converted.</summary>
    public abstract void Copy(Tensor source, Tensor into);

    // ---- weights: f32, f16 or bf16 as stored, read from the mapped file where the engine can

    /// <summary>Loads a vector (norm weights, biases) as Float32, any shape.</summary>
    public abstract Tensor LoadVector(HostTensor source);

    /// <summary>Loads a table of embeddings.</summary>
    /// <param name="table">[vocabulary, columns] in any float type.</param>
    public abstract EmbeddingTable LoadEmbedding(HostTensor table);

    /// <summary>Loads a linear layer.</summary>
    /// <param name="weight">[out, in]; trailing axes of size 1 are allowed (1×1 convolutions).</param>
    /// <param name="bias">[out] or null.</param>
    public abstract LinearWeight LoadLinear(HostTensor weight, HostTensor? bias);

    /// <summary>Loads a convolution.</summary>
    /// <param name="weight">[out, in, kH, kW], or [out, in, kT, kH, kW] of which the last temporal slice is taken.</param>
    /// <param name="bias">[out].</param>
    public abstract ConvWeight LoadConv(HostTensor weight, HostTensor? bias);

    /// <summary>Says before weights are loaded whether they fit. An engine that reads weights where they are mapped needs no room for them.</summary>
    /// <param name="elements">Elements of all weights.</param>
    /// <param name="what">What is to be loaded, for the message.</param>
    /// <exception cref="OutOfDeviceMemoryException">They do not fit.</exception>
    public void EnsureRoom(long elements, string what)
    {
        var (needed, memory) = (elements * ComputeType.Size(), Memory);
        if (memory.Limit is { } limit && limit - memory.InUse < needed)
        {
            throw new OutOfDeviceMemoryException(
                Device, $"{what} needs {Gibibytes(needed)} of {Gibibytes(limit)}, of which {Gibibytes(memory.InUse)} are in use");
        }

        static string Gibibytes(long bytes) => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{bytes / 1073741824.0:0.0} GiB");
    }

    // ---- linear algebra

    /// <summary>into = activation(x·Wᵀ + b + adapter(x)). x [rows, in], into [rows, out].</summary>
    public abstract void Linear(
        Tensor x, LinearWeight weight, Tensor into, Activation activation = Activation.None, LowRankAdapter? adapter = null);

    /// <summary>
    /// residual += gate ⊙ (x·Wᵀ + b + adapter(x)), in place. x [rows, in], residual [rows, out], gate [1, out] or null for 1.
    /// </summary>
    public abstract void LinearResidual(Tensor x, LinearWeight weight, Tensor? gate, Tensor residual, LowRankAdapter? adapter = null);

    /// <summary>into = SiLU(x·Wgᵀ + bg + gateAdapter(x)) ⊙ (x·Wuᵀ + bu + upAdapter(x)).</summary>
    public abstract void LinearSwiGlu(
        Tensor x, LinearWeight gate, LinearWeight up, Tensor into, LowRankAdapter? gateAdapter = null, LowRankAdapter? upAdapter = null);

    /// <summary>Softmax(q·kᵀ·scale + mask)·v for every head, without materialising the score matrix.</summary>
    /// <param name="q">[rows, heads·dim].</param>
    /// <param name="k">[keys, kvHeads·dim]; query head h reads key head h / (heads/kvHeads).</param>
    /// <param name="v">[keys, kvHeads·dim].</param>
    /// <param name="heads">Query heads.</param>
    /// <param name="kvHeads">Key and value heads; divides <paramref name="heads"/>.</param>
    /// <param name="scale">Factor of the scores, usually 1/√dim.</param>
    /// <param name="causal">Row i sees keys j ≤ i (rows equal keys).</param>
    /// <param name="into">[rows, heads·dim].</param>
    /// <param name="segments">
    /// Cumulative bounds 0, …, rows of sequences that do not see each other: windows of a picture, or several requests in one run;
    /// empty for one sequence.
    /// </param>
    public abstract void Attention(
        Tensor q, Tensor k, Tensor v, int heads, int kvHeads, float scale, bool causal, Tensor into, ReadOnlySpan<int> segments = default);

    // ---- norms, rotary embedding, elementwise

    /// <summary>into = weight ⊙ x·rsqrt(mean(x²) + eps) for every row. weight [columns].</summary>
    public abstract void RmsNorm(Tensor x, Tensor weight, float eps, Tensor into);

    /// <summary>
    /// into = LN(x)·(1 + scale) + shift, layer norm without affine parameters, biased variance. shift, scale [1, columns].
    /// </summary>
    public abstract void LayerNormModulate(Tensor x, Tensor shift, Tensor scale, float eps, Tensor into);

    /// <summary>
    /// In place on x [rows, heads·dim]: RMS norm of each head with weight [dim] (null to skip), then rotary embedding with
    /// cos, sin [rows, dim/2] (null to skip both).
    /// </summary>
    public abstract void HeadNormRotary(Tensor x, int heads, Tensor? weight, float eps, Tensor? cos, Tensor? sin, RotaryLayout layout);

    /// <summary>into[i] = table[ids[i]]. into [ids, columns].</summary>
    /// <exception cref="ArgumentOutOfRangeException">An id is outside of the table.</exception>
    public abstract void Embedding(EmbeddingTable table, ReadOnlySpan<int> ids, Tensor into);

    /// <summary>into[i] = x[rows[i]]: a permutation of rows, or a choice of them. x [any, columns], into [rows, columns].</summary>
    /// <exception cref="ArgumentOutOfRangeException">x has no such row.</exception>
    public abstract void SelectRows(Tensor x, ReadOnlySpan<int> rows, Tensor into);

    /// <summary>into = SiLU(x); may be in place.</summary>
    public abstract void Silu(Tensor x, Tensor into);

    /// <summary>x += y, in place.</summary>
    public abstract void Add(Tensor x, Tensor y);

    // ---- pictures: channels last, [height, width, channels]

    /// <summary>
    /// into = conv(x) (+ residual). Cross-correlation; x [H, W, in], into [H', W', out]; residual like into, may be into itself.
    /// With <paramref name="upsample"/> x is enlarged to [2H, 2W, in] by nearest neighbour first, without being stored.
    /// </summary>
    public abstract void Conv2d(
        Tensor x, ConvWeight weight, Padding padding, int stride, Tensor into, Tensor? residual = null, bool upsample = false);

    /// <summary>
    /// into = x / max(‖x‖₂, 1e-12) · √C · gamma per pixel over channels, then SiLU when asked; may be in place. gamma [C].
    /// </summary>
    public abstract void ChannelNorm(Tensor x, Tensor gamma, bool silu, Tensor into);

    /// <summary>into[h, w, c] = x[c, h, w]·scale[c] + shift[c]. x [C, H, W], into [H, W, C].</summary>
    public abstract void ChannelsLast(Tensor x, Tensor scale, Tensor shift, Tensor into);

    /// <summary>into[c, h, w] = x[h, w, c]·scale[c] + shift[c]. x [H, W, C], into [C, H, W].</summary>
    public abstract void ChannelsFirst(Tensor x, Tensor scale, Tensor shift, Tensor into);

    /// <summary>into (UInt8) = round-half-even(clamp(0.5·x + 0.5, 0, 1)·255).</summary>
    public abstract void ToRgb8(Tensor x, Tensor into);

    // ---- latents and sampling

    /// <summary>Packs latents [C, H, W] into tokens [(H/p)·(W/p), C·p·p], channel index c·p² + py·p + px.</summary>
    public abstract void PackLatents(Tensor latents, int patch, Tensor into);

    /// <summary>Inverse of <see cref="PackLatents"/>.</summary>
    public abstract void UnpackLatents(Tensor tokens, int patch, Tensor into);

    /// <summary>
    /// True classifier-free guidance with norm rescale, per row: comb = negative + scale·(cond − negative);
    /// into = comb·(‖cond‖₂/‖comb‖₂). into may be cond or negative.
    /// </summary>
    public abstract void TrueGuidance(Tensor cond, Tensor negative, float scale, Tensor into);

    /// <summary>x += dt·v, in place.</summary>
    public abstract void EulerStep(Tensor x, Tensor v, float dt);

    /// <summary>
    /// What inpainting does after a step, in place: x = mask·x + (1 − mask)·(sigma·noise + (1 − sigma)·clean). All have as many elements; x, mask, clean
    /// and noise do not overlap.
    /// </summary>
    public abstract void KeepOutside(Tensor x, Tensor mask, Tensor clean, Tensor noise, float sigma);

    /// <summary>
    /// x += dt·g, in place, with g of <see cref="TrueGuidance"/> of cond and negative. x, cond and negative [rows, columns] do not overlap; what is left
    /// in cond is undefined.
    /// </summary>
    public virtual void GuidedEulerStep(Tensor x, Tensor cond, Tensor negative, float scale, float dt)
    {
        TrueGuidance(cond, negative, scale, cond);
        EulerStep(x, cond, dt);
    }

    /// <summary>
    /// Leaves the engine to the end of the process, for a thread that still computes and cannot be ended: disposing does nothing from now on. It would
    /// take the device away from that thread, or wait for the device for ever.
    /// </summary>
    public void Leave() => _isLeft = true;

    public void Dispose()
    {
        if (!_isLeft)
        {
            Dispose(true);
        }
        GC.SuppressFinalize(this);
    }

    protected virtual void Dispose(bool disposing)
    {
    }
}
