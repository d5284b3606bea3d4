/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline.h"

#include "../cli/message.h"
#include "../cli/operation.h"

#include <inttypes.h>
#include <starpu_opencl.h>
#include <starpu_profiling.h>
#include <stdio.h>
#include <stdlib.h>

enum { MOST_OPERANDS = 3, PAGE = 4096 };

/* A slice in flight. */
typedef struct lane {
    slice slice;
    void *memory;
    cllrn_tensor tensors[MOST_OPERANDS]; /* the task's argument */
    starpu_data_handle_t handles[MOST_OPERANDS];
    struct starpu_task *task;
    bool kept; /* written by an earlier job: no task */
} lane;

typedef struct flow {
    const pipeline *pipeline;
    pipeline_report *report;
    cllrn_starpu *lrn;
    lane *lanes;
    uint64_t lane_count;
    double begin, shown; /* when the flow began, when progress was shown last */
} flow;

/* ---------------------------------------------------------------------- workers */

/*
 * What suits slices, unless the environment says otherwise: all OpenCL devices, CPUs too; CPU
 * workers only where there is no device, since a device that is a CPU uses all of its cores; one
 * queue of tasks; no binding, which would put the ranks of a node on the same cores.
 */
static bool start_starpu(void)
{
    static const char *const defaults[][2] = {{"STARPU_OPENCL_ON_CPUS", "1"},
                                              {"STARPU_WORKERS_NOBIND", "1"},
                                              {"STARPU_SCHED", "eager"},
                                              {"STARPU_SILENT", "1"}};
    struct starpu_conf conf;
    size_t devices = 0;
    for (size_t i = 0; i < sizeof defaults / sizeof *defaults; ++i)
        setenv(defaults[i][0], defaults[i][1], 0);
    const cllrn_status status = cllrn_device_list(NULL, 0, &devices, NULL);
    if (status == CLLRN_SUCCESS && devices > 0 && getenv("STARPU_NOPENCL") == NULL)
        setenv("STARPU_NCPU", "0", 0);
    if (starpu_conf_init(&conf) != 0 || starpu_init(&conf) != 0)
        return message_fail("StarPU has no worker: see STARPU_NCPU and STARPU_OPENCL_ON_CPUS");
    starpu_profiling_status_set(STARPU_PROFILING_ENABLE);
    return true;
}

static double kernel_seconds(void)
{
    double sum = 0;
    for (unsigned i = 0; i < starpu_worker_get_count(); ++i) {
        struct starpu_profiling_worker_info info;
        if (starpu_profiling_worker_get_info((int)i, &info) == 0)
            sum += 1e-6 * starpu_timing_timespec_to_us(&info.executing_time);
    }
    return sum;
}

/* Whether each OpenCL worker has buffers as large as the largest slice needs. */
static bool check_buffers(const flow *f, const slice *largest)
{
    const operation *const todo = &largest->operation;
    const operand *const operands[] = {&todo->src, &todo->dy, &todo->dst};
    int workers[STARPU_NMAXWORKERS];
    const unsigned count =
        starpu_worker_get_ids_by_type(STARPU_OPENCL_WORKER, workers, STARPU_NMAXWORKERS);
    uint64_t widest = 0;
    for (int i = 0; i < MOST_OPERANDS; ++i)
        widest = operands[i]->size > widest ? operands[i]->size : widest;
    for (unsigned i = 0; i < count; ++i) {
        cl_device_id device;
        cl_ulong most = 0;
        starpu_opencl_get_device(starpu_worker_get_devid(workers[i]), &device);
        clGetDeviceInfo(device, CL_DEVICE_MAX_MEM_ALLOC_SIZE, sizeof most, &most, NULL);
        if (most != 0 && widest > most)
            return message_fail("a slice takes %" PRIu64 " bytes in one tensor, but a buffer of a "
                                "device holds at most %" PRIu64 "; use a smaller --slice",
                                widest, (uint64_t)most);
    }
    if (f->pipeline->cut->elements > UINT32_MAX)
        return message_fail("a slice has %" PRIu64 " elements, StarPU takes at most %" PRIu32
                            "; use a smaller --slice",
                            f->pipeline->cut->elements, UINT32_MAX);
    return true;
}

/* ------------------------------------------------------------------------- LRN */

/* The tensors of a slice, in the order of the codelet's buffers; returns how many. */
static int list_operands(const slice *s, const operand *list[MOST_OPERANDS])
{
    int count = 0;
    list[count++] = &s->operation.src;
    if (s->operation.backward)
        list[count++] = &s->operation.dy;
    list[count++] = &s->operation.dst;
    return count;
}

