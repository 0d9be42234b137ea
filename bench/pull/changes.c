// SPDX-License-Identifier: Apache-2.0
// changes SOCKET EXPORT BITMAP BYTES: reads what a dirty bitmap of an NBD export marks, as fast as libnbd can with 16
// requests in flight, and throws it away. Fails where that were not as many bytes as said: then something else was read.
#include <inttypes.h>
#include <libnbd.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define IN_FLIGHT 16
#define REQUEST ((uint64_t) 1 << 20)
#define DIRTY 1

struct extent {
    uint64_t at, length;
};

static const char *bitmap;
static struct extent *extents;
static size_t extent_count;
static uint64_t known; // up to here

static void die(void)
{
    fprintf(stderr, "changes: %s\n", nbd_get_error());
    exit(1);
}

static int note(void *user, const char *context, uint64_t at, uint32_t *entries, size_t count, int *error)
{
    (void) user;
    (void) error;
    if (strcmp(context, bitmap) != 0) {
        return 0;
    }
    for (size_t i = 0; i < count; i += 2) {
        if (entries[i + 1] & DIRTY) {
            extents = realloc(extents, (extent_count + 1) * sizeof *extents);
            if (!extents) {
                abort();
            }
            extents[extent_count++] = (struct extent) {at, entries[i]};
        }
        at += entries[i];
    }
    known = at;
    return 0;
}

static int failed;

static int done(void *user, int *error)
{
    *(bool *) user = false;
    failed |= *error;
    return 1; // retires the command
}

int main(int argc, char **argv)
{
    if (argc != 5) {
        fprintf(stderr, "usage: changes SOCKET EXPORT BITMAP BYTES\n");
        return 2;
    }
    bitmap = argv[3];
    struct nbd_handle *nbd = nbd_create();
    if (!nbd || nbd_set_export_name(nbd, argv[2]) < 0 || nbd_add_meta_context(nbd, bitmap) < 0
            || nbd_connect_unix(nbd, argv[1]) < 0) {
        die();
    }
    int64_t size = nbd_get_size(nbd);
    while (known < (uint64_t) size) {
        uint64_t rest = size - known, before = known;
        uint64_t length = rest < ((uint64_t) 1 << 31) ? rest : (uint64_t) 1 << 31;
        if (nbd_block_status(nbd, length, known, (nbd_extent_callback) {.callback = note}, 0) < 0) {
            die();
        }
        if (known == before) {
            fprintf(stderr, "changes: the export has no %s\n", bitmap);
            return 1;
        }
    }

    static char buffers[IN_FLIGHT][REQUEST];
    static bool busy[IN_FLIGHT];
    uint64_t total = 0, within = 0;
    size_t next = 0;
    bool waiting = true;
    while (waiting) {
        waiting = false;
        for (int i = 0; i < IN_FLIGHT; i++) {
            if (!busy[i] && next < extent_count) {
                struct extent e = extents[next];
                uint64_t length = e.length - within < REQUEST ? e.length - within : REQUEST;
                busy[i] = true;
                if (nbd_aio_pread(nbd, buffers[i], length, e.at + within,
                                  (nbd_completion_callback) {.callback = done, .user_data = &busy[i]}, 0) < 0) {
                    die();
                }
                total += length;
                within += length;
                if (within == e.length) {
                    within = 0;
                    next++;
                }
            }
            waiting |= busy[i];
        }
        if (waiting && nbd_poll(nbd, -1) < 0) {
            die();
        }
    }
    if (failed) {
        fprintf(stderr, "changes: a read failed: %s\n", strerror(failed));
        return 1;
    }
    if (total != strtoull(argv[4], NULL, 10)) {
        fprintf(stderr, "changes: %" PRIu64 " bytes are marked, not %s\n", total, argv[4]);
        return 1;
    }
    nbd_shutdown(nbd, 0);
    nbd_close(nbd);
    return 0;
}
