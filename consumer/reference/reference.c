/* The snapshot's life and its plain look-ups. */
#include "base/memory.h"
#include "reference/reference_internal.h"

struct vf_reference *vf_reference_retain(struct vf_reference *reference)
{
    atomic_fetch_add_explicit(&reference->references, 1, memory_order_relaxed);
    return reference;
}

void vf_reference_release(struct vf_reference *reference)
{
    /* Release orders this thread's reads before the free; acquire makes the last one see all. */
    if (!reference ||
        atomic_fetch_sub_explicit(&reference->references, 1, memory_order_acq_rel) != 1)
        return;
    vf_map_release(&reference->iso3);
    vf_map_release(&reference->organization_ids);
    vf_arena_release(&reference->arena);
    vf_free(reference);
}

struct vf_slice vf_reference_snapshot(const struct vf_reference *reference)
{
    return vf_slice(reference->snapshot, VF_SNAPSHOT_TEXT);
}

size_t vf_reference_country_count(const struct vf_reference *reference)
{
    return reference->country_count;
}

size_t vf_reference_organization_count(const struct vf_reference *reference)
{
    return reference->organization_count;
}

size_t vf_reference_interval_count(const struct vf_reference *reference)
{
    return reference->interval_count;
}

size_t vf_reference_memory(const struct vf_reference *reference)
{
    return sizeof *reference + reference->arena.reserved +
           (reference->iso3.capacity + reference->organization_ids.capacity) *
               sizeof(struct vf_map_entry);
}

const struct vf_country *vf_reference_country(const struct vf_reference *reference,
                                              vf_country_index country)
{
    return &reference->countries[country];
}

const struct vf_organization *vf_reference_organization(const struct vf_reference *reference,
                                                        vf_organization_index organization)
{
    return &reference->organizations[organization];
}

vf_country_index vf_reference_find_iso3(const struct vf_reference *reference, struct vf_slice iso3)
{
    return (vf_country_index)vf_map_get(&reference->iso3, iso3);
}

vf_organization_index vf_reference_find_organization(const struct vf_reference *reference,
                                                     struct vf_slice id)
{
    return (vf_organization_index)vf_map_get(&reference->organization_ids, id);
}

vf_organization_index vf_reference_parliament_of(const struct vf_reference *reference,
                                                 vf_organization_index organization)
{
    return reference->rules[organization].parliament;
}

bool vf_reference_relation(const struct vf_reference *reference, vf_country_index a,
                           vf_country_index b, struct vf_relation *out)
{
    bool swapped = a > b;
    vf_country_index low = swapped ? b : a;
    vf_country_index high = swapped ? a : b;
    size_t from = 0;
    size_t to = reference->relation_count;

    while (from < to) {
        size_t middle = from + (to - from) / 2;
        const struct vf_relation_row *row = &reference->relations[middle];
        if (row->a == low && row->b == high) {
            *out = row->relation;
            if (swapped) {
                out->mission_a_in_b = row->relation.mission_b_in_a;
                out->mission_b_in_a = row->relation.mission_a_in_b;
            }
            return true;
        }
        if (row->a < low || (row->a == low && row->b < high))
            from = middle + 1;
        else
            to = middle;
    }
    return false;
}

const struct vf_name_index *vf_reference_names(const struct vf_reference *reference,
                                               enum vf_name_domain domain)
{
    return &reference->names[domain];
}

const struct vf_city *vf_reference_city(const struct vf_reference *reference, int32_t position)
{
    return &reference->cities[position];
}

size_t vf_reference_city_count(const struct vf_reference *reference)
{
    return reference->city_count;
}

const struct vf_collision *vf_reference_collisions(const struct vf_reference *reference,
                                                   size_t *count)
{
    *count = reference->collision_count;
    return reference->collisions;
}
