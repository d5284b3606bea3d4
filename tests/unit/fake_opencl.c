/* SPDX-License-Identifier: Apache-2.0 */
#include "fake_opencl.h"

#include <inttypes.h>
#include <pthread.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "../../cl/arguments.h"
#include "support.h"

typedef enum object_type {
    PLATFORM,
    DEVICE,
    CONTEXT,
    QUEUE,
    BUFFER,
    IMAGE,
    EVENT,
    PROGRAM,
    KERNEL
} object_type;

static const char *const type_names[] = {"platform", "device", "context", "queue", "buffer",
                                         "image",    "event",  "program", "kernel"};

enum {
    ALIVE = 0x11fe,
    DEAD = 0xdead,
    MAX_OBJECTS = 16384,
    MAX_PROGRAMS = 128,
    MAX_KERNELS = 4096,
    MAX_COMMANDS = 4096,
    MAX_DEVICES = 64,
    MAX_LEDGER = 128,
    MAX_FAILED = 256,
    SOURCE_SIZE = 192 * 1024
};

/* A dead object keeps its place until fake_reset, so that touching it is seen. */
typedef struct object {
    int magic;
    object_type type;
    long references, owned; /* owned: the test's own */
    struct object *context;
    struct object *device;  /* of a queue */
    struct object *program; /* of a kernel */
    size_t detail;          /* index in the table of its type */
    cl_mem_flags flags;
    size_t size, origin;
    void *host;            /* of a buffer that wraps the host's memory, or that has a copy of it */
    int mapped;            /* how often a buffer is, now */
    struct object *parent; /* of a sub-buffer or a sub-device */
    cl_uint device_count;
    struct object *devices[MAX_DEVICES];
} object;

typedef struct program_detail {
    char source[SOURCE_SIZE];
    char options[256];
    char suffix[24]; /* of its kernels' names: a vendor's binary */
    bool built, binary;
    bool kernel_made;            /* at least one */
    const struct object *device; /* the program was built for */
} program_detail;

/* A binary is this, and then the suffix, the options and the source, each with its zero. */
typedef struct binary_head {
    char magic[8];
    uint64_t hash; /* of what follows */
} binary_head;

typedef struct kernel_detail {
    char name[40];
    int count;
    fake_argument arguments[FAKE_MAX_ARGUMENTS];
    bool busy; /* between its first argument and its enqueue */
    pthread_t owner;
} kernel_detail;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static object objects[MAX_OBJECTS];
static fake_device_settings settings[MAX_DEVICES];
static program_detail programs[MAX_PROGRAMS];
static kernel_detail kernels[MAX_KERNELS];
static fake_command commands[MAX_COMMANDS];
static size_t object_count, device_count, program_count, kernel_count, command_count;
static char build_options[MAX_PROGRAMS][256];
static size_t build_count;
static object *platform;
static cl_uint platforms; /* the last one is `platform` and has the devices */
static unsigned char arena[1 << 24]; /* SVM and USM memory */
static size_t arena_used;
static struct {
    const unsigned char *base;
    size_t size;
    cl_context context;
    cl_device_id device;
    cl_uint type;
} usm[256];
static size_t usm_count;
static size_t violations;
static bool delay;

static struct {
    char name[80];
    size_t calls, failures, calls_since_reset;
} ledger[MAX_LEDGER];
static size_t ledger_count;

static struct {
    size_t countdown; /* 0: no fault */
    bool from_there_on, reached;
    cl_int code;
    size_t rows[MAX_FAILED], count;
} fault;

#if defined(__GNUC__)
__attribute__((format(printf, 1, 2)))
#endif
static void
violation(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    fprintf(stderr, "fake OpenCL: violation: ");
    vfprintf(stderr, format, arguments);
    fprintf(stderr, "\n");
    va_end(arguments);
    ++violations;
}

static object *make(object_type type, object *context, long owned)
{
    if (object_count == MAX_OBJECTS) {
        violation("more than %d objects: raise MAX_OBJECTS", MAX_OBJECTS);
        object_count = 0;
    }
    object *o = &objects[object_count++];
    memset(o, 0, sizeof *o);
    o->magic = ALIVE;
    o->type = type;
    o->references = 1;
    o->owned = owned;
    o->context = context;
    return o;
}

/* The object behind a handle that may be anything at all; NULL when it is none of this type. */
static object *find(const void *handle, object_type type, const char *function)
{
    const uintptr_t at = (uintptr_t)handle, first = (uintptr_t)objects;
    if (at < first || at >= first + object_count * sizeof *objects ||
        (at - first) % sizeof *objects != 0)
        return NULL;
    object *o = &objects[(at - first) / sizeof *objects];
    if (o->magic == DEAD)
        violation("%s uses a dead %s", function, type_names[o->type]);
    return o->magic == ALIVE && (o->type == type || (type == BUFFER && o->type == IMAGE)) ? o
                                                                                          : NULL;
}

static struct {
    const char *query;
    const void *bytes;
    size_t size;
} lie;

static void drop(object *o)
{
    if (--o->references == 0)
        o->magic = DEAD;
}

static void *own(object_type type, cl_context context)
{
    pthread_mutex_lock(&lock);
    object *o = make(type, (object *)(void *)context, 1);
    pthread_mutex_unlock(&lock);
    return o;
}

void (*fake_before_build)(const char *options);

void fake_reset(void)
{
    fake_before_build = NULL;
    object_count = device_count = program_count = kernel_count = command_count = 0;
    build_count = arena_used = usm_count = 0;
    violations = 0;
    delay = false;
    fake_lie(NULL, NULL, 0);
    memset(&fault, 0, sizeof fault);
    for (size_t i = 0; i < ledger_count; ++i)
        ledger[i].calls_since_reset = 0;
    platform = own(PLATFORM, NULL);
    platforms = 1;
}

void fake_verify(void)
{
    size_t bad = violations;
    for (size_t i = 0; i < object_count; ++i) {
        const object *o = &objects[i];
        if (o->magic == ALIVE && o->references != o->owned) {
            fprintf(stderr, "fake OpenCL: a %s has %ld references, expected %ld\n",
                    type_names[o->type], o->references, o->owned);
            ++bad;
        }
        if (o->magic == DEAD && o->owned > 0) {
            fprintf(stderr, "fake OpenCL: a %s of the test's was released\n", type_names[o->type]);
            ++bad;
        }
    }
    assert_int_equal(bad, 0);
}

cl_device_id fake_device(void)
{
    const fake_device_settings ordinary = {
        .type = CL_DEVICE_TYPE_GPU,
        .units = 4,
        .vector_width = 1,
        .dimensions = 3,
        .address_bits = 64,
        .group_size = 256,
        .local_memory = 32768,
        .local_type = CL_LOCAL,
        .max_allocation = 1 << 28,
        .cache = 1 << 20,
        .item_size = 256,
        .kernel_group_size = 256,
        .name = "fake device",
        .driver = "1.0",
        .platform = "fake platform",
        .profile = "FULL_PROFILE",
        .extensions = "cl_khr_byte_addressable_store cl_khr_fp64",
        .vendor = "fake vendor",
        .version = "OpenCL 1.2 fake",
        .platform_version = "OpenCL 1.2 fake platform",
        .il = "",
        .build_result = CL_SUCCESS,
        .binary_status = CL_SUCCESS,
        .binary_result = CL_SUCCESS,
        .build_log = "",
        .hidden = NULL,
    };
    if (device_count == MAX_DEVICES) {
        violation("more than %d devices: raise MAX_DEVICES", MAX_DEVICES);
        device_count = 0;
    }
    object *o = own(DEVICE, NULL);
    o->detail = device_count++;
    settings[o->detail] = ordinary;
    return (cl_device_id)(void *)o;
}

void fake_platforms(cl_uint count)
{
    platforms = count;
}

cl_device_id fake_sub_device(cl_device_id parent)
{
    cl_device_id device = fake_device();
    *fake_settings(device) = *fake_settings(parent);
    ((object *)(void *)device)->parent = (object *)(void *)parent;
    return device;
}

fake_device_settings *fake_settings(cl_device_id device)
{
    return &settings[((object *)(void *)device)->detail];
}

cl_context fake_context(cl_uint count, const cl_device_id *devices)
{
    object *o = own(CONTEXT, NULL);
    o->device_count = count;
    for (cl_uint i = 0; i < count; ++i)
        o->devices[i] = (object *)(void *)devices[i];
    return (cl_context)(void *)o;
}

cl_command_queue fake_queue(cl_context context, cl_device_id device)
{
    object *o = own(QUEUE, context);
    o->device = (object *)(void *)device;
    return (cl_command_queue)(void *)o;
}

cl_mem fake_buffer(cl_context context, cl_mem_flags flags, uint64_t size)
{
    object *o = own(BUFFER, context);
    assert_true(size <= SIZE_MAX);
    o->flags = flags;
    o->size = (size_t)size;
    return (cl_mem)(void *)o;
}

