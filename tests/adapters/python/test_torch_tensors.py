# SPDX-License-Identifier: Apache-2.0
"""Tensors of torch given to cllrn.lrn itself; for the module, see test_torch.py."""

import cllrn
import pytest

torch = pytest.importorskip("torch", reason="needs torch (PyPI: torch; Debian: python3-torch)")

X = 2 * torch.randn((2, 6, 3, 5), generator=torch.Generator().manual_seed(15))
DTYPES = torch.float32, torch.float16, torch.bfloat16, torch.float64


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_lrn__dtypes_SUCCESS(dtype, device):
    x, dy = X.to(dtype), X.flip(0).to(dtype)

    y = cllrn.lrn(x, alpha=1.0, device=device)
    dx = cllrn.lrn_backward(x, dy, alpha=1.0, device=device)

    assert y.dtype is dx.dtype is dtype and not y.requires_grad
    assert torch.equal(y, cllrn.lrn(x, alpha=1.0, device="host"))
    assert torch.equal(dx, cllrn.lrn_backward(x, dy, alpha=1.0, device="host"))
    if dtype is torch.float32:
        assert y.numpy().tobytes() == cllrn.lrn(x.numpy(), alpha=1.0, device="host").tobytes()


@pytest.mark.parametrize("view", [lambda x: x[1:, :, ::2], lambda x: x.expand(4, 6, 3, 5),
                                  lambda x: x.to(memory_format=torch.channels_last)])
def test_lrn__views_SUCCESS(view, device):
    x = view(X[:1] if view(X[:1]).shape[0] == 4 else X)

    y = cllrn.lrn(x, alpha=1.0, device=device)

    assert torch.equal(y, cllrn.lrn(x.contiguous(), alpha=1.0, device="host"))
    assert 0 not in y.stride()


def test_lrn__out_SUCCESS(device):
    out = torch.zeros((2, 6, 3, 10))[..., ::2]

    assert cllrn.lrn(X, alpha=1.0, out=out, device=device) is out
    assert torch.equal(out, cllrn.lrn(X, alpha=1.0, device="host"))


def test_lrn__parameters_without_gradients_SUCCESS(device):
    x = X.clone().requires_grad_()

    with torch.no_grad():
        y = cllrn.lrn(x, device=device)

    assert torch.equal(y, cllrn.lrn(X, device="host")) and not y.requires_grad


@pytest.mark.parametrize("x, kind, text", [
    (X.clone().requires_grad_(), cllrn.UnsupportedError, "cllrn.torch"),
    (X.to("meta"), cllrn.UnsupportedError, r"x\.cpu\(\)"),
    (X.to_sparse(), cllrn.UnsupportedError, "to_dense"),
    (torch._neg_view(X), cllrn.UnsupportedError, "resolve_neg"),
    (X.int(), cllrn.InvalidError, r"x\.float\(\)"),
    (X.to(torch.complex64), cllrn.InvalidError, r"x\.float\(\)"),
], ids=["gradient", "device", "sparse", "negated", "integers", "complex"])
def test_lrn__mistakes_ERROR(x, kind, text, device):
    with pytest.raises(kind, match=text):
        cllrn.lrn(x, device=device)


def test_lrn__cuda_UNSUPPORTED():
    if not torch.cuda.is_available():
        pytest.skip("needs a CUDA device")
    with pytest.raises(cllrn.UnsupportedError, match=r"cuda:0.*x\.cpu\(\)"):
        cllrn.lrn(X.cuda())
