using Microsoft.AspNetCore.Http;
using QwenMesh.Gateway.Pictures;

namespace QwenMesh.Gateway.Tests.Pictures;

/// <summary>Servers that never end, lie, or answer in any order.</summary>
public sealed class HostilePictureServerTests
{
    private static readonly byte[] Png = Samples.Png();

    [Fact]
    public async Task An_endless_body_ends_at_the_limit()
    {
        await using var server = await PictureServer.StartAsync(async context =>
        {
            await context.Response.Body.WriteAsync(Png);
            while (true)
            {
                await context.Response.Body.WriteAsync(new byte[8192], context.RequestAborted);
            }
        });
        var reader = PictureFetcherTests.AllowingLoopback(options => options.MaxBytes = 100_000);
        Assert.Equal(PictureFaultKind.TooLarge, (await Samples.RefusedAsync(reader, server.Address())).Kind);
    }

    [Fact]
    public async Task A_body_that_begins_as_no_picture_is_not_read_on()
    {
        await using var server = await PictureServer.StartAsync(async context =>
        {
            await context.Response.Body.WriteAsync("<!doctype html><html>"u8.ToArray());
            await context.Response.Body.FlushAsync();
            await Task.Delay(Timeout.Infinite, context.RequestAborted);
        });
        Assert.Equal(PictureFaultKind.NotAPicture, (await Samples.RefusedAsync(PictureFetcherTests.AllowingLoopback(), server.Address())).Kind);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_server_that_is_silent_has_a_bound(bool afterHeaders)
    {
        await using var server = await PictureServer.StartAsync(async context =>
        {
            if (afterHeaders)
            {
                await context.Response.Body.WriteAsync(Png.AsMemory(0, 20));
                await context.Response.Body.FlushAsync();
            }
            await Task.Delay(Timeout.Infinite, context.RequestAborted);
        });
        var reader = PictureFetcherTests.AllowingLoopback(options => options.FetchSeconds = 0.5);
        Assert.Equal(PictureFaultKind.TooSlow, (await Samples.RefusedAsync(reader, server.Address())).Kind);
    }

    [Fact]
    public async Task The_length_that_is_announced_is_checked_first_and_not_believed()
    {
        await using var announcing = await PictureServer.StartAsync(async context =>
        {
            context.Response.ContentLength = 1L << 40;
            await context.Response.Body.FlushAsync();
            await Task.Delay(Timeout.Infinite, context.RequestAborted);
        });
        Assert.Equal(PictureFaultKind.TooLarge, (await Samples.RefusedAsync(PictureFetcherTests.AllowingLoopback(), announcing.Address())).Kind);

        await using var cut = await PictureServer.StartAsync(async context =>
        {
            context.Response.ContentLength = Png.Length;
            await context.Response.Body.WriteAsync(Png.AsMemory(0, 40));
            await context.Response.Body.FlushAsync();
            context.Abort();
        });
        Assert.Equal(PictureFaultKind.Unreachable, (await Samples.RefusedAsync(PictureFetcherTests.AllowingLoopback(), cut.Address())).Kind);
    }

    [Fact]
    public async Task Pictures_keep_the_order_of_the_request_and_share_one_limit()
    {
        var greys = new byte[] { 10, 60, 110, 160, 210 };
        await using var server = await PictureServer.StartAsync(async context =>
        {
            var index = int.Parse(context.Request.Path.Value![1..], System.Globalization.CultureInfo.InvariantCulture);
            await Task.Delay(20 * (greys.Length - index)); // The first comes last.
            await context.Response.Body.WriteAsync(Samples.Png(greys[index]));
        });
        PictureSource[] sources =
        [
            .. greys.Select((_, index) => PictureSource.Parse(server.Address(path: $"/{index}"))), new PictureSource.Part(Samples.Png(250)),
        ];
        var files = await PictureFetcherTests.AllowingLoopback().ReadAsync(sources, TestContext.Current.CancellationToken);
        Assert.Equal([.. greys.Select(grey => Samples.Png(grey)), Samples.Png(250)], files.Select(file => file.Bytes.ToArray()));

        var tight = PictureFetcherTests.AllowingLoopback(options => options.MaxTotalBytes = 1024);
        PictureSource[] many = [.. Enumerable.Repeat(sources, 2).SelectMany(all => all)];
        var total = files.Sum(file => file.Bytes.Length) * 2;
        Assert.True(total > 1024, $"{total} bytes");
        var refused = await Assert.ThrowsAsync<PictureException>(() => tight.ReadAsync(many, TestContext.Current.CancellationToken));
        Assert.Equal(PictureFaultKind.TooLarge, refused.Fault.Kind);
    }

    [Fact]
    public async Task A_client_that_goes_away_ends_the_fetch()
    {
        var asked = new TaskCompletionSource();
        await using var server = await PictureServer.StartAsync(async context =>
        {
            asked.SetResult();
            await Task.Delay(Timeout.Infinite, context.RequestAborted);
        });
        using var client = new CancellationTokenSource();
        var reading = PictureFetcherTests.AllowingLoopback().ReadAsync([PictureSource.Parse(server.Address())], client.Token);
        await asked.Task.WaitAsync(TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken);
        await client.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => reading);
    }
}
