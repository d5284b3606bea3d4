/* SPDX-License-Identifier: Apache-2.0 */
#include "support.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "coefficients.h"
#include "params.h"

static atomic_size_t calls, failed;
static atomic_long live, mutexes;
static size_t fail_at; /* 0: never */
static bool fail_from_there_on;
int support_alloc_user;

int support_setup(void **state)
{
    (void)state;
    setenv("CLLRN_CACHE", "off", 1); /* not the user's own */
    fake_reset();
    atomic_store(&live, 0);
    atomic_store(&mutexes, 0);
    atomic_store(&calls, 0);
    memory_fail(0, false);
    disk_fail(0, 0, false);
    disk_before_open = NULL;
    disk_before = NULL;
    return 0;
}

int support_teardown(void **state)
{
    (void)state;
    memory_fail(0, false);
    disk_fail(0, 0, false);
    fake_verify();
    assert_int_equal(atomic_load(&live), 0);
    assert_int_equal(atomic_load(&mutexes), 0);
    return 0;
}

cllrn_error error_blank(void)
{
    cllrn_error error = CLLRN_ERROR_INIT;
    error.status = -1;
    error.cl_error = -12345;
    memset(error.message, '#', sizeof error.message - 1);
    return error;
}

void assert_error_blank(const cllrn_error *error)
{
    const cllrn_error blank = error_blank();
    assert_memory_equal(error, &blank, sizeof blank);
}

void assert_failed(cllrn_status expected, cllrn_status actual, const cllrn_error *error)
{
    if (actual != expected)
        print_message("message: %.100s\n", error->message);
    assert_string_equal(cllrn_status_string(actual), cllrn_status_string(expected));
    assert_int_equal(error->status, expected);
    assert_int_equal(error->struct_size, sizeof *error);
    assert_non_null(memchr(error->message, '\0', sizeof error->message));
    assert_true(strlen(error->message) > 10);
    assert_null(strpbrk(error->message, "#\n"));
    if (error->cl_error != CL_SUCCESS && strlen(error->message) < sizeof error->message - 1) {
        char code[32];
        snprintf(code, sizeof code, "(%d)", error->cl_error);
        assert_non_null(strstr(error->message, code));
    }
}

void assert_succeeded(cllrn_status actual, const cllrn_error *error)
{
    if (actual != CLLRN_SUCCESS)
        print_message("message: %.500s\n", error->message);
    assert_string_equal(cllrn_status_string(actual), "CLLRN_SUCCESS");
    assert_error_blank(error);
}

lrn_request request_of(const lrn_shape *shape, const cllrn_params *params, int32_t direction,
                       int32_t aliasing, const char *variant)
{
    return (lrn_request){.shape = shape,
                         .lower = lrn_params_lower(params),
                         .taps = lrn_params_taps(params),
                         .power = lrn_coefficients_make(params, false).power,
                         .direction = direction,
                         .aliasing = aliasing,
                         .variant = variant};
}

const lrn_variant *variant_named(const char *name)
{
    const lrn_variant *const lists[] = {lrn_variants_cpu, lrn_variants_gpu, lrn_variants_any};
    for (size_t i = 0; i < 3; ++i)
        for (const lrn_variant *row = lists[i]; row->name != NULL; ++row)
            if (strcmp(row->name, name) == 0)
                return row;
    fail_msg("no variant %s", name);
    return NULL;
}

cllrn_params make_params(int32_t convention, int64_t size, double alpha, double beta, double k)
{
    cllrn_params params = CLLRN_PARAMS_INIT;
    cllrn_error error = error_blank();
    assert_succeeded(cllrn_params_across(&params, convention, size, alpha, beta, k, &error),
                     &error);
    return params;
}

void set_window(cllrn_params *params, int64_t lower, int64_t upper)
{
    for (int i = 0; i < CLLRN_MAX_WINDOW; ++i) {
        params->window[i].lower = lower;
        params->window[i].upper = upper;
    }
}

