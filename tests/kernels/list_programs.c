/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Prints every program that a device is asked for where no variant is forced, as
 * "FILE OPTIONS", once each: of CPUs of all vector widths, GPUs and FPGAs, with
 * and without 64-bit integers and double. Before that it selects for a grid of
 * problems and fails when one needs a program that is not on the list. With the
 * argument gpu it prints those of a GPU like most, with 64-bit integers and
 * double; with embedded those of the least devices of the EMBEDDED profile.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "coefficients.h"
#include "params.h"
#include "program.h"

enum { CPU, GPU, FPGA, KINDS };
enum { MOST = 4000, LINE = CLLRN_OPTIONS_SIZE + 32 };

typedef struct program_list {
    char lines[MOST][LINE];
    size_t count;
} program_list;

static program_list all, of_one_device;

static void make_line(const lrn_program_key *key, bool int64, char *line)
{
    char options[CLLRN_OPTIONS_SIZE];
    lrn_program_options(key, int64, options);
    snprintf(line, LINE, "%s.cl %s", key->variant->name, options);
}

static bool listed(const program_list *list, const char *line)
{
    for (size_t i = 0; i < list->count; ++i)
        if (strcmp(list->lines[i], line) == 0)
            return true;
    return false;
}

static void add(program_list *list, const lrn_device_facts *facts)
{
    lrn_program_key key;
    for (size_t number = 0; lrn_program_key_number(number, facts, &key); ++number) {
        char line[LINE];
        make_line(&key, facts->int64, line);
        if (!listed(list, line) && list->count < MOST)
            memcpy(list->lines[list->count++], line, LINE);
    }
}

/* One problem, the best variant to the last: how many need a program that is not listed. */
static int check_problem(const lrn_device_facts *facts, const cllrn_params *params,
                         const cllrn_tensor *src, const cllrn_tensor *dst, int32_t direction)
{
    const lrn_shape shape =
        lrn_shape_make(params, src, direction == CLLRN_DIRECTION_BACKWARD ? src : NULL, dst);
    int missing = 0;
    for (int32_t aliasing = CLLRN_ALIASING_DISJOINT; aliasing <= CLLRN_ALIASING_IN_PLACE;
         ++aliasing) {
        const lrn_request request = {.shape = &shape,
                                     .taps = lrn_params_taps(params),
                                     .power = lrn_coefficients_make(params, false).power,
                                     .direction = direction,
                                     .aliasing = aliasing};
        lrn_selection selection;
        char line[LINE];
        for (size_t row = 0; lrn_select(&request, facts, &row, &selection, NULL) == CLLRN_SUCCESS;
             ++row) {
            make_line(&selection.key, facts->int64, line);
            if (!listed(&of_one_device, line)) {
                fprintf(stderr, "selected but not listed: %s\n", line);
                ++missing;
            }
        }
    }
    return missing;
}

static int check_selections(const lrn_device_facts *facts)
{
    static const int64_t shapes[][4] = {
        {2, 7, 3, 3}, {1, 96, 55, 55}, {16, 600, 1, 1}, {3, 1, 1, 2}, {1, 4, 40000, 40000}};
    static const double betas[] = {0.0, 0.5, 0.75, 1.0, 0.6, -2.0};
    static const int32_t dtypes[][2] = {
        {CLLRN_DTYPE_F32, CLLRN_DTYPE_F32},   {CLLRN_DTYPE_F16, CLLRN_DTYPE_F16},
        {CLLRN_DTYPE_BF16, CLLRN_DTYPE_BF16}, {CLLRN_DTYPE_F64, CLLRN_DTYPE_F64},
        {CLLRN_DTYPE_F32, CLLRN_DTYPE_BF16},  {CLLRN_DTYPE_F16, CLLRN_DTYPE_F32}};
    int missing = 0;
    for (size_t s = 0; s < sizeof shapes / sizeof *shapes; ++s)
        for (int32_t axis = 0; axis < 4; ++axis)
            for (int64_t size = 1; size < 12; ++size)
                for (size_t b = 0; b < sizeof betas / sizeof *betas; ++b)
                    for (size_t t = 0; t < sizeof dtypes / sizeof *dtypes; ++t)
                        for (int32_t direction = CLLRN_DIRECTION_FORWARD;
                             direction <= CLLRN_DIRECTION_BACKWARD; ++direction) {
                            cllrn_params params = CLLRN_PARAMS_INIT;
                            cllrn_tensor src = CLLRN_TENSOR_INIT, dst = CLLRN_TENSOR_INIT;
                            cllrn_params_across(&params, CLLRN_CONVENTION_TORCH, size, 1e-4,
                                                betas[b], 1.0, NULL);
                            cllrn_tensor_set(&src, dtypes[t][0], 4, shapes[s], NULL, axis, NULL);
                            cllrn_tensor_set(&dst, dtypes[t][1], 4, shapes[s], NULL, axis, NULL);
                            missing += check_problem(facts, &params, &src, &dst, direction);
                        }
    return missing;
}

static int print(const program_list *list)
{
    for (size_t i = 0; i < list->count; ++i)
        puts(list->lines[i]);
    return list->count > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

static int print_of_gpu(void)
{
    add(&of_one_device, &(lrn_device_facts){.int64 = true,
                                            .wide = true,
                                            .fp64 = true,
                                            .vector_width = 1,
                                            .compute_units = 64,
                                            .max_group_size = 256,
                                            .local_memory = 32768});
    return print(&of_one_device);
}

static int print_of_embedded(void)
{
    for (int width = 1; width <= 16; width *= 2)
        for (int kind = 0; kind < KINDS; ++kind)
            add(&all, &(lrn_device_facts){.cpu_like = kind == CPU,
                                          .pipelined = kind == FPGA,
                                          .vector_width = width,
                                          .compute_units = 2,
                                          .max_group_size = 256,
                                          .local_memory = 1024});
    return print(&all);
}

int main(int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "gpu") == 0)
        return print_of_gpu();
    if (argc == 2 && strcmp(argv[1], "embedded") == 0)
        return print_of_embedded();
    if (argc > 1) {
        fprintf(stderr, "usage: %s [gpu | embedded]\n", argv[0]);
        return EXIT_FAILURE;
    }
    int missing = 0;
    size_t most = 0;
    for (int width = 1; width <= 16; width *= 2)
        for (int kind = 0; kind < 4 * KINDS; ++kind) {
            /* Without 64-bit integers there is no room for wide arguments either. */
            const bool int64 = kind & 1;
            const lrn_device_facts facts = {.cpu_like = kind / 4 == CPU,
                                            .pipelined = kind / 4 == FPGA,
                                            .int64 = int64,
                                            .wide = int64,
                                            .fp64 = (kind & 2) != 0,
                                            .vector_width = width,
                                            .compute_units = 2,
                                            .max_group_size = 256,
                                            .local_memory = 32768};
            of_one_device.count = 0;
            add(&of_one_device, &facts);
            missing += check_selections(&facts);
            if (of_one_device.count > most)
                most = of_one_device.count;
            add(&all, &facts);
        }
    fprintf(stderr, "%zu programs; a device asks for at most %zu\n", all.count, most);
    return print(&all) == EXIT_SUCCESS && missing == 0 && most <= 200 && all.count < MOST
               ? EXIT_SUCCESS
               : EXIT_FAILURE;
}
