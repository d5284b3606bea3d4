/* SPDX-License-Identifier: Apache-2.0 */
#include "variant.h"

#include <stdio.h>

bool lrn_has_neighbouring_channels(const lrn_problem *p)
{
    return p->channels > 1 || !p->dense_inner;
}

int lrn_two_vectors(const lrn_device_facts *facts, int storage)
{
    const int width = facts->vector_width, floats = width == 1 || width == 16 ? width : 2 * width;
    return storage == LRN_F64 && floats > 1 ? floats / 2 : floats;
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

/* -w because PoCL 3.1 prints how many warnings it has about vectors wider than native ones. */
void lrn_program_options(const lrn_program_key *key, bool int64, char options[CLLRN_OPTIONS_SIZE])
{
    char taps[32] = "", power[32] = "";
    const char *const disjoint = key->disjoint ? " -DLRN_DISJOINT" : "";
    if (key->taps > 0)
        snprintf(taps, sizeof taps, " -DLRN_TAPS=%d", key->taps);
    if (key->power != LRN_POWER_AT_RUN_TIME)
        snprintf(power, sizeof power, " -DLRN_POWER=%d", key->power);
    snprintf(
        options, CLLRN_OPTIONS_SIZE,
        "-cl-std=CL1.2 -w%s%s -DLRN_STORAGE=%d -DLRN_WIDTH=%d%s%s%s -DLRN_INDEX=%s -DLRN_OFFSET=%s",
        key->backward ? " -DLRN_BACKWARD" : "", key->storage == LRN_F64 ? " -DLRN_DOUBLE" : "",
        key->storage, key->width, taps, power, disjoint, key->wide ? "long" : "int",
        int64 ? "ulong" : "uint");
}

void lrn_program_kernel_name(const lrn_program_key *key, bool int64,
                             char name[CLLRN_KERNEL_NAME_SIZE])
{
    static const char *const storages[] = {[LRN_ANY] = "any",
                                           [LRN_F32] = "f32",
                                           [LRN_F16] = "f16",
                                           [LRN_BF16] = "bf16",
                                           [LRN_F64] = "f64"};
    char taps[16] = "";
    if (key->taps > 0)
        snprintf(taps, sizeof taps, "_t%d", key->taps);
    snprintf(name, CLLRN_KERNEL_NAME_SIZE, "cllrn_%s_%s_%s%s%s%s_w%d_i%d%s_v%d",
             key->backward ? "backward" : "forward", key->variant->name, storages[key->storage],
             taps, key->power == LRN_POWER_3_4 ? "_p34" : "", key->disjoint ? "_disjoint" : "",
             key->width, key->wide ? 64 : 32, int64 ? "" : "_o32", CLLRN_ARITHMETIC_VERSION);
}
