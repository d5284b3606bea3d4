// SPDX-License-Identifier: Apache-2.0
#include "suite.h"

namespace peers
{

std::string group::text() const
{
    return problems.front().text() + (problems.size() > 1 ? " and its variations" : "");
}

/* AlexNet's and GoogLeNet's, at batch 1. */
static const shape network_shapes[] = {
    {1, 96, 55, 55}, {1, 256, 27, 27}, {1, 64, 56, 56}, {1, 192, 56, 56}};

static const direction directions[] = {direction::forward, direction::backward};

static void add_network_groups(std::vector<group> &suite, shape dims, int64_t batch)
{
    dims.batch = batch;
    for (direction way : directions)
        for (layout order : {layout::nchw, layout::nhwc, layout::nchw16c})
            for (double beta : {0.75, 0.6})
                if (beta == 0.75 || (batch > 1 && order != layout::nchw16c))
                    suite.push_back({dims, {{dims, order, dtype::f32, way, 5, beta}}, true});
}

/* 64 MB of f32, more than caches hold. */
static void add_own_groups(std::vector<group> &suite)
{
    const shape dims = {16, 256, 64, 64};
    for (direction way : directions)
        for (layout order : {layout::nchw, layout::nhwc}) {
            group own = {dims, {{dims, order, dtype::f32, way, 5, 0.75}}, false};
            for (dtype type : {dtype::f16, dtype::bf16})
                own.problems.push_back({dims, order, type, way, 5, 0.75});
            for (int size : {3, 7, 9})
                own.problems.push_back({dims, order, dtype::f32, way, size, 0.75});
            own.problems.push_back({dims, order, dtype::f32, way, 5, 0.6});
            suite.push_back(own);
        }
}

std::vector<group> make_suite()
{
    std::vector<group> suite;
    for (int64_t batch : {16, 1})
        for (const shape &dims : network_shapes)
            add_network_groups(suite, dims, batch);
    add_own_groups(suite);
    return suite;
}

} // namespace peers
