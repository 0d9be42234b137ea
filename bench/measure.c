// SPDX-License-Identifier: Apache-2.0
// measure FILE COMMAND...: runs a command, writes to the file its wall time and CPU time in milliseconds, its peak
// resident memory in MiB, and how many MiB it read and wrote by system calls, and exits as it did. All of it is that of
// the process and of all that it waited for.
// In C, because what a command is started from counts towards its peak, and this is small.
#include <stdio.h>
#include <stdlib.h>
#include <signal.h>
#include <string.h>
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

// What a process has read and written is added to its parent's when that has waited for it.
static void bytes(double *read, double *written)
{
    FILE *file = fopen("/proc/self/io", "r");
    char name[64];
    unsigned long long value;
    while (file && fscanf(file, "%63[^:]: %llu\n", name, &value) == 2) {
        if (strcmp(name, "rchar") == 0)
            *read = value / 1048576.0;
        else if (strcmp(name, "wchar") == 0)
            *written = value / 1048576.0;
    }
    if (file)
        fclose(file);
}

int main(int argc, char **argv)
{
    if (argc < 3) {
        fprintf(stderr, "usage: measure FILE COMMAND...\n");
        return 2;
    }
    struct timespec start, end;
    double read_before = 0, written_before = 0, read = 0, written = 0;
    bytes(&read_before, &written_before);
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
    bytes(&read, &written);
    FILE *file = fopen(argv[1], "w");
    if (!file) {
        perror(argv[1]);
        return 126;
    }
    fprintf(file, "%.2f %.2f %.1f %.1f %.1f\n", milliseconds(end) - milliseconds(start),
            cpu(use.ru_utime) + cpu(use.ru_stime), use.ru_maxrss / 1024.0, read - read_before,
            written - written_before);
    if (fclose(file) != 0) {
        perror(argv[1]);
        return 126;
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
