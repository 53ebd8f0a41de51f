using System.Diagnostics;
using System.Globalization;
using Grpc.Core;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using QwenMesh.Protocol;
using QwenMesh.Protocol.V1;
using QwenMesh.TensorWire;

namespace QwenMesh.StageHost.Calls;

/// <summary>
/// Every streaming call of every stage:
/// <list type="number">
/// <item>read the parameters, refuse features that the stage lacks, check them;</item>
/// <item>read the tensors, each checked when it is announced;</item>
/// <item>answer from what is known, or take a place in the queue and wait for a slot;</item>
/// <item>compute on a thread of its own while the answer is sent; while the stage stops, what can be handed back is.</item>
/// </list>
/// A failed write, a caller that leaves or takes nothing, and the deadline stop the computation. One that hangs stops the stage.
/// </summary>
public sealed partial class StageCalls(
    StageIdentity stage, StageGate gate, StageReadiness readiness, IHostApplicationLifetime lifetime, IOptions<StageOptions> options, ILogger<StageCalls> logger)
{
    private readonly StageOptions _options = options.Value;

    public async Task RunAsync<TRequest, TParameters, TResponse, TJob>(
        StageMethod<TRequest, TParameters, TResponse, TJob> method, IAsyncStreamReader<TRequest> requests, IServerStreamWriter<TResponse> responses,
        ServerCallContext context)
        where TRequest : class
        where TParameters : class
        where TResponse : class
    {
        ArgumentNullException.ThrowIfNull(method);
        ArgumentNullException.ThrowIfNull(context);
        using var total = CancellationTokenSource.CreateLinkedTokenSource(context.CancellationToken);
        total.CancelAfter(TimeSpan.FromSeconds(_options.CallTimeoutSeconds));
        try
        {
            using var input = gate.Receive(context.Peer);
            var job = await ReadAsync(method, input.Read(requests), total.Token);
            var output = new StageOutput<TResponse>(method.Wrap, _options.ChunkBytes);
            if (method.TryAnswer(job, output))
            {
                output.Post(method.Wrap(new CallFinished()));
                output.Complete();
                await output.WriteToAsync(responses, Patience, total.Token);
                return;
            }
            using var place = input.Admit();
            var waiting = Stopwatch.GetTimestamp();
            var slot = await place.EnterAsync(total.Token);
            output.Post(method.Started(job, new CallStarted { QueueSeconds = Stopwatch.GetElapsedTime(waiting).TotalSeconds }));
            await ComputeAsync(method, job, output, place, slot, responses, total.Token);
        }
        catch (WireFormatException exception) when (exception.IsDamage)
        {
            throw StageFaults.Corrupted(stage.Name, exception.Message);
        }
        catch (WireFormatException exception)
        {
            throw StageFaults.InvalidRequest(stage.Name, exception.Message, exception.Field);
        }
        catch (TimeoutException)
        {
            // The status would wait behind what the caller does not take.
            context.GetHttpContext().Abort();
            throw StageFaults.CallTimeout(stage.Name, $"the caller took nothing for {_options.OutputTimeoutSeconds} s");
        }
        catch (OperationCanceledException) when (total.IsCancellationRequested && !context.CancellationToken.IsCancellationRequested)
        {
            throw StageFaults.CallTimeout(stage.Name, $"the call took longer than {_options.CallTimeoutSeconds} s");
        }
    }

    private TimeSpan HandBackTime => TimeSpan.FromSeconds(_options.HandBackSeconds);

    private TimeSpan Patience => TimeSpan.FromSeconds(_options.OutputTimeoutSeconds);

    private async Task<TJob> ReadAsync<TRequest, TParameters, TResponse, TJob>(
        StageMethod<TRequest, TParameters, TResponse, TJob> method, IAsyncStreamReader<TRequest> requests, CancellationToken cancellationToken)
        where TRequest : class
        where TParameters : class
        where TResponse : class
    {
        if (!await requests.MoveNext(cancellationToken))
        {
            throw new WireFormatException("the call carries no message; the first must be the parameters");
        }
        var parameters = method.ParametersOf(requests.Current)
            ?? throw new WireFormatException($"the first message must be the parameters; found {Describe(method, requests.Current)}");
        foreach (var feature in method.RequiredFeatures(parameters))
        {
            if (!method.Features.Contains(feature))
            {
                throw StageFaults.FeatureMissing(stage.Name, feature);
            }
        }
        var input = method.Check(parameters);
        using var assembler = new TensorAssembler(new TensorLimits(_options.MaxTensorBytes, input.MaxTensors), input.CheckHeader);
        while (await requests.MoveNext(cancellationToken))
        {
            assembler.Accept(method.FrameOf(requests.Current)
                ?? throw new WireFormatException($"tensor frames must follow the parameters; found {Describe(method, requests.Current)}"));
        }
        using var tensors = assembler.Complete();
        return input.Join(tensors);
    }

    private async Task ComputeAsync<TRequest, TParameters, TResponse, TJob>(
        StageMethod<TRequest, TParameters, TResponse, TJob> method, TJob job, StageOutput<TResponse> output, StagePlace place, IDisposable slot,
        IServerStreamWriter<TResponse> responses, CancellationToken cancellationToken)
        where TRequest : class
        where TParameters : class
        where TResponse : class
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using var watch = new ComputeWatch(TimeSpan.FromSeconds(_options.StallSeconds));
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, watch.Hung);
        var computing = Task.Factory.StartNew(
            () => watch.Run(() => Compute(method, job, output, slot, stop.Token)), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        try
        {
            await output.WriteToAsync(responses, Patience, ended.Token);
        }
        catch (OperationCanceledException) when (watch.Hung.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw StageFaults.Hung(stage.Name, $"the {stage.Name} stops: {Stalled}");
        }
        finally
        {
            // Reached early only when a write failed, the call was cancelled or the computation hangs. The model is in use until the thread has ended.
            await stop.CancelAsync();
            await computing.WaitAsync(watch.Hung).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (!computing.IsCompleted)
            {
                place.LeaveSlot();
                StopStage();
            }
        }
        await computing;
    }

    private string Stalled => string.Create(CultureInfo.InvariantCulture, $"a computation has not got on for {_options.StallSeconds} s");

    // The thread cannot be ended, and holds a slot and perhaps the device. Calls that wait are sent elsewhere at once; others that are computed get the
    // time that they have at every stop.
    private void StopStage()
    {
        readiness.Stop(Stalled);
        LogHung(logger, _options.StallSeconds);
        Environment.ExitCode = 1;
        lifetime.StopApplication();
    }

    private void Compute<TRequest, TParameters, TResponse, TJob>(
        StageMethod<TRequest, TParameters, TResponse, TJob> method, TJob job, StageOutput<TResponse> output, IDisposable slot, CancellationToken cancellation)
        where TRequest : class
        where TParameters : class
        where TResponse : class
    {
        try
        {
            // Freed when the computation ends, which may be before the reader has taken the answer.
            using var held = slot;
            var started = Stopwatch.GetTimestamp();
            using (var session = method.Begin(job, output))
            {
                while (session.Advance(cancellation))
                {
                    if (readiness.Stopped >= HandBackTime && session.HandBack())
                    {
                        throw StageFaults.NotReady(stage.Name, $"the {stage.Name} is shutting down and hands the call back");
                    }
                }
            }
            output.Post(method.Wrap(new CallFinished { ComputeSeconds = Stopwatch.GetElapsedTime(started).TotalSeconds }));
        }
        finally
        {
            output.Complete();
        }
    }

    private static string Describe<TRequest, TParameters, TResponse, TJob>(StageMethod<TRequest, TParameters, TResponse, TJob> method, TRequest request)
        where TRequest : class
        where TParameters : class
        where TResponse : class =>
        method.ParametersOf(request) is not null ? "a second set of parameters"
        : method.FrameOf(request) is not null ? "a tensor frame" : "a message of no kind that this version knows";

    [LoggerMessage(6, LogLevel.Critical, "A computation has not got on for {Seconds} s: its device hangs. The stage stops, so that it is started anew")]
    private static partial void LogHung(ILogger logger, double seconds);
}
