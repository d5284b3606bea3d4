/* SPDX-License-Identifier: Apache-2.0 */
/* The kernels' struct of scalars, in the float type of cl/types.h. */
#ifndef LRN_HOST_SCALARS_H
#define LRN_HOST_SCALARS_H

#include "../cl/types.h"
#include "coefficients.h"

static inline lrn_scalars lrn_scalars_of(const lrn_coefficients *v)
{
    return (lrn_scalars){.scale_hi = (scalar_t)v->scale_hi,
                         .scale_lo = (scalar_t)v->scale_lo,
                         .k = (scalar_t)v->k,
                         .beta_hi = (scalar_t)v->beta_hi,
                         .beta_lo = (scalar_t)v->beta_lo,
                         .gradient = (scalar_t)v->gradient,
                         .octaves = {(scalar_t)v->octaves[0], (scalar_t)v->octaves[1],
                                     (scalar_t)v->octaves[2], (scalar_t)v->octaves[3],
                                     (scalar_t)v->octaves[4]},
                         .slopes = LRN_SLOPES(-(scalar_t)v->beta_hi),
                         .parity = v->parity,
                         .next_parity = v->next_parity};
}

#endif