cl_mem fake_sub_buffer(cl_mem parent, cl_mem_flags flags, size_t origin, size_t size)
{
    object *whole = (object *)(void *)parent;
    object *o = own(BUFFER, (cl_context)(void *)whole->context);
    o->parent = whole;
    o->flags = flags;
    o->origin = origin;
    o->size = size;
    return (cl_mem)(void *)o;
}

cl_mem fake_host_buffer(cl_context context, void *memory, size_t size)
{
    cl_mem buffer = fake_buffer(context, CL_MEM_READ_WRITE | CL_MEM_USE_HOST_PTR, size);
    ((object *)(void *)buffer)->host = memory;
    return buffer;
}

void *fake_svm(size_t size)
{
    unsigned char *const memory = arena + arena_used;
    arena_used += (size + 63) / 64 * 64;
    assert_true(arena_used <= sizeof arena);
    memset(memory, 0, size);
    return memory;
}

void *fake_usm(cl_context context, cl_device_id device, cl_uint type, size_t size)
{
    assert_true(usm_count < sizeof usm / sizeof *usm);
    unsigned char *const base = fake_svm(size);
    usm[usm_count].base = base;
    usm[usm_count].size = size;
    usm[usm_count].context = context;
    usm[usm_count].device = device;
    usm[usm_count++].type = type;
    return base;
}

cl_mem fake_image(cl_context context)
{
    object *o = own(IMAGE, context);
    o->flags = CL_MEM_READ_WRITE;
    o->size = 4096;
    return (cl_mem)(void *)o;
}

cl_event fake_event(cl_context context)
{
    return (cl_event)own(EVENT, context);
}

void fake_release(void *handle)
{
    pthread_mutex_lock(&lock);
    object *o = handle;
    if (o->magic != ALIVE)
        violation("the test releases something dead");
    else
        drop(o);
    if (o->owned > 0)
        --o->owned;
    pthread_mutex_unlock(&lock);
}

long fake_references(void *handle)
{
    const object *o = handle;
    return o->magic == ALIVE ? o->references : 0;
}

static size_t live(object_type type)
{
    size_t count = 0;
    for (size_t i = 0; i < object_count; ++i)
        count += objects[i].magic == ALIVE && objects[i].type == type;
    return count;
}

size_t fake_live_programs(void)
{
    return live(PROGRAM);
}

size_t fake_live_kernels(void)
{
    return live(KERNEL);
}

void fake_fail(size_t n, cl_int code, bool from_there_on)
{
    memset(&fault, 0, sizeof fault);
    fault.countdown = n;
    fault.code = code;
    fault.from_there_on = from_there_on;
}

void fake_lie(const char *query, const void *bytes, size_t size)
{
    lie.query = query;
    lie.bytes = bytes;
    lie.size = size;
}

/* Whether the lie is about this query. */
static bool is_lie(const char *function, const char *what)
{
    const size_t length = strlen(function);
    return lie.query != NULL && strncmp(lie.query, function, length) == 0 &&
           strcmp(lie.query + length + 1, what) == 0;
}

const char *fake_failed(size_t index)
{
    return index < fault.count ? ledger[fault.rows[index]].name : NULL;
}

fake_ledger_row fake_ledger(size_t index)
{
    fake_ledger_row row = {NULL, 0, 0};
    if (index < ledger_count)
        row = (fake_ledger_row){ledger[index].name, ledger[index].calls, ledger[index].failures};
    return row;
}

size_t fake_calls(const char *function)
{
    const size_t length = function != NULL ? strlen(function) : 0;
    size_t calls = 0;
    for (size_t i = 0; i < ledger_count; ++i)
        if (function == NULL || (strncmp(ledger[i].name, function, length) == 0 &&
                                 (ledger[i].name[length] == ' ' || ledger[i].name[length] == '\0')))
            calls += ledger[i].calls_since_reset;
    return calls;
}

void fake_set_delay(bool on)
{
    delay = on;
}

/* Enters a call in the ledger; its code to fail with, or CL_SUCCESS. */
static cl_int enter(const char *function, const char *what)
{
    char name[80];
    size_t row = 0;
    snprintf(name, sizeof name, "%s%s%s", function, what[0] != '\0' ? " " : "", what);
    while (row < ledger_count && strcmp(ledger[row].name, name) != 0)
        ++row;
    if (row == ledger_count) {
        if (ledger_count == MAX_LEDGER) {
            violation("more than %d call sites: raise MAX_LEDGER", MAX_LEDGER);
            row = 0;
        } else {
            memcpy(ledger[ledger_count++].name, name, sizeof name);
        }
    }
    ++ledger[row].calls;
    ++ledger[row].calls_since_reset;
    if (fault.countdown == 0 || (fault.reached && !fault.from_there_on))
        return CL_SUCCESS;
    if (!fault.reached && --fault.countdown > 0)
        return CL_SUCCESS;
    fault.reached = true;
    fault.countdown = 1;
    ++ledger[row].failures;
    if (fault.count < MAX_FAILED)
        fault.rows[fault.count++] = row;
    return fault.code;
}

typedef struct property {
    cl_uint info;
    const char *name;
    size_t size;
    const void *value;
} property;

#define PROPERTY(info, value)                                                                      \
    {                                                                                              \
        info, #info, sizeof(value), &(value)                                                       \
    }
#define PROPERTY_STRING(info, string)                                                              \
    {                                                                                              \
        info, #info, strlen(string) + 1, string                                                    \
    }
#define COUNT(array) (sizeof(array) / sizeof *(array))

/*
 * Answers a query. invalid is the code for a bad handle, which a query may be
 * asked about: callers hand in what they like.
 */
static cl_int answer(const char *function, bool valid, cl_int invalid, const property *list,
                     size_t count, cl_uint info, size_t size, void *value, size_t *size_ret)
{
    const property *p = list;
    while (p < list + count && p->info != info)
        ++p;
    char what[64];
    snprintf(what, sizeof what, "%s%s", p < list + count ? p->name : "unknown",
             value == NULL ? " (size)" : "");
    const cl_int code = enter(function, what);
    if (code != CL_SUCCESS) {
        /* Drivers leave anything behind. */
        if (value != NULL)
            memset(value, 0xa5, size);
        if (size_ret != NULL)
            *size_ret = 0xa5a5;
        return code;
    }
    if (!valid)
        return invalid;
    if (p == list + count) {
        violation("%s asks for 0x%x, which this fake does not know", function, info);
        return CL_INVALID_VALUE;
    }
    if (is_lie(function, what)) {
        if (value != NULL)
            memcpy(value, lie.bytes, lie.size < size ? lie.size : size);
        if (size_ret != NULL)
            *size_ret = lie.size;
        return CL_SUCCESS;
    }
    if (value == NULL && size_ret == NULL)
        violation("%s %s asks for nothing", function, p->name);
    if (value != NULL && size < p->size)
        return CL_INVALID_VALUE;
    if (value != NULL && p->size > 0)
        memcpy(value, p->value, p->size);
    if (size_ret != NULL)
        *size_ret = p->size;
    return CL_SUCCESS;
}

CL_API_ENTRY cl_int CL_API_CALL clGetPlatformIDs(cl_uint room, cl_platform_id *ids, cl_uint *count)
{
    static object empty = {.magic = ALIVE, .type = PLATFORM};
    pthread_mutex_lock(&lock);
    cl_int code = enter(__func__, ids == NULL ? "(size)" : "");
    if (code == CL_SUCCESS && platforms == 0)
        code = -1001; /* CL_PLATFORM_NOT_FOUND_KHR */
    if ((ids == NULL) != (room == 0))
        violation("%s of %u platforms", __func__, room);
    for (cl_uint i = 0; i < room && i < platforms; ++i)
        ids[i] = (cl_platform_id)(void *)(i + 1 < platforms ? &empty : platform);
    if (count != NULL)
        *count = code == CL_SUCCESS ? platforms : 0xa5a5;
    pthread_mutex_unlock(&lock);
    return code;
}

/* Sub-devices are not listed. */
CL_API_ENTRY cl_int CL_API_CALL clGetDeviceIDs(cl_platform_id handle, cl_device_type type,
                                               cl_uint room, cl_device_id *ids, cl_uint *count)
{
    cl_uint found = 0;
    pthread_mutex_lock(&lock);
    cl_int code = enter(__func__, ids == NULL ? "(size)" : "");
    if (type != CL_DEVICE_TYPE_ALL || (ids == NULL) != (room == 0))
        violation("%s of type 0x%x, %u devices", __func__, (unsigned)type, room);
    for (size_t i = 0; code == CL_SUCCESS && i < object_count; ++i)
        if ((object *)(void *)handle == platform && objects[i].type == DEVICE &&
            objects[i].parent == NULL) {
            if (found < room)
                ids[found] = (cl_device_id)(void *)&objects[i];
            ++found;
        }
    if (code == CL_SUCCESS && found == 0)
        code = CL_DEVICE_NOT_FOUND;
    if (count != NULL)
        *count = code == CL_SUCCESS ? found : 0xa5a5;
    pthread_mutex_unlock(&lock);
    return code;
}

