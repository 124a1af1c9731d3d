#include "base/file.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

int vf_file_read(const char *path, size_t max, struct vf_arena *arena, struct vf_slice *out,
                 struct vf_error *err)
{
    FILE *file = fopen(path, "rbe");
    if (!file)
        return vf_error_set(err, VF_EIO, "%s: %s", path, strerror(errno));
    char *text = vf_arena_alloc(arena, max + 1);
    size_t n = text ? fread(text, 1, max + 1, file) : 0;
    bool broken = ferror(file) != 0;
    fclose(file);
    if (!text)
        return vf_error_set(err, VF_ENOMEM, "%s: out of memory", path);
    if (broken)
        return vf_error_set(err, VF_EIO, "%s: can't be read", path);
    if (n > max)
        return vf_error_set(err, VF_EIO, "%s: is longer than %zu KiB", path, max / 1024);
    text[n] = '\0';
    *out = vf_slice(text, n);
    return VF_OK;
}
