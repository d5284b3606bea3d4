/* SPDX-License-Identifier: Apache-2.0 */
/* The sub-commands. Each takes its argv, beginning with its name, and returns the exit status. */
#ifndef CLI_COMMAND_H
#define CLI_COMMAND_H

int command_bench(int argc, char **argv);
int command_compile(int argc, char **argv);
int command_devices(int argc, char **argv);
int command_join(int argc, char **argv);
int command_pack(int argc, char **argv);
int command_run(int argc, char **argv);
int command_verify(int argc, char **argv);

#endif
