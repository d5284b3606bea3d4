/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tells how the library launches a problem on a GPU: enqueues it on the fake
 * OpenCL, as a GPU of UNITS compute units, and prints what was enqueued. For
 * ci/gpu.sh --make-ptx.
 *
 *     gpu_launches UNITS <PROBLEMS
 *
 * A problem is a line, windows and types as `cllrn run` takes them:
 *
 *     NAME NxCxHxW nchw|nhwc DTYPE forward|backward disjoint|in-place SIZE ALPHA BETA K
 *
 * Its answer is a line of JSON: name; program, the kernel's name as of
 * cllrn_program_info; variant; scratch, its bytes; global and local sizes;
 * arguments in their order: name, type, and either buffer, which is "x", "dy",
 * "dst" or "scratch", or bytes, the value as it lies in memory, in hexadecimal.
 */
#include <inttypes.h>
#include <stdlib.h>

#include "arguments.h"
#include "plan.h"
#include "support.h"

enum { GROUP = 1024, LOCAL_MEMORY = 48 * 1024 };

typedef struct asked {
    char name[128], layout[8], dtype[8], direction[16], aliasing[16];
    int64_t n, c, h, w, size;
    double alpha, beta, k;
} asked;

static bool read_problem(asked *p)
{
    char shape[64];
    return scanf("%127s %63s %7s %7s %15s %15s %" SCNd64 " %lf %lf %lf", p->name, shape, p->layout,
                 p->dtype, p->direction, p->aliasing, &p->size, &p->alpha, &p->beta, &p->k) == 10 &&
           sscanf(shape, "%" SCNd64 "x%" SCNd64 "x%" SCNd64 "x%" SCNd64, &p->n, &p->c, &p->h,
                  &p->w) == 4;
}

static int32_t dtype_of(const asked *p)
{
    for (int32_t dtype = CLLRN_DTYPE_F32; dtype <= CLLRN_DTYPE_F64; ++dtype)
        if (strcmp(p->dtype, cllrn_dtype_string(dtype)) == 0)
            return dtype;
    return 0;
}

static world open_gpu(cl_uint units)
{
    world w = world_handles();
    fake_device_settings *const s = fake_settings(w.device);
    s->units = units;
    s->group_size = s->item_size = s->kernel_group_size = GROUP;
    s->local_memory = LOCAL_MEMORY;
    world_engine(&w);
    return w;
}

/* The memories of an enqueue, by the names that the answer has for them. */
typedef struct memories {
    cllrn_memory x, dy, dst, scratch;
} memories;

static const char *name_of(const memories *m, cl_mem buffer)
{
    return buffer == m->x.buffer     ? "x"
           : buffer == m->dy.buffer  ? "dy"
           : buffer == m->dst.buffer ? "dst"
                                     : "scratch";
}

static void print_sizes(const char *name, const size_t sizes[3])
{
    printf("\"%s\": [%zu, %zu, %zu], ", name, sizes[0], sizes[1], sizes[2]);
}

static void print_arguments(const fake_command *command, const memories *m, const char *types)
{
    for (int i = 0; i < command->argument_count; ++i) {
        const fake_argument *const a = &command->arguments[i];
        const size_t length = strcspn(types, ","), type = length - strlen(a->name);
        printf("%s{\"name\": \"%s\", \"type\": \"%.*s\", ", i > 0 ? ", " : "", a->name,
               (int)(types[type - 1] == ' ' ? type - 1 : type), types);
        types += length + strspn(types + length, ", ");
        if (a->buffer) {
            cl_mem buffer;
            memcpy(&buffer, a->value, sizeof buffer);
            printf("\"buffer\": \"%s\"}", name_of(m, buffer));
            continue;
        }
        printf("\"bytes\": \"");
        for (size_t byte = 0; byte < a->size; ++byte)
            printf("%02x", a->value[byte]);
        printf("\"}");
    }
}

