/* A disk whose power a test can cut, preloaded into the server.
 *
 * Files directly in $FAULTS_FOLDER are written as ever: what is read from them is what a page cache
 * would show. Beside them, in $FAULTS_STATE, is kept what a disk would have of them:
 *
 *   files/INODE   a file's content as of its last sync
 *   dirty/INODE   the ranges written since: pairs of offset and length
 *   names/NAME    the folder's entries as of its last sync, as links to files/INODE
 *
 * names/ is hence what is found after a power cut. All of it outlives the process, as a page cache
 * does. What is written through a memory map is not seen: SQLite does so only with -shm, which it
 * makes anew at each start.
 *
 * A test gives commands by files in $FAULTS_STATE, in which a file of the folder is named as NAME,
 * or all of them as "*":
 *
 *   lie    NAME         a sync does nothing, and succeeds
 *   fail   NAME         the next sync fails; as on Linux, what was dirty is then lost, but still
 *                       shown to who reads it
 *   room   BYTES NAME   files grow by no more than so many bytes
 *   clock  SECONDS      the machine's clock is so much ahead
 *   hang   PATH         reads of files below a path, which need not be of the folder, wait until
 *                       the command is taken back
 *
 * Only for Linux with a 64-bit glibc.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static ssize_t (*real_read)(int, void *, size_t);
static ssize_t (*real_write)(int, const void *, size_t);
static ssize_t (*real_pwrite64)(int, const void *, size_t, off64_t);
static int (*real_ftruncate64)(int, off64_t);
static int (*real_fsync)(int);
static int (*real_fdatasync)(int);
static int (*real_unlink)(const char *);
static int (*real_clock_gettime)(clockid_t, struct timespec *);

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static const char *folder;
static const char *state;

struct range {
    int64_t offset;
    int64_t length;
};

/* A file of the folder, or the folder itself. */
struct ours {
    char name[NAME_MAX + 1]; /* empty for the folder */
    struct stat stat;
};

static void fail_loudly(const char *what) {
    dprintf(2, "the fault shim failed: %s: %s\n", what, strerror(errno));
    abort();
}

static void path_in(char *out, const char *kind, const char *name) {
    if (snprintf(out, PATH_MAX, "%s/%s/%s", state, kind, name) >= PATH_MAX)
        fail_loudly("a path is too long");
}

static void inode_path(char *out, const char *kind, const struct stat *stat) {
    char inode[32];
    snprintf(inode, sizeof inode, "%llu", (unsigned long long)stat->st_ino);
    path_in(out, kind, inode);
}

__attribute__((constructor)) static void start(void) {
    real_read = dlsym(RTLD_NEXT, "read");
    real_write = dlsym(RTLD_NEXT, "write");
    real_pwrite64 = dlsym(RTLD_NEXT, "pwrite64");
    real_ftruncate64 = dlsym(RTLD_NEXT, "ftruncate64");
    real_fsync = dlsym(RTLD_NEXT, "fsync");
    real_fdatasync = dlsym(RTLD_NEXT, "fdatasync");
    real_unlink = dlsym(RTLD_NEXT, "unlink");
    real_clock_gettime = dlsym(RTLD_NEXT, "clock_gettime");
    folder = getenv("FAULTS_FOLDER");
    state = getenv("FAULTS_STATE");
    if (!folder || !state)
        fail_loudly("FAULTS_FOLDER and FAULTS_STATE are not set");
    char loaded[PATH_MAX];
    path_in(loaded, ".", "loaded");
    close(open(loaded, O_CREAT | O_WRONLY, 0600));
}

/* The name of a path directly in the folder; none if it is elsewhere. */
static const char *name_in_folder(const char *path) {
    size_t length = strlen(folder);
    if (strncmp(path, folder, length))
        return NULL;
    if (!path[length])
        return path + length;
    if (path[length] != '/' || strchr(path + length + 1, '/'))
        return NULL;
    return path + length + 1;
}

static int path_of(int fd, char *path) {
    char link[32];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, PATH_MAX - 1);
    if (length < 0)
        return 0;
    path[length] = 0;
    return 1;
}

static int is_ours(int fd, struct ours *ours) {
    char path[PATH_MAX];
    if (!path_of(fd, path))
        return 0;
    const char *name = name_in_folder(path);
    if (!name || strlen(name) > NAME_MAX || fstat(fd, &ours->stat))
        return 0;
    strcpy(ours->name, name);
    return 1;
}

/* Reads a command; whether there is one. */
static int command(const char *name, char *text, size_t size) {
    char path[PATH_MAX];
    path_in(path, ".", name);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return 0;
    ssize_t length = real_read(fd, text, size - 1);
    close(fd);
    text[length > 0 ? length : 0] = 0;
    return length > 0;
}

