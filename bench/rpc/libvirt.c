// SPDX-License-Identifier: Apache-2.0
// The same load as the others of this comparison, through libvirt.so: DomainGetInfo over and over on one connection.
//   libvirt URI blocking:N WARM-UP-SECONDS SECONDS
// Prints: microseconds from a call to its answer, calls a second, microseconds of this process's CPU a call.
#include <libvirt/libvirt.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#define MOST_THREADS 64

static virDomainPtr domain;
static double end;

static double now(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return ts.tv_sec + ts.tv_nsec / 1e9;
}

static double cpu(void)
{
    struct rusage use;
    getrusage(RUSAGE_SELF, &use);
    return use.ru_utime.tv_sec + use.ru_stime.tv_sec + (use.ru_utime.tv_usec + use.ru_stime.tv_usec) / 1e6;
}

static void *caller(void *calls)
{
    virDomainInfo info;
    while (now() < end) {
        if (virDomainGetInfo(domain, &info) < 0)
            exit(1);
        ++*(long *)calls;
    }
    return NULL;
}

static long load(int threads, double seconds)
{
    pthread_t ids[MOST_THREADS];
    static long calls[MOST_THREADS][16]; // a cache line and more between them
    long sum = 0;
    memset(calls, 0, sizeof calls);
    end = now() + seconds;
    for (int i = 0; i < threads; i++)
        pthread_create(&ids[i], NULL, caller, calls[i]);
    for (int i = 0; i < threads; i++) {
        pthread_join(ids[i], NULL);
        sum += calls[i][0];
    }
    return sum;
}

int main(int argc, char **argv)
{
    if (argc != 5 || strncmp(argv[2], "blocking:", 9) != 0) {
        fprintf(stderr, "usage: libvirt URI blocking:N WARM-UP-SECONDS SECONDS\n");
        return 2;
    }
    int threads = atoi(argv[2] + 9);
    virConnectPtr connection = virConnectOpen(argv[1]);
    if (threads < 1 || threads > MOST_THREADS || !connection || !(domain = virDomainLookupByName(connection, "test")))
        return 1;
    load(threads, atof(argv[3]));
    double cpu0 = cpu(), start = now();
    long calls = load(threads, atof(argv[4]));
    double elapsed = now() - start;
    printf("%.1f %.0f %.1f\n", threads * elapsed * 1e6 / calls, calls / elapsed, (cpu() - cpu0) * 1e6 / calls);
    virDomainFree(domain);
    virConnectClose(connection);
    return 0;
}