static void print_launch(const asked *p, cllrn_plan *plan, int32_t aliasing, const memories *m)
{
    const lrn_launch *const launch = lrn_plan_launch(plan, aliasing);
    const fake_command *const command = fake_command_at(fake_command_count() - 1);
    char types[CLLRN_ARGUMENTS_SIZE];
    lrn_arguments_text(&launch->selection.key, true, types);
    printf("{\"name\": \"%s\", \"program\": \"%s\", \"variant\": \"%s\", \"scratch\": %" PRIu64
           ", ",
           p->name, launch->program->name, cllrn_plan_variant(plan, aliasing),
           cllrn_plan_scratch_size(plan, aliasing));
    print_sizes("global", command->global);
    print_sizes("local", command->local);
    printf("\"arguments\": [");
    print_arguments(command, m, types);
    printf("]}\n");
}

static cllrn_memory memory_of(const world *w, uint64_t size)
{
    cllrn_memory memory = CLLRN_MEMORY_INIT;
    memory.buffer = fake_buffer(w->context, CL_MEM_READ_WRITE, size);
    return memory;
}

static cllrn_status launch(const asked *p, const world *w, cllrn_error *error)
{
    const bool backward = strcmp(p->direction, "backward") == 0,
               in_place = strcmp(p->aliasing, "in-place") == 0;
    const int64_t first[] = {p->n, p->c, p->h, p->w}, last[] = {p->n, p->h, p->w, p->c};
    const bool channels_last = strcmp(p->layout, "nhwc") == 0;
    cllrn_params params = CLLRN_PARAMS_INIT;
    cllrn_tensor tensor = CLLRN_TENSOR_INIT;
    cllrn_plan *plan = NULL;
    int64_t elements = 0;
    cllrn_status status = cllrn_params_across(&params, CLLRN_CONVENTION_TORCH, p->size, p->alpha,
                                              p->beta, p->k, error);
    if (status == CLLRN_SUCCESS)
        status = cllrn_tensor_set(&tensor, dtype_of(p), 4, channels_last ? last : first, NULL,
                                  channels_last ? -1 : 1, error);
    if (status == CLLRN_SUCCESS)
        status = cllrn_tensor_span(&tensor, &elements, NULL, error);
    if (status != CLLRN_SUCCESS)
        return status;

    cllrn_problem problem = CLLRN_PROBLEM_INIT;
    problem.direction = backward ? CLLRN_DIRECTION_BACKWARD : CLLRN_DIRECTION_FORWARD;
    problem.params = &params;
    problem.src = problem.dst = &tensor;
    problem.dy = backward ? &tensor : NULL;
    problem.aliasing = in_place ? CLLRN_ALIASING_IN_PLACE : CLLRN_ALIASING_DISJOINT;
    status = cllrn_plan_create(w->engine, &problem, &plan, error);
    if (status != CLLRN_SUCCESS)
        return status;
    const uint64_t bytes = (uint64_t)elements * cllrn_dtype_size(tensor.dtype);
    memories m = {memory_of(w, bytes), memory_of(w, bytes), memory_of(w, bytes),
                  memory_of(w, cllrn_plan_scratch_size(plan, problem.aliasing) + 1)};
    const cllrn_operands operands =
        make_operands(&m.x, backward ? &m.dy : NULL, in_place ? &m.x : &m.dst, &m.scratch);
    status = cllrn_enqueue(plan, w->queue, &operands, 0, NULL, NULL, error);
    if (status == CLLRN_SUCCESS)
        print_launch(p, plan, problem.aliasing, &m);
    cllrn_plan_destroy(plan);
    return status;
}

int main(int argc, char **argv)
{
    const long units = argc == 2 ? strtol(argv[1], NULL, 10) : 0;
    if (units < 1) {
        fprintf(stderr, "usage: %s UNITS <PROBLEMS\n", argv[0]);
        return 2;
    }
    setenv("CLLRN_CACHE", "off", 1);
    for (asked p; read_problem(&p);) {
        cllrn_error error = CLLRN_ERROR_INIT;
        fake_reset();
        world w = open_gpu((cl_uint)units);
        const cllrn_status status = launch(&p, &w, &error);
        world_close(&w);
        if (status != CLLRN_SUCCESS) {
            fprintf(stderr, "%s: %s\n", p.name, error.message);
            return EXIT_FAILURE;
        }
    }
    if (!feof(stdin)) {
        fprintf(stderr, "a line of the problems cannot be read\n");
        return EXIT_FAILURE;
    }
    return EXIT_SUCCESS;
}