CL_API_ENTRY cl_context CL_API_CALL clCreateContext(
    const cl_context_properties *properties, cl_uint count, const cl_device_id *devices,
    void(CL_CALLBACK *notify)(const char *, const void *, size_t, void *), void *user,
    cl_int *code_ret)
{
    pthread_mutex_lock(&lock);
    cl_int code = enter(__func__, "");
    object *o = NULL;
    if (notify != NULL || user != NULL || count != 1 || properties[0] != CL_CONTEXT_PLATFORM ||
        (object *)(void *)(intptr_t)properties[1] != platform || properties[2] != 0)
        violation("%s: other arguments than those this fake knows", __func__);
    object *device = find(devices[0], DEVICE, __func__);
    if (code == CL_SUCCESS && device == NULL)
        code = CL_INVALID_DEVICE;
    if (code == CL_SUCCESS) {
        o = make(CONTEXT, NULL, 0);
        o->device_count = 1;
        o->devices[0] = device;
    }
    *code_ret = code;
    const bool wait = delay;
    pthread_mutex_unlock(&lock);
    if (wait)
        usleep(200);
    return (cl_context)(void *)o;
}

CL_API_ENTRY cl_int CL_API_CALL clGetPlatformInfo(cl_platform_id handle, cl_platform_info info,
                                                  size_t size, void *value, size_t *size_ret)
{
    pthread_mutex_lock(&lock);
    const object *o = find(handle, PLATFORM, __func__);
    const property list[] = {
        PROPERTY_STRING(CL_PLATFORM_NAME, settings[0].platform),
        PROPERTY_STRING(CL_PLATFORM_VERSION, settings[0].platform_version),
    };
    const cl_int code = answer(__func__, o != NULL, CL_INVALID_PLATFORM, list, COUNT(list), info,
                               size, value, size_ret);
    pthread_mutex_unlock(&lock);
    return code;
}

CL_API_ENTRY cl_int CL_API_CALL clGetDeviceInfo(cl_device_id handle, cl_device_info info,
                                                size_t size, void *value, size_t *size_ret)
{
    pthread_mutex_lock(&lock);
    const object *o = find(handle, DEVICE, __func__);
    const fake_device_settings *s = &settings[o != NULL ? o->detail : 0];
    size_t sizes[32];
    for (size_t i = 0; i < COUNT(sizes); ++i)
        sizes[i] = s->item_size;
    const cl_platform_id id = (cl_platform_id)(void *)platform;
    const cl_device_id parent = o != NULL ? (cl_device_id)(void *)o->parent : NULL;
    const property list[] = {
        PROPERTY(CL_DEVICE_PARENT_DEVICE, parent),
        PROPERTY(CL_DEVICE_TYPE, s->type),
        PROPERTY(CL_DEVICE_PLATFORM, id),
        PROPERTY(CL_DEVICE_ADDRESS_BITS, s->address_bits),
        PROPERTY(CL_DEVICE_MAX_COMPUTE_UNITS, s->units),
        PROPERTY(CL_DEVICE_NATIVE_VECTOR_WIDTH_FLOAT, s->vector_width),
        PROPERTY(CL_DEVICE_MAX_WORK_GROUP_SIZE, s->group_size),
        PROPERTY(CL_DEVICE_LOCAL_MEM_SIZE, s->local_memory),
        PROPERTY(CL_DEVICE_LOCAL_MEM_TYPE, s->local_type),
        PROPERTY(CL_DEVICE_MAX_MEM_ALLOC_SIZE, s->max_allocation),
        PROPERTY(CL_DEVICE_GLOBAL_MEM_CACHE_SIZE, s->cache),
        PROPERTY(CL_DEVICE_MAX_WORK_ITEM_DIMENSIONS, s->dimensions),
        {CL_DEVICE_MAX_WORK_ITEM_SIZES, "CL_DEVICE_MAX_WORK_ITEM_SIZES",
         s->dimensions * sizeof *sizes, sizes},
        PROPERTY_STRING(CL_DEVICE_NAME, s->name),
        PROPERTY_STRING(CL_DRIVER_VERSION, s->driver),
        PROPERTY_STRING(CL_DEVICE_PROFILE, s->profile),
        PROPERTY_STRING(CL_DEVICE_VENDOR, s->vendor),
        PROPERTY_STRING(CL_DEVICE_VERSION, s->version),
        PROPERTY_STRING(CL_DEVICE_EXTENSIONS, s->extensions),
        {0x105B, "CL_DEVICE_IL_VERSION", strlen(s->il) + 1, s->il},
        {0x1053, "CL_DEVICE_SVM_CAPABILITIES", sizeof s->svm, &s->svm},
        PROPERTY(CL_DEVICE_HOST_UNIFIED_MEMORY, s->unified),
    };
    const cl_int code = answer(__func__, o != NULL, CL_INVALID_DEVICE, list, COUNT(list), info,
                               size, value, size_ret);
    pthread_mutex_unlock(&lock);
    return code;
}

CL_API_ENTRY cl_int CL_API_CALL clGetContextInfo(cl_context handle, cl_context_info info,
                                                 size_t size, void *value, size_t *size_ret)
{
    pthread_mutex_lock(&lock);
    const object *o = find(handle, CONTEXT, __func__);
    cl_device_id ids[MAX_DEVICES] = {NULL};
    for (cl_uint i = 0; o != NULL && i < o->device_count; ++i)
        ids[i] = (cl_device_id)(void *)o->devices[i];
    const property list[] = {{CL_CONTEXT_DEVICES, "CL_CONTEXT_DEVICES",
                              (o != NULL ? o->device_count : 0) * sizeof *ids, ids}};
    const cl_int code = answer(__func__, o != NULL, CL_INVALID_CONTEXT, list, COUNT(list), info,
                               size, value, size_ret);
    pthread_mutex_unlock(&lock);
    return code;
}

CL_API_ENTRY cl_int CL_API_CALL clGetCommandQueueInfo(cl_command_queue handle,
                                                      cl_command_queue_info info, size_t size,
                                                      void *value, size_t *size_ret)
{
    pthread_mutex_lock(&lock);
    const object *o = find(handle, QUEUE, __func__);
    const cl_context context = o != NULL ? (cl_context)(void *)o->context : NULL;
    const cl_device_id device = o != NULL ? (cl_device_id)(void *)o->device : NULL;
    const property list[] = {PROPERTY(CL_QUEUE_CONTEXT, context),
                             PROPERTY(CL_QUEUE_DEVICE, device)};
    const cl_int code = answer(__func__, o != NULL, CL_INVALID_COMMAND_QUEUE, list, COUNT(list),
                               info, size, value, size_ret);
    pthread_mutex_unlock(&lock);
    return code;
}

CL_API_ENTRY cl_int CL_API_CALL clGetMemObjectInfo(cl_mem handle, cl_mem_info info, size_t size,
                                                   void *value, size_t *size_ret)
{
    pthread_mutex_lock(&lock);
    const object *o = find(handle, BUFFER, __func__);
    static const object none;
    const object *m = o != NULL ? o : &none;
    const cl_mem_object_type type = m->type == IMAGE ? CL_MEM_OBJECT_IMAGE2D : CL_MEM_OBJECT_BUFFER;
    const cl_context context = (cl_context)(void *)m->context;
    const cl_mem parent = (cl_mem)(void *)m->parent;
    const property list[] = {
        PROPERTY(CL_MEM_TYPE, type),        PROPERTY(CL_MEM_FLAGS, m->flags),
        PROPERTY(CL_MEM_CONTEXT, context),  PROPERTY(CL_MEM_SIZE, m->size),
        PROPERTY(CL_MEM_OFFSET, m->origin), PROPERTY(CL_MEM_ASSOCIATED_MEMOBJECT, parent),
        PROPERTY(CL_MEM_HOST_PTR, m->host),
    };
    cl_int code = answer(__func__, o != NULL, CL_INVALID_MEM_OBJECT, list, COUNT(list), info, size,
                         value, size_ret);
    if (info == CL_MEM_OFFSET && o != NULL && o->parent == NULL)
        code = CL_OUT_OF_HOST_MEMORY; /* what Xilinx's runtime says of a buffer without a parent */
    pthread_mutex_unlock(&lock);
    return code;
}

