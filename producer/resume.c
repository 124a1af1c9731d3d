#include "resume.h"

#include "base/memory.h"
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static const char magic[8] = "vfresume";

enum { VERSION = 2, WINDOW = VF_SENDER_IN_FLIGHT_MAX };

/* What the file holds. A slot has the number of the record that was acknowledged last among those
 * that share it: never to be cleared, so no order of stores can make it lie. */
struct content {
    char magic[8];
    uint64_t version;
    uint64_t identity;
    _Atomic uint64_t settled;
    _Atomic uint64_t complete;
    _Atomic uint64_t slots[WINDOW];
    _Atomic uint64_t bound_count; /* set when all bounds are there */
    struct vf_lane_bounds bounds[VF_TOPIC_READER_LANES_MAX];
};

struct vf_resume {
    struct content *content; /* mapped */
    const char *path;        /* borrowed */
    int fd;                  /* owned */
};

static int fail(const char *path, struct vf_error *err)
{
    return vf_error_set(err, VF_EIO, "%s: %s", path, strerror(errno));
}

/* A new file becomes whole before it is used: its content is mostly zeros. */
static int begin_content(struct vf_resume *resume, uint64_t identity, struct vf_error *err)
{
    struct content *content = resume->content;

    memcpy(content->magic, magic, sizeof magic);
    content->version = VERSION;
    content->identity = identity;
    return msync(content, sizeof *content, MS_SYNC) ? fail(resume->path, err) : VF_OK;
}

static int check_content(const struct vf_resume *resume, uint64_t identity, struct vf_error *err)
{
    const struct content *content = resume->content;

    if (memcmp(content->magic, magic, sizeof magic) != 0 || content->version != VERSION)
        return vf_error_set(err, VF_EDATA, "%s: is no resume file", resume->path);
    if (content->identity != identity)
        return vf_error_set(err, VF_EINVAL,
                            "%s: belongs to another replay: other input, filters, bounds or "
                            "targets",
                            resume->path);
    return VF_OK;
}

static int map_file(struct vf_resume *resume, uint64_t identity, struct vf_error *err)
{
    struct stat status;

    if (fstat(resume->fd, &status))
        return fail(resume->path, err);
    bool is_new = status.st_size == 0;
    if (!is_new && (size_t)status.st_size != sizeof *resume->content)
        return vf_error_set(err, VF_EDATA, "%s: is no resume file", resume->path);
    /* Room on the disk now: a full disk found later would be a signal. */
    if (is_new && (errno = posix_fallocate(resume->fd, 0, sizeof *resume->content)))
        return fail(resume->path, err);
    void *memory =
        mmap(NULL, sizeof *resume->content, PROT_READ | PROT_WRITE, MAP_SHARED, resume->fd, 0);
    if (memory == MAP_FAILED)
        return fail(resume->path, err);
    resume->content = memory;
    return is_new ? begin_content(resume, identity, err) : check_content(resume, identity, err);
}

int vf_resume_open(const char *path, uint64_t identity, struct vf_resume **out,
                   struct vf_error *err)
{
    struct vf_resume *resume = vf_calloc(1, sizeof *resume);

    *out = NULL;
    if (!resume)
        return vf_error_set(err, VF_ENOMEM, "out of memory");
    resume->path = path;
    resume->fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    int rc = resume->fd < 0 ? fail(path, err) : map_file(resume, identity, err);
    if (rc) {
        vf_resume_close(resume, NULL);
        return rc;
    }
    *out = resume;
    return VF_OK;
}

int vf_resume_close(struct vf_resume *resume, struct vf_error *err)
{
    int rc = VF_OK;

    if (!resume)
        return VF_OK;
    if (resume->content && msync(resume->content, sizeof *resume->content, MS_SYNC))
        rc = fail(resume->path, err);
    if (resume->content)
        munmap(resume->content, sizeof *resume->content);
    if (resume->fd >= 0)
        close(resume->fd);
    vf_free(resume);
    return rc;
}

static _Atomic uint64_t *slot_of(const struct vf_resume *resume, uint64_t number)
{
    return &resume->content->slots[number % WINDOW];
}

bool vf_resume_is_acknowledged(const struct vf_resume *resume, uint64_t number)
{
    return number <= vf_resume_settled(resume) || atomic_load(slot_of(resume, number)) == number;
}

void vf_resume_acknowledge(struct vf_resume *resume, uint64_t number)
{
    uint64_t settled = vf_resume_settled(resume);

    if (number <= settled)
        return;
    atomic_store(slot_of(resume, number), number);
    while (atomic_load(slot_of(resume, settled + 1)) == settled + 1)
        settled++;
    atomic_store(&resume->content->settled, settled);
}

void vf_resume_acknowledge_all(struct vf_resume *resume, uint64_t number)
{
    if (number > vf_resume_settled(resume))
        atomic_store(&resume->content->settled, number);
}

uint64_t vf_resume_settled(const struct vf_resume *resume)
{
    return atomic_load(&resume->content->settled);
}

void vf_resume_set_bounds(struct vf_resume *resume, const struct vf_lane_bounds *bounds,
                          size_t count)
{
    memcpy(resume->content->bounds, bounds, count * sizeof *bounds);
    atomic_store(&resume->content->bound_count, count);
}

const struct vf_lane_bounds *vf_resume_bounds(const struct vf_resume *resume, size_t *count)
{
    *count = atomic_load(&resume->content->bound_count);
    if (*count > VF_TOPIC_READER_LANES_MAX)
        *count = 0;
    return resume->content->bounds;
}

void vf_resume_set_complete(struct vf_resume *resume)
{
    atomic_store(&resume->content->complete, 1);
}

bool vf_resume_is_complete(const struct vf_resume *resume)
{
    return atomic_load(&resume->content->complete) != 0;
}
