/* SPDX-License-Identifier: Apache-2.0 */
/* The command line of `cllrn-cluster run`: the options of `cllrn run` that suit ranks, and more. */
#ifndef CLUSTER_REQUEST_H
#define CLUSTER_REQUEST_H

#include "../cli/run/options.h"

typedef struct request {
    options options; /* the first member: rows of `cllrn run` set its fields */
    bool resume, in_turn;
} request;

/* False with *status after a message, or after printing the help. */
bool request_parse(int argc, char **argv, request *parsed, int *status);

#endif
