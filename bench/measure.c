// SPDX-License-Identifier: Apache-2.0
// measure FILE COMMAND...: runs a command, writes to the file its wall time and CPU time in milliseconds and its peak
// resident memory in MiB, and exits as it did. CPU and memory are those of the process and of all that it waited for.
// In C, because what a command is started from counts towards its peak, and this is small.
#include <stdio.h>
#include <stdlib.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double milliseconds(struct timespec t)
{
    return t.tv_sec * 1e3 + t.tv_nsec / 1e6;
}

static double cpu(struct timeval t)
{
    return t.tv_sec * 1e3 + t.tv_usec / 1e3;
}

int main(int argc, char **argv)
{
    if (argc < 3) {
        fprintf(stderr, "usage: measure FILE COMMAND...\n");
        return 2;
    }
    struct timespec start, end;
    clock_gettime(CLOCK_MONOTONIC, &start);
    pid_t pid = fork();
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGTERM);
        execvp(argv[2], argv + 2);
        perror(argv[2]);
        _exit(127);
    }
    int status;
    struct rusage use;
    if (pid < 0 || wait4(pid, &status, 0, &use) < 0) {
        perror("measure");
        return 126;
    }
    clock_gettime(CLOCK_MONOTONIC, &end);
    FILE *file = fopen(argv[1], "w");
    if (!file) {
        perror(argv[1]);
        return 126;
    }
    fprintf(file, "%.2f %.2f %.1f\n", milliseconds(end) - milliseconds(start), cpu(use.ru_utime) + cpu(use.ru_stime),
            use.ru_maxrss / 1024.0);
    if (fclose(file) != 0) {
        perror(argv[1]);
        return 126;
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
