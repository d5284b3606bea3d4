/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A process that uses a cache directory, for ci/torture.sh to start by the
 * dozen and to kill:
 *
 *     cache_user fill DIR     for ever: starts, takes or compiles programs, and
 *                             now and then removes all entries
 *     cache_user check DIR    one start, in which every program has to be right;
 *                             prints how many were cached
 */
#include "support.h"

#include <stdlib.h>
#include <unistd.h>

#include "engine.h"

enum { PROGRAMS = 8 };

static lrn_program_key key_of(int number)
{
    return (lrn_program_key){.variant = lrn_variants_any,
                             .backward = number % 2 == 1,
                             .storage = LRN_F32,
                             .width = 1 << number / 2,
                             .taps = 5,
                             .power = LRN_POWER_3_4};
}

/* What the compiler makes of a key, whatever it came from. */
static bool is_right(const world *w, const lrn_program_key *key, lrn_program *program)
{
    cl_int code = CL_SUCCESS;
    char options[CLLRN_OPTIONS_SIZE];
    const lrn_source_list list = lrn_sources_list(&w->engine->sources, key->variant->name, false);
    lrn_program_options(key, true, options);
    cl_program expected =
        clCreateProgramWithSource(w->context, list.count, (const char **)list.parts, NULL, &code);
    clBuildProgram(expected, 1, &w->device, options, NULL, NULL);
    const bool same = fake_same_program(expected, program->program);
    clReleaseProgram(expected);
    return same;
}

/* One start of a process; how many programs were cached, or -1 where one is wrong. */
static int start(const char *directory)
{
    int cached = 0;
    support_setup(NULL);
    world w = world_handles();
    w.options.cache = CLLRN_CACHE_ON;
    w.options.cache_dir = directory;
    world_engine(&w);
    for (int i = 0; i < PROGRAMS && cached >= 0; ++i) {
        const lrn_program_key key = key_of(i);
        lrn_program *program = NULL;
        if (lrn_programs_get(&w.engine->programs, &key, &program, NULL) != CLLRN_SUCCESS ||
            !is_right(&w, &key, program))
            cached = -1;
        else
            cached += program->origin == CLLRN_ORIGIN_CACHED;
    }
    world_close(&w);
    return cached;
}

static void empty(const char *directory)
{
    char found[320];
    while (directory_list(directory, ".program", found) > 0)
        unlink(found);
}

int main(int argc, char **argv)
{
    if (argc != 3)
        return 2;
    if (strcmp(argv[1], "check") == 0) {
        const int cached = start(argv[2]);
        printf("%d of %d cached\n", cached, PROGRAMS);
        return cached < 0;
    }
    for (uint64_t seed = (uint64_t)getpid(); start(argv[2]) >= 0;)
        if (random_below(&seed, 2))
            empty(argv[2]);
    return 1;
}
