/* SPDX-License-Identifier: Apache-2.0 */
/* The machine that the command runs on, for its reports. Texts are one line, cut to fit. */
#ifndef CLI_MACHINE_H
#define CLI_MACHINE_H

#include <stddef.h>

/* UTC, "2026-01-31T23:59:59Z". */
typedef struct date_text {
    char chars[32];
} date_text;
date_text machine_date(void);

/* The processor's model on Linux, elsewhere its architecture. */
void machine_processor(char *name, size_t size);

/* The architecture, "x86_64". */
void machine_architecture(char *name, size_t size);

/* The distribution, where /etc/os-release has it, and the kernel with its version. */
void machine_system(char *name, size_t size);

#endif