static void list_tensors(const slice *s, cllrn_tensor tensors[MOST_OPERANDS])
{
    const operand *list[MOST_OPERANDS];
    const int count = list_operands(s, list);
    for (int i = 0; i < count; ++i)
        tensors[i] = list[i]->tensor;
}

static bool describe(const flow *f, uint64_t number, void *memory, slice *made)
{
    const box part = slicing_box(f->pipeline->cut, number);
    return slice_make(made, f->pipeline->problem, &part, memory);
}

/* Makes the programs: the first slice has one shape, the last may have another. */
static bool open_lrn(flow *f)
{
    const operation *const whole = &f->pipeline->problem->whole;
    const uint64_t ends[] = {0, f->pipeline->cut->count - 1};
    cllrn_starpu_description what = CLLRN_STARPU_DESCRIPTION_INIT;
    cllrn_error error = CLLRN_ERROR_INIT;
    what.direction = whole->backward ? CLLRN_DIRECTION_BACKWARD : CLLRN_DIRECTION_FORWARD;
    what.params = whole->params;
    what.channel_axis = whole->src.tensor.channel_axis;
    what.src = whole->src.tensor.dtype;
    what.dy = whole->backward ? whole->dy.tensor.dtype : 0;
    what.dst = whole->dst.tensor.dtype;
    if (!message_check(cllrn_starpu_create(&what, &f->lrn, &error), &error))
        return false;
    for (int i = 0; i < 2; ++i) {
        slice s;
        cllrn_tensor tensors[MOST_OPERANDS];
        if (!describe(f, ends[i], NULL, &s))
            return false;
        list_tensors(&s, tensors);
        if (!message_check(cllrn_starpu_prepare_tensors(f->lrn, tensors, &error), &error))
            return false;
    }
    return true;
}

/* One slice for each worker, one that is read, and one that is written. */
static bool open_lanes(flow *f)
{
    const uint64_t slices = f->pipeline->end - f->pipeline->begin,
                   most = starpu_worker_get_count() + 2;
    slice largest;
    if (!describe(f, 0, NULL, &largest) || !check_buffers(f, &largest))
        return false;
    f->lane_count = slices < most ? slices : most;
    f->lanes = calloc(f->lane_count, sizeof *f->lanes);
    for (uint64_t i = 0; f->lanes && i < f->lane_count; ++i)
        if (posix_memalign(&f->lanes[i].memory, PAGE, largest.memory) != 0)
            return message_fail("out of memory for %" PRIu64 " slices of %zu bytes", f->lane_count,
                                largest.memory);
    return f->lanes || message_fail("out of memory for slices");
}

static void close_lanes(flow *f)
{
    for (uint64_t i = 0; f->lanes && i < f->lane_count; ++i)
        free(f->lanes[i].memory);
    free(f->lanes);
}

/* ------------------------------------------------------------------------ flow */

/* Whether an earlier job has written a slice: its data has the digest that it had then. */
static bool is_kept(const flow *f, const lane *l, uint64_t number)
{
    uint64_t expected, found = 0;
    return f->pipeline->output->resumes &&
           shared_output_recorded(f->pipeline->output, number, &expected) &&
           tensor_file_read(&f->pipeline->output->target.file, &l->slice.box,
                            l->slice.operation.dst.data) &&
           slice_digest(&l->slice, f->pipeline->problem, &found) && found == expected;
}

static bool submit(flow *f, lane *l)
{
    const operand *list[MOST_OPERANDS];
    const int count = list_operands(&l->slice, list);
    list_tensors(&l->slice, l->tensors);
    for (int i = 0; i < count; ++i) {
        const size_t size = cllrn_dtype_size(list[i]->tensor.dtype);
        starpu_vector_data_register(&l->handles[i], STARPU_MAIN_RAM, (uintptr_t)list[i]->data,
                                    (uint32_t)(list[i]->size / size), size);
    }
    struct starpu_codelet *const codelet = cllrn_starpu_codelet(f->lrn);
    starpu_data_handle_t *const h = l->handles;
    l->task = count == MOST_OPERANDS
                  ? starpu_task_build(codelet, STARPU_R, h[0], STARPU_R, h[1], STARPU_W, h[2],
                                      STARPU_CL_ARGS_NFREE, l->tensors, sizeof l->tensors, 0)
                  : starpu_task_build(codelet, STARPU_R, h[0], STARPU_W, h[1], STARPU_CL_ARGS_NFREE,
                                      l->tensors, sizeof l->tensors, 0);
    if (!l->task)
        return message_fail("out of memory for a task");
    l->task->detach = 0; /* retire() waits for it, and asks for its times */
    l->task->destroy = 0;
    l->task->cl_arg_free = 0; /* starpu_task_build ignores STARPU_CL_ARGS_NFREE */
    return starpu_task_submit(l->task) == 0 || message_fail("StarPU has no worker for a slice");
}

