/* SPDX-License-Identifier: Apache-2.0 */
#include "chart.h"

#include "markup.h"

#include <math.h>

enum { WIDTH = 760, LEFT = 215, RIGHT = 590, ROW = 28, BAR = 16, TOP = 8 };

void chart_number(FILE *file, const char *element, const char *where, double number)
{
    fprintf(file, "<%s data-json=\"%s\">", element, where);
    if (isfinite(number))
        fprintf(file, "%.6g", number);
    else
        fputs("null", file);
    fprintf(file, "</%s>", element);
}

static double most_of(const chart_bar *bars, int count)
{
    double most = 0;
    for (int i = 0; i < count; ++i) {
        most = isfinite(bars[i].value) ? fmax(most, bars[i].value) : most;
        most = isfinite(bars[i].limit) ? fmax(most, bars[i].limit) : most;
    }
    return most > 0 ? most : 1;
}

/* The x coordinate of a value; one that is not finite reaches the end. */
static double x_of(double value, double most)
{
    return LEFT + (RIGHT - LEFT) * (isfinite(value) ? value / most : 1);
}

static void write_bar(FILE *file, const chart_bar *bar, int y, double most)
{
    const double end = x_of(bar->value, most), limit = x_of(bar->limit, most);
    fprintf(file, "<text class=\"label\" x=\"%d\" y=\"%d\">", LEFT - 10, y + 13);
    markup_text(file, bar->label);
    fprintf(file,
            "</text>\n<rect class=\"room\" x=\"%d\" y=\"%d\" width=\"%.1f\" height=\"%d\"/>"
            "<rect class=\"bar\" x=\"%d\" y=\"%d\" width=\"%.1f\" height=\"%d\"/>"
            "<line class=\"limit\" x1=\"%.1f\" x2=\"%.1f\" y1=\"%d\" y2=\"%d\"/>\n"
            "<text x=\"%d\" y=\"%d\">",
            LEFT, y, limit - LEFT, BAR, LEFT, y, end - LEFT, BAR, limit, limit, y - 3, y + BAR + 3,
            RIGHT + 14, y + 13);
    chart_number(file, "tspan", bar->value_at, bar->value);
    fputs(" of ", file);
    chart_number(file, "tspan", bar->limit_at, bar->limit);
    fputs("</text>\n", file);
}

void chart_write(FILE *file, const char *title, const chart_bar *bars, int count)
{
    const double most = most_of(bars, count);
    fprintf(file, "<svg role=\"img\" viewBox=\"0 0 %d %d\"><title>", WIDTH, 2 * TOP + ROW * count);
    markup_text(file, title);
    fputs("</title>\n", file);
    for (int i = 0; i < count; ++i)
        write_bar(file, &bars[i], TOP + ROW * i + (ROW - BAR) / 2, most);
    fputs("</svg>\n", file);
}
