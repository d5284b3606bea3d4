// SPDX-License-Identifier: Apache-2.0
/* OpenCV's dnn: a network of one LRN layer, on the CPU and on OpenCL. */
#include "implementation.h"

#include <opencv2/core.hpp>
#include <opencv2/core/ocl.hpp>
#include <opencv2/dnn.hpp>

#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace peers
{

static cv::Mat mat_of(const std::vector<float> &values, const shape &dims)
{
    const int sizes[] = {static_cast<int>(dims.batch), static_cast<int>(dims.channels),
                         static_cast<int>(dims.height), static_cast<int>(dims.width)};
    cv::Mat made(4, sizes, CV_32F);
    memcpy(made.ptr<float>(), values.data(), values.size() * sizeof(float));
    return made;
}

namespace
{

class opencv_run : public runnable
{
  public:
    opencv_run(const problem &p, const data &d, int target)
        : on_device(target == cv::dnn::DNN_TARGET_OPENCL)
    {
        cv::dnn::LayerParams layer;
        layer.name = layer.type = "LRN";
        layer.set("norm_region", "ACROSS_CHANNELS");
        layer.set("local_size", p.size);
        layer.set("alpha", alpha);
        layer.set("beta", p.beta);
        layer.set("bias", k);
        layer.set("norm_by_size", true);
        net.addLayerToPrev(layer.name, layer.type, layer);
        net.setPreferableBackend(cv::dnn::DNN_BACKEND_OPENCV);
        net.setPreferableTarget(target);
        net.setInput(mat_of(d.x, p.dims));
    }

    void run() override
    {
        if (on_device) { /* the result stays there */
            net.forward(device_out);
            cv::ocl::finish();
        } else {
            out = net.forward();
        }
    }

    std::vector<float> result() override
    {
        if (on_device)
            device_out.front().copyTo(out);
        const float *from = out.ptr<float>();
        return {from, from + out.total()};
    }

  private:
    const bool on_device;
    cv::dnn::Net net;
    cv::Mat out;
    std::vector<cv::UMat> device_out;
};

class opencv : public implementation
{
  public:
    opencv(int where, const char *suffix) : target(where), label(suffix)
    {
    }

    std::string name() const override
    {
        return "OpenCV " + cv::getVersionString() + " " + label;
    }

    std::unique_ptr<runnable> prepare(const problem &p, const data &d) const override
    {
        if (p.dtype != dtype::f32 || p.layout != layout::nchw ||
            p.direction != direction::forward || p.size % 2 == 0)
            return nullptr;
        return std::make_unique<opencv_run>(p, d, target);
    }

  private:
    const int target;
    const std::string label;
};

} // namespace

/* Unless the environment says so as the process starts, OpenCV takes the CPU in silence. */
static bool runs_on_opencl()
{
    if (!cv::ocl::haveOpenCL() || !cv::ocl::useOpenCL())
        return false;
    const char *any_device = std::getenv("OPENCV_DNN_OPENCL_ALLOW_ALL_DEVICES");
    return cv::ocl::Device::getDefault().type() == cv::ocl::Device::TYPE_GPU ||
           (any_device != nullptr && strcmp(any_device, "1") == 0);
}

void add_opencv(implementations &all, int threads)
{
    cv::setNumThreads(threads);
    all.push_back(std::make_unique<opencv>(cv::dnn::DNN_TARGET_CPU, "CPU"));
    if (runs_on_opencl())
        all.push_back(std::make_unique<opencv>(cv::dnn::DNN_TARGET_OPENCL, "OpenCL"));
    else
        printf("OpenCV on OpenCL is left out: set OPENCV_DNN_OPENCL_ALLOW_ALL_DEVICES=1 and "
               "OPENCV_OPENCL_DEVICE\n");
}

} // namespace peers