static int means(const char *named, const struct ours *ours) {
    return !strcmp(named, "*") || !strcmp(named, ours->name);
}

static int commanded(const char *name, const struct ours *ours) {
    char named[NAME_MAX + 1];
    return command(name, named, sizeof named) && means(named, ours);
}

/* How much of a write fits on the disk. */
static size_t that_fits(const struct ours *ours, off64_t at, size_t length) {
    char text[NAME_MAX + 32], named[NAME_MAX + 1] = "";
    long long room;
    if (!command("room", text, sizeof text) || sscanf(text, "%lld %255s", &room, named) < 2 ||
        !means(named, ours))
        return length;
    int64_t growth = at + (int64_t)length - ours->stat.st_size;
    if (growth <= 0)
        return length;
    if (growth > room) {
        int64_t over = growth - room;
        length = over < (int64_t)length ? length - (size_t)over : 0;
        growth = length ? room : 0;
    }
    char path[PATH_MAX];
    path_in(path, ".", "room");
    /* Not made anew, should the test have taken it away. */
    int fd = open(path, O_WRONLY | O_TRUNC | O_CLOEXEC);
    if (fd >= 0) {
        int n = snprintf(text, sizeof text, "%lld %s", room - (long long)growth, named);
        if (real_write(fd, text, (size_t)n) != n)
            fail_loudly("room");
        close(fd);
    }
    return length;
}

static void note_dirty(const struct ours *ours, off64_t at, int64_t length) {
    char path[PATH_MAX];
    inode_path(path, "dirty", &ours->stat);
    struct range range = {at, length};
    int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (fd < 0 || real_write(fd, &range, sizeof range) != sizeof range)
        fail_loudly(path);
    close(fd);
}

static void forget_dirty(const struct ours *ours) {
    char path[PATH_MAX];
    inode_path(path, "dirty", &ours->stat);
    real_unlink(path);
}

static void copy(int from, int to, struct range range) {
    char piece[65536];
    while (range.length > 0) {
        size_t want = range.length < (int64_t)sizeof piece ? (size_t)range.length : sizeof piece;
        ssize_t got = pread64(from, piece, want, range.offset);
        if (got < 0)
            fail_loudly("a file can't be read");
        if (got == 0)
            return;
        if (real_pwrite64(to, piece, (size_t)got, range.offset) != got)
            fail_loudly("a file can't be copied");
        range.offset += got;
        range.length -= got;
    }
}

