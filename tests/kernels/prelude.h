/* SPDX-License-Identifier: Apache-2.0 */
/* For the targets of GPUs: clang 14 declares this one for SPIR only. */
float __attribute__((overloadable)) vload_half(ulong, global const half *);
