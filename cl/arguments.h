/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the host and the kernels share: constants, and the arguments of all kernels and the fields
 * of the argument `modes`, each in one row. From these rows come the kernels' parameters and
 * LRN_MODE (kernel.h), and the host's code that sets the arguments and writes them into manifests
 * (src/arguments.c). Valid as OpenCL C 1.2 and as C11.
 *
 * The names, order and types of the arguments are an ABI, and so are the kernel names (see
 * cllrn_program_info in cllrn.h): kernels built by an offline compiler rely on them. The host
 * always sets all arguments.
 *
 * Rows are (TYPE, NAME, VALUE). The first row of a list goes to the macro FIRST, all others go to
 * NEXT. VALUE is an expression of lrn_arguments_set in src/arguments.c. TYPE is one of
 *
 *   source, result, scratch   memory of const element_t, of element_t, of scalar_t
 *   offset                    offset_t: elements from the memory's begin
 *   index, axes               index_t, index8_t
 *   int, uint, scalar         int, uint, scalar_t
 */
#ifndef LRN_ARGUMENTS_H
#define LRN_ARGUMENTS_H

/* Power classes: which code computes s^-beta. */
#define LRN_POWER_ZERO 0    /* beta 0: y = x for every s */
#define LRN_POWER_HALF 1    /* beta 0.5 */
#define LRN_POWER_3_4 2     /* beta 0.75 */
#define LRN_POWER_ONE 3     /* beta 1 */
#define LRN_POWER_GENERAL 4 /* any other beta */
#define LRN_POWER_NEAR 5    /* 0 < beta < 1 and k in 2^-4 .. 2^64: fast for s near k */
#define LRN_POWER_BOTH 6    /* NEAR, falling back per lane to GENERAL */

/* What s^-beta is for s < 0, as in pow(): the parity of beta decides. */
#define LRN_BETA_FRACTION 0 /* NaN; for s = -Inf the same as for +Inf */
#define LRN_BETA_EVEN 1     /* |s|^-beta */
#define LRN_BETA_ODD 2      /* -|s|^-beta */

/* Element types; the values are those of CLLRN_DTYPE_F32 and so on. */
#define LRN_F32 1
#define LRN_F16 2
#define LRN_BF16 3
#define LRN_F64 4
#define LRN_ANY 0 /* one of the first three, given at run time */

/* Elements of each array in local memory of a kernel whose work-groups share a tile. */
#define LRN_GROUP_ELEMENTS 1024

/* Vectors of channels that the kernel for channels-last tensors computes at once. */
#define LRN_PART 32

/* Whether channels are so few that this kernel joins positions to lines of whole vectors. */
#define LRN_FEW(channels, width) ((channels) < 2 * (width))

/* Channels that a kernel for channels-first tensors computes at once. */
#define LRN_ROWS 4

/* clang-format off */

/* For the fast kernels. In the forward direction dy is src. */
#define LRN_FAST_ARGUMENTS(FIRST, NEXT)                                                           \
    FIRST(source, src, &operands->src)                                                            \
    NEXT(source, dy, &operands->dy)                                                               \
    NEXT(result, dst, &operands->dst)                                                             \
    /* Offsets of element (0, 0, 0). */                                                           \
    NEXT(offset, src_offset, operands->src.offset)                                                \
    NEXT(offset, dy_offset, operands->dy.offset)                                                  \
    NEXT(offset, dst_offset, operands->dst.offset)                                                \
    /* Dims of the tensors. */                                                                    \
    NEXT(index, outer, shape->dims[LRN_INNER - 1])                                                \
    NEXT(index, channels, shape->dims[0])                                                         \
    NEXT(index, inner, shape->dims[LRN_INNER])                                                    \
    /* Strides in elements; with channel blocks, src_channel is from block to block. */           \
    NEXT(index, src_outer, shape->src.strides[LRN_INNER - 1])                                     \
    NEXT(index, src_channel, shape->src.strides[0])                                               \
    NEXT(index, src_inner, shape->src.strides[LRN_INNER])                                         \
    NEXT(index, dy_outer, shape->dy.strides[LRN_INNER - 1])                                       \
    NEXT(index, dy_channel, shape->dy.strides[0])                                                 \
    NEXT(index, dy_inner, shape->dy.strides[LRN_INNER])                                           \
    NEXT(index, dst_outer, shape->dst.strides[LRN_INNER - 1])                                     \
    NEXT(index, dst_channel, shape->dst.strides[0])                                               \
    NEXT(index, dst_inner, shape->dst.strides[LRN_INNER])                                         \
    /* A window begins `lower` channels before its own channel. */                                \
    NEXT(int, lower, plan->lower)                                                                 \
    /* Tile of one work-item, or of a work-group that shares it. */                               \
    NEXT(int, tile_channels, selection->tile_channels)                                            \
    NEXT(int, tile_positions, selection->tile_positions)                                          \
    LRN_SCALAR_ARGUMENTS(NEXT)

