/* SPDX-License-Identifier: Apache-2.0 */
/* The map: problems that show where one is slower than others of as many bytes. */
#ifndef CLI_BENCH_MAP_H
#define CLI_BENCH_MAP_H

#include "workload.h"

/*
 * Makes the workloads of the map, as `cllrn bench --help` says; without f64 unless fp64. The same
 * request gives the same list. `first` is NULL after a message.
 */
workload_range map_make(const request *r, bool fp64);

#endif
