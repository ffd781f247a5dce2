#define _GNU_SOURCE
// Both names of the calls with 32- and 64-bit offsets are defined here, so neither may be an alias of the other.
#undef _FILE_OFFSET_BITS
#include "DiskRecorder.h"

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
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

enum { MOST_DESCRIPTORS = 4096, MOST_NAMES = 64, NOT_RECORDED = -1, FOLDER = 0 };

struct entry {
    uint32_t what;
    uint32_t file;
    uint64_t place;
    uint32_t length;
    uint32_t made;
};

// The order of the record is the order of the calls: each is made and recorded under this lock. A sync is not made
// under it, since writes go on beside a sync; so its begin and its end are recorded.
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int trace = -1;
static char folder[PATH_MAX];
static size_t folder_length;
static int files[MOST_DESCRIPTORS];
static struct {
    char name[NAME_MAX + 1];
    int file;
} names[MOST_NAMES];
static int last_file = FOLDER;
static uint64_t last_sync;

static ssize_t (*real_write)(int, const void *, size_t);
static ssize_t (*real_pwrite)(int, const void *, size_t, off64_t);
static int (*real_openat)(int, const char *, int, ...);
static int (*real_close)(int);
static int (*real_fsync)(int);
static int (*real_fdatasync)(int);
static int (*real_ftruncate)(int, off64_t);
static int (*real_unlink)(const char *);
static void *(*real_mmap)(void *, size_t, int, int, int, off64_t);

static void *real(const char *name) {
    void *function = dlsym(RTLD_NEXT, name);
    if (function == NULL) {
        fprintf(stderr, "the recorder finds no %s\n", name);
        abort();
    }
    return function;
}

// Other libraries may be set up, and call what is here, before this one.
__attribute__((constructor)) static void start(void) {
    if (real_mmap != NULL) return;
    real_write = real("write");
    real_pwrite = real("pwrite64");
    real_openat = real("openat64");
    real_close = real("close");
    real_fsync = real("fsync");
    real_fdatasync = real("fdatasync");
    real_ftruncate = real("ftruncate64");
    real_unlink = real("unlink");
    real_mmap = real("mmap64");
    for (int i = 0; i < MOST_DESCRIPTORS; i++) files[i] = NOT_RECORDED;
    const char *path = getenv("RECORD_FOLDER");
    const char *output = getenv("RECORD_TRACE");
    if (path == NULL || output == NULL || realpath(path, folder) == NULL) return;
    folder_length = strlen(folder);
    trace = real_openat(AT_FDCWD, output, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0600);
}

static void put_all(const void *bytes, size_t length) {
    const char *rest = bytes;
    while (length > 0) {
        ssize_t written = real_write(trace, rest, length);
        if (written < 0) {
            if (errno == EINTR) continue;
            perror("the recorder cannot write");
            abort();
        }
        rest += written;
        length -= (size_t)written;
    }
}

static void put(uint32_t what, int file, uint64_t place, const void *bytes, size_t length, uint32_t made) {
    int error = errno;
    struct entry entry = {what, (uint32_t)file, place, (uint32_t)length, made};
    put_all(&entry, sizeof entry);
    if (length > 0) put_all(bytes, length);
    errno = error;
}

static int file_of(int descriptor) {
    start();
    if (trace < 0 || descriptor < 0 || descriptor >= MOST_DESCRIPTORS) return NOT_RECORDED;
    return files[descriptor];
}

// The name within the folder; "" for the folder itself; NULL for what is not recorded.
static const char *name_of(const char *path, char *resolved) {
    start();
    if (trace < 0) return NULL;
    char parent[PATH_MAX];
    if (strlen(path) >= PATH_MAX) return NULL;
    strcpy(parent, path);
    char *slash = strrchr(parent, '/');
    const char *last = path;
    if (slash != NULL) {
        last = path + (slash - parent) + 1;
        *slash = 0;
    }
    if (realpath(slash == NULL ? "." : (slash == parent ? "/" : parent), resolved) == NULL) return NULL;
    if (strcmp(resolved, folder) == 0) {
        size_t length = strlen(last);
        if (length >= 4 && strcmp(last + length - 4, "-shm") == 0) return NULL;
        return length > NAME_MAX ? NULL : last;
    }
    return realpath(path, resolved) != NULL && strcmp(resolved, folder) == 0 ? "" : NULL;
}

