/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Counts the global memory traffic of what selection takes on a GPU, for the
 * shapes of AlexNet and GoogLeNet, also with a long window. It runs the kernels on this machine's
 * processor, work-item by work-item; the compiler has put a call before each load
 * and store (traffic.cl). For ci/gpu-traffic.sh.
 *
 *     traffic programs         the programs: NAME FILE OPTION...
 *     traffic launches         the work-items of each launch, in place too, on 132 units
 *     traffic DIRECTORY LINE   the table, by DIRECTORY/NAME.so, for cache lines of LINE bytes
 *
 * "loaded" and "stored" are bytes for an element, "ratio" is theirs to the least: a load
 * of each input and a store of each output. "lines" is how many cache lines the
 * sub-groups touch for an element: SUBGROUP work-items that execute a load or store
 * together touch the lines of their addresses. The least is what as many neighbours
 * touch which begin at the first of the addresses. "local" and "scratch" are the lines of
 * local memory, as if it lay in global memory, and of scratch, which have no limit.
 *
 * Fails where more than 1.15 of the least bytes or 1.25 of the least lines are touched,
 * where a result differs from the host's, or where column would touch fewer lines
 * than group touches in both memories. strided loads windows again, so its bytes are not
 * limited.
 */
#include <dlfcn.h>
#include <inttypes.h>
#include <stdlib.h>
#include <ucontext.h>

#include "element.h"
#include "plan.h"
#include "support.h"

enum {
    SUBGROUP = 32,
    SLOT = 64,       /* bytes of an argument: traffic.cl */
    STACK = 1 << 16, /* bytes of a work-item's stack */
    MOST_ITEMS = 256,
    MOST_PROGRAMS = 64
};

/* ------------------------------------------------------------------------- problems */

typedef struct problem {
    int64_t channels, size; /* height and width */
    bool last;              /* channels */
    int32_t dtype, direction;
    int window; /* taps; within a channel if `within` */
    bool within;
    bool in_place;
    const char *variant; /* NULL: the one that is chosen */
    cl_uint units; /* of the device; the fewer, the larger the tiles, as if the batch were larger */
} problem;

/* Windows across channels, within them, within them in place, and long ones in place. */
enum { PROBLEMS = 4 * 32, LONG_WINDOW = 127 };

static problem get_problem(size_t number)
{
    static const struct {
        int64_t channels, size;
    } images[] = {{96, 55}, {256, 27}, {64, 56}, {192, 56}};
    const size_t kind = number / 32;
    const bool within = kind == 1 || kind == 2;
    return (problem){.channels = images[number / 8 % 4].channels,
                     .size = images[number / 8 % 4].size,
                     .last = number / 4 % 2 != 0,
                     .dtype = number / 2 % 2 ? CLLRN_DTYPE_F16 : CLLRN_DTYPE_F32,
                     .direction = number % 2 ? CLLRN_DIRECTION_BACKWARD : CLLRN_DIRECTION_FORWARD,
                     .window = within ? 3 : kind == 3 ? LONG_WINDOW : 5,
                     .within = within,
                     .in_place = kind >= 2,
                     .units = 132};
}

/* ---------------------------------------------------------------------------- trace */

/* The memory of a launch. */
enum { SRC, DY, DST, SCRATCH, MEMORIES };
static unsigned char *memories[MEMORIES];
static size_t sizes[MEMORIES];

typedef struct access {
    uintptr_t code; /* behind the instruction */
    uintptr_t address;
    uint32_t size;
    bool store;
} access;

/* A work-item, and its accesses in their order. */
typedef struct item {
    ucontext_t context;
    unsigned char *stack;
    bool running;
    access *accesses;
    size_t count, room, next;
} item;

static struct {
    size_t global[3], local, group[3];
    item items[MOST_ITEMS];
    ucontext_t scheduler;
    size_t current; /* item */
    void (*run)(unsigned char *slots);
    unsigned char *slots;
} launch;

typedef struct totals {
    uint64_t loaded, stored, lines, least, local_lines, scratch_lines;
} totals;

static void trace(uintptr_t code, uintptr_t address, uint32_t size, bool store)
{
    item *const one = &launch.items[launch.current];
    if (address - (uintptr_t)one->stack < STACK ||
        address - (uintptr_t)launch.slots < FAKE_MAX_ARGUMENTS * SLOT)
        return;
    if (one->count == one->room) {
        one->room = one->room == 0 ? 256 : 2 * one->room;
        one->accesses = realloc(one->accesses, one->room * sizeof *one->accesses);
        if (one->accesses == NULL)
            abort();
    }
    one->accesses[one->count++] = (access){code, address, size, store};
}

