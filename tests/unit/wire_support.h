/*
 * What the codec's tests share: schemas from texts, bytes from hex, values as JSON.
 */
#ifndef WIRE_SUPPORT_H
#define WIRE_SUPPORT_H

#include "test_support.h"

#include "base/arena.h"
#include "base/buffer.h"
#include "base/memory.h"
#include "codec/wire_json.h"
#include "codec/wire_plan.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TEST_ARENA_LIMIT = 64 << 20, TEST_BUFFER_LIMIT = 32 << 20 };

static inline struct wire_schema *parse_schema(const char *json)
{
    struct wire_schema *schema;
    struct vf_error err = {0};

    if (wire_schema_parse(vf_slice_of(json), &schema, &err))
        fail_msg("%s: %s", json, err.text);
    return schema;
}

/* Bytes of hex digits; anything else between them is skipped. Lives until the next call. */
static inline struct vf_slice bytes_of(const char *hex)
{
    static char bytes[4096];
    size_t n = 0;

    for (; *hex; hex++) {
        unsigned value;
        if (!strchr("0123456789abcdefABCDEF", *hex))
            continue;
        assert_int_equal(sscanf(hex, "%2x", &value), 1);
        assert_true(n < sizeof bytes);
        bytes[n++] = (char)value;
        hex++;
    }
    return vf_slice(bytes, n);
}

/* Decodes bytes of the writer's schema as the reader's. The text is JSON, or the error's when
 * the code is not 0. */
struct outcome {
    int code;
    char text[4096];
};

static inline struct outcome transcode_with(const char *writer_json, const char *reader_json,
                                            struct vf_slice bytes, const struct wire_limits *limits)
{
    struct wire_schema *writer = parse_schema(writer_json);
    struct wire_schema *reader = parse_schema(reader_json);
    struct wire_plan *plan = NULL;
    struct vf_arena arena;
    struct vf_buffer json;
    struct vf_error err = {0};
    struct outcome outcome = {0};
    void *value = calloc(1, wire_schema_size(reader) + 1);

    vf_arena_init(&arena, 1024, TEST_ARENA_LIMIT);
    vf_buffer_init(&json, TEST_BUFFER_LIMIT);
    outcome.code = wire_plan_compile(writer, reader, &plan, &err);
    if (outcome.code == 0)
        outcome.code = wire_decode(plan, bytes, limits, &arena, value, &err);
    if (outcome.code == 0)
        outcome.code = wire_json_write(reader, value, &json, &err);
    snprintf(outcome.text, sizeof outcome.text, "%.*s",
             outcome.code ? (int)strlen(err.text) : (int)json.len,
             outcome.code ? err.text : (const char *)json.data);
    assert_int_equal(outcome.code, err.code);
    free(value);
    vf_buffer_release(&json);
    vf_arena_release(&arena);
    wire_plan_free(plan);
    wire_schema_free(reader);
    wire_schema_free(writer);
    return outcome;
}

static inline struct outcome transcode(const char *writer, const char *reader, const char *hex)
{
    return transcode_with(writer, reader, bytes_of(hex), NULL);
}

#endif
