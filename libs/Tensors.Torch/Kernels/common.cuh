// Types, vector loads and reductions that the kernels share. Compiled by NVRTC, which has no header files here: nothing is included.

struct bf16 { unsigned short bits; };

__device__ __forceinline__ float to_float(float x) { return x; }

__device__ __forceinline__ float to_float(bf16 x) { return __uint_as_float((unsigned)x.bits << 16); }

template <class T> __device__ T rounded(float x);

template <> __device__ __forceinline__ float rounded<float>(float x) { return x; }

// To nearest, halves to even, as LibTorch rounds.
template <> __device__ __forceinline__ bf16 rounded<bf16>(float x) {
    unsigned bits = __float_as_uint(x);
    bf16 result;
    result.bits = (bits & 0x7fffffffu) > 0x7f800000u ? (unsigned short)0x7fff : (unsigned short)((bits + 0x7fffu + ((bits >> 16) & 1u)) >> 16);
    return result;
}

// Elements that one instruction loads or stores: 16 bytes where sizes and addresses allow it.
template <class T, int V> struct __align__(sizeof(T) * V) vec { T at[V]; };

template <class T, int V> __device__ __forceinline__ void load(const T* from, float (&into)[V]) {
    vec<T, V> packed = *reinterpret_cast<const vec<T, V>*>(from);
#pragma unroll
    for (int i = 0; i < V; i++) into[i] = to_float(packed.at[i]);
}

template <class T, int V> __device__ __forceinline__ void store(const float (&from)[V], T* into) {
    vec<T, V> packed;
#pragma unroll
    for (int i = 0; i < V; i++) packed.at[i] = rounded<T>(from[i]);
    *reinterpret_cast<vec<T, V>*>(into) = packed;
}

__device__ __forceinline__ float warp_sum(float x) {
#pragma unroll
    for (int lane = 16; lane > 0; lane >>= 1) x += __shfl_xor_sync(0xffffffffu, x, lane);
    return x;
}

__device__ __forceinline__ float warp_max(float x) {
#pragma unroll
    for (int lane = 16; lane > 0; lane >>= 1) x = fmaxf(x, __shfl_xor_sync(0xffffffffu, x, lane));
    return x;
}

// The sum over a block of whole warps, for every thread of it.
__device__ __forceinline__ float block_sum(float x, float* shared) {
    x = warp_sum(x);
    int warp = threadIdx.x >> 5, lane = threadIdx.x & 31, warps = blockDim.x >> 5;
    __syncthreads(); // A former sum may still be read.
    if (lane == 0) shared[warp] = x;
    __syncthreads();
    return warp_sum(lane < warps ? shared[lane] : 0.0f);
}

__device__ __forceinline__ float block_max(float x, float* shared) {
    x = warp_max(x);
    int warp = threadIdx.x >> 5, lane = threadIdx.x & 31, warps = blockDim.x >> 5;
    __syncthreads();
    if (lane == 0) shared[warp] = x;
    __syncthreads();
    return warp_max(lane < warps ? shared[lane] : 0.0f); // Of values that are not negative.
}

__device__ __forceinline__ float silu(float x) { return x / (1.0f + expf(-x)); }

// One entry point for each element type and vector width: name_f32, name_f32_wide, name_bf16, name_bf16_wide.
#define ENTRY_POINTS(NAME, PARAMETERS, ARGUMENTS)                                                                     \
    extern "C" __global__ void NAME##_f32 PARAMETERS(float) { NAME##_kernel<float, 1> ARGUMENTS; }                      \
    extern "C" __global__ void NAME##_f32_wide PARAMETERS(float) { NAME##_kernel<float, 4> ARGUMENTS; }                 \
    extern "C" __global__ void NAME##_bf16 PARAMETERS(bf16) { NAME##_kernel<bf16, 1> ARGUMENTS; }                       \
    extern "C" __global__ void NAME##_bf16_wide PARAMETERS(bf16) { NAME##_kernel<bf16, 8> ARGUMENTS; }
