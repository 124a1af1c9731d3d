#include "base/nearest.h"

/* More than half of the letters wrong, or more than three, is another word. */
static unsigned threshold(size_t len)
{
    return len / 2 < 3 ? (unsigned)(len / 2) : 3;
}

/* Levenshtein distance of two words of at most VF_NEAREST_WORD_MAX bytes. */
static unsigned edit_distance(struct vf_slice a, struct vf_slice b)
{
    unsigned row[VF_NEAREST_WORD_MAX + 1];

    for (unsigned j = 0; j <= b.len; j++)
        row[j] = j;
    for (size_t i = 1; i <= a.len; i++) {
        unsigned diagonal = row[0];
        row[0] = (unsigned)i;
        for (size_t j = 1; j <= b.len; j++) {
            unsigned change = diagonal + (a.ptr[i - 1] != b.ptr[j - 1]);
            unsigned best = (row[j] < row[j - 1] ? row[j] : row[j - 1]) + 1;
            diagonal = row[j];
            row[j] = change < best ? change : best;
        }
    }
    return row[b.len];
}

void vf_nearest_begin(struct vf_nearest *nearest, struct vf_slice wanted)
{
    if (wanted.len > VF_NEAREST_WORD_MAX)
        wanted.len = VF_NEAREST_WORD_MAX;
    *nearest = (struct vf_nearest){wanted, NULL, threshold(wanted.len) + 1};
}

void vf_nearest_offer(struct vf_nearest *nearest, const char *word)
{
    struct vf_slice candidate = vf_slice_of(word);

    if (candidate.len > VF_NEAREST_WORD_MAX)
        return;
    unsigned distance = edit_distance(nearest->wanted, candidate);
    if (distance < nearest->distance) {
        nearest->distance = distance;
        nearest->word = word;
    }
}
