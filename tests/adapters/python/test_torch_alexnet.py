# SPDX-License-Identifier: Apache-2.0
"""AlexNet trains three steps with torch's LRN and with the drop-in; the losses agree.

The network is that of Krizhevsky et al. 2012 as one tower: its five convolutions with
their channels, LRN (size 5, alpha 5e-4, beta 0.75, k 2) after the first two. Images of
67 x 67, narrow linear layers and no dropout keep it short.

The bound. To first order, an error d of one number inside the training moves the loss by
|gradient of the loss by this number| * |d|. So by how much the losses of two libraries
may differ is the sum of these products, where d is what both libraries may be off
together, by the bounds of tests/peers/common.py (clLRN's, and those of a library that
adds the taps one after the other, as torch does), over all elements of all LRN layers:

  * y:  (forward bound of both) eps |y|
  * dx: (backward bound of both) eps (sum of the magnitudes of the terms of dx)
  * x and dy: eps. They are rounded to float32, by eps / 2 in each training, since the
    network around LRN is in float64. There all other rounding is 2^-29 of these errors,
    so that nothing but LRN tells the trainings apart.

The gradients are autograd's, through the three steps with their updates: an error in a
step reaches the losses of later steps by the weights. Errors of second order are eps
times smaller. A ReLU or maximum so close to its kink that an error crosses it is not
counted; the fixed seed has none.

The same network all in float32 is held to the same bound, although its convolutions
round differently, too, once their inputs differ.
"""

import copy
import pathlib
import sys

import pytest

torch = pytest.importorskip("torch", reason="needs torch (PyPI: torch; Debian: python3-torch)")

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "peers"))
import common  # noqa: E402
import cllrn.torch  # noqa: E402
from torch import nn  # noqa: E402
from torch.nn import functional as F  # noqa: E402

STEPS, BATCH, CLASSES, RATE = 3, 4, 10, 0.01
PARAMETERS = (5, 5e-4, 0.75, 2.0)
EPS = common.EPS["f32"]


class Float32(nn.Module):
    """A module in float32, in a network in float64."""

    def __init__(self, module):
        super().__init__()
        self.module = module

    def forward(self, x):
        return self.module(x.float()).double()


def make_alexnet():
    torch.manual_seed(2012)
    model = nn.Sequential(
        nn.Conv2d(3, 96, 11, stride=4), nn.ReLU(), nn.LocalResponseNorm(*PARAMETERS),
        nn.MaxPool2d(3, 2),
        nn.Conv2d(96, 256, 5, padding=2), nn.ReLU(), nn.LocalResponseNorm(*PARAMETERS),
        nn.MaxPool2d(3, 2),
        nn.Conv2d(256, 384, 3, padding=1), nn.ReLU(),
        nn.Conv2d(384, 384, 3, padding=1), nn.ReLU(),
        nn.Conv2d(384, 256, 3, padding=1), nn.ReLU(), nn.MaxPool2d(3, 2),
        nn.Flatten(), nn.Linear(256, 128), nn.ReLU(), nn.Linear(128, 128), nn.ReLU(),
        nn.Linear(128, CLASSES)).double()
    for layer in model:
        if isinstance(layer, (nn.Conv2d, nn.Linear)):
            nn.init.kaiming_normal_(layer.weight)
            nn.init.zeros_(layer.bias)
    return model


def make_batches():
    """As loud as pixels, so that s is well above k: up to 20."""
    generator = torch.Generator().manual_seed(1)
    return [(64 * torch.randn(BATCH, 3, 67, 67, generator=generator, dtype=torch.float64),
             torch.randint(CLASSES, (BATCH,), generator=generator)) for _ in range(STEPS)]


def loss_of(logits, labels):
    return F.cross_entropy(logits / 64, labels)


