# SPDX-License-Identifier: Apache-2.0
"""cllrn.torch beside torch itself, on torch's own sample inputs where it has some.

Results are judged by the bounds of README.md, "Accuracy", which tests/peers/common.py
derives: of the drop-in against the formula in long double, and against torch, whose
own error (common.sequential_bound, in eps of its type) is then added.
"""

import copy
import io
import itertools
import pathlib
import pickle
import sys
import warnings

import pytest

torch = pytest.importorskip("torch", reason="needs torch (PyPI: torch; Debian: python3-torch)")

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "peers"))
import common  # noqa: E402
import cllrn  # noqa: E402
import cllrn.torch  # noqa: E402
from torch.autograd import gradcheck, gradgradcheck  # noqa: E402
from torch.nn.functional import local_response_norm as torch_lrn  # noqa: E402

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # of what the machine lacks
    from torch.testing._internal.common_methods_invocations import op_db
    from torch.testing._internal.common_modules import module_db

NAMES = {torch.float32: "f32", torch.float64: "f64", torch.float16: "f16", torch.bfloat16: "bf16"}
DTYPES = pytest.mark.parametrize("dtype", NAMES, ids=str)
SAMPLES = next(op for op in op_db if op.name == "nn.functional.local_response_norm")
# torch 1.13 has no samples of the module.
MODULES = [info for info in module_db if info.module_cls is torch.nn.LocalResponseNorm]
PARAMETERS = (5, 1.0, 0.75, 2.0)  # s runs from 2 to about 8 with the inputs below


def ours(x, *parameters, **named):
    return cllrn.torch.local_response_norm(x, *parameters, **named)


