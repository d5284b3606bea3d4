/* SPDX-License-Identifier: Apache-2.0 */
/* cllrn-cluster: normalizes a tensor file, or computes the gradient, by the processes of an MPI
 * job. */
#include "pipeline.h"
#include "request.h"

#include "../cli/message.h"
#include "../cli/operation.h"
#include "../cli/run/part_file.h"
#include "../cli/text.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

typedef struct run {
    job job;
    request request;
    problem problem;
    slicing cut;
    shared_output output;
    pipeline_report report; /* of all ranks, once they are done */
    double begin;
} run;

/* --------------------------------------------------------------------- slices */

/*
 * The default: enough for a device, and so many that ranks and devices of any speed end at about
 * the same time. It depends on the problem alone, so that another number of ranks can go on.
 */
static uint64_t usual_slice(uint64_t bytes)
{
    enum { SLICES = 64 };
    const uint64_t most = UINT64_C(64) << 20, least = UINT64_C(1) << 20, equal = bytes / SLICES;
    return equal > most ? most : equal < least ? least : equal;
}

static bool make_slices(run *r)
{
    const operation *const whole = &r->problem.whole;
    const operand *const operands[] = {&whole->src, &whole->dy, &whole->dst};
    const slicing_axes axes = problem_axes(&r->problem);
    const box all = slicing_whole(&axes);
    uint64_t bytes = 0, element = 0;
    for (int i = 0; i < 3; ++i) {
        bytes += operands[i]->size;
        element += cllrn_dtype_size(operands[i]->tensor.dtype); /* 0 for no dy */
    }
    const uint64_t most =
        r->request.options.slice ? (uint64_t)r->request.options.slice : usual_slice(bytes);
    r->cut = slicing_make(&axes, &all, most / element);
    if (r->request.options.slice && r->cut.elements > most / element && bytes > 0)
        return message_fail("a slice of %s cannot be cut further, since windows extend over what "
                            "is left, and takes %" PRIu64 " bytes, but --slice allows %" PRIu64,
                            text_of_list(r->cut.steps, axes.rank, "x").chars,
                            r->cut.elements * element, most);
    return true;
}

/* What decides each byte of each slice, as parts of `cllrn run --part` say it too. */
static bool describe(const run *r, char description[SHARED_DESCRIPTION])
{
    part_record whole;
    char dictionary[1024];
    memset(description, 0, SHARED_DESCRIPTION);
    if (r->job.rank != 0)
        return true;
    if (!part_file_describe(&whole, &r->problem, 1, 1, false))
        return false;
    npy_format(&whole.result, dictionary, sizeof dictionary);
    snprintf(description, SHARED_DESCRIPTION,
             "cllrn-cluster 1\nproblem %s\nx %016" PRIx64 "\ndy %016" PRIx64 "\nresult %s\n"
             "channel axis %d\nslices %" PRIu64 " of at most %s, %s-endian digests\n",
             whole.problem, whole.x, whole.dy, dictionary, (int)whole.channel_axis, r->cut.count,
             text_of_list(r->cut.steps, r->problem.x.header.rank, "x").chars,
             *(const unsigned char *)&(const uint16_t){1} ? "little" : "big");
    return true;
}

/* -------------------------------------------------------------------- report */

/* Sums what the ranks report. */
static void collect(pipeline_report *report)
{
    uint64_t integers[] = {report->computed, report->kept,           report->elements,
                           report->digest,   report->opencl_workers, report->workers};
    double doubles[] = {report->started, report->read,   report->wait,    report->digested,
                        report->written, report->kernel, report->transfer};
    job_add_integers(integers, 6);
    job_add_doubles(doubles, 7);
    *report = (pipeline_report){.computed = integers[0],
                                .kept = integers[1],
                                .elements = integers[2],
                                .digest = integers[3],
                                .opencl_workers = integers[4],
                                .workers = integers[5],
                                .started = doubles[0],
                                .read = doubles[1],
                                .wait = doubles[2],
                                .digested = doubles[3],
                                .written = doubles[4],
                                .kernel = doubles[5],
                                .transfer = doubles[6]};
}

__attribute__((format(printf, 2, 3))) static void row(const char *label, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    text_fold_arguments(stdout, 11, label, format, arguments);
    va_end(arguments);
}

