#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Time of torch's own LRN beside cllrn.torch's, forward and forward with backward.

    torch_speed.py [--rounds N] [--threads N] [N C H W]

By default 16 x 96 x 55 x 55 (AlexNet's first LRN, batch 16) in float32, size 5, alpha
1e-4, beta 0.75, k 1, channels-first and channels-last. Both run in turn in each round, so
that what slows the machine slows both; the table has medians in milliseconds, the
quartiles, and torch's time over clLRN's. Run it alone on the machine. $CLLRN_DEVICE
chooses the device.
"""

import argparse
import statistics
import time

import torch

import cllrn.torch

PARAMETERS = (5, 1e-4, 0.75, 1.0)
LIBRARIES = {"torch": torch.nn.functional.local_response_norm,
             "clLRN": cllrn.torch.local_response_norm}


def forward(function, x, dy):
    with torch.no_grad():
        return function(x, *PARAMETERS)


def forward_and_backward(function, x, dy):
    return torch.autograd.grad(function(x, *PARAMETERS), x, dy)


def milliseconds(work, function, x, dy):
    begin = time.perf_counter()
    work(function, x, dy)
    return 1e3 * (time.perf_counter() - begin)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("shape", type=int, nargs="*", default=[16, 96, 55, 55], metavar="DIM",
                        help="N C H W (default 16 96 55 55)")
    parser.add_argument("--rounds", type=int, default=31)
    parser.add_argument("--threads", type=int, help="of torch; default: torch's own choice")
    options = parser.parse_args()
    if len(options.shape) != 4:
        parser.error("the shape has four numbers: N C H W")
    if options.threads:
        torch.set_num_threads(options.threads)
    print(f"torch {torch.__version__}, {torch.get_num_threads()} threads, "
          f"{options.rounds} rounds, {'x'.join(map(str, options.shape))} float32")
    print(f"{'work':42} {'torch ms':>22} {'clLRN ms':>22} {'ratio':>7}")
    for layout, memory_format in (("channels-first", torch.contiguous_format),
                                  ("channels-last", torch.channels_last)):
        torch.manual_seed(1)
        x = torch.randn(options.shape).to(memory_format=memory_format).requires_grad_()
        dy = torch.randn(options.shape).to(memory_format=memory_format)
        for work in (forward, forward_and_backward):
            for function in LIBRARIES.values():  # programs are made, memory is touched
                work(function, x, dy)
                work(function, x, dy)
            times = {name: [] for name in LIBRARIES}
            for number in range(options.rounds):
                order = list(LIBRARIES) if number % 2 else list(LIBRARIES)[::-1]
                for name in order:
                    times[name].append(milliseconds(work, LIBRARIES[name], x, dy))
            cells = []
            for name in LIBRARIES:
                low, middle, high = statistics.quantiles(times[name], n=4)
                cells.append(f"{middle:8.3f} ({low:.3f}..{high:.3f})")
            ratio = statistics.median(times["torch"]) / statistics.median(times["clLRN"])
            print(f"{work.__name__.replace('_', ' ') + ', ' + layout:42} {cells[0]:>22} "
                  f"{cells[1]:>22} {ratio:6.2f}x")


if __name__ == "__main__":
    main()
