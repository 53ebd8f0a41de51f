using Microsoft.Extensions.Options;
using QwenMesh.Gateway.Access;
using QwenMesh.Gateway.Dialects.Bodies;
using QwenMesh.Gateway.Dialects.Fields;
using QwenMesh.Gateway.Generation;
using QwenMesh.Gateway.Jobs;
using QwenMesh.Gateway.Orchestration;
using QwenMesh.Gateway.Profiles;

namespace QwenMesh.Gateway.Dialects;

/// <summary>One request to a dialect: its body, and what the dialects share. What it throws becomes the dialect's error.</summary>
public sealed class DialectCall
{
    private const int MaxIdempotencyKey = 255;

    private readonly DialectServices _services;

    internal DialectCall(HttpContext context, DialectServices services)
    {
        (Context, _services) = (context, services);
    }

    /// <summary>The request and the response.</summary>
    public HttpContext Context { get; }

    /// <summary>Cancelled when the client goes away.</summary>
    public CancellationToken Aborted => Context.RequestAborted;

    /// <summary>Whether fields that the dialect does not know are refused (<c>Gateway:Strict</c>).</summary>
    public bool Strict => _services.Gateway.Strict;

    /// <summary>Id of the caller's API key; empty for callers without one. What they make belongs to it.</summary>
    public string Owner => Key.Id;

    /// <summary>What the caller may ask for.</summary>
    internal ApiKey Key => Context.Key();

    internal bool HasReadBody { get; private set; }

    /// <summary>Whether the caller may ask for the same job again.</summary>
    internal bool HasIdempotencyKey => IdempotencyKey is not null;

    /// <summary>A value of the route's pattern.</summary>
    public string Route(string name) => Context.GetRouteValue(name) as string ?? "";

    /// <summary>
    /// Refuses at once when nothing more may wait in the queue: before the body, so that a full Gateway reads none. The place itself is taken when the
    /// request is complete and checked; a client that sends its body slowly holds none.
    /// </summary>
    /// <exception cref="GenerationException">The queue is full.</exception>
    public void RefuseWhenFull() => _services.Jobs.RefuseWhenFull();

    /// <summary>
    /// Draws the pictures and waits for them: checks the request against its model and the caller's API key, then runs it as a job of the caller. A caller who
    /// goes away stops the running step.
    /// </summary>
    /// <param name="dialect">Whose call it is.</param>
    /// <param name="request">What to draw.</param>
    /// <param name="progress">Is told what happens on the way; null when nobody listens.</param>
    /// <exception cref="DialectException">The caller's key forbids it.</exception>
    /// <exception cref="GenerationException">There is no picture; its fault says why and which HTTP status fits.</exception>
    /// <exception cref="OperationCanceledException">The caller went away.</exception>
    public async Task<GenerationResult> DrawAsync(IDialect dialect, GenerationRequest request, IGenerationProgress? progress = null)
    {
        ArgumentNullException.ThrowIfNull(dialect);
        ArgumentNullException.ThrowIfNull(request);
        var served = _services.Generator.Check(request);
        return (await _services.Calls.RunAsync(Submission(dialect, request, served), served, progress, Aborted)).Result;
    }

    /// <summary>A job of this call's caller, within what the caller's key allows.</summary>
    /// <exception cref="DialectException">Its key forbids it.</exception>
    internal JobSubmission Submission(IDialect dialect, GenerationRequest request, ServedModel served)
    {
        Authorize(request, served);
        return new JobSubmission
        {
            Request = request,
            Dialect = dialect.Name,
            Owner = Owner,
            BaseAddress = BaseAddress,
            IdempotencyKey = IdempotencyKey,
        };
    }

    /// <summary>A job of this call's caller.</summary>
    /// <exception cref="DialectException">There is none of this id.</exception>
    internal async Task<Job> FindJobAsync(string id) => await _services.Jobs.FindAsync(id, Owner, Aborted)
        ?? throw new DialectException(DialectErrorKind.NotFound, $"there is no job '{Echo.Cut(id)}'");

    // Of the draft "The Idempotency-Key HTTP Header Field": a repeated POST with the same key is the same job.
    private string? IdempotencyKey => Context.Request.Headers["Idempotency-Key"].ToString() switch
    {
        "" => null,
        { Length: <= MaxIdempotencyKey } key => key,
        // Passed over, it would be drawn twice.
        _ => throw new DialectException(DialectErrorKind.InvalidRequest, $"Idempotency-Key has more than {MaxIdempotencyKey} characters"),
    };

    /// <summary>How the client reaches this Gateway, e.g. "https://images.example.com", without a slash at the end.</summary>
    public string BaseAddress => $"{Context.Request.Scheme}://{Context.Request.Host.Value}";

    /// <summary>The files of a body's pictures: decodes base64, fetches addresses, checks headers. The body must not be disposed of yet.</summary>
    /// <param name="inputs">All pictures of the request, masks included.</param>
    /// <returns>One complete image file for each, in their order; its pixels may still be damaged.</returns>
    /// <exception cref="DialectException">One of them is refused; the fault is at its field.</exception>
    public async Task<IReadOnlyList<ReadOnlyMemory<byte>>> ReadPicturesAsync(IReadOnlyList<PictureInput> inputs)
    {
        ArgumentNullException.ThrowIfNull(inputs);
        var files = await _services.Pictures.ReadAsync(inputs, Aborted, Owner);
        return [.. files.Select(file => file.Bytes)];
    }

    /// <summary>Refuses what the caller's API key does not allow: the model, the pixels of all pictures, the steps.</summary>
    /// <param name="request">Its size and steps where they are the client's; else the profile's count.</param>
    /// <param name="served">The model that will draw.</param>
    /// <exception cref="DialectException">Forbidden, with the reason.</exception>
    private void Authorize(GenerationRequest request, ServedModel served)
    {
        if (KeyRules.Refusal(Key, request, served) is { } reason)
        {
            _services.Refused(KeyRules.Reason);
            throw new DialectException(DialectErrorKind.Forbidden, reason);
        }
    }

    /// <summary>Reads the body. Dispose of it when nothing of it is needed any more.</summary>
    /// <exception cref="DialectException">Too large, too slow, broken, or not of the form.</exception>
    public async Task<RequestBody> ReadBodyAsync(BodyForm form)
    {
        var body = await _services.Bodies.ReadAsync(Context, form);
        HasReadBody = true;
        return body;
    }
}

/// <summary>What the calls of all dialects need.</summary>
internal sealed class DialectServices(
    BodyReader bodies, DialectPictures pictures, JobQueue jobs, JobCalls calls, ImageGenerator generator, IOptions<GatewayOptions> gateway,
    GatewayInstrumentation instrumentation, ILogger<DialectServices> logger)
{
    public BodyReader Bodies => bodies;

    public DialectPictures Pictures => pictures;

    public JobQueue Jobs => jobs;

    public JobCalls Calls => calls;

    public ImageGenerator Generator => generator;

    public GatewayOptions Gateway => gateway.Value;

    public ILogger Logger => logger;

    public void Refused(string reason) => instrumentation.Refused(reason);
}
