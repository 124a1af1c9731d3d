#include "codec/wire_plan.h"

const struct wire_limits wire_limits_default = {
    .value_bytes = 16u << 20,
    .items = 1000000,
    .depth = 64,
};