/* What the compiler calls. */
#define TRACER(NAME, SIZE, STORE)                                                                  \
    void NAME(const void *address);                                                                \
    void NAME(const void *address)                                                                 \
    {                                                                                              \
        trace((uintptr_t)__builtin_return_address(0), (uintptr_t)address, SIZE, STORE);            \
    }
TRACER(__sanitizer_cov_load1, 1, false)
TRACER(__sanitizer_cov_load2, 2, false)
TRACER(__sanitizer_cov_load4, 4, false)
TRACER(__sanitizer_cov_load8, 8, false)
TRACER(__sanitizer_cov_load16, 16, false)
TRACER(__sanitizer_cov_store1, 1, true)
TRACER(__sanitizer_cov_store2, 2, true)
TRACER(__sanitizer_cov_store4, 4, true)
TRACER(__sanitizer_cov_store8, 8, true)
TRACER(__sanitizer_cov_store16, 16, true)

/* What the kernels call, by the names of OpenCL's built-in functions. */
#define BUILTIN(NAME, MANGLED, VALUE)                                                              \
    size_t NAME(cl_uint axis) __asm__(MANGLED);                                                    \
    size_t NAME(cl_uint axis)                                                                      \
    {                                                                                              \
        return VALUE;                                                                              \
    }
#define LOCAL(axis) ((axis) == 0 ? launch.local : 1)
#define ITEM(axis) ((axis) == 0 ? launch.current : 0)
BUILTIN(global_size, "_Z15get_global_sizej", launch.global[axis])
BUILTIN(local_size, "_Z14get_local_sizej", LOCAL(axis))
BUILTIN(group_count, "_Z14get_num_groupsj", launch.global[axis] / LOCAL(axis))
BUILTIN(group_id, "_Z12get_group_idj", launch.group[axis])
BUILTIN(local_id, "_Z12get_local_idj", ITEM(axis))
BUILTIN(global_id, "_Z13get_global_idj", launch.group[axis] * LOCAL(axis) + ITEM(axis))

void barrier(cl_uint fences) __asm__("_Z7barrierj");
void barrier(cl_uint fences)
{
    (void)fences;
    swapcontext(&launch.items[launch.current].context, &launch.scheduler);
}

static void start_item(void)
{
    launch.run(launch.slots);
    launch.items[launch.current].running = false;
}

/* ------------------------------------------------------------------------- counting */

/* MEMORIES: local memory. */
static int memory_at(uintptr_t address)
{
    int number = 0;
    while (number < MEMORIES && address - (uintptr_t)memories[number] >= sizes[number])
        ++number;
    return number;
}

/* Counts what a sub-group does at once: `count` accesses, in the order of their addresses. */
static void count_together(const access *a, size_t count, uintptr_t line, totals *t)
{
    uint64_t bytes = 0, lines = 0;
    uintptr_t next = 0; /* the first line that is not counted yet */
    for (size_t i = 0; i < count; ++i) {
        const uintptr_t first = a[i].address / line, last = (a[i].address + a[i].size - 1) / line;
        bytes += a[i].size;
        if (last < next)
            continue;
        lines += last - (first > next ? first : next) + 1;
        next = last + 1;
    }
    const int memory = memory_at(a->address);
    if (memory >= SCRATCH) {
        *(memory == SCRATCH ? &t->scratch_lines : &t->local_lines) += lines;
        return;
    }
    const uint64_t least = (a->address + bytes - 1) / line - a->address / line + 1;
    *(a->store ? &t->stored : &t->loaded) += bytes;
    t->lines += lines;
    t->least += least < lines ? least : lines; /* several may load one address */
}

/*
 * Counts the accesses of a sub-group. Work-items that are about to execute the first of the
 * instructions execute it together, as GPUs do: so they meet again behind a branch or a loop.
 */
