/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Prints every program the host can ask a device for, as "FILE OPTIONS", once
 * each: all vector widths, with and without 64-bit integers. Before that it
 * selects for a grid of problems and fails when one needs a program that is
 * not on the list.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "program.h"

enum { MOST = 2000, LINE = LRN_OPTIONS_SIZE + 32 };

typedef struct program_list {
    char lines[MOST][LINE];
    size_t count;
} program_list;

static program_list all, of_one_device;

static void make_line(const lrn_program_key *key, bool int64, char *line)
{
    char options[LRN_OPTIONS_SIZE];
    lrn_program_options(key, int64, options);
    snprintf(line, LINE, "%s %s", lrn_file_name(key->file), options);
}

static bool listed(const program_list *list, const char *line)
{
    for (size_t i = 0; i < list->count; ++i)
        if (strcmp(list->lines[i], line) == 0)
            return true;
    return false;
}

static void add(program_list *list, int width, bool int64)
{
    lrn_program_key key;
    for (size_t number = 0; lrn_program_key_number(number, width, &key); ++number) {
        char line[LINE];
        if (key.wide && !int64)
            continue;
        make_line(&key, int64, line);
        if (!listed(list, line) && list->count < MOST)
            memcpy(list->lines[list->count++], line, LINE);
    }
}

static int check_selections(int width, bool cpu)
{
    static const int64_t shapes[][4] = {
        {2, 7, 3, 3}, {1, 96, 55, 55}, {16, 600, 1, 1}, {3, 1, 1, 2}, {1, 4, 40000, 40000}};
    static const double betas[] = {0.0, 0.5, 0.75, 1.0, 0.6, -2.0};
    lrn_device_facts facts = {.cpu_like = cpu,
                              .int64 = true,
                              .wide = true,
                              .vector_width = width,
                              .compute_units = 2,
                              .max_group_size = 256};
    int missing = 0;
    for (size_t s = 0; s < sizeof shapes / sizeof *shapes; ++s)
        for (int32_t axis = 0; axis < 4; ++axis)
            for (int64_t size = 1; size < 12; ++size)
                for (size_t b = 0; b < sizeof betas / sizeof *betas; ++b)
                    for (int32_t aliasing = CLLRN_DISJOINT; aliasing <= CLLRN_IN_PLACE; ++aliasing)
                        for (size_t v = 0; v == 0 || lrn_variant_name(v - 1) != NULL; ++v) {
                            cllrn_params params;
                            cllrn_tensor tensor;
                            lrn_selection selection;
                            char line[LINE];
                            cllrn_params_init(&params, sizeof params, CLLRN_TORCH, size, 1e-4,
                                              betas[b], 1.0, NULL);
                            cllrn_tensor_init(&tensor, sizeof tensor, CLLRN_F32, 4, shapes[s], NULL,
                                              axis, NULL);
                            const lrn_shape shape = lrn_shape_make(&tensor, &tensor);
                            if (lrn_select(&shape, &params, &facts, aliasing,
                                           v == 0 ? NULL : lrn_variant_name(v - 1), &selection,
                                           NULL) != CLLRN_SUCCESS)
                                continue;
                            make_line(&selection.key, true, line);
                            if (!listed(&of_one_device, line)) {
                                fprintf(stderr, "selected but not listed: %s\n", line);
                                ++missing;
                            }
                        }
    return missing;
}

int main(void)
{
    int missing = 0;
    size_t most = 0;
    for (int width = 1; width <= 16; width *= 2) {
        of_one_device.count = 0;
        add(&of_one_device, width, true);
        missing += check_selections(width, true) + check_selections(width, false);
        if (of_one_device.count > most)
            most = of_one_device.count;
        add(&all, width, true);
        add(&all, width, false);
    }
    for (size_t i = 0; i < all.count; ++i)
        puts(all.lines[i]);
    fprintf(stderr, "%zu programs; a device asks for at most %zu\n", all.count, most);
    return missing == 0 && most <= 200 && all.count < MOST ? EXIT_SUCCESS : EXIT_FAILURE;
}
