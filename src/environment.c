/* SPDX-License-Identifier: Apache-2.0 */
#include "environment.h"

#include <stdlib.h>
#include <unistd.h>

/* Whether the program file gave the process rights. A test defines LRN_COMPARE_IDS. */
#if defined(LRN_COMPARE_IDS)
#elif defined(__linux__) /* with any C library; file capabilities count too */
#include <sys/auxv.h>
#define LRN_GAINED_RIGHTS (getauxval(AT_SECURE) != 0)
#elif defined(__APPLE__) || defined(__FreeBSD__) || defined(__NetBSD__) || defined(__OpenBSD__) || \
    defined(__DragonFly__) || defined(__sun)
#define LRN_GAINED_RIGHTS (issetugid() != 0)
#endif
#ifndef LRN_GAINED_RIGHTS
#define LRN_GAINED_RIGHTS (getuid() != geteuid() || getgid() != getegid())
#endif

const char *lrn_environment(const char *option, const char *name)
{
    if (option != NULL && option[0] != '\0')
        return option;
    const char *value = LRN_GAINED_RIGHTS ? NULL : getenv(name);
    return value != NULL && value[0] != '\0' ? value : NULL;
}
