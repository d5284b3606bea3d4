/* SPDX-License-Identifier: Apache-2.0 */
/* Where a tensor can be computed: on an OpenCL device, by the host build, by the reference. */
#ifndef CLI_DEVICE_H
#define CLI_DEVICE_H

#include <cllrn.h>
#include <stdbool.h>
#include <stddef.h>

typedef enum device_kind { DEVICE_OPENCL, DEVICE_HOST, DEVICE_REFERENCE } device_kind;

typedef struct device {
    device_kind kind;
    char name[256];
    /* All below are set for DEVICE_OPENCL only; "" where the device does not answer. */
    char platform_name[256], platform_version[256], driver[256], version[256];
    bool embedded; /* the EMBEDDED profile */
    cl_platform_id platform;
    cl_device_id id;
    cl_device_type type;
    const char *pack; /* the binary pack of its engine; NULL: programs are compiled */
    bool any_driver;  /* the pack may be for another driver version */
    bool any_owner;   /* the pack file may be writable by other users */
} device;

typedef struct device_list {
    device *devices; /* in the order and with the index of `cllrn devices` */
    size_t count;
} device_list;

/* Lists at least one device. False, with an empty list, after a message with advice. */
bool device_list_load(device_list *list);
void device_list_free(device_list *list);

/*
 * Finds the device that SPEC names: "host", "reference", an index, or a part of a
 * device's or platform's name in any case; the first match counts. NULL means
 * $CLLRN_DEVICE, else the first GPU, else accelerator, else CPU. False after a
 * message, with *found untouched.
 */
bool device_resolve(const char *spec, device *found);

enum { DEVICE_MOST = 16 };

/*
 * As device_resolve, for devices that compute one result together: up to DEVICE_MOST SPECs between
 * commas. More than one must be devices that give the same bits.
 */
bool device_resolve_list(const char *specs, device found[DEVICE_MOST], int *count);

/* Whether SPEC, or $CLLRN_DEVICE, is "reference". Touches no OpenCL. */
bool device_is_reference(const char *spec);

/*
 * Gets a text of the device or, without one, of the platform: what fits, as one line, without
 * spaces at either end; "" where there is no answer.
 */
void device_text(cl_device_id id, cl_platform_id platform, cl_uint what, char *text, size_t size);

/* Queries; zero or false where the device does not answer. */
cl_ulong device_number(cl_device_id id, cl_device_info what);
bool device_has_extension(cl_device_id id, const char *extension);
const char *device_type_name(cl_device_type type);

#endif