void set_axes(cllrn_params *params, int32_t axes)
{
    params->window_count = axes == 0 ? 1 : axes;
    for (int i = 0; i < CLLRN_MAX_WINDOW; ++i) {
        params->window[i] = params->window[0];
        params->window[i].axis = axes == 0 ? CLLRN_AXIS_CHANNEL : i - axes;
    }
}

int32_t within_axes(const cllrn_params *params)
{
    return params->window[0].axis == CLLRN_AXIS_CHANNEL ? 0 : params->window_count;
}

cllrn_params make_window(int64_t lower, int64_t upper, double divisor, double alpha, double beta,
                         double k)
{
    cllrn_params params = make_params(CLLRN_CONVENTION_TORCH, 1, alpha, beta, k);
    set_window(&params, lower, upper);
    params.divisor = divisor;
    return params;
}

cllrn_params make_region(int64_t lower, int64_t upper, int32_t axes, double divisor, double alpha,
                         double beta, double k)
{
    cllrn_params params = make_window(lower, upper, divisor, alpha, beta, k);
    set_axes(&params, axes);
    return params;
}

cllrn_tensor make_tensor(int32_t rank, const int64_t *dims, const int64_t *strides,
                         int32_t channel_axis)
{
    cllrn_tensor tensor = CLLRN_TENSOR_INIT;
    cllrn_error error = error_blank();
    assert_succeeded(
        cllrn_tensor_set(&tensor, CLLRN_DTYPE_F32, rank, dims, strides, channel_axis, &error),
        &error);
    return tensor;
}

cllrn_tensor make_nchw(int64_t n, int64_t c, int64_t h, int64_t w)
{
    const int64_t dims[] = {n, c, h, w};
    return make_tensor(4, dims, NULL, 1);
}

cllrn_tensor make_nhwc(int64_t n, int64_t c, int64_t h, int64_t w)
{
    const int64_t dims[] = {n, h, w, c};
    return make_tensor(4, dims, NULL, -1);
}

cllrn_tensor make_blocked(int32_t rank, const int64_t *dims, int32_t channel_axis, int32_t block)
{
    cllrn_tensor tensor = CLLRN_TENSOR_INIT;
    cllrn_error error = error_blank();
    assert_succeeded(
        cllrn_tensor_set_blocked(&tensor, CLLRN_DTYPE_F32, rank, dims, channel_axis, block, &error),
        &error);
    return tensor;
}

cllrn_tensor with_dtype(cllrn_tensor tensor, int32_t dtype)
{
    tensor.dtype = dtype;
    return tensor;
}

static size_t list(const cllrn_tensor *tensor, bool padding, int64_t *offsets, size_t room)
{
    const int channel_axis =
        tensor->channel_axis < 0 ? tensor->channel_axis + tensor->rank : tensor->channel_axis;
    const int64_t block = tensor->channel_block > 1 ? tensor->channel_block : 1;
    int64_t channels = tensor->dims[channel_axis], positions = 1;
    size_t count = 0;
    while (padding && channels % block != 0)
        ++channels;
    for (int axis = 0; axis < tensor->rank; ++axis)
        positions *= axis == channel_axis ? 1 : tensor->dims[axis];
    for (int64_t position = 0; position < positions; ++position) {
        int64_t rest = position, offset = 0;
        for (int axis = tensor->rank - 1; axis >= 0; --axis) {
            if (axis == channel_axis)
                continue;
            offset += rest % tensor->dims[axis] * tensor->strides[axis];
            rest /= tensor->dims[axis];
        }
        for (int64_t c = 0; c < channels; ++c) {
            assert_true(count < room);
            offsets[count++] = offset + c / block * tensor->strides[channel_axis] + c % block;
        }
    }
    return count;
}

size_t list_offsets(const cllrn_tensor *tensor, int64_t *offsets, size_t room)
{
    return list(tensor, false, offsets, room);
}

size_t list_places(const cllrn_tensor *tensor, int64_t *offsets, size_t room)
{
    return list(tensor, true, offsets, room);
}

