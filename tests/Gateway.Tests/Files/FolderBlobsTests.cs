using System.Runtime.Versioning;
using QwenMesh.Gateway.Files;
using QwenMesh.Testing;

namespace QwenMesh.Gateway.Tests.Files;

public sealed class FolderBlobsTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public static TheoryData<string> Hostile =>
    [
        "", "/", "a/", "/a", "a//b", ".", "..", "../a", "a/../b", "a/./b", "a/..", "..\\a", "a\\b", "/etc/passwd", "C:a", "~temporary/a", "a b", "a\0b", "a\nb", "ä",
        "a%2fb", "a:b", "a*", new string('a', 129), string.Join('/', Enumerable.Repeat("abcdefg", 70)),
    ];

    [Fact]
    public async Task What_was_put_is_there_for_every_Gateway_that_shares_the_folder()
    {
        await PutAsync("jobs/0198-a.b_c/result/0", [1, 2, 3]);
        Assert.Equal([1, 2, 3], await ReadAsync("jobs/0198-a.b_c/result/0"));
        Assert.Null(await ReadAsync("jobs/0198-a.b_c/result/1"));
        Assert.Null(await ReadAsync("jobs/0198-a.b_c/result/0/x"));
        Assert.Null(await ReadAsync("nothing"));
    }

    [Fact]
    [UnsupportedOSPlatform("windows")]
    public async Task A_folder_that_it_makes_is_nobody_elses_and_one_that_was_there_keeps_its_permissions()
    {
        const UnixFileMode owner = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, group = owner | UnixFileMode.GroupRead | UnixFileMode.GroupExecute;
        var (made, found) = (_folder.File("made"), _folder.File("found"));
        Directory.CreateDirectory(found, group);
        foreach (var folder in new[] { made, found })
        {
            await new FolderBlobs(folder).PutAsync("jobs/a", new byte[] { 1 }, "image/png", TestContext.Current.CancellationToken);
        }
        Assert.Equal((owner, group), (File.GetUnixFileMode(made), File.GetUnixFileMode(found)));
    }

    [Fact]
    public async Task A_folder_of_files_is_forgotten_and_its_neighbours_are_not()
    {
        foreach (var key in (string[])["jobs/a/result/0", "jobs/a/reference/0", "jobs/ab/result/0", "jobs/b"])
        {
            await PutAsync(key, [1]);
        }
        await Store().DeleteAsync("jobs/a", TestContext.Current.CancellationToken);
        await Store().DeleteAsync("jobs/b", TestContext.Current.CancellationToken);
        await Store().DeleteAsync("jobs/never", TestContext.Current.CancellationToken);
        Assert.Null(await ReadAsync("jobs/a/result/0"));
        Assert.Null(await ReadAsync("jobs/a/reference/0"));
        Assert.Null(await ReadAsync("jobs/b"));
        Assert.NotNull(await ReadAsync("jobs/ab/result/0"));
        await PutAsync("jobs/a/result/0", [2]);
        Assert.Equal([2], await ReadAsync("jobs/a/result/0"));
    }

    [Theory]
    [MemberData(nameof(Hostile))]
    public async Task A_key_that_is_none_is_refused_by_everything(string key)
    {
        await Assert.ThrowsAsync<ArgumentException>(() => PutAsync(key, [1]));
        await Assert.ThrowsAsync<ArgumentException>(() => ReadAsync(key));
        await Assert.ThrowsAsync<ArgumentException>(() => Store().DeleteAsync(key, TestContext.Current.CancellationToken));
        Assert.Empty(Directory.EnumerateFileSystemEntries(_folder.Path));
    }

    [Fact]
    public async Task A_file_that_is_broken_off_leaves_nothing()
    {
        using var left = new CancellationTokenSource();
        await left.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Store().PutAsync("a/b", new byte[1 << 20], "image/png", left.Token));
        Assert.Null(await ReadAsync("a/b"));
        Assert.Empty(Directory.EnumerateFiles(_folder.Path, "*", SearchOption.AllDirectories));
    }

    [Fact]
    public async Task Whoever_reads_sees_all_of_a_file_or_none()
    {
        var bytes = new byte[1 << 20];
        Random.Shared.NextBytes(bytes);
        var reads = new int[2];
        var writing = Parallel.ForEachAsync(Enumerable.Range(0, 20), TestContext.Current.CancellationToken, async (_, stop) =>
        {
            await Store().PutAsync("one/file", bytes, "image/png", stop);
            await Store().DeleteAsync("one", stop);
        });
        do
        {
            var read = await ReadAsync("one/file");
            reads[read is null ? 0 : 1]++;
            Assert.True(read is null || read.AsSpan().SequenceEqual(bytes), $"{read?.Length} bytes that are others");
        }
        while (!writing.IsCompleted);
        await writing;
        await PutAsync("one/file", bytes);
        Assert.Equal(bytes, await ReadAsync("one/file"));
        Assert.True(reads.Sum() > 0);
    }

    [Fact]
    public async Task A_prefix_lists_what_is_directly_below_it_in_order()
    {
        foreach (var key in (string[])["jobs/b/result/0", "jobs/a/preview/1", "jobs/a/preview/2", "jobs/a-c", "jobsx/d", "jobs/Z"])
        {
            await PutAsync(key, [1]);
        }
        Assert.Equal(["Z", "a-c", "a", "b"], await ListAsync("jobs"));
        Assert.Equal(["1", "2"], await ListAsync("jobs/a/preview"));
        Assert.Empty(await ListAsync("jobs/never"));
        Assert.Throws<ArgumentException>(() => Store().ListAsync("../a", TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task What_crashes_left_and_what_is_old_is_swept()
    {
        await PutAsync("uploads/o/old/file", [1]);
        await PutAsync("uploads/o/new/file", [2]);
        await PutAsync("jobs/old/result", [3]);
        var (half, fresh) = (_folder.Write("~temporary/half", "x"), _folder.Write("~temporary/fresh", "x"));
        var now = DateTime.UtcNow;
        File.SetLastWriteTimeUtc(half, now.AddHours(-3));
        foreach (var old in (string[])["uploads/o/old", "uploads/o", "jobs/old"])
        {
            Directory.SetLastWriteTimeUtc(_folder.File(old), now.AddHours(-3));
        }
        Store().Sweep("uploads", depth: 2, now.AddHours(-2));
        Assert.False(File.Exists(half));
        Assert.True(File.Exists(fresh));
        Assert.Null(await ReadAsync("uploads/o/old/file"));
        Assert.NotNull(await ReadAsync("uploads/o/new/file"));
        Assert.NotNull(await ReadAsync("jobs/old/result"));
    }

    [Fact]
    public async Task A_folder_that_cannot_be_used_is_an_input_output_fault()
    {
        var store = new FolderBlobs(_folder.Write("file", "x"));
        await Assert.ThrowsAnyAsync<IOException>(() => store.PutAsync("a/b", new byte[] { 1 }, "image/png", TestContext.Current.CancellationToken));
        await PutAsync("a/b", [1]);
        await Assert.ThrowsAnyAsync<IOException>(() => ReadAsync("a"));
    }

    public void Dispose() => _folder.Dispose();

    private async Task<string[]> ListAsync(string prefix) => await Store().ListAsync(prefix, TestContext.Current.CancellationToken).ToArrayAsync(TestContext.Current.CancellationToken);

    private FolderBlobs Store() => new(_folder.Path);

    private Task PutAsync(string key, byte[] bytes) => Store().PutAsync(key, bytes, "image/png", TestContext.Current.CancellationToken);

    private async Task<byte[]?> ReadAsync(string key) => (await Store().GetAsync(key, TestContext.Current.CancellationToken))?.ToArray();
}
