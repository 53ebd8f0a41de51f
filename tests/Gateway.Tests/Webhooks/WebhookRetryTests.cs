using System.Net;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using QwenMesh.Gateway.Tests.Fakes;
using QwenMesh.Gateway.Tests.Jobs.Store;
using QwenMesh.Gateway.Webhooks;
using QwenMesh.Testing;

namespace QwenMesh.Gateway.Tests.Webhooks;

/// <summary>Receivers that do not take what they are told, and addresses that are not called.</summary>
public sealed class WebhookRetryTests
{
    private const string GivenUp = "Warning QwenMesh.Gateway.Webhooks.WebhookAttempts 461";

    private readonly LogList _log = new();

    [Fact]
    public async Task A_webhook_that_was_not_taken_comes_again_with_the_same_id()
    {
        await using var receiver = await WebhookReceiver.StartAsync(500, 302, 200);
        await using var mesh = await StartAsync();
        var job = await mesh.Gateway.TellAsync(receiver.Address);
        Assert.Null(Assert.Single(await mesh.Gateway.DoneAsync()).Reason);
        Assert.Equal(["""{"attempt":1}""", """{"attempt":2}""", """{"attempt":3}"""], receiver.Received.Select(webhook => webhook.Body));
        Assert.Equal($"msg_{job.Id}_end", Assert.Single(receiver.Received.Select(webhook => webhook.Id).Distinct()));
        Assert.DoesNotContain(GivenUp, _log.Lines);
    }

    [Fact]
    public async Task After_its_last_attempt_it_is_given_up_with_a_reason()
    {
        await using var receiver = await WebhookReceiver.StartAsync(503);
        await using var mesh = await StartAsync();
        await mesh.Gateway.TellAsync(receiver.Address);
        Assert.Equal("status 503", Assert.Single(await mesh.Gateway.DoneAsync()).Reason);
        Assert.Equal(HastyForm.Attempts, receiver.Received.Count);
        await GivenUpAsync();
    }

    [Fact]
    public async Task A_receiver_that_is_gone_is_not_told_again()
    {
        await using var receiver = await WebhookReceiver.StartAsync(410, 200);
        await using var mesh = await StartAsync();
        await mesh.Gateway.TellAsync(receiver.Address);
        Assert.Equal("status 410", Assert.Single(await mesh.Gateway.DoneAsync()).Reason);
        Assert.Single(receiver.Received);
        await GivenUpAsync();
    }

    [Fact]
    public async Task A_redirect_is_not_followed()
    {
        await using var other = await WebhookReceiver.StartAsync();
        await using var receiver = await WebhookReceiver.StartAsync((context, _) =>
        {
            (context.Response.StatusCode, context.Response.Headers.Location) = (StatusCodes.Status307TemporaryRedirect, other.Address);
            return Task.CompletedTask;
        });
        await using var mesh = await StartAsync();
        await mesh.Gateway.TellAsync(receiver.Address);
        Assert.Equal("status 307", Assert.Single(await mesh.Gateway.DoneAsync()).Reason);
        Assert.Equal(HastyForm.Attempts, receiver.Received.Count);
        Assert.Empty(other.Received);
    }

    [Fact]
    public async Task A_receiver_that_does_not_answer_in_time_is_told_again()
    {
        await using var receiver = await WebhookReceiver.StartAsync((context, number) => number == 0 ? Task.Delay(Timeout.Infinite, context.RequestAborted) : Task.CompletedTask);
        // The first attempt alone is short of time, however many of it do not reach the receiver.
        await using var mesh = await StartAsync(timeout: () => receiver.Received.Count == 0 ? TimeSpan.FromSeconds(1) : IWebhookForm.MaxTimeout);
        await mesh.Gateway.TellAsync(receiver.Address);
        await mesh.Gateway.DoneAsync();
        Assert.Equal(2, receiver.Received.Count);
        Assert.Single(receiver.Received.Select(webhook => webhook.Id).Distinct());
    }

    [Fact]
    public async Task An_answer_whose_body_does_not_end_is_an_answer()
    {
        await using var receiver = await WebhookReceiver.StartAsync(async (context, _) =>
        {
            context.Response.StatusCode = StatusCodes.Status200OK;
            while (true)
            {
                await context.Response.WriteAsync("...", context.RequestAborted);
                await context.Response.Body.FlushAsync(context.RequestAborted);
            }
        });
        await using var mesh = await StartAsync();
        await mesh.Gateway.TellAsync(receiver.Address);
        Assert.Equal((0, null), (await mesh.Gateway.DoneAsync()).Select(row => (row.Attempt, row.Reason)).Single());
        Assert.Single(receiver.Received);
    }

    [Theory]
    [InlineData("10.0.0.7")]
    [InlineData("169.254.169.254")]
    [InlineData("127.0.0.1,10.0.0.7")]
    [InlineData("::1")]
    public async Task A_name_that_leads_to_a_private_network_is_not_called(string addresses)
    {
        await using var receiver = await WebhookReceiver.StartAsync();
        await using var mesh = await StartAsync(addresses);
        await mesh.Gateway.TellAsync($"http://receiver.example:{receiver.Port}/hook");
        Assert.Equal("the address leads to a network that is not called", Assert.Single(await mesh.Gateway.DoneAsync()).Reason);
        Assert.Empty(receiver.Received);
        await GivenUpAsync();
    }

    [Fact]
    public async Task A_name_that_leads_to_an_allowed_network_is_called()
    {
        await using var receiver = await WebhookReceiver.StartAsync();
        await using var mesh = await StartAsync("127.0.0.1");
        await mesh.Gateway.TellAsync($"http://receiver.example:{receiver.Port}/hook");
        await mesh.Gateway.DoneAsync();
        Assert.Equal($"receiver.example:{receiver.Port}", Assert.Single(receiver.Received).Headers["Host"]);
    }

    [Theory]
    [InlineData(1, 0.0, 4)]
    [InlineData(1, 0.5, 5)]
    [InlineData(1, 1.0, 6)]
    [InlineData(2, 0.5, 60)]
    [InlineData(6, 0.5, 5 * 3600)]
    public void Pauses_are_varied_by_a_fifth(int attempt, double random, double seconds) =>
        Assert.Equal(seconds, WebhookRetries.After(WebhookRetries.Default, attempt, random)!.Value.TotalSeconds, 3);

    [Fact]
    public void After_the_last_pause_comes_none() => Assert.Null(WebhookRetries.After(WebhookRetries.Default, 7, 0.5));

    // It is logged after it is noted.
    private async Task GivenUpAsync()
    {
        await Eventually.TrueAsync(() => _log.Lines.Contains(GivenUp), "it is logged");
        Assert.Single(_log.Lines, GivenUp);
    }

    /// <param name="addresses">What every name resolves to; null for the system's resolver.</param>
    /// <param name="timeout">Of the receiver; null for as long as there is.</param>
    private Task<FakeMesh> StartAsync(string? addresses = null, Func<TimeSpan>? timeout = null) => FakeMesh.StartAsync(settings: WebhookReceiver.Settings(), services: services =>
    {
        HastyForm.Register(services, timeout);
        services.AddSingleton<ILoggerProvider>(_log);
        if (addresses is not null)
        {
            var resolved = addresses.Split(',').Select(IPAddress.Parse).ToArray();
            services.AddSingleton(provider => new WebhookClient(provider.GetRequiredService<WebhookAddresses>(), (_, _) => Task.FromResult(resolved)));
        }
    });
}