// What cannot be recorded makes the record worth nothing, and the test says so.

static void unknown(int descriptor, const char *call) {
    int file = file_of(descriptor);
    if (file <= FOLDER) return;
    pthread_mutex_lock(&lock);
    put(DISK_RECORDER_UNKNOWN, file, 0, call, strlen(call), 0);
    pthread_mutex_unlock(&lock);
}

static void unknown_name(int directory, const char *path, const char *call) {
    char from_there[PATH_MAX + 32];
    char resolved[PATH_MAX];
    int error = errno;
    if (directory != AT_FDCWD && path[0] != '/') {
        snprintf(from_there, sizeof from_there, "/proc/self/fd/%d/%s", directory, path);
        path = from_there;
    }
    if (name_of(path, resolved) != NULL) {
        pthread_mutex_lock(&lock);
        put(DISK_RECORDER_UNKNOWN, FOLDER, 0, call, strlen(call), 0);
        pthread_mutex_unlock(&lock);
    }
    errno = error;
}

static int numbered(const char *name) {
    int free_place = -1;
    for (int i = 0; i < MOST_NAMES; i++) {
        if (names[i].name[0] == 0) {
            if (free_place < 0) free_place = i;
        } else if (strcmp(names[i].name, name) == 0) {
            return names[i].file;
        }
    }
    if (free_place < 0) abort();
    strcpy(names[free_place].name, name);
    names[free_place].file = ++last_file;
    return last_file;
}

static int opened(int directory, const char *path, int flags, mode_t mode) {
    char resolved[PATH_MAX];
    if (directory != AT_FDCWD && path[0] != '/') unknown_name(directory, path, "openat relative to a folder");
    const char *name = directory == AT_FDCWD || path[0] == '/' ? name_of(path, resolved) : NULL;
    if (name == NULL) return real_openat(directory, path, flags, mode);
    pthread_mutex_lock(&lock);
    int made = (flags & O_CREAT) != 0 && faccessat(AT_FDCWD, path, F_OK, 0) != 0;
    int descriptor = real_openat(directory, path, flags, mode);
    if (descriptor >= MOST_DESCRIPTORS) abort();
    if (descriptor >= 0) {
        files[descriptor] = *name == 0 ? FOLDER : numbered(name);
        if (*name != 0) put(DISK_RECORDER_OPEN, files[descriptor], 0, name, strlen(name), (uint32_t)made);
        if (*name != 0 && (flags & O_TRUNC) != 0) put(DISK_RECORDER_TRUNCATE, files[descriptor], 0, NULL, 0, 0);
    }
    pthread_mutex_unlock(&lock);
    return descriptor;
}

#define OPEN(name)                                     \
    int name(const char *path, int flags, ...) {       \
        va_list rest;                                  \
        va_start(rest, flags);                         \
        mode_t mode = va_arg(rest, mode_t);            \
        va_end(rest);                                  \
        return opened(AT_FDCWD, path, flags, mode);    \
    }
OPEN(open)
OPEN(open64)

#define OPENAT(name)                                             \
    int name(int directory, const char *path, int flags, ...) {  \
        va_list rest;                                            \
        va_start(rest, flags);                                   \
        mode_t mode = va_arg(rest, mode_t);                      \
        va_end(rest);                                            \
        return opened(directory, path, flags, mode);             \
    }
OPENAT(openat)
OPENAT(openat64)

int close(int descriptor) {
    if (file_of(descriptor) == NOT_RECORDED) return real_close(descriptor);
    pthread_mutex_lock(&lock);
    files[descriptor] = NOT_RECORDED;
    int result = real_close(descriptor);
    pthread_mutex_unlock(&lock);
    return result;
}

ssize_t write(int descriptor, const void *bytes, size_t length) {
    int file = file_of(descriptor);
    if (file <= FOLDER) return real_write(descriptor, bytes, length);
    pthread_mutex_lock(&lock);
    ssize_t written = real_write(descriptor, bytes, length);
    if (written > 0) {
        uint64_t place = (uint64_t)(lseek64(descriptor, 0, SEEK_CUR) - written);
        put(DISK_RECORDER_WRITE, file, place, bytes, (size_t)written, 0);
    }
    pthread_mutex_unlock(&lock);
    return written;
}

