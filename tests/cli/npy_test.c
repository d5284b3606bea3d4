/* SPDX-License-Identifier: Apache-2.0 */
/* The .npy header parser against headers of every kind of wrong. */
#include "message.h"
#include "run/npy.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define LENGTH(array) (sizeof(array) / sizeof(array)[0])

enum {
    NPY_SUCCESS,
    NPY_NOT_NPY,   /* another magic number */
    NPY_VERSION,   /* not 1, 2 or 3 */
    NPY_TRUNCATED, /* the file ends inside the header */
    NPY_TOO_LONG,  /* a header of more than NPY_MAX_HEADER bytes */
    NPY_SYNTAX,    /* the header is no such dictionary */
    NPY_KEY,       /* an unknown, missing or repeated key */
    NPY_DTYPE,     /* a structured dtype */
    NPY_SHAPE,     /* a negative dim, one above 2^63-1, or too many dims */
    NPY_OVERFLOW,  /* the data's size exceeds 2^63-1 bytes */
    NPY_IO         /* reading or writing failed */
};

/* How the messages begin. */
static const struct {
    int status;
    const char *beginning;
} beginnings[] = {
    {NPY_NOT_NPY, "x.npy: not a .npy file: "},
    {NPY_VERSION, "x.npy: version "},
    {NPY_TRUNCATED, "x.npy: truncated: "},
    {NPY_TOO_LONG, "x.npy: header of "},
    {NPY_SYNTAX, "x.npy: header ends at byte "},
    {NPY_SYNTAX, "x.npy: header has '"},
    {NPY_SYNTAX, "x.npy: header has the byte 0x"},
    {NPY_SYNTAX, "x.npy: header has a string of more "},
    {NPY_SYNTAX, "x.npy: its shape is a number, expected a tuple"},
    {NPY_KEY, "x.npy: header has the key '"},
    {NPY_KEY, "x.npy: header lacks the key '"},
    {NPY_DTYPE, "x.npy: its dtype is structured, expected a plain one"},
    {NPY_SHAPE, "x.npy: dim "},
    {NPY_SHAPE, "x.npy: its shape has more than "},
    {NPY_OVERFLOW, "x.npy: its shape needs 2^63 bytes or more"},
    {NPY_IO, "x.npy: cannot be "},
};

static char message[512];

bool message_fail(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    return false;
}

static int status_of(bool good)
{
    if (good)
        return NPY_SUCCESS;
    for (size_t i = 0; i < LENGTH(beginnings); ++i)
        if (strncmp(message, beginnings[i].beginning, strlen(beginnings[i].beginning)) == 0)
            return beginnings[i].status;
    print_error("unexpected message: %s\n", message);
    return -1;
}

/* Parses a copy without a terminating zero, so that a sanitizer sees reads behind its end. */
static int parse(const char *text, size_t length, npy_header *header)
{
    char *const copy = malloc(length ? length : 1);
    assert_non_null(copy);
    memcpy(copy, text, length);
    const int status = status_of(npy_parse(copy, length, "x.npy", header));
    free(copy);
    return status;
}

static int read_bytes(const void *bytes, size_t size, npy_header *header, uint64_t *offset)
{
    FILE *const file = tmpfile();
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, size, file), size);
    rewind(file);
    const int status = status_of(npy_read(file, "x.npy", header, offset));
    fclose(file);
    return status;
}

/* The text is refused with this status and a one-line message, and the header stays as it was. */
static void assert_refused(const char *text, size_t length, int expected)
{
    npy_header header, before;
    memset(&header, 0x5a, sizeof header);
    memcpy(&before, &header, sizeof header);

    const int status = parse(text, length, &header);

    if (status != expected)
        print_error("%.*s: status %d, expected %d: %s\n", (int)length, text, status, expected,
                    message);
    assert_int_equal(status, expected);
    assert_memory_equal(&header, &before, sizeof header);
    for (const char *c = message; *c; ++c)
        assert_in_range((unsigned char)*c, 0x20, 0x7e);
}

static void assert_all_refused(const char *const *texts, size_t count, int expected)
{
    for (size_t i = 0; i < count; ++i)
        assert_refused(texts[i], strlen(texts[i]), expected);
}

/* ------------------------------------------------------------------- npy_parse */

