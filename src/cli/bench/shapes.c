/* SPDX-License-Identifier: Apache-2.0 */
#include "shapes.h"

#include "message.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/*
 * The inputs of the LRN layers of some networks. AlexNet and GoogLeNet: norm1 and
 * norm2 of Caffe's models. ZF: the 96 maps of 110 x 110 of conv1 (Zeiler and Fergus,
 * "Visualizing and Understanding Convolutional Networks", figure 3), which SPP-net's
 * and Faster R-CNN's models normalize. The paper normalizes after the pooling, which
 * gives AlexNet's 96 x 55 x 55.
 */
static const struct {
    const char *network;
    shape shape;
} layers[] = {
    {"alexnet", {4, {1, 96, 55, 55}}},    {"alexnet", {4, {16, 96, 55, 55}}},
    {"alexnet", {4, {1, 256, 27, 27}}},   {"alexnet", {4, {16, 256, 27, 27}}},
    {"googlenet", {4, {1, 64, 56, 56}}},  {"googlenet", {4, {16, 64, 56, 56}}},
    {"googlenet", {4, {1, 192, 56, 56}}}, {"googlenet", {4, {16, 192, 56, 56}}},
    {"zf", {4, {1, 96, 110, 110}}},       {"zf", {4, {16, 96, 110, 110}}},
};

bool shape_equal(const shape *s, const shape *other)
{
    return s->rank == other->rank && memcmp(s->dims, other->dims, sizeof s->dims) == 0;
}

static int add(shape_list *list, const shape *s)
{
    for (int i = 0; i < list->count; ++i)
        if (shape_equal(&list->shapes[i], s))
            return EXIT_DONE;
    if (list->count == MAX_SHAPES)
        return message_usage("more than %d shapes", MAX_SHAPES);
    list->shapes[list->count++] = *s;
    return EXIT_DONE;
}

/* Parses a shape. Dims are at least 1; their product leaves room to count bytes. */
static bool parse(const char *text, shape *s)
{
    const int64_t most = INT64_MAX / 64;
    int64_t elements = 1;
    memset(s, 0, sizeof *s);
    for (;; ++text) {
        char *end;
        errno = 0;
        if (*text < '0' || *text > '9' || s->rank == CLLRN_MAX_RANK)
            return false;
        const long long dim = strtoll(text, &end, 10);
        if (errno != 0 || dim < 1 || dim > most / elements || (*end != 'x' && *end != '\0'))
            return false;
        elements *= dim;
        s->dims[s->rank++] = dim;
        text = end;
        if (*text == '\0')
            return s->rank >= 2;
    }
}

int shapes_add(shape_list *list, const char *text)
{
    shape s;
    bool known = parse(text, &s);
    int status = known ? add(list, &s) : EXIT_DONE;
    for (size_t i = 0; i < sizeof layers / sizeof layers[0] && status == EXIT_DONE; ++i)
        if (strcmp(text, layers[i].network) == 0) {
            known = true;
            status = add(list, &layers[i].shape);
        }
    return known ? status
                 : message_usage("unknown shape '%s', expected batch x channels x spatial dims "
                                 "like 16x96x55x55, up to 8 dims, or alexnet, googlenet or zf",
                                 text);
}

short_text shape_text(const shape *s)
{
    return text_of_list(s->dims, s->rank, "x");
}
