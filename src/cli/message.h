/* SPDX-License-Identifier: Apache-2.0 */
/* Messages on stderr, and the exit status. */
#ifndef CLI_MESSAGE_H
#define CLI_MESSAGE_H

#include <cllrn.h>
#include <stdbool.h>

enum { EXIT_DONE = 0, EXIT_FAILED = 1, EXIT_USAGE = 2 };

/* Sets the program that messages begin with, by default cllrn; keeps the pointer. */
void message_set_program(const char *program);

/* Sets the sub-command that follows the program in messages; keeps the pointer. */
void message_set_command(const char *command);

/*
 * Prints the line "cllrn: run: ...". Replaces control characters, so that a file name
 * cannot add lines. Returns false, for `return message_fail(...)`.
 */
__attribute__((format(printf, 1, 2))) bool message_fail(const char *format, ...);

/*
 * Until it is called with false, only the first message is printed: what one thread fails with,
 * others may fail with too.
 */
void message_only_first(bool only);

/*
 * The library's error message without the operation in front, since the user of a
 * command called no such function; the status's name where the message is empty.
 */
const char *message_of_library(cllrn_status status, const cllrn_error *error);

/* True for success; else false after printing the library's message. */
bool message_check(cllrn_status status, const cllrn_error *error);

/* True for CL_SUCCESS; else false after the message "CALL failed on OBJECT: CL_NAME (-5)". */
bool message_check_opencl(cl_int error, const char *call, const char *object);

/* As message_fail, but also says which --help to read; returns EXIT_USAGE. */
__attribute__((format(printf, 1, 2))) int message_usage(const char *format, ...);

/* Shows one line on stderr, replacing the last one, if stderr is a terminal. "" erases the line. */
void message_progress(const char *text);

/* Flushes stdout. EXIT_DONE, or EXIT_FAILED after a message where writing to stdout failed. */
int message_finish_stdout(void);

#endif
