/* SPDX-License-Identifier: Apache-2.0 */
#include "machine.h"

#include "printable.h"

#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>

date_text machine_date(void)
{
    date_text date = {""};
    struct tm utc;
    const time_t now = time(NULL);
    if (gmtime_r(&now, &utc))
        strftime(date.chars, sizeof date.chars, "%Y-%m-%dT%H:%M:%SZ", &utc);
    return date;
}

/* Finds the first line with a key, and gets what follows the separator, without quotes. */
static void read_line(const char *path, const char *key, char separator, char *value, size_t size)
{
    char line[256];
    FILE *const file = fopen(path, "r");
    while (file && fgets(line, sizeof line, file)) {
        const char *at = strchr(line, separator);
        if (strncmp(line, key, strlen(key)) != 0 || !at)
            continue;
        at += 1 + strspn(at + 1, " \t\"");
        snprintf(value, size, "%.*s", (int)strcspn(at, "\"\n"), at);
        break;
    }
    if (file)
        fclose(file);
    printable_line(value);
}

void machine_architecture(char *name, size_t size)
{
    struct utsname system;
    snprintf(name, size, "%s", uname(&system) >= 0 ? system.machine : "");
    printable_line(name);
}

void machine_processor(char *name, size_t size)
{
    machine_architecture(name, size);
    read_line("/proc/cpuinfo", "model name", ':', name, size);
}

void machine_system(char *name, size_t size)
{
    struct utsname system;
    char distribution[128] = "";
    read_line("/etc/os-release", "PRETTY_NAME=", '=', distribution, sizeof distribution);
    const char *const separator = *distribution ? ", " : "";
    if (uname(&system) >= 0)
        snprintf(name, size, "%s%s%s %s", distribution, separator, system.sysname, system.release);
    else
        snprintf(name, size, "%s", distribution);
    printable_line(name);
}
