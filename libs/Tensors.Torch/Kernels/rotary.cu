// In place on every head of a row: RMS norm with weight (unless null), then rotary embedding with the row's cos and sin (unless null).
// A warp owns a head and keeps its pairs in registers: PAIRS a lane, so heads of up to 512 numbers.

#define PAIRS 8

template <class T, int V>
__device__ void head_norm_rotary_kernel(
    T* x, const float* weight, float eps, const float* cos, const float* sin, long long rows, int heads, int dim, int interleaved) {
    long long head = (long long)blockIdx.x * (blockDim.x >> 5) + (threadIdx.x >> 5);
    int lane = threadIdx.x & 31, half = dim >> 1;
    if (head >= rows * heads) return;
    long long row = head / heads;
    x += head * dim;
    int step = interleaved ? 2 : 1, second = interleaved ? 1 : half;
    float a[PAIRS], b[PAIRS], squares = 0;
#pragma unroll
    for (int k = 0; k < PAIRS; k++) {
        int pair = lane + 32 * k;
        if (pair < half) {
            if (V == 2 && interleaved) {
                float both[2];
                load<T, 2>(x + 2 * pair, both);
                a[k] = both[0];
                b[k] = both[1];
            } else {
                a[k] = to_float(x[step * pair]);
                b[k] = to_float(x[step * pair + second]);
            }
            squares += a[k] * a[k] + b[k] * b[k];
        }
    }
    float factor = weight ? rsqrtf(warp_sum(squares) / dim + eps) : 1.0f;
#pragma unroll
    for (int k = 0; k < PAIRS; k++) {
        int pair = lane + 32 * k;
        if (pair < half) {
            int first = step * pair;
            float u = a[k] * factor, v = b[k] * factor;
            if (weight) {
                u *= weight[first];
                v *= weight[first + second];
            }
            if (cos) {
                float c = cos[row * half + pair], s = sin[row * half + pair];
                float turned = u * c - v * s;
                v = u * s + v * c;
                u = turned;
            }
            if (V == 2 && interleaved) {
                float both[2] = {u, v};
                store<T, 2>(both, x + first);
            } else {
                x[first] = rounded<T>(u);
                x[first + second] = rounded<T>(v);
            }
        }
    }
}

#define HEAD_NORM_ROTARY(T) \
    (T* x, const float* weight, float eps, const float* cos, const float* sin, long long rows, int heads, int dim, int interleaved)

extern "C" __global__ void head_norm_rotary_f32 HEAD_NORM_ROTARY(float) {
    head_norm_rotary_kernel<float, 2>(x, weight, eps, cos, sin, rows, heads, dim, interleaved);
}

extern "C" __global__ void head_norm_rotary_bf16 HEAD_NORM_ROTARY(bf16) {
    head_norm_rotary_kernel<bf16, 2>(x, weight, eps, cos, sin, rows, heads, dim, interleaved);
}
