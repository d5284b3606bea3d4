// SPDX-License-Identifier: Apache-2.0
#include "report.h"

#include <cllrn.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <limits>
#include <sstream>
#include <stdexcept>

namespace peers
{

std::string processor()
{
    std::ifstream info("/proc/cpuinfo");
    for (std::string text; std::getline(info, text);)
        if (text.rfind("model name", 0) == 0 && text.find(": ") != std::string::npos)
            return text.substr(text.find(": ") + 2);
    return "unknown";
}

static std::string quoted(const std::string &text)
{
    std::string out = "\"";
    for (char c : text) {
        if (c == '"' || c == '\\')
            out += '\\';
        if (static_cast<unsigned char>(c) >= 0x20)
            out += c;
    }
    return out + "\"";
}

static std::string number(double value)
{
    char text[32];
    snprintf(text, sizeof text, "%.6g", value);
    return text;
}

static std::string now()
{
    const time_t seconds = time(nullptr);
    struct tm utc;
    char text[32];
    strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&seconds, &utc));
    return text;
}

/* The fastest copy of as many bytes; 0 where there was none. */
static double copy_limit(const std::vector<measurement> &group, uint64_t bytes)
{
    double best = std::numeric_limits<double>::infinity();
    for (const measurement &m : group)
        if (m.implementation == "copy" && m.what.bytes() == bytes)
            best = std::min(best, m.median());
    return std::isinf(best) ? 0 : best;
}

static std::string result(const measurement &m, double limit)
{
    const problem &p = m.what;
    const double milliseconds = m.median();
    std::ostringstream out;
    out << "{\"implementation\": " << quoted(m.implementation)
        << ", \"variant\": " << quoted(m.variant) << ", \"shape\": " << quoted(p.dims.text())
        << ", \"dims\": [" << p.dims.batch << ", " << p.dims.channels << ", " << p.dims.height
        << ", " << p.dims.width << "], \"layout\": " << quoted(name(p.layout))
        << ", \"dtype\": " << quoted(name(p.dtype))
        << ", \"direction\": " << quoted(name(p.direction))
        << ", \"region\": " << quoted(name(p.region)) << ", \"size\": " << p.size
        << ", \"beta\": " << number(p.beta) << ", \"bytes\": " << p.bytes()
        << ", \"median_ms\": " << number(milliseconds)
        << ", \"minimum_ms\": " << number(m.minimum()) << ", \"runs\": " << m.milliseconds.size()
        << ", \"gb_per_s\": " << number(static_cast<double>(p.bytes()) / milliseconds / 1e6);
    if (limit > 0)
        out << ", \"of_copy\": " << number(limit / milliseconds);
    if (m.difference >= 0)
        out << ", \"difference\": " << number(m.difference);
    out << "}";
    return out.str();
}

static std::string environment()
{
    std::string out;
    for (const char *name :
         {"OMP_WAIT_POLICY", "OMP_NUM_THREADS", "POCL_AFFINITY", "OPENCV_OPENCL_DEVICE"}) {
        const char *value = std::getenv(name);
        if (value != nullptr)
            out += (out.empty() ? "" : ", ") + quoted(name) + ": " + quoted(value);
    }
    return out;
}

void write_report(const std::string &path, const std::string &suite, const opencl &cl, int threads,
                  const std::vector<std::vector<measurement>> &groups)
{
    std::ofstream file(path);
    file << "{\"schema\": \"cllrn-bench-1\",\n \"date\": " << quoted(now())
         << ",\n \"library\": " << quoted(cllrn_version()) << ",\n \"suite\": " << quoted(suite)
         << ",\n \"device\": {\"name\": " << quoted(cl.device_name)
         << ", \"platform\": " << quoted(cl.platform_name) << ", \"driver\": " << quoted(cl.driver)
         << ", \"compute_units\": " << cl.compute_units
         << "},\n \"host\": {\"processor\": " << quoted(processor()) << ", \"threads\": " << threads
         << ", \"environment\": {" << environment() << "}},\n \"results\": [";
    const char *separator = "\n  ";
    for (const auto &group : groups)
        for (const measurement &m : group) {
            file << separator << result(m, copy_limit(group, m.what.bytes()));
            separator = ",\n  ";
        }
    file << "\n ]}\n";
    file.close();
    if (!file)
        throw std::runtime_error("cannot write " + path);
}

} // namespace peers