static ssize_t written_at(int descriptor, const void *bytes, size_t length, off64_t place) {
    int file = file_of(descriptor);
    if (file <= FOLDER) return real_pwrite(descriptor, bytes, length, place);
    pthread_mutex_lock(&lock);
    ssize_t written = real_pwrite(descriptor, bytes, length, place);
    if (written > 0) put(DISK_RECORDER_WRITE, file, (uint64_t)place, bytes, (size_t)written, 0);
    pthread_mutex_unlock(&lock);
    return written;
}

ssize_t pwrite(int descriptor, const void *bytes, size_t length, off_t place) {
    return written_at(descriptor, bytes, length, place);
}

ssize_t pwrite64(int descriptor, const void *bytes, size_t length, off64_t place) {
    return written_at(descriptor, bytes, length, place);
}

static int truncated(int descriptor, off64_t length) {
    int file = file_of(descriptor);
    if (file <= FOLDER) return real_ftruncate(descriptor, length);
    pthread_mutex_lock(&lock);
    int result = real_ftruncate(descriptor, length);
    if (result == 0) put(DISK_RECORDER_TRUNCATE, file, (uint64_t)length, NULL, 0, 0);
    pthread_mutex_unlock(&lock);
    return result;
}

int ftruncate(int descriptor, off_t length) { return truncated(descriptor, length); }
int ftruncate64(int descriptor, off64_t length) { return truncated(descriptor, length); }

static int synced(int descriptor, int (*sync)(int)) {
    int file = file_of(descriptor);
    if (file == NOT_RECORDED) return sync(descriptor);
    pthread_mutex_lock(&lock);
    uint64_t number = ++last_sync;
    put(DISK_RECORDER_SYNC_BEGIN, file, number, NULL, 0, 0);
    pthread_mutex_unlock(&lock);
    int result = sync(descriptor);
    pthread_mutex_lock(&lock);
    if (result == 0) put(DISK_RECORDER_SYNC_END, file, number, NULL, 0, 0);
    pthread_mutex_unlock(&lock);
    return result;
}

int fsync(int descriptor) { return synced(descriptor, real_fsync); }
int fdatasync(int descriptor) { return synced(descriptor, real_fdatasync); }

static int unlinked(const char *path) {
    char resolved[PATH_MAX];
    const char *name = name_of(path, resolved);
    if (name == NULL || *name == 0) return real_unlink(path);
    pthread_mutex_lock(&lock);
    int result = real_unlink(path);
    if (result == 0) {
        put(DISK_RECORDER_UNLINK, numbered(name), 0, name, strlen(name), 0);
        // Whatever gets this name next is another file.
        for (int i = 0; i < MOST_NAMES; i++) {
            if (strcmp(names[i].name, name) == 0) names[i].name[0] = 0;
        }
    }
    pthread_mutex_unlock(&lock);
    return result;
}

int unlink(const char *path) { return unlinked(path); }

// What SQLite does not do here: if ever it does, the test says so instead of passing on half a record. Unseen goes only
// what calls none of these by name: what the C library does within itself (fopen), and io_uring.

static void *mapped(void *address, size_t length, int protection, int flags, int descriptor, off64_t place) {
    start();
    if ((flags & MAP_ANONYMOUS) == 0 && (flags & MAP_SHARED) != 0 && (protection & PROT_WRITE) != 0) {
        unknown(descriptor, "mmap");
    }
    return real_mmap(address, length, protection, flags, descriptor, place);
}

void *mmap(void *address, size_t length, int protection, int flags, int descriptor, off_t place) {
    return mapped(address, length, protection, flags, descriptor, place);
}

void *mmap64(void *address, size_t length, int protection, int flags, int descriptor, off64_t place) {
    return mapped(address, length, protection, flags, descriptor, place);
}

ssize_t writev(int descriptor, const struct iovec *parts, int count) {
    static ssize_t (*next)(int, const struct iovec *, int);
    if (next == NULL) next = real("writev");
    unknown(descriptor, "writev");
    return next(descriptor, parts, count);
}

int fallocate(int descriptor, int mode, off_t place, off_t length) {
    static int (*next)(int, int, off_t, off_t);
    if (next == NULL) next = real("fallocate");
    unknown(descriptor, "fallocate");
    return next(descriptor, mode, place, length);
}

int posix_fallocate(int descriptor, off_t place, off_t length) {
    static int (*next)(int, off_t, off_t);
    if (next == NULL) next = real("posix_fallocate");
    unknown(descriptor, "posix_fallocate");
    return next(descriptor, place, length);
}

