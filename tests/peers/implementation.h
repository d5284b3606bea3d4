/* SPDX-License-Identifier: Apache-2.0 */
/* One library among those compared, and one problem made ready in it. */
#ifndef PEERS_IMPLEMENTATION_H
#define PEERS_IMPLEMENTATION_H

#include "data.h"

#include <chrono>
#include <memory>

namespace peers
{

/* Holds its own memory. Failures are exceptions. */
class runnable
{
  public:
    virtual ~runnable() = default;
    /* A complete call: launch and wait. */
    virtual void run() = 0;
    /* Runs. Milliseconds by the clock of the process that the library is in. */
    virtual double time_run()
    {
        const auto begin = std::chrono::steady_clock::now();
        run();
        return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begin)
            .count();
    }
    /* Of the last run, in logical NCHW order; empty for what computes nothing. */
    virtual std::vector<float> result() = 0;
    /* Which of its ways the library took, where it says so. */
    virtual std::string variant() const
    {
        return "";
    }
};

class implementation
{
  public:
    virtual ~implementation() = default;
    virtual std::string name() const = 0; /* "oneDNN 2.6.3" */
    /* Null where the library does not have it. */
    virtual std::unique_ptr<runnable> prepare(const problem &, const data &) const = 0;
};

struct opencl;

using implementations = std::vector<std::unique_ptr<implementation>>;

/* Each adds what it has, for this many threads; opencl outlives what is added. */
void add_cllrn(implementations &, const opencl &);
void add_copies(implementations &, const opencl &, int threads);
/* What another process has, which server.h describes; command is a shell's. */
void add_remote(implementations &, const std::string &command);
void add_torch(implementations &, int threads);
void add_opencv(implementations &, int threads);

} // namespace peers

#endif