static void count_subgroup(item *items, size_t item_count, uintptr_t line, totals *t)
{
    access together[SUBGROUP];
    for (;;) {
        uintptr_t code = UINTPTR_MAX;
        size_t count = 0;
        for (size_t i = 0; i < item_count; ++i)
            if (items[i].next < items[i].count && items[i].accesses[items[i].next].code < code)
                code = items[i].accesses[items[i].next].code;
        if (code == UINTPTR_MAX)
            break;
        for (size_t i = 0; i < item_count; ++i) {
            if (items[i].next == items[i].count || items[i].accesses[items[i].next].code != code)
                continue;
            const access one = items[i].accesses[items[i].next++];
            size_t at = count++;
            for (; at > 0 && together[at - 1].address > one.address; --at)
                together[at] = together[at - 1];
            together[at] = one;
        }
        count_together(together, count, line, t);
    }
    for (size_t i = 0; i < item_count; ++i)
        items[i].count = items[i].next = 0;
}

/* Runs a work-group. Between two barriers its sub-groups meet again. */
static void run_group(uintptr_t line, totals *t)
{
    bool running = true;
    for (size_t i = 0; i < launch.local; ++i) {
        item *const one = &launch.items[i];
        getcontext(&one->context);
        one->context.uc_stack.ss_sp = one->stack;
        one->context.uc_stack.ss_size = STACK;
        one->context.uc_link = &launch.scheduler;
        one->running = true;
        makecontext(&one->context, start_item, 0);
    }
    while (running) {
        running = false;
        for (size_t i = 0; i < launch.local; ++i)
            if (launch.items[i].running) {
                launch.current = i;
                swapcontext(&launch.scheduler, &launch.items[i].context);
                running = running || launch.items[i].running;
            }
        for (size_t i = 0; i < launch.local; i += SUBGROUP)
            count_subgroup(launch.items + i,
                           launch.local - i < SUBGROUP ? launch.local - i : SUBGROUP, line, t);
    }
}

static void run_launch(const fake_command *command, const cllrn_memory *operands, uintptr_t line,
                       totals *t)
{
    memset(launch.slots, 0, FAKE_MAX_ARGUMENTS * SLOT);
    for (int i = 0; i < command->argument_count; ++i) {
        const fake_argument *const a = &command->arguments[i];
        memcpy(launch.slots + i * SLOT, a->value, a->size);
        for (int m = 0; a->buffer && m < MEMORIES; ++m)
            if (memcmp(a->value, &operands[m].buffer, sizeof(cl_mem)) == 0)
                memcpy(launch.slots + i * SLOT, &memories[m], sizeof memories[m]);
    }
    memcpy(launch.global, command->global, sizeof launch.global);
    launch.local = command->local[0];
    for (launch.group[2] = 0; launch.group[2] < launch.global[2]; ++launch.group[2])
        for (launch.group[1] = 0; launch.group[1] < launch.global[1]; ++launch.group[1])
            for (launch.group[0] = 0; launch.group[0] < launch.global[0] / launch.local;
                 ++launch.group[0])
                run_group(line, t);
}

/* ----------------------------------------------------------------------- one problem */

static world open_gpu(cl_uint units)
{
    world w = world_handles();
    fake_device_settings *const s = fake_settings(w.device);
    s->units = units;
    s->group_size = s->item_size = s->kernel_group_size = MOST_ITEMS;
    s->local_memory = 48 * 1024;
    world_engine(&w);
    return w;
}

static cllrn_memory memory_of(const world *w, int number, size_t size)
{
    cllrn_memory memory = CLLRN_MEMORY_INIT;
    memory.buffer = fake_buffer(w->context, CL_MEM_READ_WRITE, size + 1);
    sizes[number] = size;
    free(memories[number]);
    memories[number] = aligned_alloc(4096, (size + 4096) / 4096 * 4096);
    if (memories[number] == NULL)
        abort();
    return memory;
}

static void fill(int number, int32_t dtype, int64_t elements, uint64_t seed)
{
    for (int64_t i = 0; i < elements; ++i)
        lrn_element_set(dtype, memories[number], i, random_float(&seed, -4.0f, 4.0f));
}

/* The host's result; the caller frees it. */
static unsigned char *host_result(const cllrn_params *params, const cllrn_tensor *tensor,
                                  int32_t direction)
{
    unsigned char *const result = malloc(sizes[SRC]);
    const cllrn_status status =
        direction == CLLRN_DIRECTION_FORWARD
            ? cllrn_host_forward(params, tensor, memories[SRC], tensor, result, NULL)
            : cllrn_host_backward(params, tensor, memories[SRC], tensor, memories[DY], tensor,
                                  result, NULL);
    if (status != CLLRN_SUCCESS)
        abort();
    return result;
}

