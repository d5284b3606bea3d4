# SPDX-License-Identifier: Apache-2.0
"""NumPy arrays: results against the formula in long double, and every layout."""

import common
import cllrn
import numpy as np
import pytest

ml_dtypes = pytest.importorskip("ml_dtypes")

DTYPES = {"f32": np.dtype("f4"), "f16": np.dtype("f2"), "f64": np.dtype("f8"),
          "bf16": np.dtype(ml_dtypes.bfloat16)}
RNG = np.random.default_rng(15)
CONVENTIONS = [(name, size) for name in cllrn._library.CONVENTIONS for size in (1, 2, 4, 5, 9)
               if size % 2 or name not in ("caffe", "tensorflow")]


def array(*shape, dtype="f4"):
    return (2 * RNG.standard_normal(shape)).astype(dtype)


def problem(x, size, alpha, beta, k, convention="torch", spatial_axes=0, channel_axis=1):
    """As tests/peers/common.py describes one; odd sizes of caffe are like onednn's, and
    tensorflow divides by 1."""
    dtype = next(name for name, d in DTYPES.items() if d == x.dtype)
    if convention == "tensorflow":
        alpha *= size
    if convention in ("caffe", "tensorflow"):
        convention = "onednn"
    return common.Problem(x.shape, size, alpha, beta, k, convention, spatial_axes, channel_axis,
                          (dtype,) * 3)


def assert_right(result, p, direction, x, dy=None):
    assert result.dtype == x.dtype and result.shape == x.shape
    expected, magnitudes = common.exact(p, x.astype("f8"), None if dy is None else dy.astype("f8"))
    narrow = p.dtypes[2] if p.dtypes[2] in common.NARROW else None
    eps = common.EPS[p.arithmetic()]
    verdict = common.judge(result.astype("f8"), expected.results[direction],
                           magnitudes[direction], eps * p.bound(direction), eps, narrow)
    assert verdict.passed, f"{p}: {verdict}"


@pytest.mark.parametrize("convention, size", CONVENTIONS)
@pytest.mark.parametrize("dtype", DTYPES)
def test_lrn__conventions_SUCCESS(convention, size, dtype, device):
    x, dy = array(2, 7, 3, 4, dtype=DTYPES[dtype]), array(2, 7, 3, 4, dtype=DTYPES[dtype])
    numbers = (0.5, 0.75, 1.0)
    p = problem(x, size, *numbers, convention)

    y = cllrn.lrn(x, size, *numbers, convention=convention, device=device)
    dx = cllrn.lrn_backward(x, dy, size, *numbers, convention=convention, device=device)

    assert_right(y, p, "forward", x)
    assert_right(dx, p, "backward", x, dy)


@pytest.mark.parametrize("shape, axes", [((2, 3, 9), 1), ((2, 3, 5, 6), 2), ((2, 3, 4, 5, 4), 3)])
def test_lrn__within_SUCCESS(shape, axes, device):
    x, dy = array(*shape), array(*shape)
    p = problem(x, 3, 0.5, 0.6, 2.0, spatial_axes=axes)

    y = cllrn.lrn(x, 3, 0.5, 0.6, 2.0, region="within", device=device)
    dx = cllrn.lrn_backward(x, dy, 3, 0.5, 0.6, 2.0, region="within", device=device)

    assert_right(y, p, "forward", x)
    assert_right(dx, p, "backward", x, dy)


def test_lrn__defaults_SUCCESS(device):
    x = 100 * array(1, 6, 2)

    y = cllrn.lrn(x, device=device)

    assert_right(y, problem(x, 5, 1e-4, 0.75, 1.0), "forward", x)


@pytest.mark.parametrize("rank", range(2, 9))
@pytest.mark.parametrize("channel_axis", [0, 1, -1])
def test_lrn__ranks_and_axes_SUCCESS(rank, channel_axis, device):
    x = array(*range(2, rank + 2)) if rank < 6 else array(*[2] * rank)

    y = cllrn.lrn(x, 3, 1.0, channel_axis=channel_axis, device=device)

    assert_right(y, problem(x, 3, 1.0, 0.75, 1.0, channel_axis=channel_axis), "forward", x)


