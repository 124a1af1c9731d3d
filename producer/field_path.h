/*
 * Fields of decoded values by a path such as stops.city, which goes through records, maps (by
 * key) and arrays (any item). Scalars come as texts.
 */
#ifndef VF_PRODUCER_FIELD_PATH_H
#define VF_PRODUCER_FIELD_PATH_H

#include "base/slice.h"
#include "codec/wire_type.h"

/* text: borrowed during the call; ptr NULL: the field is null. True: that is enough. */
typedef bool (*vf_field_visit)(void *owner, struct vf_slice text);

/* Visits each scalar at the path until one is enough; whether one was. */
bool vf_field_find(const struct wire_type *type, const void *value, struct vf_slice path,
                   vf_field_visit visit, void *owner);

#endif
