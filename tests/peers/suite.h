/* SPDX-License-Identifier: Apache-2.0 */
/* What is measured. */
#ifndef PEERS_SUITE_H
#define PEERS_SUITE_H

#include "problem.h"

namespace peers
{

/* Problems of one shape whose runs are interleaved. */
struct group {
    shape dims;
    std::vector<problem> problems;
    std::vector<std::string> peers; /* beginnings of the names of those that run */

    std::string text() const;
    bool wants(const std::string &implementation) const;
};

/*
 * "networks"  the networks' shapes, in every implementation
 * "onednn"    other sizes, types and windows, in oneDNN 3
 * "own"       what this library has beyond the others, against its usual problem
 * Groups of equal shapes follow one another. Empty where there is no such suite.
 */
std::vector<group> make_suite(const std::string &name);

} // namespace peers

#endif