CL_API_ENTRY cl_int CL_API_CALL clGetEventInfo(cl_event handle, cl_event_info info, size_t size,
                                               void *value, size_t *size_ret)
{
    pthread_mutex_lock(&lock);
    const object *o = find(handle, EVENT, __func__);
    const cl_context context = o != NULL ? (cl_context)(void *)o->context : NULL;
    const cl_int state = CL_COMPLETE;
    const property list[] = {PROPERTY(CL_EVENT_CONTEXT, context),
                             PROPERTY(CL_EVENT_COMMAND_EXECUTION_STATUS, state)};
    const cl_int code = answer(__func__, o != NULL, CL_INVALID_EVENT, list, COUNT(list), info, size,
                               value, size_ret);
    pthread_mutex_unlock(&lock);
    return code;
}

CL_API_ENTRY cl_int CL_API_CALL clGetProgramBuildInfo(cl_program handle, cl_device_id device,
                                                      cl_program_build_info info, size_t size,
                                                      void *value, size_t *size_ret)
{
    pthread_mutex_lock(&lock);
    const object *o = find(handle, PROGRAM, __func__), *d = find(device, DEVICE, __func__);
    if (o == NULL || d == NULL)
        violation("%s without program or device", __func__);
    const char *log = settings[d != NULL ? d->detail : 0].build_log;
    const property list[] = {
        {CL_PROGRAM_BUILD_LOG, "CL_PROGRAM_BUILD_LOG", log != NULL ? strlen(log) + 1 : 0, log}};
    const cl_int code = answer(__func__, o != NULL && d != NULL, CL_INVALID_PROGRAM, list,
                               COUNT(list), info, size, value, size_ret);
    pthread_mutex_unlock(&lock);
    return code;
}

CL_API_ENTRY cl_int CL_API_CALL clGetKernelWorkGroupInfo(cl_kernel handle, cl_device_id device,
                                                         cl_kernel_work_group_info info,
                                                         size_t size, void *value, size_t *size_ret)
{
    pthread_mutex_lock(&lock);
    const object *o = find(handle, KERNEL, __func__), *d = find(device, DEVICE, __func__);
    if (o == NULL || d == NULL)
        violation("%s without kernel or device", __func__);
    const fake_device_settings *s = &settings[d != NULL ? d->detail : 0];
    const property list[] = {PROPERTY(CL_KERNEL_WORK_GROUP_SIZE, s->kernel_group_size)};
    const cl_int code = answer(__func__, o != NULL && d != NULL, CL_INVALID_KERNEL, list,
                               COUNT(list), info, size, value, size_ret);
    pthread_mutex_unlock(&lock);
    return code;
}

static cl_int retain(void *handle, object_type type, cl_int invalid, const char *function)
{
    pthread_mutex_lock(&lock);
    cl_int code = enter(function, "");
    object *o = find(handle, type, function);
    if (o == NULL) {
        violation("%s of something else", function);
        code = invalid;
    } else if (code == CL_SUCCESS) {
        ++o->references;
    }
    pthread_mutex_unlock(&lock);
    return code;
}

static cl_int release(void *handle, object_type type, cl_int invalid, const char *function)
{
    pthread_mutex_lock(&lock);
    cl_int code = enter(function, "");
    object *o = find(handle, type, function);
    if (o == NULL) {
        violation("%s of something else", function);
        code = invalid;
    } else if (o->references <= o->owned) {
        violation("%s of a reference that is the test's", function);
    } else {
        drop(o);
    }
    pthread_mutex_unlock(&lock);
    return code;
}

CL_API_ENTRY cl_int CL_API_CALL clRetainContext(cl_context context)
{
    return retain(context, CONTEXT, CL_INVALID_CONTEXT, __func__);
}

CL_API_ENTRY cl_int CL_API_CALL clReleaseContext(cl_context context)
{
    return release(context, CONTEXT, CL_INVALID_CONTEXT, __func__);
}

CL_API_ENTRY cl_int CL_API_CALL clRetainDevice(cl_device_id device)
{
    return retain(device, DEVICE, CL_INVALID_DEVICE, __func__);
}

CL_API_ENTRY cl_int CL_API_CALL clReleaseDevice(cl_device_id device)
{
    return release(device, DEVICE, CL_INVALID_DEVICE, __func__);
}

CL_API_ENTRY cl_int CL_API_CALL clRetainProgram(cl_program program)
{
    return retain(program, PROGRAM, CL_INVALID_PROGRAM, __func__);
}

CL_API_ENTRY cl_int CL_API_CALL clReleaseProgram(cl_program program)
{
    return release(program, PROGRAM, CL_INVALID_PROGRAM, __func__);
}

CL_API_ENTRY cl_int CL_API_CALL clReleaseKernel(cl_kernel kernel)
{
    return release(kernel, KERNEL, CL_INVALID_KERNEL, __func__);
}

CL_API_ENTRY cl_int CL_API_CALL clReleaseEvent(cl_event event)
{
    return release(event, EVENT, CL_INVALID_EVENT, __func__);
}

CL_API_ENTRY cl_int CL_API_CALL clReleaseMemObject(cl_mem memory)
{
    pthread_mutex_lock(&lock);
    const object *o = find(memory, BUFFER, __func__);
    if (o != NULL && o->mapped != 0)
        violation("%s of a buffer that is mapped", __func__);
    pthread_mutex_unlock(&lock);
    return release(memory, BUFFER, CL_INVALID_MEM_OBJECT, __func__);
}

CL_API_ENTRY cl_int CL_API_CALL clReleaseCommandQueue(cl_command_queue queue)
{
    return release(queue, QUEUE, CL_INVALID_COMMAND_QUEUE, __func__);
}

CL_API_ENTRY cl_command_queue CL_API_CALL
clCreateCommandQueue(cl_context handle, cl_device_id device, cl_command_queue_properties properties,
                     cl_int *code_ret)
{
    pthread_mutex_lock(&lock);
    const cl_int code = enter(__func__, "");
    object *const context = find(handle, CONTEXT, __func__), *o = NULL;
    if (context == NULL || find(device, DEVICE, __func__) == NULL || properties != 0)
        violation("%s without context or device, or not in order", __func__);
    if (code == CL_SUCCESS) {
        o = make(QUEUE, context, 0);
        o->device = (object *)(void *)device;
    }
    if (code_ret != NULL)
        *code_ret = code;
    pthread_mutex_unlock(&lock);
    return (cl_command_queue)(void *)o;
}

CL_API_ENTRY cl_mem CL_API_CALL clCreateBuffer(cl_context handle, cl_mem_flags flags, size_t size,
                                               void *host, cl_int *code_ret)
{
    pthread_mutex_lock(&lock);
    const bool given = (flags & (CL_MEM_USE_HOST_PTR | CL_MEM_COPY_HOST_PTR)) != 0;
    cl_int code = enter(__func__, "");
    object *const context = find(handle, CONTEXT, __func__), *o = NULL;
    if (context == NULL || size == 0 || given != (host != NULL)) {
        violation("%s without context or size, or with host memory that the flags do not tell",
                  __func__);
        code = CL_INVALID_VALUE;
    } else if (code == CL_SUCCESS) {
        o = make(BUFFER, context, 0);
        o->flags = flags;
        o->size = size;
        if ((flags & CL_MEM_COPY_HOST_PTR) != 0)
            o->host = memcpy(fake_svm(size), host, size);
        else
            o->host = host;
    }
    if (code_ret != NULL)
        *code_ret = code;
    pthread_mutex_unlock(&lock);
    return (cl_mem)(void *)o;
}

fake_buffer_made fake_buffer_of(cl_mem buffer)
{
    const object *const o = (const object *)(const void *)buffer;
    assert_true(o->type == BUFFER);
    return (fake_buffer_made){o->flags, o->size, o->host};
}

CL_API_ENTRY cl_program CL_API_CALL clCreateProgramWithSource(cl_context handle, cl_uint count,
                                                              const char **strings,
                                                              const size_t *lengths,
                                                              cl_int *code_ret)
{
    pthread_mutex_lock(&lock);
    cl_int code = enter(__func__, "");
    object *context = find(handle, CONTEXT, __func__), *o = NULL;
    if (context == NULL || count == 0 || strings == NULL || program_count == MAX_PROGRAMS) {
        violation("%s without context or sources, or too often", __func__);
        code = CL_INVALID_VALUE;
    } else if (code == CL_SUCCESS) {
        program_detail *p = &programs[program_count];
        size_t used = 0;
        p->built = p->binary = p->kernel_made = false;
        p->device = NULL;
        p->suffix[0] = '\0';
        for (cl_uint i = 0; i < count; ++i) {
            const size_t length =
                lengths != NULL && lengths[i] > 0 ? lengths[i] : strlen(strings[i]);
            if (used + length >= sizeof p->source) {
                violation("%s: the sources are too long for this fake", __func__);
                break;
            }
            memcpy(p->source + used, strings[i], length);
            used += length;
        }
        p->source[used] = '\0';
        o = make(PROGRAM, context, 0);
        o->detail = program_count++;
    }
    if (code_ret != NULL)
        *code_ret = code;
    pthread_mutex_unlock(&lock);
    return (cl_program)(void *)o;
}

