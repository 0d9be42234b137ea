// SPDX-License-Identifier: Apache-2.0
// The same load as RpcBench, through libvirt.so: DomainGetInfo over and over on one connection.
// Prints: MODE CALLS_PER_SECOND MICROSECONDS_PER_CALL CLIENT_CPU_MICROSECONDS_PER_CALL
#include <libvirt/libvirt.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

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
    pthread_t ids[64];
    static long calls[64][16];
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
    const char *mode = argv[2];
    const char *colon = strchr(mode, ':');
    int threads = colon ? atoi(colon + 1) : 1;
    double seconds = atof(argv[3]);
    virConnectPtr connection = virConnectOpen(argv[1]);
    if (argc != 4 || !connection || !(domain = virDomainLookupByName(connection, "test")))
        return 1;
    load(threads, seconds / 2);
    double cpu0 = cpu(), start = now();
    long calls = load(threads, seconds);
    double elapsed = now() - start;
    printf("%s %.0f %.1f %.1f\n", mode, calls / elapsed, elapsed * 1e6 / calls, (cpu() - cpu0) * 1e6 / calls);
    virDomainFree(domain);
    virConnectClose(connection);
    return 0;
}
