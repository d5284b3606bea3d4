/* SPDX-License-Identifier: Apache-2.0 */
#include "npy.h"

#include "message.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

static const unsigned char magic[6] = {0x93, 'N', 'U', 'M', 'P', 'Y'};

enum { KEY_LENGTH = 24, ALIGNMENT = 64 };

/* The parser's position in the text. */
typedef struct cursor {
    const char *text;
    size_t length;
    size_t at;
    const char *path; /* of the file, for messages */
} cursor;

/* ------------------------------------------------------------- the dictionary */

static bool unexpected(const cursor *c, const char *expected)
{
    char found[24] = "ends";
    if (c->at < c->length) {
        const unsigned char byte = (unsigned char)c->text[c->at];
        const bool printable = byte >= 0x20 && byte < 0x7f;
        snprintf(found, sizeof found, printable ? "has '%c'" : "has the byte 0x%02x", byte);
    }
    return message_fail("%s: header %s at byte %zu, expected %s", c->path, found, c->at, expected);
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static void skip_spaces(cursor *c)
{
    while (c->at < c->length && memchr(" \t\r\n", c->text[c->at], 4))
        ++c->at;
}

/* The next character after spaces; zero at the end. */
static char peek(cursor *c)
{
    skip_spaces(c);
    return c->at < c->length ? c->text[c->at] : '\0';
}

static bool take(cursor *c, char wanted)
{
    if (wanted != peek(c))
        return false;
    ++c->at;
    return true;
}

static bool expect(cursor *c, char wanted)
{
    const char name[] = {'\'', wanted, '\'', '\0'};
    return take(c, wanted) || unexpected(c, name);
}

static bool take_word(cursor *c, const char *word)
{
    const size_t length = strlen(word);
    skip_spaces(c);
    if (c->length - c->at < length || memcmp(c->text + c->at, word, length) != 0)
        return false;
    c->at += length;
    return true;
}

/* Parses a quoted string without escapes, which neither keys nor plain dtypes need. */
static bool parse_string(cursor *c, char *string, size_t size, const char *expected)
{
    const char quote = peek(c);
    if (quote != '\'' && quote != '"')
        return unexpected(c, expected);
    ++c->at;
    size_t length = 0;
    for (; c->at < c->length && c->text[c->at] != quote; ++c->at) {
        const unsigned char next = (unsigned char)c->text[c->at];
        if (next < 0x20 || next >= 0x7f || next == '\\')
            return unexpected(c, "printable ASCII without escapes");
        if (length + 1 == size)
            return message_fail("%s: header has a string of more than %zu characters", c->path,
                                size - 1);
        string[length++] = c->text[c->at];
    }
    if (c->at == c->length)
        return unexpected(c, "the end of a string");
    ++c->at;
    string[length] = '\0';
    return true;
}

static bool parse_descr(cursor *c, npy_header *header)
{
    if (peek(c) == '[')
        return message_fail("%s: its dtype is structured, expected a plain one", c->path);
    return parse_string(c, header->descr, sizeof header->descr, "a dtype in quotes");
}

static bool parse_order(cursor *c, npy_header *header)
{
    header->fortran_order = take_word(c, "True");
    return header->fortran_order || take_word(c, "False") || unexpected(c, "True or False");
}

static bool parse_dim(cursor *c, int axis, int64_t *dim)
{
    const bool negative = take(c, '-');
    if (!is_digit(peek(c)))
        return unexpected(c, "a dim or ')'");
    int64_t value = 0;
    for (; c->at < c->length && is_digit(c->text[c->at]); ++c->at) {
        const int digit = c->text[c->at] - '0';
        if (value > (INT64_MAX - digit) / 10)
            return message_fail("%s: dim %d is above 2^63-1", c->path, axis);
        value = value * 10 + digit;
    }
    if (c->at < c->length && c->text[c->at] == 'L') /* Python 2 wrote such long integers */
        ++c->at;
    if (negative)
        return message_fail("%s: dim %d is -%" PRId64 ", expected 0 or more", c->path, axis, value);
    *dim = value;
    return true;
}

static bool parse_shape(cursor *c, npy_header *header)
{
    bool good = expect(c, '('), comma = true;
    header->rank = 0;
    while (good && !take(c, ')')) {
        if (!comma)
            return unexpected(c, "',' or ')'");
        if (header->rank == NPY_MAX_RANK)
            return message_fail("%s: its shape has more than %d dims", c->path, NPY_MAX_RANK);
        good = parse_dim(c, header->rank, &header->dims[header->rank]);
        ++header->rank;
        comma = take(c, ',');
    }
    if (good && header->rank == 1 && !comma)
        return message_fail("%s: its shape is a number, expected a tuple", c->path);
    return good;
}

static const struct {
    const char *name;
    bool (*parse)(cursor *, npy_header *);
} keys[] = {
    {"descr", parse_descr},
    {"fortran_order", parse_order},
    {"shape", parse_shape},
};

enum { KEYS = sizeof keys / sizeof keys[0] };

static bool parse_entry(cursor *c, npy_header *header, bool seen[KEYS])
{
    char name[KEY_LENGTH];
    if (!parse_string(c, name, sizeof name, "a key in quotes or '}'"))
        return false;
    for (size_t i = 0; i < KEYS; ++i) {
        if (strcmp(name, keys[i].name) != 0)
            continue;
        if (seen[i])
            return message_fail("%s: header has the key '%s' twice", c->path, name);
        seen[i] = true;
        return expect(c, ':') && keys[i].parse(c, header);
    }
    return message_fail("%s: header has the key '%s', expected descr, fortran_order and shape only",
                        c->path, name);
}

bool npy_parse(const char *text, size_t length, const char *path, npy_header *header)
{
    cursor c = {text, length, 0, path};
    npy_header parsed = {.rank = 0};
    bool seen[KEYS] = {false};

    bool good = expect(&c, '{'), comma = true;
    while (good && !take(&c, '}')) {
        if (!comma)
            return unexpected(&c, "',' or '}'");
        good = parse_entry(&c, &parsed, seen);
        comma = take(&c, ',');
    }
    if (!good)
        return false;
    skip_spaces(&c);
    if (c.at != length)
        return unexpected(&c, "nothing behind '}'");
    for (size_t i = 0; i < KEYS; ++i)
        if (!seen[i])
            return message_fail("%s: header lacks the key '%s'", path, keys[i].name);
    *header = parsed;
    return true;
}

/* --------------------------------------------------------------- the elements */

static char byte_order(bool swapped)
{
    const uint16_t one = 1;
    const bool little = *(const unsigned char *)&one == 1;
    return little != swapped ? '<' : '>';
}

/* NumPy's names of the supported types: codes, which may follow a byte order, then words. */
static const struct {
    int32_t dtype;
    bool raw;
    const char *codes[2], *words[3];
} types[] = {
    {CLLRN_DTYPE_F16, false, {"f2", "e"}, {"float16", "half"}},
    {CLLRN_DTYPE_F32, false, {"f4", "f"}, {"float32", "single"}},
    {CLLRN_DTYPE_F64, false, {"f8", "d"}, {"float64", "double", "float"}},
    {CLLRN_DTYPE_BF16, false, {"u2", "H"}, {"uint16", "ushort"}},
    {CLLRN_DTYPE_BF16, true, {"V2"}, {"bfloat16"}},
};

static bool is_one_of(const char *name, const char *const names[], int count)
{
    for (int i = 0; i < count; ++i)
        if (names[i] && strcmp(name, names[i]) == 0)
            return true;
    return false;
}

bool npy_parse_descr(const char *descr, npy_element *element)
{
    const bool ordered = *descr && strchr("<>=|", *descr);
    for (size_t i = 0; i < sizeof types / sizeof types[0]; ++i) {
        if (is_one_of(descr + ordered, types[i].codes, 2) || is_one_of(descr, types[i].words, 3)) {
            *element = (npy_element){types[i].dtype, types[i].raw, *descr == byte_order(true)};
            return true;
        }
    }
    return false;
}

void npy_format_descr(const npy_element *element, char descr[NPY_MAX_DESCR])
{
    const char kind = element->dtype != CLLRN_DTYPE_BF16 ? 'f' : element->raw ? 'V' : 'u';
    snprintf(descr, NPY_MAX_DESCR, "%c%c%zu", byte_order(element->swapped), kind,
             cllrn_dtype_size(element->dtype));
}

void npy_swap(void *data, size_t size, size_t element_size)
{
    unsigned char *const bytes = data;
    for (size_t element = 0; element < size; element += element_size) {
        for (size_t low = element, high = element + element_size - 1; low < high; ++low, --high) {
            const unsigned char byte = bytes[low];
            bytes[low] = bytes[high];
            bytes[high] = byte;
        }
    }
}

/* ------------------------------------------------------------------- the file */

static bool read_bytes(FILE *file, const char *path, void *bytes, size_t size, const char *what)
{
    const size_t got = fread(bytes, 1, size, file);
    if (got == size)
        return true;
    if (ferror(file))
        return message_fail("%s: cannot be read: %s", path, strerror(errno));
    return message_fail("%s: truncated: %s holds %zu bytes, expected %zu", path, what, got, size);
}

bool npy_read(FILE *file, const char *path, npy_header *header, uint64_t *data_offset)
{
    unsigned char start[12] = {0}; /* magic number, version, length of the header */
    char text[NPY_MAX_HEADER];
    if (!read_bytes(file, path, start, 8, "its beginning"))
        return false;
    if (memcmp(start, magic, sizeof magic) != 0)
        return message_fail("%s: not a .npy file: begins with %02x %02x %02x %02x %02x %02x, "
                            "expected 93 4e 55 4d 50 59",
                            path, start[0], start[1], start[2], start[3], start[4], start[5]);
    if (start[6] < 1 || start[6] > 3 || start[7] != 0)
        return message_fail("%s: version %d.%d of .npy, expected 1.0, 2.0 or 3.0", path, start[6],
                            start[7]);
    const size_t length_size = start[6] == 1 ? 2 : 4;
    if (!read_bytes(file, path, start + 8, length_size, "its beginning"))
        return false;
    const uint32_t length = (uint32_t)start[8] | (uint32_t)start[9] << 8 |
                            (uint32_t)start[10] << 16 | (uint32_t)start[11] << 24;
    if (length > NPY_MAX_HEADER)
        return message_fail("%s: header of %" PRIu32 " bytes, expected at most %d", path, length,
                            NPY_MAX_HEADER);
    if (!read_bytes(file, path, text, length, "its header") ||
        !npy_parse(text, length, path, header))
        return false;
    *data_offset = 8 + length_size + length;
    return true;
}

bool npy_data_size(const npy_header *header, size_t element_size, const char *path, uint64_t *size)
{
    /* A tensor with a dim of 0 is empty, even where the other dims would overflow. */
    for (int axis = 0; axis < header->rank; ++axis) {
        if (header->dims[axis] == 0) {
            *size = 0;
            return true;
        }
    }
    uint64_t bytes = element_size;
    for (int axis = 0; axis < header->rank; ++axis) {
        const uint64_t dim = (uint64_t)header->dims[axis];
        if (bytes > (uint64_t)INT64_MAX / dim)
            return message_fail("%s: its shape needs 2^63 bytes or more (dims up to axis %d)", path,
                                axis);
        bytes *= dim;
    }
    *size = bytes;
    return true;
}

size_t npy_format(const npy_header *header, char *text, size_t size)
{
    size_t length = (size_t)snprintf(text, size, "{'descr': '%s', 'fortran_order': %s, 'shape': (",
                                     header->descr, header->fortran_order ? "True" : "False");
    for (int axis = 0; axis < header->rank; ++axis)
        length += (size_t)snprintf(text + length, size - length, "%s%" PRId64, axis ? ", " : "",
                                   header->dims[axis]);
    return length +
           (size_t)snprintf(text + length, size - length, "%s), }", header->rank == 1 ? "," : "");
}

bool npy_write(FILE *file, const char *path, const npy_header *header, uint64_t *data_offset)
{
    enum { PREAMBLE = 10, CAPACITY = 2048 }; /* 64 dims of 19 digits take about 1450 */
    char text[CAPACITY] = {0};
    memcpy(text, magic, sizeof magic);
    const size_t used = PREAMBLE + npy_format(header, text + PREAMBLE, sizeof text - PREAMBLE);
    const size_t total = (used + 1 + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    memset(text + used, ' ', total - used - 1);
    text[total - 1] = '\n';
    text[6] = 1; /* the version */
    text[8] = (char)((total - PREAMBLE) & 0xff);
    text[9] = (char)((total - PREAMBLE) >> 8);
    if (fwrite(text, 1, total, file) != total || fflush(file) != 0)
        return message_fail("%s: cannot be written: %s", path, strerror(errno));
    *data_offset = total;
    return true;
}
