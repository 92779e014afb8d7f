// What runs in the guests of `bench -- io`: reads and writes a disk for a while each way and prints a line `NAME BYTES SECONDS` of it.
// Usage: io-guest DISK MEGABYTES NAME, where NAME is what lines begin with. The disk's whole size is gone through.
//   first-write     in order through the page cache, to the last fsync; the first time anything is written there
//   cached-write    the same once more
//   cached-read     in order through the page cache, which holds nothing at the beginning
//   write, read     in order, O_DIRECT, 1 MiB at a time
//   random-write, random-read   4 KiB anywhere, O_DIRECT, DEPTH at a time
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/aio_abi.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum { MIB = 1 << 20, BLOCK = 4096, DEPTH = 16 };

/* What is not one pass over the disk goes on for so long. */
static const double SECONDS = 1.0;

static const char *disk, *prefix;
static int64_t size;

static void fail(const char *what) {
    fprintf(stderr, "io-guest: %s: %s\n", what, strerror(errno));
    exit(1);
}

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec + time.tv_nsec / 1e9;
}

static void tell(const char *what, int64_t bytes, double since) {
    printf("%s-%s %lld %.6f\n", prefix, what, (long long)bytes, now() - since);
    fflush(stdout);
}

static int opened(int flags) {
    int file = open(disk, O_RDWR | flags);
    if (file < 0) fail(disk);
    return file;
}

static void drop_caches(void) {
    int file = open("/proc/sys/vm/drop_caches", O_WRONLY);
    if (file < 0 || write(file, "3", 1) != 1) fail("drop_caches");
    close(file);
}

/* 1 MiB at a time, from the beginning to the end; over and over until `seconds` have passed, at least once. */
static void in_order(const char *what, char *buffer, int flags, int writes, double seconds) {
    int file = opened(flags);
    int64_t bytes = 0;
    double since = now();
    do {
        for (int64_t at = 0; at < size; at += MIB, bytes += MIB) {
            ssize_t moved = writes ? pwrite(file, buffer, MIB, at) : pread(file, buffer, MIB, at);
            if (moved != MIB) fail(what);
        }
    } while (now() - since < seconds);
    if (writes && fsync(file) < 0) fail("fsync");
    tell(what, bytes, since);
    close(file);
}

static uint64_t random64(void) {
    static uint64_t state = 88172645463325252u;
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state;
}

static void submit(aio_context_t context, struct iocb *request) {
    request->aio_offset = (int64_t)(random64() % (uint64_t)(size / BLOCK)) * BLOCK;
    if (syscall(SYS_io_submit, context, 1L, &request) != 1) fail("io_submit");
}

static void anywhere(const char *what, char *buffer, int writes) {
    int file = opened(O_DIRECT);
    aio_context_t context = 0;
    struct iocb requests[DEPTH] = {{0}};
    struct io_event events[DEPTH];
    int64_t bytes = 0;
    if (syscall(SYS_io_setup, (long)DEPTH, &context) < 0) fail("io_setup");
    double since = now();
    for (int i = 0; i < DEPTH; i++) {
        requests[i].aio_fildes = (uint32_t)file;
        requests[i].aio_lio_opcode = writes ? IOCB_CMD_PWRITE : IOCB_CMD_PREAD;
        requests[i].aio_buf = (uint64_t)(uintptr_t)(buffer + i * BLOCK);
        requests[i].aio_nbytes = BLOCK;
        submit(context, &requests[i]);
    }
    for (int left = DEPTH; left > 0;) {
        long done = syscall(SYS_io_getevents, context, 1L, (long)DEPTH, events, NULL);
        if (done < 0) fail("io_getevents");
        int more = now() - since < SECONDS;
        for (long i = 0; i < done; i++, bytes += BLOCK) {
            if (events[i].res != BLOCK) fail(what);
            if (more) submit(context, (struct iocb *)(uintptr_t)events[i].obj);
            else left--;
        }
    }
    tell(what, bytes, since);
    syscall(SYS_io_destroy, context);
    close(file);
}

int main(int count, char **words) {
    if (count != 4) return 2;
    disk = words[1];
    size = (int64_t)atoi(words[2]) * MIB;
    prefix = words[3];
    char *buffer = aligned_alloc(BLOCK, MIB);
    if (!buffer) fail("memory");
    memset(buffer, 0x5a, MIB);
    in_order("first-write", buffer, 0, 1, 0);
    drop_caches();
    in_order("cached-write", buffer, 0, 1, 0);
    drop_caches();
    in_order("cached-read", buffer, 0, 0, 0);
    drop_caches();
    in_order("write", buffer, O_DIRECT, 1, SECONDS);
    in_order("read", buffer, O_DIRECT, 0, SECONDS);
    anywhere("random-write", buffer, 1);
    anywhere("random-read", buffer, 0);
    return 0;
}
