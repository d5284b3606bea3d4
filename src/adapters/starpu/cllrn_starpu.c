/* SPDX-License-Identifier: Apache-2.0 */
#include "cllrn_starpu.h"

#include "error.h"
#include "handle.h"

#include <cllrn_verify.h>
#include <pthread.h>
#include <starpu_opencl.h>
#include <starpu_scheduler.h>
#include <stdbool.h>
#include <stdlib.h>

#ifndef STARPU_USE_OPENCL
#error "this StarPU was built without OpenCL"
#endif

/* The operands, in the order of the codelet's buffers; a forward task has no DY. */
enum { SRC, DY, DST, OPERANDS };
static const char *const names[OPERANDS] = {"src", "dy", "dst"};

struct cllrn_starpu {
    struct starpu_codelet codelet; /* the first member: a task finds its LRN by its codelet */
    cllrn_params params;
    cllrn_direction direction;
    int32_t channel_axis;
    cllrn_dtype dtypes[OPERANDS];
    cllrn_engine *engines[STARPU_NMAXWORKERS]; /* NULL: no OpenCL worker, or one that cannot */
    pthread_mutex_t lock;
    cllrn_error error; /* the first failure of a task */
};

/* ---------------------------------------------------------------- performance */

/* Tells apart what the sizes of the data do not: the same time is expected for the same value. */
static uint32_t footprint(struct starpu_task *task)
{
    const cllrn_starpu *const lrn = (const cllrn_starpu *)task->cl;
    uint32_t hash = starpu_task_data_footprint(task);
    hash = starpu_hash_crc32c_be_n(lrn->dtypes, sizeof lrn->dtypes, hash);
    hash = starpu_hash_crc32c_be_n(&lrn->channel_axis, sizeof lrn->channel_axis, hash);
    hash = starpu_hash_crc32c_be_n(&lrn->params.beta, sizeof lrn->params.beta, hash);
    return starpu_hash_crc32c_be_n(
        lrn->params.window, (size_t)lrn->params.window_count * sizeof *lrn->params.window, hash);
}

/* StarPU keeps pointers to models until it shuts down: they outlive every LRN. */
static struct starpu_perfmodel forward_model = {
    .type = STARPU_HISTORY_BASED, .symbol = "cllrn_forward", .footprint = footprint};
static struct starpu_perfmodel backward_model = {
    .type = STARPU_HISTORY_BASED, .symbol = "cllrn_backward", .footprint = footprint};

/* ----------------------------------------------------------------------- task */

/* A problem with what its pointers point to. It must not move. */
typedef struct task_problem {
    cllrn_problem problem;
    lrn_view views[OPERANDS];
} task_problem;

static bool is_backward(const cllrn_starpu *lrn)
{
    return lrn->direction == CLLRN_DIRECTION_BACKWARD;
}

/* The problem of the views. */
static void set_problem(const cllrn_starpu *lrn, task_problem *made)
{
    made->problem = (cllrn_problem)CLLRN_PROBLEM_INIT;
    made->problem.direction = lrn->direction;
    made->problem.params = &lrn->params;
    made->problem.src = &made->views[SRC].tensor;
    made->problem.dy = is_backward(lrn) ? &made->views[DY].tensor : NULL;
    made->problem.dst = &made->views[DST].tensor;
}

/*
 * The problem of a task's handles, which lie as `interfaces` say; tensors are those of vectors, or
 * NULL. All three are in the order of the codelet's buffers.
 */
static cllrn_status describe(const cllrn_starpu *lrn, const starpu_data_handle_t *handles,
                             void *const *interfaces, const cllrn_tensor *tensors,
                             task_problem *made, cllrn_error *error)
{
    int number = 0;
    for (int i = 0; i < OPERANDS; ++i) {
        if (i == DY && !is_backward(lrn))
            continue;
        const lrn_expectation expected = {names[i], lrn->dtypes[i], lrn->channel_axis,
                                          tensors ? &tensors[number] : NULL};
        const cllrn_status status =
            lrn_view_make(&expected, handles[number], interfaces[number], &made->views[i], error);
        if (status != CLLRN_SUCCESS)
            return status;
        ++number;
    }
    set_problem(lrn, made);
    return CLLRN_SUCCESS;
}

static void note(cllrn_starpu *lrn, const cllrn_error *error)
{
    pthread_mutex_lock(&lrn->lock);
    if (lrn->error.status == CLLRN_SUCCESS)
        lrn->error = *error;
    pthread_mutex_unlock(&lrn->lock);
}