static void print_table(const run *r)
{
    const pipeline_report *const all = &r->report;
    const tensor_file *const x = &r->problem.x;
    row("ranks", "%d, with %" PRIu64 " OpenCL and %" PRIu64 " CPU workers", r->job.size,
        all->opencl_workers, all->workers - all->opencl_workers);
    row("direction", "%s", r->problem.whole.backward ? "backward" : "forward");
    row("shape", "%s", text_of_list(x->header.dims, x->header.rank, "x").chars);
    row("slices", "%" PRIu64 " of at most %s", r->cut.count,
        text_of_list(r->cut.steps, x->header.rank, "x").chars);
    row("computed", "%" PRIu64 " slices, %" PRIu64 " elements", all->computed, all->elements);
    if (r->request.resume)
        row("kept", "%" PRIu64 " slices of an earlier job", all->kept);
    row("files", "%.3f ms to read, %.3f ms to write", 1e3 * all->read, 1e3 * all->written);
    row("host", "%.3f ms to start, %.3f ms for digests", 1e3 * all->started, 1e3 * all->digested);
    row("wait", "%.3f ms for workers", 1e3 * all->wait);
    row("transfer", "%.3f ms to the workers and back", 1e3 * all->transfer);
    row("kernel", "%.3f ms of the workers; these times are sums over the ranks", 1e3 * all->kernel);
    row("digest", "%016" PRIx64, all->digest);
    row("total", "%.3f ms by the clock, from the start of rank 0",
        1e3 * (operation_clock() - r->begin));
}

/* ------------------------------------------------------------------- command */

/* Rank 0 first: its message is enough where all ranks would have the same. */
static bool open_problem(run *r)
{
    const options *const o = &r->request.options;
    return job_agree(r->job.rank != 0 || (problem_open(&r->problem, o) && make_slices(r))) &&
           job_agree(r->job.rank == 0 || (problem_open(&r->problem, o) && make_slices(r)));
}

static pipeline share_of(const run *r)
{
    const uint64_t rank = (uint64_t)r->job.rank, size = (uint64_t)r->job.size;
    const uint64_t count = r->problem.whole.dst.size > 0 ? r->cut.count : 0;
    const uint64_t each = count / size, more = count % size;
    pipeline p = {.problem = &r->problem, .cut = &r->cut, .output = &r->output};
    p.begin = rank * each + (rank < more ? rank : more);
    p.end = p.begin + each + (rank < more);
    p.digested = r->request.resume || !r->request.options.quiet;
    p.shows_progress = rank == 0 && !r->request.options.quiet;
    return p;
}

static void wait_for_turns(const run *r, int count)
{
    for (int i = 0; r->request.in_turn && i < count; ++i)
        job_agree(true);
}

/* A rank that fails while others compute ends them: they do not wait for one another. */
static void compute(run *r)
{
    const pipeline mine = share_of(r);
    wait_for_turns(r, r->job.rank);
    if (!pipeline_run(&mine, &r->report)) {
        shared_output_discard(&r->output);
        job_abort(EXIT_FAILED);
    }
    wait_for_turns(r, r->job.size - r->job.rank);
}

static int execute(run *r)
{
    char description[SHARED_DESCRIPTION];
    if (!open_problem(r))
        return EXIT_FAILED;
    if (!job_agree(describe(r, description)) ||
        !shared_output_open(&r->output, &r->job, &r->problem, r->request.options.output,
                            r->request.resume, r->cut.count, description))
        return EXIT_FAILED;
    compute(r);
    if (!shared_output_commit(&r->output, &r->job))
        return EXIT_FAILED;
    collect(&r->report);
    if (r->job.rank != 0 || r->request.options.quiet)
        return EXIT_DONE;
    print_table(r);
    return message_finish_stdout();
}

/* Rank 0 parses first, and alone prints the help, or what is wrong. */
static bool parse(run *r, int argc, char **argv, int *status)
{
    struct {
        bool parsed;
        int status;
    } first = {false, EXIT_DONE};
    if (r->job.rank == 0)
        first.parsed = request_parse(argc, argv, &r->request, &first.status);
    job_share(&first, sizeof first);
    *status = first.status;
    return first.parsed && (r->job.rank == 0 || request_parse(argc, argv, &r->request, status));
}

static int command(run *r, int argc, char **argv)
{
    int status;
    const bool run_wanted = argc > 1 && strcmp(argv[1], "run") == 0;
    const bool version_wanted = argc == 2 && strcmp(argv[1], "--version") == 0;
    if (run_wanted) {
        message_set_command("run");
        if (!parse(r, argc - 1, argv + 1, &status))
            return status;
        status = execute(r);
        shared_output_discard(&r->output);
        problem_close(&r->problem);
        return status;
    }
    if (r->job.rank != 0)
        return version_wanted ? EXIT_DONE : EXIT_USAGE;
    if (version_wanted) {
        printf("cllrn-cluster %s, arithmetic %u\n", cllrn_version(),
               (unsigned)cllrn_arithmetic_version());
        return message_finish_stdout();
    }
    return message_usage("no command, expected run: mpirun -np N cllrn-cluster run --help");
}

int main(int argc, char **argv)
{
    static run r;
    r.begin = operation_clock();
    message_set_program("cllrn-cluster");
    job_begin(&r.job, &argc, &argv);
    const int status = command(&r, argc, argv);
    job_end();
    return status;
}
