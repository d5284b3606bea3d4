/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Programs' binaries in one piece of memory or one file: a binary pack, an
 * entry of the disk cache, or what a runtime keeps. All numbers are little
 * endian, all texts end in a zero, which their length counts.
 *
 *     0  magic        8 bytes, "clLRNpk\n"
 *     8  format       u32, LRN_PACK_FORMAT
 *    12  programs     u32
 *    16  binaries     u32
 *    20  reserved     u32, 0
 *    24  tables       u64, bytes of the tables behind this header
 *    32  size         u64, bytes of the whole
 *    40  checksum     u64, of the 40 bytes above and the tables
 *    48  identity     CLLRN_PACK_TEXTS times: u32 length, text
 *        programs     each: u32 binary's index, then u32 length, text of name, options, kernel
 *        binaries     each: u64 size, u64 checksum
 *        payloads     in the same order, each begins at a multiple of 16, zeros between
 *
 * A binary's checksum covers the identity and the programs that are in it too,
 * so that no table can hand out a binary for what it is not. A binary whose
 * checksum is right is native code and trusted; the tables are not.
 */
#ifndef LRN_PACK_H
#define LRN_PACK_H

#include <stdbool.h>

#include <cllrn.h>

#include "identity.h"

enum { LRN_PACK_FORMAT = 2, LRN_PACK_HEADER = 48, LRN_PACK_PROGRAMS = 1024 };

/* No pack comes near this; what claims to is damaged. */
#define LRN_PACK_MAX_SIZE (UINT64_C(1) << 30)

/* One program. */
typedef struct lrn_pack_row {
    const char *name;    /* see lrn_program_kernel_name */
    const char *options; /* it was built with; "" for a vendor's compiler's */
    const char *kernel;  /* the kernel's name in it, where it is not the usual one; else "" */
    const void *binary;  /* rows with the same pointer share it */
    size_t size;
} lrn_pack_row;

struct cllrn_pack {
    unsigned char *data;
    size_t size;
    const char *texts[CLLRN_PACK_TEXTS]; /* these and the rows point into data */
    size_t row_count;
    lrn_pack_row *rows;
    uint64_t *checksums; /* of each row's binary, as told */
};

/*
 * Takes data, allocated by malloc, over, on failure too. Reads the tables only;
 * what begins a message. CLLRN_INVALID_PACK, CLLRN_OUT_OF_MEMORY.
 */
cllrn_status lrn_pack_take(unsigned char *data, size_t size, const char *what, cllrn_pack **pack,
                           cllrn_error *error);

/* The same from a file. CLLRN_UNTRUSTED_PACK, unless any_owner overlooks who can have written it.
 */
cllrn_status lrn_pack_read(const char *path, bool any_owner, cllrn_pack **pack, cllrn_error *error);

/* The same from memory that stays the caller's. */
cllrn_status lrn_pack_copy(const void *data, size_t size, const char *what, cllrn_pack **pack,
                           cllrn_error *error);

/* Makes a pack of rows, whose names differ. CLLRN_OUT_OF_MEMORY, CLLRN_INVALID_PACK when too much.
 */
cllrn_status lrn_pack_make(const char *const *texts, const lrn_pack_row *rows, size_t count,
                           cllrn_pack **pack, cllrn_error *error);

/* CLLRN_PACK_MISMATCH where a pack for any device holds what this one does not take. */
cllrn_status lrn_pack_accepted(const cllrn_pack *pack, cl_platform_id platform, cl_device_id device,
                               const char *what, cllrn_error *error);

/* The row of a name, or NULL. */
const lrn_pack_row *lrn_pack_find(const cllrn_pack *pack, const char *name);

/* Whether a row's binary has its checksum: to be asked before it is used. */
bool lrn_pack_intact(const cllrn_pack *pack, const lrn_pack_row *row);

#endif
