/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Prints what ci/gpu-traffic.sh counts, a line each:
 *
 *   BATCH CHANNELS HEIGHT WIDTH LAYOUT DIRECTION VARIANT TILE_CHANNELS ROWS UNITS
 *
 * the variant and tile that selection picks for the tensor on a GPU of 64
 * compute units, and how to count less: positions have nothing to do with each
 * other, so the traffic of the first ROWS rows of one image is that of the
 * tensor, times a factor, where it is tiled alike: a GPU of UNITS compute units
 * does that. Fails when no number of units does.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "coefficients.h"
#include "params.h"
#include "select.h"

enum { UNITS = 64 };

static const struct {
    int64_t channels, size; /* height and width */
} images[] = {{96, 55}, {256, 27}, {64, 56}, {192, 56}};

typedef struct problem {
    int64_t batch, channels, height, width;
    bool last; /* channels */
    int32_t direction;
} problem;

static lrn_selection choose(const problem *p, int64_t units)
{
    const int64_t first[] = {p->batch, p->channels, p->height, p->width},
                  last[] = {p->batch, p->height, p->width, p->channels};
    const lrn_device_facts facts = {.int64 = true,
                                    .wide = true,
                                    .fp64 = true,
                                    .vector_width = 1,
                                    .compute_units = units,
                                    .max_group_size = 1024, /* Oclgrind's, as is the memory */
                                    .local_memory = 32768};
    cllrn_params params = CLLRN_PARAMS_INIT;
    cllrn_tensor tensor = CLLRN_TENSOR_INIT;
    lrn_selection selection;
    if (cllrn_params_across(&params, CLLRN_CONVENTION_TORCH, 5, 1e-4, 0.75, 1.0, NULL) !=
            CLLRN_SUCCESS ||
        cllrn_tensor_set(&tensor, CLLRN_DTYPE_F32, 4, p->last ? last : first, NULL,
                         p->last ? -1 : 1, NULL) != CLLRN_SUCCESS)
        abort();
    const lrn_shape shape = lrn_shape_make(
        &params, &tensor, p->direction == CLLRN_DIRECTION_BACKWARD ? &tensor : NULL, &tensor);
    const lrn_request request = {.shape = &shape,
                                 .taps = lrn_params_taps(&params),
                                 .power = lrn_coefficients_make(&params, false).power,
                                 .direction = p->direction,
                                 .aliasing = CLLRN_ALIASING_DISJOINT};
    size_t row = 0;
    if (lrn_select(&request, &facts, &row, &selection, NULL) != CLLRN_SUCCESS)
        abort();
    return selection;
}

/* The least part that is tiled as the whole. */
static bool find_part(const problem *p, const lrn_selection *whole, problem *part, int64_t *units)
{
    *part = *p;
    part->batch = 1;
    for (part->height = 1; part->height <= p->height; ++part->height)
        for (*units = 1; *units <= UNITS; ++*units) {
            const lrn_selection s = choose(part, *units);
            if (s.key.variant == whole->key.variant && s.tile_channels == whole->tile_channels)
                return true;
        }
    fprintf(stderr, "no part of %" PRId64 "x%" PRId64 "x%" PRId64 "x%" PRId64 " is tiled alike\n",
            p->batch, p->channels, p->height, p->width);
    return false;
}

static bool print(const problem *p)
{
    const lrn_selection whole = choose(p, UNITS);
    problem part;
    int64_t units;
    if (!find_part(p, &whole, &part, &units))
        return false;
    printf("%" PRId64 " %" PRId64 " %" PRId64 " %" PRId64 " %s %s %s %" PRId32 " %" PRId64
           " %" PRId64 "\n",
           p->batch, p->channels, p->height, p->width, p->last ? "NHWC" : "NCHW",
           p->direction == CLLRN_DIRECTION_FORWARD ? "forward" : "backward",
           whole.key.variant->name, whole.tile_channels, part.height, units);
    return true;
}

int main(void)
{
    bool printed = true;
    for (size_t i = 0; i < sizeof images / sizeof *images; ++i)
        for (int64_t batch = 1; batch <= 16; batch += 15)
            for (int last = 0; last <= 1; ++last)
                for (int32_t direction = CLLRN_DIRECTION_FORWARD;
                     direction <= CLLRN_DIRECTION_BACKWARD; ++direction) {
                    const problem p = {batch,          images[i].channels, images[i].size,
                                       images[i].size, last != 0,          direction};
                    printed = print(&p) && printed;
                }
    return printed ? EXIT_SUCCESS : EXIT_FAILURE;
}
