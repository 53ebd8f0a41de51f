// Norms over the last axis. A block owns a row and keeps it in registers: each thread holds up to HELD vectors, so that a row of 3072 bf16
// numbers is read once (384 vectors of 16 bytes, 128 threads, 3 each).

#define HELD 4

// into = (x - mean) / sqrt(variance + eps) * (1 + scale) + shift
template <class T, int V> __device__ void layer_norm_kernel(const T* x, const T* shift, const T* scale, float eps, T* into, int columns) {
    __shared__ float shared[32];
    float held[HELD][V];
    x += (long long)blockIdx.x * columns;
    into += (long long)blockIdx.x * columns;
    float sum = 0;
#pragma unroll
    for (int h = 0; h < HELD; h++) {
        int i = (h * blockDim.x + threadIdx.x) * V;
        if (i < columns) {
            load<T, V>(x + i, held[h]);
#pragma unroll
            for (int k = 0; k < V; k++) sum += held[h][k];
        }
    }
    float mean = block_sum(sum, shared) / columns;
    float squares = 0;
#pragma unroll
    for (int h = 0; h < HELD; h++) {
        if ((h * blockDim.x + threadIdx.x) * V < columns) {
#pragma unroll
            for (int k = 0; k < V; k++) {
                held[h][k] -= mean;
                squares += held[h][k] * held[h][k];
            }
        }
    }
    float factor = rsqrtf(block_sum(squares, shared) / columns + eps);
#pragma unroll
    for (int h = 0; h < HELD; h++) {
        int i = (h * blockDim.x + threadIdx.x) * V;
        if (i < columns) {
            float a[V], b[V];
            load<T, V>(scale + i, a);
            load<T, V>(shift + i, b);
#pragma unroll
            for (int k = 0; k < V; k++) held[h][k] = held[h][k] * factor * (1.0f + a[k]) + b[k];
            store<T, V>(held[h], into + i);
        }
    }
}

// into = x / sqrt(mean(x^2) + eps) * weight
template <class T, int V> __device__ void rms_norm_kernel(const T* x, const float* weight, float eps, T* into, int columns) {
    __shared__ float shared[32];
    float held[HELD][V];
    x += (long long)blockIdx.x * columns;
    into += (long long)blockIdx.x * columns;
    float squares = 0;
#pragma unroll
    for (int h = 0; h < HELD; h++) {
        int i = (h * blockDim.x + threadIdx.x) * V;
        if (i < columns) {
            load<T, V>(x + i, held[h]);
#pragma unroll
            for (int k = 0; k < V; k++) squares += held[h][k] * held[h][k];
        }
    }
    float factor = rsqrtf(block_sum(squares, shared) / columns + eps);
#pragma unroll
    for (int h = 0; h < HELD; h++) {
        int i = (h * blockDim.x + threadIdx.x) * V;
        if (i < columns) {
            float by[V];
            load<float, V>(weight + i, by);
#pragma unroll
            for (int k = 0; k < V; k++) held[h][k] = held[h][k] * factor * by[k];
            store<T, V>(held[h], into + i);
        }
    }
}

// into = x / max(norm(x), 1e-12) * sqrt(columns) * gamma, then SiLU when asked. A warp owns one or more pixels: pictures
// have many and their channels are few.
template <class T, int V>
__device__ void channel_norm_kernel(const T* x, const float* gamma, int with_silu, T* into, long long rows, int columns) {
    int lanes = lanes_for((columns + V - 1) / V), lane = threadIdx.x % lanes;
    long long row = (long long)blockIdx.x * (blockDim.x / lanes) + threadIdx.x / lanes;
    if (row >= rows) return;
    x += row * columns;
    into += row * columns;
    float squares = 0, held[V];
    for (int i = lane * V; i < columns; i += lanes * V) {
        load<T, V>(x + i, held);
#pragma unroll
        for (int k = 0; k < V; k++) squares += held[k] * held[k];
    }
    float factor = sqrtf((float)columns) / fmaxf(sqrtf(lanes_sum(squares, lanes)), 1e-12f);
    for (int i = lane * V; i < columns; i += lanes * V) {
        float by[V];
        load<T, V>(x + i, held);
        load<float, V>(gamma + i, by);
#pragma unroll
        for (int k = 0; k < V; k++) {
            float y = held[k] * factor * by[k];
            held[k] = with_silu ? silu(y) : y;
        }
        store<T, V>(held, into + i);
    }
}

#define LAYER_NORM(T) (const T* x, const T* shift, const T* scale, float eps, T* into, int columns)
ENTRY_POINTS(layer_norm, LAYER_NORM, (x, shift, scale, eps, into, columns))

#define RMS_NORM(T) (const T* x, const float* weight, float eps, T* into, int columns)
ENTRY_POINTS(rms_norm, RMS_NORM, (x, weight, eps, into, columns))

#define CHANNEL_NORM(T) (const T* x, const float* gamma, int with_silu, T* into, long long rows, int columns)
ENTRY_POINTS(channel_norm, CHANNEL_NORM, (x, gamma, with_silu, into, rows, columns))
