/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An OpenCL inside the test's process. It defines every cl* function the
 * library calls, and no other: a new call does not link until it is here. It
 * runs nothing, but is as strict as the specification allows: handles have a
 * magic, a type and a count of references; what the library passes is checked;
 * kernels' argument lists are read from their own source.
 *
 * A fault of the library that OpenCL need not report (a dead handle, a kernel
 * shared by two threads, an argument of the wrong size) is a violation. It is
 * printed at once and fails the test in fake_verify(): jumping out of the
 * middle of the library would leave its locks taken.
 */
#ifndef FAKE_OPENCL_H
#define FAKE_OPENCL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <CL/cl.h>

/* What a device says of itself, and what its compiler does. Change it between calls. */
typedef struct fake_device_settings {
    cl_device_type type;
    cl_uint units, vector_width, dimensions, address_bits;
    size_t group_size;     /* CL_DEVICE_MAX_WORK_GROUP_SIZE */
    cl_ulong local_memory; /* CL_DEVICE_LOCAL_MEM_SIZE */
    cl_device_local_mem_type local_type;
    cl_ulong max_allocation;  /* CL_DEVICE_MAX_MEM_ALLOC_SIZE */
    cl_ulong cache;           /* CL_DEVICE_GLOBAL_MEM_CACHE_SIZE */
    size_t item_size;         /* CL_DEVICE_MAX_WORK_ITEM_SIZES, each */
    size_t kernel_group_size; /* CL_KERNEL_WORK_GROUP_SIZE */
    const char *name, *driver, *platform, *profile, *extensions;
    const char *vendor, *version, *platform_version;
    const char *il;      /* CL_DEVICE_IL_VERSION; the first device's extension is there if not "" */
    cl_int build_result; /* what clBuildProgram returns of a source */
    cl_int binary_status;  /* what clCreateProgramWithBinary says of this device's binary */
    cl_int binary_result;  /* what clBuildProgram returns of a binary */
    const char *build_log; /* NULL: the log has size 0; "": size 1 */
    bool late;             /* it compiles when a kernel is made: there is no binary before */
    cl_bitfield svm;       /* CL_DEVICE_SVM_CAPABILITIES; 0: none */
    cl_bool unified;       /* CL_DEVICE_HOST_UNIFIED_MEMORY */
    const char *hidden;    /* a function that the first device's platform does not give, or NULL */
} fake_device_settings;

/* Forgets every object, count and fault. Each test begins with it. */
void fake_reset(void);

/* Fails the test where there was a violation, or where an object is not as the test left it. */
void fake_verify(void);

/* The test's own objects, never counted, never failing. fake_release gives up the test's reference.
 */
cl_device_id fake_device(void); /* a GPU with everything in order */
cl_device_id fake_sub_device(cl_device_id parent);
void fake_platforms(cl_uint count); /* 1 by default; the last one has the devices */
fake_device_settings *fake_settings(cl_device_id device);
cl_context fake_context(cl_uint count, const cl_device_id *devices);
cl_command_queue fake_queue(cl_context context, cl_device_id device);
cl_mem fake_buffer(cl_context context, cl_mem_flags flags, uint64_t size);
cl_mem fake_sub_buffer(cl_mem parent, cl_mem_flags flags, size_t origin, size_t size);
cl_mem fake_host_buffer(cl_context context, void *memory, size_t size); /* CL_MEM_USE_HOST_PTR */
cl_mem fake_image(cl_context context);
cl_event fake_event(cl_context context);
void fake_release(void *object);

/* USM memory of a type of cl_intel_unified_shared_memory; device NULL: of none. Zeroed, aligned to
 * 64 bytes. */
enum { FAKE_USM_HOST = 0x4197, FAKE_USM_DEVICE = 0x4198, FAKE_USM_SHARED = 0x4199 };
void *fake_usm(cl_context context, cl_device_id device, cl_uint type, size_t size);
/* SVM memory, of which OpenCL tells nothing. */
void *fake_svm(size_t size);

/* References, 0 for a dead object. */
long fake_references(void *object);

