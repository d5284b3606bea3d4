/* SPDX-License-Identifier: Apache-2.0 */
#include "job.h"

#include <mpi.h>
#include <stdlib.h>
#include <time.h>

void job_begin(job *j, int *argc, char ***argv)
{
    int provided;
    MPI_Init_thread(argc, argv, MPI_THREAD_FUNNELED, &provided);
    MPI_Comm_rank(MPI_COMM_WORLD, &j->rank);
    MPI_Comm_size(MPI_COMM_WORLD, &j->size);
}

void job_end(void)
{
    MPI_Finalize();
}

_Noreturn void job_abort(int status)
{
    MPI_Abort(MPI_COMM_WORLD, status);
    abort();
}

/* MPI's own waits occupy a processor. */
static void wait_for(MPI_Request *request)
{
    const struct timespec pause = {0, 1000000};
    for (int done = 0;;) {
        MPI_Test(request, &done, MPI_STATUS_IGNORE);
        if (done)
            return;
        nanosleep(&pause, NULL);
    }
}

void job_share(void *data, size_t size)
{
    MPI_Request request;
    MPI_Ibcast(data, (int)size, MPI_BYTE, 0, MPI_COMM_WORLD, &request);
    wait_for(&request);
}

bool job_agree(bool mine)
{
    MPI_Request request;
    int all = mine;
    MPI_Iallreduce(MPI_IN_PLACE, &all, 1, MPI_INT, MPI_MIN, MPI_COMM_WORLD, &request);
    wait_for(&request);
    return all != 0;
}

static void add(void *numbers, int count, MPI_Datatype type)
{
    MPI_Request request;
    MPI_Iallreduce(MPI_IN_PLACE, numbers, count, type, MPI_SUM, MPI_COMM_WORLD, &request);
    wait_for(&request);
}

void job_add_integers(uint64_t *numbers, int count)
{
    add(numbers, count, MPI_UINT64_T);
}

void job_add_doubles(double *numbers, int count)
{
    add(numbers, count, MPI_DOUBLE);
}
