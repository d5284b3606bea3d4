/* SPDX-License-Identifier: Apache-2.0 */
#include "support.h"

#include <ctype.h>
#include <stdlib.h>

#include "device.h"
#include "engine.h"

typedef struct heard {
    size_t count;
    int32_t level;
    char last[600];
} heard;

static void listen(void *user, int32_t level, const char *message)
{
    heard *h = user;
    ++h->count;
    h->level = level;
    snprintf(h->last, sizeof h->last, "%s", message);
}

static void engine_create__defaults_SUCCESS(void **state)
{
    world w = world_handles();
    cllrn_engine *engine = UNTOUCHED;
    cllrn_error error = error_blank();
    (void)state;

    const cllrn_status status = cllrn_engine_create(w.context, w.device, NULL, &engine, &error);

    assert_succeeded(status, &error);
    assert_ptr_equal(cllrn_engine_context(engine), w.context);
    assert_ptr_equal(cllrn_engine_device(engine), w.device);
    assert_int_equal(cllrn_engine_programs_made(engine), 0);
    assert_int_equal(strlen(cllrn_engine_kernel_hash(engine)), 16);
    assert_int_equal(strspn(cllrn_engine_kernel_hash(engine), "0123456789abcdef"), 16);
    assert_int_equal(fake_references(w.context), 2);
    assert_int_equal(fake_references(w.device), 2);
    assert_int_equal(fake_calls("clCreateProgramWithSource"), 0);
    cllrn_engine_destroy(engine);
    assert_int_equal(fake_references(w.context), 1);
    assert_int_equal(fake_references(w.device), 1);
    world_close(&w);
}

static void engine_create__no_error_struct_SUCCESS(void **state)
{
    world w = world_handles();
    (void)state;

    assert_int_equal(cllrn_engine_create(w.context, w.device, &w.options, &w.engine, NULL), 0);
    world_close(&w);
}

static void engine_create__null_INVALID_ARGUMENT(void **state)
{
    world w = world_handles();
    cllrn_engine *engine = UNTOUCHED;
    cllrn_error error;
    (void)state;

    error = error_blank();
    assert_failed(CLLRN_INVALID_ARGUMENT,
                  cllrn_engine_create(NULL, w.device, NULL, &engine, &error), &error);
    error = error_blank();
    assert_failed(CLLRN_INVALID_ARGUMENT,
                  cllrn_engine_create(w.context, NULL, NULL, &engine, &error), &error);
    error = error_blank();
    assert_failed(CLLRN_INVALID_ARGUMENT,
                  cllrn_engine_create(w.context, w.device, NULL, NULL, &error), &error);
    assert_ptr_equal(engine, UNTOUCHED);
    assert_int_equal(fake_calls(NULL), 0);
    world_close(&w);
}

static void engine_create__bad_options_INVALID_ARGUMENT(void **state)
{
    world w = world_handles();
    cllrn_engine *engine = UNTOUCHED;
    cllrn_error error;
    (void)state;

    const cllrn_engine_options good = w.options;
    for (int bad = 0; bad < 5; ++bad) {
        cllrn_engine_options options = good;
        if (bad == 0)
            options.struct_size = 0;
        if (bad == 1)
            --options.struct_size;
        if (bad == 2)
            options.alloc = NULL;
        if (bad == 3)
            options.free = NULL;
        if (bad == 4)
            options.reserved = 1;
        error = error_blank();
        assert_failed(CLLRN_INVALID_ARGUMENT,
                      cllrn_engine_create(w.context, w.device, &options, &engine, &error), &error);
    }
    assert_ptr_equal(engine, UNTOUCHED);
    assert_int_equal(fake_calls(NULL), 0);
    world_close(&w);
}

static void engine_create__foreign_device_DEVICE_MISMATCH(void **state)
{
    world w = world_handles();
    cl_device_id other = fake_device();
    cllrn_engine *engine = UNTOUCHED;
    cllrn_error error = error_blank();
    (void)state;

    const cllrn_status status = cllrn_engine_create(w.context, other, &w.options, &engine, &error);

    assert_failed(CLLRN_DEVICE_MISMATCH, status, &error);
    assert_ptr_equal(engine, UNTOUCHED);
    assert_int_equal(fake_references(w.context), 1);
    world_close(&w);
}

