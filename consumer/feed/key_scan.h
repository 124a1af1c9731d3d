/*
 * The keys of a JSON object's first level, found without parsing the values: enough to tell one
 * kind of record from another before its reader is chosen. Text that is no JSON gives fewer keys
 * or odd ones, never a wrong memory access.
 */
#ifndef VF_FEED_KEY_SCAN_H
#define VF_FEED_KEY_SCAN_H

#include "base/slice.h"

struct vf_key_scan {
    struct vf_slice text;
    size_t at;
    size_t depth;
    bool key_next; /* behind "{" or "," */
};

void vf_key_scan_begin(struct vf_key_scan *scan, struct vf_slice text);
/* The next key, between its quotes and with its escapes as they are, borrowed from the text.
 * False at the end. */
bool vf_key_scan_next(struct vf_key_scan *scan, struct vf_slice *key);

#endif