static uint64_t binary_hash(const unsigned char *bytes, size_t size)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    for (size_t i = 0; i < size; ++i)
        hash = (hash ^ bytes[i]) * UINT64_C(0x100000001b3);
    return hash;
}

/* Puts three texts behind the head; the whole size, written only where there is room. */
static size_t write_binary(const char *const texts[3], unsigned char *out, size_t room)
{
    binary_head head = {"fakebin", 0};
    size_t size = sizeof head;
    for (int i = 0; i < 3; ++i)
        size += strlen(texts[i]) + 1;
    if (size > room)
        return size;
    size = sizeof head;
    for (int i = 0; i < 3; ++i) {
        memcpy(out + size, texts[i], strlen(texts[i]) + 1);
        size += strlen(texts[i]) + 1;
    }
    head.hash = binary_hash(out + sizeof head, size - sizeof head);
    memcpy(out, &head, sizeof head);
    return size;
}

/* False for what no fake has written. */
static bool read_binary(const unsigned char *binary, size_t size, const char *texts[3])
{
    binary_head head;
    if (size <= sizeof head)
        return false;
    memcpy(&head, binary, sizeof head);
    if (memcmp(head.magic, "fakebin", 8) != 0 || binary[size - 1] != '\0' ||
        head.hash != binary_hash(binary + sizeof head, size - sizeof head))
        return false;
    const char *at = (const char *)binary + sizeof head;
    for (int i = 0; i < 3; ++i) {
        texts[i] = at;
        at += strlen(at) + 1;
    }
    return true;
}

size_t fake_vendor_binary(const void *binary, const char *suffix, void *out, size_t room)
{
    const char *texts[3];
    binary_head head;
    memcpy(&head, binary, sizeof head);
    texts[0] = (const char *)binary + sizeof head;
    texts[1] = texts[0] + strlen(texts[0]) + 1;
    texts[2] = texts[1] + strlen(texts[1]) + 1;
    texts[0] = suffix;
    return write_binary(texts, out, room);
}

bool fake_same_program(cl_program a, cl_program b)
{
    const program_detail *one = &programs[((object *)(void *)a)->detail];
    const program_detail *other = &programs[((object *)(void *)b)->detail];
    return strcmp(one->source, other->source) == 0 && strcmp(one->options, other->options) == 0;
}

/* As strict as the specification lets it be, but for the binary itself, which may be anything. */
CL_API_ENTRY cl_program CL_API_CALL clCreateProgramWithBinary(cl_context handle, cl_uint count,
                                                              const cl_device_id *devices,
                                                              const size_t *lengths,
                                                              const unsigned char **binaries,
                                                              cl_int *status, cl_int *code_ret)
{
    pthread_mutex_lock(&lock);
    const char *texts[3];
    cl_int code = enter(__func__, "");
    object *context = find(handle, CONTEXT, __func__), *o = NULL;
    object *d = count == 1 && devices != NULL ? find(devices[0], DEVICE, __func__) : NULL;
    if (context == NULL || d == NULL || lengths == NULL || binaries == NULL || lengths[0] == 0 ||
        binaries[0] == NULL || status == NULL || program_count == MAX_PROGRAMS) {
        violation("%s without context, device or binary, or too often", __func__);
        code = CL_INVALID_VALUE;
    } else if (code == CL_SUCCESS) {
        *status = settings[d->detail].binary_status;
        if (!read_binary(binaries[0], lengths[0], texts)) {
            *status = code = CL_INVALID_BINARY;
        } else {
            program_detail *p = &programs[program_count];
            p->built = p->kernel_made = false;
            p->binary = true;
            snprintf(p->suffix, sizeof p->suffix, "%s", texts[0]);
            snprintf(p->options, sizeof p->options, "%s", texts[1]);
            snprintf(p->source, sizeof p->source, "%s", texts[2]);
            o = make(PROGRAM, context, 0);
            o->detail = program_count++;
        }
    } else {
        *status = code;
    }
    if (code_ret != NULL)
        *code_ret = code;
    pthread_mutex_unlock(&lock);
    return (cl_program)(void *)o;
}

/* A module is the magic of SPIR-V before what the other function takes. */
static cl_program CL_API_CALL create_program_with_il(cl_context handle, const void *il,
                                                     size_t length, cl_int *code_ret)
{
    static const unsigned char module_magic[] = {0x03, 0x02, 0x23, 0x07};
    pthread_mutex_lock(&lock);
    const char *texts[3];
    cl_int code = enter("clCreateProgramWithILKHR", "");
    object *context = find(handle, CONTEXT, __func__), *o = NULL;
    if (context == NULL || il == NULL || length <= sizeof module_magic ||
        memcmp(il, module_magic, sizeof module_magic) != 0 || program_count == MAX_PROGRAMS) {
        violation("%s without context or module, or too often", __func__);
        code = CL_INVALID_VALUE;
    } else if (code == CL_SUCCESS && !read_binary((const unsigned char *)il + sizeof module_magic,
                                                  length - sizeof module_magic, texts)) {
        code = CL_INVALID_VALUE;
    } else if (code == CL_SUCCESS) {
        program_detail *p = &programs[program_count];
        p->built = p->kernel_made = false;
        p->binary = true;
        snprintf(p->suffix, sizeof p->suffix, "%s", texts[0]);
        snprintf(p->options, sizeof p->options, "%s", texts[1]);
        snprintf(p->source, sizeof p->source, "%s", texts[2]);
        o = make(PROGRAM, context, 0);
        o->detail = program_count++;
    }
    if (code_ret != NULL)
        *code_ret = code;
    pthread_mutex_unlock(&lock);
    return (cl_program)(void *)o;
}

/* Whether a device is the whole or one of its sub-devices. */
static bool is_part(const object *device, const object *whole)
{
    while (device != NULL && device != whole)
        device = device->parent;
    return device != NULL;
}

/* The name that a source gives its kernel itself; false if the options tell it. */
static bool given_name(const program_detail *p, char name[80])
{
    static const char define[] = "#define LRN_KERNEL_NAME(name) cllrn_";
    const char *at = strstr(p->source, define);
    if (at == NULL)
        return false;
    at += strlen(define) - strlen("cllrn_");
    snprintf(name, 80, "%.*s", (int)strcspn(at, "\n"), at);
    return true;
}

/* A program has a place for each device of the context, and a binary of the one it was built for.
 */
CL_API_ENTRY cl_int CL_API_CALL clGetProgramInfo(cl_program handle, cl_program_info info,
                                                 size_t size, void *value, size_t *size_ret)
{
    pthread_mutex_lock(&lock);
    const object *o = find(handle, PROGRAM, __func__);
    cl_device_id ids[MAX_DEVICES] = {NULL};
    size_t sizes[MAX_DEVICES] = {0};
    unsigned char *places[MAX_DEVICES] = {NULL};
    const program_detail *p = &programs[o != NULL ? o->detail : 0];
    const object *context = o != NULL ? o->context : NULL;
    const cl_uint count = context == NULL ? 0 : context->device_count;
    const char *const texts[3] = {p->suffix, p->options, p->source};
    if (o != NULL && !p->built && info != CL_PROGRAM_CONTEXT && info != CL_PROGRAM_DEVICES &&
        info != CL_PROGRAM_NUM_DEVICES)
        violation("%s of a program not built", __func__);
    cl_uint own = 0;
    while (own < count && !is_part(p->device, context->devices[own]))
        ++own;
    const bool there = own < count && (p->kernel_made || !settings[p->device->detail].late);
    for (cl_uint i = 0; i < count; ++i)
        ids[i] = (cl_device_id)(void *)context->devices[i];
    if (there)
        sizes[own] = write_binary(texts, NULL, 0);
    if (info == CL_PROGRAM_BINARIES && value != NULL)
        memcpy(places, value, size < sizeof places ? size : sizeof places);
    const property list[] = {
        PROPERTY(CL_PROGRAM_NUM_DEVICES, count),
        {CL_PROGRAM_DEVICES, "CL_PROGRAM_DEVICES", count * sizeof *ids, ids},
        {CL_PROGRAM_BINARY_SIZES, "CL_PROGRAM_BINARY_SIZES", count * sizeof *sizes, sizes},
        {CL_PROGRAM_BINARIES, "CL_PROGRAM_BINARIES", count * sizeof *places, places},
    };
    /* As of a runtime's program: with a kernel of its own, which the library knows nothing of. */
    char names[200] = "runtime_copy", name[80];
    if (given_name(p, name))
        snprintf(names, sizeof names, "runtime_copy;%s", name);
    const property more[] = {
        list[0],
        list[1],
        list[2],
        list[3],
        {CL_PROGRAM_CONTEXT, "CL_PROGRAM_CONTEXT", sizeof context, &context},
        PROPERTY_STRING(CL_PROGRAM_KERNEL_NAMES, names),
    };
    unsigned char *const place = there ? places[own] : NULL;
    const cl_int code = answer(__func__, o != NULL, CL_INVALID_PROGRAM, more, COUNT(more), info,
                               size, value, size_ret);
    if (code == CL_SUCCESS && info == CL_PROGRAM_BINARIES && place != NULL)
        write_binary(texts, place, sizes[own]);
    for (cl_uint i = 0; code == CL_SUCCESS && info == CL_PROGRAM_BINARIES && i < count; ++i)
        if (places[i] != NULL && !(there && i == own))
            violation("%s: asks for the binary of a device that has none", __func__);
    pthread_mutex_unlock(&lock);
    return code;
}

