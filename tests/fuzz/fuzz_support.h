/*
 * What the fuzz targets share. Each target is a program of its own for libFuzzer.
 */
#ifndef FUZZ_SUPPORT_H
#define FUZZ_SUPPORT_H

#include "base/arena.h"
#include "base/buffer.h"
#include "codec/wire_json.h"
#include "codec/wire_plan.h"
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { FUZZ_ARENA_LIMIT = 8 << 20, FUZZ_BUFFER_LIMIT = 8 << 20 };

/* Small, so that large values do not slow down the search. */
static const struct wire_limits fuzz_limits = {.value_bytes = 1 << 16, .items = 4096, .depth = 64};

static inline void fuzz_require(bool holds, const char *what, const struct vf_error *err)
{
    if (holds)
        return;
    fprintf(stderr, "fuzz: %s: %s\n", what, err ? err->text : "");
    abort();
}

/* An error has the code that was returned, and a message. */
static inline void fuzz_check_error(int rc, const struct vf_error *err)
{
    fuzz_require(rc < 0 && err->code == rc && err->text[0], "an error without a message", err);
}

/* What was decoded can be written, encoded and decoded again to the same. */
static inline void fuzz_check_value(const struct wire_schema *schema, const void *value)
{
    struct wire_plan *plan;
    struct vf_arena arena;
    struct vf_buffer bytes;
    struct vf_buffer texts[2];
    struct vf_error err = {0};
    const void *values[2] = {value, NULL};
    void *again = calloc(1, wire_schema_size(schema) + 1);

    vf_arena_init(&arena, 4096, 4 * FUZZ_ARENA_LIMIT);
    vf_buffer_init(&bytes, FUZZ_BUFFER_LIMIT);
    fuzz_require(wire_encode(schema, value, &bytes, &err) == 0, "not encoded", &err);
    fuzz_require(wire_plan_compile(schema, schema, &plan, &err) == 0, "no plan", &err);
    fuzz_require(wire_decode(plan, vf_buffer_slice(&bytes), NULL, &arena, again, &err) == 0,
                 "not decoded again", &err);
    values[1] = again;
    int rc = 0;
    for (int i = 0; i < 2; i++) {
        vf_buffer_init(&texts[i], FUZZ_BUFFER_LIMIT);
        rc = rc ? rc : wire_json_write(schema, values[i], &texts[i], &err);
    }
    /* Types may nest deeper than JSON is written, and its text may be too long. */
    fuzz_require(rc == 0 || strstr(err.text, "nested deeper") || rc == VF_ENOMEM, "no JSON", &err);
    fuzz_require(rc || vf_slice_equal(vf_buffer_slice(&texts[0]), vf_buffer_slice(&texts[1])),
                 "another value", NULL);
    vf_buffer_release(&texts[0]);
    vf_buffer_release(&texts[1]);
    vf_buffer_release(&bytes);
    vf_arena_release(&arena);
    wire_plan_free(plan);
    free(again);
}

#endif
