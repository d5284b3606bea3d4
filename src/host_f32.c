/* SPDX-License-Identifier: Apache-2.0 */
#define LRN_HOST_NAME(name) name##_f32
#include "host_kernel.h"
