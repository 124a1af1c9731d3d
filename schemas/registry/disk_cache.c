#include "registry/disk_cache.h"

#include "base/memory.h"
#include "observe/log.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include <xxhash.h>

enum {
    PATH_MAX_BYTES = 4096,
    HEADER_MAX = 64,       /* bytes of the line before the content */
    DIRECTORY_MODE = 0750, /* before the umask */
    FILE_MODE = 0640,
};

static const char header_format[] = "visitfeed-cache 1 %016llx %zu\n"; /* checksum, length */
static const char temporary_prefix[] = ".new-";

static void complain(enum vf_log_level level, const char *message, const char *path,
                     const char *reason)
{
    vf_log(level, VF_LOG_SCHEMA, message,
           VF_FIELDS(vf_text("path", path), vf_text("reason", reason)));
}

static bool join(char out[PATH_MAX_BYTES], const char *folder, const char *prefix, const char *name)
{
    int n = snprintf(out, PATH_MAX_BYTES, "%s/%s%s", folder, prefix, name);
    return n > 0 && n < PATH_MAX_BYTES;
}

/* mkdir -p */
static int make_folder(char *path)
{
    for (char *slash = path + 1; (slash = strchr(slash, '/')); slash++) {
        *slash = '\0';
        int failed = mkdir(path, DIRECTORY_MODE);
        *slash = '/';
        if (failed && errno != EEXIST)
            return -1;
    }
    return mkdir(path, DIRECTORY_MODE) && errno != EEXIST ? -1 : 0;
}

/* Calls visit for every file; false when the folder can't be read. */
static bool walk(struct vf_disk_cache *cache,
                 void (*visit)(struct vf_disk_cache *cache, const char *name))
{
    DIR *folder = opendir(cache->folder);
    const struct dirent *entry;

    if (!folder)
        return false;
    while ((entry = readdir(folder)))
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            visit(cache, entry->d_name);
    closedir(folder);
    return true;
}

static bool is_temporary(const char *name)
{
    return strncmp(name, temporary_prefix, sizeof temporary_prefix - 1) == 0;
}

/* Counts what is there and removes what a process that died left half-written. */
static void take_stock(struct vf_disk_cache *cache, const char *name)
{
    char path[PATH_MAX_BYTES];
    struct stat info;

    if (!is_temporary(name)) {
        cache->files++;
        return;
    }
    if (join(path, cache->folder, "", name) && stat(path, &info) == 0 &&
        time(NULL) - info.st_mtime > VF_DISK_CACHE_TEMPORARY_AGE)
        unlink(path);
}

int vf_disk_cache_open(struct vf_disk_cache *cache, const char *directory, uint64_t space)
{
    char path[PATH_MAX_BYTES];
    char name[20];

    *cache = (struct vf_disk_cache){.folder = NULL};
    if (!directory || !*directory)
        return VF_OK;
    snprintf(name, sizeof name, "%016llx", (unsigned long long)space);
    if (!join(path, directory, "", name)) {
        complain(VF_LOG_WARN, "schemas are not kept on disk", directory, "the path is too long");
        return VF_OK;
    }
    cache->folder = vf_strdup(path);
    if (!cache->folder)
        return VF_ENOMEM;
    if (make_folder(cache->folder) || !walk(cache, take_stock)) {
        complain(VF_LOG_WARN, "schemas are not kept on disk", cache->folder, strerror(errno));
        vf_disk_cache_close(cache);
    }
    return VF_OK;
}

void vf_disk_cache_close(struct vf_disk_cache *cache)
{
    vf_free(cache->folder);
    cache->folder = NULL;
}

/* The name is part of it: a file under another name is as wrong as a broken one. */
static unsigned long long checksum(const char *name, struct vf_slice content)
{
    return XXH3_64bits_withSeed(content.ptr, content.len, XXH3_64bits(name, strlen(name)));
}

/* Reads a whole file; 0 or errno. */
static int read_file(const char *path, struct vf_buffer *out)
{
    struct stat info;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0)
        return errno;
    int failed = fstat(fd, &info) ? errno : 0;
    if (!failed && !S_ISREG(info.st_mode))
        failed = EINVAL;
    vf_buffer_clear(out);
    while (!failed) {
        enum { STEP = 1 << 16 };
        if (!vf_buffer_reserve(out, STEP)) {
            failed = EFBIG;
            break;
        }
        ssize_t n = read(fd, out->data + out->len, STEP);
        if (n == 0)
            break;
        if (n > 0)
            out->len += (size_t)n;
        else if (errno != EINTR)
            failed = errno;
    }
    close(fd);
    return failed;
}