static cllrn_status run_opencl(const cllrn_starpu *lrn, const task_problem *todo,
                               cllrn_error *error)
{
    const int worker = starpu_worker_get_id();
    cllrn_operands operands = CLLRN_OPERANDS_INIT;
    cl_command_queue queue;
    starpu_opencl_get_queue(starpu_worker_get_devid(worker), &queue);
    operands.src = &todo->views[SRC].device;
    operands.dy = todo->problem.dy ? &todo->views[DY].device : NULL;
    operands.dst = &todo->views[DST].device;
    return cllrn_run(lrn->engines[worker], queue, &todo->problem, &operands, 0, NULL, NULL, error);
}

static cllrn_status run_cpu(const cllrn_starpu *lrn, const task_problem *todo, cllrn_error *error)
{
    const lrn_view *const src = &todo->views[SRC], *const dy = &todo->views[DY],
                          *const dst = &todo->views[DST];
    return todo->problem.dy
               ? cllrn_host_backward(&lrn->params, &src->tensor, src->host, &dy->tensor, dy->host,
                                     &dst->tensor, dst->host, error)
               : cllrn_host_forward(&lrn->params, &src->tensor, src->host, &dst->tensor, dst->host,
                                    error);
}

static void run(void **buffers, const cllrn_tensor *tensors,
                cllrn_status (*compute)(const cllrn_starpu *, const task_problem *, cllrn_error *))
{
    struct starpu_task *const task = starpu_task_get_current();
    cllrn_starpu *const lrn = (cllrn_starpu *)task->cl;
    cllrn_error error = CLLRN_ERROR_INIT;
    task_problem todo;
    const starpu_data_handle_t *const handles =
        task->dyn_handles ? task->dyn_handles : task->handles;
    cllrn_status status = describe(lrn, handles, buffers, tensors, &todo, &error);
    if (status == CLLRN_SUCCESS)
        status = compute(lrn, &todo, &error);
    if (status != CLLRN_SUCCESS)
        note(lrn, &error);
}

static void opencl_task(void **buffers, void *argument)
{
    run(buffers, argument, run_opencl);
}

static void cpu_task(void **buffers, void *argument)
{
    run(buffers, argument, run_cpu);
}

static int can_execute(unsigned worker, struct starpu_task *task, unsigned implementation)
{
    const cllrn_starpu *const lrn = (const cllrn_starpu *)task->cl;
    (void)implementation;
    return starpu_worker_get_type((int)worker) != STARPU_OPENCL_WORKER ||
           lrn->engines[worker] != NULL;
}

/* -------------------------------------------------------------------- workers */

/* Whether an engine's device computes the dtypes; engine NULL: whether any device does. */
static cllrn_status check_dtypes(const cllrn_starpu *lrn, const cllrn_engine *engine,
                                 cllrn_error *error)
{
    const int64_t dims[] = {1, 1};
    cllrn_params params = CLLRN_PARAMS_INIT;
    cllrn_tensor tensors[OPERANDS];
    cllrn_problem problem = CLLRN_PROBLEM_INIT;
    char name[CLLRN_KERNEL_NAME_SIZE];
    cllrn_status status =
        cllrn_params_across(&params, CLLRN_CONVENTION_TORCH, 1, 1.0, 1.0, 1.0, error);
    for (int i = 0; i < OPERANDS && status == CLLRN_SUCCESS; ++i) {
        tensors[i] = (cllrn_tensor)CLLRN_TENSOR_INIT;
        status = cllrn_tensor_set(&tensors[i], lrn->dtypes[i], 2, dims, NULL, 1, error);
    }
    if (status != CLLRN_SUCCESS)
        return status;
    problem.direction = lrn->direction;
    problem.params = &params;
    problem.src = &tensors[SRC];
    problem.dy = lrn->direction == CLLRN_DIRECTION_BACKWARD ? &tensors[DY] : NULL;
    problem.dst = &tensors[DST];
    return cllrn_problem_program(engine, &problem, name, error);
}

static cllrn_status open_worker(cllrn_starpu *lrn, int worker, cllrn_error *error)
{
    const int number = starpu_worker_get_devid(worker);
    cllrn_engine **const engine = &lrn->engines[worker];
    cl_context context;
    cl_device_id device;
    starpu_opencl_get_context(number, &context);
    starpu_opencl_get_device(number, &device);
    cllrn_status status = cllrn_engine_share(context, device, engine, error);
    if (status == CLLRN_SUCCESS)
        status = check_dtypes(lrn, *engine, error);
    if (status != CLLRN_UNSUPPORTED)
        return status;
    cllrn_engine_destroy(*engine);
    *engine = NULL;
    return CLLRN_SUCCESS;
}