static void print_problem(const problem *p)
{
    char tensor[32];
    snprintf(tensor, sizeof tensor, "%" PRId64 "x%" PRId64 "x%" PRId64, p->channels, p->size,
             p->size);
    printf("%-10s %5u %s %s %s %s %s ", tensor, p->units, p->last ? "NHWC" : "NCHW",
           cllrn_dtype_string(p->dtype),
           p->direction == CLLRN_DIRECTION_FORWARD ? "forward " : "backward",
           p->within                  ? "within"
           : p->window == LONG_WINDOW ? "long  "
                                      : "across",
           p->in_place ? "in place" : "disjoint");
}

/* False where a limit is exceeded. */
static bool print_traffic(const problem *p, const lrn_launch *run, const totals *t,
                          int64_t elements, bool equal)
{
    const lrn_variant *const variant = run->selection.key.variant;
    const uint64_t size = cllrn_dtype_size(p->dtype);
    const double all = (double)elements,
                 least = all * (double)(size * (p->direction == CLLRN_DIRECTION_FORWARD ? 2 : 3)),
                 bytes = (double)(t->loaded + t->stored) / least,
                 lines = (double)t->lines / (double)t->least;
    const bool loads_again = variant->general && run->scratch == 0;
    const bool passed =
        equal && bytes >= 1 &&
        (p->variant != NULL || ((loads_again || bytes <= 1.15) && lines <= 1.25));
    print_problem(p);
    printf("%-9s %7.3f %7.3f %6.3f %7.4f %6.3f %6.3f %7.3f%s%s\n", variant->name,
           (double)t->loaded / all, (double)t->stored / all, bytes, (double)t->lines / all, lines,
           (double)t->local_lines / all, (double)t->scratch_lines / all,
           equal ? "" : " DIFFERS FROM THE HOST", passed ? "" : " FAILED");
    return passed;
}

static void print_launch(const problem *p, const lrn_launch *run)
{
    const lrn_selection *const s = &run->selection;
    const size_t items = s->global[0] * s->global[1] * s->global[2];
    print_problem(p);
    printf("%-9s %5zu x%5zu x%3zu %4zu %9zu %8zu %10" PRIu64 "\n", s->key.variant->name,
           s->global[0], s->global[1], s->global[2], s->local[0], items, items / p->units,
           run->scratch);
}

static void print_program(const lrn_launch *run)
{
    static char known[MOST_PROGRAMS][CLLRN_KERNEL_NAME_SIZE];
    static int count;
    char options[CLLRN_OPTIONS_SIZE];
    for (int i = 0; i < count; ++i)
        if (strcmp(known[i], run->program->name) == 0)
            return;
    if (count == MOST_PROGRAMS)
        abort();
    strcpy(known[count++], run->program->name);
    lrn_program_options(&run->selection.key, true, options);
    printf("%s %s.cl %s%s\n", run->program->name, run->selection.key.variant->name, options,
           run->selection.key.variant->general ? " -DGENERAL" : "");
}

static bool load(const char *directory, const char *name)
{
    char path[512];
    snprintf(path, sizeof path, "%s/%s.so", directory, name);
    void *const library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    void *const function = library != NULL ? dlsym(library, "run_item") : NULL;
    if (function == NULL) {
        fprintf(stderr, "%s\n", dlerror());
        return false;
    }
    memcpy(&launch.run, &function, sizeof function);
    return true;
}

/* A problem's plan on a GPU of the fake OpenCL. */
typedef struct planned {
    world w;
    cllrn_params params;
    cllrn_tensor tensor;
    cllrn_plan *plan;
    const lrn_launch *launch;
} planned;

static void open_planned(planned *s, const problem *p)
{
    const double square = p->window * p->window;
    fake_reset();
    s->w = open_gpu(p->units);
    s->params = p->within ? make_region(p->window / 2, p->window / 2, 2, square, 1e-4, 0.75, 1.0)
                          : make_params(CLLRN_CONVENTION_TORCH, p->window, 1e-4, 0.75, 1.0);
    s->tensor = with_dtype(p->last ? make_nhwc(1, p->channels, p->size, p->size)
                                   : make_nchw(1, p->channels, p->size, p->size),
                           p->dtype);
    cllrn_problem whole = CLLRN_PROBLEM_INIT;
    whole.direction = p->direction;
    whole.params = &s->params;
    whole.src = whole.dst = &s->tensor;
    whole.dy = p->direction == CLLRN_DIRECTION_BACKWARD ? &s->tensor : NULL;
    whole.variant = p->variant;
    whole.aliasing = p->in_place ? CLLRN_ALIASING_IN_PLACE : CLLRN_ALIASING_DISJOINT;
    if (cllrn_plan_create(s->w.engine, &whole, &s->plan, NULL) != CLLRN_SUCCESS)
        abort();
    s->launch = lrn_plan_launch(s->plan, whole.aliasing);
}