/* The content behind a good header; ptr NULL: it is broken. */
static struct vf_slice check_file(const char *name, struct vf_slice file)
{
    char expected[HEADER_MAX];
    const char *end = file.len ? memchr(file.ptr, '\n', file.len) : NULL;

    if (!end)
        return VF_SLICE_NULL;
    size_t header = (size_t)(end - file.ptr) + 1;
    struct vf_slice content = vf_slice(file.ptr + header, file.len - header);
    int n =
        snprintf(expected, sizeof expected, header_format, checksum(name, content), content.len);
    bool same = n > 0 && (size_t)n == header && memcmp(expected, file.ptr, header) == 0;
    return same ? content : VF_SLICE_NULL;
}

int vf_disk_cache_load(struct vf_disk_cache *cache, const char *name, struct vf_buffer *out)
{
    char path[PATH_MAX_BYTES];

    if (!cache->folder || !join(path, cache->folder, "", name))
        return VF_ENOENT;
    int failed = read_file(path, out);
    if (failed == ENOENT)
        return VF_ENOENT;
    if (failed && failed != EINVAL && failed != EFBIG && failed != ELOOP) {
        complain(VF_LOG_WARN, "a cached schema can't be read", path, strerror(failed));
        return VF_ENOENT;
    }
    struct vf_slice content = failed ? VF_SLICE_NULL : check_file(name, vf_buffer_slice(out));
    if (!content.ptr) {
        complain(VF_LOG_WARN, "a cached schema is broken and was thrown away", path,
                 failed ? strerror(failed) : "its checksum is wrong");
        unlink(path);
        return VF_ENOENT;
    }
    memmove(out->data, content.ptr, content.len);
    out->len = content.len;
    return VF_OK;
}

static int write_all(int fd, const char *bytes, size_t n)
{
    while (n > 0) {
        ssize_t written = write(fd, bytes, n);
        if (written < 0 && errno != EINTR)
            return errno;
        if (written > 0) {
            bytes += written;
            n -= (size_t)written;
        }
    }
    return 0;
}

/* A schema is written once in its life: both are synced, so that a power cut leaves the whole
 * file or none. */
static int write_file(const struct vf_disk_cache *cache, const char *temporary, const char *path,
                      struct vf_slice header, struct vf_slice content)
{
    int fd = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, FILE_MODE);
    if (fd < 0)
        return errno;
    int failed = write_all(fd, header.ptr, header.len);
    if (!failed)
        failed = write_all(fd, content.ptr, content.len);
    if (!failed && fsync(fd))
        failed = errno;
    if (close(fd) && !failed)
        failed = errno;
    if (!failed && rename(temporary, path))
        failed = errno;
    if (failed) {
        unlink(temporary);
        return failed;
    }
    int folder = open(cache->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder >= 0) {
        fsync(folder);
        close(folder);
    }
    return 0;
}

bool vf_disk_cache_store(struct vf_disk_cache *cache, const char *name, struct vf_slice content)
{
    char path[PATH_MAX_BYTES];
    char temporary[PATH_MAX_BYTES];
    char unique[VF_DISK_CACHE_NAME_MAX];
    char header[HEADER_MAX];
    uint64_t random = 0;

    if (!cache->folder)
        return false;
    /* Process ids repeat where containers share a folder. */
    if (getrandom(&random, sizeof random, GRND_NONBLOCK) < 0)
        random = (uint64_t)time(NULL) << 20 ^ (uint64_t)getpid();
    snprintf(unique, sizeof unique, "%016llx", (unsigned long long)random);
    if (!join(path, cache->folder, "", name) ||
        !join(temporary, cache->folder, temporary_prefix, unique))
        return false;
    if (cache->files >= VF_DISK_CACHE_FILES_MAX || content.len > VF_DISK_CACHE_BYTES_MAX) {
        complain(VF_LOG_WARN, "a schema was not kept on disk", path,
                 cache->files >= VF_DISK_CACHE_FILES_MAX ? "too many files" : "it is too long");
        return false;
    }
    int length =
        snprintf(header, sizeof header, header_format, checksum(name, content), content.len);
    int failed = write_file(cache, temporary, path, vf_slice(header, (size_t)length), content);
    if (failed)
        complain(VF_LOG_WARN, "a schema was not kept on disk", path, strerror(failed));
    else
        cache->files++;
    return !failed;
}

static void remove_entry(struct vf_disk_cache *cache, const char *name)
{
    char path[PATH_MAX_BYTES];

    /* Half-written files are other processes' or soon gone. */
    if (!is_temporary(name) && join(path, cache->folder, "", name))
        unlink(path);
}

void vf_disk_cache_clear(struct vf_disk_cache *cache)
{
    if (cache->folder && walk(cache, remove_entry))
        cache->files = 0;
}
