# SPDX-License-Identifier: Apache-2.0
"""Anything with __dlpack__: a producer that counts what becomes of its capsules."""

import ctypes
import gc
import sys
import types

import cllrn
import numpy as np
import pytest
from cllrn import _dlpack

NAMES = b"dltensor", b"dltensor_versioned"
DELETER = ctypes.CFUNCTYPE(None, ctypes.c_void_p)
DESTRUCTOR = ctypes.CFUNCTYPE(None, ctypes.c_void_p)
api = ctypes.pythonapi
for call, result, arguments in (
        ("PyCapsule_New", ctypes.py_object, (ctypes.c_void_p, ctypes.c_char_p, DESTRUCTOR)),
        ("PyCapsule_IsValid", ctypes.c_int, (ctypes.c_void_p, ctypes.c_char_p)),
        ("PyCapsule_GetPointer", ctypes.c_void_p, (ctypes.c_void_p, ctypes.c_char_p))):
    getattr(api, call).restype, getattr(api, call).argtypes = result, arguments


@DESTRUCTOR
def _destroy(capsule):
    """As producers do: a capsule that nobody took still owns its tensor."""
    for name, kind in zip(NAMES, (_dlpack.DLManagedTensor, _dlpack.DLManagedTensorVersioned)):
        if api.PyCapsule_IsValid(capsule, name):
            address = api.PyCapsule_GetPointer(capsule, name)
            DELETER(kind.from_address(address).deleter)(address)