static bool has_int64(const fake_device_settings *s)
{
    return strcmp(s->profile, "EMBEDDED_PROFILE") != 0 ||
           strstr(s->extensions, "cles_khr_int64") != NULL;
}

CL_API_ENTRY cl_int CL_API_CALL
clBuildProgram(cl_program handle, cl_uint count, const cl_device_id *devices, const char *options,
               void(CL_CALLBACK *notify)(cl_program program, void *user_data), void *user_data)
{
    (void)user_data;
    if (fake_before_build != NULL)
        fake_before_build(options);
    pthread_mutex_lock(&lock);
    cl_int code = enter(__func__, "");
    object *o = find(handle, PROGRAM, __func__);
    object *d = count == 1 && devices != NULL ? find(devices[0], DEVICE, __func__) : NULL;
    if (o == NULL || d == NULL || options == NULL || strlen(options) >= sizeof programs->options ||
        notify != NULL) {
        violation("%s: not one device, no options, or not waiting for it", __func__);
        code = CL_INVALID_VALUE;
    } else if (code == CL_SUCCESS) {
        program_detail *p = &programs[o->detail];
        if (p->built)
            violation("%s: built twice", __func__);
        if (p->binary && strcmp(options, p->suffix[0] != '\0' ? "" : p->options) != 0)
            violation("%s: a binary built with other options than its own", __func__);
        if (!p->binary)
            snprintf(p->options, sizeof p->options, "%s", options);
        memcpy(build_options[build_count++], p->options, sizeof p->options);
        code = p->binary ? settings[d->detail].binary_result : settings[d->detail].build_result;
        /* This compiler does not know the types a small device lacks. */
        if (code == CL_SUCCESS &&
            ((strstr(options, "long") != NULL && !has_int64(&settings[d->detail])) ||
             (strstr(options, "-DLRN_DOUBLE") != NULL &&
              strstr(settings[d->detail].extensions, "cl_khr_fp64") == NULL)))
            code = CL_BUILD_PROGRAM_FAILURE;
        p->built = code == CL_SUCCESS;
        p->device = d;
    }
    pthread_mutex_unlock(&lock);
    return code;
}

const char *fake_build_options(size_t index)
{
    return index < build_count ? build_options[index] : NULL;
}

/* The rows of a list of cl/arguments.h. */
typedef struct row {
    const char *type, *name;
} row;
#define ROW(type, name, value) {#type, #name},
static const row fast_rows[] = {LRN_FAST_ARGUMENTS(ROW, ROW)};
static const row general_rows[] = {LRN_GENERAL_ARGUMENTS(ROW, ROW)};

static bool is_buffer(const char *type)
{
    return strcmp(type, "source") == 0 || strcmp(type, "result") == 0 ||
           strcmp(type, "scratch") == 0;
}

/* Size of a type of cl/arguments.h under the program's options. */
static size_t type_size(const program_detail *p, const char *type)
{
    const size_t index = strstr(p->options, "-DLRN_INDEX=long") != NULL ? 8 : 4;
    if (is_buffer(type))
        return sizeof(cl_mem);
    if (strcmp(type, "index") == 0)
        return index;
    if (strcmp(type, "axes") == 0)
        return 8 * index;
    if (strcmp(type, "offset") == 0)
        return strstr(p->options, "-DLRN_OFFSET=ulong") != NULL ? 8 : 4;
    if (strcmp(type, "scalar") == 0)
        return strstr(p->options, "-DLRN_DOUBLE") != NULL ? 8 : 4;
    return 4;
}

/* Reads the parameters of a kernel, the text after its '('. */
static void read_parameters(const program_detail *p, kernel_detail *k, const char *text)
{
    const bool fast = strncmp(text, "LRN_FAST_PARAMETERS)", 20) == 0;
    const row *rows = fast ? fast_rows : general_rows;
    k->count = (int)((fast ? sizeof fast_rows : sizeof general_rows) / sizeof *rows);
    if (!fast && strncmp(text, "LRN_GENERAL_PARAMETERS)", 23) != 0)
        violation("%s has parameters that this fake does not know", k->name);
    for (int i = 0; i < k->count; ++i) {
        fake_argument *a = &k->arguments[i];
        memset(a, 0, sizeof *a);
        snprintf(a->name, sizeof a->name, "%s", rows[i].name);
        a->buffer = is_buffer(rows[i].type);
        a->size = type_size(p, rows[i].type);
    }
}

/* Where the arguments of a kernel begin: LRN_KERNEL_NAME gives it the program's direction. */
static const char *find_kernel(const program_detail *p, const char *name)
{
    const char *const direction =
        strstr(p->options, "-DLRN_BACKWARD") != NULL ? "backward_" : "forward_";
    const size_t length = strlen(name), suffix = strlen(p->suffix), skipped = strlen(direction);
    char head[80], own[80];
    if (given_name(p, own)) {
        const char *kernel = strstr(p->source, "kernel void LRN_KERNEL_NAME(");
        kernel = kernel != NULL ? strchr(kernel, ')') : NULL;
        return kernel != NULL && strcmp(name, own) == 0 ? kernel + strlen(")(") : NULL;
    }
    if (strncmp(name, direction, skipped) != 0 || length < skipped + suffix ||
        strcmp(name + length - suffix, p->suffix) != 0)
        return NULL;
    snprintf(head, sizeof head, "kernel void LRN_KERNEL_NAME(%.*s)(",
             (int)(length - skipped - suffix), name + skipped);
    const char *at = strstr(p->source, head);
    return at != NULL ? at + strlen(head) : NULL;
}

/* The least CL_DEVICE_MAX_PARAMETER_SIZE that the specification allows a device. */
static void check_parameter_size(const kernel_detail *k, const object *context)
{
    const fake_device_settings *s = &settings[context->devices[0]->detail];
    const size_t most = strcmp(s->profile, "EMBEDDED_PROFILE") == 0 ? 256 : 1024;
    size_t size = 0;
    for (int i = 0; i < k->count; ++i)
        size += k->arguments[i].size;
    if (size > most)
        violation("%s has %zu bytes of arguments, %zu is the most", k->name, size, most);
}

CL_API_ENTRY cl_kernel CL_API_CALL clCreateKernel(cl_program handle, const char *name,
                                                  cl_int *code_ret)
{
    pthread_mutex_lock(&lock);
    cl_int code = enter(__func__, "");
    object *program = find(handle, PROGRAM, __func__), *o = NULL;
    if (program != NULL && !programs[program->detail].built) {
        code = CL_INVALID_PROGRAM_EXECUTABLE;
    } else if (program == NULL || kernel_count == MAX_KERNELS) {
        violation("%s of no program, or too often", __func__);
        code = CL_INVALID_PROGRAM;
    } else if (code == CL_SUCCESS) {
        program_detail *p = &programs[program->detail];
        kernel_detail *k = &kernels[kernel_count];
        memset(k, 0, sizeof *k);
        snprintf(k->name, sizeof k->name, "%s", name);
        const char *at = find_kernel(p, name);
        if (at == NULL) {
            if (!p->binary && strncmp(name, "runtime_", 8) != 0 && strncmp(name, "cllrn_", 6) != 0)
                violation("%s: no %s in the source", __func__, name);
            code = CL_INVALID_KERNEL_NAME;
        } else {
            read_parameters(p, k, at);
            check_parameter_size(k, program->context);
            o = make(KERNEL, program->context, 0);
            o->program = program;
            o->detail = kernel_count++;
            p->kernel_made = true;
        }
    }
    if (code_ret != NULL)
        *code_ret = code;
    pthread_mutex_unlock(&lock);
    return (cl_kernel)(void *)o;
}