/* Brings what was written since the last sync to the disk. */
static void settle(const struct ours *ours) {
    char from[PATH_MAX], to[PATH_MAX], dirty[PATH_MAX];
    snprintf(from, sizeof from, "%s/%s", folder, ours->name);
    inode_path(to, "files", &ours->stat);
    inode_path(dirty, "dirty", &ours->stat);
    int in = open(from, O_RDONLY | O_CLOEXEC);
    int out = open(to, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    if (in < 0 || out < 0)
        fail_loudly(to);
    int ranges = open(dirty, O_RDONLY | O_CLOEXEC);
    struct range range;
    while (ranges >= 0 && real_read(ranges, &range, sizeof range) == sizeof range)
        copy(in, out, range);
    if (real_ftruncate64(out, ours->stat.st_size))
        fail_loudly(to);
    close(in);
    close(out);
    if (ranges >= 0)
        close(ranges);
    forget_dirty(ours);
}

/* Makes one of the folder's entries durable. The file may be empty on the disk. */
static void settle_name(const char *name, const struct stat *stat_of) {
    char file[PATH_MAX], entry[PATH_MAX];
    inode_path(file, "files", stat_of);
    path_in(entry, "names", name);
    int fd = open(file, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0)
        fail_loudly(file);
    close(fd);
    struct stat on_disk, found;
    if (stat(file, &on_disk))
        fail_loudly(file);
    if (!stat(entry, &found) && found.st_ino == on_disk.st_ino)
        return;
    real_unlink(entry);
    if (link(file, entry))
        fail_loudly(entry);
}

static void settle_folder(void) {
    char path[PATH_MAX];
    struct dirent *entry;
    struct stat found;
    DIR *now = opendir(folder);
    while (now && (entry = readdir(now)))
        if (!fstatat(dirfd(now), entry->d_name, &found, 0) && S_ISREG(found.st_mode))
            settle_name(entry->d_name, &found);
    path_in(path, "names", "");
    DIR *before = opendir(path);
    while (now && before && (entry = readdir(before)))
        if (entry->d_name[0] != '.' && faccessat(dirfd(now), entry->d_name, F_OK, 0))
            unlinkat(dirfd(before), entry->d_name, 0);
    if (!now || !before)
        fail_loudly("the folder can't be read");
    closedir(now);
    closedir(before);
}

static int sync_ours(const struct ours *ours) {
    if (commanded("lie", ours))
        return 0;
    if (commanded("fail", ours)) {
        char path[PATH_MAX];
        path_in(path, ".", "fail");
        real_unlink(path);
        forget_dirty(ours);
        errno = EIO;
        return -1;
    }
    if (ours->name[0])
        settle(ours);
    else
        settle_folder();
    return 0;
}

static int synced(int fd, int (*real)(int)) {
    struct ours ours;
    pthread_mutex_lock(&lock);
    int mine = is_ours(fd, &ours);
    int result = mine ? sync_ours(&ours) : 0;
    pthread_mutex_unlock(&lock);
    return mine ? result : real(fd);
}

int fsync(int fd) { return synced(fd, real_fsync); }

int fdatasync(int fd) { return synced(fd, real_fdatasync); }

static int hangs(int fd) {
    char below[PATH_MAX], path[PATH_MAX];
    if (!command("hang", below, sizeof below) || !path_of(fd, path))
        return 0;
    size_t length = strlen(below);
    return !strncmp(path, below, length) && path[length] == '/';
}

/* The lock is not held meanwhile: a file system that hangs holds up nobody who does not use it. */
ssize_t read(int fd, void *bytes, size_t length) {
    if (!real_read)
        real_read = dlsym(RTLD_NEXT, "read");
    while (state && hangs(fd))
        usleep(10000);
    return real_read(fd, bytes, length);
}

static ssize_t write_ours(const struct ours *ours, int fd, const void *bytes, size_t length,
                          off64_t at) {
    size_t fits = that_fits(ours, at, length);
    if (length && !fits) {
        errno = ENOSPC;
        return -1;
    }
    note_dirty(ours, at, (int64_t)fits);
    return real_pwrite64(fd, bytes, fits, at);
}

ssize_t pwrite64(int fd, const void *bytes, size_t length, off64_t at) {
    struct ours ours;
    pthread_mutex_lock(&lock);
    int mine = is_ours(fd, &ours);
    ssize_t result = mine ? write_ours(&ours, fd, bytes, length, at) : 0;
    pthread_mutex_unlock(&lock);
    return mine ? result : real_pwrite64(fd, bytes, length, at);
}

ssize_t pwrite(int fd, const void *bytes, size_t length, off_t at) {
    return pwrite64(fd, bytes, length, at);
}

ssize_t write(int fd, const void *bytes, size_t length) {
    struct ours ours;
    pthread_mutex_lock(&lock);
    int mine = is_ours(fd, &ours);
    ssize_t result = -1;
    if (mine) {
        off64_t at = lseek64(fd, 0, SEEK_CUR);
        result = write_ours(&ours, fd, bytes, length, at);
        if (result > 0)
            lseek64(fd, at + result, SEEK_SET);
    }
    pthread_mutex_unlock(&lock);
    return mine ? result : real_write(fd, bytes, length);
}

int ftruncate64(int fd, off64_t length) {
    struct ours ours;
    pthread_mutex_lock(&lock);
    if (is_ours(fd, &ours)) {
        off64_t size = ours.stat.st_size;
        note_dirty(&ours, length < size ? length : size, llabs((long long)(size - length)));
    }
    pthread_mutex_unlock(&lock);
    return real_ftruncate64(fd, length);
}

int ftruncate(int fd, off_t length) { return ftruncate64(fd, length); }

int clock_gettime(clockid_t clock, struct timespec *now) {
    if (!real_clock_gettime)
        real_clock_gettime = dlsym(RTLD_NEXT, "clock_gettime");
    int result = real_clock_gettime(clock, now);
    char ahead[32];
    if (!result && clock == CLOCK_REALTIME && state && command("clock", ahead, sizeof ahead))
        now->tv_sec += atol(ahead);
    return result;
}

/* The inode's number is free to be another file's. What is in names/ stays until the folder's sync. */
int unlink(const char *path) {
    struct ours ours;
    pthread_mutex_lock(&lock);
    if (folder && name_in_folder(path) && !stat(path, &ours.stat)) {
        char file[PATH_MAX];
        inode_path(file, "files", &ours.stat);
        real_unlink(file);
        forget_dirty(&ours);
    }
    pthread_mutex_unlock(&lock);
    return real_unlink(path);
}
