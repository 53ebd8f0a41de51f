// In place on every head of a row: RMS norm with weight (unless null), then rotary embedding with the row's cos and sin (unless null).
// A warp owns a head; a lane writes what it alone reads. Memory is read twice, the second time from the cache.

// P pairs of channels: interleaved (2p, 2p + 1), or (p, p + half).
template <class T, int P> __device__ __forceinline__ void load_pairs(const T* head, int p, int half, int interleaved, float (&a)[P], float (&b)[P]) {
    if (interleaved) {
        float both[2 * P];
        load<T, 2 * P>(head + 2 * p, both);
#pragma unroll
        for (int k = 0; k < P; k++) {
            a[k] = both[2 * k];
            b[k] = both[2 * k + 1];
        }
    } else {
        load<T, P>(head + p, a);
        load<T, P>(head + half + p, b);
    }
}

template <class T, int P> __device__ __forceinline__ void store_pairs(const float (&a)[P], const float (&b)[P], T* head, int p, int half, int interleaved) {
    if (interleaved) {
        float both[2 * P];
#pragma unroll
        for (int k = 0; k < P; k++) {
            both[2 * k] = a[k];
            both[2 * k + 1] = b[k];
        }
        store<T, 2 * P>(both, head + 2 * p);
    } else {
        store<T, P>(a, head + p);
        store<T, P>(b, head + half + p);
    }
}

template <class T, int P>
__device__ __forceinline__ void turn_head(
    T* head, const float* weight, float eps, const float* cos, const float* sin, int half, int interleaved) {
    int lane = threadIdx.x & 31;
    float a[P], b[P], factor = 1.0f;
    if (weight) {
        float squares = 0;
#pragma unroll 1
        for (int p = lane * P; p < half; p += 32 * P) {
            load_pairs<T, P>(head, p, half, interleaved, a, b);
#pragma unroll
            for (int k = 0; k < P; k++) squares += a[k] * a[k] + b[k] * b[k];
        }
        factor = rsqrtf(warp_sum(squares) / (2 * half) + eps);
    }
#pragma unroll 1
    for (int p = lane * P; p < half; p += 32 * P) {
        load_pairs<T, P>(head, p, half, interleaved, a, b);
        if (weight) {
            float u[P], v[P];
            load_pairs<float, P>(weight, p, half, interleaved, u, v);
#pragma unroll
            for (int k = 0; k < P; k++) {
                a[k] *= factor * u[k];
                b[k] *= factor * v[k];
            }
        }
        if (cos) {
            float c[P], s[P];
            load<float, P>(cos + p, c);
            load<float, P>(sin + p, s);
#pragma unroll
            for (int k = 0; k < P; k++) {
                float turned = a[k] * c[k] - b[k] * s[k];
                b[k] = a[k] * s[k] + b[k] * c[k];
                a[k] = turned;
            }
        }
        store_pairs<T, P>(a, b, head, p, half, interleaved);
    }
}

__device__ __forceinline__ bool aligned(const void* address, int bytes) { return (unsigned long long)address % bytes == 0; }

template <class T>
__device__ __forceinline__ void head_norm_rotary_kernel(
    T* x, const float* weight, float eps, const float* cos, const float* sin, long long rows, int heads, int dim, int interleaved) {
    long long head = (long long)blockIdx.x * (blockDim.x >> 5) + (threadIdx.x >> 5), all = rows * heads;
    if (head >= all) return;
    int half = dim >> 1;
    // A division of 32 bits is a fifth of one of 64.
    long long row = all <= 0xffffffffll ? (unsigned)head / (unsigned)heads : head / heads;
    x += head * dim;
    if (cos) {
        cos += row * half;
        sin += row * half;
    }
    // Two pairs at a time: 64 of a head of 128 channels are one turn of the loop.
    if (half % 2 == 0 && aligned(x, 4 * sizeof(T)) && aligned(weight, 16) && aligned(cos, 8) && aligned(sin, 8)) {
        turn_head<T, 2>(x, weight, eps, cos, sin, half, interleaved);
    } else {
        turn_head<T, 1>(x, weight, eps, cos, sin, half, interleaved);
    }
}

#define HEAD_NORM_ROTARY(T) \
    (T* x, const float* weight, float eps, const float* cos, const float* sin, long long rows, int heads, int dim, int interleaved)

extern "C" __global__ void head_norm_rotary_f32 HEAD_NORM_ROTARY(float) {
    head_norm_rotary_kernel<float>(x, weight, eps, cos, sin, rows, heads, dim, interleaved);
}

extern "C" __global__ void head_norm_rotary_bf16 HEAD_NORM_ROTARY(bf16) {
    head_norm_rotary_kernel<bf16>(x, weight, eps, cos, sin, rows, heads, dim, interleaved);
}