static void npy_parse__as_numpy_writes_it_SUCCESS(void **state)
{
    (void)state;
    const char text[] = "{'descr': '<f4', 'fortran_order': False, 'shape': (1, 96, 55, 55), }   \n";
    npy_header header;

    const int status = parse(text, strlen(text), &header);

    assert_int_equal(status, NPY_SUCCESS);
    assert_string_equal(header.descr, "<f4");
    assert_false(header.fortran_order);
    assert_int_equal(header.rank, 4);
    assert_int_equal(header.dims[0], 1);
    assert_int_equal(header.dims[1], 96);
    assert_int_equal(header.dims[3], 55);
}

static void npy_parse__other_spellings_SUCCESS(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int rank;
    } cases[] = {
        {"{\"shape\":(),\"fortran_order\":True,\"descr\":\"|u1\"}", 0},
        {"{'shape':(7,),'fortran_order':True,'descr':'<f4',}", 1},
        {"\t{ 'shape' : ( 7 , 8 , ) , 'fortran_order' : True , 'descr' : '' } \r\n", 2},
        {"{'descr':'>f8','shape':(2L, 3L),'fortran_order':True}", 2},
        {"{'descr':'<f4','shape':(0, 9223372036854775807, 00),'fortran_order':True}", 3},
        {"{'descr':'0123456789012345678901234567890','shape':(007,1),'fortran_order':True}", 2},
    };
    for (size_t i = 0; i < LENGTH(cases); ++i) {
        npy_header header = {.rank = -1};

        const int status = parse(cases[i].text, strlen(cases[i].text), &header);

        assert_int_equal(status, NPY_SUCCESS);
        assert_int_equal(header.rank, cases[i].rank);
        assert_true(header.fortran_order);
    }
}

static void npy_parse__greatest_rank_SUCCESS(void **state)
{
    (void)state;
    char text[1024] = "{'descr':'<f4','fortran_order':False,'shape':(";
    for (int axis = 0; axis < NPY_MAX_RANK; ++axis)
        strcat(text, "1,");
    strcat(text, ")}");
    npy_header header;

    assert_int_equal(parse(text, strlen(text), &header), NPY_SUCCESS);
    assert_int_equal(header.rank, NPY_MAX_RANK);
}

static void npy_parse__one_dim_too_many_SHAPE(void **state)
{
    (void)state;
    char text[1024] = "{'descr':'<f4','fortran_order':False,'shape':(";
    for (int axis = 0; axis <= NPY_MAX_RANK; ++axis)
        strcat(text, "1,");
    strcat(text, ")}");

    assert_refused(text, strlen(text), NPY_SHAPE);
}

static void npy_parse__no_dictionary_SYNTAX(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "", " ", "\n", "}", "[]", "()", "'descr'", "None", "descr: <f4", "\x93NUMPY", "{{", "{'",
    };
    assert_all_refused(texts, LENGTH(texts), NPY_SYNTAX);
}

static void npy_parse__unbalanced_SYNTAX(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "{",
        "{'descr",
        "{'descr'",
        "{'descr':",
        "{'descr':'",
        "{'descr':'<f4",
        "{'descr':'<f4\"",
        "{'descr':'<f4'",
        "{'descr':'<f4',",
        "{'descr':'<f4','fortran_order':Tru",
        "{'descr':'<f4','fortran_order':False",
        "{'descr':'<f4','fortran_order':False,'shape':",
        "{'descr':'<f4','fortran_order':False,'shape':(",
        "{'descr':'<f4','fortran_order':False,'shape':(2",
        "{'descr':'<f4','fortran_order':False,'shape':(2,",
        "{'descr':'<f4','fortran_order':False,'shape':(2,2)",
        "{'descr':'<f4','fortran_order':False,'shape':(2,2]}",
        "{'descr':'<f4','fortran_order':False,'shape':(2,2))}",
        "{'descr':'<f4','fortran_order':False,'shape':(2,2)}}",
        "{'descr':'<f4','fortran_order':False,'shape':((2,2))}",
    };
    assert_all_refused(texts, LENGTH(texts), NPY_SYNTAX);
}

