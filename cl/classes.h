/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers that the host and the kernels agree on. */
#ifndef LRN_CLASSES_H
#define LRN_CLASSES_H

/* Power classes: which code computes s^-beta. */
#define LRN_POWER_ZERO 0    /* beta 0: y = x, whatever s is */
#define LRN_POWER_HALF 1    /* beta 0.5 */
#define LRN_POWER_3_4 2     /* beta 0.75 */
#define LRN_POWER_ONE 3     /* beta 1 */
#define LRN_POWER_GENERAL 4 /* any other beta */
#define LRN_POWER_NEAR 5    /* the same for 0 < beta < 1 and k in 2^-4 .. 2^64: quicker near k */
#define LRN_POWER_BOTH 6    /* the same for every s: what NEAR becomes where one is not near */

/* What s < 0 gives, as pow() has it. */
#define LRN_BETA_FRACTION 0 /* NaN, and for -Inf what +Inf gives */
#define LRN_BETA_EVEN 1     /* |s|^-beta */
#define LRN_BETA_ODD 2      /* -|s|^-beta */

/* Element types, the numbers of CLLRN_F32 and so on. */
#define LRN_F32 1
#define LRN_F16 2
#define LRN_BF16 3
#define LRN_F64 4
#define LRN_ANY 0 /* told at run time which of the first three */

/*
 * Elements of an array that a work-group shares in local memory, see cl/group.cl:
 * one array in the forward direction, four in the backward one.
 */
#define LRN_GROUP_ELEMENTS 1024

/* Channels that cl/planar.cl computes at once. */
#define LRN_ROWS 4

#endif