uint64_t random_next(uint64_t *state)
{
    uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

int64_t random_below(uint64_t *state, int64_t limit)
{
    return (int64_t)(random_next(state) % (uint64_t)limit);
}

float random_float(uint64_t *state, float low, float high)
{
    return low + (high - low) * ((float)(random_next(state) >> 40) / 16777216.0f);
}

cllrn_tensor random_tensor(uint64_t *state, int64_t max_elements)
{
    int64_t dims[CLLRN_MAX_RANK], elements = 1;
    const int32_t rank = (int32_t)(2 + random_below(state, 7));
    for (int axis = 0; axis < rank; ++axis) {
        dims[axis] = 1 + random_below(state, 5);
        if (elements * dims[axis] > max_elements)
            dims[axis] = 1;
        elements *= dims[axis];
    }
    return make_tensor(rank, dims, NULL, (int32_t)(random_below(state, 2 * rank) - rank));
}

void random_block(uint64_t *state, cllrn_tensor *tensor)
{
    tensor->channel_block = INT32_C(4) << random_below(state, 4);
}

void random_layout(uint64_t *state, cllrn_tensor *tensor)
{
    const int channel_axis =
        tensor->channel_axis < 0 ? tensor->channel_axis + tensor->rank : tensor->channel_axis;
    const int64_t block = tensor->channel_block > 1 ? tensor->channel_block : 1;
    int order[CLLRN_MAX_RANK] = {0};
    for (int i = 0; i < tensor->rank; ++i) {
        const int64_t place = random_below(state, i + 1);
        order[i] = order[place];
        order[place] = i;
    }
    int64_t step = random_below(state, 3) == 0 ? 1 + random_below(state, 3) : 1;
    if (block > 1)
        step += block - 1;
    for (int i = 0; i < tensor->rank; ++i) {
        const int axis = order[i];
        tensor->strides[axis] = random_below(state, 5) == 0 ? -step : step;
        step *=
            axis == channel_axis ? (tensor->dims[axis] + block - 1) / block : tensor->dims[axis];
        if (random_below(state, 3) == 0)
            step += random_below(state, 4);
    }
}

void random_strides(uint64_t *state, cllrn_tensor *tensor)
{
    for (int axis = 0; axis < tensor->rank; ++axis)
        tensor->strides[axis] = random_below(state, 15) - 7;
}

double ulp_error(float actual, double exact)
{
    int exponent;
    (void)frexp(exact, &exponent); /* exact in [2^(exponent-1), 2^exponent) */
    const double ulp = ldexp(1.0, (exponent < -125 ? -125 : exponent) - 24);
    return fabs((double)actual - exact) / ulp;
}

static bool is_little_endian(void)
{
    const uint16_t one = 1;
    return *(const unsigned char *)&one == 1;
}

static void reverse(unsigned char *bytes, size_t size)
{
    for (size_t i = 0; i < size / 2; ++i) {
        const unsigned char byte = bytes[i];
        bytes[i] = bytes[size - 1 - i];
        bytes[size - 1 - i] = byte;
    }
}

void read_golden(const char *set, const char *name, const char *suffix, void *data, size_t count,
                 size_t size)
{
    char path[512], header[128];
    snprintf(path, sizeof path, "%s/%s/%s.%s.npy", DATA_DIR, set, name, suffix);
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        fail_msg("%s cannot be opened", path);
    assert_int_equal(fread(header, 1, sizeof header, file), sizeof header);
    assert_memory_equal(header, "\x93NUMPY\x01", 7);
    assert_int_equal(header[127], '\n');
    assert_int_equal(fread(data, size, count, file), count);
    assert_int_equal(fgetc(file), EOF);
    fclose(file);
    for (size_t i = 0; i < count && !is_little_endian(); ++i)
        reverse((unsigned char *)data + i * size, size);
}

uint32_t float_bits(float x)
{
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}

float bits_float(uint32_t bits)
{
    float x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

void memory_fail(size_t n, bool from_there_on)
{
    fail_at = n > 0 ? atomic_load(&calls) + n : 0;
    fail_from_there_on = from_there_on;
    atomic_store(&failed, 0);
}

size_t memory_calls(void)
{
    return atomic_load(&calls);
}

size_t memory_failed(void)
{
    return atomic_load(&failed);
}

static bool runs_out(void)
{
    const size_t call = atomic_fetch_add(&calls, 1) + 1;
    const bool now = fail_at != 0 && (call == fail_at || (fail_from_there_on && call > fail_at));
    if (now)
        atomic_fetch_add(&failed, 1);
    return now;
}

/* The linker's --wrap puts these in place of the real ones, in the library as in the tests. */
void *__real_calloc(size_t count, size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__real_malloc(size_t size);
void *__wrap_malloc(size_t size);
void __real_free(void *memory);
void __wrap_free(void *memory);
int __real_pthread_mutex_init(pthread_mutex_t *mutex, const pthread_mutexattr_t *attributes);
int __wrap_pthread_mutex_init(pthread_mutex_t *mutex, const pthread_mutexattr_t *attributes);
int __real_pthread_mutex_destroy(pthread_mutex_t *mutex);
int __wrap_pthread_mutex_destroy(pthread_mutex_t *mutex);

void *__wrap_malloc(size_t size)
{
    void *memory = runs_out() ? NULL : __real_malloc(size);
    if (memory != NULL) {
        memset(memory, 0xa5, size);
        atomic_fetch_add(&live, 1);
    }
    return memory;
}

/* What compilers make of malloc and memset. */
void *__wrap_calloc(size_t count, size_t size)
{
    void *memory = runs_out() ? NULL : __real_calloc(count, size);
    if (memory != NULL)
        atomic_fetch_add(&live, 1);
    return memory;
}

void __wrap_free(void *memory)
{
    if (memory != NULL)
        atomic_fetch_sub(&live, 1);
    __real_free(memory);
}

int __wrap_pthread_mutex_init(pthread_mutex_t *mutex, const pthread_mutexattr_t *attributes)
{
    if (runs_out())
        return 1;
    atomic_fetch_add(&mutexes, 1);
    return __real_pthread_mutex_init(mutex, attributes);
}

int __wrap_pthread_mutex_destroy(pthread_mutex_t *mutex)
{
    atomic_fetch_sub(&mutexes, 1);
    return __real_pthread_mutex_destroy(mutex);
}

static struct {
    const char *functions; /* NULL: all */
    size_t calls, at;      /* at 0: never */
    int code;
    bool from_there_on;
} disk;

int (*disk_before_open)(int directory, const char *name, int flags);

void (*disk_before)(const char *function);

int disk_names_only(int directory, const char *name, int flags)
{
    (void)directory, (void)name;
#ifdef O_TMPFILE
    return (flags & O_TMPFILE) == O_TMPFILE ? EOPNOTSUPP : 0;
#else
    (void)flags;
    return 0;
#endif
}

void disk_fail(size_t n, int code, bool from_there_on)
{
    disk_fail_in(NULL, n, code, from_there_on);
}

void disk_fail_in(const char *functions, size_t n, int code, bool from_there_on)
{
    disk.functions = functions;
    disk.calls = 0;
    disk.at = n;
    disk.code = code;
    disk.from_there_on = from_there_on;
}

size_t disk_calls(void)
{
    return disk.calls;
}

static bool disk_fails(const char *function)
{
    if (disk_before != NULL)
        disk_before(function);
    if (disk.functions != NULL && strstr(disk.functions, function) == NULL)
        return false;
    ++disk.calls;
    if (disk.at == 0 || disk.calls < disk.at || (disk.calls > disk.at && !disk.from_there_on))
        return false;
    errno = disk.code;
    return true;
}

int __real_openat(int directory, const char *path, int flags, ...);
int __wrap_openat(int directory, const char *path, int flags, ...);
ssize_t __real_read(int fd, void *data, size_t size);
ssize_t __wrap_read(int fd, void *data, size_t size);
ssize_t __real_write(int fd, const void *data, size_t size);
ssize_t __wrap_write(int fd, const void *data, size_t size);
int __real_fsync(int fd);
int __wrap_fsync(int fd);
int __real_close(int fd);
int __wrap_close(int fd);
int __real_fcntl(int fd, int command, ...);
int __wrap_fcntl(int fd, int command, ...);
int __real_flock(int fd, int operation);
int __wrap_flock(int fd, int operation);
int __real_access(const char *path, int mode);
int __wrap_access(const char *path, int mode);
int __real_linkat(int from, const char *old, int to, const char *new, int flags);
int __wrap_linkat(int from, const char *old, int to, const char *new, int flags);
int __real_renameat(int from, const char *old, int to, const char *new);
int __wrap_renameat(int from, const char *old, int to, const char *new);
int __real_mkdir(const char *path, mode_t mode);
int __wrap_mkdir(const char *path, mode_t mode);
int __real_fstat(int fd, struct stat *status);
int __wrap_fstat(int fd, struct stat *status);

int __wrap_openat(int directory, const char *path, int flags, ...)
{
    va_list arguments;
    va_start(arguments, flags);
    const mode_t mode = va_arg(arguments, mode_t); /* the library always passes one */
    va_end(arguments);
    const int code = disk_before_open != NULL ? disk_before_open(directory, path, flags) : 0;
    if (code != 0)
        errno = code;
    return code != 0 || disk_fails("openat") ? -1 : __real_openat(directory, path, flags, mode);
}

/* Small pieces, as a pipe or a network may hand them out. */
ssize_t __wrap_read(int fd, void *data, size_t size)
{
    return disk_fails("read") ? -1 : __real_read(fd, data, size < 65536 ? size : 65536);
}

ssize_t __wrap_write(int fd, const void *data, size_t size)
{
    if (disk_fails("write"))
        return disk.code == 0 ? 0 : -1;
    return __real_write(fd, data, size < 65536 ? size : 65536);
}

int __wrap_fsync(int fd)
{
    (void)fd; /* slow, and no test can tell */
    return disk_fails("fsync") ? -1 : 0;
}

/* Closed in any case, as Linux does. */
int __wrap_close(int fd)
{
    const bool fails = disk_fails("close");
    const int code = errno, closed = __real_close(fd);
    if (fails)
        errno = code;
    return fails ? -1 : closed;
}

/* The library makes copies of descriptors with it, and no more. */
int __wrap_fcntl(int fd, int command, ...)
{
    va_list arguments;
    va_start(arguments, command);
    const int number = va_arg(arguments, int);
    va_end(arguments);
    return disk_fails("fcntl") ? -1 : __real_fcntl(fd, command, number);
}

int __wrap_flock(int fd, int operation)
{
    return disk_fails("flock") ? -1 : __real_flock(fd, operation);
}

int __wrap_access(const char *path, int mode)
{
    return disk_fails("access") ? -1 : __real_access(path, mode);
}

int __wrap_linkat(int from, const char *old, int to, const char *new, int flags)
{
    return disk_fails("linkat") ? -1 : __real_linkat(from, old, to, new, flags);
}

int __wrap_renameat(int from, const char *old, int to, const char *new)
{
    return disk_fails("renameat") ? -1 : __real_renameat(from, old, to, new);
}

int __wrap_mkdir(const char *path, mode_t mode)
{
    return disk_fails("mkdir") ? -1 : __real_mkdir(path, mode);
}

int __wrap_fstat(int fd, struct stat *status)
{
    return disk_fails("fstat") ? -1 : __real_fstat(fd, status);
}

void directory_make(char path[64])
{
    snprintf(path, 64, "/tmp/cllrn-unit-XXXXXX");
    assert_non_null(mkdtemp(path));
}

size_t directory_list(const char *path, const char *suffix, char found[320])
{
    size_t count = 0;
    DIR *list = opendir(path);
    if (list == NULL)
        return 0;
    for (const struct dirent *item; (item = readdir(list)) != NULL;) {
        const size_t length = strlen(item->d_name), end = strlen(suffix);
        if (item->d_type != DT_REG || length < end ||
            strcmp(item->d_name + length - end, suffix) != 0)
            continue;
        snprintf(found, 320, "%.60s/%.255s", path, item->d_name);
        ++count;
    }
    closedir(list);
    return count;
}

void directory_remove(const char *path)
{
    char command[128];
    snprintf(command, sizeof command, "rm -rf '%s'", path);
    assert_int_equal(system(command), 0);
}

void *support_alloc(void *user, size_t size)
{
    assert_ptr_equal(user, &support_alloc_user);
    /* A word in front tells memory of this allocator from malloc's; rubbish lies behind it. */
    uint64_t *memory = malloc(size + 32);
    if (memory == NULL)
        return NULL;
    *memory = UINT64_C(0xa110ca7ed);
    return memory + 2;
}

void support_free(void *user, void *memory)
{
    assert_ptr_equal(user, &support_alloc_user);
    assert_non_null(memory);
    uint64_t *whole = (uint64_t *)memory - 2;
    assert_true(*whole == UINT64_C(0xa110ca7ed));
    free(whole);
}

world world_handles(void)
{
    static const cllrn_engine_options defaults = CLLRN_ENGINE_OPTIONS_INIT;
    world w;
    memset(&w, 0, sizeof w);
    w.device = fake_device();
    w.context = fake_context(1, &w.device);
    w.queue = fake_queue(w.context, w.device);
    w.options = defaults;
    w.options.alloc = support_alloc;
    w.options.free = support_free;
    w.options.alloc_user = &support_alloc_user;
    return w;
}

void world_engine(world *w)
{
    cllrn_error error = error_blank();
    assert_succeeded(cllrn_engine_create(w->context, w->device, &w->options, &w->engine, &error),
                     &error);
}

world world_open(void)
{
    world w = world_handles();
    world_engine(&w);
    return w;
}

void world_close(world *w)
{
    cllrn_engine_destroy(w->engine);
    fake_release(w->queue);
    fake_release(w->context);
    fake_release(w->device);
}

static cllrn_plan *create_plan(const world *w, cllrn_problem problem)
{
    cllrn_error error = error_blank();
    cllrn_plan *plan = NULL;
    assert_succeeded(cllrn_plan_create(w->engine, &problem, &plan, &error), &error);
    return plan;
}

cllrn_plan *world_plan(const world *w, const cllrn_params *params, const cllrn_tensor *src,
                       const cllrn_tensor *dst, const char *variant)
{
    cllrn_problem problem = CLLRN_PROBLEM_INIT;
    problem.params = params;
    problem.src = src;
    problem.dst = dst;
    problem.variant = variant;
    problem.aliasing = CLLRN_ALIASING_EITHER;
    return create_plan(w, problem);
}

cllrn_plan *world_backward_plan(const world *w, const cllrn_params *params, const cllrn_tensor *src,
                                const cllrn_tensor *dy, const cllrn_tensor *dst,
                                const char *variant)
{
    cllrn_problem problem = CLLRN_PROBLEM_INIT;
    problem.direction = CLLRN_DIRECTION_BACKWARD;
    problem.params = params;
    problem.src = src;
    problem.dy = dy;
    problem.dst = dst;
    problem.variant = variant;
    problem.aliasing = CLLRN_ALIASING_EITHER;
    return create_plan(w, problem);
}

cllrn_memory make_memory(cl_mem buffer, uint64_t offset)
{
    cllrn_memory memory = CLLRN_MEMORY_INIT;
    memory.buffer = buffer;
    memory.offset = offset;
    return memory;
}

cllrn_operands make_operands(const cllrn_memory *src, const cllrn_memory *dy,
                             const cllrn_memory *dst, const cllrn_memory *scratch)
{
    cllrn_operands operands = CLLRN_OPERANDS_INIT;
    operands.src = src;
    operands.dy = dy;
    operands.dst = dst;
    operands.scratch = scratch;
    return operands;
}
