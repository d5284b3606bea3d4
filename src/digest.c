/* SPDX-License-Identifier: Apache-2.0 */
#include <cllrn.h>

#include "element.h"
#include "error.h"
#include "tensor.h"

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

cllrn_status cllrn_digest(const cllrn_tensor *tensor, const void *data, uint64_t first_position,
                          uint64_t *digest, cllrn_error *error)
{
    const cllrn_status status = lrn_tensor_check(tensor, "tensor", error);
    if (status != CLLRN_SUCCESS)
        return status;
    if (digest == NULL || (data == NULL && lrn_tensor_elements(tensor) > 0))
        return lrn_fail(error, CLLRN_INVALID_ARGUMENT, "digest: data or digest is NULL");
    if (lrn_tensor_elements(tensor) == 0)
        return CLLRN_SUCCESS;

    const int channel_axis = lrn_tensor_channel_axis(tensor);
    const int64_t channels = tensor->dims[channel_axis];
    int64_t index[CLLRN_MAX_RANK] = {0};
    uint64_t number = first_position * (uint64_t)channels, sum = 0;
    do {
        const int64_t place = lrn_tensor_place(tensor, index);
        for (int64_t c = 0; c < channels; ++c) {
            const uint64_t bits = lrn_element_bits(
                tensor->dtype, data, place + lrn_tensor_offset(tensor, channel_axis, c));
            sum += mix(mix(number++ + UINT64_C(0x9e3779b97f4a7c15)) + bits);
        }
    } while (lrn_tensor_next(tensor, &channel_axis, 1, index));
    *digest += sum;
    return CLLRN_SUCCESS;
}