static void npy_parse__malformed_SYNTAX(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "{,}",
        "{'descr' '<f4'}",
        "{'descr':'<f4' 'fortran_order':False,'shape':(2,2)}",
        "{'descr':'<f4',,'fortran_order':False,'shape':(2,2)}",
        "{'descr':f4,'fortran_order':False,'shape':(2,2)}",
        "{'descr':4,'fortran_order':False,'shape':(2,2)}",
        "{'descr':u'<f4','fortran_order':False,'shape':(2,2)}",
        "{'descr':'<\\x664','fortran_order':False,'shape':(2,2)}",
        "{'descr':'<f4\n','fortran_order':False,'shape':(2,2)}",
        "{'descr':'<f\xc3\xa9','fortran_order':False,'shape':(2,2)}",
        "{'descr':'01234567890123456789012345678901','fortran_order':False,'shape':(2,2)}",
        "{'descr':'<f4','fortran_order':0,'shape':(2,2)}",
        "{'descr':'<f4','fortran_order':false,'shape':(2,2)}",
        "{'descr':'<f4','fortran_order':'False','shape':(2,2)}",
        "{'descr':'<f4','fortran_order':Falsehood,'shape':(2,2)}",
        "{'descr':'<f4','fortran_order':False,'shape':2}",
        "{'descr':'<f4','fortran_order':False,'shape':(2)}",
        "{'descr':'<f4','fortran_order':False,'shape':[2,2]}",
        "{'descr':'<f4','fortran_order':False,'shape':(,)}",
        "{'descr':'<f4','fortran_order':False,'shape':(2,,2)}",
        "{'descr':'<f4','fortran_order':False,'shape':(2 2)}",
        "{'descr':'<f4','fortran_order':False,'shape':(2.0,2)}",
        "{'descr':'<f4','fortran_order':False,'shape':(0x2,2)}",
        "{'descr':'<f4','fortran_order':False,'shape':(+2,2)}",
        "{'descr':'<f4','fortran_order':False,'shape':(--2,2)}",
        "{'descr':'<f4','fortran_order':False,'shape':(2LL,2)}",
        "{'descr':'<f4','fortran_order':False,'shape':(True,2)}",
        "{'descr':'<f4','fortran_order':False,'shape':('2',2)}",
        "{'descr':'<f4','fortran_order':False,'shape':(2,2)} # more",
        "{'descr':'<f4','fortran_order':False,'shape':(2,2)}\xa0",
        "{\342\200\230descr': '<f4'}",
        "{'a key that is much longer than any that there is': 1}",
    };
    assert_all_refused(texts, LENGTH(texts), NPY_SYNTAX);
}

static void npy_parse__nul_bytes_SYNTAX(void **state)
{
    (void)state;
    const char good[] = "{'descr': '<f4', 'fortran_order': False, 'shape': (12, 34), }\n";
    char text[sizeof good - 1];
    for (size_t i = 0; i < sizeof text; ++i) {
        memcpy(text, good, sizeof text);
        if (text[i] == ' ' || text[i] == '\n' || (text[i] >= '0' && text[i] <= '9'))
            continue; /* those may become something else that is refused; see every_byte below */
        text[i] = '\0';
        assert_refused(text, sizeof text, NPY_SYNTAX);
    }
    assert_refused("{'descr': '<f4', 'fortran_order': False, 'shape': (2, 2)}\0", 58, NPY_SYNTAX);
    assert_refused("\0\0\0\0", 4, NPY_SYNTAX);
}

static void npy_parse__wrong_keys_KEY(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "{}",
        "{'descr':'<f4'}",
        "{'fortran_order':False,'shape':(2,2)}",
        "{'descr':'<f4','shape':(2,2)}",
        "{'descr':'<f4','fortran_order':False}",
        "{'descr':'<f4','fortran_order':False,'shape':(2,2),'shape':(2,2)}",
        "{'descr':'<f4','descr':'<f4','fortran_order':False,'shape':(2,2)}",
        "{'descr':'<f4','fortran_order':False,'fortran_order':True,'shape':(2,2)}",
        "{'descr':'<f4','fortran_order':False,'shape':(2,2),'':1}",
        "{'descr':'<f4','fortran_order':False,'shape':(2,2),'extra':1}",
        "{'DESCR':'<f4'}",
        "{'descr ':'<f4'}",
    };
    assert_all_refused(texts, LENGTH(texts), NPY_KEY);
}

static void npy_parse__structured_DTYPE(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (2, 2)}",
        "{'descr': [",
    };
    assert_all_refused(texts, LENGTH(texts), NPY_DTYPE);
}