def tensor(*shape, dtype=torch.float32, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return (2 * torch.randn(shape, generator=generator, dtype=torch.float64)).to(dtype)


def arguments(size, alpha=1e-4, beta=0.75, k=1.0):
    return size, alpha, beta, k


def exactly(t):
    """In double, which holds every value of the other types."""
    return t.detach().double().numpy()


def forward_and_gradient(function, x, dy, parameters):
    leaf = x.detach().requires_grad_()
    y = function(leaf, *parameters)
    (dx,) = torch.autograd.grad(y, leaf, dy)
    return y, dx


def check(x, parameters, function=ours):
    """y and dx of a function within the bounds, against the formula and against torch."""
    size, alpha, beta, k = parameters
    dtype = NAMES[x.dtype]
    problem = common.Problem(x.shape, size, alpha, beta, k, dtypes=(dtype,) * 3)
    dy = tensor(*x.shape, dtype=x.dtype, seed=1)
    results = forward_and_gradient(function, x, dy, parameters)
    in_double = forward_and_gradient(torch_lrn, x.double(), dy.double(), parameters)
    formula, magnitudes = common.exact(problem, exactly(x), exactly(dy))
    peer = common.double_peer("torch", problem, {})
    eps = common.EPS[problem.arithmetic()]
    narrow = dtype if dtype in common.NARROW else None
    for direction, result, torchs in zip(common.DIRECTIONS, results, in_double):
        assert result.shape == x.shape and result.dtype == x.dtype
        allowed = eps * problem.bound(direction)
        for expected, own in ((formula.results[direction], 0.0),
                              (exactly(torchs), peer.allowance(problem, direction))):
            verdict = common.judge(exactly(result), expected, magnitudes[direction],
                                   allowed + own, eps, narrow)
            assert verdict.passed, f"{problem} {direction}: {verdict}"


# ------------------------------------------------------------- torch's own samples

@DTYPES
def test_op_samples__every_dtype_SUCCESS(dtype):
    samples = list(SAMPLES.sample_inputs("cpu", dtype, requires_grad=True))
    assert len(samples) >= 11
    for sample in samples:
        x, parameters = sample.input, arguments(*sample.args, **sample.kwargs)
        check(x, parameters)
        assert torch.equal(ours(x, *sample.args, **sample.kwargs), ours(x, *parameters))


def test_op_samples__noncontiguous_SUCCESS():
    for sample in SAMPLES.sample_inputs("cpu", torch.float32):
        other = sample.noncontiguous()
        y = ours(other.input, *other.args, **other.kwargs)
        assert torch.equal(y, ours(sample.input, *sample.args, **sample.kwargs))


def test_op_samples__gradcheck_SUCCESS():
    for sample in SAMPLES.sample_inputs("cpu", torch.float64, requires_grad=True):
        def function(x):
            return ours(x, *sample.args, **sample.kwargs)
        assert gradcheck(function, sample.input)
        assert gradgradcheck(function, sample.input)


@pytest.mark.skipif(not MODULES, reason="this torch has no samples of the module")
@DTYPES
def test_module_samples__every_dtype_SUCCESS(dtype):
    inputs = MODULES[0].module_inputs_func(MODULES[0], device="cpu", dtype=dtype,
                                           requires_grad=True, training=True)
    assert len(inputs) >= 3
    for sample in inputs:
        made, given = sample.constructor_input, sample.forward_input
        module = cllrn.torch.LocalResponseNorm(*made.args, **made.kwargs)
        check(given.args[0], arguments(*made.args, **made.kwargs),
              lambda x, *_: module(x))
        if dtype == torch.float64:
            assert gradcheck(module, given.args)
            assert gradgradcheck(module, given.args)


# ---------------------------------------------------------------------- the results

@DTYPES
@pytest.mark.parametrize("shape", [
    (2, 7, 3), (2, 7, 3, 4), (1, 1, 5), (2, 3, 2, 3, 2), (2, 5, 1, 2, 1, 2, 1, 2),
    (2, 5, 1, 2, 1, 2, 1, 2, 1, 2),  # ten axes, more than clLRN has
], ids=str)
def test_local_response_norm__shapes_SUCCESS(shape, dtype):
    for size in (1, 2, 3, 4, 5, 9, 20):
        check(tensor(*shape, dtype=dtype), (size, 1.0, 0.75, 2.0))


@pytest.mark.parametrize("beta", [0.0, 0.5, 0.75, 1.0, 0.3, 2.5, -1.0])
def test_local_response_norm__betas_SUCCESS(beta):
    check(tensor(2, 7, 3, 4), (5, 0.5, beta, 1.0))


def test_local_response_norm__pytorch_documentation_SUCCESS():
    for x in (tensor(32, 5, 24, 24), tensor(16, 5, 7, 7, 7, 7)):
        check(x, arguments(2))


@pytest.mark.parametrize("view", [
    lambda x: x,
    lambda x: x.to(memory_format=torch.channels_last),
    lambda x: x.permute(0, 3, 1, 2),
    lambda x: x.permute(3, 2, 1, 0),
    lambda x: x[::2, 1:, :, ::2],
    lambda x: x[:1, :, :1, :].expand(4, -1, 3, -1),
    lambda x: x[:, :1].expand(-1, 6, -1, -1),
    lambda x: torch.complex(x, x).conj().imag,  # a view that negates
    lambda x: x.flip(1),
], ids=["contiguous", "channels_last", "permuted", "transposed", "sliced", "expanded",
        "expanded channels", "negative", "flipped"])
def test_local_response_norm__views_SUCCESS(view):
    base = tensor(4, 6, 5, 8)
    x, dy = view(base), view(tensor(4, 6, 5, 8, seed=1))

    y, dx = forward_and_gradient(ours, x, dy, PARAMETERS)

    like = forward_and_gradient(torch_lrn, x.clone(), dy, PARAMETERS)[0]
    assert y.stride() == dx.stride() == torch.empty_like(x).stride()
    if x.is_contiguous(memory_format=torch.channels_last):
        assert y.is_contiguous(memory_format=torch.channels_last) == \
            like.is_contiguous(memory_format=torch.channels_last)
    expected = forward_and_gradient(ours, x.clone().contiguous(), dy.clone().contiguous(),
                                    PARAMETERS)
    assert torch.equal(y, expected[0]) and torch.equal(dx, expected[1])


@pytest.mark.parametrize("shape", [(0, 1, 2), (1, 0, 2), (1, 2, 0), (2, 3, 0, 4)], ids=str)
def test_local_response_norm__empty_SUCCESS(shape):
    x = torch.empty(shape)
    assert ours(x, 5) is x and torch_lrn(x, 5) is x  # as torch: the input itself


def test_local_response_norm__gradient_of_a_sum_SUCCESS():
    # sum() sends back a gradient with strides of 0.
    x = tensor(2, 6, 4, 4).requires_grad_()
    ours(x, *PARAMETERS).sum().backward()
    ones = torch.ones_like(x)
    assert torch.equal(x.grad, forward_and_gradient(ours, x, ones, PARAMETERS)[1])


def test_local_response_norm__higher_derivatives_SUCCESS():
    def derivatives(function, x):
        y = function(x, 2, 1.0, 0.6, 1.0)
        (first,) = torch.autograd.grad((y ** 2).sum(), x, create_graph=True)
        (second,) = torch.autograd.grad((first ** 2).sum(), x, create_graph=True)
        (third,) = torch.autograd.grad((second ** 3).sum(), x)
        return first, second, third

    # Its dy depends on x, in derivatives of all orders.
    x = tensor(2, 5, 3, dtype=torch.float64).requires_grad_()
    for actual, expected in zip(derivatives(ours, x), derivatives(torch_lrn, x)):
        assert torch.allclose(actual, expected, rtol=1e-12, atol=0)


def test_local_response_norm__gradcheck_SUCCESS():
    x = tensor(2, 6, 3, 2, dtype=torch.float64).requires_grad_()
    for parameters in itertools.product((1, 2, 4, 5), (0.5,), (0.5, 0.75, 1.3), (1.0,)):
        assert gradcheck(ours, (x, *parameters))
    channels_last = x.detach().to(memory_format=torch.channels_last).requires_grad_()
    assert gradcheck(ours, (channels_last, *PARAMETERS))


# --------------------------------------------------------------- torch's ways to call

def test_local_response_norm__no_grad_SUCCESS():
    x = tensor(2, 6, 4).requires_grad_()
    with torch.no_grad():
        assert not ours(x, 5).requires_grad
    with torch.inference_mode():
        assert torch.equal(ours(x, 5), ours(x.detach(), 5))
    assert ours(x, 5).requires_grad and not ours(x.detach(), 5).requires_grad


def test_local_response_norm__input_changed_before_backward_RUNTIME_ERROR():
    x = tensor(2, 6, 4).requires_grad_()
    inner = x * 1
    y = ours(inner, 5)
    inner.add_(1)
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        y.sum().backward()


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16], ids=str)
def test_local_response_norm__autocast_SUCCESS(dtype):
    x = tensor(2, 6, 4, 4, dtype=dtype).requires_grad_()
    with torch.autocast("cpu", dtype=torch.bfloat16):
        y = ours(x, *PARAMETERS)
    y.sum().backward()
    assert y.dtype == x.grad.dtype == dtype
    assert torch.equal(y, ours(x, *PARAMETERS))


