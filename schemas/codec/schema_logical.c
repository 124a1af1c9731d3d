#include "codec/wire_impl.h"

static const struct {
    const char *name;
    enum wire_logical logical;
    enum wire_kind kind;
    size_t fixed_size; /* bytes; 0: any */
} logical_types[] = {
    {"decimal", WIRE_LOGICAL_DECIMAL, WIRE_BYTES, 0},
    {"decimal", WIRE_LOGICAL_DECIMAL, WIRE_FIXED, 0},
    {"uuid", WIRE_LOGICAL_UUID, WIRE_STRING, 0},
    {"uuid", WIRE_LOGICAL_UUID, WIRE_FIXED, 16},
    {"date", WIRE_LOGICAL_DATE, WIRE_INT, 0},
    {"time-millis", WIRE_LOGICAL_TIME_MILLIS, WIRE_INT, 0},
    {"time-micros", WIRE_LOGICAL_TIME_MICROS, WIRE_LONG, 0},
    {"timestamp-millis", WIRE_LOGICAL_TIMESTAMP_MILLIS, WIRE_LONG, 0},
    {"timestamp-micros", WIRE_LOGICAL_TIMESTAMP_MICROS, WIRE_LONG, 0},
    {"timestamp-nanos", WIRE_LOGICAL_TIMESTAMP_NANOS, WIRE_LONG, 0},
    {"local-timestamp-millis", WIRE_LOGICAL_LOCAL_TIMESTAMP_MILLIS, WIRE_LONG, 0},
    {"local-timestamp-micros", WIRE_LOGICAL_LOCAL_TIMESTAMP_MICROS, WIRE_LONG, 0},
    {"local-timestamp-nanos", WIRE_LOGICAL_LOCAL_TIMESTAMP_NANOS, WIRE_LONG, 0},
    {"duration", WIRE_LOGICAL_DURATION, WIRE_FIXED, 12},
};
enum { LOGICAL_TYPES = sizeof logical_types / sizeof *logical_types };

const char *wire_logical_name(enum wire_logical logical)
{
    for (size_t i = 0; i < LOGICAL_TYPES; i++)
        if (logical_types[i].logical == logical)
            return logical_types[i].name;
    return NULL;
}

/* Greatest number of decimal digits that any two's complement number of that size can hold. */
static size_t digits_of_bytes(size_t size)
{
    return size == 0 ? 0 : (size_t)((double)(size * 8 - 1) * 0.30102999566398120);
}

void wire_logical_parse(const json_t *json, struct wire_type *type)
{
    const json_t *name = json_object_get(json, "logicalType");
    const json_t *precision = json_object_get(json, "precision");
    const json_t *scale = json_object_get(json, "scale");

    for (size_t i = 0; json_is_string(name) && i < LOGICAL_TYPES; i++) {
        if (strcmp(json_string_value(name), logical_types[i].name) != 0 ||
            type->kind != logical_types[i].kind ||
            (logical_types[i].fixed_size && logical_types[i].fixed_size != type->of.bytes.size))
            continue;
        type->logical = logical_types[i].logical;
    }
    if (type->logical != WIRE_LOGICAL_DECIMAL)
        return;
    json_int_t digits = json_integer_value(precision);
    json_int_t after = json_integer_value(scale);
    if (digits < 1 || digits > INT32_MAX || after < 0 || after > digits ||
        (scale && !json_is_integer(scale)) ||
        (type->kind == WIRE_FIXED && (size_t)digits > digits_of_bytes(type->of.bytes.size))) {
        type->logical = WIRE_LOGICAL_NONE;
        return;
    }
    type->of.bytes.precision = (uint32_t)digits;
    type->of.bytes.scale = (uint32_t)after;
}
