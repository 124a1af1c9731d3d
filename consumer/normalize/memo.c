#include "normalize/memo.h"

#include "base/error.h"
#include "base/memory.h"
#define XXH_INLINE_ALL
#include <xxhash.h>

enum { WAYS = 8, SETS = VF_MEMO_SLOTS / WAYS };

struct slot {
    uint64_t hash;
    uint64_t salt;
    uint16_t text_len;
    uint8_t kind;
    char bytes[VF_MEMO_TEXT_MAX + VF_MEMO_ANSWER_MAX]; /* the text and, right behind it, the
                                                          answer: in as few cache lines as can be */
};

/* What a look-up reads first: one cache line tells which slot may hold the key. */
struct set {
    uint32_t tags[WAYS]; /* of the hashes; 0: free */
    uint32_t used[WAYS]; /* when, by the memo's count of look-ups */
};

struct vf_memo {
    struct set sets[SETS];
    struct slot slots[SETS][WAYS];
    uint32_t lookups;
    const void *reference;
    char snapshot[64];
    size_t snapshot_len;
};

int vf_memo_create(struct vf_memo **out)
{
    *out = vf_calloc(1, sizeof **out);
    return *out ? VF_OK : VF_ENOMEM;
}

void vf_memo_free(struct vf_memo *memo)
{
    vf_free(memo);
}

void vf_memo_forget(struct vf_memo *memo)
{
    if (!memo)
        return;
    memset(memo->sets, 0, sizeof memo->sets);
    memo->reference = NULL;
    memo->snapshot_len = 0;
}

void vf_memo_bind(struct vf_memo *memo, const void *reference, struct vf_slice snapshot)
{
    if (!memo || (memo->reference == reference && memo->snapshot_len == snapshot.len &&
                  !memcmp(memo->snapshot, snapshot.ptr, snapshot.len)))
        return;
    memset(memo->sets, 0, sizeof memo->sets);
    memo->reference = reference;
    memo->snapshot_len = snapshot.len < sizeof memo->snapshot ? snapshot.len : 0;
    memcpy(memo->snapshot, snapshot.ptr, memo->snapshot_len);
}

static bool fits(const struct vf_memo *memo, const struct vf_memo_key *key, size_t size)
{
    return memo && key->text.len && key->text.len <= VF_MEMO_TEXT_MAX && size <= VF_MEMO_ANSWER_MAX;
}

static uint32_t tag_of(uint64_t hash)
{
    return (uint32_t)(hash >> 32) | 1;
}

static bool holds(const struct slot *slot, const struct vf_memo_key *key)
{
    return slot->hash == key->hash && slot->salt == key->salt && slot->kind == key->kind &&
           slot->text_len == key->text.len && !memcmp(slot->bytes, key->text.ptr, key->text.len);
}

bool vf_memo_find(struct vf_memo *memo, struct vf_memo_key *key, void *answer, size_t size)
{
    if (!fits(memo, key, size))
        return false;
    key->hash = XXH3_64bits_withSeed(key->text.ptr, key->text.len, key->salt + key->kind);
    size_t s = key->hash % SETS;
    memo->lookups++;
    for (size_t i = 0; i < WAYS; i++) {
        if (memo->sets[s].tags[i] != tag_of(key->hash) || !holds(&memo->slots[s][i], key))
            continue;
        memo->sets[s].used[i] = memo->lookups;
        memcpy(answer, memo->slots[s][i].bytes + key->text.len, size);
        return true;
    }
    return false;
}

void vf_memo_keep(struct vf_memo *memo, const struct vf_memo_key *key, const void *answer,
                  size_t size)
{
    if (!fits(memo, key, size))
        return;
    struct set *set = &memo->sets[key->hash % SETS];
    size_t oldest = 0;
    for (size_t i = 0; i < WAYS && set->tags[oldest]; i++) /* differences: the count goes round */
        if (!set->tags[i] || memo->lookups - set->used[i] > memo->lookups - set->used[oldest])
            oldest = i;
    struct slot *slot = &memo->slots[key->hash % SETS][oldest];
    set->tags[oldest] = tag_of(key->hash);
    set->used[oldest] = memo->lookups;
    slot->hash = key->hash;
    slot->salt = key->salt;
    slot->kind = key->kind;
    slot->text_len = (uint16_t)key->text.len;
    memcpy(slot->bytes, key->text.ptr, key->text.len);
    memcpy(slot->bytes + key->text.len, answer, size);
}
