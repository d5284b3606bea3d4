#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Make activation_96x55x55.npy: a first convolution over a real photograph.

    make_activation.py [--output FILE] [PHOTOGRAPH.png]

The photograph is astronaut.png of Debian's package python3-skimage (NASA,
public domain; README.md beside this file has the details).  To get at it
without installing the package and what it depends on:

    apt-get download python3-skimage
    dpkg -x python3-skimage_*.deb x
    make_activation.py x/usr/lib/python3/dist-packages/skimage/data/astronaut.png

Needs numpy and nothing else.  The bytes of the result do not depend on the
machine: the photograph is reduced in integers, the weights are whole numbers
of 2^-16, and so every product and every partial sum of the convolution is
exact in double precision, whatever order a BLAS adds them in.  The only
rounding is the last one, to float32.  (The weights come from exp and cos,
which may differ between C libraries in the last bit; the script checks that no
weight lies near enough to a tie for that to matter.)
"""

import argparse
import hashlib
import io
import os
import struct
import sys
import zlib

import numpy as np

HERE = os.path.dirname(os.path.abspath(__file__))
PHOTOGRAPH = "/usr/lib/python3/dist-packages/skimage/data/astronaut.png"
PHOTOGRAPH_SHA256 = \
    "88431cd9653ccd539741b555fb0a46b61558b301d4110412b5bc28b5e3ea6cb5"
OUTPUT = os.path.join(HERE, "activation_96x55x55.npy")

# The channel means that Caffe's models subtract, rounded: red, green, blue.
MEAN = (123, 117, 104)

FILTERS, TAPS, STRIDE = 96, 11, 4
CROP = 227                                  # (227 - 11) / 4 + 1 = 55
UNIT = 2.0 ** -16                           # weights are multiples of this

# L2 norm of each kind of filter.  Chosen so that the activations have the
# magnitudes of AlexNet's first layer (tens to hundreds) and s below spans
# [1, 8] or a little more.
GAIN_FINE, GAIN_COARSE = 1.0, 0.5
GAIN_COLOUR_EDGE = 1.0
GAIN_COLOUR_BLOB, GAIN_GREY_BLOB = 0.5, 0.3

# The demo's parameters.
SIZE, ALPHA, BETA, K = 5, 1e-4, 0.75, 1.0


def read_png(data):
    """An 8-bit RGB PNG without interlacing, as (height, width, 3) uint8."""
    if data[:8] != b"\x89PNG\r\n\x1a\n":
        raise ValueError("not a PNG file")
    at, stream, header = 8, b"", None
    while at + 12 <= len(data):
        length, kind = struct.unpack(">I4s", data[at:at + 8])
        body = data[at + 8:at + 8 + length]
        at += 12 + length
        if kind == b"IHDR":
            header = struct.unpack(">IIBBBBB", body)
        elif kind == b"IDAT":
            stream += body
        elif kind == b"IEND":
            break
    if header is None or header[2:] != (8, 2, 0, 0, 0):
        raise ValueError("only 8-bit RGB without interlacing is read")
    width, height = header[:2]
    rows = np.frombuffer(zlib.decompress(stream), np.uint8)
    rows = rows.reshape(height, 1 + 3 * width)
    out = np.zeros((height + 1, width + 1, 3), np.int64)    # zeros up and left
    for y in range(height):
        kind = rows[y, 0]
        line = rows[y, 1:].reshape(width, 3).astype(np.int64)
        above, this = out[y], out[y + 1]
        if kind == 0:
            this[1:] = line
        elif kind == 1:
            this[1:] = np.cumsum(line, axis=0) & 255
        elif kind == 2:
            this[1:] = (line + above[1:]) & 255
        elif kind in (3, 4):
            for x in range(width):
                a, b, c = this[x], above[x + 1], above[x]
                if kind == 3:
                    guess = (a + b) // 2
                else:
                    pa, pb, pc = abs(b - c), abs(a - c), abs(a + b - 2 * c)
                    guess = np.where((pa <= pb) & (pa <= pc), a,
                                     np.where(pb <= pc, b, c))
                this[x + 1] = (line[x] + guess) & 255
        else:
            raise ValueError("unknown row filter %d" % kind)
    return out[1:, 1:].astype(np.uint8)


def reduce_and_crop(image):
    """512x512 to 256x256 by the mean of 2x2 pixels, rounded half up; then the
    227x227 in the middle, as Caffe does when it tests."""
    if image.shape != (512, 512, 3):
        raise ValueError("the photograph is not 512x512x3")
    wide = image.astype(np.int64)
    small = (wide[0::2, 0::2] + wide[0::2, 1::2]
             + wide[1::2, 0::2] + wide[1::2, 1::2] + 2) // 4
    at = (256 - CROP) // 2
    return small[at:at + CROP, at:at + CROP]


def gabor(wavelength, angle, phase, sigma):
    """A Gabor patch without a constant part."""
    r = np.arange(TAPS) - TAPS // 2
    y, x = np.meshgrid(r, r, indexing="ij")
    along = x * np.cos(angle) + y * np.sin(angle)
    envelope = np.exp(-(x * x + y * y) / (2.0 * sigma * sigma))
    wave = envelope * np.cos(2.0 * np.pi * along / wavelength + phase)
    return wave - envelope * (wave.sum() / envelope.sum())


def bank():
    """The 96 filters, (96, 3, 11, 11), as whole numbers of UNIT.

    No trained weights are at hand, so this is a bank of the kinds of filter
    that the first layer of AlexNet is known to learn, half without colour and
    half with:
      48 Gabors of luminance: wavelengths 4 and 8, six angles, four phases;
      24 edges of opponent colours: three colour axes, four angles, two signs;
      24 blobs: four colour axes (one of them luminance), three widths, two
         signs; these keep their constant part.
    A trained net leaves its channels in no order, so channel i holds filter
    37 i mod 96 of that list: neighbours are unlike."""
    filters = []
    grey = np.array([1.0, 1.0, 1.0])
    axes = [np.array([1.0, -1.0, 0.0]),      # red against green
            np.array([-0.5, -0.5, 1.0]),     # blue against yellow
            np.array([1.0, -0.5, -0.5])]     # red against cyan

    def add(patch, colour, gain):
        f = colour[:, None, None] * patch[None]
        filters.append(f * (gain / np.sqrt((f * f).sum())))

    for wavelength, sigma, gain in ((4.0, 2.0, GAIN_FINE),
                                    (8.0, 3.0, GAIN_COARSE)):
        for a in range(6):
            for p in range(4):
                add(gabor(wavelength, a * np.pi / 6, p * np.pi / 2, sigma),
                    grey, gain)
    for colour in axes:
        for a in range(4):
            for p in (1, 3):
                add(gabor(11.0, a * np.pi / 4, p * np.pi / 2, 3.0),
                    colour, GAIN_COLOUR_EDGE)
    r = np.arange(TAPS) - TAPS // 2
    y, x = np.meshgrid(r, r, indexing="ij")
    for colour in axes + [grey]:
        for sigma in (1.2, 2.0, 3.2):
            blob = np.exp(-(x * x + y * y) / (2.0 * sigma * sigma))
            for sign in (1.0, -1.0):
                add(sign * blob, colour,
                    GAIN_GREY_BLOB if colour is grey else GAIN_COLOUR_BLOB)

    scaled = np.array([filters[37 * i % FILTERS] for i in range(FILTERS)])
    scaled = scaled / UNIT
    # A weight that ought to be zero comes out as 1e-12 or so; a tie would be
    # a fraction near one half.
    tie = np.abs(np.abs(scaled - np.floor(scaled)) - 0.5).min()
    if tie < 1e-7:
        raise ValueError("a weight is too near to a tie: %g" % tie)
    return np.rint(scaled)


def convolve(pixels, weights):
    """Valid convolution (correlation, as every framework has it), stride 4,
    bias 0, then ReLU.  Exact: whole numbers below 2^53 throughout."""
    n = (CROP - TAPS) // STRIDE + 1
    patches = np.empty((n * n, 3 * TAPS * TAPS))
    for y in range(n):
        for x in range(n):
            part = pixels[:, y * STRIDE:y * STRIDE + TAPS,
                          x * STRIDE:x * STRIDE + TAPS]
            patches[y * n + x] = part.reshape(-1)
    flat = weights.reshape(FILTERS, -1)
    if (np.abs(flat).sum(axis=1) * 256).max() >= 2.0 ** 53:
        raise ValueError("the sums would not be exact")
    sums = (patches @ flat.T).T.reshape(1, FILTERS, n, n)
    return np.maximum(sums, 0.0) * UNIT


def window_sums(x):
    """The sum of squares over SIZE channels, clipped at both ends."""
    square = x.astype(np.float64) ** 2
    total = np.zeros_like(square)
    for d in range(-(SIZE // 2), SIZE // 2 + 1):
        lo, hi = max(0, -d), min(FILTERS, FILTERS - d)
        total[:, lo:hi] += square[:, lo + d:hi + d]
    return total


def npy_bytes(x):
    out = io.BytesIO()
    np.lib.format.write_array(out, np.ascontiguousarray(x, "<f4"), (1, 0))
    data = out.getvalue()
    if len(data) != 128 + 4 * x.size:
        raise ValueError("the header is not of 128 bytes")
    return data


def main():
    parser = argparse.ArgumentParser(
        description="Make activation_96x55x55.npy from a photograph.")
    parser.add_argument("--output", default=OUTPUT)
    parser.add_argument("photograph", nargs="?", default=PHOTOGRAPH)
    options = parser.parse_args()
    try:
        with open(options.photograph, "rb") as f:
            data = f.read()
    except OSError as e:
        sys.exit("make_activation: %s: %s; it is in Debian's package "
                 "python3-skimage" % (options.photograph, e.strerror))
    if hashlib.sha256(data).hexdigest() != PHOTOGRAPH_SHA256:
        sys.exit("make_activation: %s is not the astronaut.png that this "
                 "script knows" % options.photograph)

    pixels = reduce_and_crop(read_png(data)).astype(np.float64)
    pixels = (pixels - np.array(MEAN, np.float64)).transpose(2, 0, 1)
    x = convolve(pixels, bank()).astype("<f4")

    least = np.finfo(np.float32).tiny
    if not np.isfinite(x).all() or ((x != 0) & (np.abs(x) < least)).any():
        sys.exit("make_activation: a NaN, an Inf or a subnormal")
    out = npy_bytes(x)
    temporary = options.output + ".tmp"
    with open(temporary, "wb") as f:
        f.write(out)
    os.replace(temporary, options.output)

    s = K + ALPHA / SIZE * window_sums(x)
    q = (0, 1, 5, 10, 25, 50, 75, 90, 95, 99, 99.9, 100)
    print("shape     %s, float32, C order" % (x.shape,))
    print("bytes     %d" % len(out))
    print("sha256    %s" % hashlib.sha256(out).hexdigest())
    print("zeros     %.2f %%" % (100.0 * (x == 0).mean()))
    print("least > 0 %.9g" % x[x > 0].min())
    print("mean      %.3f, standard deviation %.3f, max %.3f"
          % (x.mean(dtype=np.float64), x.std(dtype=np.float64), x.max()))
    print("silent    %d channels are zero everywhere"
          % (x.reshape(FILTERS, -1).max(axis=1) == 0).sum())
    print("s at size %d, alpha %g, k %g (beta %g):" % (SIZE, ALPHA, K, BETA))
    for p, x_q, s_q in zip(q, np.percentile(x, q), np.percentile(s, q)):
        print("  %5.1f %%   x %10.4f   s %.6f" % (p, x_q, s_q))
    moved = (x != 0) & (s ** -BETA < 0.5)
    print("a copy of the input is wrong by more than a factor of 2 in %.2f %% "
          "of the elements that are not 0"
          % (100.0 * moved.sum() / (x != 0).sum()))
    if s.max() / s.min() < 2.0:
        sys.exit("make_activation: s spans less than a factor of 2")


if __name__ == "__main__":
    main()
