// Activations to float8 e4m3 with a scale for every row, for products on float8 tensor cores.

#define E4M3_MAX 448.0f

// To nearest, halves to even, saturating: four bits of exponent, three of mantissa.
__device__ __forceinline__ unsigned e4m3(float x) {
    unsigned bits = __float_as_uint(x), sign = (bits >> 24) & 0x80u;
    bits &= 0x7fffffffu;
    if (bits > 0x7f800000u) return sign | 0x7fu;
    float size = fminf(__uint_as_float(bits), E4M3_MAX);
    if (size < 0.015625f) return sign | (unsigned)rintf(size * 512.0f); // Steps of 2^-9 below the smallest normal number, 2^-6.
    bits = __float_as_uint(size);
    bits += 0x7ffffu + ((bits >> 20) & 1u);
    return sign | ((bits >> 20) - (120u << 3));
}

__device__ __forceinline__ unsigned short two_e4m3(float low, float high) {
// Compilers know the instruction for 8.9 from CUDA 12 on.
#if defined(__CUDA_ARCH__) && (__CUDA_ARCH__ >= 900 || (__CUDA_ARCH__ >= 890 && __CUDACC_VER_MAJOR__ >= 12))
    unsigned short packed;
    asm("cvt.rn.satfinite.e4m3x2.f32 %0, %1, %2;" : "=h"(packed) : "f"(high), "f"(low));
    return packed;
#else
    return (unsigned short)(e4m3(low) | (e4m3(high) << 8));
#endif
}

template <int V> __device__ __forceinline__ void store_e4m3(const float (&from)[V], unsigned short* into) {
    vec<unsigned short, V / 2> packed;
#pragma unroll
    for (int k = 0; k < V / 2; k++) packed.at[k] = two_e4m3(from[2 * k], from[2 * k + 1]);
    *reinterpret_cast<vec<unsigned short, V / 2>*>(into) = packed;
}

// into = x / scale, scale = max|x| / 448 of the row. Columns are a multiple of 16, as float8 products want them.
template <class T, int V> __device__ void quantize_rows_kernel(const T* x, unsigned short* into, float* scales, int columns) {
    __shared__ float shared[32];
    x += (long long)blockIdx.x * columns;
    into += (long long)blockIdx.x * (columns / 2);
    float largest = 0, held[V];
    for (int i = threadIdx.x * V; i < columns; i += blockDim.x * V) {
        load<T, V>(x + i, held);
#pragma unroll
        for (int k = 0; k < V; k++) largest = fmaxf(largest, fabsf(held[k]));
    }
    largest = block_max(largest, shared);
    float scale = fmaxf(largest, 1e-12f) / E4M3_MAX;
    if (threadIdx.x == 0) scales[blockIdx.x] = scale;
    float inverse = 1.0f / scale;
    for (int i = threadIdx.x * V; i < columns; i += blockDim.x * V) {
        load<T, V>(x + i, held);
#pragma unroll
        for (int k = 0; k < V; k++) held[k] *= inverse;
        store_e4m3<V>(held, into + i / 2);
    }
}

extern "C" __global__ void quantize_rows_f32(const float* x, unsigned short* into, float* scales, int columns) {
    quantize_rows_kernel<float, 4>(x, into, scales, columns);
}

extern "C" __global__ void quantize_rows_bf16(const bf16* x, unsigned short* into, float* scales, int columns) {
    quantize_rows_kernel<bf16, 8>(x, into, scales, columns);
}
