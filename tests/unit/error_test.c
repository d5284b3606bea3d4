/* SPDX-License-Identifier: Apache-2.0 */
#include "support.h"

#include <stdlib.h>

#include "error.h"

/*
 * Reads the enumeration of statuses from the public header itself, so that a
 * value added there is tested too. Returns how many there are.
 */
static int read_statuses(char names[][48], int *values, int room)
{
    static char text[1 << 16];
    FILE *header = fopen(KERNEL_DIR "/../include/cllrn_types.h", "r");
    int count = 0;
    assert_non_null(header);
    text[fread(text, 1, sizeof text - 1, header)] = '\0';
    fclose(header);
    char *at = strstr(text, "CLLRN_SUCCESS = 0"), *end = strstr(text, "};");
    assert_non_null(at);
    assert_true(end > at);
    for (*end = '\0'; at != NULL; at = strstr(at + 1, "    CLLRN_")) {
        at = strstr(at, "CLLRN_");
        assert_true(count < room);
        assert_int_equal(sscanf(at, "%47[A-Z0-9_] = %d", names[count], &values[count]), 2);
        ++count;
    }
    return count;
}

static void status_string__every_status_SUCCESS(void **state)
{
    char names[64][48];
    int values[64];
    const int count = read_statuses(names, values, 64);
    (void)state;
    assert_true(count >= 30);
    for (int i = 0; i < count; ++i) {
        assert_string_equal(cllrn_status_string(values[i]), names[i]);
        for (int j = 0; j < i; ++j)
            assert_int_not_equal(values[i], values[j]);
    }
    /* The hundreds tell the kind. */
    assert_int_equal(CLLRN_INVALID_ARGUMENT, 100);
    assert_int_equal(CLLRN_UNSUPPORTED, 200);
    assert_int_equal(CLLRN_OUT_OF_MEMORY, 300);
    assert_int_equal(CLLRN_OPENCL_FAILURE, 400);
}

static void status_string__other_numbers_SUCCESS(void **state)
{
    char names[64][48];
    int values[64], known = 0;
    const int count = read_statuses(names, values, 64);
    (void)state;
    for (int status = -1000; status <= 1000; ++status)
        known += strcmp(cllrn_status_string(status), "unknown status") != 0;
    assert_int_equal(known, count);
    assert_string_equal(cllrn_status_string(INT32_MIN), "unknown status");
    assert_string_equal(cllrn_status_string(INT32_MAX), "unknown status");
}

static void cl_name__every_code_SUCCESS(void **state)
{
    int known = 0;
    (void)state;
    assert_string_equal(cllrn_opencl_error_string(CL_OUT_OF_RESOURCES), "CL_OUT_OF_RESOURCES");
    assert_string_equal(cllrn_opencl_error_string(CL_INVALID_PROPERTY), "CL_INVALID_PROPERTY");
    assert_string_equal(cllrn_opencl_error_string(-9999), "OpenCL error");
    for (cl_int a = -80; a < 0; ++a) {
        if (strcmp(cllrn_opencl_error_string(a), "OpenCL error") == 0)
            continue;
        ++known;
        assert_int_equal(strncmp(cllrn_opencl_error_string(a), "CL_", 3), 0);
        for (cl_int b = -80; b < a; ++b)
            assert_string_not_equal(cllrn_opencl_error_string(a), cllrn_opencl_error_string(b));
    }
    assert_true(known >= 40);
}

static void fail__fills_the_error_its_status(void **state)
{
    cllrn_error error = error_blank();
    (void)state;

    assert_int_equal(lrn_fail(&error, CLLRN_INVALID_RANK, "%s: rank %d", "src", 9),
                     CLLRN_INVALID_RANK);
    assert_int_equal(error.status, CLLRN_INVALID_RANK);
    assert_int_equal(error.cl_error, 0);
    assert_string_equal(error.message, "src: rank 9");

    assert_int_equal(lrn_fail_cl(&error, CL_OUT_OF_RESOURCES, "launching"), CLLRN_OPENCL_FAILURE);
    assert_int_equal(error.cl_error, CL_OUT_OF_RESOURCES);
    assert_string_equal(error.message, "launching: CL_OUT_OF_RESOURCES (-5)");

    assert_int_equal(lrn_fail_cl(&error, CL_OUT_OF_HOST_MEMORY, "x"), CLLRN_OUT_OF_MEMORY);
    assert_int_equal(error.status, CLLRN_OUT_OF_MEMORY);
    assert_string_equal(error.message, "x: CL_OUT_OF_HOST_MEMORY (-6)");

    assert_int_equal(lrn_fail_code(&error, CLLRN_INVALID_QUEUE, -9999, "queue"),
                     CLLRN_INVALID_QUEUE);
    assert_int_equal(error.cl_error, -9999);
    assert_string_equal(error.message, "queue: OpenCL error (-9999)");
}

