/* SPDX-License-Identifier: Apache-2.0 */
/* What is measured: the networks' shapes, and this library's own types, sizes and exponents. */
#ifndef PEERS_SUITE_H
#define PEERS_SUITE_H

#include "problem.h"

namespace peers
{

/* Problems of one shape whose runs are interleaved. */
struct group {
    shape dims;
    std::vector<problem> problems;
    bool with_peers; /* else this library and the copies alone */

    std::string text() const;
};

/* Groups of equal shapes follow one another. */
std::vector<group> make_suite();

} // namespace peers

#endif