def test_local_response_norm__subclass_SUCCESS():
    class Subclass(torch.Tensor):
        pass

    x = tensor(2, 6, 4)
    y = ours(x.as_subclass(Subclass), 5)
    assert type(y) is Subclass and torch.equal(y.as_subclass(torch.Tensor), ours(x, 5))


def test_symbolic_trace__model_SUCCESS():
    model = make_model()
    cllrn.torch.replace(model)
    traced = torch.fx.symbolic_trace(model)
    x = tensor(2, 3, 8, 8)
    assert torch.equal(traced(x), model(x))


@pytest.mark.skipif(not hasattr(torch, "compiler"), reason="needs torch 2.1")
@pytest.mark.parametrize("backend", ["eager", "aot_eager"])
def test_compile__model_SUCCESS(backend):
    model = make_model()
    cllrn.torch.replace(model)
    x = tensor(2, 3, 8, 8).requires_grad_()
    expected = model(x)
    (gradient,) = torch.autograd.grad(expected.sum(), x)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        y = torch.compile(model, backend=backend)(x)
        y.sum().backward()
    assert torch.equal(y, expected) and torch.equal(x.grad, gradient)
    assert not [w for w in caught if "ctypes" in str(w.message)]


@pytest.mark.skipif(not hasattr(torch, "func"), reason="needs torch 2.0")
def test_transforms__vmap_and_grad_RUNTIME_ERROR():
    x = tensor(3, 2, 6, 4)
    with pytest.raises(RuntimeError, match="functorch transforms"):
        torch.func.vmap(lambda t: ours(t, 5))(x)
    with pytest.raises(RuntimeError, match="functorch transforms"):
        torch.func.grad(lambda t: ours(t, 5).sum())(x)


# --------------------------------------------------------------------------- errors