static void npy_parse__dims_out_of_range_SHAPE(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "{'descr':'<f4','fortran_order':False,'shape':(-1,2)}",
        "{'descr':'<f4','fortran_order':False,'shape':(2,- 1)}",
        "{'descr':'<f4','fortran_order':False,'shape':(2,-0)}",
        "{'descr':'<f4','fortran_order':False,'shape':(2,-9223372036854775807)}",
        "{'descr':'<f4','fortran_order':False,'shape':(2,-9223372036854775808)}",
        "{'descr':'<f4','fortran_order':False,'shape':(9223372036854775808,2)}",
        "{'descr':'<f4','fortran_order':False,'shape':(18446744073709551617,2)}",
        "{'descr':'<f4','fortran_order':False,'shape':(99999999999999999999999999999999,2)}",
    };
    assert_all_refused(texts, LENGTH(texts), NPY_SHAPE);
}

/* No byte anywhere does worse than being refused, and what is accepted is sane. */
static void npy_parse__every_byte_anywhere_no_crash(void **state)
{
    (void)state;
    const char good[] = "{'descr': '<f4', 'fortran_order': False, 'shape': (12, 34), }\n";
    char text[sizeof good - 1];
    for (size_t i = 0; i < sizeof text; ++i) {
        for (int byte = 0; byte < 256; ++byte) {
            npy_header header;
            memcpy(text, good, sizeof text);
            text[i] = (char)byte;
            if (parse(text, sizeof text, &header) == NPY_SUCCESS) {
                assert_in_range(header.rank, 1, 2);
                assert_true(header.dims[0] >= 0);
                assert_true(strlen(header.descr) <= 3);
            }
        }
    }
}

static void npy_parse__every_prefix_refused(void **state)
{
    (void)state;
    const char good[] = "{'descr': '<f4', 'fortran_order': False, 'shape': (12, 34), }";
    for (size_t length = 0; length < sizeof good - 1; ++length)
        assert_refused(good, length, NPY_SYNTAX);
}

/* -------------------------------------------------------------------- npy_read */

#define DICTIONARY "{'descr':'<f4','fortran_order':True,'shape':(3,2)}" /* 50 bytes */

static void npy_read__each_version_SUCCESS(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        size_t size;
    } files[] = {
        {"\x93NUMPY\x01\x00\x32\x00" DICTIONARY "data", 64},
        {"\x93NUMPY\x02\x00\x32\x00\x00\x00" DICTIONARY "data", 66},
        {"\x93NUMPY\x03\x00\x32\x00\x00\x00" DICTIONARY, 62},
    };
    static const uint64_t offsets[] = {60, 62, 62};
    for (size_t i = 0; i < LENGTH(files); ++i) {
        npy_header header;
        uint64_t offset = 0;

        const int status = read_bytes(files[i].bytes, files[i].size, &header, &offset);

        assert_int_equal(status, NPY_SUCCESS);
        assert_int_equal(offset, offsets[i]);
        assert_int_equal(header.rank, 2);
        assert_true(header.fortran_order);
    }
}

static void assert_unreadable(const char *bytes, size_t size, int expected)
{
    npy_header header;
    uint64_t offset = 77;

    assert_int_equal(read_bytes(bytes, size, &header, &offset), expected);
    assert_int_equal(offset, 77);
}

static void npy_read__other_files_NOT_NPY(void **state)
{
    (void)state;
    assert_unreadable("PK\x03\x04 a zip", 10, NPY_NOT_NPY);
    assert_unreadable("NUMPY\x93\x01\x00", 8, NPY_NOT_NPY);
    assert_unreadable("\0\0\0\0\0\0\0\0\0\0", 10, NPY_NOT_NPY);
}

static void npy_read__other_versions_VERSION(void **state)
{
    (void)state;
    assert_unreadable("\x93NUMPY\x00\x00\x32\x00" DICTIONARY, 60, NPY_VERSION);
    assert_unreadable("\x93NUMPY\x04\x00\x32\x00" DICTIONARY, 60, NPY_VERSION);
    assert_unreadable("\x93NUMPY\x01\x01\x32\x00" DICTIONARY, 60, NPY_VERSION);
    assert_unreadable("\x93NUMPY\xff\xff\x32\x00" DICTIONARY, 60, NPY_VERSION);
}

