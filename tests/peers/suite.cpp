// SPDX-License-Identifier: Apache-2.0
#include "suite.h"

#include <algorithm>

namespace peers
{

std::string group::text() const
{
    return problems.front().text() + (problems.size() > 1 ? " and its variations" : "");
}

bool group::wants(const std::string &implementation) const
{
    return std::any_of(peers.begin(), peers.end(), [&](const std::string &beginning) {
        return implementation.rfind(beginning, 0) == 0;
    });
}

static const char *const own = "cllrn", *const copies = "copy", *const everyone = "";

/* AlexNet's and GoogLeNet's, at batch 1. */
static const shape network_shapes[] = {
    {1, 96, 55, 55}, {1, 256, 27, 27}, {1, 64, 56, 56}, {1, 192, 56, 56}};

static const direction directions[] = {direction::forward, direction::backward};
static const layout layouts[] = {layout::nchw, layout::nhwc, layout::nchw16c};

static void add_network_groups(std::vector<group> &suite, shape dims, int64_t batch)
{
    dims.batch = batch;
    for (direction way : directions)
        for (layout order : layouts)
            for (double beta : {0.75, 0.6})
                if (beta == 0.75 || (batch > 1 && order != layout::nchw16c))
                    suite.push_back({dims, {{dims, order, dtype::f32, way, 5, beta}}, {everyone}});
}

static void add_onednn_groups(std::vector<group> &suite, int64_t batch)
{
    const shape dims = {batch, 192, 56, 56};
    const auto add = [&](dtype type, int size, region where) {
        for (direction way : directions)
            for (layout order : layouts) {
                /* oneDNN's reference code would take up to ten seconds. */
                if (batch > 1 && way == direction::backward && size > 11 && order != layout::nhwc)
                    continue;
                suite.push_back(
                    {dims, {{dims, order, type, way, size, 0.75, where}}, {own, "oneDNN 3"}});
            }
    };
    for (int size : {1, 3, 5, 6, 7, 8, 9, 11, 15, 31})
        add(dtype::f32, size, region::across);
    for (dtype type : {dtype::bf16, dtype::f16})
        add(type, 5, region::across);
    add(dtype::f32, 5, region::within);
}

/* 64 MB of f32, more than caches hold. */
static void add_own_groups(std::vector<group> &suite)
{
    const shape dims = {16, 256, 64, 64};
    for (direction way : directions)
        for (layout order : {layout::nchw, layout::nhwc}) {
            group next = {dims, {{dims, order, dtype::f32, way, 5, 0.75}}, {own, copies}};
            for (dtype type : {dtype::f16, dtype::bf16})
                next.problems.push_back({dims, order, type, way, 5, 0.75});
            for (int size : {3, 7, 9})
                next.problems.push_back({dims, order, dtype::f32, way, size, 0.75});
            next.problems.push_back({dims, order, dtype::f32, way, 5, 0.6});
            suite.push_back(next);
        }
}

std::vector<group> make_suite(const std::string &name)
{
    std::vector<group> suite;
    for (int64_t batch : {16, 1}) {
        if (name == "networks")
            for (const shape &dims : network_shapes)
                add_network_groups(suite, dims, batch);
        if (name == "onednn")
            add_onednn_groups(suite, batch);
    }
    if (name == "own")
        add_own_groups(suite);
    return suite;
}

} // namespace peers
