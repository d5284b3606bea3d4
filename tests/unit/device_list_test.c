/* SPDX-License-Identifier: Apache-2.0 */
#include "support.h"

#include <stdlib.h>

/* Three devices on the last of three platforms. */
enum { COUNT = 3 };

static void make_devices(cl_device_id devices[COUNT])
{
    static const char *const names[COUNT] = {"  Small CPU 3050 \n", "Big GPU", "big fpga"};
    static const cl_device_type types[COUNT] = {CL_DEVICE_TYPE_CPU, CL_DEVICE_TYPE_GPU,
                                                CL_DEVICE_TYPE_ACCELERATOR};
    fake_platforms(3);
    for (int i = 0; i < COUNT; ++i) {
        devices[i] = fake_device();
        fake_settings(devices[i])->name = names[i];
        fake_settings(devices[i])->type = types[i];
    }
}

static cl_device_id find(const char *spec)
{
    cl_device_id device = UNTOUCHED;
    cllrn_error error = error_blank();
    assert_succeeded(cllrn_device_find(spec, &device, &error), &error);
    return device;
}

static cllrn_error refuse(cllrn_status expected, const char *spec)
{
    cl_device_id device = UNTOUCHED;
    cllrn_error error = error_blank();
    assert_failed(expected, cllrn_device_find(spec, &device, &error), &error);
    assert_ptr_equal(device, UNTOUCHED);
    assert_int_equal(cllrn_device_find(spec, &device, NULL), expected);
    return error;
}

static void device_list__devices_SUCCESS(void **state)
{
    cl_device_id devices[COUNT];
    (void)state;
    make_devices(devices);
    fake_sub_device(devices[1]);
    for (size_t room = 0; room <= COUNT + 1; ++room) {
        cl_device_id found[COUNT + 1] = {UNTOUCHED, UNTOUCHED, UNTOUCHED, UNTOUCHED};
        size_t count = 77;
        assert_int_equal(cllrn_device_list(room > 0 ? found : NULL, room, &count, NULL), 0);
        assert_int_equal(count, COUNT);
        for (size_t i = 0; i <= COUNT; ++i)
            assert_ptr_equal(found[i], i < room && i < COUNT ? devices[i] : UNTOUCHED);
    }
}

static void device_list__null_INVALID_ARGUMENT(void **state)
{
    size_t count = 77;
    cl_device_id device;
    cllrn_error error = error_blank();
    (void)state;
    assert_failed(CLLRN_INVALID_ARGUMENT, cllrn_device_list(NULL, 1, &count, &error), &error);
    error = error_blank();
    assert_failed(CLLRN_INVALID_ARGUMENT, cllrn_device_list(&device, 1, NULL, &error), &error);
    error = error_blank();
    assert_failed(CLLRN_INVALID_ARGUMENT, cllrn_device_find("0", NULL, &error), &error);
    assert_int_equal(count, 77);
    assert_int_equal(fake_calls(NULL), 0);
}

static void device_find__nothing_there_NO_DEVICE(void **state)
{
    size_t count = 77;
    cllrn_error error;
    (void)state;
    for (cl_uint platforms = 0; platforms <= 2; platforms += 2) { /* none; two without devices */
        fake_platforms(platforms);
        error = refuse(CLLRN_NO_DEVICE, NULL);
        assert_non_null(strstr(error.message, "pocl-opencl-icd"));
        assert_non_null(
            strstr(error.message, platforms == 0 ? "no OpenCL platform" : "none of 2 platforms"));
        refuse(CLLRN_NO_DEVICE, "0");
        error = error_blank();
        assert_failed(CLLRN_NO_DEVICE, cllrn_device_list(NULL, 0, &count, &error), &error);
    }
    assert_int_equal(count, 77);
}

static void device_find__index_SUCCESS(void **state)
{
    static const char *const none[] = {"3", "-1", "3050", "18446744073709551616",
                                       "-18446744073709551615"};
    cl_device_id devices[COUNT];
    (void)state;
    make_devices(devices);
    assert_ptr_equal(find("0"), devices[0]);
    assert_ptr_equal(find("1"), devices[1]);
    assert_ptr_equal(find("02"), devices[2]);
    for (size_t i = 0; i < sizeof none / sizeof *none; ++i) {
        const cllrn_error error = refuse(CLLRN_NO_DEVICE, none[i]);
        assert_non_null(strstr(error.message, none[i]));
    }
}

static void device_find__name_first_match(void **state)
{
    cl_device_id devices[COUNT];
    (void)state;
    make_devices(devices);
    assert_ptr_equal(find("BIG"), devices[1]);
    assert_ptr_equal(find("fpga"), devices[2]);
    assert_ptr_equal(find("CPU 3050"), devices[0]);
    assert_ptr_equal(find("fake PLATFORM"), devices[0]);
    const cllrn_error error = refuse(CLLRN_NO_DEVICE, "3050 "); /* the spaces of the name's end */
    assert_non_null(strstr(error.message, "no such device '3050 '; there are: 0 Small CPU 3050 "
                                          "(fake platform), 1 Big GPU (fake platform), 2 "));
}

