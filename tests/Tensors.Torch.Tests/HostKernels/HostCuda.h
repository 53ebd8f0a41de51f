// As much of CUDA C++ as the kernels use, on the host: a block's threads are coroutines on one thread, which take turns at barriers and
// shuffles; blocks run one after the other. Only for tests.
#pragma once

#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <ucontext.h>
#include <utility>
#include <vector>

#define __global__
#define __device__
#define __forceinline__ inline
#define __align__(bytes) __attribute__((aligned(bytes)))
#define __shared__ static // One block at a time.
#define rsqrtf(x) (1.0f / std::sqrt(x)) // A macro, since newer C libraries have a function of that name.

struct Index
{
    unsigned x;
};

inline Index threadIdx, blockIdx, blockDim;

inline float __fdividef(float x, float y) { return x / y; }

inline float __uint_as_float(unsigned bits)
{
    float value;
    std::memcpy(&value, &bits, sizeof value);
    return value;
}

inline unsigned __float_as_uint(float value)
{
    unsigned bits;
    std::memcpy(&bits, &value, sizeof bits);
    return bits;
}

namespace host
{
constexpr size_t StackBytes = 64 * 1024;
constexpr unsigned WarpSize = 32;

enum class State
{
    Ready,
    AtBlockBarrier,
    AtWarpBarrier,
    Ended,
};

struct Thread
{
    ucontext_t context;
    std::vector<char> stack = std::vector<char>(StackBytes);
    State state = State::Ended;
    float offered = 0;
};

inline std::vector<Thread> threads;
inline unsigned current;
inline ucontext_t scheduler;
inline const std::function<void()>* body;

inline void pause(State state)
{
    threads[current].state = state;
    swapcontext(&threads[current].context, &scheduler);
}

inline void entry()
{
    (*body)();
    threads[current].state = State::Ended;
    swapcontext(&threads[current].context, &scheduler);
}

// Lets those go on who have all arrived; threads that have ended are not waited for, as on a device.
inline bool release(State at, unsigned first, unsigned end)
{
    bool any = false;
    for (unsigned i = first; i < end; i++)
    {
        if (threads[i].state != at && threads[i].state != State::Ended)
        {
            return false;
        }
        any |= threads[i].state == at;
    }
    for (unsigned i = first; i < end; i++)
    {
        threads[i].state = threads[i].state == at ? State::Ready : threads[i].state;
    }
    return any;
}

inline void run_block(unsigned count, const std::function<void()>& kernel)
{
    threads.resize(count);
    body = &kernel;
    for (unsigned i = 0; i < count; i++)
    {
        getcontext(&threads[i].context);
        threads[i].context.uc_stack.ss_sp = threads[i].stack.data();
        threads[i].context.uc_stack.ss_size = StackBytes;
        threads[i].context.uc_link = nullptr;
        threads[i].state = State::Ready;
        makecontext(&threads[i].context, entry, 0);
    }
    for (;;)
    {
        bool ran = false;
        for (unsigned i = 0; i < count; i++)
        {
            if (threads[i].state == State::Ready)
            {
                current = i;
                threadIdx = {i};
                swapcontext(&scheduler, &threads[i].context);
                ran = true;
            }
        }
        for (unsigned first = 0; first < count; first += WarpSize)
        {
            ran |= release(State::AtWarpBarrier, first, first + WarpSize < count ? first + WarpSize : count);
        }
        ran |= release(State::AtBlockBarrier, 0, count);
        if (!ran)
        {
            break;
        }
    }
    for (unsigned i = 0; i < count; i++)
    {
        if (threads[i].state != State::Ended)
        {
            std::fprintf(stderr, "thread %u waits at a barrier that not all reach\n", i);
            std::abort();
        }
    }
}

template <class... A, size_t... I>
void call(void (*kernel)(A...), void** arguments, std::index_sequence<I...>)
{
    kernel(*static_cast<A*>(arguments[I])...);
}

// As the driver's launch: an address for every argument.
template <class... A>
void launch(void (*kernel)(A...), unsigned blocks, unsigned threads, void** arguments)
{
    blockDim = {threads};
    for (unsigned block = 0; block < blocks; block++)
    {
        blockIdx = {block};
        run_block(threads, [&] { call(kernel, arguments, std::index_sequence_for<A...>()); });
    }
}
} // namespace host

inline void __syncthreads()
{
    host::pause(host::State::AtBlockBarrier);
}

inline float __shfl_xor_sync(unsigned, float value, int distance)
{
    const unsigned own = host::current;
    host::threads[own].offered = value;
    host::pause(host::State::AtWarpBarrier);
    const float other = host::threads[own ^ distance].offered;
    host::pause(host::State::AtWarpBarrier);
    return other;
}
