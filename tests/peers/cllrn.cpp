// SPDX-License-Identifier: Apache-2.0
/* This library, as its users call it. */
#include "implementation.h"
#include "opencl.h"

#include <cllrn.h>
#include <cllrn_verify.h>

#include <cstring>
#include <stdexcept>

namespace peers
{

static void check(cllrn_status status, const cllrn_error &error)
{
    if (status != CLLRN_SUCCESS)
        throw std::runtime_error(error.message);
}

static int32_t type_of(dtype which)
{
    return which == dtype::f32   ? CLLRN_DTYPE_F32
           : which == dtype::f16 ? CLLRN_DTYPE_F16
                                 : CLLRN_DTYPE_BF16;
}

static cllrn_tensor tensor_of(const shape &dims, layout which, dtype type)
{
    cllrn_error error = CLLRN_ERROR_INIT;
    cllrn_tensor tensor = CLLRN_TENSOR_INIT;
    const int64_t nchw[] = {dims.batch, dims.channels, dims.height, dims.width};
    const int64_t nhwc[] = {dims.batch, dims.height, dims.width, dims.channels};
    if (which == layout::nchw16c)
        check(cllrn_tensor_set_blocked(&tensor, type_of(type), 4, nchw, 1, 16, &error), error);
    else
        check(cllrn_tensor_set(&tensor, type_of(type), 4, which == layout::nchw ? nchw : nhwc,
                               nullptr, which == layout::nchw ? 1 : -1, &error),
              error);
    return tensor;
}

static cllrn_params params_of(region where, int size, double beta)
{
    cllrn_error error = CLLRN_ERROR_INIT;
    cllrn_params params = CLLRN_PARAMS_INIT;
    check(where == region::across
              ? cllrn_params_across(&params, CLLRN_CONVENTION_ONEDNN, size, alpha, beta, k, &error)
              : cllrn_params_within(&params, CLLRN_CONVENTION_ONEDNN, size, 2, alpha, beta, k,
                                    &error),
          error);
    return params;
}

/* From one type to another: LRN with beta 0. */
static void convert(const cllrn_tensor &from, const void *source, const cllrn_tensor &to, void *out)
{
    cllrn_error error = CLLRN_ERROR_INIT;
    const cllrn_params identity = params_of(region::across, 1, 0.0);
    check(cllrn_host_forward(&identity, &from, source, &to, out, &error), error);
}

static std::vector<char> stored_bytes(const std::vector<float> &values, const problem &p)
{
    std::vector<char> bytes(values.size() * element_size(p.dtype));
    const std::vector<float> floats = stored(values, p.dims, p.layout);
    if (p.dtype == dtype::f32)
        memcpy(bytes.data(), floats.data(), bytes.size());
    else
        convert(tensor_of(p.dims, p.layout, dtype::f32), floats.data(),
                tensor_of(p.dims, p.layout, p.dtype), bytes.data());
    return bytes;
}

static cllrn_memory memory_of(const buffer &at)
{
    cllrn_memory memory = CLLRN_MEMORY_INIT;
    memory.buffer = at.memory;
    return memory;
}

namespace
{

class cllrn_run : public runnable
{
  public:
    cllrn_run(const opencl &cl, cllrn_engine *engine, const problem &p, const data &d)
        : owner(cl), what(p), tensor(tensor_of(p.dims, p.layout, p.dtype)),
          bytes(d.x.size() * element_size(p.dtype)), src(cl, bytes, stored_bytes(d.x, p).data()),
          dst(cl, bytes)
    {
        cllrn_error error = CLLRN_ERROR_INIT;
        const cllrn_params params = params_of(p.region, p.size, p.beta);
        cllrn_problem request = CLLRN_PROBLEM_INIT;
        request.params = &params;
        request.src = &tensor;
        request.dst = &tensor;
        if (p.direction == direction::backward) {
            dy = std::make_unique<buffer>(cl, bytes, stored_bytes(d.dy, p).data());
            request.direction = CLLRN_DIRECTION_BACKWARD;
            request.dy = &tensor;
        }
        check(cllrn_plan_create(engine, &request, &plan, &error), error);
        const uint64_t needed = cllrn_plan_scratch_size(plan, CLLRN_ALIASING_DISJOINT);
        if (needed > 0)
            scratch = std::make_unique<buffer>(cl, static_cast<size_t>(needed));
    }

    ~cllrn_run() override
    {
        cllrn_plan_destroy(plan);
    }

    void run() override
    {
        cllrn_error error = CLLRN_ERROR_INIT;
        const cllrn_memory from = memory_of(src), to = memory_of(dst);
        cllrn_memory gradient = CLLRN_MEMORY_INIT, room = CLLRN_MEMORY_INIT;
        cllrn_operands operands = CLLRN_OPERANDS_INIT;
        operands.src = &from;
        operands.dst = &to;
        if (dy) {
            gradient = memory_of(*dy);
            operands.dy = &gradient;
        }
        if (scratch) {
            room = memory_of(*scratch);
            operands.scratch = &room;
        }
        check(cllrn_enqueue(plan, owner.queue, &operands, 0, nullptr, nullptr, &error), error);
        check_cl(clFinish(owner.queue), "clFinish");
    }

    std::vector<float> result() override
    {
        std::vector<float> floats(bytes / element_size(what.dtype));
        if (what.dtype == dtype::f32) {
            dst.read(floats.data());
        } else {
            std::vector<char> found(bytes);
            dst.read(found.data());
            convert(tensor, found.data(), tensor_of(what.dims, what.layout, dtype::f32),
                    floats.data());
        }
        return logical(floats, what.dims, what.layout);
    }

    std::string variant() const override
    {
        return cllrn_plan_variant(plan, CLLRN_ALIASING_DISJOINT);
    }

  private:
    const opencl &owner;
    const problem what;
    const cllrn_tensor tensor;
    const size_t bytes;
    buffer src, dst;
    std::unique_ptr<buffer> dy, scratch;
    cllrn_plan *plan = nullptr;
};

class cllrn : public implementation
{
  public:
    explicit cllrn(const opencl &cl) : owner(cl)
    {
        cllrn_error error = CLLRN_ERROR_INIT;
        check(cllrn_engine_create(cl.context, cl.device, nullptr, &engine, &error), error);
    }

    ~cllrn() override
    {
        cllrn_engine_destroy(engine);
    }

    std::string name() const override
    {
        return "cllrn";
    }

    std::unique_ptr<runnable> prepare(const problem &p, const data &d) const override
    {
        return std::make_unique<cllrn_run>(owner, engine, p, d);
    }

  private:
    const opencl &owner;
    cllrn_engine *engine = nullptr;
};

} // namespace

void add_cllrn(implementations &all, const opencl &cl)
{
    all.push_back(std::make_unique<cllrn>(cl));
}

} // namespace peers
