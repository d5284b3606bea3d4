/* SPDX-License-Identifier: Apache-2.0 */
/* Environment variables. */
#ifndef LRN_ENVIRONMENT_H
#define LRN_ENVIRONMENT_H

/*
 * A variable's value; NULL if it is unset or empty, or if the process has
 * gained rights (as a set-user-id program has), because its environment cannot
 * be trusted.
 */
const char *lrn_environment(const char *name);

/* The option, or the variable if the option is NULL or empty; NULL if neither is given. */
const char *lrn_environment_unless(const char *option, const char *name);

#endif
