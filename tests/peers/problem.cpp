// SPDX-License-Identifier: Apache-2.0
#include "problem.h"

#include <cinttypes>
#include <cstdio>
#include <cstring>
#include <initializer_list>
#include <stdexcept>

namespace peers
{

bool shape::operator==(const shape &other) const
{
    return batch == other.batch && channels == other.channels && height == other.height &&
           width == other.width;
}

int64_t shape::elements() const
{
    return batch * channels * height * width;
}

std::string shape::text() const
{
    return std::to_string(batch) + "x" + std::to_string(channels) + "x" + std::to_string(height) +
           "x" + std::to_string(width);
}

uint64_t problem::bytes() const
{
    const uint64_t tensors = direction == direction::forward ? 2 : 3;
    return tensors * static_cast<uint64_t>(dims.elements()) * element_size(dtype);
}

std::string problem::text() const
{
    char parameters[48];
    snprintf(parameters, sizeof parameters, " size %d beta %g", size, beta);
    return dims.text() + " " + name(layout) + " " + name(dtype) + " " + name(direction) + " " +
           name(region) + parameters;
}

const char *name(layout which)
{
    switch (which) {
    case layout::nchw:
        return "nchw";
    case layout::nhwc:
        return "nhwc";
    case layout::nchw16c:
        return "nChw16c";
    }
    throw std::logic_error("an unknown layout");
}

const char *name(dtype which)
{
    switch (which) {
    case dtype::f32:
        return "f32";
    case dtype::f16:
        return "f16";
    case dtype::bf16:
        return "bf16";
    }
    throw std::logic_error("an unknown dtype");
}

const char *name(direction which)
{
    return which == direction::forward ? "forward" : "backward";
}

const char *name(region which)
{
    return which == region::across ? "across" : "within";
}

template <typename Kind> static Kind named(const char *text, std::initializer_list<Kind> kinds)
{
    for (Kind kind : kinds)
        if (strcmp(text, name(kind)) == 0)
            return kind;
    throw std::invalid_argument(std::string("no problem has ") + text);
}

problem parse_problem(const std::string &text)
{
    problem p;
    char order[16], type[16], way[16], window[16];
    const int count = sscanf(text.c_str(),
                             "%" SCNd64 "x%" SCNd64 "x%" SCNd64 "x%" SCNd64
                             " %15s %15s %15s %15s size %d beta %lf",
                             &p.dims.batch, &p.dims.channels, &p.dims.height, &p.dims.width, order,
                             type, way, window, &p.size, &p.beta);
    if (count != 10)
        throw std::invalid_argument("not a problem: " + text);
    p.layout = named(order, {layout::nchw, layout::nhwc, layout::nchw16c});
    p.dtype = named(type, {dtype::f32, dtype::f16, dtype::bf16});
    p.direction = named(way, {direction::forward, direction::backward});
    p.region = named(window, {region::across, region::within});
    return p;
}

size_t element_size(dtype which)
{
    return which == dtype::f32 ? 4 : 2;
}

/* Calls visit(index in logical NCHW order, index in memory) for every element. */
template <typename Visit> static void walk(const shape &dims, layout which, Visit visit)
{
    const int64_t block = which == layout::nchw16c ? 16 : which == layout::nhwc ? dims.channels : 1;
    if (dims.channels % block != 0)
        throw std::invalid_argument(dims.text() + ": the channels do not fill blocks of 16");
    const int64_t plane = dims.height * dims.width;
    for (int64_t row = 0; row < dims.batch * dims.channels; ++row) {
        size_t from = static_cast<size_t>(row * plane);
        size_t to = static_cast<size_t>(row / block * block * plane + row % block);
        for (int64_t i = 0; i < plane; ++i, ++from, to += static_cast<size_t>(block))
            visit(from, to);
    }
}

std::vector<float> stored(const std::vector<float> &logical, const shape &dims, layout which)
{
    std::vector<float> result(logical.size());
    walk(dims, which, [&](size_t from, size_t to) { result[to] = logical[from]; });
    return result;
}

std::vector<float> logical(const std::vector<float> &stored, const shape &dims, layout which)
{
    std::vector<float> result(stored.size());
    walk(dims, which, [&](size_t to, size_t from) { result[to] = stored[from]; });
    return result;
}

} // namespace peers
