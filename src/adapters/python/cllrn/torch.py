# SPDX-License-Identifier: Apache-2.0
"""LRN for PyTorch models, on any OpenCL device.

    import cllrn.torch
    cllrn.torch.replace(model)      # every torch.nn.LocalResponseNorm runs on OpenCL

or, in a new model, cllrn.torch.LocalResponseNorm and local_response_norm, which
have the arguments of torch's own.

Shapes: (N, C, *), of any rank from 3; channels are the second axis, and the result
has the shape and the memory format of the input.

Types: float16, bfloat16, float32 and float64, of which the 16-bit ones are computed
in float32 and rounded once. The result has the type of the input, within autocast,
too. float64 needs a device that has it.

Tensors must be on the CPU, of any strides. Memory is used in place on devices that
share the host's. The device is that of cllrn.lrn: $CLLRN_DEVICE chooses it.

Differentiable any number of times: clLRN computes the gradient, torch's own
operators compute the gradient's gradient. Not for vmap and the other transforms of
torch.func, forward-mode differentiation, and torch.jit.script. torch.compile calls
clLRN between compiled parts of the model.

Needs torch 1.13 or later.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.autograd import Function
from torch.nn import functional
from torch.overrides import handle_torch_function, has_torch_function_unary

import cllrn

__all__ = ["LocalResponseNorm", "local_response_norm", "replace"]

if hasattr(torch, "compiler"):  # torch.compile must not look into ctypes
    _lrn = torch.compiler.disable(cllrn.lrn)
    _lrn_backward = torch.compiler.disable(cllrn.lrn_backward)
else:
    _lrn, _lrn_backward = cllrn.lrn, cllrn.lrn_backward

_DTYPES = (torch.float32, torch.float64, torch.float16, torch.bfloat16)


class _Norm(Function):
    """y from x; params are size, alpha, beta and k."""

    @staticmethod
    def forward(ctx, x, *params):
        ctx.save_for_backward(x)
        ctx.params = params
        y = torch.empty_like(x)
        _lrn(x.detach(), *params, out=y)
        return y

    @staticmethod
    def backward(ctx, dy):
        (x,) = ctx.saved_tensors
        return _Gradient.apply(dy, x, *ctx.params), None, None, None, None


class _Gradient(Function):
    """dx from dy and x."""

    @staticmethod
    def forward(ctx, dy, x, *params):
        ctx.save_for_backward(dy, x)
        ctx.params = params
        dx = torch.empty_like(x)
        _lrn_backward(x.detach(), dy.detach().resolve_neg(), *params, out=dx)
        return dx

    @staticmethod
    def backward(ctx, ddx):
        # Few models differentiate twice. torch's operators do, as often as wanted.
        with torch.enable_grad():
            # Views, so that a dy that depends on x does not count in the derivative by x.
            dy, x = (t.view_as(t).requires_grad_() for t in ctx.saved_tensors)
            y = functional.local_response_norm(x, *ctx.params)
            (dx,) = torch.autograd.grad(y, x, dy, create_graph=True)
            gradients = torch.autograd.grad(dx, (dy, x), ddx, create_graph=True)
        return (*gradients, None, None, None, None)


def local_response_norm(input: Tensor, size: int, alpha: float = 1e-4,
                        beta: float = 0.75, k: float = 1.0) -> Tensor:
    """torch.nn.functional.local_response_norm on an OpenCL device.

    y[c] = x[c] * (k + alpha / size * sum of x[j]^2)^-beta, j from c - size // 2 to
    c + (size - 1) // 2; taps outside 0..C-1 count as zero.

    input: (N, C, *), on the CPU, of a type that the module names; it may be a view
    with any strides. An empty one is returned as it is.
    size: the window in channels, at least 1; may be even, and exceed C.
    alpha, beta, k: any numbers.

    Raises ValueError where torch does, for a rank below 3, and for a tensor on
    another device; TypeError for other types; cllrn.Error for what clLRN refuses.
    """
    if has_torch_function_unary(input):  # subclasses, and torch.fx, which records the call
        return handle_torch_function(local_response_norm, (input,), input, size,
                                     alpha=alpha, beta=beta, k=k)
    rank = input.dim()
    if rank < 3:
        raise ValueError("local_response_norm: expected an input (N, C, *) of 3 or more "
                         f"dimensions, got {rank}")
    if input.device.type != "cpu":
        raise ValueError(f"local_response_norm: the input is on {input.device}, and clLRN "
                         "takes tensors on the CPU: move it there by input.cpu(), or keep "
                         "torch.nn.LocalResponseNorm for this device")
    if input.dtype not in _DTYPES:
        raise TypeError(f"local_response_norm: the input is {input.dtype}, expected float16, "
                        "bfloat16, float32 or float64: convert it by input.float()")
    if input.numel() == 0:
        return input
    x = input.resolve_neg()
    if rank > 8:  # more than clLRN has: the axes behind the channels become one
        return local_response_norm(x.flatten(2), size, alpha, beta, k).view(x.shape)
    return _Norm.apply(x, size, alpha, beta, k)


class LocalResponseNorm(torch.nn.LocalResponseNorm):
    """torch.nn.LocalResponseNorm(size, alpha=1e-4, beta=0.75, k=1.0) on an OpenCL device.

    Also an instance of torch's class. See local_response_norm.
    """

    def forward(self, input: Tensor) -> Tensor:
        return local_response_norm(input, self.size, self.alpha, self.beta, self.k)


def replace(model: torch.nn.Module) -> int:
    """Makes every torch.nn.LocalResponseNorm of a model run on an OpenCL device.

    Changes the model in place, and returns the number of modules changed; 0 if its
    LRN is not made of this class. Modules stay the objects that they are: names,
    sharing, hooks and the training flag are unchanged. Subclasses, which may
    compute something else, and models of torch.jit.script are left alone.
    """
    modules = [m for m in model.modules() if type(m) is torch.nn.LocalResponseNorm]
    for module in modules:
        module.__class__ = LocalResponseNorm  # whose only difference is forward()
    return len(modules)
