/* SPDX-License-Identifier: Apache-2.0 */
#include "message.h"

#include "printable.h"

#include <errno.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const char *program_name = "cllrn";
static const char *command_name = "";
static atomic_bool only_first;
static atomic_bool printed; /* since only_first was set */

void message_set_program(const char *program)
{
    program_name = program;
}

void message_set_command(const char *command)
{
    command_name = command;
}

void message_progress(const char *text)
{
    static atomic_bool shown; /* a thread that fails erases another's line */
    if (!isatty(STDERR_FILENO) || (!*text && !shown))
        return;
    shown = *text != '\0';
    fprintf(stderr, "\r%-60.60s%s", text, shown ? "" : "\r");
    fflush(stderr);
}

void message_only_first(bool only)
{
    atomic_store(&printed, false);
    atomic_store(&only_first, only);
}

static void print_line(const char *format, va_list arguments, const char *hint)
{
    char text[8192]; /* two paths of PATH_MAX fit */
    if (atomic_exchange(&printed, true) && atomic_load(&only_first))
        return;
    vsnprintf(text, sizeof text, format, arguments);
    printable_line(text);
    message_progress("");
    fprintf(stderr, "%s: %s%s%s", program_name, command_name, *command_name ? ": " : "", text);
    if (hint)
        fprintf(stderr, " (see '%s %s%s%s')", program_name, command_name, *command_name ? " " : "",
                hint);
    fputc('\n', stderr);
}

bool message_fail(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    print_line(format, arguments, NULL);
    va_end(arguments);
    return false;
}

const char *message_of_library(cllrn_status status, const cllrn_error *error)
{
    static const char *const operations[] = {
        "plan create: ", "plan: ",   "engine create: ", "engine export: ", "engine build: ",
        "pack add: ",    "params: ", "pack: ",          "tensor init: "};
    const char *const text = error->message;
    for (size_t i = 0; i < sizeof operations / sizeof operations[0]; ++i)
        if (strncmp(text, operations[i], strlen(operations[i])) == 0)
            return text + strlen(operations[i]);
    return *text ? text : cllrn_status_string(status);
}

bool message_check(cllrn_status status, const cllrn_error *error)
{
    return status == CLLRN_SUCCESS || message_fail("%s", message_of_library(status, error));
}

bool message_check_opencl(cl_int error, const char *call, const char *object)
{
    return error == CL_SUCCESS || message_fail("%s failed on %s: %s (%d)", call, object,
                                               cllrn_opencl_error_string(error), (int)error);
}

int message_usage(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    print_line(format, arguments, "--help");
    va_end(arguments);
    return EXIT_USAGE;
}

int message_finish_stdout(void)
{
    errno = 0;
    if (fflush(stdout) == 0 && !ferror(stdout))
        return EXIT_DONE;
    message_fail("standard output cannot be written: %s", strerror(errno ? errno : EIO));
    return EXIT_FAILED;
}