def bytes_off(x, offset):
    """A copy that begins `offset` bytes behind an aligned address."""
    memory = np.zeros(x.nbytes + 64, "u1")
    start = -memory.ctypes.data % 64 + offset
    copy = memory[start:start + x.nbytes].view(x.dtype).reshape(x.shape)
    copy[...] = x
    return copy


VIEWS = {
    "Fortran order": np.asfortranarray,
    "channels last": lambda x: np.moveaxis(np.ascontiguousarray(np.moveaxis(x, 1, -1)), -1, 1),
    "gaps": lambda x: x.repeat(2, 3)[..., ::2],
    "a slice of channels": lambda x: np.concatenate([x, x, x], 1)[:, x.shape[1]:-x.shape[1]],
    "backwards": lambda x: np.ascontiguousarray(x[:, ::-1, :, ::-1])[:, ::-1, :, ::-1],
    "an element off": lambda x: bytes_off(x, x.itemsize),
    "unaligned": lambda x: bytes_off(x, 1),
    "read-only": lambda x: np.frombuffer(x.tobytes(), x.dtype).reshape(x.shape),
}


@pytest.mark.parametrize("dtype", ["f4", "f2", "f8"])
@pytest.mark.parametrize("view", VIEWS)
def test_lrn__views_SUCCESS(view, dtype, device):
    x, dy = array(2, 6, 3, 5, dtype=dtype), array(2, 6, 3, 5, dtype=dtype)
    viewed, dy_viewed = VIEWS[view](x), VIEWS[view](dy)
    assert (viewed == x).all()

    y = cllrn.lrn(viewed, alpha=1.0, device=device)
    dx = cllrn.lrn_backward(viewed, dy_viewed, alpha=1.0, device=device)

    assert y.tobytes() == cllrn.lrn(x, alpha=1.0, device="host").tobytes()
    assert dx.tobytes() == cllrn.lrn_backward(x, dy, alpha=1.0, device="host").tobytes()
    assert y.flags.owndata and y.flags.writeable


def test_lrn__broadcast_SUCCESS(device):
    row = array(1, 6, 1, 5)
    x = np.broadcast_to(row, (3, 6, 2, 5))

    y = cllrn.lrn(x, alpha=1.0, device=device)

    assert (y == cllrn.lrn(row, alpha=1.0, device="host")).all()
    assert 0 not in y.strides


@pytest.mark.parametrize("shape", [(0, 3, 2), (2, 0, 2), (2, 3, 0), (0, 0)])
def test_lrn__empty_SUCCESS(shape, device):
    x = np.zeros(shape, "f4")

    assert cllrn.lrn(x, device=device).shape == shape
    assert cllrn.lrn_backward(x, x, device=device).shape == shape


@pytest.mark.parametrize("view", ["Fortran order", "channels last", "gaps", "a slice of channels",
                                  "backwards", "an element off", "unaligned"])
def test_lrn__out_SUCCESS(view, device):
    x = array(2, 6, 3, 5)
    out = VIEWS[view](np.zeros_like(x))
    base = out if out.base is None else out.base
    base[...] = 7
    filled, memory = out.copy(), base.tobytes()
    expected = cllrn.lrn(x, alpha=1.0, device="host")

    result = cllrn.lrn(x, alpha=1.0, out=out, device=device)

    assert result is out and (out == expected).all()
    out[...] = filled
    assert base.tobytes() == memory  # nothing was written beside it


def test_lrn__in_place_SUCCESS(device):
    x, dy = array(2, 6, 3, 5), array(2, 6, 3, 5)
    y = cllrn.lrn(x, alpha=1.0, device="host")
    dx = cllrn.lrn_backward(x, dy, alpha=1.0, device="host")
    a, b, c = x.copy(), x.copy(), dy.copy()

    cllrn.lrn(a, alpha=1.0, out=a, device=device)
    cllrn.lrn_backward(b, dy, alpha=1.0, out=b, device=device)
    cllrn.lrn_backward(x, c, alpha=1.0, out=c, device=device)

    assert (a == y).all() and (b == dx).all() and (c == dx).all()


