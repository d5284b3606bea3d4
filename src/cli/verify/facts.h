/* SPDX-License-Identifier: Apache-2.0 */
/* What a report says of a run beside its results: the library, the device, the machine. */
#ifndef CLI_FACTS_H
#define CLI_FACTS_H

#include "session.h"
#include "sha256.h"

/* Fields of the template of OpenCL-CTS's submission_details.txt, and a few more. */
typedef enum fact {
    FACT_OPENCL_VERSION,
    FACT_PRODUCT,
    FACT_CPU,
    FACT_SYSTEM,
    FACT_TYPE,
    FACT_NAME,
    FACT_VENDOR, /* not in the template */
    FACT_VERSION,
    FACT_DRIVER,
    FACT_C_VERSION,
    FACT_PROFILE,         /* not in the template */
    FACT_PLATFORM_NAME,   /* not in the template */
    FACT_PLATFORM_VENDOR, /* not in the template */
    FACT_PLATFORM_PROFILE,
    FACT_PLATFORM_VERSION,
    FACT_TESTS,
    FACT_COMPUTE_UNITS,
    FACT_MAX_ALLOCATION,
    FACT_IMAGES,
    FACT_GLOBAL_MEMORY,
    FACT_CONSTANT_MEMORY,
    FACT_LOCAL_MEMORY,
    FACT_EXTENSIONS, /* between spaces; some devices have many */
    FACT_COUNT
} fact;

/* As the template writes them; the names of CL_DEVICE_... are the queries. */
extern const char *const fact_names[FACT_COUNT];

enum { FACT_SIZE = 256, FACT_EXTENSIONS_SIZE = 16384 };

typedef struct facts {
    char version[32]; /* of the library */
    int64_t arithmetic;
    char kernels[32];    /* "" for the host */
    char date[32];       /* of the end of the run */
    sha256_text command; /* of the file of the command; "" where it cannot be read */
    char without[FACT_SIZE];
    char programs_from[24]; /* "compiler", "cache or compiler", "pack" or "host build" */
    int64_t programs;
    bool fp64, nearest, inf_nan;
    char texts[FACT_EXTENSIONS][FACT_SIZE];
    char extensions[FACT_EXTENSIONS_SIZE];
} facts;

/* Gets the facts of an open session. */
void facts_get(facts *f, const session *on);

/* Sets what is known at the end: the date, the programs, the file of the command. */
void facts_finish(facts *f, const session *on);

const char *fact_text(const facts *f, fact which);

/* The room of a fact's text; NULL and 0 for no fact. */
char *fact_room(facts *f, fact which, size_t *size);

/* Whether it is an OpenCL device, not the host. */
bool facts_are_of_opencl(const facts *f);

#endif
