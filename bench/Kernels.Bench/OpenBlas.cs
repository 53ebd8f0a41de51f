using System.Runtime.InteropServices;

namespace QwenMesh.Kernels.Bench;

/// <summary>The part of OpenBLAS that is compared with (Debian libopenblas0-pthread).</summary>
internal static unsafe partial class OpenBlas
{
    private const string Library = "libopenblas.so.0";
    private const int RowMajor = 101;
    private const int NoTranspose = 111;
    private const int Transpose = 112;

    public static bool Available { get; } = NativeLibrary.TryLoad(Library, out _);

    public static string CoreName => Marshal.PtrToStringUTF8(openblas_get_corename()) ?? "?";

    public static void SetThreads(int threads) => openblas_set_num_threads(threads);

    /// <summary>c [m, n] = a [m, k] · b [n, k]ᵀ.</summary>
    public static void Multiply(int m, int n, int k, float* a, float* b, float* c) =>
        cblas_sgemm(RowMajor, NoTranspose, Transpose, m, n, k, 1, a, k, b, k, 0, c, n);

    [LibraryImport(Library)]
    private static partial void openblas_set_num_threads(int threads);

    [LibraryImport(Library)]
    private static partial nint openblas_get_corename();

    [LibraryImport(Library)]
    private static partial void cblas_sgemm(
        int order, int transA, int transB, int m, int n, int k, float alpha, float* a, int lda, float* b, int ldb, float beta, float* c, int ldc);
}