static void close_planned(planned *s)
{
    cllrn_plan_destroy(s->plan);
    world_close(&s->w);
}

/* Sets *t to the traffic of a problem, by the programs of the directory. */
static bool count_problem(const problem *p, const char *directory, uintptr_t line, totals *t)
{
    const bool backward = p->direction == CLLRN_DIRECTION_BACKWARD;
    const int64_t elements = p->channels * p->size * p->size;
    const size_t bytes = (size_t)elements * cllrn_dtype_size(p->dtype);
    planned s;
    open_planned(&s, p);
    const bool loaded = load(directory, s.launch->program->name);
    bool passed = false;
    *t = (totals){0};
    if (loaded) {
        const cllrn_memory m[MEMORIES] = {memory_of(&s.w, SRC, bytes), memory_of(&s.w, DY, bytes),
                                          memory_of(&s.w, DST, bytes),
                                          memory_of(&s.w, SCRATCH, (size_t)s.launch->scratch)};
        const int result = p->in_place ? SRC : DST;
        const cllrn_operands operands =
            make_operands(&m[SRC], backward ? &m[DY] : NULL, &m[result], &m[SCRATCH]);
        fill(SRC, p->dtype, elements, 1);
        fill(DY, p->dtype, elements, 2);
        unsigned char *const expected = host_result(&s.params, &s.tensor, p->direction);
        if (cllrn_enqueue(s.plan, s.w.queue, &operands, 0, NULL, NULL, NULL) != CLLRN_SUCCESS)
            abort();
        run_launch(fake_command_at(fake_command_count() - 1), m, line, t);
        passed = print_traffic(p, s.launch, t, elements,
                               memcmp(expected, memories[result], bytes) == 0);
        free(expected);
    }
    close_planned(&s);
    return passed;
}

/* One problem: on many units and, for larger tiles, few; channels last by column, too. */
static bool count(size_t number, const char *directory, uintptr_t line)
{
    problem p = get_problem(number);
    totals chosen, other;
    bool passed = count_problem(&p, directory, line, &chosen);
    p.units = 8;
    passed = (p.within || count_problem(&p, directory, line, &other)) && passed;
    p.units = 132;
    p.variant = "column";
    if (p.within || p.in_place || !p.last)
        return passed;
    passed = count_problem(&p, directory, line, &other) && passed;
    return passed && chosen.lines + chosen.local_lines < other.lines;
}

int main(int argc, char **argv)
{
    const uintptr_t line = argc == 3 ? strtoul(argv[2], NULL, 10) : 0;
    const bool programs = argc == 2 && strcmp(argv[1], "programs") == 0,
               launches = argc == 2 && strcmp(argv[1], "launches") == 0;
    if (!programs && !launches && line == 0) {
        fprintf(stderr, "usage: %s programs | launches | DIRECTORY LINE\n", argv[0]);
        return 2;
    }
    setenv("CLLRN_CACHE", "off", 1);
    launch.slots = aligned_alloc(SLOT, FAKE_MAX_ARGUMENTS * SLOT);
    for (size_t i = 0; i < MOST_ITEMS; ++i)
        launch.items[i].stack = malloc(STACK);
    if (!programs)
        printf("%-10s %5s axes typ way      window aliasing ", "tensor", "units");
    if (launches)
        puts("variant   work-items         group     total per unit    scratch");
    else if (!programs)
        puts("variant    loaded  stored  ratio   lines  ratio  local scratch");
    int failed = 0;
    for (size_t i = 0; i < PROBLEMS; ++i) {
        problem p = get_problem(i);
        for (int other = 0; other < 2 && line == 0; ++other) {
            planned s;
            if (other && (p.within || p.in_place))
                continue;
            if (programs && other)
                p.variant = "column";
            p.in_place = p.in_place || (launches && other);
            if (launches && p.dtype != CLLRN_DTYPE_F32)
                continue;
            open_planned(&s, &p);
            if (programs)
                print_program(s.launch);
            else
                print_launch(&p, s.launch);
            close_planned(&s);
        }
        failed += line != 0 && !count(i, argv[1], line);
    }
    if (line != 0)
        printf("%d passed, %d failed\n", PROBLEMS - failed, failed);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
