// Power-cut shim: an LD_PRELOAD library that records every change to files under one directory.
//
//   cc -O2 -fPIC -shared -o powercut.so shim.c -ldl -lpthread
//   POWERCUT_DIRECTORY=/tmp/data POWERCUT_TRACE=/tmp/trace LD_PRELOAD=./powercut.so switchyard engine --data /tmp/data
//
// cuts.py then rebuilds the directory as it could be after a power cut at any moment of the trace. A file whose name ends in
// ".marker" is the witness: what the program appended to it counts as seen by the outside world, and survives every cut.
//
// Trace: records of a 32-byte header (magic, type, file, offset, length, flags; little-endian), then `length` bytes.
// A change is recorded after it was done and a sync once before and once after, all under one lock: what lies before a
// sync's first record was written before the sync began. "-shm" files are left out: SQLite rebuilds them.
// Changes through mmap, io_uring, sendfile and copy_file_range are not seen; SQLite's defaults use none for data.

#define _GNU_SOURCE
#undef _FILE_OFFSET_BITS
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

enum { NAME = 1, CREATE, WRITE, TRUNCATE, SYNC_BEGIN, SYNC_END, RENAME, UNLINK, SYNC_DIRECTORY };

struct header {
    uint32_t magic, type, file, flags;
    uint64_t offset, length;
};

#define MAXIMUM_DESCRIPTORS 65536
#define MAXIMUM_FILES 4096

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static int trace = -1;
static char directory[PATH_MAX];
static size_t directory_length;
static int files[MAXIMUM_DESCRIPTORS];  // file number + 1 by descriptor; -1 for the directory itself
static char *names[MAXIMUM_FILES];
static uint32_t name_count;

static int (*real_open)(const char *, int, ...);
static int (*real_openat)(int, const char *, int, ...);
static int (*real_close)(int);
static ssize_t (*real_write)(int, const void *, size_t);
static ssize_t (*real_pwrite)(int, const void *, size_t, off_t);
static ssize_t (*real_writev)(int, const struct iovec *, int);
static int (*real_ftruncate)(int, off_t);
static int (*real_fsync)(int);
static int (*real_fdatasync)(int);
static int (*real_rename)(const char *, const char *);
static int (*real_unlink)(const char *);

static void die(const char *what) {
    dprintf(2, "powercut shim: %s: %s\n", what, strerror(errno));
    _exit(97);
}

static void start(void) {
    real_open = dlsym(RTLD_NEXT, "open");
    real_openat = dlsym(RTLD_NEXT, "openat");
    real_close = dlsym(RTLD_NEXT, "close");
    real_write = dlsym(RTLD_NEXT, "write");
    real_pwrite = dlsym(RTLD_NEXT, "pwrite");
    real_writev = dlsym(RTLD_NEXT, "writev");
    real_ftruncate = dlsym(RTLD_NEXT, "ftruncate");
    real_fsync = dlsym(RTLD_NEXT, "fsync");
    real_fdatasync = dlsym(RTLD_NEXT, "fdatasync");
    real_rename = dlsym(RTLD_NEXT, "rename");
    real_unlink = dlsym(RTLD_NEXT, "unlink");
    const char *watched = getenv("POWERCUT_DIRECTORY"), *path = getenv("POWERCUT_TRACE");
    if (!watched || !path || !realpath(watched, directory)) return;
    directory_length = strlen(directory);
    trace = real_open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (trace < 0) die(path);
}

// Writes one record; the lock is held.
static void record(uint32_t type, uint32_t file, uint32_t flags, uint64_t offset, const void *bytes, size_t length) {
    struct header header = {0x54554350, type, file, flags, offset, length};
    struct iovec parts[2] = {{&header, sizeof header}, {(void *)bytes, length}};
    size_t total = sizeof header + length;
    ssize_t done = real_writev(trace, parts, 2);
    if (done < 0) die("trace");
    while ((size_t)done < total) {  // a short write: finish byte by part
        size_t at = (size_t)done;
        const char *from = at < sizeof header ? (const char *)&header + at : (const char *)bytes + (at - sizeof header);
        size_t left = at < sizeof header ? sizeof header - at : total - at;
        ssize_t more = real_write(trace, from, left);
        if (more <= 0) die("trace");
        done += more;
    }
}