def test_lrn__interleaved_slices_SUCCESS(device):
    both = array(2, 12, 3, 5)
    x, out = both[:, ::2], both[:, 1::2]
    expected = cllrn.lrn(x.copy(), alpha=1.0, device="host")
    before = x.copy()

    cllrn.lrn(x, alpha=1.0, out=out, device=device)

    assert (out == expected).all() and (x == before).all()


@pytest.mark.parametrize("narrow", ["f16", "bf16"])
def test_lrn__mixed_dtypes_SUCCESS(narrow, device):
    x = array(2, 6, 3, 5)
    out = np.zeros(x.shape, DTYPES[narrow])

    cllrn.lrn(x, alpha=1.0, out=out, device=device)

    assert out.tobytes() == cllrn.lrn(x, alpha=1.0, device="host").astype(out.dtype).tobytes()


def test_lrn__numbers_of_other_types_SUCCESS(device):
    x = array(2, 6, 3)
    expected = cllrn.lrn(x, 3, 2.0, 1.0, 1.0, device="host")

    assert (cllrn.lrn(x, np.int64(3), np.float32(2), np.int8(1), True, device=device)
            == expected).all()


def test_problem__kept_by_the_bits_of_its_numbers_SUCCESS():
    x = array(1, 1, 1)
    before = cllrn._problem.problem.cache_info().currsize

    for k in 0.0, -0.0, float("nan"), float("nan"):
        cllrn.lrn(x, k=k, device="host")

    assert cllrn._problem.problem.cache_info().currsize == before + 3


# ------------------------------------------------------------------- bad input

X = array(2, 6, 3)


def read_only():
    y = X.copy()
    y.flags.writeable = False
    return y


MISTAKES = {
    "no array": (lambda: cllrn.lrn([[1.0]]), TypeError, "numpy.asarray"),
    "no dy": (lambda: cllrn.lrn_backward(X, None), TypeError, "dy: NoneType"),
    "integers": (lambda: cllrn.lrn(X.astype("i4")), cllrn.InvalidError, "astype"),
    "complex": (lambda: cllrn.lrn(X.astype("c8")), cllrn.InvalidError, "astype"),
    "longdouble": (lambda: cllrn.lrn(X.astype("g")), cllrn.InvalidError, "astype"),
    "objects": (lambda: cllrn.lrn(X.astype("O")), cllrn.InvalidError, "astype"),
    "byte order": (lambda: cllrn.lrn(X.astype(X.dtype.newbyteorder())), cllrn.InvalidError,
                   "newbyteorder"),
    "strides": (lambda: cllrn.lrn(np.zeros((2, 3), "f4,u1")["f0"]), cllrn.InvalidError, "copy"),
    "read-only out": (lambda: cllrn.lrn(X, out=read_only()), cllrn.InvalidError, "read-only"),
    "broadcast out": (lambda: cllrn.lrn(X, out=np.lib.stride_tricks.as_strided(
        X.copy(), X.shape, (0, 12, 4))), cllrn.InvalidError, ""),
    "shape of out": (lambda: cllrn.lrn(X, out=X[:1].copy()), cllrn.InvalidError, ""),
    "shape of dy": (lambda: cllrn.lrn_backward(X, X[:1]), cllrn.InvalidError, ""),
    "dtype of out": (lambda: cllrn.lrn(X, out=X.astype("f8")), cllrn.InvalidError, ""),
    "overlap": (lambda: (lambda m: cllrn.lrn(m[:-1], out=m[1:]))(np.zeros((3, 6, 3), "f4")),
                cllrn.InvalidError, ""),
    "rank 1": (lambda: cllrn.lrn(X[0, 0]), cllrn.InvalidError, "x: "),
    "rank 9": (lambda: cllrn.lrn(np.zeros([1] * 9, "f4")), cllrn.InvalidError, "rank"),
    "size 0": (lambda: cllrn.lrn(X, 0), cllrn.InvalidError, "size 0"),
    "size -3": (lambda: cllrn.lrn(X, -3), cllrn.InvalidError, "size -3"),
    "size 2^64+5": (lambda: cllrn.lrn(X, 2**64 + 5), cllrn.InvalidError, "size"),
    "size 1.5": (lambda: cllrn.lrn(X, 1.5), TypeError, "integer"),
    "even size": (lambda: cllrn.lrn(X, 4, convention="caffe"), cllrn.InvalidError, "4"),
    "alpha": (lambda: cllrn.lrn(X, alpha="1"), TypeError, "numbers"),
    "convention": (lambda: cllrn.lrn(X, convention="keras"), cllrn.InvalidError, "'onnx'"),
    "region": (lambda: cllrn.lrn(X, region="around"), cllrn.InvalidError, "'within'"),
    "within rank 2": (lambda: cllrn.lrn(X[0], region="within"), cllrn.InvalidError, ""),
    "channel_axis": (lambda: cllrn.lrn(X, channel_axis=3), cllrn.InvalidError, "channel axis"),
    "channel_axis 2^32": (lambda: cllrn.lrn(X, channel_axis=2**32), cllrn.InvalidError, "range"),
    "device": (lambda: cllrn.lrn(X, device=1.5), TypeError, "device"),
    "no such device": (lambda: cllrn.lrn(X, device="no such device"), cllrn.NoDeviceError,
                       "no such device"),
    "no such index": (lambda: cllrn.lrn(X, device=99), cllrn.NoDeviceError, "99"),
    "no queue": (lambda: cllrn.lrn(X, queue="queue"), cllrn.InvalidError, "queue"),
    "queue 0": (lambda: cllrn.lrn(X, queue=0), cllrn.InvalidError, "queue"),
}


