/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a StarPU task of LRN costs beside the same LRN without StarPU: cllrn_run on StarPU's own
 * queue, for blocks of growing size that lie on the device. Prints a table; needs an idle machine.
 *   overhead [TASKS]     how many tasks are timed for each size
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cllrn_starpu.h>
#include <starpu_opencl.h>

enum { C = 64, P = 1024, ROUNDS = 5 };

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void need(int good, const char *what)
{
    if (good)
        return;
    fprintf(stderr, "%s\n", what);
    exit(1);
}

/* Seconds a task, when StarPU has many at hand. */
static double time_tasks(cllrn_starpu *lrn, starpu_data_handle_t x, starpu_data_handle_t y,
                         int tasks)
{
    const double begin = now();
    for (int i = 0; i < tasks; ++i)
        need(starpu_task_insert(cllrn_starpu_codelet(lrn), STARPU_R, x, STARPU_W, y, 0) == 0,
             "no worker for the task");
    starpu_task_wait_for_all();
    return (now() - begin) / tasks;
}

typedef struct direct {
    cllrn_engine *engine;
    cl_command_queue queue;
    cllrn_problem problem;
    cllrn_memory src, dst;
} direct;

/* StarPU's workers pause: an idle one polls, and takes a processor from a device that is a CPU. */
static double time_direct(const direct *d, int tasks)
{
    cllrn_operands operands = CLLRN_OPERANDS_INIT;
    cllrn_error error = CLLRN_ERROR_INIT;
    operands.src = &d->src;
    operands.dst = &d->dst;
    starpu_pause();
    const double begin = now();
    for (int i = 0; i < tasks; ++i)
        need(cllrn_run(d->engine, d->queue, &d->problem, &operands, 0, NULL, NULL, &error) == 0,
             error.message);
    const double seconds = (now() - begin) / tasks;
    starpu_resume();
    return seconds;
}

static void measure(const cllrn_params *params, uint32_t items, int tasks)
{
    const size_t bytes = (size_t)items * C * P * sizeof(float);
    const int64_t dims[] = {items, C, P};
    cllrn_starpu_description what = CLLRN_STARPU_DESCRIPTION_INIT;
    cllrn_tensor tensor = CLLRN_TENSOR_INIT;
    cllrn_error error = CLLRN_ERROR_INIT;
    cllrn_starpu *lrn;
    cl_context context;
    cl_device_id device;
    int worker;
    direct d = {.problem = CLLRN_PROBLEM_INIT, .src = CLLRN_MEMORY_INIT, .dst = CLLRN_MEMORY_INIT};
    float *const memory = malloc(bytes);
    starpu_data_handle_t x, y;
    need(memory != NULL, "out of memory");
    memset(memory, 0, bytes);
    need(starpu_opencl_worker_get_count() == 1 &&
             starpu_worker_get_ids_by_type(STARPU_OPENCL_WORKER, &worker, 1) == 1,
         "expected one OpenCL worker");
    starpu_opencl_get_context(starpu_worker_get_devid(worker), &context);
    starpu_opencl_get_device(starpu_worker_get_devid(worker), &device);
    starpu_opencl_get_queue(starpu_worker_get_devid(worker), &d.queue);
    what.params = params;
    what.channel_axis = 1;
    what.src = what.dst = CLLRN_DTYPE_F32;
    starpu_block_data_register(&x, STARPU_MAIN_RAM, (uintptr_t)memory, P, P * C, P, C, items, 4);
    starpu_block_data_register(&y, -1, 0, P, P * C, P, C, items, 4);
    need(cllrn_starpu_create(&what, &lrn, &error) == 0 &&
             cllrn_starpu_prepare(lrn, x, NULL, y, &error) == 0,
         error.message);
    need(cllrn_engine_share(context, device, &d.engine, &error) == 0 &&
             cllrn_tensor_set(&tensor, CLLRN_DTYPE_F32, 3, dims, NULL, 1, &error) == 0,
         error.message);
    d.problem.params = params;
    d.problem.src = d.problem.dst = &tensor;
    d.src.buffer = clCreateBuffer(context, CL_MEM_READ_WRITE, bytes, NULL, NULL);
    d.dst.buffer = clCreateBuffer(context, CL_MEM_READ_WRITE, bytes, NULL, NULL);
    /* Pages that were never written are slower to read. */
    need(clEnqueueWriteBuffer(d.queue, d.src.buffer, CL_TRUE, 0, bytes, memory, 0, NULL, NULL) == 0,
         "clEnqueueWriteBuffer");
    time_tasks(lrn, x, y, 10);
    time_direct(&d, 10);
    double starpu = 1e9, alone = 1e9; /* the least of several rounds */
    for (int i = 0; i < ROUNDS; ++i) {
        const double a = time_tasks(lrn, x, y, tasks), b = time_direct(&d, tasks);
        starpu = a < starpu ? a : starpu;
        alone = b < alone ? b : alone;
    }
    printf("%9.2f %12.1f %12.1f %12.1f %8.1f %%\n", 2e-6 * (double)bytes, 1e6 * alone, 1e6 * starpu,
           1e6 * (starpu - alone), 100 * (starpu - alone) / alone);
    clReleaseMemObject(d.src.buffer);
    clReleaseMemObject(d.dst.buffer);
    cllrn_engine_destroy(d.engine);
    starpu_data_unregister(x);
    starpu_data_unregister_no_coherency(y);
    cllrn_starpu_destroy(lrn);
    free(memory);
}

int main(int argc, char **argv)
{
    const int tasks = argc > 1 ? atoi(argv[1]) : 100;
    cllrn_params params = CLLRN_PARAMS_INIT;
    need(tasks > 0, "usage: overhead [TASKS]");
    need(starpu_init(NULL) == 0, "StarPU found no worker");
    need(cllrn_params_across(&params, CLLRN_CONVENTION_TORCH, 5, 1e-4, 0.75, 1.0, NULL) == 0,
         "params");
    printf("MB, x + y  alone, us     task, us  overhead, us\n");
    for (uint32_t items = 1; items <= 128; items *= 2)
        measure(&params, items, tasks);
    starpu_shutdown();
    return 0;
}
