// Epilogues of products, one pass over memory each.

#define SILU 1
#define GELU_TANH 2
#define GELU_ERF 3

__device__ __forceinline__ float activated(float x, int kind) {
    if (kind == SILU) return silu(x);
    // 0.5x(1 + tanh u) = x·σ(2u): cheaper, and exact for x far below 0 too.
    if (kind == GELU_TANH) return divided(x, 1.0f + expf(-1.5957691216057308f * (x + 0.044715f * x * x * x)));
    if (kind == GELU_ERF) return 0.5f * x * (1.0f + erff(x * 0.7071067811865476f));
    return x;
}

// x = activation(x)
template <class T, int V> __device__ void activate_kernel(T* x, int kind, long long count) {
    long long i = ((long long)blockIdx.x * blockDim.x + threadIdx.x) * V;
    if (i >= count) return;
    float held[V];
    load<T, V>(x + i, held);
#pragma unroll
    for (int k = 0; k < V; k++) held[k] = activated(held[k], kind);
    store<T, V>(held, x + i);
}

// up = SiLU(gate) * up
template <class T, int V> __device__ void swiglu_kernel(const T* gate, T* up, long long count) {
    long long i = ((long long)blockIdx.x * blockDim.x + threadIdx.x) * V;
    if (i >= count) return;
    float a[V], b[V];
    load<T, V>(gate + i, a);
    load<T, V>(up + i, b);
#pragma unroll
    for (int k = 0; k < V; k++) b[k] *= silu(a[k]);
    store<T, V>(b, up + i);
}

// residual += gate * x; gate [columns], or null for 1
template <class T, int V> __device__ void add_gated_kernel(const T* x, const T* gate, T* residual, long long count, int columns) {
    long long i = ((long long)blockIdx.x * blockDim.x + threadIdx.x) * V;
    if (i >= count) return;
    float a[V], b[V];
    load<T, V>(x + i, a);
    load<T, V>(residual + i, b);
    if (gate) {
        float g[V];
        load<T, V>(gate + (count <= 0xffffffffll ? (unsigned)i % (unsigned)columns : i % columns), g);
#pragma unroll
        for (int k = 0; k < V; k++) a[k] *= g[k];
    }
#pragma unroll
    for (int k = 0; k < V; k++) b[k] += a[k];
    store<T, V>(b, residual + i);
}

#define ACTIVATE(T) (T* x, int kind, long long count)
ENTRY_POINTS(activate, ACTIVATE, (x, kind, count))

#define SWIGLU(T) (const T* gate, T* up, long long count)
ENTRY_POINTS(swiglu, SWIGLU, (gate, up, count))

#define ADD_GATED(T) (const T* x, const T* gate, T* residual, long long count, int columns)
ENTRY_POINTS(add_gated, ADD_GATED, (x, gate, residual, count, columns))
