/* SPDX-License-Identifier: Apache-2.0 */
/* A bar chart as inline SVG. The page has the styles. */
#ifndef CLI_CHART_H
#define CLI_CHART_H

#include <stdio.h>

typedef struct chart_bar {
    char label[64];
    double value, limit;
    char value_at[64], limit_at[64]; /* where the JSON has them, as JSON pointers */
} chart_bar;

/* Draws each value as a bar, and its limit as a line across. The title is for all readers. */
void chart_write(FILE *file, const char *title, const chart_bar *bars, int count);

/* Writes a number as JSON does, in an element that tells where the JSON has it. */
void chart_number(FILE *file, const char *element, const char *where, double number);

#endif