// The path below the directory ("" for itself), or NULL when it lies elsewhere or does not count.
static const char *relative(const char *path, char *buffer) {
    if (trace < 0) return NULL;
    char parent[PATH_MAX];
    snprintf(parent, sizeof parent, "%s", path);
    char *slash = strrchr(parent, '/');
    const char *base = slash ? path + (slash - parent) + 1 : path;
    if (slash) *slash = 0;
    char whole[PATH_MAX];
    if (!realpath(slash ? (slash == parent ? "/" : parent) : ".", whole)) return NULL;
    if (snprintf(buffer, PATH_MAX, "%s/%s", whole, base) >= PATH_MAX) return NULL;
    if (strcmp(buffer, directory) == 0) return buffer + directory_length;
    if (strncmp(buffer, directory, directory_length) != 0 || buffer[directory_length] != '/') return NULL;
    size_t length = strlen(buffer);
    if (length > 4 && strcmp(buffer + length - 4, "-shm") == 0) return NULL;
    return buffer + directory_length + 1;
}

// The number of a name; the lock is held.
static uint32_t number(const char *name) {
    for (uint32_t i = 0; i < name_count; i++)
        if (strcmp(names[i], name) == 0) return i;
    if (name_count == MAXIMUM_FILES) die("too many files");
    names[name_count] = strdup(name);
    record(NAME, name_count, 0, 0, name, strlen(name));
    return name_count++;
}

static void opened(int descriptor, const char *path, int flags, int existed) {
    char buffer[PATH_MAX];
    const char *name = relative(path, buffer);
    if (!name || descriptor < 0 || descriptor >= MAXIMUM_DESCRIPTORS) return;
    if (!*name) {
        files[descriptor] = -1;
        return;
    }
    uint32_t file = number(name);
    files[descriptor] = (int)file + 1;
    if ((flags & O_CREAT) && !existed) record(CREATE, file, 0, 0, NULL, 0);
    if ((flags & O_TRUNC) && existed) record(TRUNCATE, file, 0, 0, NULL, 0);
}

static int tracked(int descriptor) {
    return trace >= 0 && descriptor >= 0 && descriptor < MAXIMUM_DESCRIPTORS ? files[descriptor] : 0;
}

static int open_recorded(int at, const char *path, int flags, mode_t mode) {
    pthread_once(&once, start);
    if (trace < 0 || (at != AT_FDCWD && path[0] != '/'))
        return at == AT_FDCWD ? real_open(path, flags, mode) : real_openat(at, path, flags, mode);
    pthread_mutex_lock(&lock);
    int existed = access(path, F_OK) == 0;
    int descriptor = real_open(path, flags, mode), error = errno;
    if (descriptor >= 0) opened(descriptor, path, flags, existed);
    pthread_mutex_unlock(&lock);
    errno = error;
    return descriptor;
}

#define MODE(flags, mode) \
    mode_t mode = 0; \
    if ((flags) & (O_CREAT | O_TMPFILE)) { va_list list; va_start(list, flags); mode = va_arg(list, mode_t); va_end(list); }

int open(const char *path, int flags, ...) { MODE(flags, mode) return open_recorded(AT_FDCWD, path, flags, mode); }
int open64(const char *path, int flags, ...) { MODE(flags, mode) return open_recorded(AT_FDCWD, path, flags, mode); }
int openat(int at, const char *path, int flags, ...) { MODE(flags, mode) return open_recorded(at, path, flags, mode); }
int openat64(int at, const char *path, int flags, ...) { MODE(flags, mode) return open_recorded(at, path, flags, mode); }

int close(int descriptor) {
    pthread_once(&once, start);
    pthread_mutex_lock(&lock);
    if (descriptor >= 0 && descriptor < MAXIMUM_DESCRIPTORS) files[descriptor] = 0;
    int result = real_close(descriptor), error = errno;
    pthread_mutex_unlock(&lock);
    errno = error;
    return result;
}

