/* SPDX-License-Identifier: Apache-2.0 */
/* LRN on a DLPack tensor in host memory, on the device that $CLLRN_DEVICE names, or the best. */
#include <cllrn_dlpack.h>
#include <stdio.h>

int main(void)
{
    static float x[1 * 8 * 4 * 4], y[1 * 8 * 4 * 4];
    int64_t shape[] = {1, 8, 4, 4}; /* NCHW */
    DLTensor from = {.data = x, .ndim = 4, .shape = shape}, to = from;
    cllrn_error error = CLLRN_ERROR_INIT;
    cllrn_params params = CLLRN_PARAMS_INIT;
    cllrn_engine *engine = NULL;
    cl_device_id device;

    from.device.device_type = kDLCPU;
    from.dtype = (DLDataType){.code = kDLFloat, .bits = 32, .lanes = 1};
    to.device = from.device;
    to.dtype = from.dtype;
    to.data = y;
    for (size_t i = 0; i < sizeof x / sizeof *x; ++i)
        x[i] = 2;
    cllrn_status status =
        cllrn_params_across(&params, CLLRN_CONVENTION_TORCH, 3, 1.0, 0.5, 1.0, &error);
    if (status == CLLRN_SUCCESS)
        status = cllrn_device_find(NULL, &device, &error);
    if (status == CLLRN_SUCCESS)
        status = cllrn_engine_share(NULL, device, &engine, &error);
    if (status == CLLRN_SUCCESS)
        status = cllrn_dlpack_forward(engine, NULL, &params, 1, &from, &to, 0, NULL, NULL, &error);
    cllrn_engine_destroy(engine);
    if (status != CLLRN_SUCCESS) {
        fprintf(stderr, "%s\n", error.message);
        return 1;
    }
    printf("inside %.6f, at the edge %.6f\n", y[3 * 16], y[0]);
    return 0;
}
