# SPDX-License-Identifier: Apache-2.0
"""What lrn and lrn_backward compute, against the formula in float64."""

import os
import threading

import numpy as np
import pytest
import tvm_ffi

WINDOWS = {  # lower, upper, divisor of size n
    "torch": lambda n: (n // 2, (n - 1) // 2, n),
    "onnx": lambda n: ((n - 1) // 2, n // 2, n),
    "onednn": lambda n: ((n - 1) // 2, (n - 1) // 2, n),
    "torch-doc": lambda n: (n // 2, n // 2, n),
    "caffe": lambda n: ((n - 1) // 2, (n - 1) // 2, n),
    "tensorflow": lambda n: ((n - 1) // 2, (n - 1) // 2, 1),
}


def taps(x, axis, lower, upper):
    """The sum over a window of x along an axis."""
    x = np.moveaxis(x, axis, 0)
    total = np.zeros_like(x)
    for i in range(len(x)):
        total[i] = x[max(0, i - lower):i + upper + 1].sum(0)
    return np.moveaxis(total, 0, axis)


def forward(x, size, alpha, beta, k, convention="torch", axes=(1,)):
    lower, upper, divisor = WINDOWS[convention](size)
    x = x.astype(np.float64)
    s = x * x
    for axis in axes:
        s = taps(s, axis, lower, upper)
    return x * (k + alpha / divisor**len(axes) * s) ** -beta


def backward(x, dy, size, alpha, beta, k):
    lower, upper, divisor = WINDOWS["torch"](size)
    x, dy = x.astype(np.float64), dy.astype(np.float64)
    s = k + alpha / divisor * taps(x * x, 1, lower, upper)
    return dy * s**-beta - 2 * alpha * beta / divisor * x * taps(dy * x * s ** (-beta - 1), 1,
                                                                  upper, lower)


def numbers(*shape, dtype=np.float32, seed=0):
    return np.random.default_rng(seed).uniform(-2, 2, shape).astype(dtype)


def close(actual, expected, dtype=np.float32):
    np.testing.assert_allclose(actual.astype(np.float64), expected, rtol=20 * np.finfo(dtype).eps,
                               atol=20 * np.finfo(dtype).eps)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_types(module, dtype):
    x, dy = numbers(2, 7, 5, 6, dtype=dtype), numbers(2, 7, 5, 6, dtype=dtype, seed=1)
    y, dx = np.empty_like(x), np.empty_like(x)
    assert module.lrn(x, y, 5, 0.7, 0.75, 1.0) is None
    close(y, forward(x, 5, 0.7, 0.75, 1.0), dtype)
    assert module.lrn_backward(x, dy, dx, 5, 0.7, 0.75, 1.0) is None
    close(dx, backward(x, dy, 5, 0.7, 0.75, 1.0), dtype)


def test_mixed_types(module):
    x, y = numbers(2, 7, 5, dtype=np.float16), np.empty((2, 7, 5), np.float32)
    module.lrn(x, y)
    close(y, forward(x, 5, 1e-4, 0.75, 1.0))


@pytest.mark.parametrize("convention", WINDOWS)
def test_conventions(module, convention):
    size = 5 if convention in ("caffe", "tensorflow") else 4
    x = numbers(2, 9, 3)
    y = np.empty_like(x)
    module.lrn(x, y, size, 1, 2, 0.5, convention)  # ints will do as numbers
    close(y, forward(x, size, 1, 2, 0.5, convention))


def test_defaults(module):
    x = 100 * numbers(2, 9, 3)
    y, z = np.empty_like(x), np.empty_like(x)
    module.lrn(x, y)
    close(y, forward(x, 5, 1e-4, 0.75, 1.0))
    module.lrn(x, z, None, None, None, None, None, None, None, None)
    assert np.array_equal(y, z)


def test_within(module):
    x = numbers(2, 3, 6, 7)
    y = np.empty_like(x)
    module.lrn(x, y, 3, 1.0, 0.75, 1.0, "torch", "within")
    close(y, forward(x, 3, 1.0, 0.75, 1.0, axes=(2, 3)))


@pytest.mark.parametrize("axis", [-1, 3, 0, 2])
def test_channel_axis(module, axis):
    x = numbers(4, 5, 6, 7)
    y = np.empty_like(x)
    module.lrn(x, y, 3, 1.0, 0.75, 1.0, None, None, axis)
    close(y, forward(x, 3, 1.0, 0.75, 1.0, axes=(axis,)))


def test_strides(module):
    """Views with gaps and negative strides; what lies between is untouched."""
    x = numbers(2, 14, 5, 6)[:, ::-2]
    whole = np.full((2, 7, 5, 12), 9, np.float32)
    y = whole[..., ::2]
    module.lrn(tvm_ffi.from_dlpack(x), tvm_ffi.from_dlpack(y), 3, 1.0, 0.75, 1.0)
    close(y, forward(x, 3, 1.0, 0.75, 1.0))
    assert (whole[..., 1::2] == 9).all()


def test_in_place(module):
    x, dy = numbers(2, 7, 5), numbers(2, 7, 5, seed=1)
    expected, gradient = forward(x, 3, 1.0, 0.75, 1.0), backward(x, dy, 3, 1.0, 0.75, 1.0)
    module.lrn_backward(x, dy, dy, 3, 1.0, 0.75, 1.0)
    close(dy, gradient)
    module.lrn(x, x, 3, 1.0, 0.75, 1.0)
    close(x, expected)


def test_empty(module):
    module.lrn(np.empty((0, 3, 4), np.float32), np.empty((0, 3, 4), np.float32))


def test_device(module):
    x = numbers(2, 7, 5)
    y, z = np.empty_like(x), np.empty_like(x)
    for device in (os.environ.get("CLLRN_TEST_DEVICE"), "", None):
        y.fill(0)
        module.lrn(x, y, 5, 1.0, 0.75, 1.0, None, None, None, device)
        close(y, forward(x, 5, 1.0, 0.75, 1.0))
    module.lrn(x, z, 5, 1.0, 0.75, 1.0, None, None, None, 0)
    assert np.array_equal(y, z)  # the same bits on every device


def test_tensors_of_torch(module):
    torch = pytest.importorskip("torch")
    x = torch.from_numpy(numbers(2, 7, 5)).bfloat16()
    y = torch.empty_like(x)
    module.lrn(x, y, 3, 1.0, 0.75, 1.0)
    close(y.float().numpy(), forward(x.float().numpy(), 3, 1.0, 0.75, 1.0).astype(np.float32),
          np.float16)


def test_global_functions(module):
    module.register()
    module.register()
    x, dy = numbers(2, 7, 5), numbers(2, 7, 5, seed=1)
    y, dx = np.empty_like(x), np.empty_like(x)
    tvm_ffi.get_global_func("cllrn.lrn")(x, y, 3, 1.0, 0.75, 1.0)
    close(y, forward(x, 3, 1.0, 0.75, 1.0))
    tvm_ffi.get_global_func("cllrn.lrn_backward")(x, dy, dx, 3, 1.0, 0.75, 1.0)
    close(dx, backward(x, dy, 3, 1.0, 0.75, 1.0))


def test_threads(module):
    """8 threads, of shapes of their own: the same bits as alone."""
    wrong = []

    def work(seed):
        x = numbers(2, 5 + seed, 9, 8, seed=seed)
        expected, y = np.empty_like(x), np.empty_like(x)
        module.lrn(x, expected, 3 + seed, 1.0, 0.75, 1.0)
        for _ in range(100):
            y.fill(np.nan)
            module.lrn(x, y, 3 + seed, 1.0, 0.75, 1.0)
            if not np.array_equal(y, expected):
                wrong.append(seed)

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong
