// SPDX-License-Identifier: Apache-2.0
// The same header in C++17.
#define CL_TARGET_OPENCL_VERSION 120
#include <cllrn.h>
#include <cllrn_verify.h>

#include <iostream>
#include <vector>

int main()
{
    cllrn_error error = CLLRN_ERROR_INIT;
    cllrn_params params = CLLRN_PARAMS_INIT;
    cllrn_tensor tensor = CLLRN_TENSOR_INIT;
    const int64_t dims[] = {2, 3, 5};
    std::vector<float> x(30, 2.0f), y(30);
    if (cllrn_params_across(&params, CLLRN_CONVENTION_TORCH, 3, 1.0, 1.0, 1.0, &error) != 0 ||
        cllrn_tensor_set(&tensor, CLLRN_DTYPE_F32, 3, dims, nullptr, 1, &error) != 0 ||
        cllrn_host_forward(&params, &tensor, x.data(), &tensor, y.data(), &error) != 0) {
        std::cerr << error.message << '\n';
        return 1;
    }
    cllrn_problem problem = CLLRN_PROBLEM_INIT;
    cllrn_engine_options options = CLLRN_ENGINE_OPTIONS_INIT;
    cllrn_memory memory = CLLRN_MEMORY_INIT;
    cllrn_operands operands = CLLRN_OPERANDS_INIT;
    cllrn_program_info program = CLLRN_PROGRAM_INFO_INIT;
    // The inner channel sees three taps of 4: s = 1 + 12/3 = 5.
    return problem.struct_size != 0 && options.struct_size != 0 && memory.struct_size != 0 &&
                   operands.struct_size != 0 && program.struct_size != 0 && y[5] > 0.3999f &&
                   y[5] < 0.4001f
               ? 0
               : 1;
}
