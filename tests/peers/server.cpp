// SPDX-License-Identifier: Apache-2.0
#include "server.h"

#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <stdexcept>

namespace peers
{

static std::vector<float> read_tensor(const shape &dims)
{
    std::vector<float> values(static_cast<size_t>(dims.elements()));
    if (!std::cin.read(reinterpret_cast<char *>(values.data()),
                       static_cast<std::streamsize>(values.size() * sizeof(float))))
        throw std::runtime_error("the input ends within a tensor");
    return values;
}

static std::unique_ptr<runnable> prepare(const implementation &library, const std::string &text)
{
    const problem p = parse_problem(text);
    data d;
    d.x = read_tensor(p.dims);
    if (p.direction == direction::backward)
        d.dy = read_tensor(p.dims);
    return library.prepare(p, d);
}

static void answer(const implementation &library, FILE *out)
{
    fprintf(out, "%s\n", library.name().c_str());
    fflush(out);

    std::unique_ptr<runnable> ready;
    for (std::string line; std::getline(std::cin, line); fflush(out)) {
        const std::string prefix = "prepare ";
        if (line.rfind(prefix, 0) == 0) {
            ready = prepare(library, line.substr(prefix.size()));
            fprintf(out, "%s\n", ready ? ("ready " + ready->variant()).c_str() : "none");
        } else if (line == "run" && ready) {
            fprintf(out, "%.0f\n", ready->time_run() * 1e6);
        } else if (line == "result" && ready) {
            const std::vector<float> result = ready->result();
            fwrite(result.data(), sizeof(float), result.size(), out);
        } else if (line == "done") {
            ready.reset();
        } else {
            throw std::runtime_error("unexpected: " + line);
        }
    }
}

int serve(std::unique_ptr<implementation> (*make)())
{
    try {
        std::ios::sync_with_stdio(false);
        FILE *const out = fdopen(dup(STDOUT_FILENO), "w");
        if (out == nullptr || dup2(STDERR_FILENO, STDOUT_FILENO) < 0)
            throw std::runtime_error("cannot move the standard output");
        answer(*make(), out);
        return EXIT_SUCCESS;
    } catch (const std::exception &failure) {
        fprintf(stderr, "%s: %s\n", program_invocation_short_name, failure.what());
        return EXIT_FAILURE;
    }
}

} // namespace peers