/* How long the task's worker waited for the operands on its device. */
static double fetch_seconds(const struct starpu_task *task)
{
    struct starpu_profiling_task_info *const info = task->profiling_info;
    return info ? 1e-6 * starpu_timing_timespec_delay_us(&info->acquire_data_start_time,
                                                         &info->acquire_data_end_time)
                : 0;
}

/* Waits for the task, and has the result in the slice's memory. */
static bool retire(flow *f, lane *l)
{
    const operand *list[MOST_OPERANDS];
    const int count = list_operands(&l->slice, list);
    cllrn_error error = CLLRN_ERROR_INIT;
    const double begin = operation_clock();
    if (starpu_task_wait(l->task) != 0)
        return message_fail("StarPU does not wait for a slice");
    const double computed = operation_clock();
    for (int i = 0; i < count; ++i)
        starpu_data_unregister(l->handles[i]);
    f->report->wait += computed - begin;
    f->report->transfer += operation_clock() - computed + fetch_seconds(l->task);
    starpu_task_destroy(l->task);
    l->task = NULL;
    return message_check(cllrn_starpu_check(f->lrn, &error), &error);
}

static bool start(flow *f, uint64_t number)
{
    lane *const l = &f->lanes[number % f->lane_count];
    if (!describe(f, number, l->memory, &l->slice))
        return false;
    const double begin = operation_clock();
    l->kept = is_kept(f, l, number);
    const bool ready = l->kept || slice_read(&l->slice, f->pipeline->problem);
    f->report->read += operation_clock() - begin;
    return ready && (l->kept || submit(f, l));
}

static bool finish(flow *f, uint64_t number)
{
    lane *const l = &f->lanes[number % f->lane_count];
    const shared_output *const to = f->pipeline->output;
    uint64_t digest = 0;
    if (!l->kept && !retire(f, l))
        return false;
    double begin = operation_clock();
    if (f->pipeline->digested && !slice_digest(&l->slice, f->pipeline->problem, &digest))
        return false;
    f->report->digested += operation_clock() - begin;
    f->report->digest += digest;
    f->report->kept += l->kept;
    if (l->kept)
        return true;
    ++f->report->computed;
    f->report->elements +=
        l->slice.operation.dst.size / cllrn_dtype_size(l->slice.operation.dst.tensor.dtype);
    begin = operation_clock();
    const bool written =
        slice_write(&l->slice, &to->target) && shared_output_record(to, number, digest);
    f->report->written += operation_clock() - begin;
    return written;
}

/* Shows the progress of all ranks, which the file tells, each second. */
static void show_progress(flow *f)
{
    const double now = operation_clock();
    char line[64];
    if (!f->pipeline->shows_progress || now - f->begin < 1 || now - f->shown < 1)
        return;
    const uint64_t count = f->pipeline->cut->count, done = shared_output_done(f->pipeline->output);
    snprintf(line, sizeof line, "%" PRIu64 " of %" PRIu64 " slices, %.0f %%", done, count,
             100.0 * (double)done / (double)count);
    message_progress(line);
    f->shown = now;
}

static bool run_all(flow *f)
{
    const uint64_t begin = f->pipeline->begin, end = f->pipeline->end, lanes = f->lane_count;
    f->begin = operation_clock();
    for (uint64_t number = begin; number < end + lanes; ++number) {
        if (number >= begin + lanes && !finish(f, number - lanes))
            return false;
        if (number < end && !start(f, number))
            return false;
        show_progress(f);
    }
    return true;
}

bool pipeline_run(const pipeline *p, pipeline_report *report)
{
    flow f = {.pipeline = p, .report = report};
    const double begin = operation_clock();
    *report = (pipeline_report){.computed = 0};
    if (p->begin == p->end)
        return true;
    if (!start_starpu())
        return false;
    report->workers = starpu_worker_get_count();
    report->opencl_workers = starpu_opencl_worker_get_count();
    const bool opened = open_lrn(&f) && open_lanes(&f);
    report->started = operation_clock() - begin;
    const bool done = opened && run_all(&f);
    message_progress("");
    starpu_task_wait_for_all(); /* after a failure tasks still use the lanes */
    for (uint64_t i = 0; f.lanes && i < f.lane_count; ++i)
        if (f.lanes[i].task)
            starpu_task_destroy(f.lanes[i].task);
    report->kernel = kernel_seconds();
    cllrn_starpu_destroy(f.lrn);
    starpu_shutdown();
    close_lanes(&f);
    return done;
}
