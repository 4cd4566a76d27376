/*
 * Faults for the journal of a process that knows nothing of it: preloaded, it counts what is written to and synced on
 * descriptors of files called journal.jsonl, and does as HANDOVER_FAULT says at the Nth:
 *
 *   kill-before-write:N   SIGKILL instead of the Nth write
 *   kill-after-write:N    SIGKILL right after the Nth write, before it is synced
 *   torn-write:N          half of the Nth write's bytes, then SIGKILL
 *   kill-after-sync:N     SIGKILL right after the Nth sync returned
 *   eio-sync:N            the Nth and every later sync fails with EIO
 *   enospc-write:N        the Nth and every later write fails with ENOSPC
 *   count                 nothing
 *
 * HANDOVER_FAULT_LOG names a file that gets a line for each: "write 1 120", "sync 1 0" (kind, number, bytes).
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

static atomic_long writes, syncs;

static int is_journal(int fd)
{
    char link[64], path[PATH_MAX];
    const char *name = "/journal.jsonl";
    int saved = errno;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t size = readlink(link, path, sizeof path);
    errno = saved;
    size_t tail = strlen(name);
    return size >= (ssize_t)tail && memcmp(path + size - tail, name, tail) == 0;
}

static int fault(const char *kind, long number, int and_later)
{
    const char *what = getenv("HANDOVER_FAULT");
    size_t size = strlen(kind);
    if (!what || strncmp(what, kind, size) != 0 || what[size] != ':')
        return 0;
    long wanted = strtol(what + size + 1, NULL, 10);
    return number == wanted || (and_later && number > wanted);
}

static void die(void)
{
    kill(getpid(), SIGKILL);
    for (;;)
        pause();
}

static ssize_t (*real_write(void))(int, const void *, size_t)
{
    static ssize_t (*found)(int, const void *, size_t);
    if (!found)
        found = (ssize_t (*)(int, const void *, size_t))dlsym(RTLD_NEXT, "write");
    return found;
}

static void note(const char *kind, long number, size_t bytes)
{
    const char *log = getenv("HANDOVER_FAULT_LOG");
    if (!log)
        return;
    int saved = errno;
    char line[96];
    int size = snprintf(line, sizeof line, "%s %ld %zu\n", kind, number, bytes);
    int fd = open(log, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
    if (fd >= 0) {
        if (real_write()(fd, line, (size_t)size) < 0)
            perror(log);
        close(fd);
    }
    errno = saved;
}

/* What happens in place of, or before, a write of these bytes. 1: go on; 0: it failed, errno says how. */
static int before_write(long number, size_t bytes)
{
    if (fault("kill-before-write", number, 0))
        die();
    if (fault("enospc-write", number, 1)) {
        errno = ENOSPC;
        return 0;
    }
    note("write", number, bytes);
    return 1;
}

static void after_write(long number)
{
    if (fault("kill-after-write", number, 0))
        die();
}

ssize_t write(int fd, const void *bytes, size_t size)
{
    if (!is_journal(fd))
        return real_write()(fd, bytes, size);
    long number = atomic_fetch_add(&writes, 1) + 1;
    if (!before_write(number, size))
        return -1;
    if (fault("torn-write", number, 0)) {
        real_write()(fd, bytes, size / 2);
        die();
    }
    ssize_t done = real_write()(fd, bytes, size);
    after_write(number);
    return done;
}

static ssize_t positioned(const char *symbol, int fd, const void *bytes, size_t size, off_t at)
{
    ssize_t (*real)(int, const void *, size_t, off_t) = (ssize_t (*)(int, const void *, size_t, off_t))dlsym(RTLD_NEXT, symbol);
    if (!is_journal(fd))
        return real(fd, bytes, size, at);
    long number = atomic_fetch_add(&writes, 1) + 1;
    if (!before_write(number, size))
        return -1;
    if (fault("torn-write", number, 0)) {
        real(fd, bytes, size / 2, at);
        die();
    }
    ssize_t done = real(fd, bytes, size, at);
    after_write(number);
    return done;
}

ssize_t pwrite(int fd, const void *bytes, size_t size, off_t at) { return positioned("pwrite", fd, bytes, size, at); }

ssize_t pwrite64(int fd, const void *bytes, size_t size, off_t at) { return positioned("pwrite64", fd, bytes, size, at); }

ssize_t writev(int fd, const struct iovec *parts, int count)
{
    ssize_t (*real)(int, const struct iovec *, int) = (ssize_t (*)(int, const struct iovec *, int))dlsym(RTLD_NEXT, "writev");
    if (!is_journal(fd))
        return real(fd, parts, count);
    size_t size = 0;
    for (int i = 0; i < count; i++)
        size += parts[i].iov_len;
    long number = atomic_fetch_add(&writes, 1) + 1;
    if (!before_write(number, size))
        return -1;
    if (fault("torn-write", number, 0)) {
        size_t left = size / 2;
        for (int i = 0; i < count && left > 0; i++) {
            size_t part = parts[i].iov_len < left ? parts[i].iov_len : left;
            real_write()(fd, parts[i].iov_base, part);
            left -= part;
        }
        die();
    }
    ssize_t done = real(fd, parts, count);
    after_write(number);
    return done;
}

static int synced(const char *symbol, int fd)
{
    int (*real)(int) = (int (*)(int))dlsym(RTLD_NEXT, symbol);
    if (!is_journal(fd))
        return real(fd);
    long number = atomic_fetch_add(&syncs, 1) + 1;
    if (fault("eio-sync", number, 1)) {
        errno = EIO;
        return -1;
    }
    int done = real(fd);
    note("sync", number, 0);
    if (fault("kill-after-sync", number, 0))
        die();
    return done;
}

int fsync(int fd) { return synced("fsync", fd); }

int fdatasync(int fd) { return synced("fdatasync", fd); }
