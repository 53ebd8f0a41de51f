using QwenMesh.Gateway.Jobs;

namespace QwenMesh.Gateway.Tests.Jobs;

public sealed class TimedIdTests
{
    [Fact]
    public void Ids_are_in_the_order_of_their_times_and_a_bound_is_between_them()
    {
        var at = new DateTimeOffset(2026, 11, 27, 8, 0, 0, 255, TimeSpan.Zero);
        var (earlier, same, later) = (TimedId.New(at.AddMilliseconds(-1)), TimedId.New(at), TimedId.New(at.AddMilliseconds(1)));
        string[] ordered = [earlier, TimedId.Least(at), same, TimedId.Least(at.AddMilliseconds(1)), later];
        Assert.Equal(ordered, ordered.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Ids_of_one_process_are_in_the_order_in_which_they_were_made()
    {
        var at = DateTimeOffset.UtcNow;
        string[] ids = [.. Enumerable.Range(0, 5000).Select(_ => TimedId.Next(at)), TimedId.Next(at.AddSeconds(-5)), TimedId.Next(at.AddMilliseconds(2))];
        Assert.Equal(ids, ids.Order(StringComparer.Ordinal));
        Assert.Equal(ids.Length, ids.Distinct().Count());
        Assert.All(ids, id => Assert.True(TimedId.IsOne(id), id));
    }

    [Theory]
    [InlineData("0198e6b2-7c1d-7aaa-8bbb-123456789abc", true)]
    [InlineData("0198E6B2-7C1D-7AAA-8BBB-123456789ABC", false)]
    [InlineData("0198e6b2-7c1d-4aaa-8bbb-123456789abc", false)]
    [InlineData("0198e6b27c1d7aaa8bbb123456789abc", false)]
    [InlineData("0198", false)]
    [InlineData("", false)]
    public void An_id_is_known_by_its_form(string text, bool isOne) => Assert.Equal(isOne, TimedId.IsOne(text));
}