static void device_find__nothing_said_GPU_accelerator_CPU(void **state)
{
    cl_device_id devices[COUNT];
    (void)state;
    make_devices(devices);
    assert_ptr_equal(find(NULL), devices[1]);
    assert_ptr_equal(find(""), devices[1]);
    fake_settings(devices[1])->type = CL_DEVICE_TYPE_CUSTOM;
    assert_ptr_equal(find(NULL), devices[2]);
    fake_settings(devices[2])->type = CL_DEVICE_TYPE_CUSTOM;
    assert_ptr_equal(find(NULL), devices[0]);
    fake_settings(devices[0])->type = CL_DEVICE_TYPE_CUSTOM;
    assert_ptr_equal(find(NULL), devices[0]);
}

static void device_find__environment(void **state)
{
    cl_device_id devices[COUNT];
    (void)state;
    make_devices(devices);
    setenv("CLLRN_DEVICE", "fpga", 1);
    assert_ptr_equal(find(NULL), devices[2]);
    assert_ptr_equal(find(""), devices[2]);
    assert_ptr_equal(find("0"), devices[0]);
    setenv("CLLRN_DEVICE", "missing", 1);
    refuse(CLLRN_NO_DEVICE, NULL);
    setenv("CLLRN_DEVICE", "", 1);
    assert_ptr_equal(find(NULL), devices[1]);
    unsetenv("CLLRN_DEVICE");
}

/* A list too long for the message is cut. */
static void device_find__many_devices_NO_DEVICE(void **state)
{
    (void)state;
    for (int i = 0; i < 40; ++i)
        fake_device();
    const cllrn_error error = refuse(CLLRN_NO_DEVICE, "missing");
    assert_non_null(strstr(error.message, "9 fake device"));
}

/* What fails is told, or is passed over; the device found is never another. */
static void device_find__faults(void **state)
{
    static const char *const specs[] = {NULL, "1", "big gpu"};
    cl_device_id devices[COUNT];
    size_t failures = 0;
    (void)state;
    make_devices(devices);
    for (size_t s = 0; s < sizeof specs / sizeof *specs; ++s)
        for (size_t n = 1;; ++n) {
            cl_device_id device = UNTOUCHED;
            cllrn_error error = error_blank();
            fake_fail(n, CL_OUT_OF_HOST_MEMORY, false);
            const cllrn_status status = cllrn_device_find(specs[s], &device, &error);
            const char *const failed = fake_failed(0);
            fake_fail(0, CL_SUCCESS, false);
            if (failed == NULL) {
                assert_ptr_equal(device, devices[1]);
                break;
            }
            ++failures;
            if (strstr(failed, "clGetPlatformIDs") != NULL ||
                strstr(failed, "CL_DEVICE_NAME") != NULL ||
                strstr(failed, "CL_PLATFORM_NAME") != NULL)
                assert_failed(CLLRN_OUT_OF_MEMORY, status, &error);
            if (status != CLLRN_SUCCESS)
                assert_ptr_equal(device, UNTOUCHED);
        }
    assert_true(failures > 15);
}

/* A platform that fails hides no other. */
static void device_find__broken_platform_SUCCESS(void **state)
{
    cl_device_id devices[COUNT];
    (void)state;
    make_devices(devices);
    fake_fail(3, CL_OUT_OF_RESOURCES, false);
    assert_ptr_equal(find("1"), devices[1]);
    assert_string_equal(fake_failed(0), "clGetDeviceIDs (size)");
    fake_fail(0, CL_SUCCESS, false);
}

static void device_find__out_of_memory_OUT_OF_MEMORY(void **state)
{
    cl_device_id devices[COUNT];
    size_t failures = 0;
    (void)state;
    make_devices(devices);
    for (size_t n = 1;; ++n) {
        cl_device_id device = UNTOUCHED;
        cllrn_error error = error_blank();
        memory_fail(n, false);
        const cllrn_status status = cllrn_device_find("Big", &device, &error);
        const size_t failed = memory_failed();
        memory_fail(0, false);
        if (failed == 0) {
            assert_ptr_equal(device, devices[1]);
            break;
        }
        assert_failed(CLLRN_OUT_OF_MEMORY, status, &error);
        assert_ptr_equal(device, UNTOUCHED);
        ++failures;
    }
    assert_true(failures >= 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(device_list__devices_SUCCESS),
        TEST(device_list__null_INVALID_ARGUMENT),
        TEST(device_find__nothing_there_NO_DEVICE),
        TEST(device_find__index_SUCCESS),
        TEST(device_find__name_first_match),
        TEST(device_find__nothing_said_GPU_accelerator_CPU),
        TEST(device_find__environment),
        TEST(device_find__many_devices_NO_DEVICE),
        TEST(device_find__faults),
        TEST(device_find__broken_platform_SUCCESS),
        TEST(device_find__out_of_memory_OUT_OF_MEMORY),
    };
    unsetenv("CLLRN_DEVICE");
    return cmocka_run_group_tests_name("device_list", tests, NULL, NULL);
}