static void npy_read__every_prefix_TRUNCATED(void **state)
{
    (void)state;
    const char first[] = "\x93NUMPY\x01\x00\x32\x00" DICTIONARY;
    const char third[] = "\x93NUMPY\x03\x00\x32\x00\x00\x00" DICTIONARY;
    for (size_t size = 0; size < sizeof first - 1; ++size)
        assert_unreadable(first, size, NPY_TRUNCATED);
    for (size_t size = 0; size < sizeof third - 1; ++size)
        assert_unreadable(third, size, NPY_TRUNCATED);
}

static void npy_read__huge_header_length_TOO_LONG(void **state)
{
    (void)state;
    assert_unreadable("\x93NUMPY\x02\x00\xff\xff\xff\xff" DICTIONARY, 62, NPY_TOO_LONG);
    assert_unreadable("\x93NUMPY\x03\x00\x00\x00\x01\x00" DICTIONARY, 62, NPY_TOO_LONG);
    assert_unreadable("\x93NUMPY\x01\x00\xff\xff" DICTIONARY, 60, NPY_TRUNCATED);
}

static void npy_read__wrong_header_length_SYNTAX(void **state)
{
    (void)state;
    assert_unreadable("\x93NUMPY\x01\x00\x00\x00" DICTIONARY, 60, NPY_SYNTAX);
    assert_unreadable("\x93NUMPY\x01\x00\x31\x00" DICTIONARY, 60, NPY_SYNTAX);
    assert_unreadable("\x93NUMPY\x01\x00\x36\x00" DICTIONARY "data", 64, NPY_SYNTAX);
}

/* --------------------------------------------------------------- npy_data_size */

static void npy_data_size__fits_SUCCESS(void **state)
{
    (void)state;
    static const struct {
        npy_header header;
        uint64_t size;
    } cases[] = {
        {{.rank = 0}, 4},
        {{.rank = 4, .dims = {1, 96, 55, 55}}, 1161600},
        {{.rank = 2, .dims = {1, INT64_MAX / 4}}, (uint64_t)INT64_MAX / 4 * 4},
        {{.rank = 3, .dims = {INT64_MAX, INT64_MAX, 0}}, 0},
    };
    for (size_t i = 0; i < LENGTH(cases); ++i) {
        uint64_t size = 77;

        assert_int_equal(status_of(npy_data_size(&cases[i].header, 4, "x.npy", &size)),
                         NPY_SUCCESS);
        assert_int_equal(size, cases[i].size);
    }
}

static void npy_data_size__leaves_63_bits_OVERFLOW(void **state)
{
    (void)state;
    static const npy_header headers[] = {
        {.rank = 1, .dims = {INT64_MAX / 4 + 1}},
        {.rank = 2, .dims = {INT64_MAX, INT64_MAX}},
        {.rank = 2, .dims = {INT64_C(1) << 31, INT64_C(1) << 30}},
        {.rank = 4,
         .dims = {INT64_C(1) << 16, INT64_C(1) << 16, INT64_C(1) << 16, INT64_C(1) << 16}},
    };
    for (size_t i = 0; i < LENGTH(headers); ++i) {
        uint64_t size = 77;

        assert_int_equal(status_of(npy_data_size(&headers[i], 4, "x.npy", &size)), NPY_OVERFLOW);
        assert_int_equal(size, 77);
    }
}

/* ------------------------------------------------------------------- npy_write */

static void npy_write__read_again_SUCCESS(void **state)
{
    (void)state;
    npy_header longest = {.descr = "0123456789012345678901234567890", .rank = NPY_MAX_RANK};
    for (int axis = 0; axis < NPY_MAX_RANK; ++axis)
        longest.dims[axis] = INT64_MAX;
    const npy_header headers[] = {
        {.descr = "<f4", .rank = 0},
        {.descr = "<f4", .rank = 1, .dims = {7}},
        {.descr = "<f4", .rank = 2, .dims = {0, 7}, .fortran_order = true},
        longest,
    };
    for (size_t i = 0; i < LENGTH(headers); ++i) {
        npy_header header;
        uint64_t offset = 0;
        FILE *const file = tmpfile();
        assert_non_null(file);

        assert_int_equal(status_of(npy_write(file, "x.npy", &headers[i], &offset)), NPY_SUCCESS);

        assert_int_equal(ftell(file), offset);
        rewind(file);
        assert_int_equal(status_of(npy_read(file, "x.npy", &header, &offset)), NPY_SUCCESS);
        fclose(file);
        assert_int_equal(offset % 64, 0);
        assert_string_equal(header.descr, headers[i].descr);
        assert_int_equal(header.rank, headers[i].rank);
        assert_int_equal(header.fortran_order, headers[i].fortran_order);
        assert_memory_equal(header.dims, headers[i].dims, sizeof header.dims);
    }
}