/* A name from a file may hold anything. */
static void fail__control_characters_its_status(void **state)
{
    cllrn_error error = error_blank();
    (void)state;
    lrn_fail(&error, CLLRN_INVALID_PACK, "made for %s", "a\nb\x1b\x7f\tc \xc3\xa9");
    assert_string_equal(error.message, "made for a?b???c \xc3\xa9");
}

static void fail__long_message_is_cut_its_status(void **state)
{
    (void)state;
    for (int length = 440; length < 600; ++length)
        for (int with_code = 0; with_code < 2; ++with_code) {
            struct {
                cllrn_error error;
                char canary[8];
            } guarded;
            guarded.error = error_blank();
            memset(guarded.canary, '#', sizeof guarded.canary);
            if (with_code)
                lrn_fail_cl(&guarded.error, CL_INVALID_VALUE, "%0*d", length, 7);
            else
                lrn_fail(&guarded.error, CLLRN_INVALID_DIMS, "%0*d", length, 7);
            const int whole = with_code ? length + (int)strlen(": CL_INVALID_VALUE (-30)") : length;
            const int room = (int)sizeof guarded.error.message - 1;
            assert_int_equal(strlen(guarded.error.message), whole < room ? whole : room);
            assert_memory_equal(guarded.canary, "########", sizeof guarded.canary);
        }
}

static void fail__null_error_its_status(void **state)
{
    (void)state;
    assert_int_equal(lrn_fail(NULL, CLLRN_INVALID_DIMS, "x"), CLLRN_INVALID_DIMS);
    assert_int_equal(lrn_fail_cl(NULL, CL_INVALID_VALUE, "x"), CLLRN_OPENCL_FAILURE);
    assert_int_equal(lrn_fail_code(NULL, CLLRN_INVALID_BUFFER, CL_INVALID_VALUE, "x"),
                     CLLRN_INVALID_BUFFER);
}

static void fail__unreadable_error_its_status(void **state)
{
    static const uint32_t sizes[] = {0, 4, (uint32_t)sizeof(cllrn_error) - 1};
    (void)state;
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; ++i) {
        cllrn_error error = error_blank(), before;
        error.struct_size = sizes[i];
        before = error;
        assert_int_equal(lrn_fail(&error, CLLRN_INVALID_DIMS, "x"), CLLRN_INVALID_DIMS);
        assert_memory_equal(&error, &before, sizeof error);
    }
}

static void fail__error_of_a_newer_header_its_status(void **state)
{
    struct {
        cllrn_error error;
        char more[32];
    } newer;
    (void)state;
    newer.error = error_blank();
    newer.error.struct_size = (uint32_t)sizeof newer;
    memset(newer.more, 'm', sizeof newer.more);

    assert_int_equal(lrn_fail(&newer.error, CLLRN_INVALID_DIMS, "dims"), CLLRN_INVALID_DIMS);

    assert_string_equal(newer.error.message, "dims");
    assert_int_equal(newer.error.struct_size, sizeof newer);
    for (size_t i = 0; i < sizeof newer.more; ++i)
        assert_int_equal(newer.more[i], 'm');
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(status_string__every_status_SUCCESS),
        TEST(status_string__other_numbers_SUCCESS),
        TEST(cl_name__every_code_SUCCESS),
        TEST(fail__fills_the_error_its_status),
        TEST(fail__control_characters_its_status),
        TEST(fail__long_message_is_cut_its_status),
        TEST(fail__null_error_its_status),
        TEST(fail__unreadable_error_its_status),
        TEST(fail__error_of_a_newer_header_its_status),
    };
    return cmocka_run_group_tests_name("error", tests, NULL, NULL);
}