@pytest.mark.parametrize("shape", [(), (3,), (2, 3)], ids=str)
def test_local_response_norm__rank_VALUE_ERROR(shape):
    with pytest.raises(ValueError, match="3D or higher"):
        torch_lrn(torch.zeros(shape), 5)
    with pytest.raises(ValueError, match="3 or more dimensions, got %d" % len(shape)):
        ours(torch.zeros(shape), 5)


def test_local_response_norm__other_device_VALUE_ERROR():
    with pytest.raises(ValueError, match=r"is on meta.*input\.cpu\(\)"):
        ours(torch.zeros(1, 2, 3, device="meta"), 5)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_local_response_norm__cuda_VALUE_ERROR():
    with pytest.raises(ValueError, match=r"is on cuda.*input\.cpu\(\)"):
        ours(torch.zeros(1, 2, 3, device="cuda"), 5)


@pytest.mark.parametrize("dtype", [torch.int64, torch.uint8, torch.bool, torch.complex64], ids=str)
def test_local_response_norm__other_dtype_TYPE_ERROR(dtype):
    with pytest.raises(TypeError, match=r"%s, expected float16.*input\.float\(\)" % dtype):
        ours(torch.zeros(1, 2, 3, dtype=dtype), 5)


@pytest.mark.parametrize("size", [0, -1])
def test_local_response_norm__size_ERROR(size):
    with pytest.raises(RuntimeError):
        torch_lrn(torch.zeros(1, 2, 3), size)
    with pytest.raises(cllrn.Error, match="size"):
        ours(torch.zeros(1, 2, 3), size)


# -------------------------------------------------------------------------- modules

def make_model():
    torch.manual_seed(0)
    shared = torch.nn.LocalResponseNorm(3, alpha=1.0)
    return torch.nn.Sequential(
        torch.nn.Conv2d(3, 6, 3),
        shared,
        torch.nn.ModuleDict({"inner": torch.nn.LocalResponseNorm(5)})["inner"],
        torch.nn.Sequential(torch.nn.ReLU(), shared),
    )


def test_module__constructor_as_torch_SUCCESS():
    for given in (dict(size=3), dict(size=4, alpha=0.5, beta=1.5, k=2.0)):
        module, expected = cllrn.torch.LocalResponseNorm(**given), torch.nn.LocalResponseNorm(**given)
        assert repr(module) == repr(expected)
        assert vars(module).keys() == vars(expected).keys()
        assert module.state_dict() == expected.state_dict()
        assert isinstance(module, torch.nn.LocalResponseNorm)
    with pytest.raises(TypeError):
        cllrn.torch.LocalResponseNorm()


def test_module__copies_SUCCESS():
    module = cllrn.torch.LocalResponseNorm(4, alpha=0.5, beta=1.5, k=2.0).eval()
    x = tensor(2, 6, 4)
    saved = io.BytesIO()
    torch.save(module, saved)
    saved.seek(0)
    whole = {} if torch.__version__.startswith("1.") else {"weights_only": False}
    for other in (copy.deepcopy(module), pickle.loads(pickle.dumps(module)),
                  torch.load(saved, **whole)):
        assert type(other) is cllrn.torch.LocalResponseNorm and not other.training
        assert torch.equal(other(x), module(x))


def test_replace__nested_and_shared_SUCCESS():
    model, original = make_model().eval(), make_model().eval()
    before = list(model.modules())
    calls = []
    model[1].register_forward_hook(lambda *_: calls.append(1))
    model[2].train()

    count = cllrn.torch.replace(model)

    assert count == 2 and cllrn.torch.replace(model) == 0
    assert all(a is b for a, b in zip(model.modules(), before))
    assert model[1] is model[3][1] and type(model[1]) is cllrn.torch.LocalResponseNorm
    assert not model[1].training and model[2].training
    assert str(model) == str(original)
    assert model.state_dict().keys() == original.state_dict().keys()
    x = tensor(2, 3, 8, 8)
    assert torch.allclose(model(x), original(x), rtol=1e-5)
    assert len(calls) == 2


def test_replace__root_and_subclass_SUCCESS():
    class Subclass(torch.nn.LocalResponseNorm):
        def forward(self, input):
            return input

    root, other = torch.nn.LocalResponseNorm(5), torch.nn.Sequential(Subclass(5))
    assert cllrn.torch.replace(root) == 1 and type(root) is cllrn.torch.LocalResponseNorm
    assert cllrn.torch.replace(other) == 0 and type(other[0]) is Subclass