static void engine_create__many_devices_SUCCESS(void **state)
{
    enum { COUNT = 20 };
    cl_device_id devices[COUNT];
    world w = world_handles();
    cllrn_engine *engine = UNTOUCHED;
    cllrn_error error = error_blank();
    (void)state;
    for (int i = 0; i < COUNT; ++i)
        devices[i] = fake_device();
    cl_context context = fake_context(COUNT, devices);

    cllrn_status status =
        cllrn_engine_create(context, devices[COUNT - 1], &w.options, &engine, &error);
    assert_succeeded(status, &error);
    cllrn_engine_destroy(engine);

    engine = UNTOUCHED;
    status = cllrn_engine_create(context, w.device, &w.options, &engine, &error);
    assert_failed(CLLRN_DEVICE_MISMATCH, status, &error);
    assert_non_null(strstr(error.message, "20"));
    assert_ptr_equal(engine, UNTOUCHED);
    world_close(&w);
}

/* Some drivers name the parent among the devices of a context of sub-devices. */
static void engine_create__sub_device_of_the_contexts_SUCCESS(void **state)
{
    world w = world_handles();
    cl_device_id child = fake_sub_device(w.device), grandchild = fake_sub_device(child);
    cl_device_id stranger = fake_sub_device(fake_device());
    cllrn_engine *engine = UNTOUCHED;
    cllrn_error error = error_blank();
    (void)state;

    const cl_device_id inside[] = {w.device, child, grandchild};
    for (size_t i = 0; i < sizeof inside / sizeof *inside; ++i) {
        assert_succeeded(cllrn_engine_create(w.context, inside[i], &w.options, &engine, &error),
                         &error);
        assert_ptr_equal(cllrn_engine_device(engine), inside[i]);
        cllrn_engine_destroy(engine);
    }

    /* A parent is not a device of a context of its children; a stranger's child is of none. */
    engine = UNTOUCHED;
    cl_context of_child = fake_context(1, &child);
    assert_failed(CLLRN_DEVICE_MISMATCH,
                  cllrn_engine_create(of_child, w.device, &w.options, &engine, &error), &error);
    error = error_blank();
    assert_failed(CLLRN_DEVICE_MISMATCH,
                  cllrn_engine_create(w.context, stranger, &w.options, &engine, &error), &error);

    /* OpenCL 1.1 knows of no parents; a failure is told. */
    error = error_blank();
    fake_fail(3, CL_INVALID_VALUE, false);
    assert_failed(CLLRN_DEVICE_MISMATCH,
                  cllrn_engine_create(w.context, child, &w.options, &engine, &error), &error);
    assert_string_equal(fake_failed(0), "clGetDeviceInfo CL_DEVICE_PARENT_DEVICE");
    error = error_blank();
    fake_fail(3, CL_OUT_OF_RESOURCES, false);
    assert_failed(CLLRN_OPENCL_FAILURE,
                  cllrn_engine_create(w.context, child, &w.options, &engine, &error), &error);
    assert_int_equal(error.cl_error, CL_OUT_OF_RESOURCES);
    assert_ptr_equal(engine, UNTOUCHED);
    fake_fail(0, CL_SUCCESS, false);
    error = error_blank();
    assert_failed(
        CLLRN_DEVICE_MISMATCH,
        cllrn_engine_create(w.context, (cl_device_id)(void *)w.queue, &w.options, &engine, &error),
        &error);
    world_close(&w);
}

static void engine_create__not_a_context_OPENCL_FAILURE(void **state)
{
    world w = world_handles();
    cllrn_engine *engine = UNTOUCHED;
    cllrn_error error = error_blank();
    (void)state;

    const cllrn_status status =
        cllrn_engine_create((cl_context)(void *)w.queue, w.device, &w.options, &engine, &error);

    assert_failed(CLLRN_OPENCL_FAILURE, status, &error);
    assert_int_equal(error.cl_error, CL_INVALID_CONTEXT);
    assert_non_null(strstr(error.message, "CL_INVALID_CONTEXT"));
    assert_ptr_equal(engine, UNTOUCHED);
    world_close(&w);
}

