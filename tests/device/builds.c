/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Builds every program of a device's list, or those with PART in their names, for ci/start.sh.
 * Prints a line for each: the milliseconds and the name. The driver's own caches must be empty.
 *   builds DEVICE [PART]
 */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <cllrn.h>

static double now(void)
{
    struct timespec time;
    timespec_get(&time, TIME_UTC);
    return (double)time.tv_sec * 1e3 + (double)time.tv_nsec / 1e6;
}

/* What a driver does only once in a process counts for no program. */
static void warm_up(cl_context context, cl_device_id device)
{
    const char *source = "kernel void one(global int *x) { *x = 1; }";
    const cl_program program = clCreateProgramWithSource(context, 1, &source, NULL, NULL);
    clBuildProgram(program, 1, &device, "", NULL, NULL);
    clReleaseProgram(program);
}

/* Asks for the binary too: only then has PoCL compiled for its processor. */
static cllrn_status build(cl_context context, cl_device_id device, const char *name,
                          cllrn_error *error)
{
    cllrn_engine_options options = CLLRN_ENGINE_OPTIONS_INIT;
    cllrn_engine *engine = NULL;
    cllrn_pack *pack = NULL;
    options.cache = CLLRN_CACHE_OFF;
    cllrn_status status = cllrn_engine_create(context, device, &options, &engine, error);
    const double begin = now();
    if (status == CLLRN_SUCCESS)
        status = cllrn_engine_build(engine, name, error);
    if (status == CLLRN_SUCCESS)
        status = cllrn_engine_export(engine, &pack, error);
    if (status == CLLRN_SUCCESS)
        printf("%.0f %s\n", now() - begin, name);
    cllrn_pack_destroy(pack);
    cllrn_engine_destroy(engine);
    return status;
}

static cllrn_status build_all(cl_context context, cl_device_id device, const char *part,
                              cllrn_error *error)
{
    cllrn_engine *list = NULL;
    cllrn_status status = cllrn_engine_create(context, device, NULL, &list, error);
    for (size_t i = 0; status == CLLRN_SUCCESS && i < cllrn_program_count(list); ++i) {
        cllrn_program_info program = CLLRN_PROGRAM_INFO_INIT;
        status = cllrn_program_get(list, i, &program, error);
        if (status == CLLRN_SUCCESS && strstr(program.name, part) != NULL)
            status = build(context, device, program.name, error);
    }
    cllrn_engine_destroy(list);
    return status;
}

int main(int argc, char **argv)
{
    cllrn_error error = CLLRN_ERROR_INIT;
    cl_device_id device;
    if (argc != 2 && argc != 3) {
        fprintf(stderr, "usage: builds DEVICE [PART]\n");
        return 2;
    }
    cllrn_status status = cllrn_device_find(argv[1], &device, &error);
    if (status == CLLRN_SUCCESS) {
        const cl_context context = clCreateContext(NULL, 1, &device, NULL, NULL, NULL);
        warm_up(context, device);
        status = build_all(context, device, argc == 3 ? argv[2] : "", &error);
        clReleaseContext(context);
    }
    if (status != CLLRN_SUCCESS)
        fprintf(stderr, "builds: %s\n", error.message);
    return status == CLLRN_SUCCESS ? 0 : 1;
}
