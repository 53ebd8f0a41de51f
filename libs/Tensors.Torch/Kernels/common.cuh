// Types, vector loads and reductions that the kernels share. Compiled by NVRTC, which has no header files here: nothing is included.

struct bf16 { unsigned short bits; };

__device__ __forceinline__ float to_float(float x) { return x; }

__device__ __forceinline__ float to_float(bf16 x) { return __uint_as_float((unsigned)x.bits << 16); }

template <class T> __device__ T rounded(float x);

template <> __device__ __forceinline__ float rounded<float>(float x) { return x; }

// To nearest, halves to even, as LibTorch rounds. From the Ampere generation on that is an instruction, which takes two numbers at a time.
__device__ __forceinline__ unsigned bf16_bits(float x) {
    unsigned bits = __float_as_uint(x);
    return (bits & 0x7fffffffu) > 0x7f800000u ? 0x7fffu : (bits + 0x7fffu + ((bits >> 16) & 1u)) >> 16;
}

__device__ __forceinline__ unsigned two_bf16(float low, float high) {
#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ >= 800
    unsigned packed;
    asm("cvt.rn.bf16x2.f32 %0, %1, %2;" : "=r"(packed) : "f"(high), "f"(low));
    return packed;
#else
    return bf16_bits(low) | (bf16_bits(high) << 16);
#endif
}

template <> __device__ __forceinline__ bf16 rounded<bf16>(float x) {
    bf16 result;
    result.bits = (unsigned short)two_bf16(x, 0.0f);
    return result;
}

// Elements that one instruction loads or stores: 16 bytes where sizes and addresses allow it.
template <class T, int V> struct __align__(sizeof(T) * V) vec { T at[V]; };

template <class T, int V> __device__ __forceinline__ void load(const T* from, float (&into)[V]) {
    vec<T, V> packed = *reinterpret_cast<const vec<T, V>*>(from);
#pragma unroll
    for (int i = 0; i < V; i++) into[i] = to_float(packed.at[i]);
}

template <int V> __device__ __forceinline__ void pack(const float (&from)[V], vec<float, V>& into) {
#pragma unroll
    for (int i = 0; i < V; i++) into.at[i] = from[i];
}

template <int V> __device__ __forceinline__ void pack(const float (&from)[V], vec<bf16, V>& into) {
#pragma unroll
    for (int i = 0; i + 1 < V; i += 2) {
        unsigned both = two_bf16(from[i], from[i + 1]);
        into.at[i].bits = (unsigned short)both;
        into.at[i + 1].bits = (unsigned short)(both >> 16);
    }
    if (V % 2) into.at[V - 1] = rounded<bf16>(from[V - 1]);
}

template <class T, int V> __device__ __forceinline__ void store(const float (&from)[V], T* into) {
    vec<T, V> packed;
    pack<V>(from, packed);
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

// Short rows share a warp. Lanes of a row of so many vectors; KernelOperations counts blocks by the same rule.
__device__ __forceinline__ int lanes_for(int vectors) { return vectors <= 8 ? 8 : vectors <= 16 ? 16 : 32; }

__device__ __forceinline__ float lanes_sum(float x, int lanes) {
    for (int lane = lanes >> 1; lane > 0; lane >>= 1) x += __shfl_xor_sync(0xffffffffu, x, lane);
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

// Off by two units of the last place at most. 0 for y from 2^126 on, which x·σ(x) gets to for x below -87, where it is 0 to Float32 too.
__device__ __forceinline__ float divided(float x, float y) { return __fdividef(x, y); }

__device__ __forceinline__ float silu(float x) { return divided(x, 1.0f + expf(-x)); }

// One entry point for each element type and vector width: name_f32, name_f32_wide, name_bf16, name_bf16_wide.
#define ENTRY_POINTS(NAME, PARAMETERS, ARGUMENTS)                                                                     \
    extern "C" __global__ void NAME##_f32 PARAMETERS(float) { NAME##_kernel<float, 1> ARGUMENTS; }                      \
    extern "C" __global__ void NAME##_f32_wide PARAMETERS(float) { NAME##_kernel<float, 4> ARGUMENTS; }                 \
    extern "C" __global__ void NAME##_bf16 PARAMETERS(bf16) { NAME##_kernel<bf16, 1> ARGUMENTS; }                       \
    extern "C" __global__ void NAME##_bf16_wide PARAMETERS(bf16) { NAME##_kernel<bf16, 8> ARGUMENTS; }
