using System.Diagnostics;
using Xunit;

namespace QwenMesh.Testing;

/// <summary>Waits for what happens by itself, but not for ever.</summary>
public static class Eventually
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(3);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(5);

    /// <summary>Repeats a check until it is true; fails after three minutes.</summary>
    /// <param name="condition">The check.</param>
    /// <param name="what">What is waited for, as the end of "gave up waiting until ...".</param>
    public static async Task TrueAsync(Func<Task<bool>> condition, string what)
    {
        var waited = Stopwatch.StartNew();
        while (!await condition())
        {
            Assert.True(waited.Elapsed < Limit, $"gave up waiting until {what}");
            await Task.Delay(Pause);
        }
    }

    /// <inheritdoc cref="TrueAsync(Func{Task{bool}}, string)"/>
    public static Task TrueAsync(Func<bool> condition, string what) => TrueAsync(() => Task.FromResult(condition()), what);
}
