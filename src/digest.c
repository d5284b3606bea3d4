/* SPDX-License-Identifier: Apache-2.0 */
#include <cllrn.h>

#include "../cl/arithmetic.h"
#include "error.h"
#include "tensor.h"

typedef struct digest_t {
    const float *data;
    int64_t channels, stride;
    uint64_t index, sum;
} digest_t;

/* A bijection of 64 bits in which every input bit moves about half of the output's. */
static uint64_t mix(uint64_t x)
{
    x ^= x >> 32;
    x *= UINT64_C(0xd6e8feb86659fd93);
    x ^= x >> 32;
    x *= UINT64_C(0xd6e8feb86659fd93);
    x ^= x >> 32;
    return x;
}

static void add_column(void *user, int64_t src_offset, int64_t dst_offset)
{
    digest_t *digest = user;
    const float *column = digest->data + src_offset;
    (void)dst_offset;
    for (int64_t c = 0; c < digest->channels; ++c) {
        const uint32_t bits = lrn_float_bits(lrn_canonical(column[c * digest->stride]));
        digest->sum += mix(mix(digest->index++ + UINT64_C(0x9e3779b97f4a7c15)) + bits);
    }
}

cllrn_status cllrn_digest(const cllrn_tensor *tensor, const void *data, uint64_t first_position,
                          uint64_t *digest, cllrn_error *error)
{
    const cllrn_status status = lrn_tensor_check(tensor, "tensor", error);
    if (status != CLLRN_SUCCESS)
        return status;
    if (digest == NULL || (data == NULL && lrn_tensor_elements(tensor) > 0))
        return lrn_fail(error, CLLRN_INVALID_ARGUMENT, "digest: data or digest is NULL");

    const int channel_axis = lrn_tensor_channel_axis(tensor);
    digest_t state = {.data = data,
                      .channels = tensor->dims[channel_axis],
                      .stride = tensor->strides[channel_axis]};
    state.index = first_position * (uint64_t)state.channels;
    lrn_tensor_columns(tensor, tensor, add_column, &state);
    *digest += state.sum;
    return CLLRN_SUCCESS;
}
