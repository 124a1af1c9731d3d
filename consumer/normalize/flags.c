#include "normalize/flags.h"

struct vf_slice vf_flag_name(enum vf_flag flag)
{
    static const struct vf_slice names[] = {
#define X(name, meaning) VF_SLICE_LITERAL(#name),
        VF_FLAG_LIST(X)
#undef X
    };
    return names[flag];
}

const char *vf_flag_meaning(enum vf_flag flag)
{
    static const char *const meanings[] = {
#define X(name, meaning) meaning,
        VF_FLAG_LIST(X)
#undef X
    };
    return meanings[flag];
}
