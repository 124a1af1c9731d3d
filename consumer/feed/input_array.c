#include "feed/input_internal.h"

#include "base/memory.h"

/*
 * A JSON array, cut into its elements without parsing them: brackets and quotes are enough to
 * know where one ends. What an element holds is its reader's matter; what stands between
 * elements is checked here, and where that is broken nothing behind it can be trusted.
 */
struct array {
    struct vf_input base;
    struct vf_byte_source source;
    uint64_t line;      /* where the window begins, from 1 */
    uint64_t begins_in; /* line of the element being read */
    size_t held;        /* bytes of the window that are the element handed out */
    size_t scanned;     /* bytes of the window that belong to the element being read */
    uint32_t depth;     /* brackets open in it */
    bool in_string;
    bool escaped;
    bool in_element;
    bool too_long; /* it is passed over */
    bool opened;   /* the array's "[" was read */
    bool first;    /* no element was read yet: "]" may follow */
    bool behind;   /* an element was read: "," or "]" must follow */
    bool closed;   /* the array's "]" was read */
};

static void consume(struct array *array, size_t bytes)
{
    struct vf_slice window = vf_byte_source_window(&array->source);
    const char *at = window.ptr;
    const char *end = window.ptr + bytes;

    while (at < end && (at = memchr(at, '\n', (size_t)(end - at)))) {
        array->line++;
        at++;
    }
    vf_byte_source_consume(&array->source, bytes);
}

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* One more byte of the element. True at its end; *includes tells whether the byte is part. */
static bool step(struct array *array, char c, bool *includes)
{
    *includes = true;
    if (array->in_string) {
        if (array->escaped)
            array->escaped = false;
        else if (c == '\\')
            array->escaped = true;
        else if (c == '"')
            array->in_string = false;
        return !array->in_string && array->depth == 0;
    }
    switch (c) {
    case '"': array->in_string = true; return false;
    case '{':
    case '[': array->depth++; return false;
    case '}':
    case ']': *includes = array->depth > 0; return array->depth == 0 || --array->depth == 0;
    default: *includes = false; return array->depth == 0 && (c == ',' || is_space(c));
    }
}

/* Whether the end of the element at the window's front is in the window. */
static bool scan_element(struct array *array, size_t *length)
{
    struct vf_slice window = vf_byte_source_window(&array->source);
    bool includes;

    for (size_t i = array->scanned; i < window.len; i++) {
        if (step(array, window.ptr[i], &includes)) {
            *length = i + includes;
            return true;
        }
    }
    array->scanned = window.len;
    return false;
}

static int hand_out(struct array *array, size_t length, struct vf_input_item *item,
                    struct vf_error *err)
{
    struct vf_slice window = vf_byte_source_window(&array->source);
    bool too_long = array->too_long || length > array->base.record_max;

    array->held = length;
    array->scanned = 0;
    array->in_element = false;
    array->too_long = false;
    array->behind = true;
    item->bytes = vf_slice(window.ptr, length);
    item->number = array->begins_in;
    if (!too_long)
        return VF_OK;
    item->bytes = vf_slice("", 0);
    return vf_error_set(err, VF_ELIMIT, "the array's element is longer than %zu bytes",
                        array->base.record_max);
}

/* Structure is broken: nothing behind it is read. */
static int fail(struct array *array, struct vf_error *err, const char *what)
{
    array->closed = true;
    consume(array, array->source.end - array->source.begin);
    array->source.at_end = true;
    return vf_error_set(err, VF_EIO, "%s; the rest is not read", what);
}

/* Passes over one byte between elements. VF_OK: go on. */
static int between(struct array *array, char c, struct vf_error *err)
{
    if (is_space(c))
        consume(array, 1);
    else if (array->closed)
        return fail(array, err, "text behind the array's \"]\"");
    else if (!array->opened && c != '[')
        return fail(array, err, "no JSON array: \"[\" is missing");
    else if (!array->opened) {
        array->opened = array->first = true;
        consume(array, 1);
    } else if (c == ']' && (array->first || array->behind)) {
        array->closed = true;
        consume(array, 1);
    } else if (array->behind && c != ',')
        return fail(array, err, "\",\" or \"]\" is missing behind an element of the array");
    else if (array->behind) {
        array->behind = false;
        consume(array, 1);
    } else if (c == ',' || c == ']' || c == '}')
        return fail(array, err, "an element of the array is missing");
    else {
        array->in_element = true;
        array->first = false;
        array->begins_in = array->line;
    }
    return VF_OK;
}

static int at_end(struct array *array, struct vf_input_item *item, struct vf_error *err)
{
    if (array->closed)
        return VF_ENOENT;
    item->number = array->in_element ? array->begins_in : array->line;
    return fail(array, err,
                array->in_element ? "the file ends within this element of the array"
                                  : "the file ends before the array's \"]\"");
}

static int array_next(struct vf_input *input, struct vf_input_item *item, struct vf_error *err)
{
    struct array *array = (struct array *)input;
    struct vf_byte_source *source = &array->source;

    consume(array, array->held);
    array->held = 0;
    for (;;) {
        struct vf_slice window = vf_byte_source_window(source);
        item->number = array->line;
        if (window.len && !array->in_element) {
            int rc = between(array, window.ptr[0], err);
            if (rc)
                return rc;
            continue;
        }
        size_t length;
        if (array->in_element && scan_element(array, &length))
            return hand_out(array, length, item, err);
        if (source->at_end)
            return at_end(array, item, err);
        if (array->in_element && (array->too_long || window.len > input->record_max)) {
            array->too_long = true;
            consume(array, window.len);
            array->scanned = 0;
        }
        int rc = vf_byte_source_fill(source, VF_INPUT_WAIT_MS, err);
        if (rc)
            return rc;
    }
}

static void array_close(struct vf_input *input)
{
    struct array *array = (struct array *)input;

    vf_byte_source_close(&array->source);
    vf_free(array);
}

static uint64_t array_consumed(const struct vf_input *input)
{
    const struct array *array = (const struct array *)input;
    return array->source.consumed + array->held;
}

static const struct vf_input_ops array_ops = {
    .next = array_next, .close = array_close, .consumed = array_consumed};

int vf_input_array_open(struct vf_byte_source *source, size_t record_max, struct vf_input **out,
                        struct vf_error *err)
{
    struct array *array = vf_calloc(1, sizeof *array);
    if (!array) {
        vf_byte_source_close(source);
        return vf_error_set(err, VF_ENOMEM, "%s: out of memory", source->name);
    }
    array->base = (struct vf_input){&array_ops, VF_INPUT_ARRAY, source->name, record_max};
    array->source = *source;
    array->line = 1;
    *out = &array->base;
    return VF_OK;
}