static cllrn_status open_workers(cllrn_starpu *lrn, cllrn_error *error)
{
    int workers[STARPU_NMAXWORKERS];
    const unsigned count =
        starpu_worker_get_ids_by_type(STARPU_OPENCL_WORKER, workers, STARPU_NMAXWORKERS);
    unsigned able = starpu_cpu_worker_get_count();
    cllrn_status status = check_dtypes(lrn, NULL, error);
    for (unsigned i = 0; i < count && status == CLLRN_SUCCESS; ++i) {
        status = open_worker(lrn, workers[i], error);
        able += lrn->engines[workers[i]] != NULL;
    }
    if (status == CLLRN_SUCCESS && able == 0)
        return lrn_refuse(error, CLLRN_NO_DEVICE,
                          "none of StarPU's %u workers can compute %s: set STARPU_NCPU, or, for "
                          "OpenCL devices that are CPUs, STARPU_OPENCL_ON_CPUS=1",
                          starpu_worker_get_count(), cllrn_dtype_string(lrn->dtypes[DST]));
    return status;
}

/* ----------------------------------------------------------------------- LRNs */

static void make_codelet(struct starpu_codelet *codelet, bool backward)
{
    starpu_codelet_init(codelet);
    codelet->name = backward ? "cllrn_backward" : "cllrn_forward";
    codelet->model = backward ? &backward_model : &forward_model;
    codelet->cpu_funcs[0] = cpu_task;
    codelet->opencl_funcs[0] = opencl_task;
    codelet->can_execute = can_execute;
    codelet->nbuffers = backward ? 3 : 2;
    for (int i = 0; i < codelet->nbuffers; ++i)
        codelet->modes[i] = i == codelet->nbuffers - 1 ? STARPU_W : STARPU_R;
}

static cllrn_status check_description(const cllrn_starpu_description *what, cllrn_starpu **lrn,
                                      cllrn_error *error)
{
    if (what == NULL || lrn == NULL || what->struct_size != sizeof *what || what->params == NULL ||
        what->params->struct_size != sizeof *what->params)
        return lrn_refuse(error, CLLRN_INVALID_ARGUMENT,
                          "a description, its params or lrn is NULL, or a struct is not "
                          "initialised with its INIT");
    if (what->direction != CLLRN_DIRECTION_FORWARD && what->direction != CLLRN_DIRECTION_BACKWARD)
        return lrn_refuse(error, CLLRN_INVALID_ARGUMENT, "direction is %d, expected %d or %d",
                          (int)what->direction, CLLRN_DIRECTION_FORWARD, CLLRN_DIRECTION_BACKWARD);
    if (what->direction == CLLRN_DIRECTION_FORWARD && what->dy != 0)
        return lrn_refuse(error, CLLRN_INVALID_DTYPE,
                          "dy has the dtype %d in a forward direction, expected 0", (int)what->dy);
    if (!starpu_is_initialized())
        return lrn_refuse(error, CLLRN_INVALID_ARGUMENT,
                          "StarPU is not initialised: call starpu_init first");
    return CLLRN_SUCCESS;
}

cllrn_status cllrn_starpu_create(const cllrn_starpu_description *what, cllrn_starpu **lrn,
                                 cllrn_error *error)
{
    cllrn_status status = check_description(what, lrn, error);
    if (status != CLLRN_SUCCESS)
        return status;
    const bool backward = what->direction == CLLRN_DIRECTION_BACKWARD;
    cllrn_starpu *const made = calloc(1, sizeof *made);
    if (made == NULL)
        return lrn_refuse(error, CLLRN_OUT_OF_MEMORY, "no memory for an LRN of StarPU");
    pthread_mutex_init(&made->lock, NULL);
    make_codelet(&made->codelet, backward);
    made->params = *what->params;
    made->direction = what->direction;
    made->channel_axis = what->channel_axis;
    made->dtypes[SRC] = what->src;
    made->dtypes[DY] = backward ? what->dy : what->src;
    made->dtypes[DST] = what->dst;
    made->error = (cllrn_error)CLLRN_ERROR_INIT;
    status = open_workers(made, error);
    if (status == CLLRN_SUCCESS)
        *lrn = made;
    else
        cllrn_starpu_destroy(made);
    return status;
}

