/* SPDX-License-Identifier: Apache-2.0 */
/* cllrn: calls the sub-command. */
#include "command.h"
#include "message.h"
#include "text.h"

#include <cllrn.h>

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const struct {
    const char *name;
    int (*run)(int argc, char **argv);
    const char *help;
} commands[] = {
    {"devices", command_devices, "lists the OpenCL devices and what they can do"},
    {"run", command_run, "normalizes a tensor file, or computes the gradient"},
    {"join", command_join, "joins the parts of a result that 'cllrn run --part' computed"},
    {"verify", command_verify, "qualifies a device: bits, accuracy, digests"},
    {"bench", command_bench, "measures a device: time, bandwidth next to copies, launch, build"},
    {"compile", command_compile,
     "builds a device's programs ahead of time, into a binary pack, or writes the kernels for an "
     "offline compiler"},
    {"pack", command_pack, "lists a binary pack, or adds a vendor's binary"},
};

enum { COMMANDS = sizeof commands / sizeof commands[0] };

#define EXPECTED "devices, run, join, verify, bench, compile or pack"

/*
 * Opens /dev/null for each standard stream that the parent process has closed, in the
 * wrong direction, so that using the stream is still an error. Otherwise a file or
 * socket would get descriptor 0, 1 or 2, and with it what we or a driver print.
 */
static bool open_streams(void)
{
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; ++fd)
        if (fcntl(fd, F_GETFD) < 0 &&
            open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY) != fd)
            return false;
    return true;
}

static int print_version(void)
{
    printf("cllrn %s, arithmetic %u\n", cllrn_version(), (unsigned)cllrn_arithmetic_version());
    return message_finish_stdout();
}

static int print_help(void)
{
    printf("usage: cllrn COMMAND [options] [arguments]\n"
           "       cllrn --help | --version\n"
           "\n"
           "Local Response Normalization on any OpenCL device.\n"
           "\n");
    for (size_t i = 0; i < COMMANDS; ++i) {
        char label[16];
        snprintf(label, sizeof label, "  %s", commands[i].name);
        text_fold(stdout, 11, label, "%s", commands[i].help);
    }
    printf("\n"
           "'cllrn COMMAND --help' explains a command.\n"
           "Exit status: 0 done, 1 failed, 2 wrong usage.\n");
    return message_finish_stdout();
}

int main(int argc, char **argv)
{
    if (!open_streams())
        return EXIT_FAILED; /* without a message: stderr may be closed */
    if (argc < 2)
        return message_usage("no command, expected " EXPECTED);
    for (size_t i = 0; i < COMMANDS; ++i) {
        if (strcmp(argv[1], commands[i].name) == 0) {
            message_set_command(commands[i].name);
            return commands[i].run(argc - 1, argv + 1);
        }
    }
    const bool help_wanted = strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0;
    const bool version_wanted = strcmp(argv[1], "--version") == 0;
    if (!help_wanted && !version_wanted)
        return message_usage("unknown command '%s', expected " EXPECTED, argv[1]);
    if (argc > 2)
        return message_usage("%s takes no arguments, but '%s' follows", argv[1], argv[2]);
    return help_wanted ? print_help() : print_version();
}
