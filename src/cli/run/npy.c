/* SPDX-License-Identifier: Apache-2.0 */
#include "npy.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

static const unsigned char magic[6] = {0x93, 'N', 'U', 'M', 'P', 'Y'};

enum { KEY_LENGTH = 24, ALIGNMENT = 64 };

/* The parser's position in the text. */
typedef struct cursor {
    const char *text;
    size_t length;
    size_t at;
    npy_error *error;
} cursor;

__attribute__((format(printf, 3, 4))) static bool fail(npy_error *error, npy_status status,
                                                       const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(error->message, sizeof error->message, format, arguments);
    va_end(arguments);
    error->status = status;
    return false;
}

/* ------------------------------------------------------------- the dictionary */

static bool unexpected(const cursor *c, const char *expected)
{
    if (c->at >= c->length)
        return fail(c->error, NPY_SYNTAX, "header ends at byte %zu, expected %s", c->at, expected);
    const unsigned char found = (unsigned char)c->text[c->at];
    if (found >= 0x20 && found < 0x7f)
        return fail(c->error, NPY_SYNTAX, "header has '%c' at byte %zu, expected %s", found, c->at,
                    expected);
    return fail(c->error, NPY_SYNTAX, "header has the byte 0x%02x at byte %zu, expected %s", found,
                c->at, expected);
}

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static void skip_spaces(cursor *c)
{
    while (c->at < c->length && is_space(c->text[c->at]))
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
            return fail(c->error, NPY_SYNTAX, "header has a string of more than %zu characters",
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
        return fail(c->error, NPY_DTYPE, "its dtype is structured, expected a plain one");
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
            return fail(c->error, NPY_SHAPE, "dim %d is above 2^63-1", axis);
        value = value * 10 + digit;
    }
    if (c->at < c->length && c->text[c->at] == 'L') /* Python 2 wrote such long integers */
        ++c->at;
    if (negative)
        return fail(c->error, NPY_SHAPE, "dim %d is -%" PRId64 ", expected 0 or more", axis, value);
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
            return fail(c->error, NPY_SHAPE, "its shape has more than %d dims", NPY_MAX_RANK);
        good = parse_dim(c, header->rank, &header->dims[header->rank]);
        ++header->rank;
        comma = take(c, ',');
    }
    if (good && header->rank == 1 && !comma)
        return fail(c->error, NPY_SYNTAX, "its shape is a number, expected a tuple");
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
            return fail(c->error, NPY_KEY, "header has the key '%s' twice", name);
        seen[i] = true;
        return expect(c, ':') && keys[i].parse(c, header);
    }
    return fail(c->error, NPY_KEY,
                "header has the key '%s', expected descr, fortran_order and shape only", name);
}

bool npy_parse(const char *text, size_t length, npy_header *header, npy_error *error)
{
    cursor c = {text, length, 0, error};
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
            return fail(error, NPY_KEY, "header lacks the key '%s'", keys[i].name);
    *header = parsed;
    return true;
}

/* --------------------------------------------------------------- the elements */

static bool is_little_endian(void)
{
    const uint16_t one = 1;
    unsigned char first;
    memcpy(&first, &one, 1);
    return first == 1;
}

/* NumPy's names of the supported types; ml_dtypes saves its bfloat16 as raw bytes. */
static const struct {
    const char *name;
    npy_element element;
} names[] = {
    {"float16", {'f', 2, false}},  {"half", {'f', 2, false}},    {"float32", {'f', 4, false}},
    {"single", {'f', 4, false}},   {"float64", {'f', 8, false}}, {"double", {'f', 8, false}},
    {"float", {'f', 8, false}},    {"uint16", {'u', 2, false}},  {"ushort", {'u', 2, false}},
    {"bfloat16", {'V', 2, false}},
};

static bool find_name(const char *descr, npy_element *element)
{
    for (size_t i = 0; i < sizeof names / sizeof names[0]; ++i) {
        if (strcmp(descr, names[i].name) == 0) {
            *element = names[i].element;
            return true;
        }
    }
    return false;
}

/* Parses a one-letter code; swapped is the byte order that the descr began with. */
static bool find_code(const char *descr, bool swapped, npy_element *element)
{
    static const struct {
        char code;
        char kind;
        int size;
    } codes[] = {{'e', 'f', 2}, {'f', 'f', 4}, {'d', 'f', 8}, {'H', 'u', 2}};
    for (size_t i = 0; i < sizeof codes / sizeof codes[0]; ++i) {
        if (descr[0] == codes[i].code && descr[1] == '\0') {
            *element = (npy_element){codes[i].kind, codes[i].size, swapped};
            return true;
        }
    }
    return false;
}

bool npy_parse_descr(const char *descr, npy_element *element)
{
    enum { MAX_DIGITS = 4 };
    if (find_name(descr, element))
        return true;
    const char foreign = is_little_endian() ? '>' : '<';
    const bool swapped = *descr == foreign;
    if (*descr && strchr("<>=|", *descr))
        ++descr;
    if (find_code(descr, swapped, element))
        return true;
    const char kind = *descr;
    if (!((kind >= 'a' && kind <= 'z') || (kind >= 'A' && kind <= 'Z')))
        return false;
    const char *const digits = descr + 1;
    int size = 0, count = 0;
    for (; is_digit(digits[count]) && count < MAX_DIGITS; ++count)
        size = size * 10 + (digits[count] - '0');
    if (count == 0 || *digits == '0' || digits[count] != '\0')
        return false;
    *element = (npy_element){kind, size, swapped};
    return true;
}

