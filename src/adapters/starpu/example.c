/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two LRN layers and their gradients as StarPU tasks, an item of the batch a task, on all workers:
 * x -> y -> z, then dz -> dy -> dx. StarPU runs each task when its data is complete.
 */
#include <cllrn_starpu.h>
#include <stdio.h>

enum { N = 4, C = 8, P = 4 * 4, TENSORS = 6 };
enum { X, Y, Z, DZ, DY, DX };

static float data[TENSORS][N][C][P];
static starpu_data_handle_t handles[TENSORS];

/* Makes an LRN across the channels of blocks {N, C, P}, and its programs. */
static cllrn_status make(cllrn_direction direction, cllrn_starpu **lrn, cllrn_error *error)
{
    const int backward = direction == CLLRN_DIRECTION_BACKWARD;
    cllrn_params params = CLLRN_PARAMS_INIT;
    cllrn_starpu_description what = CLLRN_STARPU_DESCRIPTION_INIT;
    cllrn_status status =
        cllrn_params_across(&params, CLLRN_CONVENTION_TORCH, 3, 1.0, 0.5, 1.0, error);
    what.direction = direction;
    what.params = &params;
    what.channel_axis = 1;
    what.src = what.dst = CLLRN_DTYPE_F32;
    what.dy = backward ? CLLRN_DTYPE_F32 : 0;
    if (status == CLLRN_SUCCESS)
        status = cllrn_starpu_create(&what, lrn, error);
    if (status == CLLRN_SUCCESS)
        status = cllrn_starpu_prepare(*lrn, handles[X], backward ? handles[DY] : NULL, handles[Y],
                                      error);
    return status;
}

static cllrn_status train(cllrn_starpu *forward, cllrn_starpu *backward, cllrn_error *error)
{
    struct starpu_data_filter by_item;
    cllrn_status status = cllrn_starpu_filter(forward, handles[X], 0, N, &by_item, error);
    if (status != CLLRN_SUCCESS)
        return status;
    for (int i = 0; i < TENSORS; ++i)
        starpu_data_partition(handles[i], &by_item);
    struct starpu_codelet *const fore = cllrn_starpu_codelet(forward), *const back =
                                                                           cllrn_starpu_codelet(
                                                                               backward);
    for (unsigned n = 0; n < by_item.nchildren; ++n) {
        starpu_data_handle_t item[TENSORS];
        for (int i = 0; i < TENSORS; ++i)
            item[i] = starpu_data_get_child(handles[i], n);
        const int refused =
            starpu_task_insert(fore, STARPU_R, item[X], STARPU_W, item[Y], 0) ||
            starpu_task_insert(fore, STARPU_R, item[Y], STARPU_W, item[Z], 0) ||
            starpu_task_insert(back, STARPU_R, item[Y], STARPU_R, item[DZ], STARPU_W, item[DY],
                               0) ||
            starpu_task_insert(back, STARPU_R, item[X], STARPU_R, item[DY], STARPU_W, item[DX], 0);
        if (refused)
            fprintf(stderr, "StarPU has no worker for the task\n");
    }
    for (int i = 0; i < TENSORS; ++i)
        starpu_data_unpartition(handles[i], STARPU_MAIN_RAM); /* waits for the tasks */
    status = cllrn_starpu_check(forward, error);
    return status == CLLRN_SUCCESS ? cllrn_starpu_check(backward, error) : status;
}

int main(void)
{
    cllrn_error error = CLLRN_ERROR_INIT;
    cllrn_starpu *forward = NULL, *backward = NULL;
    float *const x = data[X][0][0], *const dz = data[DZ][0][0];
    for (int i = 0; i < N * C * P; ++i) {
        x[i] = 2;
        dz[i] = 1;
    }
    if (starpu_init(NULL) != 0) {
        fprintf(stderr, "StarPU found no worker\n");
        return 1;
    }
    for (int i = 0; i < TENSORS; ++i)
        starpu_block_data_register(&handles[i], STARPU_MAIN_RAM, (uintptr_t)data[i], P, P * C, P, C,
                                   N, sizeof(float));
    cllrn_status status = make(CLLRN_DIRECTION_FORWARD, &forward, &error);
    if (status == CLLRN_SUCCESS)
        status = make(CLLRN_DIRECTION_BACKWARD, &backward, &error);
    if (status == CLLRN_SUCCESS)
        status = train(forward, backward, &error);
    for (int i = 0; i < TENSORS; ++i)
        starpu_data_unregister(handles[i]);
    cllrn_starpu_destroy(forward);
    cllrn_starpu_destroy(backward);
    starpu_shutdown();
    if (status != CLLRN_SUCCESS) {
        fprintf(stderr, "%s\n", error.message);
        return 1;
    }
    printf("y inside %.6f, at the edge %.6f; dx %.6f\n", data[Y][N - 1][3][0], data[Y][N - 1][0][0],
           data[DX][N - 1][3][0]);
    return 0;
}
