/* SPDX-License-Identifier: Apache-2.0 */
/*
 * clLRN as tasks of StarPU 1.3, in libcllrn-starpu: codelets for LRN and its
 * gradient, for OpenCL and CPU workers. The result has the same bits whichever
 * worker computes it.
 *
 *     cllrn_starpu *lrn;
 *     cllrn_starpu_description what = CLLRN_STARPU_DESCRIPTION_INIT;
 *     what.params = &params;
 *     what.channel_axis = 1;
 *     what.src = what.dst = CLLRN_DTYPE_F32;
 *     starpu_init(NULL);
 *     starpu_block_data_register(&x, STARPU_MAIN_RAM, (uintptr_t)data, P, P * C, P, C, N, 4);
 *     ..
 *     cllrn_starpu_create(&what, &lrn, &error);
 *     cllrn_starpu_prepare(lrn, x, NULL, y, &error);
 *     starpu_task_insert(cllrn_starpu_codelet(lrn), STARPU_R, x, STARPU_W, y, 0);
 *     starpu_task_wait_for_all();
 *     cllrn_starpu_check(lrn, &error);
 *     cllrn_starpu_destroy(lrn);
 *
 * is y = LRN(x) for N items of C channels and P positions. example.c is a
 * complete program, which trains. cllrn.h has the parameters and the statuses.
 *
 * Handles. A tensor is a handle of StarPU's matrix or block interface, whose
 * axes are the tensor's in C order: axis 0 of a block is z, axis 1 is y, axis 2
 * is x; axis 0 of a matrix is y, axis 1 is x. Adjacent axes that no window
 * needs apart are one axis of the handle:
 *
 *     across channels, NCHW        block  x = H * W, y = C, z = N      channel_axis 1
 *     across channels, NHWC        block  x = C, y = H * W, z = N      channel_axis 2
 *     within a channel, NCHW       block  x = W, y = H, z = N * C      channel_axis 0
 *
 * ld, ldy and ldz may leave gaps. A tensor of any rank and layout is a handle of
 * the vector interface, and its task's argument describes it; see
 * cllrn_starpu_codelet. dst is another handle than src and dy.
 *
 * Workers. A task uses the worker's own context and queue of StarPU, and waits
 * for its kernel: a kernel that fails is then an error of cllrn_starpu_check,
 * where an asynchronous one would hang StarPU, which waits for the completion
 * of a command that has failed. Schedulers that prefetch (dmda and its kin)
 * still move the data of the next tasks meanwhile. StarPU takes OpenCL devices
 * that are CPUs only with STARPU_OPENCL_ON_CPUS=1.
 */
#ifndef CLLRN_STARPU_H
#define CLLRN_STARPU_H

#include <cllrn.h>
#include <starpu.h>

