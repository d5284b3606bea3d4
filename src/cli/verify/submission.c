/* SPDX-License-Identifier: Apache-2.0 */
#include "submission.h"

#include <inttypes.h>
#include <string.h>

void submission_write(const facts *f, FILE *file)
{
    fprintf(file,
            "# What clLRN was verified on, in the fields of OpenCL-CTS's submission_details.txt.\n"
            "# Contacts and the dates of the process are left to who submits.\n\n"
            "Library: clLRN %s\n"
            "Arithmetic version: %" PRId64 "\n"
            "Kernel hash: %s\n"
            "Date: %s\n\n",
            f->version, f->arithmetic, *f->kernels ? f->kernels : "none: the host build", f->date);
    for (int i = 0; i < FACT_EXTENSIONS; ++i)
        fprintf(file, "%s: %s\n", fact_names[i], f->texts[i]);
    fprintf(file, "\n# Extensions\n");
    for (const char *at = f->extensions; *at; at += strspn(at, " ")) {
        const int length = (int)strcspn(at, " ");
        fprintf(file, "%.*s\n", length, at);
        at += length;
    }
}
