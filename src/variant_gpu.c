/* SPDX-License-Identifier: Apache-2.0 */
/* Kernels for GPUs and FPGAs. */
#include "variant.h"

/* One work-item loads every element before it stores to it, so that in place is legal. */
static void launch_stream(const lrn_problem *p, lrn_selection *s)
{
    (void)p;
    lrn_set_sizes(s, 1, 1, 1, 1);
}

/*
 * The most channels of one position that a work-group can take: its array also
 * holds the taps - 1 channels that the windows reach on each side.
 */
static int64_t group_channels(const lrn_problem *p)
{
    return LRN_GROUP_ELEMENTS - 2 * (p->taps - 1);
}

/* In place, no work-group may write what another reads, so one takes all channels. */
static bool fits_group(const lrn_problem *p)
{
    return !p->shape->blocked && p->dense_channels &&
           lrn_divide_up(p->channels, group_channels(p)) <= LRN_MAX_GROUPS &&
           (!p->in_place || p->channels <= group_channels(p));
}

/*
 * Also where local memory lies in global memory, as on Mali: group touches a
 * quarter of column's cache lines forward and half of them backward, its
 * accesses to local memory included (ci/gpu-traffic.sh).
 */
static bool suits_group(const lrn_device_facts *facts)
{
    return lrn_is_gpu(facts) && !facts->slow_local;
}

static void launch_group(const lrn_problem *p, lrn_selection *s)
{
    const int64_t wanted = p->facts->compute_units * 4, positions = p->inner * p->outer;
    int64_t channels = lrn_tile_channels(p, lrn_divide_up(wanted, positions));
    if (channels > group_channels(p))
        channels = lrn_divide_up(p->channels, lrn_divide_up(p->channels, group_channels(p)));
    const int64_t runs = lrn_divide_up(p->channels, channels);
    const int64_t most = LRN_GROUP_ELEMENTS / (channels + 2 * (p->taps - 1));
    const int64_t lines =
        positions * runs < wanted ? 1 : lrn_least(most, positions * runs / wanted);
    s->tile_channels = (int32_t)channels;
    s->tile_positions = (int32_t)lrn_least(lines, p->inner);
    int64_t group = 256;
    while (group > p->facts->max_group_size)
        group /= 2;
    lrn_set_sizes(s, lrn_divide_up(p->inner, s->tile_positions) * group, group, runs, p->outer);
}

const lrn_variant lrn_variants_gpu[] = {
    {.name = "stream", .windows = LRN_ALL_WINDOWS, .suits = lrn_is_fpga, .launch = launch_stream},
    {.name = "group",
     .windows = LRN_ALL_WINDOWS,
     .fixed_groups = true,
     .any_power = true,
     .disjoint = true,
     .local_memory = {LRN_GROUP_ELEMENTS * sizeof(float), 4 * LRN_GROUP_ELEMENTS * sizeof(float)},
     .suits = suits_group,
     .fits = fits_group,
     .chosen = lrn_has_neighbouring_channels,
     .launch = launch_group},
    {.name = NULL},
};
