/* SPDX-License-Identifier: Apache-2.0 */
/* The results as JSON, schema cllrn-bench-1; "suite" names what was measured. */
#ifndef PEERS_REPORT_H
#define PEERS_REPORT_H

#include "opencl.h"
#include "runner.h"

namespace peers
{

/* The model of the processor, "unknown" where the system does not say. */
std::string processor();

/* groups: the measurements that were interleaved. Throws where the file cannot be written. */
void write_report(const std::string &path, const std::string &suite, const opencl &, int threads,
                  const std::vector<std::vector<measurement>> &groups);

} // namespace peers

#endif