static void engine_create__missing_directory_KERNEL_SOURCE(void **state)
{
    world w = world_handles();
    cllrn_engine *engine = UNTOUCHED;
    cllrn_error error = error_blank();
    (void)state;
    w.options.kernel_dir = KERNEL_DIR "/missing";

    const cllrn_status status =
        cllrn_engine_create(w.context, w.device, &w.options, &engine, &error);

    assert_failed(CLLRN_KERNEL_SOURCE, status, &error);
    assert_non_null(strstr(error.message, KERNEL_DIR "/missing/"));
    assert_ptr_equal(engine, UNTOUCHED);
    assert_int_equal(fake_references(w.context), 1);
    world_close(&w);
}

static void engine_create__kernel_dir_of_the_environment_SUCCESS(void **state)
{
    world w = world_handles();
    cllrn_engine *engine = UNTOUCHED;
    cllrn_error error = error_blank();
    (void)state;

    setenv("CLLRN_KERNEL_DIR", KERNEL_DIR "/missing", 1);
    cllrn_status status = cllrn_engine_create(w.context, w.device, &w.options, &engine, &error);
    assert_failed(CLLRN_KERNEL_SOURCE, status, &error);

    /* The option comes first; an empty variable counts as none. */
    error = error_blank();
    w.options.kernel_dir = KERNEL_DIR;
    status = cllrn_engine_create(w.context, w.device, &w.options, &engine, &error);
    assert_succeeded(status, &error);
    char from_disk[17];
    snprintf(from_disk, sizeof from_disk, "%s", cllrn_engine_kernel_hash(engine));
    cllrn_engine_destroy(engine);

    w.options.kernel_dir = ""; /* as if it were not given */
    setenv("CLLRN_KERNEL_DIR", "", 1);
    status = cllrn_engine_create(w.context, w.device, &w.options, &engine, &error);
    unsetenv("CLLRN_KERNEL_DIR");
    assert_succeeded(status, &error);
    assert_string_equal(cllrn_engine_kernel_hash(engine), from_disk);
    cllrn_engine_destroy(engine);
    world_close(&w);
}

static void engine_create__logs_SUCCESS(void **state)
{
    world w = world_handles();
    heard h = {0};
    (void)state;
    w.options.log = listen;
    w.options.log_user = &h;

    world_engine(&w);

    assert_int_equal(h.count, 1);
    assert_int_equal(h.level, CLLRN_LOG_INFO);
    assert_non_null(strstr(h.last, "fake device"));
    assert_non_null(strstr(h.last, cllrn_engine_kernel_hash(w.engine)));
    world_close(&w);
}

static void engine_create__many_side_by_side_SUCCESS(void **state)
{
    world a = world_open(), b = world_open();
    cllrn_engine *twin = NULL;
    (void)state;

    assert_int_equal(cllrn_engine_create(a.context, a.device, &a.options, &twin, NULL), 0);
    assert_int_equal(fake_references(a.context), 3);
    assert_int_equal(fake_references(b.context), 2);
    world_close(&a);
    assert_ptr_equal(cllrn_engine_device(twin), a.device);
    cllrn_engine_destroy(twin);
    assert_int_equal(fake_references(a.context), 0);
    world_close(&b);
}

static void engine_destroy__null_SUCCESS(void **state)
{
    (void)state;
    cllrn_engine_destroy(NULL);
    assert_int_equal(fake_calls(NULL), 0);
}

static void version__header_and_library_SUCCESS(void **state)
{
    (void)state;
    assert_string_equal(cllrn_version(), CLLRN_VERSION_STRING);
    assert_true(isdigit((unsigned char)cllrn_version()[0]));
    assert_int_equal(cllrn_arithmetic_version(), CLLRN_ARITHMETIC_VERSION);
}