@pytest.fixture
def default_device(device, monkeypatch):
    """The device of calls that name none."""
    cllrn._device_spec.cache_clear()
    if device is not None:
        monkeypatch.setenv("CLLRN_DEVICE", device)
    yield
    cllrn._device_spec.cache_clear()


@pytest.mark.parametrize("mistake", MISTAKES)
def test_lrn__mistakes_ERROR(mistake, default_device):
    call, kind, text = MISTAKES[mistake]
    before = X.tobytes()

    with pytest.raises(kind, match=".") as caught:
        call()

    assert text in str(caught.value)
    assert X.tobytes() == before


def test_lrn__wait_for_on_the_host_INVALID_ARGUMENT():
    with pytest.raises(cllrn.InvalidError, match="wait_for"):
        cllrn.lrn(X, device="host", wait_for=[1])


def test_error__fields_SUCCESS():
    import pickle

    with pytest.raises(cllrn.Error) as caught:
        cllrn.lrn(X, 0, device="host")

    for error in caught.value, pickle.loads(pickle.dumps(caught.value)):
        assert type(error) is cllrn.InvalidError and isinstance(error, ValueError)
        assert (error.status, error.status_name) == (103, "CLLRN_INVALID_WINDOW")
        assert error.cl_error == 0 and error.message == str(error) and "size 0" in error.message


@pytest.mark.parametrize("status, cl_error, kind", [
    (100, 0, ValueError), (199, 0, ValueError), (200, 0, NotImplementedError),
    (204, 0, cllrn.NoDeviceError), (300, 0, MemoryError), (301, 0, cllrn.Error),
    (400, -4, MemoryError), (400, -6, MemoryError), (400, -5, cllrn.OpenCLError),
    (401, -11, cllrn.OpenCLError)])
def test_error__kinds_SUCCESS(status, cl_error, kind):
    error = cllrn._errors.error(status, "text", cl_error)

    assert isinstance(error, kind) and isinstance(error, cllrn.Error)
    assert isinstance(error, RuntimeError)
