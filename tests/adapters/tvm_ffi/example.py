# SPDX-License-Identifier: Apache-2.0
"""clLRN in a program that uses TVM-FFI:  python example.py [libcllrn_tvm_ffi.so]"""

import sys

import numpy as np
import tvm_ffi

path = sys.argv[1] if len(sys.argv) > 1 else "/usr/local/lib/libcllrn_tvm_ffi.so"
module = tvm_ffi.load_module(path)

# One image of 8 channels, 4 x 4 positions, every element 2: torch.nn.LocalResponseNorm(3, 1, 0.5).
x = np.full((1, 8, 4, 4), 2, np.float32)
y = np.empty_like(x)
module.lrn(x, y, 3, 1.0, 0.5, 1.0)
print(f"inside {y[0, 3, 0, 0]:.6f}, at the edge {y[0, 0, 0, 0]:.6f}")

# By name, as a compiled model calls it; here of the gradient.
module.register()
lrn_backward = tvm_ffi.get_global_func("cllrn.lrn_backward")
dx = np.empty_like(x)
lrn_backward(x, np.ones_like(x), dx, 3, 1.0, 0.5, 1.0)
print(f"gradient inside {dx[0, 3, 0, 0]:.6f}, at the edge {dx[0, 0, 0, 0]:.6f}")