static void npy_write__no_room_IO(void **state)
{
    (void)state;
    const npy_header header = {.descr = "<f4", .rank = 2, .dims = {2, 2}};
    uint64_t offset = 77;
    FILE *const file = fopen("/dev/full", "wb");
    if (!file)
        skip();
    setvbuf(file, NULL, _IONBF, 0);

    const int status = status_of(npy_write(file, "x.npy", &header, &offset));

    fclose(file);
    assert_int_equal(status, NPY_IO);
    assert_int_equal(offset, 77);
}

/* ------------------------------------------------------------------- elements */

static bool is_little_endian(void)
{
    const uint16_t one = 1;
    return *(const unsigned char *)&one == 1;
}

static void npy_parse_descr__dtypes_true(void **state)
{
    (void)state;
    static const struct {
        const char *descr;
        int32_t dtype;
        bool raw;
    } cases[] = {
        {"<f4", CLLRN_DTYPE_F32, false},     {">f4", CLLRN_DTYPE_F32, false},
        {"=f8", CLLRN_DTYPE_F64, false},     {"f2", CLLRN_DTYPE_F16, false},
        {"|u2", CLLRN_DTYPE_BF16, false},    {">u2", CLLRN_DTYPE_BF16, false},
        {"<V2", CLLRN_DTYPE_BF16, true},     {"|V2", CLLRN_DTYPE_BF16, true},
        {">V2", CLLRN_DTYPE_BF16, true},     {"bfloat16", CLLRN_DTYPE_BF16, true},
        {"e", CLLRN_DTYPE_F16, false},       {"half", CLLRN_DTYPE_F16, false},
        {"float16", CLLRN_DTYPE_F16, false}, {">e", CLLRN_DTYPE_F16, false},
        {"f", CLLRN_DTYPE_F32, false},       {">f", CLLRN_DTYPE_F32, false},
        {"<f", CLLRN_DTYPE_F32, false},      {"=f", CLLRN_DTYPE_F32, false},
        {"|f", CLLRN_DTYPE_F32, false},      {"single", CLLRN_DTYPE_F32, false},
        {"float32", CLLRN_DTYPE_F32, false}, {"d", CLLRN_DTYPE_F64, false},
        {">d", CLLRN_DTYPE_F64, false},      {"double", CLLRN_DTYPE_F64, false},
        {"float64", CLLRN_DTYPE_F64, false}, {"float", CLLRN_DTYPE_F64, false},
        {"H", CLLRN_DTYPE_BF16, false},      {">H", CLLRN_DTYPE_BF16, false},
        {"uint16", CLLRN_DTYPE_BF16, false}, {"ushort", CLLRN_DTYPE_BF16, false},
    };
    for (size_t i = 0; i < LENGTH(cases); ++i) {
        npy_element element;

        assert_true(npy_parse_descr(cases[i].descr, &element));

        assert_int_equal(element.dtype, cases[i].dtype);
        assert_int_equal(element.raw, cases[i].raw);
        assert_int_equal(element.swapped, *cases[i].descr == (is_little_endian() ? '>' : '<'));
    }
}

static void npy_parse_descr__anything_else_false(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "",     "<",      "g",       "<g",           "4",     "<4",       "<<f4",    "<f4 ",
        " f4",  "<f 4",   "f4<",     "f4f",          "<f-4",  "<f+4",     "<f04",    "<f0",
        "<f4.", "<m8[s]", "|O",      "!f4",          "f\xb2", ">float32", "Float32", "float32 ",
        "floa", "ff",     "<f12345", "<f4294967300", "(f4",   "@f4",      "|u1",     "<i4",
        "<U12", "|V9999", ">c16",    "<u4",          "<f1",   "<V4",      "=half",   "<<",
    };
    for (size_t i = 0; i < LENGTH(texts); ++i) {
        npy_element element = {77, true, true};

        assert_false(npy_parse_descr(texts[i], &element));

        assert_int_equal(element.dtype, 77);
    }
}

