/* SPDX-License-Identifier: Apache-2.0 */
/* A user who needs no device: host and reference forward, C99. */
#include <cllrn_verify.h>

#ifdef CL_VERSION_1_0
#error "this header must not need OpenCL"
#endif

#include <math.h>
#include <stdio.h>
#include <string.h>

/* Names that the library has inside are a program's own. */
int lrn_select(void);
int lrn_select(void)
{
    return 1;
}
int lrn_fail(void);
int lrn_fail(void)
{
    return lrn_select();
}

int main(void)
{
    cllrn_error error = CLLRN_ERROR_INIT;
    cllrn_params params = CLLRN_PARAMS_INIT;
    cllrn_tensor tensor = CLLRN_TENSOR_INIT;
    const int64_t dims[] = {1, 4, 3};
    float x[12], y[12], z[12];
    uint64_t digest = 0;
    int i;
    for (i = 0; i < 12; ++i)
        x[i] = (float)(i - 5);
    if (cllrn_params_across(&params, CLLRN_CONVENTION_ONNX, 3, 1.0, 0.75, 1.0, &error) != 0 ||
        cllrn_tensor_set(&tensor, CLLRN_DTYPE_F32, 3, dims, NULL, 1, &error) != 0 ||
        cllrn_host_forward(&params, &tensor, x, &tensor, y, &error) != 0 ||
        cllrn_reference_forward(&params, &tensor, x, &tensor, z, &error) != 0 ||
        cllrn_digest(&tensor, y, 0, &digest, &error) != 0) {
        fprintf(stderr, "%s\n", error.message);
        return 1;
    }
    for (i = 0; i < 12; ++i)
        if (fabsf(y[i] - z[i]) > 4e-7f * fabsf(z[i]))
            return 1;
    if (lrn_fail() != 1 || strcmp(cllrn_version(), CLLRN_VERSION_STRING) != 0 ||
        cllrn_arithmetic_version() != CLLRN_ARITHMETIC_VERSION)
        return 1;
    printf("cllrn %s, digest %08lx%08lx\n", cllrn_version(), (unsigned long)(digest >> 32),
           (unsigned long)(digest & 0xffffffffu));
    return 0;
}
