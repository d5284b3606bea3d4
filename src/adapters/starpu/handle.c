/* SPDX-License-Identifier: Apache-2.0 */
#include "handle.h"

#include "error.h"

#include <stdbool.h>
#include <string.h>

enum { MOST_AXES = 3 };

/* What matrices and blocks have in common; axis 0 is the slowest. */
typedef struct layout {
    int rank;
    uint32_t dims[MOST_AXES], strides[MOST_AXES]; /* in elements; 0: not known on this node */
    size_t element_size, offset;
    uintptr_t pointer, buffer;
} layout;

static layout layout_of_matrix(const struct starpu_matrix_interface *m)
{
    return (layout){.rank = 2,
                    .dims = {m->ny, m->nx},
                    .strides = {m->ld, 1},
                    .element_size = m->elemsize,
                    .offset = m->offset,
                    .pointer = m->ptr,
                    .buffer = m->dev_handle};
}

static layout layout_of_block(const struct starpu_block_interface *b)
{
    return (layout){.rank = 3,
                    .dims = {b->nz, b->ny, b->nx},
                    .strides = {b->ldz, b->ldy, 1},
                    .element_size = b->elemsize,
                    .offset = b->offset,
                    .pointer = b->ptr,
                    .buffer = b->dev_handle};
}

/* A vector has no axes of its own: the task tells them. */
static layout layout_of_vector(const struct starpu_vector_interface *v)
{
    return (layout){.dims = {v->nx},
                    .element_size = v->elemsize,
                    .offset = v->offset,
                    .pointer = v->ptr,
                    .buffer = v->dev_handle};
}

static cllrn_status layout_make(const char *name, starpu_data_handle_t handle,
                                const void *interface, layout *made, cllrn_error *error)
{
    const enum starpu_data_interface_id id = starpu_data_get_interface_id(handle);
    *made = (layout){.rank = 0};
    if (id == STARPU_MATRIX_INTERFACE_ID)
        *made = layout_of_matrix(interface);
    else if (id == STARPU_BLOCK_INTERFACE_ID)
        *made = layout_of_block(interface);
    else if (id == STARPU_VECTOR_INTERFACE_ID)
        *made = layout_of_vector(interface);
    else
        return lrn_refuse(error, CLLRN_UNSUPPORTED,
                          "%s is a StarPU handle of interface %d, expected a matrix (%d), a block "
                          "(%d) or a vector (%d): register it with starpu_block_data_register",
                          name, (int)id, STARPU_MATRIX_INTERFACE_ID, STARPU_BLOCK_INTERFACE_ID,
                          STARPU_VECTOR_INTERFACE_ID);
    return CLLRN_SUCCESS;
}

static cllrn_status refuse_dtype(const lrn_expectation *expected, size_t size, cllrn_error *error)
{
    return lrn_refuse(error, CLLRN_INVALID_DTYPE,
                      "%s is a StarPU handle of %zu-byte elements, expected %zu for %s",
                      expected->name, size, cllrn_dtype_size(expected->dtype),
                      cllrn_dtype_string(expected->dtype));
}

/* Without strides, as where a node has no memory for the handle yet, the tensor has no gaps. */
static cllrn_status tensor_of_layout(const lrn_expectation *expected, const layout *l,
                                     cllrn_tensor *tensor, cllrn_error *error)
{
    int64_t dims[MOST_AXES], strides[MOST_AXES];
    bool gapless = false;
    for (int i = 0; i < l->rank; ++i) {
        dims[i] = l->dims[i];
        strides[i] = l->strides[i];
        gapless = gapless || l->strides[i] == 0;
    }
    return cllrn_tensor_set(tensor, expected->dtype, l->rank, dims, gapless ? NULL : strides,
                            expected->channel_axis, error);
}

