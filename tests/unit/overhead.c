/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Not a test of its own: enqueues one plan many times beside the fake OpenCL, for
 * ci/overhead.sh to count the instructions of.
 *
 *     unit_overhead forward|backward
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "scene.h"

enum { ENQUEUES = 100 };

int main(int argc, char **argv)
{
    if (argc != 2 || (strcmp(argv[1], "forward") != 0 && strcmp(argv[1], "backward") != 0)) {
        fprintf(stderr, "usage: %s forward|backward\n", argv[0]);
        return 2;
    }
    scene s;
    scene_fast(&s, strcmp(argv[1], "backward") == 0);
    for (int i = 0; i <= ENQUEUES; ++i) /* the first one may allocate */
        if (scene_run(&s, NULL, NULL) != CLLRN_SUCCESS)
            return EXIT_FAILURE;
    scene_close(&s);
    printf("%d enqueues\n", ENQUEUES + 1);
    return EXIT_SUCCESS;
}