// Calls on a file, and calls on names; `arguments` are those of the call itself.
#define UNKNOWN_FILE(result, call, descriptor, parameters, arguments) \
    result call parameters {                                          \
        static result (*next) parameters;                             \
        if (next == NULL) next = real(#call);                         \
        unknown(descriptor, #call);                                   \
        return next arguments;                                        \
    }
#define UNKNOWN_NAME(call, directory, name, parameters, arguments) \
    int call parameters {                                          \
        static int (*next) parameters;                             \
        if (next == NULL) next = real(#call);                      \
        unknown_name(directory, name, #call);                      \
        return next arguments;                                     \
    }
#define UNKNOWN_NAMES(call, directory, name, other_directory, other_name, parameters, arguments) \
    int call parameters {                                                                        \
        static int (*next) parameters;                                                           \
        if (next == NULL) next = real(#call);                                                    \
        unknown_name(directory, name, #call);                                                    \
        unknown_name(other_directory, other_name, #call);                                        \
        return next arguments;                                                                   \
    }

UNKNOWN_FILE(ssize_t, pwritev, file, (int file, const struct iovec *parts, int count, off_t place),
             (file, parts, count, place))
UNKNOWN_FILE(ssize_t, pwritev64, file, (int file, const struct iovec *parts, int count, off64_t place),
             (file, parts, count, place))
UNKNOWN_FILE(ssize_t, pwritev2, file, (int file, const struct iovec *parts, int count, off_t place, int flags),
             (file, parts, count, place, flags))
UNKNOWN_FILE(ssize_t, pwritev64v2, file, (int file, const struct iovec *parts, int count, off64_t place, int flags),
             (file, parts, count, place, flags))
UNKNOWN_FILE(ssize_t, copy_file_range, file,
             (int from, off64_t *from_place, int file, off64_t *place, size_t length, unsigned int flags),
             (from, from_place, file, place, length, flags))
UNKNOWN_FILE(ssize_t, sendfile, file, (int file, int from, off_t *place, size_t length), (file, from, place, length))
UNKNOWN_FILE(ssize_t, sendfile64, file, (int file, int from, off64_t *place, size_t length),
             (file, from, place, length))
UNKNOWN_FILE(int, fallocate64, file, (int file, int mode, off64_t place, off64_t length), (file, mode, place, length))
UNKNOWN_FILE(int, posix_fallocate64, file, (int file, off64_t place, off64_t length), (file, place, length))
// A second descriptor of a file is not followed.
UNKNOWN_FILE(int, dup, file, (int file), (file))
UNKNOWN_FILE(int, dup2, file, (int file, int other), (file, other))
UNKNOWN_FILE(int, dup3, file, (int file, int other, int flags), (file, other, flags))

UNKNOWN_NAME(truncate, AT_FDCWD, path, (const char *path, off_t length), (path, length))
UNKNOWN_NAME(truncate64, AT_FDCWD, path, (const char *path, off64_t length), (path, length))
UNKNOWN_NAME(creat, AT_FDCWD, path, (const char *path, mode_t mode), (path, mode))
UNKNOWN_NAME(creat64, AT_FDCWD, path, (const char *path, mode_t mode), (path, mode))
UNKNOWN_NAME(unlinkat, directory, path, (int directory, const char *path, int flags), (directory, path, flags))
UNKNOWN_NAME(remove, AT_FDCWD, path, (const char *path), (path))

UNKNOWN_NAMES(rename, AT_FDCWD, from, AT_FDCWD, to, (const char *from, const char *to), (from, to))
UNKNOWN_NAMES(renameat, from_folder, from, to_folder, to,
              (int from_folder, const char *from, int to_folder, const char *to), (from_folder, from, to_folder, to))
UNKNOWN_NAMES(renameat2, from_folder, from, to_folder, to,
              (int from_folder, const char *from, int to_folder, const char *to, unsigned int flags),
              (from_folder, from, to_folder, to, flags))
UNKNOWN_NAMES(link, AT_FDCWD, from, AT_FDCWD, to, (const char *from, const char *to), (from, to))
UNKNOWN_NAMES(linkat, from_folder, from, to_folder, to,
              (int from_folder, const char *from, int to_folder, const char *to, int flags),
              (from_folder, from, to_folder, to, flags))
