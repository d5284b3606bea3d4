/* SPDX-License-Identifier: Apache-2.0 */
/* What the environment asks for. */
#ifndef LRN_ENVIRONMENT_H
#define LRN_ENVIRONMENT_H

/*
 * A variable's value; NULL for an empty one. The environment decides nothing in
 * a process with another user's rights.
 */
const char *lrn_environment(const char *name);

/* The option where it is given, else the variable. An empty option counts as not given. */
const char *lrn_environment_unless(const char *option, const char *name);

#endif