def train(model, batches):
    optimizer = torch.optim.SGD(model.parameters(), lr=RATE)
    losses = []
    for images, labels in batches:
        loss = loss_of(model(images), labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


def in_float32(model):
    """The LRN layers alone."""
    return nn.Sequential(*(Float32(layer) if isinstance(layer, nn.LocalResponseNorm) else layer
                           for layer in copy.deepcopy(model)))


# ------------------------------------------------------------------------- the bound

class Disturb(torch.autograd.Function):
    """x + forth, and of the gradient dx + back; forth and back are zero."""

    @staticmethod
    def forward(ctx, x, forth, back, seen):
        ctx.save_for_backward(back)
        ctx.seen = seen
        return x + forth

    @staticmethod
    def backward(ctx, gradient):
        (back,) = ctx.saved_tensors
        ctx.seen.append(gradient.detach())
        return gradient + back, gradient, None, None


class Disturbed:
    """An LRN layer in one step: its numbers, and zeros in the place of their errors."""

    def __init__(self, x):
        self.x, self.dx, self.y, self.dy = (torch.zeros_like(x, requires_grad=True)
                                            for _ in range(4))
        self.seen = []  # dy, then dx

    def __call__(self, x):
        self.x_value = x.detach()
        y = F.local_response_norm(Disturb.apply(x, self.x, self.dx, self.seen), *PARAMETERS)
        self.y_value = y.detach()
        return Disturb.apply(y, self.y, self.dy, self.seen)

    def errors(self):
        """(zeros, greatest error) pairs"""
        problem = common.Problem(self.x.shape, *PARAMETERS)
        dy_value = self.seen[0]
        magnitudes = common.exact(problem, self.x_value.numpy(), dy_value.numpy())[1]

        def both(direction):
            terms = torch.from_numpy(magnitudes[direction].astype("float64"))
            return EPS * (problem.bound(direction) + problem.sequential_bound(direction)) * terms

        return [(self.x, EPS * self.x_value.abs()), (self.dy, EPS * dy_value.abs()),
                (self.y, both("forward")), (self.dx, both("backward"))]


def bounds(model, batches):
    """The greatest difference of each step's loss."""
    weights = {(i, name): p.detach().clone().requires_grad_()
               for i, layer in enumerate(model) for name, p in layer.named_parameters()}
    layers, result = [], []
    for images, labels in batches:
        x = images
        for i, layer in enumerate(model):
            if isinstance(layer, nn.LocalResponseNorm):
                layers.append(Disturbed(x))
                x = layers[-1](x)
            elif isinstance(layer, nn.Conv2d):
                x = F.conv2d(x, weights[i, "weight"], weights[i, "bias"], layer.stride,
                             layer.padding)
            elif isinstance(layer, nn.Linear):
                x = F.linear(x, weights[i, "weight"], weights[i, "bias"])
            else:
                x = layer(x)
        loss = loss_of(x, labels)
        gradients = torch.autograd.grad(loss, list(weights.values()), create_graph=True)
        errors = [pair for layer in layers for pair in layer.errors()]
        slopes = torch.autograd.grad(loss, [zeros for zeros, _ in errors], retain_graph=True,
                                     allow_unused=True)
        result.append(sum((slope.abs() * error).sum().item()
                          for slope, (_, error) in zip(slopes, errors) if slope is not None))
        weights = {key: w - RATE * g for (key, w), g in zip(weights.items(), gradients)}
    return result


def test_training__three_steps_SUCCESS():
    model, batches = make_alexnet(), make_batches()
    limits = bounds(model, batches)

    mixed = in_float32(model)
    replaced = copy.deepcopy(mixed)
    assert cllrn.torch.replace(replaced) == 2
    whole = copy.deepcopy(model).float()
    whole_replaced = copy.deepcopy(whole)
    assert cllrn.torch.replace(whole_replaced) == 2
    narrow = [(images.float(), labels) for images, labels in batches]

    for name, theirs, own in (
            ("LRN in float32", train(mixed, batches), train(replaced, batches)),
            ("all in float32", train(whole, narrow), train(whole_replaced, narrow))):
        print()
        for step, (a, b, limit) in enumerate(zip(theirs, own, limits)):
            print(f"{name}, step {step + 1}: loss {a:.9f} with torch's LRN, {b:.9f} with clLRN's; "
                  f"difference {abs(a - b):.3g}, bound {limit:.3g}")
        assert theirs[2] < theirs[0]
        assert all(abs(a - b) <= limit for a, b, limit in zip(theirs, own, limits))
