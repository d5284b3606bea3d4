/* SPDX-License-Identifier: Apache-2.0 */
#define LRN_DOUBLE
#define LRN_HOST_NAME(name) name##_f64
#include "host_kernel.h"