/* For the general kernels. A kernel without scratch gets any buffer for it. */
#define LRN_GENERAL_ARGUMENTS(FIRST, NEXT)                                                        \
    FIRST(source, src, &operands->src)                                                            \
    NEXT(source, dy, &operands->dy)                                                               \
    NEXT(result, dst, &operands->dst)                                                             \
    NEXT(scratch, scratch, &operands->scratch)                                                    \
    /* Offsets of element (0, 0, ..); in scratch, of its first slot. */                           \
    NEXT(offset, src_offset, operands->src.offset)                                                \
    NEXT(offset, dy_offset, operands->dy.offset)                                                  \
    NEXT(offset, dst_offset, operands->dst.offset)                                                \
    NEXT(offset, scratch_offset, operands->scratch.offset)                                        \
    /* Window axes, position axes at the end, dim 1 between them. Strides in elements. */          \
    NEXT(axes, dims, shape->dims)                                                                 \
    NEXT(axes, src_strides, shape->src.strides)                                                   \
    NEXT(axes, dy_strides, shape->dy.strides)                                                     \
    NEXT(axes, dst_strides, shape->dst.strides)                                                   \
    /* The window on each window axis: `taps` elements from `lower` elements before its own. */   \
    NEXT(int, lower, plan->lower)                                                                 \
    NEXT(int, taps, plan->taps)                                                                   \
    /* Positions of a tile, and whether its vectors run along a window axis: see slices.h. */      \
    NEXT(index, tile, selection->tile_positions)                                                  \
    NEXT(int, window_vectors, selection->window_vectors)                                                            \
    LRN_SCALAR_ARGUMENTS(NEXT)

/* For all kernels: the fields of lrn_scalars, whose parities are in `modes`. */
#define LRN_SCALAR_ARGUMENTS(NEXT)                                                                \
    NEXT(uint, modes, lrn_arguments_modes(plan, selection))                                       \
    NEXT(scalar, scale_hi, values->scale_hi)                                                      \
    NEXT(scalar, scale_lo, values->scale_lo)                                                      \
    NEXT(scalar, k, values->k)                                                                    \
    NEXT(scalar, beta_hi, values->beta_hi)                                                        \
    NEXT(scalar, beta_lo, values->beta_lo)                                                        \
    NEXT(scalar, gradient, values->gradient)                                                      \
    NEXT(scalar, octave0, values->octaves[0])                                                     \
    NEXT(scalar, octave1, values->octaves[1])                                                     \
    NEXT(scalar, octave2, values->octaves[2])                                                     \
    NEXT(scalar, octave3, values->octaves[3])                                                     \
    NEXT(scalar, octave4, values->octaves[4])

/*
 * The fields of `modes`, from the lowest bit on: X(NAME, number of bits, VALUE). They share one
 * argument because an EMBEDDED device takes 256 bytes of arguments, and the general list has 256.
 */
#define LRN_MODES(X)                                                                              \
    X(POWER, 3, values->power)                       /* LRN_POWER_* */                            \
    X(PARITY, 2, values->parity)                     /* LRN_BETA_* of beta */                     \
    X(NEXT_PARITY, 2, values->next_parity)           /* LRN_BETA_* of beta + 1 */                 \
    X(SRC_TYPE, 3, lrn_element_type(shape->src.dtype)) /* LRN_F32 .. */                           \
    X(DY_TYPE, 3, lrn_element_type(shape->dy.dtype))                                              \
    X(DST_TYPE, 3, lrn_element_type(shape->dst.dtype))                                            \
    X(SRC_SHIFT, 3, shape->src.block_shift)          /* 2^shift channels in a block */            \
    X(DY_SHIFT, 3, shape->dy.block_shift)                                                         \
    X(DST_SHIFT, 3, shape->dst.block_shift)                                                       \
    X(WINDOW_COUNT, 2, shape->window_count)          /* number of window axes */                  \
    X(WITHIN, 1, shape->within)                      /* position axis 0 has the channel blocks */ \
    /* Fast kernels: 1 if stores bypass the caches. General kernels: work-items per worker. */    \
    X(LAUNCH, 4, selection->key.taps > 0 ? selection->streams : selection->spread)

/* clang-format on */

/* LRN_MODE_NAME and LRN_MODE_NAME_LAST: the number of a field's first and of its last bit. */
#define LRN_MODE_BITS(name, bits, value)                                                           \
    LRN_MODE_##name, LRN_MODE_##name##_LAST = LRN_MODE_##name + (bits)-1,
enum { LRN_MODES(LRN_MODE_BITS) LRN_MODE_END };

#endif