static ssize_t write_recorded(int descriptor, const void *bytes, size_t length, off_t offset, int positioned) {
    pthread_once(&once, start);
    int file = tracked(descriptor);
    if (file <= 0)
        return positioned ? real_pwrite(descriptor, bytes, length, offset) : real_write(descriptor, bytes, length);
    pthread_mutex_lock(&lock);
    ssize_t done = positioned ? real_pwrite(descriptor, bytes, length, offset) : real_write(descriptor, bytes, length);
    int error = errno;
    if (done > 0) {
        if (!positioned) offset = lseek(descriptor, 0, SEEK_CUR) - done;
        record(WRITE, (uint32_t)file - 1, 0, (uint64_t)offset, bytes, (size_t)done);
    }
    pthread_mutex_unlock(&lock);
    errno = error;
    return done;
}

ssize_t write(int descriptor, const void *bytes, size_t length) { return write_recorded(descriptor, bytes, length, 0, 0); }
ssize_t pwrite(int descriptor, const void *bytes, size_t length, off_t offset) {
    return write_recorded(descriptor, bytes, length, offset, 1);
}
ssize_t pwrite64(int descriptor, const void *bytes, size_t length, off64_t offset) {
    return write_recorded(descriptor, bytes, length, offset, 1);
}

ssize_t writev(int descriptor, const struct iovec *parts, int count) {
    pthread_once(&once, start);
    if (tracked(descriptor) <= 0) return real_writev(descriptor, parts, count);
    ssize_t total = 0;
    for (int i = 0; i < count; i++) {
        ssize_t done = write_recorded(descriptor, parts[i].iov_base, parts[i].iov_len, 0, 0);
        if (done < 0) return total ? total : -1;
        total += done;
        if ((size_t)done < parts[i].iov_len) break;
    }
    return total;
}

int ftruncate(int descriptor, off_t length) {
    pthread_once(&once, start);
    int file = tracked(descriptor);
    if (file <= 0) return real_ftruncate(descriptor, length);
    pthread_mutex_lock(&lock);
    int result = real_ftruncate(descriptor, length), error = errno;
    if (result == 0) record(TRUNCATE, (uint32_t)file - 1, 0, (uint64_t)length, NULL, 0);
    pthread_mutex_unlock(&lock);
    errno = error;
    return result;
}
int ftruncate64(int descriptor, off64_t length) { return ftruncate(descriptor, length); }

// POWERCUT_LIE=1 makes syncs do nothing real, only be recorded: traces are then made faster, and mean the same.
static int sync_recorded(int descriptor, int (*real)(int)) {
    int file = tracked(descriptor);
    if (file == 0) return real(descriptor);
    static int lies = -1;
    if (lies < 0) lies = getenv("POWERCUT_LIE") != NULL;
    pthread_mutex_lock(&lock);
    if (file > 0) record(SYNC_BEGIN, (uint32_t)file - 1, (uint32_t)descriptor, 0, NULL, 0);
    pthread_mutex_unlock(&lock);
    int result = lies ? 0 : real(descriptor), error = errno;
    pthread_mutex_lock(&lock);
    if (result == 0 && file > 0) record(SYNC_END, (uint32_t)file - 1, (uint32_t)descriptor, 0, NULL, 0);
    if (result == 0 && file < 0) record(SYNC_DIRECTORY, 0, 0, 0, NULL, 0);
    pthread_mutex_unlock(&lock);
    errno = error;
    return result;
}

int fsync(int descriptor) {
    pthread_once(&once, start);
    return sync_recorded(descriptor, real_fsync);
}
int fdatasync(int descriptor) {
    pthread_once(&once, start);
    return sync_recorded(descriptor, real_fdatasync);
}

int rename(const char *from, const char *to) {
    pthread_once(&once, start);
    char source[PATH_MAX], target[PATH_MAX];
    pthread_mutex_lock(&lock);
    const char *old = relative(from, source), *new = relative(to, target);
    int result = real_rename(from, to), error = errno;
    if (result == 0 && old && *old && new && *new) record(RENAME, number(old), 0, number(new), NULL, 0);
    pthread_mutex_unlock(&lock);
    errno = error;
    return result;
}

int unlink(const char *path) {
    pthread_once(&once, start);
    char buffer[PATH_MAX];
    pthread_mutex_lock(&lock);
    const char *name = relative(path, buffer);
    int result = real_unlink(path), error = errno;
    if (result == 0 && name && *name) record(UNLINK, number(name), 0, 0, NULL, 0);
    pthread_mutex_unlock(&lock);
    errno = error;
    return result;
}
