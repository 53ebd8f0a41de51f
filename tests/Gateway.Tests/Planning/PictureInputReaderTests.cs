using Microsoft.Extensions.Options;
using QwenMesh.Gateway.Generation;
using QwenMesh.Gateway.Pictures;
using QwenMesh.Gateway.Planning;
using QwenMesh.Gateway.Tests.Pictures;
using QwenMesh.Imaging;

namespace QwenMesh.Gateway.Tests.Planning;

public sealed class PictureInputReaderTests
{
    private static readonly byte[] Png = Samples.Png();

    [Fact]
    public async Task Pictures_that_are_too_large_together_are_refused_before_one_is_decoded()
    {
        // Two, and no third.
        using var reader = new PictureInputReader(new VipsDecoder(), Options.Create(new PictureOptions { MaxTotalPixels = 2 * 32 * 32 }));
        var two = new GenerationRequest { Prompt = "p", Seed = 1, References = [Png], Mask = Png };
        Assert.NotNull((await reader.ReadAsync(two, TestContext.Current.CancellationToken)).Mask);
        foreach (var three in (GenerationRequest[])[two with { References = [Png, Png] }, two with { Controls = [new ControlPicture("canny", Png)] }])
        {
            var refused = await Assert.ThrowsAsync<GenerationException>(() => reader.ReadAsync(three, TestContext.Current.CancellationToken));
            Assert.Equal(FaultKind.InvalidRequest, refused.Fault.Kind);
            Assert.Contains("more than 2048 pixels together", refused.Fault.Detail, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_file_whose_header_is_at_fault_is_named()
    {
        using var reader = new PictureInputReader(new VipsDecoder(), Options.Create(new PictureOptions()));
        var request = new GenerationRequest { Prompt = "p", Seed = 1, References = [Png, Png.AsMemory(0, 20)] };
        var refused = await Assert.ThrowsAsync<GenerationException>(() => reader.ReadAsync(request, TestContext.Current.CancellationToken));
        Assert.StartsWith("reference 2: ", refused.Fault.Detail, StringComparison.Ordinal);
    }
}
