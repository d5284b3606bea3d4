/* SPDX-License-Identifier: Apache-2.0 */
/* Constants that the host and the kernels share. */
#ifndef LRN_CONSTANTS_H
#define LRN_CONSTANTS_H

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

/* Channels that a kernel for channels-first tensors computes at once. */
#define LRN_ROWS 4

#endif
