/*
 * Errors: every fallible function returns 0 or a negative VF_E* code, and fills a
 * struct vf_error, where it takes one, with a sentence for people.
 */
#ifndef VF_BASE_ERROR_H
#define VF_BASE_ERROR_H

#include <stdarg.h>
#include <stddef.h>

/* X(name, number, phrase). Numbers are stable: they appear in dead-letter headers. */
#define VF_ERROR_LIST(X)                                                                           \
    X(ENOMEM, -1, "out of memory")                                                                 \
    X(EINVAL, -2, "invalid argument")                                                              \
    X(ELIMIT, -3, "limit exceeded")                                                                \
    X(EIO, -4, "input/output error")                                                               \
    X(ENOENT, -5, "not found")                                                                     \
    X(EAGAIN, -6, "try again later")                                                               \
    X(ETIMEDOUT, -7, "timed out")                                                                  \
    X(EACCES, -8, "access denied")                                                                 \
    X(ECONFIG, -10, "invalid configuration")                                                       \
    X(EUSAGE, -11, "wrong usage")                                                                  \
    X(EJSON, -20, "invalid JSON")                                                                  \
    X(ESCHEMA, -21, "invalid schema")                                                              \
    X(EINCOMPATIBLE, -22, "incompatible schemas")                                                  \
    X(ETRUNCATED, -23, "value ends too early")                                                     \
    X(ETRAILING, -24, "bytes left over after the value")                                           \
    X(EDATA, -25, "invalid data")                                                                  \
    X(EUTF8, -26, "invalid UTF-8")                                                                 \
    X(EFRAMING, -27, "unknown framing")                                                            \
    X(EUNKNOWNSCHEMA, -28, "unknown schema")                                                       \
    X(EEMPTY, -29, "empty value")                                                                  \
    X(EREFERENCE, -30, "invalid reference data")                                                   \
    X(EKAFKA, -40, "Kafka error")

enum vf_error_code {
    VF_OK = 0,
#define X(name, number, phrase) VF_##name = (number),
    VF_ERROR_LIST(X)
#undef X
};

struct vf_error {
    int code;       /* enum vf_error_code */
    char text[480]; /* NUL-terminated; UTF-8, cut at a character boundary; may be empty */
};

/* No error yet, in two stores: initializers clear all of the text, which counts where it is done
 * for every record. */
static inline void vf_error_clear(struct vf_error *err)
{
    err->code = VF_OK;
    err->text[0] = '\0';
}

/* Fills err (may be NULL) and returns code. */
int vf_error_set(struct vf_error *err, int code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Puts "format: " before the text already there; returns err->code. */
int vf_error_prefix(struct vf_error *err, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* "ETRUNCATED" for VF_ETRUNCATED; "UNKNOWN" for a number not in the list. */
const char *vf_error_name(int code);

/* The phrase of the list: "value ends too early". */
const char *vf_strerror(int code);

#endif