void npy_format_descr(const npy_element *element, char descr[NPY_MAX_DESCR])
{
    snprintf(descr, NPY_MAX_DESCR, "%c%c%d", is_little_endian() != element->swapped ? '<' : '>',
             element->kind, element->size);
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

static bool read_bytes(FILE *file, void *bytes, size_t size, const char *what, npy_error *error)
{
    const size_t got = fread(bytes, 1, size, file);
    if (got == size)
        return true;
    if (ferror(file))
        return fail(error, NPY_IO, "cannot be read: %s", strerror(errno));
    return fail(error, NPY_TRUNCATED, "truncated: %s holds %zu bytes, expected %zu", what, got,
                size);
}

static bool check_preamble(const unsigned char *preamble, npy_error *error)
{
    if (memcmp(preamble, magic, sizeof magic) != 0)
        return fail(error, NPY_NOT_NPY,
                    "not a .npy file: begins with %02x %02x %02x %02x %02x %02x, "
                    "expected 93 4e 55 4d 50 59",
                    preamble[0], preamble[1], preamble[2], preamble[3], preamble[4], preamble[5]);
    if (preamble[6] < 1 || preamble[6] > 3 || preamble[7] != 0)
        return fail(error, NPY_VERSION, "version %d.%d of .npy, expected 1.0, 2.0 or 3.0",
                    preamble[6], preamble[7]);
    return true;
}

/* Reads magic number, version and length. *size becomes their size in bytes. */
static bool read_preamble(FILE *file, size_t *size, size_t *header_length, npy_error *error)
{
    unsigned char preamble[NPY_MAX_PREAMBLE] = {0};
    const char *const what = "its beginning";
    if (!read_bytes(file, preamble, 8, what, error) || !check_preamble(preamble, error))
        return false;
    const size_t length_size = preamble[6] == 1 ? 2 : 4;
    if (!read_bytes(file, preamble + 8, length_size, what, error))
        return false;
    const uint32_t length = (uint32_t)preamble[8] | (uint32_t)preamble[9] << 8 |
                            (uint32_t)preamble[10] << 16 | (uint32_t)preamble[11] << 24;
    if (length > NPY_MAX_HEADER)
        return fail(error, NPY_TOO_LONG, "header of %" PRIu32 " bytes, expected at most %d", length,
                    NPY_MAX_HEADER);
    *size = 8 + length_size;
    *header_length = length;
    return true;
}

bool npy_read(FILE *file, npy_header *header, uint64_t *data_offset, npy_error *error)
{
    char text[NPY_MAX_HEADER];
    size_t preamble = 0, length = 0;
    if (!read_preamble(file, &preamble, &length, error) ||
        !read_bytes(file, text, length, "its header", error) ||
        !npy_parse(text, length, header, error))
        return false;
    *data_offset = preamble + length;
    return true;
}

bool npy_data_size(const npy_header *header, size_t element_size, uint64_t *size, npy_error *error)
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
            return fail(error, NPY_OVERFLOW,
                        "its shape needs 2^63 bytes or more (dims up to axis %d)", axis);
        bytes *= dim;
    }
    *size = bytes;
    return true;
}

/* Writes the dictionary into text and returns its length. */
static size_t format_dictionary(const npy_header *header, char *text, size_t size)
{
    size_t length = (size_t)snprintf(text, size, "{'descr': '%s', 'fortran_order': %s, 'shape': (",
                                     header->descr, header->fortran_order ? "True" : "False");
    for (int axis = 0; axis < header->rank; ++axis)
        length += (size_t)snprintf(text + length, size - length, "%s%" PRId64, axis ? ", " : "",
                                   header->dims[axis]);
    return length +
           (size_t)snprintf(text + length, size - length, "%s), }", header->rank == 1 ? "," : "");
}

bool npy_write(FILE *file, const npy_header *header, npy_error *error)
{
    enum {
        PREAMBLE = 10,
        CAPACITY = 2048
    }; /* the longest, 64 dims of 19 digits, takes about 1450 */
    char text[CAPACITY];
    const size_t used = format_dictionary(header, text, sizeof text);
    const size_t total = (PREAMBLE + used + 1 + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    const size_t length = total - PREAMBLE;
    memset(text + used, ' ', length - used - 1);
    text[length - 1] = '\n';

    unsigned char preamble[PREAMBLE] = {0};
    memcpy(preamble, magic, sizeof magic);
    preamble[6] = 1;
    preamble[8] = (unsigned char)(length & 0xff);
    preamble[9] = (unsigned char)(length >> 8);
    if (fwrite(preamble, 1, PREAMBLE, file) != PREAMBLE || fwrite(text, 1, length, file) != length)
        return fail(error, NPY_IO, "cannot be written: %s", strerror(errno));
    return true;
}
