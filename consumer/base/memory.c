#include "base/memory.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static atomic_ulong allocations;
static unsigned long fail_at; /* 0: never */

static bool fails(void)
{
    unsigned long n = atomic_fetch_add_explicit(&allocations, 1, memory_order_relaxed) + 1;
    return fail_at && n >= fail_at;
}

void *vf_malloc(size_t size)
{
    return fails() ? NULL : malloc(size ? size : 1);
}

void *vf_calloc(size_t count, size_t size)
{
    return fails() ? NULL : calloc(count ? count : 1, size ? size : 1);
}

void *vf_realloc(void *memory, size_t size)
{
    return fails() ? NULL : realloc(memory, size ? size : 1);
}

void vf_free(void *memory)
{
    free(memory);
}

char *vf_strdup(const char *text)
{
    if (!text)
        return NULL;
    size_t size = strlen(text) + 1;
    char *copy = vf_malloc(size);
    return copy ? memcpy(copy, text, size) : NULL;
}

void vf_memory_fail_after(unsigned long n)
{
    fail_at = n ? atomic_load(&allocations) + n : 0;
}

unsigned long vf_memory_count(void)
{
    return atomic_load(&allocations);
}
