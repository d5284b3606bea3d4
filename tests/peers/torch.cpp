// SPDX-License-Identifier: Apache-2.0
#include "implementation.h"

#include <torch/torch.h>

#include <cstring>

namespace peers
{

static torch::Tensor tensor_of(const std::vector<float> &values, const shape &dims)
{
    torch::Tensor made =
        torch::empty({dims.batch, dims.channels, dims.height, dims.width}, torch::kFloat32);
    memcpy(made.data_ptr<float>(), values.data(), values.size() * sizeof(float));
    return made;
}

namespace
{

class torch_run : public runnable
{
  public:
    torch_run(const problem &p, const data &d)
        : options(torch::nn::functional::LocalResponseNormFuncOptions(p.size)
                      .alpha(alpha)
                      .beta(p.beta)
                      .k(k)),
          x(tensor_of(d.x, p.dims))
    {
        if (p.direction == direction::backward) {
            x.requires_grad_();
            y = torch::nn::functional::local_response_norm(x, options);
            dy = tensor_of(d.dy, p.dims);
        }
    }

    void run() override
    {
        if (dy.defined()) {
            out = torch::autograd::grad({y}, {x}, {dy}, /*retain_graph=*/true).front();
        } else {
            const torch::NoGradGuard guard;
            out = torch::nn::functional::local_response_norm(x, options);
        }
    }

    std::vector<float> result() override
    {
        const torch::Tensor dense = out.detach().contiguous();
        const float *from = dense.data_ptr<float>();
        return {from, from + dense.numel()};
    }

  private:
    const torch::nn::functional::LocalResponseNormFuncOptions options;
    torch::Tensor x, y, dy, out; /* y and dy: backward only */
};

class torch_cpu : public implementation
{
  public:
    std::string name() const override
    {
        return "PyTorch " TORCH_VERSION;
    }

    std::unique_ptr<runnable> prepare(const problem &p, const data &d) const override
    {
        if (p.dtype != dtype::f32 || p.layout != layout::nchw)
            return nullptr;
        return std::make_unique<torch_run>(p, d);
    }
};

} // namespace

void add_torch(implementations &all, int threads)
{
    torch::set_num_threads(threads);
    all.push_back(std::make_unique<torch_cpu>());
}

} // namespace peers