class Producer:
    """Exports an array; count: the tensors given and not yet deleted; deleted: those deleted."""

    def __init__(self, array, versioned=True, strides=True, offset=0, device=1, major=1, flags=0,
                 code=2, bits=None, lanes=1, name=None):
        self.array, self.versioned, self.device = array, versioned, device
        self.live, self.deleted = {}, 0
        self.options = (strides, offset, major, flags, code, bits, lanes, name)
        self.deleter = DELETER(self._delete)

    def _delete(self, address):
        del self.live[address]
        self.deleted += 1

    def __dlpack_device__(self):
        return (self.device, 0)

    def __dlpack__(self, **options):
        if options and not self.versioned:
            raise TypeError("max_version is unknown")
        assert not self.versioned or options["max_version"] >= (1, 0)
        strides, offset, major, flags, code, bits, lanes, name = self.options
        array = self.array
        managed = (_dlpack.DLManagedTensorVersioned if self.versioned
                   else _dlpack.DLManagedTensor)()
        shape = (ctypes.c_int64 * array.ndim)(*array.shape)
        steps = (ctypes.c_int64 * array.ndim)(*(s // array.itemsize for s in array.strides))
        tensor = managed.dl_tensor
        tensor.data, tensor.byte_offset = array.ctypes.data - offset, offset
        tensor.device_type, tensor.ndim = self.device, array.ndim
        tensor.code, tensor.bits, tensor.lanes = code, bits or 8 * array.itemsize, lanes
        tensor.shape = ctypes.cast(shape, ctypes.POINTER(ctypes.c_int64))
        if strides:
            tensor.strides = ctypes.cast(steps, ctypes.POINTER(ctypes.c_int64))
        managed.deleter = ctypes.cast(self.deleter, ctypes.c_void_p)
        if self.versioned:
            managed.major, managed.flags = major, flags
        address = ctypes.addressof(managed)
        self.live[address] = managed, shape, steps
        return api.PyCapsule_New(address, name or NAMES[self.versioned], _destroy)


X = (2 * np.random.default_rng(15).standard_normal((2, 6, 3, 5))).astype("f4")
Y = cllrn.lrn(X, alpha=1.0, device="host")
FORMS = {"versioned": {}, "unversioned": {"versioned": False}, "C order": {"strides": False},
         "offset": {"offset": 64}, "pinned": {"device": 3}}


@pytest.mark.parametrize("form", FORMS)
def test_lrn__forms_SUCCESS(form, device):
    x, out = Producer(X, **FORMS[form]), Producer(np.zeros_like(X), **FORMS[form])

    result = cllrn.lrn(x, alpha=1.0, out=out, device=device)

    assert result is out and (out.array == Y).all()
    assert (x.deleted, out.deleted) == (1, 1) and not x.live and not out.live


def test_lrn__strides_SUCCESS(device):
    x = Producer(X.transpose(0, 2, 3, 1)[:, ::-1])
    out = Producer(np.zeros((2, 3, 5, 12), "f4")[..., ::2])

    cllrn.lrn(x, alpha=1.0, channel_axis=-1, out=out, device=device)

    assert (out.array == Y.transpose(0, 2, 3, 1)[:, ::-1]).all()


def test_lrn_backward__bfloat16_SUCCESS(device):
    ml_dtypes = pytest.importorskip("ml_dtypes")
    x, dy = X.astype(ml_dtypes.bfloat16), X[::-1].astype(ml_dtypes.bfloat16)
    out = np.zeros_like(x)

    cllrn.lrn_backward(Producer(x, code=4), Producer(dy, code=4), out=Producer(out, code=4),
                       device=device)

    assert out.tobytes() == cllrn.lrn_backward(x, dy, device="host").tobytes()


class Array(Producer):
    """Of a package with from_dlpack."""


@pytest.fixture
def package(monkeypatch):
    module = types.ModuleType("some_package")
    module.from_dlpack = np.from_dlpack
    monkeypatch.setitem(sys.modules, "some_package", module)
    monkeypatch.setattr(Array, "__module__", "some_package.arrays")
    return module


@pytest.mark.parametrize("view", [lambda x: x, lambda x: np.moveaxis(x, 1, -1).copy()
                                  .transpose(0, 3, 1, 2), lambda x: x[:, :, ::2]])
def test_lrn__result_of_the_package_SUCCESS(view, package, device):
    x = view(X)

    y = cllrn.lrn(Array(x), alpha=1.0, device=device)

    assert type(y) is np.ndarray and y.ctypes.data % 64 == 0
    assert y.strides == np.empty_like(x).strides
    assert (y == cllrn.lrn(x.copy(), alpha=1.0, device="host")).all()


def growth(call):
    """Bytes by which the process grows in 50 calls, after 50 that let the allocator settle."""
    sizes = []
    for _ in range(2):
        for _ in range(50):
            call()
        gc.collect()
        with open("/proc/self/statm") as file:
            sizes.append(int(file.read().split()[1]) * 4096)
    return sizes[1] - sizes[0]


def test_lrn__results_are_freed_SUCCESS(package):
    x = np.zeros((1, 1, 1 << 20), "f4")

    assert growth(lambda: cllrn.lrn(Array(x), device="host")) < 25 * x.nbytes


def test_lrn__from_dlpack_fails_and_memory_is_freed_ERROR(package):
    x = np.zeros((1, 1, 1 << 20), "f4")

    def refuse(tensor):
        tensor.__dlpack__(max_version=(1, 0))
        raise BufferError("no")

    def call():
        with pytest.raises(BufferError, match="no"):
            cllrn.lrn(Array(x), device="host")

    package.from_dlpack = refuse

    assert growth(call) < 25 * x.nbytes


def test_lrn__package_without_from_dlpack_TYPE_ERROR():
    x = Producer(X)

    with pytest.raises(TypeError, match="out="):
        cllrn.lrn(x, device="host")

    assert x.deleted == 1 and not x.live


MISTAKES = {
    "CUDA": ({"device": 2}, cllrn.UnsupportedError, "CPU", 0),
    "ROCm": ({"device": 10}, cllrn.UnsupportedError, "CPU", 0),
    "unknown device": ({"device": 99}, cllrn.UnsupportedError, "99", 0),
    "version 2": ({"major": 2}, cllrn.UnsupportedError, "version 2", 1),
    "integers": ({"code": 0}, cllrn.InvalidError, "convert", 1),
    "lanes": ({"lanes": 4}, cllrn.InvalidError, "4 lanes", 1),
    "bits": ({"bits": 8}, cllrn.InvalidError, "8 bits", 1),
    "read-only": ({"flags": 1}, cllrn.InvalidError, "read-only", 1),
    "a copy": ({"flags": 2}, cllrn.InvalidError, "copy", 1),
    "a used capsule": ({"name": b"used_dltensor"}, TypeError, "fresh", 0),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_lrn__mistakes_ERROR(mistake):
    options, kind, text, deleted = MISTAKES[mistake]
    x, out = Producer(X), Producer(np.zeros_like(X), **options)

    with pytest.raises(kind, match=text):
        cllrn.lrn(x, out=out, device="host")

    assert x.deleted == 1 and not x.live
    assert out.deleted == deleted and not (out.array != 0).any()


def test_lrn__flags_of_a_source_SUCCESS():
    x, out = Producer(X, flags=3), np.zeros_like(X)

    cllrn.lrn(x, alpha=1.0, out=out, device="host")

    assert (out == Y).all()


def test_lrn__library_refuses_and_capsules_are_released_INVALID_WINDOW():
    x, dy, out = Producer(X), Producer(X), Producer(np.zeros_like(X))

    with pytest.raises(cllrn.InvalidError, match="size 0"):
        cllrn.lrn_backward(x, dy, 0, out=out, device="host")

    assert (x.deleted, dy.deleted, out.deleted) == (1, 1, 1)
