/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One program for traffic.c: compiled for this machine's processor, with its loads and stores
 * traced. FILE is the kernel's file; GENERAL is defined for a general kernel.
 */
#define LRN_KERNEL_NAME(name) traced
#include FILE

/* The built-in functions that the kernels call, but for those in traffic.c. */
#define FUNCTION __attribute__((overloadable, always_inline))
float FUNCTION fma(float a, float b, float c)
{
    return __builtin_fmaf(a, b, c);
}
uint FUNCTION max(uint a, uint b)
{
    return a > b ? a : b;
}
void FUNCTION vstore8(int8 v, ulong at, private int *p)
{
    for (int i = 0; i < 8; ++i)
        p[8 * at + i] = v[i];
}
float FUNCTION vload_half(ulong at, global const half *p)
{
    const uint bits = ((global const ushort *)p)[at], magnitude = bits & 0x7fffu;
    const float large =
        as_float((magnitude << 13) + (magnitude >= 0x7c00u ? 0x70000000u : 0x38000000u));
    const float small = (float)magnitude * 0x1p-24f;
    return as_float(as_uint(magnitude < 0x400u ? small : large) | (bits & 0x8000u) << 16);
}

/* The arguments lie 64 bytes apart. */
typedef LRN_PARAMETER_source slot_source;
typedef LRN_PARAMETER_result slot_result;
typedef LRN_PARAMETER_scratch slot_scratch;
typedef LRN_PARAMETER_offset slot_offset;
typedef LRN_PARAMETER_index slot_index;
typedef LRN_PARAMETER_axes slot_axes;
typedef LRN_PARAMETER_int slot_int;
typedef LRN_PARAMETER_uint slot_uint;
typedef LRN_PARAMETER_scalar slot_scalar;
#define FIRST(type, name, value) *(global slot_##type *)(slots + 64 * __COUNTER__)
#define NEXT(type, name, value) , FIRST(type, name, value)

kernel void run_item(global uchar *slots)
{
#ifdef GENERAL
    traced(LRN_GENERAL_ARGUMENTS(FIRST, NEXT));
#else
    traced(LRN_FAST_ARGUMENTS(FIRST, NEXT));
#endif
}
