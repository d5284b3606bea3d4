/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The binary pack: the binaries of programs in one block of memory or one file.
 * An entry of the disk cache is a pack too. Numbers are little endian; texts
 * end in a zero, which their length includes.
 *
 *     0  magic        8 bytes, "clLRNpk\n"
 *     8  format       u32, LRN_PACK_FORMAT
 *    12  programs     u32, their number
 *    16  binaries     u32, their number
 *    20  reserved     u32, 0
 *    24  tables       u64, bytes of the tables after this header
 *    32  size         u64, bytes of the whole pack
 *    40  checksum     u64, of the 40 bytes above and the tables
 *    48  target       CLLRN_PACK_TEXTS times: u32 length, text
 *        programs     each: u32 index of its binary; u32 length, text of name, options, kernel
 *        binaries     each: u64 size, u64 checksum
 *        payloads     in the same order, each begins at a multiple of 16, zeros between
 *
 * A binary's checksum also covers the target and the table entries of its
 * programs, so that damaged tables cannot give a binary to another program. A
 * binary with the right checksum is native code and trusted; the tables are
 * not.
 */
#ifndef LRN_PACK_H
#define LRN_PACK_H

#include <stdbool.h>

#include <cllrn.h>

#include "target.h"

enum { LRN_PACK_FORMAT = 2, LRN_PACK_HEADER = 48, LRN_PACK_PROGRAMS = 1024 };

/* The largest pack; one that claims to be larger is damaged. */
#define LRN_PACK_MAX_SIZE (UINT64_C(1) << 30)

/* The table entry (row) of one program. */
typedef struct lrn_pack_row {
    const char *name;    /* see lrn_program_kernel_name */
    const char *options; /* build options; "" for a vendor's compiler */
    const char *kernel;  /* the kernel's name in the binary; "" for the usual name */
    const void *binary;  /* rows with the same pointer share the binary */
    size_t size;
    /* As read from a pack; not set in rows to make one of. */
    size_t index;
    uint64_t checksum;
} lrn_pack_row;

struct cllrn_pack {
    unsigned char *data;
    size_t size;
    const char *texts[CLLRN_PACK_TEXTS]; /* texts and rows point into data */
    size_t row_count;
    lrn_pack_row *rows;
};

/*
 * Makes a pack of data from malloc, which it owns from here on and frees on
 * failure too. Reads and checks the tables only; what begins a message.
 * CLLRN_INVALID_PACK, CLLRN_OUT_OF_MEMORY.
 */
cllrn_status lrn_pack_take(unsigned char *data, size_t size, const char *what, cllrn_pack **pack,
                           cllrn_error *error);

/* As lrn_pack_take, from a copy of the caller's memory. */
cllrn_status lrn_pack_copy(const void *data, size_t size, const char *what, cllrn_pack **pack,
                           cllrn_error *error);

/*
 * As lrn_pack_take, from a file, opened with these flags. CLLRN_UNTRUSTED_PACK
 * if others could have written the file and any_owner is false.
 * CLLRN_OUT_OF_MEMORY also without descriptors, which says nothing about the file.
 */
cllrn_status lrn_pack_read(int directory, const char *name, int flags, bool any_owner,
                           const char *what, cllrn_pack **pack, cllrn_error *error);

/*
 * Makes a pack of rows, whose names differ. CLLRN_OUT_OF_MEMORY;
 * CLLRN_INVALID_PACK if there are too many programs or bytes.
 */
cllrn_status lrn_pack_make(const char *const *texts, const lrn_pack_row *rows, size_t count,
                           cllrn_pack **pack, cllrn_error *error);

/* The row of the program with this name, or NULL. */
const lrn_pack_row *lrn_pack_find(const cllrn_pack *pack, const char *name);

/* Whether a row's binary has its checksum: ask before using the binary. */
bool lrn_pack_intact(const cllrn_pack *pack, const lrn_pack_row *row);

#endif