#ifdef __cplusplus
extern "C" {
#endif

/* One LRN: its codelet, and an engine for each OpenCL worker. */
typedef struct cllrn_starpu cllrn_starpu;

typedef struct cllrn_starpu_description {
    uint32_t struct_size;
    cllrn_direction direction;  /* CLLRN_DIRECTION_FORWARD or CLLRN_DIRECTION_BACKWARD */
    const cllrn_params *params; /* copied */
    int32_t channel_axis;       /* of the handles; may count from the end */
    cllrn_dtype src, dst;       /* the handles' elements, of which StarPU knows the size only */
    cllrn_dtype dy;             /* CLLRN_DIRECTION_BACKWARD only, else 0 */
} cllrn_starpu_description;

#define CLLRN_STARPU_DESCRIPTION_INIT \
    { sizeof(cllrn_starpu_description), CLLRN_DIRECTION_FORWARD, 0, 1, 0, 0, 0 }

/*
 * Makes an LRN for the workers that StarPU has, and with it the engines, by
 * cllrn_engine_share: any number of LRNs have one engine for each worker. An
 * OpenCL worker whose device cannot compute the dtypes gets no tasks.
 *
 * CLLRN_INVALID_ARGUMENT  what, its params or lrn is NULL, an unknown struct_size or direction, or
 *                         StarPU is not initialised
 * CLLRN_INVALID_DTYPE     an unknown dtype, or dy for a forward direction
 * CLLRN_SHAPE_MISMATCH    dtypes that cannot be mixed
 * CLLRN_NO_DEVICE         StarPU has no worker that can run the tasks
 * and as for cllrn_engine_share. Any thread.
 */
CLLRN_API cllrn_status cllrn_starpu_create(const cllrn_starpu_description *what,
                                           cllrn_starpu **lrn, cllrn_error *error);

/* lrn may be NULL. Call after all of its tasks have ended, and before starpu_shutdown. */
CLLRN_API void cllrn_starpu_destroy(cllrn_starpu *lrn);

/*
 * The codelet, for starpu_task_insert, starpu_mpi_task_insert and starpu_task;
 * valid as long as lrn. Its buffers are STARPU_R src, STARPU_W dst; backward
 * STARPU_R src, STARPU_R dy, STARPU_W dst. It has a performance model based on
 * history, which tells windows, dtypes and sizes apart, for the schedulers that
 * want one.
 *
 * A task on matrices and blocks needs no argument. On vectors, its argument is
 * an array of one cllrn_tensor for each buffer, which stays in place until the
 * task ends:
 *
 *     starpu_task_insert(codelet, STARPU_R, x, STARPU_W, y, STARPU_CL_ARGS_NFREE,
 *                        tensors, sizeof tensors, 0);
 *
 * Element (0, 0, ..) is the first of the vector, and no stride is negative. The
 * tensor's channel_axis holds, not that of the description.
 */
CLLRN_API struct starpu_codelet *cllrn_starpu_codelet(cllrn_starpu *lrn);

/*
 * Makes the programs, on all OpenCL workers, that a task on handles like these
 * needs. Without it the first task makes them, and a performance model would
 * learn a compiler's time. dy is NULL but for the gradient.
 *
 * CLLRN_INVALID_ARGUMENT  lrn, src or dst is NULL, dy does not fit the direction, or a vector
 * CLLRN_UNSUPPORTED       a handle of another interface
 * CLLRN_INVALID_DTYPE     a handle whose elements have another size than the dtype
 * and as for cllrn_engine_prepare. Any thread.
 */
CLLRN_API cllrn_status cllrn_starpu_prepare(cllrn_starpu *lrn, starpu_data_handle_t src,
                                            starpu_data_handle_t dy, starpu_data_handle_t dst,
                                            cllrn_error *error);

/*
 * As cllrn_starpu_prepare, for tasks on vectors: tensors is an argument of such a task.
 *
 * CLLRN_INVALID_ARGUMENT  lrn or tensors is NULL
 * and as for cllrn_engine_prepare. Any thread.
 */
CLLRN_API cllrn_status cllrn_starpu_prepare_tensors(cllrn_starpu *lrn, const cllrn_tensor *tensors,
                                                    cllrn_error *error);

/*
 * Fills *filter, for starpu_data_partition, starpu_data_map_filters or
 * starpu_data_partition_plan, with StarPU's own filter that divides an axis of a
 * handle evenly: batch or positions. filter->nchildren is parts, but at most the
 * elements of the axis. All handles of a task are divided in the same way.
 *
 * CLLRN_INVALID_ARGUMENT  lrn, handle or filter is NULL, parts is 0, or no such axis
 * CLLRN_INVALID_WINDOW    windows extend over the axis, so the parts would need their neighbours
 * CLLRN_UNSUPPORTED       a handle of another interface than matrix and block
 * Any thread.
 */
CLLRN_API cllrn_status cllrn_starpu_filter(const cllrn_starpu *lrn, starpu_data_handle_t handle,
                                           int32_t axis, uint32_t parts,
                                           struct starpu_data_filter *filter, cllrn_error *error);

/*
 * The first failure of a task, with the status of cllrn_starpu_prepare, cllrn_run
 * or cllrn_host_forward, or CLLRN_BUFFER_TOO_SMALL for a tensor that exceeds its
 * vector; CLLRN_SUCCESS if no task has failed. StarPU's tasks cannot
 * fail, so call this when tasks have ended, after starpu_task_wait_for_all for
 * instance, before their results are used. Any thread.
 */
CLLRN_API cllrn_status cllrn_starpu_check(cllrn_starpu *lrn, cllrn_error *error);

#ifdef __cplusplus
}
#endif

#endif
