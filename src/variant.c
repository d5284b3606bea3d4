/* SPDX-License-Identifier: Apache-2.0 */
#include "variant.h"

int lrn_two_vectors(const lrn_device_facts *facts)
{
    return facts->vector_width == 1 || facts->vector_width == 16 ? facts->vector_width
                                                                 : 2 * facts->vector_width;
}

int64_t lrn_tile_channels(const lrn_problem *p, int64_t wanted)
{
    const int64_t fewest = (p->backward ? 7 : 4) * p->taps;
    const int64_t runs = p->in_place ? 1 : lrn_least(wanted, lrn_divide_up(p->channels, fewest));
    return lrn_divide_up(p->channels, lrn_least(runs, LRN_MAX_GROUPS));
}

void lrn_set_sizes(lrn_selection *s, int64_t items, int64_t group, int64_t second, int64_t third)
{
    int64_t local = 1;
    while (local * 2 <= group && local < items)
        local *= 2;
    s->local[0] = (size_t)local;
    s->local[1] = s->local[2] = 1;
    /* If this exceeds size_t, no buffer holds the tensor, and the enqueue reports that. */
    s->global[0] = (size_t)(lrn_divide_up(items, local) * local);
    s->global[1] = (size_t)lrn_least(second, LRN_MAX_GROUPS);
    s->global[2] = (size_t)lrn_least(third, LRN_MAX_GROUPS);
}
