using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using QwenMesh.Gateway.Dialects;
using QwenMesh.Gateway.Generation;
using QwenMesh.Gateway.Tests.Fakes;
using QwenMesh.Imaging;

namespace QwenMesh.Gateway.Tests.Dialects;

/// <summary>A dialect that is not part of the Gateway: the example of docs/extending.md.</summary>
public sealed class AddedDialectTests
{
    [Fact]
    public async Task It_draws_through_the_mesh()
    {
        await using var mesh = await FakeMesh.StartAsync(services: services => services.AddSingleton<IDialect, PlainDialect>());
        using var response = await mesh.Gateway.Http.GetAsync("/plain?prompt=a%20red%20circle&side=512", TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal("image/png", response.Content.Headers.ContentType?.MediaType);
        Assert.Equal(ImageFormat.Png, ImageFormats.Sniff(await response.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken)));
    }

    [Fact]
    public async Task What_the_model_does_not_allow_is_a_fault_with_its_status()
    {
        await using var mesh = await FakeMesh.StartAsync(services: services => services.AddSingleton<IDialect, PlainDialect>());
        using var response = await mesh.Gateway.Http.GetAsync("/plain?prompt=a&side=100000", TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.UnprocessableEntity, response.StatusCode);
        Assert.Contains("Width is 100000", await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
    }

    private sealed class PlainDialect(IImageGenerator generator) : IDialect
    {
        public string Name => "plain";

        public void Map(IEndpointRouteBuilder endpoints) => endpoints.MapGet("/plain", DrawAsync);

        private async Task<IResult> DrawAsync(string prompt, int side, CancellationToken cancellationToken)
        {
            var request = new GenerationRequest { Prompt = prompt, Size = new ImageSize(side, side), Steps = 4, Guidance = 1, Seed = 1 };
            try
            {
                var picture = await generator.GenerateAsync(request, cancellationToken);
                return Results.Bytes(picture.File, request.Format.MediaType());
            }
            catch (GenerationException exception)
            {
                return Results.Text(exception.Fault.Detail, statusCode: exception.Fault.HttpStatus);
            }
        }
    }
}
