# SPDX-License-Identifier: Apache-2.0
# Numbers to the bytes of a float format and back, for tests that have no NumPy.
#   awk -v mode=encode -v format=f2 -v order='<' -f numbers.awk   numbers, one a line, to \ooo escapes
#   od -An -v -tu1 -w1 | awk -v mode=decode ...                   bytes, one a line, to numbers
# Formats: f2, f4, f8, and u2 for the bits of bfloat16. What is encoded has to be exact, normal or
# zero, with at most 20 bits behind the point.
BEGIN {
    size = substr(format, 2)
    exponent_bits = format == "f2" ? 5 : format == "f8" ? 11 : 8
    # All but the sign and the exponent, of an f8 the upper word's part.
    upper_bits = (size < 4 ? size : 4) * 8 - 1 - exponent_bits
    bias = 2 ^ (exponent_bits - 1) - 1
}

# The upper word of an f8, the only one of the others.
function word_of(number,   sign, exponent) {
    sign = number < 0 || number ~ /^-/
    if (sign)
        number = -number
    if (number == 0)
        return sign * 2 ^ (exponent_bits + upper_bits)
    exponent = bias
    while (number >= 2) { number /= 2; ++exponent }
    while (number < 1) { number *= 2; --exponent }
    number = (number - 1) * 2 ^ upper_bits
    if (number != int(number) || exponent < 1 || exponent > 2 * bias) {
        print "numbers.awk: " $1 " is no exact " format >"/dev/stderr"
        exit 1
    }
    return (sign * 2 ^ exponent_bits + exponent) * 2 ^ upper_bits + number
}

function encode(number,   word, i, text, byte) {
    word = word_of(number)
    text = ""
    for (i = 0; i < size; ++i) {
        byte = 0
        if (i >= size - 4) {
            byte = word % 256
            word = int(word / 256)
        }
        byte = sprintf("\\%03o", byte)
        text = order == "<" ? text byte : byte text
    }
    return text
}

# From the bytes, the most significant one first.
function decode(bytes,   i, word, sign, exponent, fraction) {
    word = 0
    for (i = 0; i < (size < 4 ? size : 4); ++i)
        word = word * 256 + bytes[i]
    sign = int(word / 2 ^ (exponent_bits + upper_bits))
    exponent = int(word / 2 ^ upper_bits) % 2 ^ exponent_bits
    fraction = word % 2 ^ upper_bits
    for (; i < size; ++i)
        fraction = fraction * 256 + bytes[i]
    fraction /= 2 ^ (upper_bits + (size > 4 ? 32 : 0))
    if (exponent == 2 * bias + 1)
        return fraction ? "nan" : sign ? "-inf" : "inf"
    fraction = exponent ? (1 + fraction) * 2 ^ (exponent - bias) : fraction * 2 ^ (1 - bias)
    return sprintf("%.17g", sign ? -fraction : fraction)
}

mode == "encode" { printf "%s", encode($1) }

mode == "decode" {
    at = (NR - 1) % size
    bytes[order == "<" ? size - 1 - at : at] = $1
    if (at == size - 1)
        print decode(bytes)
}
