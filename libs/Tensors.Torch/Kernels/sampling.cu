// Guidance and the step along the schedule. Latents are small; a warp owns one or more tokens.

// norm(cond) / norm(comb) of one row.
template <class T, int V>
__device__ __forceinline__ float guidance_factor(const T* cond, const T* negative, float scale, int columns, int lane, int lanes) {
    float with_squares = 0, comb_squares = 0, with[V], without[V];
    for (int i = lane * V; i < columns; i += lanes * V) {
        load<T, V>(cond + i, with);
        load<T, V>(negative + i, without);
#pragma unroll
        for (int k = 0; k < V; k++) {
            float comb = without[k] + scale * (with[k] - without[k]);
            with_squares += with[k] * with[k];
            comb_squares += comb * comb;
        }
    }
    return sqrtf(lanes_sum(with_squares, lanes)) / sqrtf(lanes_sum(comb_squares, lanes));
}

// comb = negative + scale * (cond - negative); into = comb * (norm(cond) / norm(comb)). into may be cond or negative: every lane writes only
// what it alone reads.
template <class T, int V>
__device__ void true_guidance_kernel(const T* cond, const T* negative, float scale, T* into, long long rows, int columns) {
    int lanes = lanes_for((columns + V - 1) / V), lane = threadIdx.x % lanes;
    long long row = (long long)blockIdx.x * (blockDim.x / lanes) + threadIdx.x / lanes;
    if (row >= rows) return;
    cond += row * columns;
    negative += row * columns;
    into += row * columns;
    float factor = guidance_factor<T, V>(cond, negative, scale, columns, lane, lanes), with[V], without[V];
    for (int i = lane * V; i < columns; i += lanes * V) {
        load<T, V>(cond + i, with);
        load<T, V>(negative + i, without);
#pragma unroll
        for (int k = 0; k < V; k++) with[k] = (without[k] + scale * (with[k] - without[k])) * factor;
        store<T, V>(with, into + i);
    }
}

#define TRUE_GUIDANCE(T) (const T* cond, const T* negative, float scale, T* into, long long rows, int columns)
ENTRY_POINTS(true_guidance, TRUE_GUIDANCE, (cond, negative, scale, into, rows, columns))

// x += dt * guided velocity: the step of a guided picture in one pass over its latents.
template <class T, int V>
__device__ void guided_euler_step_kernel(
    T* x, const T* cond, const T* negative, float scale, float dt, long long rows, int columns) {
    int lanes = lanes_for((columns + V - 1) / V), lane = threadIdx.x % lanes;
    long long row = (long long)blockIdx.x * (blockDim.x / lanes) + threadIdx.x / lanes;
    if (row >= rows) return;
    cond += row * columns;
    negative += row * columns;
    x += row * columns;
    float factor = guidance_factor<T, V>(cond, negative, scale, columns, lane, lanes), with[V], without[V], at[V];
    for (int i = lane * V; i < columns; i += lanes * V) {
        load<T, V>(cond + i, with);
        load<T, V>(negative + i, without);
        load<T, V>(x + i, at);
#pragma unroll
        for (int k = 0; k < V; k++) at[k] += dt * ((without[k] + scale * (with[k] - without[k])) * factor);
        store<T, V>(at, x + i);
    }
}

#define GUIDED_EULER_STEP(T) (T* x, const T* cond, const T* negative, float scale, float dt, long long rows, int columns)
ENTRY_POINTS(guided_euler_step, GUIDED_EULER_STEP, (x, cond, negative, scale, dt, rows, columns))

// x += dt * v; latents may be Float32 while velocities are of the compute type.
template <class X, class T> __device__ void euler_step_kernel(X* x, const T* v, float dt, long long count) {
    long long i = (long long)blockIdx.x * blockDim.x + threadIdx.x;
    if (i < count) x[i] = rounded<X>(to_float(x[i]) + dt * to_float(v[i]));
}

extern "C" __global__ void euler_step_f32(float* x, const float* v, float dt, long long count) { euler_step_kernel(x, v, dt, count); }

extern "C" __global__ void euler_step_bf16(bf16* x, const bf16* v, float dt, long long count) { euler_step_kernel(x, v, dt, count); }

extern "C" __global__ void euler_step_f32_bf16(float* x, const bf16* v, float dt, long long count) { euler_step_kernel(x, v, dt, count); }