/* As an engine asks for them. */
static cllrn_status get_facts(cl_device_id device, lrn_device_facts *facts, cllrn_error *error)
{
    lrn_target target;
    const cllrn_status status = lrn_target_get(device, "hash", "engine create", &target, error);
    return status == CLLRN_SUCCESS ? lrn_device_facts_get(&target, facts, error) : status;
}

static void device_facts__kinds_of_devices_SUCCESS(void **state)
{
    static const struct {
        cl_device_type type;
        const char *platform;
        bool cpu_like, pipelined, slow_local;
    } rows[] = {
        {CL_DEVICE_TYPE_GPU, "fake platform", false, false, false},
        {CL_DEVICE_TYPE_CPU, "Portable Computing Language", true, false, false},
        {CL_DEVICE_TYPE_CPU | CL_DEVICE_TYPE_DEFAULT, "x", true, false, false},
        {CL_DEVICE_TYPE_CPU | CL_DEVICE_TYPE_GPU, "x", false, false, false},
        {CL_DEVICE_TYPE_ACCELERATOR, "x", false, true, false},
        {CL_DEVICE_TYPE_ACCELERATOR | CL_DEVICE_TYPE_DEFAULT, "x", false, true, false},
        {CL_DEVICE_TYPE_ACCELERATOR | CL_DEVICE_TYPE_GPU, "x", false, false, false},
        {CL_DEVICE_TYPE_ACCELERATOR | CL_DEVICE_TYPE_CPU, "x", true, false, false},
        {CL_DEVICE_TYPE_CPU, "rusticl", false, false, true},
        {CL_DEVICE_TYPE_GPU, "rusticl", false, false, false},
    };
    cl_device_id device = fake_device();
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; ++i) {
        lrn_device_facts facts;
        cllrn_error error = error_blank();
        fake_settings(device)->type = rows[i].type;
        fake_settings(device)->platform = rows[i].platform;
        /* Where local memory lies does not matter: a GPU's caches hold it. */
        fake_settings(device)->local_type = CL_GLOBAL;
        assert_succeeded(get_facts(device, &facts, &error), &error);
        assert_int_equal(facts.slow_local, rows[i].slow_local);
        assert_int_equal(facts.cpu_like, rows[i].cpu_like);
        assert_int_equal(facts.pipelined, rows[i].pipelined);
        assert_non_null(strstr(facts.name, rows[i].platform));
    }
}

static void device_facts__int64_SUCCESS(void **state)
{
    static const struct {
        const char *profile, *extensions;
        bool int64, wide;
    } rows[] = {
        {"FULL_PROFILE", "", true, true},
        {"EMBEDDED_PROFILE", "", false, false},
        {"EMBEDDED_PROFILE", "cl_khr_fp16 cles_khr_int64 cl_khr_x", true, false},
    };
    cl_device_id device = fake_device();
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; ++i) {
        lrn_device_facts facts;
        fake_settings(device)->profile = rows[i].profile;
        fake_settings(device)->extensions = rows[i].extensions;
        assert_int_equal(get_facts(device, &facts, NULL), CLLRN_SUCCESS);
        assert_int_equal(facts.int64, rows[i].int64);
        assert_int_equal(facts.wide, rows[i].wide);
    }
}

static void device_facts__fp64_SUCCESS(void **state)
{
    static const struct {
        const char *profile, *extensions;
        bool fp64;
    } rows[] = {
        {"FULL_PROFILE", "", false},
        {"FULL_PROFILE", "cl_khr_fp16", false},
        {"FULL_PROFILE", "cl_khr_fp64", true},
        {"FULL_PROFILE", "cl_khr_x cl_khr_fp64 cl_khr_y", true},
        {"FULL_PROFILE", "cl_khr_fp64 ", true},
        {"FULL_PROFILE", "cl_khr_fp64x xcl_khr_fp64 cl_khr_fp64_y", false},
        {"FULL_PROFILE", "cl_khr_fp64x cl_khr_fp64", true},
        /* Doubles for scalars and eight indices four times are more than 256 bytes. */
        {"EMBEDDED_PROFILE", "cles_khr_int64 cl_khr_fp64", false},
    };
    cl_device_id device = fake_device();
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; ++i) {
        lrn_device_facts facts;
        fake_settings(device)->profile = rows[i].profile;
        fake_settings(device)->extensions = rows[i].extensions;
        assert_int_equal(get_facts(device, &facts, NULL), CLLRN_SUCCESS);
        assert_int_equal(facts.fp64, rows[i].fp64);
    }
}

