/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The formulas of LRN and its gradient on one block, in the type REAL; NAME(x)
 * is x for that type. reference.c includes this file once per type, so it has
 * no include guard.
 */

/* Neumaier's compensated sum over a window. `lost` is NaN if the sum is infinite or NaN. */
static REAL NAME(sum)(const lrn_host_block *b, const REAL *values, window w)
{
    REAL sum = 0, lost = 0;
    for (int64_t i = w.first[0]; i <= w.last[0]; ++i)
        for (int64_t j = w.first[1]; j <= w.last[1]; ++j)
            for (int64_t l = w.first[2]; l <= w.last[2]; ++l) {
                const REAL value = values[(i * b->dims[1] + j) * b->dims[2] + l];
                const REAL next = sum + value;
                lost += fabs(sum) >= fabs(value) ? (sum - next) + value : (value - next) + sum;
                sum = next;
            }
    return isfinite(sum) ? sum + lost : sum;
}

/* s of element i; squares are those of all elements of the block. */
static REAL NAME(base)(const lrn_host_block *b, const REAL *squares, int64_t i)
{
    const cllrn_params *const p = b->problem->params;
    const REAL scale = (REAL)p->alpha / (REAL)p->divisor;
    return (REAL)p->k +
           scale * NAME(sum)(b, squares, window_of(b, i, lrn_params_lower(p), lrn_params_upper(p)));
}

static void NAME(forward)(const lrn_host_block *b)
{
    const cllrn_params *const p = b->problem->params;
    const REAL beta = (REAL)p->beta;
    REAL *squares = b->work;
    for (int64_t i = 0; i < b->count; ++i)
        squares[i] = (REAL)b->x[i] * (REAL)b->x[i];
    for (int64_t i = 0; i < b->count; ++i)
        b->result[i] = (double)((REAL)b->x[i] * pow(NAME(base)(b, squares, i), -beta));
}

static void NAME(backward)(const lrn_host_block *b)
{
    const cllrn_params *const p = b->problem->params;
    const REAL beta = (REAL)p->beta;
    const REAL gradient = 2 * ((REAL)p->alpha / (REAL)p->divisor) * beta;
    REAL *s = b->work, *terms = s + b->count, *sizes = terms + b->count, *squares = sizes;
    for (int64_t i = 0; i < b->count; ++i)
        squares[i] = (REAL)b->x[i] * (REAL)b->x[i];
    for (int64_t i = 0; i < b->count; ++i)
        s[i] = NAME(base)(b, squares, i);
    for (int64_t i = 0; i < b->count; ++i) {
        terms[i] = (REAL)b->dy[i] * (REAL)b->x[i] * pow(s[i], -beta - 1);
        sizes[i] = fabs(terms[i]);
    }
    for (int64_t i = 0; i < b->count; ++i) {
        const window mirrored = window_of(b, i, lrn_params_upper(p), lrn_params_lower(p));
        const REAL own = (REAL)b->dy[i] * pow(s[i], -beta);
        const REAL factor = gradient * (REAL)b->x[i];
        b->result[i] = (double)(own - factor * NAME(sum)(b, terms, mirrored));
        b->magnitude[i] = (double)(fabs(own) + fabs(factor) * NAME(sum)(b, sizes, mirrored));
        if (beta == 0) { /* also where a term is infinite or NaN */
            b->result[i] = b->dy[i];
            b->magnitude[i] = fabs(b->dy[i]);
        }
    }
}
