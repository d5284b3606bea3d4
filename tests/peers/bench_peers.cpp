// SPDX-License-Identifier: Apache-2.0
/* This library and others on the same problems, their runs interleaved. */
#include "report.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <stdexcept>
#include <thread>

namespace
{

const char *const usage =
    "usage: bench_peers [--suite NAME] [--server COMMAND]... [--json FILE] [--device NAME]\n"
    "                   [--only TEXT] [--rounds N] [--seconds S]\n"
    "\n"
    "Runs clLRN on an OpenCL device and, on all cores, the libraries of the servers, PyTorch\n"
    "and OpenCV as far as they were found when this was built, and copies of the same bytes.\n"
    "In every round each runs once in turn, on its own memory; a run of less than 20 ms right\n"
    "after one that is not counted. Times are of complete calls, launch and wait included.\n"
    "\n"
    "  --suite NAME   what is measured (networks):\n"
    "                   networks  shapes of networks, in every library\n"
    "                   onednn    other sizes, types and windows, in oneDNN 3\n"
    "                   own       other sizes and types, in clLRN alone\n"
    "  --server COMMAND  a process that serves another library; server.h says how\n"
    "  --json FILE    write all results, schema cllrn-bench-1\n"
    "  --device NAME  a part of the name of a device or platform (Portable)\n"
    "  --only TEXT    only groups whose line has TEXT, \"16x96x55x55 nchw\" for instance\n"
    "  --rounds N     rounds (20)\n"
    "  --seconds S    no more runs of an implementation after S seconds of a problem (1);\n"
    "                 three, if they take less than 2 seconds, and one in any case\n"
    "\n"
    "Set OMP_WAIT_POLICY=passive: else the threads of oneDNN and PyTorch spin while the\n"
    "others run. Leaves with 0, with 1 when something failed or results differ, with 2 for\n"
    "wrong usage.\n";

class wrong_usage : public std::runtime_error
{
  public:
    using std::runtime_error::runtime_error;
};

struct options {
    std::string json, device = "Portable", only, suite = "networks";
    std::vector<std::string> servers;
    peers::limits limits = {20, 1.0};
    bool help = false;
};

double positive(const std::string &option, const char *text)
{
    char *end = nullptr;
    const double value = std::strtod(text, &end);
    if (end == text || *end != '\0' || !(value > 0 && value < 1e6))
        throw wrong_usage(option + " needs a number above 0, not \"" + text + "\"");
    return value;
}

options parse(int count, char **arguments)
{
    options found;
    for (int i = 1; i < count; ++i) {
        const std::string option = arguments[i];
        if (option == "--help") {
            found.help = true;
            return found;
        }
        if (i + 1 == count)
            throw wrong_usage("unknown option or missing value: " + option);
        const char *value = arguments[++i];
        if (option == "--json")
            found.json = value;
        else if (option == "--device")
            found.device = value;
        else if (option == "--only")
            found.only = value;
        else if (option == "--suite")
            found.suite = value;
        else if (option == "--server")
            found.servers.push_back(value);
        else if (option == "--rounds")
            found.limits.rounds = std::max(1, static_cast<int>(positive(option, value)));
        else if (option == "--seconds")
            found.limits.seconds = positive(option, value);
        else
            throw wrong_usage("unknown option: " + option);
    }
    return found;
}

peers::implementations everyone(const options &chosen, const peers::opencl &cl, int threads)
{
    peers::implementations all;
    peers::add_cllrn(all, cl); /* first: the others are compared with it */
    for (const std::string &command : chosen.servers)
        peers::add_remote(all, command);
#ifdef PEERS_TORCH
    peers::add_torch(all, threads);
#endif
#ifdef PEERS_OPENCV
    peers::add_opencv(all, threads);
#endif
    peers::add_copies(all, cl, threads);
    return all;
}

int compare(const options &chosen)
{
    const int threads = static_cast<int>(std::max(1u, std::thread::hardware_concurrency()));
    const peers::opencl cl(chosen.device);
    const peers::implementations all = everyone(chosen, cl, threads);
    printf("%s, %d threads; %s, %s, driver %s\n", peers::processor().c_str(), threads,
           cl.platform_name.c_str(), cl.device_name.c_str(), cl.driver.c_str());
    const char *policy = std::getenv("OMP_WAIT_POLICY");
    if (policy == nullptr || strcmp(policy, "passive") != 0)
        printf("warning: OMP_WAIT_POLICY is not \"passive\": idle threads take the others' time\n");

    if (!chosen.json.empty()) /* a path that cannot be written shows now */
        peers::write_report(chosen.json, chosen.suite, cl, threads, {});

    peers::runner runner(all, chosen.limits);
    std::vector<std::vector<peers::measurement>> results;
    size_t differ = 0;
    for (const peers::group &group : peers::make_suite(chosen.suite)) {
        if (group.text().find(chosen.only) == std::string::npos)
            continue;
        results.push_back(runner.run(group));
        for (const peers::measurement &m : results.back())
            differ += !m.agrees;
    }
    if (results.empty())
        throw wrong_usage("no group of suite \"" + chosen.suite + "\" has \"" + chosen.only + "\"");
    if (!chosen.json.empty())
        peers::write_report(chosen.json, chosen.suite, cl, threads, results);
    if (differ > 0)
        fprintf(stderr, "bench_peers: %zu results differ from clLRN's\n", differ);
    return differ > 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}

} // namespace

int main(int count, char **arguments)
{
    try {
        const options chosen = parse(count, arguments);
        if (chosen.help) {
            fputs(usage, stdout);
            return EXIT_SUCCESS;
        }
        return compare(chosen);
    } catch (const wrong_usage &wrong) {
        fprintf(stderr, "bench_peers: %s; see --help\n", wrong.what());
        return 2;
    } catch (const std::exception &failure) {
        fprintf(stderr, "bench_peers: %s\n", failure.what());
        return EXIT_FAILURE;
    }
}
