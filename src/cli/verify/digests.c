/* SPDX-License-Identifier: Apache-2.0 */
#include "digests.h"

#include "expected_digests.h"
#include "message.h"
#include "output.h"
#include "case_buffers.h"

#include <inttypes.h>

bool digests_are_current(void)
{
    return EXPECTED_DIGESTS_ARITHMETIC == cllrn_arithmetic_version() &&
           EXPECTED_DIGESTS_COUNT == cases_count();
}

bool digests_find(int number, uint64_t *digest)
{
    if (!digests_are_current())
        return false;
    *digest = expected_digests[number];
    return true;
}

static bool digest_of(int number, uint64_t *digest)
{
    const verify_case c = cases_get(number);
    case_buffers s;
    const bool made =
        case_buffers_make(&c, ALIAS_NONE, &s) && case_buffers_digest(&s, s.expected, 0, digest);
    case_buffers_free(&s);
    return made;
}

static bool write_all(FILE *file)
{
    const int count = cases_count();
    fprintf(
        file,
        "/* SPDX-License" "-Identifier: Apache-2.0 */\n"
        "/*\n"
        " * Generated: cllrn verify --write-digests FILE. The digests of the cases' results by\n"
        " * the host build, in the order of their numbers.\n"
        " */\n"
        "#ifndef CLI_EXPECTED_DIGESTS_H\n"
        "#define CLI_EXPECTED_DIGESTS_H\n\n"
        "#include <stdint.h>\n\n"
        "enum { EXPECTED_DIGESTS_ARITHMETIC = %u, EXPECTED_DIGESTS_COUNT = %d };\n\n"
        "/* clang-format off */\n"
        "static const uint64_t expected_digests[EXPECTED_DIGESTS_COUNT] = {\n",
        (unsigned)cllrn_arithmetic_version(), count);
    for (int number = 0; number < count; ++number) {
        uint64_t digest = 0;
        if (!digest_of(number, &digest))
            return false;
        fprintf(file, "%sUINT64_C(0x%016" PRIx64 "),%s", number % 3 == 0 ? "    " : " ", digest,
                number % 3 == 2 || number == count - 1 ? "\n" : "");
    }
    fprintf(file, "};\n\n#endif\n");
    return true;
}

bool digests_write(const char *path)
{
    output out = {0};
    const bool written = output_open(&out, path) && write_all(out.file) && output_commit(&out);
    output_discard(&out);
    return written;
}
