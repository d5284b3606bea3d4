/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A file with one part of a result, which `cllrn run --part` writes and `cllrn join` reads. It
 * begins with a record of PART_FILE_RECORD bytes, a text padded with spaces. The boxes of
 * slicing_part follow, each gapless and in the order of the whole.
 */
#ifndef CLI_RUN_PART_FILE_H
#define CLI_RUN_PART_FILE_H

#include "slice.h"

enum { PART_FILE_RECORD = 4096, PART_FILE_PROBLEM = 512 };

typedef struct part_record {
    int64_t number, count; /* part `number`, from 1 to `count` */
    /* The same in all parts of a result: */
    char problem[PART_FILE_PROBLEM]; /* one line: all that decides the bits but x and dy */
    uint64_t x, dy;                  /* of tensor_file_sample; dy 0: forward */
    npy_header result;               /* of the whole result */
    int32_t channel_axis;            /* from 0 on */
    uint32_t windowed;               /* the axes over which windows extend, as bits */
    /* Of this part: */
    uint64_t digest;
} part_record;

/* The record of a part to be computed; reference: by `--device reference`. False after a message.
 */
bool part_file_describe(part_record *record, const problem *p, int64_t number, int64_t count,
                        bool reference);

/* How many targets a part has, and where in its file they are. False after a message. */
bool part_file_targets(const part_record *record, FILE *file, const char *path,
                       slice_target targets[SLICING_PART_BOXES], int *count);

/* Writes the record, when all targets are written. False after a message. */
bool part_file_finish(const part_record *record, FILE *file, const char *path);

/*
 * Whether a file is this part already, whole and with the digest that its record says; sets the
 * digest. False without a message where it is not, or is not there.
 */
bool part_file_is_done(const char *path, part_record *record);

/* Opens a part and reads its record; its size must match. NULL after a message. */
FILE *part_file_open(const char *path, part_record *record);

/*
 * Copies the data into the whole result, unless `to` is NULL, and checks the digest. False after a
 * message.
 */
bool part_file_copy(const part_record *record, FILE *file, const char *path, const tensor_file *to);

#endif
