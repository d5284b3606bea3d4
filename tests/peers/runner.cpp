// SPDX-License-Identifier: Apache-2.0
#include "runner.h"

#include <algorithm>
#include <cstdio>
#include <stdexcept>

namespace peers
{

constexpr int least_runs = 3;

/* After so long no run but the first begins, even if there were fewer than least_runs. */
constexpr double most_seconds = 2;

/* A run this short is preceded by one that warms up caches and threads, since others used them. */
constexpr double quick_milliseconds = 20;

/*
 * Of the greatest magnitude expected. Libraries in f32 were seen to differ by less than
 * 1e-5, and by half with an alpha that was not divided. A 16-bit type rounds x, dy and the
 * result, by half an ULP of 2^-10 or 2^-7 each.
 */
static double allowed(dtype type)
{
    return type == dtype::f32 ? 1e-3 : type == dtype::f16 ? 0x1p-9 : 0x1p-6;
}

double measurement::median() const
{
    std::vector<double> sorted = milliseconds;
    std::sort(sorted.begin(), sorted.end());
    const size_t middle = sorted.size() / 2;
    return sorted.size() % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

double measurement::minimum() const
{
    return *std::min_element(milliseconds.begin(), milliseconds.end());
}

struct runner::contestant {
    std::unique_ptr<runnable> ready;
    measurement found;
    double spent; /* seconds */

    double time_run()
    {
        const double took = ready->time_run();
        spent += took / 1000;
        return took;
    }

    void take_turn()
    {
        double took = time_run();
        if (took < quick_milliseconds)
            took = time_run();
        found.milliseconds.push_back(took);
    }

    bool may_go_on(const limits &bounds) const
    {
        const size_t runs = found.milliseconds.size();
        return runs == 0 || spent < (runs < least_runs ? most_seconds : bounds.seconds);
    }
};

runner::runner(const implementations &these, const limits &within) : all(these), bounds(within)
{
}

void runner::fill(const shape &next)
{
    if (next == dims)
        return;
    dims = next;
    expectations.clear();
    content = make_data(dims);
    const spread s = spread_of(content.x, dims, 5);
    printf("%s: s from %.2f to %.2f\n", dims.text().c_str(), s.least, s.greatest);
    if (!(s.least <= 1.5 && s.greatest >= 8))
        throw std::logic_error("the data do not spread s over [1.5, 8]");
}

std::vector<runner::contestant> runner::prepare(const group &next) const
{
    std::vector<contestant> made;
    for (const auto &implementation : all) {
        const std::string name = implementation->name();
        if (!next.wants(name))
            continue;
        for (const problem &p : next.problems) {
            /* A copy depends on the bytes only. */
            if (name == "copy" && (p.size != 5 || p.beta != next.problems.front().beta))
                continue;
            std::unique_ptr<runnable> ready = implementation->prepare(p, content);
            if (ready)
                made.push_back({std::move(ready), {name, "", p, {}, -1, true}, 0});
        }
    }
    return made;
}

/* The first result of a formula is this library's: in f32, and of the first layout. */
void runner::judge(measurement &found, std::vector<float> result)
{
    if (result.empty())
        return;
    for (const expectation &known : expectations)
        if (known.direction == found.what.direction && known.size == found.what.size &&
            known.beta == found.what.beta && known.region == found.what.region) {
            found.difference = difference(result, known.result);
            found.agrees = found.difference <= allowed(found.what.dtype);
            return;
        }
    found.difference = 0;
    expectations.push_back({found.what.direction, found.what.region, found.what.size,
                            found.what.beta, std::move(result)});
}

/* The first run compiles, allocates and touches memory. */
void runner::warm_up(contestant &next)
{
    next.ready->run();
    judge(next.found, next.ready->result());
    next.found.variant = next.ready->variant();
}

std::vector<measurement> runner::run(const group &next)
{
    fill(next.dims);
    printf("%s\n", next.text().c_str());
    std::vector<contestant> contestants = prepare(next);
    for (contestant &each : contestants)
        warm_up(each);
    for (int round = 0; round < bounds.rounds; ++round)
        for (contestant &each : contestants)
            if (each.may_go_on(bounds))
                each.take_turn();

    std::vector<measurement> found;
    for (contestant &each : contestants) {
        const measurement &m = each.found;
        printf("  %-19s %-4s n %d beta %-4g %10.3f ms, least %10.3f, %3zu runs",
               m.implementation.c_str(), name(m.what.dtype), m.what.size, m.what.beta, m.median(),
               m.minimum(), m.milliseconds.size());
        if (m.difference >= 0)
            printf(", difference %.1e%s", m.difference, m.agrees ? "" : " FAILED");
        printf("%s%s\n", m.variant.empty() ? "" : ", ", m.variant.c_str());
        found.push_back(m);
    }
    fflush(stdout);
    return found;
}

} // namespace peers
