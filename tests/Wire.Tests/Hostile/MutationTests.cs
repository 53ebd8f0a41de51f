using QwenMesh.Wire.Tests.Hosting;
using QwenMesh.Wire.Tests.Raw;

namespace QwenMesh.Wire.Tests.Hostile;

/// <summary>Hundreds of damaged calls at a time, drawn from fixed seeds: each is answered, and the stage goes on.</summary>
public sealed class MutationTests(MeshHost mesh)
{
    private const int Calls = 1000;
    private const int AtATime = 4;

    [Theory]
    [MemberData(nameof(Target.Names), MemberType = typeof(Target))]
    public async Task Damaged_bytes_are_answered(string name)
    {
        var target = Target.Of(mesh, name);
        await ManyAsync(target, seed: 20_240_817, async (calls, random) =>
        {
            var mutated = MutatedBytes.Of(target, random);
            using (mutated.Request)
            {
                return (await calls.SendAsync(mutated.Request), mutated.MustFail);
            }
        });
    }

    [Theory]
    [MemberData(nameof(Target.Names), MemberType = typeof(Target))]
    public async Task Damaged_tensor_frames_are_refused(string name)
    {
        var target = Target.Of(mesh, name);
        await ManyAsync(target, seed: 20_240_818, async (calls, random) => (await calls.SendAsync(target.Path, MutatedFrames.Of(target, random)), MustFail: true));
    }

    private async Task ManyAsync(Target target, int seed, Func<RawCalls, Random, Task<(RawReply Reply, bool MustFail)>> call)
    {
        var next = -1;
        await Task.WhenAll(Enumerable.Range(0, AtATime).Select(async _ =>
        {
            using var calls = new RawCalls(target.Address);
            for (var index = Interlocked.Increment(ref next); index < Calls; index = Interlocked.Increment(ref next))
            {
                var (reply, mustFail) = await call(calls, new Random(seed + index));
                Assert.True(reply.IsError || (reply.IsOk && !mustFail), $"seed {seed + index}: {reply}");
            }
        }));
        await target.StillServesAsync(mesh);
    }
}
