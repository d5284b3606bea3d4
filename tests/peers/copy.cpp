// SPDX-License-Identifier: Apache-2.0
/*
 * The limit of whatever reads and writes memory: copies that move a problem's
 * bytes and compute nothing. Which is the fastest depends on the size.
 */
#include "implementation.h"
#include "opencl.h"

#include <omp.h>

#include <cstdlib>
#include <cstring>
#include <stdexcept>

#if defined(__SSE2__)
#include <immintrin.h>
#endif

namespace peers
{

constexpr size_t line = 64;

#if defined(__SSE2__)
/* Whole lines past the cache: an ordinary store would read each line first. */
static void copy_lines(char *to, const char *from, size_t bytes)
{
    for (size_t i = 0; i < bytes; i += line)
        for (size_t j = 0; j < line; j += sizeof(__m128i))
            _mm_stream_si128(reinterpret_cast<__m128i *>(to + i + j),
                             _mm_load_si128(reinterpret_cast<const __m128i *>(from + i + j)));
    _mm_sfence();
}
constexpr const char *host_copy_name = "non-temporal stores";
#else
static void copy_lines(char *to, const char *from, size_t bytes)
{
    memcpy(to, from, bytes);
}
constexpr const char *host_copy_name = "memcpy";
#endif

/* Half the bytes are read and half are written, rounded up to whole lines. */
static size_t copied_bytes(const problem &p)
{
    return (static_cast<size_t>(p.bytes() / 2) + line - 1) / line * line;
}

static std::vector<char> pattern(size_t bytes)
{
    std::vector<char> made(bytes);
    for (size_t i = 0; i < bytes; ++i)
        made[i] = static_cast<char>(i * 7 + i / 251);
    return made;
}

/* An empty result once it is sure that the copy is one. */
static std::vector<float> copied(const char *to, const char *from, size_t bytes, const char *what)
{
    if (memcmp(to, from, bytes) != 0)
        throw std::runtime_error(std::string(what) + ": the copy differs from its source");
    return {};
}

namespace
{

class host_copy : public runnable
{
  public:
    host_copy(const opencl &, const problem &p) : bytes(copied_bytes(p)), from(make()), to(make())
    {
        memcpy(from.get(), pattern(bytes).data(), bytes);
        memset(to.get(), 0, bytes);
    }

    void run() override
    {
#pragma omp parallel
        {
            const size_t threads = static_cast<size_t>(omp_get_num_threads());
            const size_t thread = static_cast<size_t>(omp_get_thread_num());
            const size_t lines = bytes / line;
            const size_t begin = lines * thread / threads * line;
            const size_t end = lines * (thread + 1) / threads * line;
            copy_lines(to.get() + begin, from.get() + begin, end - begin);
        }
    }

    std::vector<float> result() override
    {
        return copied(to.get(), from.get(), bytes, host_copy_name);
    }

    std::string variant() const override
    {
        return host_copy_name;
    }

  private:
    struct release {
        void operator()(char *memory) const
        {
            std::free(memory);
        }
    };
    using memory = std::unique_ptr<char, release>;

    memory make() const
    {
        char *const made = static_cast<char *>(std::aligned_alloc(line, bytes));
        if (made == nullptr)
            throw std::bad_alloc();
        return memory(made);
    }

    const size_t bytes;
    const memory from, to;
};

class device_copy : public runnable
{
  public:
    device_copy(const opencl &cl, const problem &p)
        : owner(cl), bytes(copied_bytes(p)), content(pattern(bytes)),
          from(cl, bytes, content.data()), to(cl, bytes)
    {
    }

    std::vector<float> result() override
    {
        std::vector<char> found(bytes);
        to.read(found.data());
        return copied(found.data(), content.data(), bytes, variant().c_str());
    }

  protected:
    const opencl &owner;
    const size_t bytes;
    const std::vector<char> content;
    const buffer from, to;
};

class command_copy : public device_copy
{
  public:
    using device_copy::device_copy;

    void run() override
    {
        check_cl(clEnqueueCopyBuffer(owner.queue, from.memory, to.memory, 0, 0, bytes, 0, nullptr,
                                     nullptr),
                 "clEnqueueCopyBuffer");
        check_cl(clFinish(owner.queue), "clFinish");
    }

    std::string variant() const override
    {
        return "clEnqueueCopyBuffer";
    }
};

const char *const kernel_source = R"(
#ifdef __has_builtin
#if __has_builtin(__builtin_nontemporal_store)
#define STORE(value, address) __builtin_nontemporal_store(value, address)
#endif
#endif
#ifndef STORE
#define STORE(value, address) (*(address) = (value))
#endif
/* One line of 64 bytes each. */
kernel void copy(global const float16 *from, global float16 *to)
{
    const size_t i = get_global_id(0);
    STORE(from[i], &to[i]);
}
)";

class kernel_copy : public device_copy
{
  public:
    kernel_copy(const opencl &cl, const problem &p) : device_copy(cl, p)
    {
        cl_int code = CL_SUCCESS;
        const char *text = kernel_source;
        program = clCreateProgramWithSource(cl.context, 1, &text, nullptr, &code);
        check_cl(code, "clCreateProgramWithSource");
        check_cl(clBuildProgram(program, 1, &cl.device, "", nullptr, nullptr),
                 "building the copy kernel");
        kernel = clCreateKernel(program, "copy", &code);
        check_cl(code, "clCreateKernel");
        check_cl(clSetKernelArg(kernel, 0, sizeof from.memory, &from.memory), "clSetKernelArg");
        check_cl(clSetKernelArg(kernel, 1, sizeof to.memory, &to.memory), "clSetKernelArg");
    }

    ~kernel_copy() override
    {
        clReleaseKernel(kernel);
        clReleaseProgram(program);
    }

    void run() override
    {
        const size_t lines = bytes / line;
        check_cl(clEnqueueNDRangeKernel(owner.queue, kernel, 1, nullptr, &lines, nullptr, 0,
                                        nullptr, nullptr),
                 "clEnqueueNDRangeKernel");
        check_cl(clFinish(owner.queue), "clFinish");
    }

    std::string variant() const override
    {
        return "kernel";
    }

  private:
    cl_program program = nullptr;
    cl_kernel kernel = nullptr;
};

template <typename Copy> class copy : public implementation
{
  public:
    explicit copy(const opencl &cl) : owner(cl)
    {
    }

    std::string name() const override
    {
        return "copy";
    }

    std::unique_ptr<runnable> prepare(const problem &p, const data &) const override
    {
        return std::make_unique<Copy>(owner, p);
    }

  private:
    const opencl &owner;
};

} // namespace

void add_copies(implementations &all, const opencl &cl, int threads)
{
    omp_set_num_threads(threads);
    all.push_back(std::make_unique<copy<host_copy>>(cl));
    all.push_back(std::make_unique<copy<command_copy>>(cl));
    all.push_back(std::make_unique<copy<kernel_copy>>(cl));
}

} // namespace peers
