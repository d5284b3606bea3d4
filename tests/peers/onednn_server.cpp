// SPDX-License-Identifier: Apache-2.0
/* oneDNN, of any version from 2 on: each is linked into a server of its own. */
#include "server.h"

#include <dnnl.hpp>

#include <unordered_map>

namespace peers
{

static dnnl::memory::dims dims_of(const problem &p)
{
    return {p.dims.batch, p.dims.channels, p.dims.height, p.dims.width};
}

static dnnl::memory::desc desc_of(const problem &p)
{
    using tag = dnnl::memory::format_tag;
    using type = dnnl::memory::data_type;
    const tag order = p.layout == layout::nchw   ? tag::nchw
                      : p.layout == layout::nhwc ? tag::nhwc
                                                 : tag::nChw16c;
    return {dims_of(p),
            p.dtype == dtype::f32   ? type::f32
            : p.dtype == dtype::f16 ? type::f16
                                    : type::bf16,
            order};
}

static dnnl::algorithm region_of(const problem &p)
{
    return p.region == region::across ? dnnl::algorithm::lrn_across_channels
                                      : dnnl::algorithm::lrn_within_channel;
}

static dnnl::lrn_forward::primitive_desc forward_desc(const dnnl::engine &engine,
                                                      dnnl::prop_kind kind, const problem &p)
{
    const float a = static_cast<float>(alpha), b = static_cast<float>(p.beta);
#if DNNL_VERSION_MAJOR >= 3
    return {engine, kind, region_of(p),         desc_of(p), desc_of(p), p.size,
            a,      b,    static_cast<float>(k)};
#else
    return {{kind, region_of(p), desc_of(p), p.size, a, b, static_cast<float>(k)}, engine};
#endif
}

static dnnl::lrn_backward::primitive_desc
backward_desc(const dnnl::engine &engine, const dnnl::lrn_forward::primitive_desc &forward,
              const problem &p)
{
    const float a = static_cast<float>(alpha), b = static_cast<float>(p.beta);
#if DNNL_VERSION_MAJOR >= 3
    return {engine, region_of(p),          desc_of(p), desc_of(p), desc_of(p), p.size, a,
            b,      static_cast<float>(k), forward};
#else
    return {{region_of(p), desc_of(p), desc_of(p), p.size, a, b, static_cast<float>(k)},
            engine,
            forward};
#endif
}

namespace
{

class onednn_run : public runnable
{
  public:
    onednn_run(const dnnl::engine &its_engine, const problem &p, const data &d)
        : what(p), engine(its_engine), stream(engine), src(stored(d.x)), dst(desc_of(p), engine)
    {
        if (p.direction == direction::forward)
            prepare_forward();
        else
            prepare_backward(d);
    }

    void run() override
    {
        primitive.execute(stream, arguments);
        stream.wait();
    }

    std::vector<float> result() override
    {
        std::vector<float> values(static_cast<size_t>(what.dims.elements()));
        move(dst, logical(values));
        return values;
    }

    std::string variant() const override
    {
        return way;
    }

  private:
    dnnl::memory logical(const std::vector<float> &values) const
    {
        return {{dims_of(what), dnnl::memory::data_type::f32, dnnl::memory::format_tag::nchw},
                engine,
                const_cast<float *>(values.data())};
    }

    /* From one type and layout to another. */
    void move(dnnl::memory from, dnnl::memory to)
    {
        dnnl::reorder(from, to).execute(stream, from, to);
        stream.wait();
    }

    dnnl::memory stored(const std::vector<float> &values)
    {
        const dnnl::memory made(desc_of(what), engine);
        move(logical(values), made);
        return made;
    }

    void prepare_forward()
    {
        const auto desc = forward_desc(engine, dnnl::prop_kind::forward_inference, what);
        primitive = dnnl::lrn_forward(desc);
        arguments = {{DNNL_ARG_SRC, src}, {DNNL_ARG_DST, dst}};
        way = desc.impl_info_str();
    }

    /* The backward pass takes what the forward pass of training left in its workspace. */
    void prepare_backward(const data &d)
    {
        const auto forward = forward_desc(engine, dnnl::prop_kind::forward_training, what);
        const auto desc = backward_desc(engine, forward, what);
        const dnnl::memory workspace(forward.workspace_desc(), engine);
        dnnl::lrn_forward(forward).execute(
            stream, {{DNNL_ARG_SRC, src}, {DNNL_ARG_DST, dst}, {DNNL_ARG_WORKSPACE, workspace}});
        stream.wait();
        primitive = dnnl::lrn_backward(desc);
        arguments = {{DNNL_ARG_SRC, src},
                     {DNNL_ARG_DIFF_DST, stored(d.dy)},
                     {DNNL_ARG_DIFF_SRC, dst},
                     {DNNL_ARG_WORKSPACE, workspace}};
        way = desc.impl_info_str();
    }

    const problem what;
    const dnnl::engine engine;
    dnnl::stream stream;
    dnnl::memory src, dst; /* dst: y, or dx */
    dnnl::primitive primitive;
    std::unordered_map<int, dnnl::memory> arguments;
    std::string way;
};

class onednn : public implementation
{
  public:
    std::string name() const override
    {
        const dnnl::version_t *version = dnnl::version();
        return "oneDNN " + std::to_string(version->major) + "." + std::to_string(version->minor) +
               "." + std::to_string(version->patch);
    }

    std::unique_ptr<runnable> prepare(const problem &p, const data &d) const override
    {
        /* Its kernel for this ends the process, in 3.2 and in 3.13. */
        if (p.layout == layout::nhwc && p.direction == direction::backward && p.size == 1)
            return nullptr;
        try {
            return std::make_unique<onednn_run>(engine, p, d);
        } catch (const dnnl::error &error) {
            if (error.status == dnnl_unimplemented) /* a type that this processor lacks */
                return nullptr;
            throw;
        }
    }

  private:
    const dnnl::engine engine{dnnl::engine::kind::cpu, 0};
};

} // namespace

} // namespace peers

int main()
{
    return peers::serve([]() -> std::unique_ptr<peers::implementation> {
        return std::make_unique<peers::onednn>();
    });
}