void cllrn_starpu_destroy(cllrn_starpu *lrn)
{
    if (lrn == NULL)
        return;
    for (int i = 0; i < STARPU_NMAXWORKERS; ++i)
        cllrn_engine_destroy(lrn->engines[i]);
    pthread_mutex_destroy(&lrn->lock);
    free(lrn);
}

struct starpu_codelet *cllrn_starpu_codelet(cllrn_starpu *lrn)
{
    return &lrn->codelet;
}

static cllrn_status prepare(cllrn_starpu *lrn, const cllrn_problem *const *problems, size_t count,
                            cllrn_error *error)
{
    cllrn_status status = CLLRN_SUCCESS;
    for (int i = 0; i < STARPU_NMAXWORKERS && status == CLLRN_SUCCESS; ++i)
        if (lrn->engines[i] != NULL)
            status = cllrn_engine_prepare(lrn->engines[i], problems, count, NULL, NULL, error);
    return status;
}

/*
 * On a device StarPU leaves out the gaps of a handle, but a part of a handle has the strides of
 * the whole where the whole was there before: programs for both.
 */
cllrn_status cllrn_starpu_prepare(cllrn_starpu *lrn, starpu_data_handle_t src,
                                  starpu_data_handle_t dy, starpu_data_handle_t dst,
                                  cllrn_error *error)
{
    if (lrn == NULL || src == NULL || dst == NULL || (dy != NULL) != is_backward(lrn))
        return lrn_refuse(error, CLLRN_INVALID_ARGUMENT,
                          "lrn, src or dst is NULL, or dy does not fit the direction");
    const starpu_data_handle_t handles[OPERANDS] = {src, dy ? dy : dst, dst};
    void *interfaces[OPERANDS];
    task_problem whole, part;
    for (int i = 0; i < OPERANDS; ++i)
        interfaces[i] = starpu_data_get_interface_on_node(handles[i], STARPU_MAIN_RAM);
    cllrn_status status = describe(lrn, handles, interfaces, NULL, &part, error);
    if (status == CLLRN_SUCCESS)
        status = describe(lrn, handles, interfaces, NULL, &whole, error);
    for (int i = 0; i < OPERANDS && status == CLLRN_SUCCESS; ++i) {
        cllrn_tensor *const tensor = &whole.views[i].tensor;
        if (i != DY || dy != NULL)
            status = cllrn_tensor_set(tensor, tensor->dtype, tensor->rank, tensor->dims, NULL,
                                      tensor->channel_axis, error);
    }
    const cllrn_problem *const problems[] = {&whole.problem, &part.problem};
    return status == CLLRN_SUCCESS ? prepare(lrn, problems, 2, error) : status;
}

cllrn_status cllrn_starpu_prepare_tensors(cllrn_starpu *lrn, const cllrn_tensor *tensors,
                                          cllrn_error *error)
{
    if (lrn == NULL || tensors == NULL)
        return lrn_refuse(error, CLLRN_INVALID_ARGUMENT, "lrn or tensors is NULL");
    task_problem todo;
    todo.views[SRC].tensor = tensors[0];
    todo.views[DY].tensor = tensors[1];
    todo.views[DST].tensor = tensors[is_backward(lrn) ? 2 : 1];
    set_problem(lrn, &todo);
    const cllrn_problem *const problems[] = {&todo.problem};
    return prepare(lrn, problems, 1, error);
}

cllrn_status cllrn_starpu_filter(const cllrn_starpu *lrn, starpu_data_handle_t handle, int32_t axis,
                                 uint32_t parts, struct starpu_data_filter *filter,
                                 cllrn_error *error)
{
    if (lrn == NULL || handle == NULL || filter == NULL)
        return lrn_refuse(error, CLLRN_INVALID_ARGUMENT, "lrn, handle or filter is NULL");
    return lrn_filter_make(&lrn->params, lrn->channel_axis, handle, axis, parts, filter, error);
}

cllrn_status cllrn_starpu_check(cllrn_starpu *lrn, cllrn_error *error)
{
    if (lrn == NULL)
        return lrn_refuse(error, CLLRN_INVALID_ARGUMENT, "lrn is NULL");
    pthread_mutex_lock(&lrn->lock);
    const cllrn_status status = lrn->error.status;
    if (status != CLLRN_SUCCESS && error != NULL && error->struct_size >= sizeof *error)
        *error = lrn->error;
    pthread_mutex_unlock(&lrn->lock);
    return status;
}