/* A list of any length is read to its end. */
static void device_facts__many_extensions_SUCCESS(void **state)
{
    static char list[20000];
    cl_device_id device = fake_device();
    lrn_device_facts facts;
    (void)state;
    for (size_t i = 0; i + 1 < sizeof list; i += 10)
        memcpy(list + i, "cl_khr_xx ", 10);
    strcpy(list + sizeof list - 13, " cl_khr_fp64");
    fake_settings(device)->extensions = list;
    assert_int_equal(get_facts(device, &facts, NULL), CLLRN_SUCCESS);
    assert_true(facts.fp64);
}

/* What a driver does not know of its device is taken for the least; a failed query is told. */
static void device_facts__not_told_the_least(void **state)
{
    cl_device_id device = fake_device();
    size_t queries = 0;
    (void)state;
    fake_settings(device)->extensions = "cl_khr_fp64 cles_khr_int64";
    for (size_t n = 1;; ++n, ++queries) {
        lrn_device_facts facts;
        fake_fail(n, CL_OUT_OF_RESOURCES, false);
        const cllrn_status failed = get_facts(device, &facts, NULL);
        fake_fail(n, CL_INVALID_VALUE, false);
        const cllrn_status unknown = get_facts(device, &facts, NULL);
        const char *call = fake_failed(0);
        assert_int_equal(unknown, CLLRN_SUCCESS);
        if (call == NULL)
            break;
        assert_int_equal(failed, CLLRN_OPENCL_FAILURE);
        const bool embedded = strstr(call, "PROFILE") != NULL;
        assert_int_equal(facts.wide, !embedded);
        assert_int_equal(facts.fp64, !embedded && strstr(call, "EXTENSIONS") == NULL);
        assert_int_equal(facts.max_group_size, strstr(call, "MAX_WORK_") != NULL ? 1 : 256);
        assert_int_equal(facts.compute_units, strstr(call, "UNITS") != NULL ? 1 : 4);
        assert_int_equal(facts.local_memory, strstr(call, "LOCAL_MEM_SIZE") != NULL ? 0 : 32768);
        assert_int_equal(facts.max_allocation, strstr(call, "ALLOC_SIZE") != NULL ? 0 : 1 << 28);
    }
    assert_true(queries > 10);
}

/* Of all of them none is needed. */
static void device_facts__nothing_told_the_least(void **state)
{
    cl_device_id device = fake_device();
    lrn_device_facts facts;
    (void)state;
    fake_fail(1, CL_INVALID_VALUE, true);
    assert_int_equal(get_facts(device, &facts, NULL), CLLRN_SUCCESS);
    fake_fail(0, CL_SUCCESS, false);
    assert_false(facts.cpu_like || facts.pipelined || facts.int64 || facts.wide || facts.fp64);
    assert_int_equal(facts.vector_width, 1);
    assert_int_equal(facts.compute_units, 1);
    assert_int_equal(facts.max_group_size, 1);
    assert_int_equal(facts.local_memory, 0);
    assert_int_equal(facts.max_allocation, 0);
    assert_int_equal(facts.cache, 0);
    assert_string_equal(facts.name, "device (, driver )");
}

