# SPDX-License-Identifier: Apache-2.0
# The operator as its formulas read, in double precision, in C order.
#   awk -v dims='2 6 3' -v axis=1 -v spatial=0 -v lower=2 -v upper=2 -v divisor=5 \
#       -v alpha=1 -v beta=0.75 -v k=1 -v backward=1 -f lrn.awk
# reads x, or x and dy, on each line and prints y, or dx, and the magnitude its error is relative
# to. spatial 0: across channels, else within one, over so many axes.
function within_window(from, to, low, high,   a, difference) {
    for (a = 0; a < rank; ++a) {
        difference = at[to, a] - at[from, a]
        if (windowed[a] ? difference < -low || difference > high : difference != 0)
            return 0
    }
    return 1
}

function absolute(x) { return x < 0 ? -x : x }

{ x[NR - 1] = $1; dy[NR - 1] = $2 }

END {
    rank = split(dims, dim, " ")
    for (i = 0; i < NR; ++i) {
        rest = i
        for (a = rank; a > 0; --a) {
            at[i, a - 1] = rest % dim[a]
            rest = int(rest / dim[a])
        }
    }
    for (a = rank - 1; a >= 0; --a)
        windowed[a] = spatial ? a != axis && ++windows <= spatial : a == axis
    for (i = 0; i < NR; ++i) {
        sum = 0
        for (j = 0; j < NR; ++j)
            if (within_window(i, j, lower, upper))
                sum += x[j] * x[j]
        s[i] = k + alpha / divisor * sum
    }
    for (i = 0; i < NR; ++i) {
        if (!backward) {
            y = x[i] * s[i] ^ -beta
            printf "%.17g %.17g\n", y, absolute(y)
            continue
        }
        sum = size = 0
        for (j = 0; j < NR; ++j)
            if (within_window(j, i, lower, upper)) {
                term = dy[j] * x[j] * s[j] ^ (-beta - 1)
                sum += term
                size += absolute(term)
            }
        own = dy[i] * s[i] ^ -beta
        factor = 2 * alpha * beta / divisor * x[i]
        printf "%.17g %.17g\n", own - factor * sum, absolute(own) + absolute(factor) * size
    }
}
