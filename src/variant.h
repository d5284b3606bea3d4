/* SPDX-License-Identifier: Apache-2.0 */
/* Variants: the kernels, each a row that says which problems it runs, and how. */
#ifndef LRN_VARIANT_H
#define LRN_VARIANT_H

#include "../cl/arguments.h"
#include "device.h"
#include "shape.h"

/* The problem as the variants see it. */
typedef struct lrn_problem {
    const lrn_shape *shape;
    const lrn_device_facts *facts;
    /* The dims, if the window is across channels and axes are few. Within a channel `inner` counts
     * the positions that may be neighbours in all tensors: with blocks, the channels of a block. */
    int64_t channels, inner, outer;
    int lower, taps;
    bool backward, in_place;
    bool wide;                        /* needs 64-bit indices */
    bool dense_channels, dense_inner; /* the axis has stride 1 in every tensor */
    int storage;           /* the type that all tensors have, LRN_F32 ..; LRN_ANY if they differ */
    int64_t scratch_limit; /* bytes */
} lrn_problem;

typedef struct lrn_variant lrn_variant;

/* For lrn_program_key.power: the program takes any beta. */
#define LRN_POWER_AT_RUN_TIME (-1)

/* What determines a program; equal keys mean the same program. */
typedef struct lrn_program_key {
    const lrn_variant *variant;
    bool backward;
    int storage;   /* LRN_STORAGE */
    int width;     /* LRN_WIDTH */
    int taps;      /* LRN_TAPS; 0: the kernel takes any window */
    int power;     /* LRN_POWER or LRN_POWER_AT_RUN_TIME */
    bool wide;     /* 64-bit LRN_INDEX */
    bool disjoint; /* LRN_DISJOINT; else dst may be a source, if the variant can do that */
} lrn_program_key;

typedef struct lrn_selection {
    lrn_program_key key;
    int32_t tile_channels, tile_positions;
    size_t global[3], local[3]; /* global[0] is a multiple of local[0]; the other locals are 1 */
    int64_t slots;              /* scratch of one worker, in elements; 0: no scratch */
    int64_t workers;            /* work-groups that need scratch at the same time */
    int spread;                 /* work-groups per worker, 1..15; only the first works */
    bool window_vectors;        /* vectors run along a window axis, see cl/slices.h */
    bool streams;               /* store dst past the caches, which it would exceed */
} lrn_selection;

/*
 * Windows that have programs: the odd ones of 3, 5, 7 and 9 taps; also those of 2 and 4; or also
 * those of 1, 6, 8, 11 and 15.
 */
enum { LRN_ODD_WINDOWS = 4, LRN_ALL_WINDOWS = 6, LRN_MANY_WINDOWS = 11 };

/*
 * A kernel: cl/NAME.cl has forward_NAME and backward_NAME. A general one takes
 * any window, axes and type, and the general arguments of cl/arguments.h. Any other
 * takes a window across channels of a size that it has programs for, and tensors
 * with few axes and 32-bit indices.
 *
 * On a device that a variant does not suit, it runs only where it is forced. Its
 * programs are not listed there: they are compiled when a plan asks for them.
 */
struct lrn_variant {
    const char *name;
    bool general;
    bool fixed_groups;       /* smaller work-groups: as many as before, not more of them */
    int windows;             /* one of these; 0 if general */
    bool typed;              /* a program each for f32, f16 and bf16; the latter for odd windows */
    bool any_power;          /* float32 has no program of its own for beta 0.75 */
    bool disjoint;           /* disjoint tensors have programs of their own */
    int64_t local_memory[2]; /* bytes that the forward and the backward kernel declare */
    int (*width)(const lrn_device_facts *facts, int storage); /* elements of a vector; NULL: 1 */
    bool (*suits)(const lrn_device_facts *facts); /* runs there unforced; NULL: on every device */
    bool (*fits)(const lrn_problem *p);           /* can run the problem; NULL: always */
    bool (*chosen)(const lrn_problem *p); /* where it suits, it should run it; NULL: always */
    void (*launch)(const lrn_problem *p, lrn_selection *s); /* fills what the key leaves open */
};

/* In order of preference, first to last; the name of each last row is NULL. */
extern const lrn_variant lrn_variants_cpu[], lrn_variants_gpu[], lrn_variants_any[];

/* Work-groups along dimensions 1 and 2; some devices allow no more than 65535. */
#define LRN_MAX_GROUPS 65535

/* Limit of offsets and indices without 64-bit indices: their sums stay below 2^31. */
#define LRN_NARROW_LIMIT (INT64_C(1) << 30)

static inline int64_t lrn_least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static inline int64_t lrn_divide_up(int64_t a, int64_t b)
{
    return a / b + (a % b != 0);
}

/*
 * Whether kernels that vectorize over channels are of use. With one channel a
 * vector would hold one element; positions with stride 1 suit the
 * channels-first kernels.
 */
bool lrn_has_neighbouring_channels(const lrn_problem *p);

/*
 * Elements in a work-item's vector on a CPU: two native vectors, whose
 * independent instructions hide latency, and which mostly fill a cache line.
 */
int lrn_two_vectors(const lrn_device_facts *facts, int storage);

/*
 * Channels of a tile, if `wanted` tiles per position would give all compute
 * units work. Windows reach beyond a tile, and these channels are loaded twice:
 * for a tile of t channels, taps - 1 more of x; for the gradient 2 (taps - 1)
 * more of x and taps - 1 of dy. With the t below this is at most an eighth, or
 * for the gradient a seventh, of all traffic. In place there is one tile: a
 * window would cross into another.
 */
int64_t lrn_tile_channels(const lrn_problem *p, int64_t wanted);

/*
 * Sets the launch sizes: `items` work-items along dimension 0, in groups of at
 * most `group`, a power of two; second and third groups of one along dimensions
 * 1 and 2.
 */
void lrn_set_sizes(lrn_selection *s, int64_t items, int64_t group, int64_t second, int64_t third);

/* Writes the complete build options of a program, without those for single drivers. */
void lrn_program_options(const lrn_program_key *key, bool int64, char options[CLLRN_OPTIONS_SIZE]);

/*
 * Writes the unique name of a program: its name in packs, and the name of its
 * kernel in the binary of an offline compiler.
 */
void lrn_program_kernel_name(const lrn_program_key *key, bool int64,
                             char name[CLLRN_KERNEL_NAME_SIZE]);

#endif
