using System.Collections.Concurrent;
using System.Security.Cryptography;
using Microsoft.EntityFrameworkCore;
using QwenMesh.Gateway.Files;

namespace QwenMesh.Gateway.Jobs.Store;

/// <summary>Secrets in the jobs' database. Once made they never change, so each is read once.</summary>
internal sealed class SigningKeys(StoreTransactions transactions, StoreDatabase database) : ISigningKeys
{
    private const int Bytes = 32;

    private readonly ConcurrentDictionary<string, byte[]> _known = new(StringComparer.Ordinal);

    public async ValueTask<byte[]> GetAsync(string name, CancellationToken cancellationToken)
    {
        if (!_known.TryGetValue(name, out var secret))
        {
            secret = _known.GetOrAdd(name, await ReadAsync(name, cancellationToken) ?? await MakeAsync(name, cancellationToken));
        }
        return [.. secret];
    }

    private async Task<byte[]> MakeAsync(string name, CancellationToken cancellationToken)
    {
        try
        {
            await transactions.WriteAsync(session =>
            {
                session.Db.Secrets.Add(new SecretRow { Name = name, Value = RandomNumberGenerator.GetBytes(Bytes) });
                return Task.FromResult(true);
            }, cancellationToken);
        }
        catch (DbUpdateException exception) when (database.IsDuplicate(exception))
        {
            // Another Gateway was first: its secret holds.
        }
        return await ReadAsync(name, cancellationToken) ?? throw new InvalidOperationException($"the secret {name} is not in the store");
    }

    private Task<byte[]?> ReadAsync(string name, CancellationToken cancellationToken) => transactions.ReadAsync(
        db => db.Secrets.Where(row => row.Name == name).Select(row => row.Value).SingleOrDefaultAsync(cancellationToken), cancellationToken);
}
