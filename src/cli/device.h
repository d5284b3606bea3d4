/* SPDX-License-Identifier: Apache-2.0 */
/* What a tensor can be run on: the devices of every OpenCL platform, the host, the reference. */
#ifndef CLI_DEVICE_H
#define CLI_DEVICE_H

#include <cllrn.h>
#include <stdbool.h>
#include <stddef.h>

typedef enum device_kind { DEVICE_OPENCL, DEVICE_HOST, DEVICE_REFERENCE } device_kind;

typedef struct device {
    device_kind kind;
    char name[256];
    char platform_name[256]; /* empty but for DEVICE_OPENCL, as are the rest */
    cl_platform_id platform;
    cl_device_id id;
    cl_device_type type;
    const char *pack; /* what its engine takes the programs from; NULL: they are compiled */
    bool any_driver;  /* the pack may be for other versions */
    bool any_owner;   /* and a file that others can have written */
    bool cached;      /* verify: they may come from the disk cache too */
} device;

typedef struct device_list {
    device *devices; /* in the platforms' order, the index `cllrn devices` shows */
    size_t count;
} device_list;

/* Lists at least one device; else prints why there is none and what to do, and leaves *list empty.
 */
bool device_list_load(device_list *list);
void device_list_free(device_list *list);

/*
 * The device a SPEC means: "host", "reference", an index, or a part of a
 * device's or platform's name in any case, the first that has it. NULL is
 * $CLLRN_DEVICE, else the first GPU, accelerator or CPU, in this order.
 * On failure a message was printed and *found is untouched.
 */
bool device_resolve(const char *spec, device *found);

/* Facts; zero or "" where the device does not answer. */
void device_text(cl_device_id id, cl_device_info what, char *text, size_t size);
void device_platform_text(cl_platform_id id, cl_platform_info what, char *text, size_t size);
cl_ulong device_number(cl_device_id id, cl_device_info what);
bool device_has_extension(cl_device_id id, const char *extension);
const char *device_type_name(cl_device_type type);

#endif