static void npy_format_descr__parsed_again(void **state)
{
    (void)state;
    static const struct {
        npy_element element;
        const char *code;
    } cases[] = {
        {{CLLRN_DTYPE_F16, false, false}, "f2"}, {{CLLRN_DTYPE_F32, false, false}, "f4"},
        {{CLLRN_DTYPE_F64, false, false}, "f8"}, {{CLLRN_DTYPE_BF16, false, false}, "u2"},
        {{CLLRN_DTYPE_BF16, true, false}, "V2"},
    };
    for (size_t i = 0; i < LENGTH(cases); ++i) {
        for (int swapped = 0; swapped <= 1; ++swapped) {
            npy_element element = cases[i].element, parsed;
            char descr[NPY_MAX_DESCR];
            element.swapped = swapped;

            npy_format_descr(&element, descr);

            assert_int_equal(*descr, is_little_endian() == !swapped ? '<' : '>');
            assert_string_equal(descr + 1, cases[i].code);
            assert_true(npy_parse_descr(descr, &parsed));
            assert_int_equal(parsed.dtype, element.dtype);
            assert_int_equal(parsed.raw, element.raw);
            assert_int_equal(parsed.swapped, swapped);
        }
    }
}

static void npy_swap__each_size(void **state)
{
    (void)state;
    static const struct {
        size_t element_size;
        unsigned char expected[8];
    } cases[] = {
        {1, {1, 2, 3, 4, 5, 6, 7, 8}},
        {2, {2, 1, 4, 3, 6, 5, 8, 7}},
        {4, {4, 3, 2, 1, 8, 7, 6, 5}},
        {8, {8, 7, 6, 5, 4, 3, 2, 1}},
    };
    for (size_t i = 0; i < LENGTH(cases); ++i) {
        unsigned char bytes[8] = {1, 2, 3, 4, 5, 6, 7, 8};

        npy_swap(bytes, 0, cases[i].element_size);
        assert_int_equal(bytes[0], 1);
        npy_swap(bytes, sizeof bytes, cases[i].element_size);

        assert_memory_equal(bytes, cases[i].expected, sizeof bytes);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(npy_parse__as_numpy_writes_it_SUCCESS),
        cmocka_unit_test(npy_parse__other_spellings_SUCCESS),
        cmocka_unit_test(npy_parse__greatest_rank_SUCCESS),
        cmocka_unit_test(npy_parse__one_dim_too_many_SHAPE),
        cmocka_unit_test(npy_parse__no_dictionary_SYNTAX),
        cmocka_unit_test(npy_parse__unbalanced_SYNTAX),
        cmocka_unit_test(npy_parse__malformed_SYNTAX),
        cmocka_unit_test(npy_parse__nul_bytes_SYNTAX),
        cmocka_unit_test(npy_parse__wrong_keys_KEY),
        cmocka_unit_test(npy_parse__structured_DTYPE),
        cmocka_unit_test(npy_parse__dims_out_of_range_SHAPE),
        cmocka_unit_test(npy_parse__every_byte_anywhere_no_crash),
        cmocka_unit_test(npy_parse__every_prefix_refused),
        cmocka_unit_test(npy_read__each_version_SUCCESS),
        cmocka_unit_test(npy_read__other_files_NOT_NPY),
        cmocka_unit_test(npy_read__other_versions_VERSION),
        cmocka_unit_test(npy_read__every_prefix_TRUNCATED),
        cmocka_unit_test(npy_read__huge_header_length_TOO_LONG),
        cmocka_unit_test(npy_read__wrong_header_length_SYNTAX),
        cmocka_unit_test(npy_data_size__fits_SUCCESS),
        cmocka_unit_test(npy_data_size__leaves_63_bits_OVERFLOW),
        cmocka_unit_test(npy_write__read_again_SUCCESS),
        cmocka_unit_test(npy_write__no_room_IO),
        cmocka_unit_test(npy_parse_descr__dtypes_true),
        cmocka_unit_test(npy_parse_descr__anything_else_false),
        cmocka_unit_test(npy_format_descr__parsed_again),
        cmocka_unit_test(npy_swap__each_size),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
