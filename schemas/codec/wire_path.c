#include "codec/wire_path.h"

#include <stdio.h>

static size_t add(char text[WIRE_PATH_TEXT], size_t used, const char *bytes, size_t n)
{
    static const char cut[] = "...";
    const size_t room = WIRE_PATH_TEXT - sizeof cut;

    if (used > room) /* cut before */
        return used;
    if (n > room - used) {
        memcpy(text + used, cut, sizeof cut);
        return room + 1;
    }
    memcpy(text + used, bytes, n);
    text[used + n] = '\0';
    return used + n;
}

size_t wire_path_add_name(char text[WIRE_PATH_TEXT], size_t used, struct vf_slice name)
{
    if (used > 0)
        used = add(text, used, ".", 1);
    return add(text, used, name.ptr, name.len);
}

size_t wire_path_add_text(char text[WIRE_PATH_TEXT], size_t used, struct vf_slice more)
{
    return add(text, used, more.ptr, more.len);
}

size_t wire_path_add_index(char text[WIRE_PATH_TEXT], size_t used, size_t index)
{
    char step[32];
    int n = snprintf(step, sizeof step, "[%zu]", index);
    return add(text, used, step, (size_t)n);
}

static size_t add_steps(const struct wire_path *path, char text[WIRE_PATH_TEXT], size_t used)
{
    if (!path)
        return used;
    used = add_steps(path->up, text, used);
    return path->name.ptr ? wire_path_add_name(text, used, path->name)
                          : wire_path_add_index(text, used, path->index);
}

void wire_path_text(const struct wire_path *path, const char *root, char text[WIRE_PATH_TEXT])
{
    text[0] = '\0';
    add_steps(path, text, add(text, 0, root, strlen(root)));
}

int wire_path_verror(const struct wire_path *path, const char *root, struct vf_error *err, int code,
                     const char *format, va_list args)
{
    char at[WIRE_PATH_TEXT];
    char message[sizeof err->text];

    if (!err)
        return code;
    vsnprintf(message, sizeof message, format, args);
    wire_path_text(path, root, at);
    return at[0] ? vf_error_set(err, code, "%s: %s", at, message)
                 : vf_error_set(err, code, "%s", message);
}

int wire_path_error(const struct wire_path *path, const char *root, struct vf_error *err, int code,
                    const char *format, ...)
{
    va_list args;
    va_start(args, format);
    wire_path_verror(path, root, err, code, format, args);
    va_end(args);
    return code;
}
