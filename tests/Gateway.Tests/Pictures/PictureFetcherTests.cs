using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Http;
using QwenMesh.Gateway.Pictures;
using QwenMesh.Gateway.Tests.Fakes;

namespace QwenMesh.Gateway.Tests.Pictures;

/// <summary>Fetching from real servers on the loopback, which the configuration allows or not.</summary>
public sealed class PictureFetcherTests
{
    private static readonly byte[] Png = Samples.Png();

    [Fact]
    public async Task A_picture_is_fetched_from_an_allowed_network_without_credentials()
    {
        await using var server = await PictureServer.ServingAsync(Png);
        using var activity = new System.Diagnostics.Activity("request").Start();
        var file = await Samples.ReadOneAsync(AllowingLoopback(), server.Address());
        Assert.Equal(Png, file.Bytes.ToArray());
        var headers = Assert.Single(server.Requests).Headers;
        Assert.Equal(["Accept", "Host", "User-Agent"], headers.Keys.Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("localhost")]
    [InlineData("127.1")]
    [InlineData("0x7f000001")]
    [InlineData("2130706433")]
    [InlineData("0177.0.0.1")]
    [InlineData("[::ffff:127.0.0.1]")]
    [InlineData("[::1]")]
    public async Task Loopback_is_refused_however_it_is_written(string host)
    {
        await using var server = await PictureServer.ServingAsync(Png);
        var fault = await Samples.RefusedAsync(Samples.Reader(), server.Address(host));
        Assert.Equal(PictureFaultKind.RefusedAddress, fault.Kind);
        Assert.DoesNotContain("127", fault.Detail, StringComparison.Ordinal);
        Assert.Empty(server.Requests);
    }

    [Theory]
    [InlineData("http://127.0.0.2:{0}/", PictureFaultKind.RefusedAddress)]
    [InlineData("http://169.254.169.254/latest/meta-data/", PictureFaultKind.RefusedAddress)]
    [InlineData("http://[::1]:{0}/", PictureFaultKind.RefusedAddress)]
    [InlineData("//10.0.0.1/", PictureFaultKind.RefusedAddress)]
    [InlineData("file:///etc/passwd", PictureFaultKind.UnsupportedReference)]
    [InlineData("ftp://127.0.0.1/", PictureFaultKind.UnsupportedReference)]
    [InlineData("http://me:secret@127.0.0.1:{0}/", PictureFaultKind.UnsupportedReference)]
    public async Task Redirects_are_checked_as_the_first_address_is(string location, object kind)
    {
        await using var server = await PictureServer.StartAsync(context =>
        {
            context.Response.Redirect(string.Format(System.Globalization.CultureInfo.InvariantCulture, location, context.Request.Host.Port));
            return Task.CompletedTask;
        });
        Assert.Equal((PictureFaultKind)kind, (await Samples.RefusedAsync(AllowingLoopback(), server.Address())).Kind);
        Assert.Single(server.Requests);
    }

    [Fact]
    public async Task Redirects_are_followed_up_to_a_number()
    {
        await using var server = await PictureServer.StartAsync(async context =>
        {
            var step = int.Parse(context.Request.Path.Value![1..], System.Globalization.CultureInfo.InvariantCulture);
            if (step == 0)
            {
                await context.Response.Body.WriteAsync(Png);
            }
            else
            {
                (context.Response.StatusCode, context.Response.Headers.Location) = (308, $"/{step - 1}");
            }
        });
        Assert.Equal(Png, (await Samples.ReadOneAsync(AllowingLoopback(), server.Address(path: "/3"))).Bytes.ToArray());
        Assert.Equal(PictureFaultKind.Unreachable, (await Samples.RefusedAsync(AllowingLoopback(), server.Address(path: "/4"))).Kind);
    }

    [Fact]
    public async Task A_name_with_one_refused_address_is_refused_and_a_name_is_resolved_once_a_connection()
    {
        await using var server = await PictureServer.ServingAsync(Png);
        var asked = 0;
        Task<IPAddress[]> Resolve(string host, CancellationToken stop)
        {
            Interlocked.Increment(ref asked);
            return Task.FromResult<IPAddress[]>(host == "good.example" ? [IPAddress.Loopback] : [IPAddress.Loopback, IPAddress.Parse("127.0.0.2")]);
        }

        Assert.Equal(Png, (await Samples.ReadOneAsync(AllowingLoopback(resolve: Resolve), server.Address("good.example"))).Bytes.ToArray());
        Assert.Equal(1, asked);
        Assert.Equal(PictureFaultKind.RefusedAddress, (await Samples.RefusedAsync(AllowingLoopback(resolve: Resolve), server.Address("mixed.example"))).Kind);
        Assert.Single(server.Requests);
    }

    [Fact]
    public async Task What_cannot_be_reached_is_said_to_be()
    {
        using var closed = new RefusingPort();
        Assert.Equal(PictureFaultKind.Unreachable, (await Samples.RefusedAsync(AllowingLoopback(), $"{closed.Url}/")).Kind);
        Assert.Equal(PictureFaultKind.Unreachable, (await Samples.RefusedAsync(
            AllowingLoopback(resolve: (_, _) => throw new SocketException((int)SocketError.HostNotFound)), "http://nowhere.example/")).Kind);

        await using var server = await PictureServer.StartAsync(context => Task.FromResult(context.Response.StatusCode = 403));
        var fault = await Samples.RefusedAsync(AllowingLoopback(), server.Address());
        Assert.Equal(PictureFaultKind.Unreachable, fault.Kind);
        Assert.Contains("403", fault.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_https_address_of_a_plain_server_is_unreachable()
    {
        await using var server = await PictureServer.ServingAsync(Png);
        Assert.Equal(PictureFaultKind.Unreachable, (await Samples.RefusedAsync(AllowingLoopback(), $"https://127.0.0.1:{server.Port}/")).Kind);
    }

    [Fact]
    public async Task Schemes_are_those_of_the_configuration()
    {
        Assert.Equal(PictureFaultKind.UnsupportedReference, (await Samples.RefusedAsync(Samples.Reader(options => options.Schemes = "https"), "http://example.org/a.png")).Kind);
        Assert.Equal(PictureFaultKind.UnsupportedReference, (await Samples.RefusedAsync(Samples.Reader(options => options.Schemes = ""), "https://example.org/a.png")).Kind);
    }

    internal static PictureReader AllowingLoopback(
        Action<PictureOptions>? change = null, Func<string, CancellationToken, Task<IPAddress[]>>? resolve = null) =>
        Samples.Reader(
            options =>
            {
                options.PrivateNetworks = [Samples.Loopback];
                change?.Invoke(options);
            },
            resolve);
}
