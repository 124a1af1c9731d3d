/*
 * The one way to the system's allocator, so that tests can make it fail at any call.
 */
#ifndef VF_BASE_MEMORY_H
#define VF_BASE_MEMORY_H

#include <stddef.h>

void *vf_malloc(size_t size);
void *vf_calloc(size_t count, size_t size);
void *vf_realloc(void *memory, size_t size);
void vf_free(void *memory);
/* NUL-terminated copy; NULL on failure or when text is NULL. */
char *vf_strdup(const char *text);

/* Tests only: the n-th allocation from now fails, and all after it, until called with 0.
 * Not thread-safe. */
void vf_memory_fail_after(unsigned long n);
/* Allocations since the process began (malloc, calloc, realloc); for "none per event" tests. */
unsigned long vf_memory_count(void);

#endif
