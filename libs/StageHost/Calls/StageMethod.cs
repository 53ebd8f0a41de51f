using QwenMesh.Protocol.V1;
using QwenMesh.TensorWire;

namespace QwenMesh.StageHost.Calls;

/// <summary>
/// One streaming method of a stage: how its messages are made of the parts that all methods have, and what is computed. <see cref="StageCalls"/> runs it:
/// parameters, tensors, half-close; then started, progress, tensors, finished.
/// </summary>
/// <typeparam name="TRequest">Message with parameters or a tensor frame.</typeparam>
/// <typeparam name="TParameters">First message's content.</typeparam>
/// <typeparam name="TResponse">Message with one part of the answer.</typeparam>
/// <typeparam name="TJob">A request in which everything has been checked.</typeparam>
public abstract class StageMethod<TRequest, TParameters, TResponse, TJob>
    where TRequest : class
    where TParameters : class
    where TResponse : class
{
    /// <summary>What the stage knows (ModelInfo.features).</summary>
    public abstract IReadOnlyCollection<string> Features { get; }

    /// <summary>The message's parameters; null when it carries none.</summary>
    public abstract TParameters? ParametersOf(TRequest request);

    /// <summary>The message's tensor frame; null when it carries none.</summary>
    public abstract TensorFrame? FrameOf(TRequest request);

    /// <summary>The message that a computation begins.</summary>
    public abstract TResponse Started(TJob job, CallStarted call);

    public abstract TResponse Wrap(TensorFrame frame);

    public abstract TResponse Wrap(CallFinished finished);

    public abstract IReadOnlyList<string> RequiredFeatures(TParameters parameters);

    /// <summary>Checks the parameters.</summary>
    /// <exception cref="WireFormatException">A parameter is missing, unknown or out of range.</exception>
    public abstract ICallInput<TJob> Check(TParameters parameters);

    /// <summary>Answers without computing, e.g. from a cache, after which nothing else is done for the call. Not by default.</summary>
    /// <returns>False when there is something to compute.</returns>
    public virtual bool TryAnswer(TJob job, StageOutput<TResponse> output) => false;

    /// <summary>Begins to compute, on the thread that will advance the session.</summary>
    public abstract IStageSession Begin(TJob job, StageOutput<TResponse> output);
}
