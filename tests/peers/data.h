/* SPDX-License-Identifier: Apache-2.0 */
/* The numbers a shape is filled with, the same for everyone, in logical NCHW order. */
#ifndef PEERS_DATA_H
#define PEERS_DATA_H

#include "problem.h"

namespace peers
{

struct data {
    std::vector<float> x, dy;
};

/* The same numbers on every machine. */
data make_data(const shape &);

/* The least and the greatest s, the base of the power. */
struct spread {
    double least, greatest;
};
spread spread_of(const std::vector<float> &x, const shape &, int size);

/* The greatest difference, relative to the greatest magnitude expected; a NaN counts as infinite.
 */
double difference(const std::vector<float> &actual, const std::vector<float> &expected);

} // namespace peers

#endif
