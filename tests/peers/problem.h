/* SPDX-License-Identifier: Apache-2.0 */
/* What is computed: a shape, how it is stored, and the operator's parameters. */
#ifndef PEERS_PROBLEM_H
#define PEERS_PROBLEM_H

#include <cstdint>
#include <string>
#include <vector>

namespace peers
{

enum class layout { nchw, nhwc, nchw16c };
enum class dtype { f32, f16, bf16 };
enum class direction { forward, backward };
enum class region { across, within };

struct shape {
    int64_t batch, channels, height, width;

    bool operator==(const shape &other) const;
    int64_t elements() const;
    std::string text() const; /* "16x96x55x55" */
};

/* alpha is divided by the number of taps, as PyTorch, oneDNN and OpenCV do it. */
constexpr double alpha = 1e-4;
constexpr double k = 1.0;

struct problem {
    shape dims;
    peers::layout layout;
    peers::dtype dtype;
    peers::direction direction;
    int size; /* of the window, on each of its axes: channels, or height and width */
    double beta;
    peers::region region = peers::region::across;

    /* What must move: forward x and y, backward x, dy and dx. */
    uint64_t bytes() const;
    std::string text() const; /* "16x96x55x55 nchw f32 forward across size 5 beta 0.75" */
};

const char *name(layout);
const char *name(dtype);
const char *name(direction);
const char *name(region);
size_t element_size(dtype);

/* The problem that has this text(). */
problem parse_problem(const std::string &text);

/* Logical NCHW order to the order in memory, and back. Channels fill the blocks. */
std::vector<float> stored(const std::vector<float> &logical, const shape &, layout);
std::vector<float> logical(const std::vector<float> &stored, const shape &, layout);

} // namespace peers

#endif
