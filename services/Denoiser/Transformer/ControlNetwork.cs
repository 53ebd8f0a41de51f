using System.Security.Cryptography;
using System.Text;
using QwenMesh.Checkpoints;
using QwenMesh.Denoiser.Latents;
using QwenMesh.Tensors;

namespace QwenMesh.Denoiser.Transformer;

/// <summary>
/// A control network (QwenImageControlNetModel; docs/model.md 5.8): from the latents of a control picture to residuals of the transformer's image stream.
/// May be used from several threads, each with a <see cref="ControlRun"/> of its own.
/// </summary>
internal sealed class ControlNetwork : IDisposable
{
    public const string ConfigClass = "QwenImageControlNetModel";

    private readonly List<IDisposable> _owned = [];
    private readonly TensorBackend _backend;
    private readonly DoubleStreamStack _stack;
    private readonly LinearWeight _controlIn;
    private readonly LinearWeight[] _outputs;

    /// <exception cref="CheckpointException">A tensor is missing, left over or of the wrong shape.</exception>
    public ControlNetwork(TransformerConfig config, Weights weights, TensorBackend backend)
    {
        Config = config;
        _backend = backend;
        var loader = new LayerLoader(weights, backend, _owned);
        try
        {
            _stack = new(config, loader, backend);
            _controlIn = loader.Linear("controlnet_x_embedder", config.Width, config.InChannels);
            var outputs = loader.At("controlnet_blocks");
            _outputs = [.. Enumerable.Range(0, config.Layers).Select(i => outputs.Linear($"{i}", config.Width, config.Width))];
            weights.EnsureAllTaken();
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    public TransformerConfig Config { get; }

    /// <summary>Identity of its weights; empty when they did not come from a folder.</summary>
    public string Fingerprint { get; private init; } = "";

    /// <summary>Loads the network of a folder with config.json and diffusion_pytorch_model.safetensors.</summary>
    /// <exception cref="CheckpointException">The files are malformed, or do not fit the transformer.</exception>
    /// <exception cref="OutOfDeviceMemoryException">The weights do not fit.</exception>
    public static ControlNetwork Open(string folder, TransformerConfig transformer, TensorBackend backend)
    {
        var path = Path.Combine(folder, "config.json");
        var json = JsonFile.ReadText(path);
        var config = transformer.ParseControl(path, json);
        var files = CheckpointIndex.Open(folder, "diffusion_pytorch_model");
        try
        {
            var weights = Weights.From(files);
            backend.EnsureRoom(weights.Elements, $"the control network in {folder}");
            var network = new ControlNetwork(config, weights, backend) { Fingerprint = files.Fingerprint(json) };
            // Closed after the layers, which may read from them.
            network._owned.Add(files);
            return network;
        }
        catch
        {
            files.Dispose();
            throw;
        }
    }

    /// <summary>Identity of a transformer with its control networks.</summary>
    public static string Join(string transformer, IReadOnlyDictionary<string, ControlNetwork> networks)
    {
        if (networks.Count == 0)
        {
            return transformer;
        }
        var parts = networks.OrderBy(network => network.Key, StringComparer.Ordinal).Select(network => $"\n{network.Value.Fingerprint} {network.Key}");
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(transformer + string.Concat(parts))));
    }

    /// <summary>Prepares for a picture of this size.</summary>
    /// <param name="grid">The picture that is drawn.</param>
    /// <param name="prompt">The positive prompt; the residuals serve both passes of a step.</param>
    /// <param name="control">[L, in_channels]: packed latents of the control picture.</param>
    /// <param name="shared">The transformer's run, whose memory is used while it does not compute.</param>
    public ControlRun Begin(LatentGrid grid, PromptEmbeds prompt, Tensor control, TransformerRun shared)
    {
        var scope = new TensorScope(_backend);
        try
        {
            Shape shape = [grid.Tokens, Config.Width];
            var embedded = scope.Empty(shape);
            _backend.Linear(control, _controlIn, embedded);
            var residuals = new ControlResiduals([.. _outputs.Select(_ => scope.Empty(shape))]);
            return new(scope, _stack.Begin([grid], [prompt], shared.Buffers), embedded, residuals);
        }
        catch
        {
            scope.Dispose();
            throw;
        }
    }

    /// <summary>Computes the run's residuals.</summary>
    /// <param name="run">From <see cref="Begin"/>.</param>
    /// <param name="tokens">[L, in_channels]: the picture's packed latents.</param>
    /// <param name="time">In [0, 1].</param>
    /// <param name="cancellation">Checked between blocks.</param>
    public void Predict(ControlRun run, Tensor tokens, float time, CancellationToken cancellation)
    {
        var prompt = run.Run.Prompts[0];
        var hidden = prompt.Streams.Image.Hidden;
        _stack.SetTime(run.Run, time);
        _stack.Enter(prompt, tokens);
        _backend.Add(hidden, run.Control);
        for (var i = 0; i < _outputs.Length; i++)
        {
            ComputeProgress.Report(cancellation);
            _stack.Block(i, run.Run, prompt);
            _backend.Linear(hidden, _outputs[i], run.Residuals.Tensors[i]);
        }
    }

    public void Dispose()
    {
        _owned.ForEach(layer => layer.Dispose());
        _owned.Clear();
    }
}

/// <summary>What a control network needs to work on one picture.</summary>
/// <param name="scope">Owns the tensors.</param>
/// <param name="run">Streams and modulation.</param>
/// <param name="control">[L, D]: the control picture, embedded.</param>
/// <param name="residuals">Of the last call.</param>
internal sealed class ControlRun(TensorScope scope, TransformerRun run, Tensor control, ControlResiduals residuals) : IDisposable
{
    public TransformerRun Run => run;

    public Tensor Control => control;

    public ControlResiduals Residuals => residuals;

    public void Dispose()
    {
        run.Dispose();
        scope.Dispose();
    }
}

/// <summary>Residuals [L, D] of the drawn picture's tokens, spread evenly over the transformer's blocks.</summary>
internal sealed record ControlResiduals(Tensor[] Tensors)
{
    /// <summary>Factor on all of them.</summary>
    public float Scale { get; set; } = 1;

    /// <summary>Adds what belongs after one of the transformer's blocks to the first rows of its image stream.</summary>
    public void AddTo(Tensor hidden, int block, int blocks, TensorBackend backend)
    {
        var residual = Tensors[block / ((blocks + Tensors.Length - 1) / Tensors.Length)];
        // x += factor·y is what an Euler step is.
        backend.EulerStep(hidden.Rows(0, residual.Shape.Rows), residual, Scale);
    }
}
