/* SPDX-License-Identifier: Apache-2.0 */
/* A device, a context and an in-order queue. */
#ifndef PEERS_OPENCL_H
#define PEERS_OPENCL_H

#include <CL/cl.h>
#include <cstddef>
#include <string>

namespace peers
{

/* Throws what failed and OpenCL's code unless the code is CL_SUCCESS. */
void check_cl(cl_int code, const char *what);

struct opencl {
    cl_device_id device = nullptr;
    cl_context context = nullptr;
    cl_command_queue queue = nullptr;
    std::string device_name, platform_name, driver;
    unsigned compute_units = 0;

    /* The first device with spec as a part of its name or its platform's. */
    explicit opencl(const std::string &spec);
    ~opencl();
    opencl(const opencl &) = delete;
    opencl &operator=(const opencl &) = delete;
};

class buffer
{
  public:
    /* Filled from content unless that is null. */
    buffer(const opencl &, size_t bytes, const void *content = nullptr);
    ~buffer();
    buffer(const buffer &) = delete;
    buffer &operator=(const buffer &) = delete;
    void read(void *content) const; /* waits */

    cl_mem memory = nullptr;

  private:
    const opencl &owner;
    size_t bytes;
};

} // namespace peers

#endif
