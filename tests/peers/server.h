/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A library that cannot be in the process of the others is served by a process of its own,
 * which speaks lines by its standard input and output:
 *
 *     its first line          the name and version of the library
 *     "prepare PROBLEM"       with x and, backward, dy after the line; answers "ready VARIANT",
 *                             or "none" where the library does not have the problem
 *     "run"                   answers the nanoseconds that a complete call took
 *     "result"                answers y or dx of the last run
 *     "done"                  releases the problem; no answer
 *
 * A problem is written as problem::text() does, tensors as float32 of this machine in logical
 * NCHW order. One problem is prepared at a time. The process ends with its input, and with
 * an error message when something fails. server.py is the same for Python.
 */
#ifndef PEERS_SERVER_H
#define PEERS_SERVER_H

#include "implementation.h"

namespace peers
{

/* Serves what make() gives, and returns the exit status. Whatever else is printed to standard
   output goes to standard error. */
int serve(std::unique_ptr<implementation> (*make)());

} // namespace peers

#endif
