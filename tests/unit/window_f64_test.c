/* SPDX-License-Identifier: Apache-2.0 */
#define LRN_DOUBLE
#include "window_cases.h"