static cl_int set_argument(const char *function, cl_kernel handle, cl_uint index, size_t size,
                           const void *value, bool pointer)
{
    pthread_mutex_lock(&lock);
    const cl_int code = enter(function, "");
    object *o = find(handle, KERNEL, function);
    if (o == NULL) {
        violation("%s of no kernel", function);
        pthread_mutex_unlock(&lock);
        return CL_INVALID_KERNEL;
    }
    kernel_detail *k = &kernels[o->detail];
    if (k->busy && !pthread_equal(k->owner, pthread_self()))
        violation("two threads set arguments of one %s", k->name);
    k->busy = code == CL_SUCCESS;
    k->owner = pthread_self();
    if (code == CL_SUCCESS) {
        fake_argument *a = &k->arguments[index < (cl_uint)k->count ? index : 0];
        if (index >= (cl_uint)k->count) {
            violation("%s has %d arguments, not %u", k->name, k->count, index + 1);
        } else if (size != a->size || value == NULL) {
            violation("argument %s of %s has %zu bytes, not %zu", a->name, k->name, a->size, size);
        } else {
            if (pointer && !a->buffer)
                violation("argument %s of %s is no pointer", a->name, k->name);
            if (a->buffer && !pointer) {
                cl_mem buffer;
                memcpy(&buffer, value, sizeof buffer);
                const object *m = find(buffer, BUFFER, function);
                if (m == NULL || m->type != BUFFER || m->context != o->context)
                    violation("argument %s of %s is no buffer of its context", a->name, k->name);
            }
            memcpy(a->value, value, size);
            a->set = true;
            a->function = function;
        }
    }
    const bool wait = delay;
    pthread_mutex_unlock(&lock);
    if (wait)
        sched_yield();
    return code;
}

CL_API_ENTRY cl_int CL_API_CALL clSetKernelArg(cl_kernel kernel, cl_uint index, size_t size,
                                               const void *value)
{
    return set_argument(__func__, kernel, index, size, value, false);
}

static cl_int CL_API_CALL set_svm(cl_kernel kernel, cl_uint index, const void *pointer)
{
    return set_argument("clSetKernelArgSVMPointer", kernel, index, sizeof pointer, &pointer, true);
}

static cl_int CL_API_CALL set_usm(cl_kernel kernel, cl_uint index, const void *pointer)
{
    return set_argument("clSetKernelArgMemPointerINTEL", kernel, index, sizeof pointer, &pointer,
                        true);
}

static cl_int CL_API_CALL usm_info(cl_context handle, const void *pointer, cl_uint info,
                                   size_t size, void *value, size_t *size_ret)
{
    pthread_mutex_lock(&lock);
    const object *context = find(handle, CONTEXT, "clGetMemAllocInfoINTEL");
    cl_uint type = 0x4196; /* unknown */
    const void *base = NULL;
    size_t length = 0;
    cl_device_id device = NULL;
    for (size_t i = 0; i < usm_count; ++i)
        if (usm[i].context == handle && (const unsigned char *)pointer >= usm[i].base &&
            (const unsigned char *)pointer < usm[i].base + usm[i].size) {
            type = usm[i].type;
            base = usm[i].base;
            length = usm[i].size;
            device = usm[i].device;
        }
    const property list[] = {{0x419A, "CL_MEM_ALLOC_TYPE_INTEL", sizeof type, &type},
                             {0x419B, "CL_MEM_ALLOC_BASE_PTR_INTEL", sizeof base, &base},
                             {0x419C, "CL_MEM_ALLOC_SIZE_INTEL", sizeof length, &length},
                             {0x419D, "CL_MEM_ALLOC_DEVICE_INTEL", sizeof device, &device}};
    const cl_int code = answer("clGetMemAllocInfoINTEL", context != NULL, CL_INVALID_CONTEXT, list,
                               COUNT(list), info, size, value, size_ret);
    pthread_mutex_unlock(&lock);
    return code;
}

CL_API_ENTRY void *CL_API_CALL clGetExtensionFunctionAddressForPlatform(cl_platform_id handle,
                                                                        const char *name)
{
    static const struct {
        const char *name;
        void (*function)(void);
    } functions[] = {{"clCreateProgramWithILKHR", (void (*)(void))create_program_with_il},
                     {"clSetKernelArgSVMPointer", (void (*)(void))set_svm},
                     {"clSetKernelArgMemPointerINTEL", (void (*)(void))set_usm},
                     {"clGetMemAllocInfoINTEL", (void (*)(void))usm_info}};
    const fake_device_settings *const s = &settings[0];
    void *found = NULL;
    pthread_mutex_lock(&lock);
    const bool there = enter(__func__, name) == CL_SUCCESS;
    find(handle, PLATFORM, __func__);
    for (size_t i = *s->il != '\0' ? 0 : 1; there && i < COUNT(functions); ++i)
        if (strcmp(functions[i].name, name) == 0 &&
            (s->hidden == NULL || strcmp(s->hidden, name) != 0))
            memcpy(&found, &functions[i].function, sizeof found);
    pthread_mutex_unlock(&lock);
    return found;
}

static bool check_waits(cl_uint count, const cl_event *list, const object *context,
                        const char *function)
{
    if ((count == 0) != (list == NULL)) {
        violation("%s: a wait list of %u events is %s", function, count,
                  list == NULL ? "NULL" : "given");
        return false;
    }
    for (cl_uint i = 0; i < count; ++i) {
        const object *e = find(list[i], EVENT, function);
        if (e == NULL || e->context != context) {
            violation("%s: entry %u of the wait list is no event of the context", function, i);
            return false;
        }
    }
    return true;
}

/* The next place in the list of commands, with what every command has. */
static fake_command *record(const char *function, cl_command_queue queue, cl_uint wait_count,
                            const cl_event *wait_list, cl_event *event, object *context)
{
    if (command_count == MAX_COMMANDS) {
        violation("more than %d commands: raise MAX_COMMANDS", MAX_COMMANDS);
        command_count = 0;
    }
    fake_command *c = &commands[command_count++];
    memset(c, 0, sizeof *c);
    c->function = function;
    c->queue = queue;
    c->wait_count = wait_count;
    for (cl_uint i = 0; i < wait_count && i < FAKE_MAX_WAITS; ++i)
        c->waits[i] = wait_list[i];
    c->event_given = event != NULL;
    if (event != NULL)
        *event = c->event = (cl_event)(void *)make(EVENT, context, 0);
    return c;
}

CL_API_ENTRY cl_int CL_API_CALL clEnqueueMarkerWithWaitList(cl_command_queue handle, cl_uint count,
                                                            const cl_event *list, cl_event *event)
{
    pthread_mutex_lock(&lock);
    cl_int code = enter(__func__, "");
    object *queue = find(handle, QUEUE, __func__);
    if (queue == NULL) {
        violation("%s: no queue", __func__);
        code = CL_INVALID_COMMAND_QUEUE;
    } else if (code == CL_SUCCESS) {
        if (check_waits(count, list, queue->context, __func__))
            record(__func__, handle, count, list, event, queue->context)->marker = true;
        else
            code = CL_INVALID_EVENT_WAIT_LIST;
    } else if (event != NULL) {
        memset(event, 0xa5, sizeof *event);
    }
    pthread_mutex_unlock(&lock);
    return code;
}

/* Checks a command on the bytes of a buffer. The object is in the buffer's context. */
static cl_int enter_transfer(const char *function, const object *queue, const object *buffer,
                             size_t offset, size_t size, cl_uint count, const cl_event *list)
{
    const cl_int code = enter(function, "");
    if (queue == NULL || buffer == NULL || queue->context != buffer->context) {
        violation("%s: no queue, no buffer, or of two contexts", function);
        return CL_INVALID_VALUE;
    }
    if (size == 0 || offset > buffer->size || size > buffer->size - offset) {
        violation("%s: %zu bytes at %zu of a buffer of %zu", function, size, offset, buffer->size);
        return CL_INVALID_VALUE;
    }
    return code != CL_SUCCESS || check_waits(count, list, queue->context, function)
               ? code
               : CL_INVALID_EVENT_WAIT_LIST;
}

CL_API_ENTRY cl_int CL_API_CALL clEnqueueReadBuffer(cl_command_queue queue_handle, cl_mem handle,
                                                    cl_bool blocking, size_t offset, size_t size,
                                                    void *host, cl_uint count, const cl_event *list,
                                                    cl_event *event)
{
    pthread_mutex_lock(&lock);
    object *const queue = find(queue_handle, QUEUE, __func__), *const buffer =
                                                                   find(handle, BUFFER, __func__);
    const cl_int code = enter_transfer(__func__, queue, buffer, offset, size, count, list);
    if (code == CL_SUCCESS) {
        fake_command *const c = record(__func__, queue_handle, count, list, event, queue->context);
        c->buffer = handle;
        c->offset = offset;
        c->size = size;
        c->host = memset(host, FAKE_RESULT, size);
        c->blocking = blocking;
    } else if (event != NULL) {
        memset(event, 0xa5, sizeof *event);
    }
    pthread_mutex_unlock(&lock);
    return code;
}

