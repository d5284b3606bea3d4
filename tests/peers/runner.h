/* SPDX-License-Identifier: Apache-2.0 */
/* Runs a group's implementations in turn, and checks that all compute the same. */
#ifndef PEERS_RUNNER_H
#define PEERS_RUNNER_H

#include "implementation.h"
#include "suite.h"

namespace peers
{

struct limits {
    int rounds;
    double seconds; /* of one implementation and problem; three runs may take longer */
};

struct measurement {
    std::string implementation, variant;
    problem what;
    std::vector<double> milliseconds;
    double difference; /* from this library's result, of the greatest; -1 for a copy */
    bool agrees;

    double median() const;
    double minimum() const;
};

class runner
{
  public:
    runner(const implementations &, const limits &);
    /* Prints a line for each; what fails throws. */
    std::vector<measurement> run(const group &);

  private:
    struct contestant;
    struct expectation {
        peers::direction direction;
        peers::region region;
        int size;
        double beta;
        std::vector<float> result;
    };

    void fill(const shape &);
    std::vector<contestant> prepare(const group &) const;
    void warm_up(contestant &);
    void judge(measurement &, std::vector<float> result);

    const implementations &all;
    const limits bounds;
    /* Of the shape at hand. */
    shape dims = {0, 0, 0, 0};
    data content;
    std::vector<expectation> expectations;
};

} // namespace peers

#endif
