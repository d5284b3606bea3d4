// SPDX-License-Identifier: Apache-2.0
#include "implementation.h"

#include <dnnl.hpp>
#include <omp.h>

#include <cstring>
#include <unordered_map>

namespace peers
{

static dnnl::memory::desc desc_of(const problem &p)
{
    using tag = dnnl::memory::format_tag;
    const tag order = p.layout == layout::nchw   ? tag::nchw
                      : p.layout == layout::nhwc ? tag::nhwc
                                                 : tag::nChw16c;
    return {{p.dims.batch, p.dims.channels, p.dims.height, p.dims.width},
            dnnl::memory::data_type::f32,
            order};
}

namespace
{

class onednn_run : public runnable
{
  public:
    onednn_run(const dnnl::engine &engine, const problem &p, const data &d)
        : what(p), stream(engine), src(desc_of(p), engine), dst(desc_of(p), engine)
    {
        fill(src, d.x);
        if (p.direction == direction::forward)
            prepare_forward(engine);
        else
            prepare_backward(engine, d);
    }

    void run() override
    {
        primitive.execute(stream, arguments);
        stream.wait();
    }

    std::vector<float> result() override
    {
        const float *from = static_cast<const float *>(dst.get_data_handle());
        return logical({from, from + what.dims.elements()}, what.dims, what.layout);
    }

    std::string variant() const override
    {
        return way;
    }

  private:
    void fill(const dnnl::memory &memory, const std::vector<float> &values) const
    {
        const std::vector<float> ordered = stored(values, what.dims, what.layout);
        memcpy(memory.get_data_handle(), ordered.data(), ordered.size() * sizeof(float));
    }

    dnnl::lrn_forward::primitive_desc forward_desc(const dnnl::engine &engine,
                                                   dnnl::prop_kind kind) const
    {
        return {{kind, dnnl::algorithm::lrn_across_channels, desc_of(what), what.size,
                 static_cast<float>(alpha), static_cast<float>(what.beta), static_cast<float>(k)},
                engine};
    }

    void prepare_forward(const dnnl::engine &engine)
    {
        const auto desc = forward_desc(engine, dnnl::prop_kind::forward_inference);
        primitive = dnnl::lrn_forward(desc);
        arguments = {{DNNL_ARG_SRC, src}, {DNNL_ARG_DST, dst}};
        way = desc.impl_info_str();
    }

    /* The backward pass takes what the forward pass of training left in its workspace. */
    void prepare_backward(const dnnl::engine &engine, const data &d)
    {
        const auto forward = forward_desc(engine, dnnl::prop_kind::forward_training);
        const dnnl::lrn_backward::primitive_desc desc(
            {dnnl::algorithm::lrn_across_channels, desc_of(what), desc_of(what), what.size,
             static_cast<float>(alpha), static_cast<float>(what.beta), static_cast<float>(k)},
            engine, forward);
        const dnnl::memory workspace(forward.workspace_desc(), engine);
        dnnl::lrn_forward(forward).execute(
            stream, {{DNNL_ARG_SRC, src}, {DNNL_ARG_DST, dst}, {DNNL_ARG_WORKSPACE, workspace}});
        stream.wait();
        const dnnl::memory dy(desc_of(what), engine);
        fill(dy, d.dy);
        primitive = dnnl::lrn_backward(desc);
        arguments = {{DNNL_ARG_SRC, src},
                     {DNNL_ARG_DIFF_DST, dy},
                     {DNNL_ARG_DIFF_SRC, dst},
                     {DNNL_ARG_WORKSPACE, workspace}};
        way = desc.impl_info_str();
    }

    const problem what;
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
        if (p.dtype != dtype::f32)
            return nullptr;
        return std::make_unique<onednn_run>(engine, p, d);
    }

  private:
    const dnnl::engine engine{dnnl::engine::kind::cpu, 0};
};

} // namespace

void add_onednn(implementations &all, int threads)
{
    omp_set_num_threads(threads);
    all.push_back(std::make_unique<onednn>());
}

} // namespace peers
