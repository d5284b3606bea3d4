// SPDX-License-Identifier: Apache-2.0
#include "data.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>
#include <stdexcept>

namespace peers
{

/* Uniform over [low, high): the standard's distributions differ between libraries. */
static float uniform(std::mt19937 &random, double low, double high)
{
    return static_cast<float>(low + (high - low) * (static_cast<double>(random()) * 0x1p-32));
}

/*
 * With the default alpha and ordinary activations s is 1 to three digits, and the
 * identity would pass. Here every position has a magnitude of its own, so that s,
 * about 1 + alpha magnitude^2, spreads over more than [1.5, 8].
 */
data make_data(const shape &dims)
{
    std::mt19937 random(20120925);
    const int64_t plane = dims.height * dims.width;
    std::vector<float> magnitude(static_cast<size_t>(dims.batch * plane));
    for (float &m : magnitude)
        m = static_cast<float>(std::exp2(uniform(random, std::log2(60.0), std::log2(300.0))));

    data made;
    made.x.resize(static_cast<size_t>(dims.elements()));
    made.dy.resize(made.x.size());
    for (int64_t i = 0; i < dims.elements(); ++i) {
        const int64_t position = i / (dims.channels * plane) * plane + i % plane;
        const float sign = random() & 1 ? 1.0f : -1.0f;
        made.x[static_cast<size_t>(i)] =
            sign * magnitude[static_cast<size_t>(position)] * uniform(random, 0.8, 1.2);
        made.dy[static_cast<size_t>(i)] = uniform(random, -1.0, 1.0);
    }
    return made;
}

spread spread_of(const std::vector<float> &x, const shape &dims, int size)
{
    const int64_t plane = dims.height * dims.width, reach = (size - 1) / 2;
    spread found = {std::numeric_limits<double>::infinity(), 0};
    std::vector<double> sum(static_cast<size_t>(plane));
    for (int64_t n = 0; n < dims.batch; ++n)
        for (int64_t c = 0; c < dims.channels; ++c) {
            std::fill(sum.begin(), sum.end(), 0);
            const int64_t last = std::min(dims.channels - 1, c + reach);
            for (int64_t j = std::max<int64_t>(0, c - reach); j <= last; ++j) {
                const float *row = &x[static_cast<size_t>((n * dims.channels + j) * plane)];
                for (size_t i = 0; i < sum.size(); ++i)
                    sum[i] += static_cast<double>(row[i]) * static_cast<double>(row[i]);
            }
            const auto ends = std::minmax_element(sum.begin(), sum.end());
            found.least = std::min(found.least, k + alpha / size * *ends.first);
            found.greatest = std::max(found.greatest, k + alpha / size * *ends.second);
        }
    return found;
}

double difference(const std::vector<float> &actual, const std::vector<float> &expected)
{
    if (actual.size() != expected.size())
        throw std::logic_error("results of different sizes");
    double most = 0, scale = 0;
    for (size_t i = 0; i < expected.size(); ++i) {
        const double error =
            std::fabs(static_cast<double>(actual[i]) - static_cast<double>(expected[i]));
        if (std::isnan(error))
            return std::numeric_limits<double>::infinity();
        most = std::max(most, error);
        scale = std::max(scale, std::fabs(static_cast<double>(expected[i])));
    }
    return most > 0 ? most / scale : 0;
}

} // namespace peers
