/* SPDX-License-Identifier: Apache-2.0 */
#include "window_cases.h"
