/* SPDX-License-Identifier: Apache-2.0 */
/* Environment variables. */
#ifndef LRN_ENVIRONMENT_H
#define LRN_ENVIRONMENT_H

/*
 * The option or, if the option is NULL or empty, the variable's value. NULL if
 * that is unset or empty, or if the process has gained rights (as a
 * set-user-id program has), because its environment cannot be trusted.
 */
const char *lrn_environment(const char *option, const char *name);

#endif