static void device_facts__numbers_SUCCESS(void **state)
{
    static const struct {
        cl_uint width, units;
        size_t group, item;
        int expected_width;
        int64_t expected_units, expected_group;
    } rows[] = {
        {1, 1, 1, 1, 1, 1, 1},          {0, 0, 0, 0, 1, 1, 1},
        {3, 7, 256, 100, 2, 7, 100},    {4, 8, 100, 256, 4, 8, 100},
        {8, 8, 1024, 1024, 8, 8, 1024}, {16, 64, 4096, 4096, 16, 64, 4096},
        {64, 64, 64, 64, 16, 64, 64},
    };
    cl_device_id device = fake_device();
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; ++i) {
        lrn_device_facts facts;
        fake_device_settings *s = fake_settings(device);
        s->vector_width = rows[i].width;
        s->units = rows[i].units;
        s->group_size = rows[i].group;
        s->item_size = rows[i].item;
        s->local_memory = rows[i].group * 16;
        s->cache = rows[i].group * 64;
        s->max_allocation = rows[i].group * 4096;
        s->dimensions = i % 2 == 0 ? 3 : 5;
        assert_int_equal(get_facts(device, &facts, NULL), CLLRN_SUCCESS);
        assert_int_equal(facts.vector_width, rows[i].expected_width);
        assert_int_equal(facts.compute_units, rows[i].expected_units);
        assert_int_equal(facts.max_group_size, rows[i].expected_group);
        assert_int_equal(facts.local_memory, rows[i].group * 16);
        assert_int_equal(facts.cache, rows[i].group * 64);
        assert_int_equal(facts.max_allocation, rows[i].group * 4096);
    }
    lrn_device_facts facts;
    fake_settings(device)->local_memory = fake_settings(device)->cache = UINT64_MAX;
    fake_settings(device)->max_allocation = UINT64_MAX;
    assert_int_equal(get_facts(device, &facts, NULL), CLLRN_SUCCESS);
    assert_int_equal(facts.local_memory, INT64_MAX);
    assert_int_equal(facts.cache, INT64_MAX);
    assert_int_equal(facts.max_allocation, INT64_MAX);
}

static void device_facts__long_names_SUCCESS(void **state)
{
    static char long_text[4000];
    cl_device_id device = fake_device();
    lrn_device_facts facts;
    (void)state;
    memset(long_text, 'x', sizeof long_text - 1);
    fake_settings(device)->name = long_text;
    fake_settings(device)->driver = long_text;
    fake_settings(device)->platform = long_text;

    assert_int_equal(get_facts(device, &facts, NULL), CLLRN_SUCCESS);
    assert_true(strlen(facts.name) > 0 && strlen(facts.name) < sizeof facts.name);
    assert_null(strchr(facts.name, '\xa5'));

    /* PoCL's names of server processors are about as long as this. */
    fake_settings(device)->name = "cpu-skylake-avx512-Intel(R) Xeon(R) Platinum 8370C CPU";
    assert_int_equal(get_facts(device, &facts, NULL), CLLRN_SUCCESS);
    assert_non_null(strstr(facts.name, "Platinum 8370C CPU ("));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(engine_create__defaults_SUCCESS),
        TEST(engine_create__no_error_struct_SUCCESS),
        TEST(engine_create__null_INVALID_ARGUMENT),
        TEST(engine_create__bad_options_INVALID_ARGUMENT),
        TEST(engine_create__foreign_device_DEVICE_MISMATCH),
        TEST(engine_create__many_devices_SUCCESS),
        TEST(engine_create__sub_device_of_the_contexts_SUCCESS),
        TEST(engine_create__not_a_context_OPENCL_FAILURE),
        TEST(engine_create__missing_directory_KERNEL_SOURCE),
        TEST(engine_create__kernel_dir_of_the_environment_SUCCESS),
        TEST(engine_create__logs_SUCCESS),
        TEST(engine_create__many_side_by_side_SUCCESS),
        TEST(engine_destroy__null_SUCCESS),
        TEST(version__header_and_library_SUCCESS),
        TEST(device_facts__kinds_of_devices_SUCCESS),
        TEST(device_facts__int64_SUCCESS),
        TEST(device_facts__fp64_SUCCESS),
        TEST(device_facts__many_extensions_SUCCESS),
        TEST(device_facts__not_told_the_least),
        TEST(device_facts__nothing_told_the_least),
        TEST(device_facts__numbers_SUCCESS),
        TEST(device_facts__long_names_SUCCESS),
    };
    unsetenv("CLLRN_KERNEL_DIR");
    return cmocka_run_group_tests_name("engine", tests, NULL, NULL);
}
