using Microsoft.Extensions.Options;
using QwenMesh.Gateway.Generation;
using QwenMesh.Imaging;

namespace QwenMesh.Gateway.Pictures;

/// <summary>From what a request says about its pictures to files whose headers are checked.</summary>
internal sealed class PictureReader(IPictureDecoder decoder, PictureFetcher fetcher, IOwnFiles own, IOptions<PictureOptions> options, TimeProvider time)
{
    private const int FetchesAtATime = 4;

    private readonly PictureOptions _options = options.Value;

    /// <param name="sources">All pictures of the request, masks included.</param>
    /// <param name="cancellationToken">The request's.</param>
    /// <param name="owner">Whose uploads it may refer to.</param>
    /// <returns>One file for each source, in their order.</returns>
    /// <exception cref="PictureException">One of them is refused.</exception>
    public async Task<IReadOnlyList<PictureFile>> ReadAsync(IReadOnlyList<PictureSource> sources, CancellationToken cancellationToken, string owner = "")
    {
        if (sources.Count > _options.MaxPictures)
        {
            throw new PictureException(PictureFaultKind.TooMany, $"the request has {sources.Count} pictures, at most {_options.MaxPictures} are accepted");
        }
        var budget = new ByteBudget(_options.MaxTotalBytes);
        var files = new PictureFile[sources.Count];

        // What came with the request is checked before anything is fetched.
        foreach (var (i, source) in sources.Index().Where(entry => !IsElsewhere(entry.Item)))
        {
            try
            {
                var file = source is PictureSource.Inline inline ? Base64Picture.Decode(inline.Base64, _options) : ((PictureSource.Part)source).File;
                budget.Take(file.Length);
                files[i] = Check(file);
            }
            catch (PictureException refused)
            {
                refused.Position = i;
                throw;
            }
        }
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(_options.FetchSeconds), time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        GenerationException? ownFault = null;
        try
        {
            await Parallel.ForEachAsync(
                sources.Index().Where(entry => IsElsewhere(entry.Item)),
                new ParallelOptions { MaxDegreeOfParallelism = FetchesAtATime, CancellationToken = both.Token },
                async (entry, stop) =>
                {
                    try
                    {
                        files[entry.Index] = await FetchAsync(entry.Index, entry.Item, owner, budget, stop);
                    }
                    catch (GenerationException failed)
                    {
                        ownFault = failed;
                        throw;
                    }
                });
        }
        catch (OperationCanceledException cancelled) when (limit.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            if (ownFault is not null)
            {
                throw ownFault; // The loop tells of the end of the time alone, when both have come.
            }
            throw new PictureException(
                PictureFaultKind.TooSlow, FormattableString.Invariant($"the pictures could not be fetched within {_options.FetchSeconds} seconds"), cancelled);
        }
        _options.CheckTogether(files.Select(file => file.Info));
        return files;
    }

    private static bool IsElsewhere(PictureSource source) => source is PictureSource.Remote or PictureSource.Asset;

    private async Task<PictureFile> FetchAsync(int position, PictureSource source, string owner, ByteBudget budget, CancellationToken cancellationToken)
    {
        try
        {
            var kept = source is PictureSource.Remote remote
                ? await own.ReadAsync(remote.Address, cancellationToken)
                : await ReadAssetAsync(owner, ((PictureSource.Asset)source).Id, cancellationToken);
            if (kept is not { } file)
            {
                return Check(await fetcher.FetchAsync(((PictureSource.Remote)source).Address, budget, cancellationToken));
            }
            _options.CheckFile(file.Length);
            budget.Take(file.Length);
            return Check(file);
        }
        catch (PictureException refused)
        {
            refused.Position = position;
            throw;
        }
    }

    private async Task<ReadOnlyMemory<byte>?> ReadAssetAsync(string owner, string id, CancellationToken cancellationToken) =>
        await own.ReadAssetAsync(owner, id, cancellationToken)
        ?? throw new PictureException(PictureFaultKind.UnsupportedReference, "there is no such asset: it was never uploaded, not with this key, or has expired");

    private PictureFile Check(ReadOnlyMemory<byte> file)
    {
        try
        {
            return new PictureFile(file, decoder.Probe(file, _options.Limits));
        }
        catch (ImageFormatException refused)
        {
            throw PictureFaults.From(refused);
        }
    }
}