static cllrn_status tensor_in_vector(const lrn_expectation *expected, const layout *l,
                                     cllrn_tensor *tensor, cllrn_error *error)
{
    int64_t elements, below;
    if (expected->tensor == NULL)
        return lrn_refuse(error, CLLRN_INVALID_ARGUMENT,
                          "%s is a vector, but its task has no argument that describes the tensors",
                          expected->name);
    cllrn_status status = cllrn_tensor_span(expected->tensor, &elements, &below, error);
    if (status != CLLRN_SUCCESS)
        return status;
    if (expected->tensor->dtype != expected->dtype)
        return lrn_refuse(error, CLLRN_INVALID_DTYPE, "%s is a tensor of %s, expected %s",
                          expected->name, cllrn_dtype_string(expected->tensor->dtype),
                          cllrn_dtype_string(expected->dtype));
    if (below != 0 || elements > l->dims[0])
        return lrn_refuse(error, CLLRN_BUFFER_TOO_SMALL,
                          "%s has %lld elements from its first to its last, %lld of them below "
                          "element (0, 0, ..), expected at most %u and none in the vector",
                          expected->name, (long long)elements, (long long)below,
                          (unsigned)l->dims[0]);
    *tensor = *expected->tensor;
    return CLLRN_SUCCESS;
}

cllrn_status lrn_view_make(const lrn_expectation *expected, starpu_data_handle_t handle,
                           const void *interface, lrn_view *view, cllrn_error *error)
{
    layout l;
    cllrn_status status = layout_make(expected->name, handle, interface, &l, error);
    if (status != CLLRN_SUCCESS)
        return status;
    if (l.element_size != cllrn_dtype_size(expected->dtype))
        return refuse_dtype(expected, l.element_size, error);
    *view = (lrn_view){.tensor = CLLRN_TENSOR_INIT, .device = CLLRN_MEMORY_INIT};
    memcpy(&view->device.buffer, &l.buffer, sizeof view->device.buffer);
    view->device.offset = l.offset;
    view->host = (void *)l.pointer;
    return l.rank == 0 ? tensor_in_vector(expected, &l, &view->tensor, error)
                       : tensor_of_layout(expected, &l, &view->tensor, error);
}

/* Whether windows extend over an axis; its windows count the others from the last. */
static bool is_windowed(const cllrn_params *params, int rank, int channels, int axis)
{
    int place = axis - rank;
    if (axis == channels)
        place = CLLRN_AXIS_CHANNEL;
    else if (axis < channels)
        ++place;
    for (int i = 0; i < params->window_count; ++i)
        if (params->window[i].axis == place)
            return true;
    return false;
}

cllrn_status lrn_filter_make(const cllrn_params *params, int32_t channel_axis,
                             starpu_data_handle_t handle, int32_t axis, uint32_t parts,
                             struct starpu_data_filter *filter, cllrn_error *error)
{
    static void (*const filters[][MOST_AXES])(void *, void *, struct starpu_data_filter *, unsigned,
                                              unsigned) = {
        {starpu_matrix_filter_vertical_block, starpu_matrix_filter_block},
        {starpu_block_filter_depth_block, starpu_block_filter_vertical_block,
         starpu_block_filter_block},
    };
    layout l;
    cllrn_status status =
        layout_make("the tensor", handle,
                    starpu_data_get_interface_on_node(handle, STARPU_MAIN_RAM), &l, error);
    if (status != CLLRN_SUCCESS)
        return status;
    if (l.rank == 0)
        return lrn_refuse(error, CLLRN_UNSUPPORTED,
                          "a vector has no axes to divide: register a matrix or a block");
    if (axis < 0 || axis >= l.rank || parts == 0)
        return lrn_refuse(error, CLLRN_INVALID_ARGUMENT,
                          "axis %d in %u parts, expected 1 part or more of an axis 0 to %d",
                          (int)axis, (unsigned)parts, l.rank - 1);
    const int channels = channel_axis < 0 ? channel_axis + l.rank : channel_axis;
    if (is_windowed(params, l.rank, channels, axis))
        return lrn_refuse(error, CLLRN_INVALID_WINDOW,
                          "axis %d of the handle cannot be divided, since windows extend over it: "
                          "divide another axis",
                          (int)axis);
    *filter = (struct starpu_data_filter){.filter_func = filters[l.rank - 2][axis],
                                          .nchildren = parts < l.dims[axis] ? parts : l.dims[axis]};
    return CLLRN_SUCCESS;
}