CL_API_ENTRY void *CL_API_CALL clEnqueueMapBuffer(cl_command_queue queue_handle, cl_mem handle,
                                                  cl_bool blocking, cl_map_flags flags,
                                                  size_t offset, size_t size, cl_uint count,
                                                  const cl_event *list, cl_event *event,
                                                  cl_int *code_ret)
{
    pthread_mutex_lock(&lock);
    void *mapped = NULL;
    object *const queue = find(queue_handle, QUEUE, __func__), *const buffer =
                                                                   find(handle, BUFFER, __func__);
    const cl_int code = enter_transfer(__func__, queue, buffer, offset, size, count, list);
    if (flags != CL_MAP_READ || blocking)
        violation("%s: not for reading, or blocking", __func__);
    if (code == CL_SUCCESS) {
        fake_command *const c = record(__func__, queue_handle, count, list, event, queue->context);
        mapped = (unsigned char *)buffer->host + offset;
        ++buffer->mapped;
        c->buffer = handle;
        c->offset = offset;
        c->size = size;
        c->host = mapped;
    } else if (event != NULL) {
        memset(event, 0xa5, sizeof *event);
    }
    if (code_ret != NULL)
        *code_ret = code;
    pthread_mutex_unlock(&lock);
    return mapped;
}

CL_API_ENTRY cl_int CL_API_CALL clEnqueueUnmapMemObject(cl_command_queue queue_handle,
                                                        cl_mem handle, void *mapped, cl_uint count,
                                                        const cl_event *list, cl_event *event)
{
    pthread_mutex_lock(&lock);
    object *const queue = find(queue_handle, QUEUE, __func__), *const buffer =
                                                                   find(handle, BUFFER, __func__);
    const cl_int code = enter_transfer(__func__, queue, buffer, 0, 1, count, list);
    if (buffer != NULL && (buffer->mapped == 0 || mapped == NULL))
        violation("%s: not mapped", __func__);
    if (buffer != NULL)
        --buffer->mapped; /* a driver that fails here fails to say more */
    if (code == CL_SUCCESS) {
        fake_command *const c = record(__func__, queue_handle, count, list, event, queue->context);
        c->buffer = handle;
        c->host = mapped;
    } else if (event != NULL) {
        memset(event, 0xa5, sizeof *event);
    }
    pthread_mutex_unlock(&lock);
    return code;
}

CL_API_ENTRY cl_int CL_API_CALL clWaitForEvents(cl_uint count, const cl_event *list)
{
    pthread_mutex_lock(&lock);
    const cl_int code = enter(__func__, "");
    const object *const first = count > 0 ? find(list[0], EVENT, __func__) : NULL;
    if (first == NULL || !check_waits(count, list, first->context, __func__))
        violation("%s for no event", __func__);
    for (size_t i = 0; i < command_count; ++i)
        for (cl_uint j = 0; j < count; ++j)
            commands[i].waited = commands[i].waited || commands[i].event == list[j];
    pthread_mutex_unlock(&lock);
    return code;
}

CL_API_ENTRY cl_int CL_API_CALL clFlush(cl_command_queue queue)
{
    pthread_mutex_lock(&lock);
    const cl_int code = enter(__func__, "");
    if (find(queue, QUEUE, __func__) == NULL)
        violation("%s of no queue", __func__);
    pthread_mutex_unlock(&lock);
    return code;
}

/* CL_SUCCESS, or what a strict device says to this launch. */
static cl_int check_launch(const object *queue, const object *kernel, cl_uint dimensions,
                           const size_t *global, const size_t *local)
{
    const fake_device_settings *s = &settings[queue->device->detail];
    const kernel_detail *k = &kernels[kernel->detail];
    size_t items = 1;
    if (queue->context != kernel->context)
        return CL_INVALID_CONTEXT;
    if (dimensions < 1 || dimensions > 3)
        return CL_INVALID_WORK_DIMENSION;
    for (int i = 0; i < k->count; ++i)
        if (!k->arguments[i].set)
            return CL_INVALID_KERNEL_ARGS;
    for (cl_uint i = 0; i < dimensions; ++i) {
        if (global == NULL || global[i] == 0)
            return CL_INVALID_GLOBAL_WORK_SIZE;
        if (local == NULL)
            continue;
        if (local[i] == 0 || global[i] % local[i] != 0)
            return CL_INVALID_WORK_GROUP_SIZE;
        if (local[i] > s->item_size)
            return CL_INVALID_WORK_ITEM_SIZE;
        items *= local[i];
    }
    return items > s->kernel_group_size || items > s->group_size ? CL_INVALID_WORK_GROUP_SIZE
                                                                 : CL_SUCCESS;
}

CL_API_ENTRY cl_int CL_API_CALL clEnqueueNDRangeKernel(cl_command_queue queue_handle,
                                                       cl_kernel kernel_handle, cl_uint dimensions,
                                                       const size_t *offset, const size_t *global,
                                                       const size_t *local, cl_uint count,
                                                       const cl_event *list, cl_event *event)
{
    pthread_mutex_lock(&lock);
    cl_int code = enter(__func__, "");
    object *queue = find(queue_handle, QUEUE, __func__);
    object *kernel = find(kernel_handle, KERNEL, __func__);
    if (queue == NULL || kernel == NULL || offset != NULL) {
        violation("%s: no queue, no kernel, or an offset", __func__);
        pthread_mutex_unlock(&lock);
        return CL_INVALID_VALUE;
    }
    kernel_detail *k = &kernels[kernel->detail];
    if (k->busy && !pthread_equal(k->owner, pthread_self()))
        violation("a thread enqueues %s while another sets its arguments", k->name);
    k->busy = false;
    if (code != CL_SUCCESS) {
        if (event != NULL)
            memset(event, 0xa5, sizeof *event);
    } else if ((code = check_launch(queue, kernel, dimensions, global, local)) != CL_SUCCESS) {
        violation("%s: %s fails with %d", __func__, k->name, code);
    } else if (!check_waits(count, list, queue->context, __func__)) {
        code = CL_INVALID_EVENT_WAIT_LIST;
    } else {
        fake_command *c = record(__func__, queue_handle, count, list, event, queue->context);
        memcpy(c->kernel, k->name, sizeof c->kernel);
        for (cl_uint i = 0; i < 3; ++i) {
            c->global[i] = i < dimensions ? global[i] : 1;
            c->local[i] = i < dimensions && local != NULL ? local[i] : 1;
        }
        c->argument_count = k->count;
        memcpy(c->arguments, k->arguments, sizeof c->arguments);
        for (int i = 0; i < k->count; ++i) {
            cl_mem buffer;
            memcpy(&buffer, k->arguments[i].value, sizeof buffer);
            if (k->arguments[i].buffer && strcmp(k->arguments[i].function, "clSetKernelArg") == 0)
                find(buffer, BUFFER, __func__);
        }
    }
    /* A kernel keeps its arguments alive in no way: all of them are due again. */
    for (int i = 0; i < k->count; ++i)
        k->arguments[i].set = false;
    pthread_mutex_unlock(&lock);
    return code;
}

size_t fake_command_count(void)
{
    return command_count;
}

const fake_command *fake_command_at(size_t index)
{
    assert_true(index < command_count);
    return &commands[index];
}

const fake_argument *fake_find_argument(const fake_command *command, const char *name)
{
    for (int i = 0; i < command->argument_count; ++i)
        if (strcmp(command->arguments[i].name, name) == 0)
            return &command->arguments[i];
    fail_msg("%s has no argument %s", command->kernel, name);
    return NULL;
}

cl_mem fake_buffer_argument(const fake_command *command, const char *name)
{
    const fake_argument *a = fake_find_argument(command, name);
    cl_mem buffer;
    assert_true(a->buffer);
    assert_string_equal(a->function, "clSetKernelArg");
    memcpy(&buffer, a->value, sizeof buffer);
    return buffer;
}

const void *fake_pointer_argument(const fake_command *command, const char *name,
                                  const char *function)
{
    const fake_argument *a = fake_find_argument(command, name);
    const void *pointer;
    assert_true(a->buffer);
    assert_string_equal(a->function, function);
    memcpy(&pointer, a->value, sizeof pointer);
    return pointer;
}

int64_t fake_integer_argument(const fake_command *command, const char *name, int element)
{
    const fake_argument *a = fake_find_argument(command, name);
    /* 4 and 8 are scalars, 32 and 64 vectors of eight. */
    const size_t size = a->size > 8 ? a->size / 8 : a->size;
    int64_t wide;
    int32_t narrow;
    assert_false(a->buffer);
    if (size == sizeof wide) {
        memcpy(&wide, a->value + (size_t)element * size, size);
        return wide;
    }
    memcpy(&narrow, a->value + (size_t)element * size, size);
    return narrow;
}

double fake_scalar_argument(const fake_command *command, const char *name)
{
    const fake_argument *a = fake_find_argument(command, name);
    double wide;
    float narrow;
    if (a->size == sizeof wide) {
        memcpy(&wide, a->value, sizeof wide);
        return wide;
    }
    assert_int_equal(a->size, sizeof narrow);
    memcpy(&narrow, a->value, sizeof narrow);
    return (double)narrow;
}
