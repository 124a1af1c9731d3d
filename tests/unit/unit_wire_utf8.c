/*
 * Which texts are UTF-8: the check by blocks against the one that reads a character at a time.
 */
#include "test_support.h"

#include "codec/wire_utf8.h"
#include <stdlib.h>

enum { LENGTH_MAX = 72 /* bytes: several blocks of any size the check may use */ };

/* The same bytes with nothing around them that may be read. */
static bool check_exactly(const char *text, size_t len)
{
    char *copy = malloc(len ? len : 1);

    assert_non_null(copy);
    memcpy(copy, text, len);
    bool valid = wire_utf8_check(copy, len);
    bool expected = wire_utf8_prefix(copy, len) == len;
    if (valid != expected)
        fail_msg("%zu bytes beginning with %02x: %s", len, len ? (unsigned char)copy[0] : 0,
                 valid ? "taken" : "refused");
    free(copy);
    return valid;
}

/* Repeats a text up to LENGTH_MAX bytes. */
static void fill(char *into, const char *text)
{
    size_t len = strlen(text);
    for (size_t i = 0; i < LENGTH_MAX; i++)
        into[i] = text[i % len];
}

static const char *const texts[] = {
    "plain",
    "\xc3\xa9t\xc3\xa9 ",                    /* two bytes, and ASCII */
    "\xd0\x9c\xd0\xb8\xd1\x80",              /* two bytes only */
    "\xe2\x80\x9cquoted\xe2\x80\x9d ",       /* three */
    "\xe6\xbc\xa2\xe5\xad\x97",              /* three only */
    "\xf0\x9f\x98\x80\xf4\x8f\xbf\xbf",      /* four, up to the last character */
    "a\xc2\x80\xe0\xa0\x80\xf0\x90\x80\x80", /* the first of each length */
    "\xed\x9f\xbf\xee\x80\x80z",             /* around the surrogates */
};

static void texts_of_any_length(void **state)
{
    char text[LENGTH_MAX];
    size_t valid = 0;

    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        fill(text, texts[i]);
        for (size_t len = 0; len <= LENGTH_MAX; len++)
            valid += check_exactly(text, len);
    }
    assert_true(valid > LENGTH_MAX); /* those that end within a character are not */
}

static void one_wrong_byte_anywhere(void **state)
{
    static const unsigned char bytes[] = {0x00, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf,
                                          0xc0, 0xc1, 0xc2, 0xdf, 0xe0, 0xe1, 0xed, 0xef,
                                          0xf0, 0xf1, 0xf3, 0xf4, 0xf5, 0xf8, 0xff};
    static const size_t lengths[] = {1,  2,  3,  8,  9,  11, 14, 15, 16, 17, 18,
                                     19, 20, 31, 32, 33, 34, 35, 36, 48, 51, LENGTH_MAX};
    size_t refused = 0;

    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        for (size_t l = 0; l < sizeof lengths / sizeof *lengths; l++)
            for (size_t at = 0; at < lengths[l]; at++)
                for (size_t b = 0; b < sizeof bytes; b++) {
                    char text[LENGTH_MAX];
                    fill(text, texts[i]);
                    text[at] = (char)bytes[b];
                    refused += !check_exactly(text, lengths[l]);
                }
    assert_true(refused > 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts_of_any_length),
        cmocka_unit_test(one_wrong_byte_anywhere),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
