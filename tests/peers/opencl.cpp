// SPDX-License-Identifier: Apache-2.0
#include "opencl.h"

#include <cllrn.h>

#include <stdexcept>
#include <vector>

namespace peers
{

void check_cl(cl_int code, const char *what)
{
    if (code != CL_SUCCESS)
        throw std::runtime_error(std::string(what) + ": " + cllrn_opencl_error_string(code));
}

template <typename Query> static std::string text(Query query)
{
    size_t size = 0;
    check_cl(query(0, nullptr, &size), "querying OpenCL");
    std::string found(size, '\0');
    check_cl(query(size, found.data(), nullptr), "querying OpenCL");
    return found.c_str();
}

static std::string device_text(cl_device_id id, cl_device_info what)
{
    return text([=](size_t size, void *out, size_t *needed) {
        return clGetDeviceInfo(id, what, size, out, needed);
    });
}

static std::vector<cl_platform_id> platforms()
{
    cl_uint count = 0;
    if (clGetPlatformIDs(0, nullptr, &count) != CL_SUCCESS || count == 0)
        throw std::runtime_error("no OpenCL platform: install one, pocl-opencl-icd for instance");
    std::vector<cl_platform_id> found(count);
    check_cl(clGetPlatformIDs(count, found.data(), nullptr), "clGetPlatformIDs");
    return found;
}

static std::vector<cl_device_id> devices(cl_platform_id platform)
{
    cl_uint count = 0;
    if (clGetDeviceIDs(platform, CL_DEVICE_TYPE_ALL, 0, nullptr, &count) != CL_SUCCESS)
        return {};
    std::vector<cl_device_id> found(count);
    check_cl(clGetDeviceIDs(platform, CL_DEVICE_TYPE_ALL, count, found.data(), nullptr),
             "clGetDeviceIDs");
    return found;
}

opencl::opencl(const std::string &spec)
{
    std::string seen;
    for (cl_platform_id platform : platforms()) {
        const std::string name = text([=](size_t size, void *out, size_t *needed) {
            return clGetPlatformInfo(platform, CL_PLATFORM_NAME, size, out, needed);
        });
        for (cl_device_id candidate : devices(platform)) {
            const std::string its_name = device_text(candidate, CL_DEVICE_NAME);
            seen += "\n  " + name + ": " + its_name;
            if (device != nullptr ||
                (name.find(spec) == std::string::npos && its_name.find(spec) == std::string::npos))
                continue;
            device = candidate;
            device_name = its_name;
            platform_name = name;
        }
    }
    if (device == nullptr)
        throw std::runtime_error("no device is called \"" + spec + "\"; there are:" + seen);
    driver = device_text(device, CL_DRIVER_VERSION);
    cl_uint units = 0;
    check_cl(clGetDeviceInfo(device, CL_DEVICE_MAX_COMPUTE_UNITS, sizeof units, &units, nullptr),
             "clGetDeviceInfo");
    compute_units = units;

    cl_int code = CL_SUCCESS;
    context = clCreateContext(nullptr, 1, &device, nullptr, nullptr, &code);
    check_cl(code, "clCreateContext");
    queue = clCreateCommandQueue(context, device, 0, &code);
    check_cl(code, "clCreateCommandQueue");
}

opencl::~opencl()
{
    clReleaseCommandQueue(queue);
    clReleaseContext(context);
}

buffer::buffer(const opencl &cl, size_t size, const void *content) : owner(cl), bytes(size)
{
    const cl_mem_flags flags = CL_MEM_READ_WRITE | (content ? CL_MEM_COPY_HOST_PTR : 0);
    cl_int code = CL_SUCCESS;
    memory = clCreateBuffer(cl.context, flags, bytes, const_cast<void *>(content), &code);
    check_cl(code, "clCreateBuffer");
}

buffer::~buffer()
{
    clReleaseMemObject(memory);
}

void buffer::read(void *content) const
{
    check_cl(
        clEnqueueReadBuffer(owner.queue, memory, CL_TRUE, 0, bytes, content, 0, nullptr, nullptr),
        "clEnqueueReadBuffer");
}

} // namespace peers
