/* SPDX-License-Identifier: Apache-2.0 */
/*
 * For LD_PRELOAD: each pwrite takes 3 seconds in which its thread runs no signal handler, as where a
 * disk is slow. vfork makes the kernel hold the thread until the child ends.
 */
#define _GNU_SOURCE
#include <signal.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

ssize_t pwrite64(int fd, const void *data, size_t size, off64_t offset)
{
    const pid_t child = vfork();
    if (child == 0) {
        sigset_t all;
        sigfillset(&all);
        sigprocmask(SIG_SETMASK, &all, NULL); /* the job's signals are not the child's */
        nanosleep(&(struct timespec){3, 0}, NULL);
        _exit(0);
    }
    return syscall(SYS_pwrite64, fd, data, size, offset);
}

ssize_t pwrite(int fd, const void *data, size_t size, off_t offset)
{
    return pwrite64(fd, data, size, offset);
}