/* Objects alive that the library made. */
size_t fake_live_programs(void);
size_t fake_live_kernels(void);

/* Calls the library made since fake_reset, of one function (NULL: of all). */
size_t fake_calls(const char *function);

/*
 * Makes the n-th call from now (the first is 1) fail with code, and with
 * `from_there_on` every later one. A failing call does nothing but scribble
 * over what it was to fill, except that a failing release still releases:
 * nobody may touch the object again. n 0: no faults any more.
 */
void fake_fail(size_t n, cl_int code, bool from_there_on);

/* The calls made to fail since fake_fail, "clGetDeviceInfo CL_DEVICE_TYPE"; NULL behind the last.
 */
const char *fake_failed(size_t index);

/*
 * Answers a query, "clGetProgramInfo CL_PROGRAM_NUM_DEVICES", with these bytes from now on, or its
 * size, "... (size)", with this one. size is also what the driver says it wrote. NULL: the truth.
 */
void fake_lie(const char *query, const void *bytes, size_t size);

/*
 * The ledger survives fake_reset: per call site (function, and what it asked
 * for), how often it was called and made to fail. name NULL behind the last.
 */
typedef struct fake_ledger_row {
    const char *name;
    size_t calls, failures;
} fake_ledger_row;
fake_ledger_row fake_ledger(size_t index);

/* Called by each clBuildProgram, before it does anything, with no lock held. NULL: none. */
extern void (*fake_before_build)(const char *options);

/*
 * Whether a kernel is kept between its arguments, and a context while it is created, so that
 * threads meet. Not by default.
 */
void fake_set_delay(bool delay);

/* What the library enqueued. */
enum { FAKE_MAX_ARGUMENTS = 40, FAKE_MAX_WAITS = 4 };

typedef struct fake_argument {
    char name[24];
    const char *function; /* that set it */
    bool buffer, set;     /* buffer: or a pointer */
    size_t size;
    unsigned char value[64];
} fake_argument;

typedef struct fake_command {
    const char *function; /* "clEnqueueNDRangeKernel" */
    bool marker;
    char kernel[40];
    cl_mem buffer; /* of a command on one: its bytes, and where in the host's memory */
    size_t offset, size;
    void *host;
    bool blocking;
    cl_command_queue queue;
    size_t global[3], local[3];
    cl_uint wait_count;
    cl_event waits[FAKE_MAX_WAITS];
    bool event_given;
    cl_event event;
    bool waited; /* somebody waited for the event */
    int argument_count;
    fake_argument arguments[FAKE_MAX_ARGUMENTS];
} fake_command;

size_t fake_command_count(void);
const fake_command *fake_command_at(size_t index);

/* An argument by the name it has in the kernel's source; fails the test when there is none. */
const fake_argument *fake_find_argument(const fake_command *command, const char *name);
cl_mem fake_buffer_argument(const fake_command *command, const char *name);
/* What a buffer was made of, whether the library made it or the test, dead or alive. */
typedef struct fake_buffer_made {
    cl_mem_flags flags;
    size_t size;
    const void *host; /* the caller's memory, or the copy of it */
} fake_buffer_made;
fake_buffer_made fake_buffer_of(cl_mem buffer);

/* What each byte is that a command reads from the device. */
enum { FAKE_RESULT = 0x5a };

/* A pointer that this function set. */
const void *fake_pointer_argument(const fake_command *command, const char *name,
                                  const char *function);
int64_t fake_integer_argument(const fake_command *command, const char *name, int element);
/* A float or a double. */
double fake_scalar_argument(const fake_command *command, const char *name);

/* The options of the programs the library built, in order; NULL behind the last. */
const char *fake_build_options(size_t index);

/*
 * Makes of a program's binary what a vendor's offline compiler would have made:
 * kernels whose names have a suffix, built without options. Returns its size.
 */
size_t fake_vendor_binary(const void *binary, const char *suffix, void *out, size_t room);

/* Whether two programs run the same: sources and options. */
bool fake_same_program(cl_program a, cl_program b);

#endif
