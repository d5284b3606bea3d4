/* SPDX-License-Identifier: Apache-2.0 */
/* What moves as many bytes as a problem has to, for a limit: one vector of 16 bytes a work-item. */
kernel void copy_vectors(global const uint4 *from, global uint4 *to, ulong vectors)
{
    const ulong at = get_global_id(0);
    if (at < vectors)
        to[at] = from[at];
}
