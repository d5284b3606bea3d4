/* SPDX-License-Identifier: Apache-2.0 */
#include <cllrn.h>

const char *cllrn_version(void)
{
    return CLLRN_VERSION_STRING;
}

uint32_t cllrn_arithmetic_version(void)
{
    return CLLRN_ARITHMETIC_VERSION;
}
