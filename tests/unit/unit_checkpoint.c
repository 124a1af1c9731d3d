/* The checkpoint against the plainest model: a list of records with a mark each. */
#include "base/error.h"
#include "base/memory.h"
#include "kafka/checkpoint.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static struct vf_checkpoint_budget budget;

static struct vf_checkpoint new_checkpoint(uint32_t limit)
{
    struct vf_checkpoint checkpoint;
    budget = (struct vf_checkpoint_budget){.limit = 1 << 20};
    assert_int_equal(vf_checkpoint_init(&checkpoint, limit, &budget), 0);
    return checkpoint;
}

static uint64_t take(struct vf_checkpoint *checkpoint, int64_t offset)
{
    uint64_t sequence;
    assert_int_equal(vf_checkpoint_take(checkpoint, offset, &sequence), 0);
    return sequence;
}

static void test_moves_over_a_contiguous_head_only(void **state)
{
    struct vf_checkpoint checkpoint = new_checkpoint(64);
    uint64_t a = take(&checkpoint, 10);
    uint64_t b = take(&checkpoint, 11);
    uint64_t c = take(&checkpoint, 20); /* compaction left a gap */
    (void)state;
    assert_int_equal(checkpoint.next, 10);
    assert_true(vf_checkpoint_done(&checkpoint, b, 11));
    assert_int_equal(checkpoint.next, 10);
    assert_int_equal(checkpoint.waiting, 2);
    assert_true(vf_checkpoint_done(&checkpoint, a, 10));
    assert_int_equal(checkpoint.next, 12);
    assert_true(vf_checkpoint_done(&checkpoint, c, 20));
    assert_int_equal(checkpoint.next, 21);
    assert_int_equal(checkpoint.waiting, 0);
    vf_checkpoint_release(&checkpoint);
}

static void test_knows_nothing_at_first(void **state)
{
    struct vf_checkpoint checkpoint = new_checkpoint(64);
    (void)state;
    assert_int_equal(checkpoint.next, -1);
    assert_false(vf_checkpoint_done(&checkpoint, 0, 0));
    vf_checkpoint_advance(&checkpoint, 7);
    assert_int_equal(checkpoint.next, 7);
    vf_checkpoint_advance(&checkpoint, 3); /* never back */
    assert_int_equal(checkpoint.next, 7);
    take(&checkpoint, 8);
    vf_checkpoint_advance(&checkpoint, 9); /* not past what is in flight */
    assert_int_equal(checkpoint.next, 7);
    vf_checkpoint_release(&checkpoint);
}

static void test_refuses_twice_and_foreign(void **state)
{
    struct vf_checkpoint checkpoint = new_checkpoint(64);
    uint64_t a = take(&checkpoint, 0);
    uint64_t b = take(&checkpoint, 1);
    (void)state;
    assert_true(vf_checkpoint_done(&checkpoint, b, 1));
    assert_false(vf_checkpoint_done(&checkpoint, b, 1));
    assert_false(vf_checkpoint_done(&checkpoint, a, 5)); /* another offset */
    assert_false(vf_checkpoint_done(&checkpoint, b + 1, 2));
    assert_true(vf_checkpoint_done(&checkpoint, a, 0));
    assert_false(vf_checkpoint_done(&checkpoint, a, 0));
    assert_int_equal(checkpoint.waiting, 0);
    vf_checkpoint_release(&checkpoint);
}

static void test_untake(void **state)
{
    struct vf_checkpoint checkpoint = new_checkpoint(64);
    uint64_t a = take(&checkpoint, 5);
    uint64_t b = take(&checkpoint, 6);
    (void)state;
    vf_checkpoint_untake(&checkpoint);
    assert_int_equal(checkpoint.waiting, 1);
    assert_false(vf_checkpoint_has(&checkpoint, b, 6));
    assert_int_equal(take(&checkpoint, 6), b);
    assert_true(vf_checkpoint_done(&checkpoint, a, 5));
    assert_true(vf_checkpoint_done(&checkpoint, b, 6));
    assert_int_equal(checkpoint.next, 7);
    vf_checkpoint_release(&checkpoint);
}

static void test_reset_voids_old_sequences(void **state)
{
    struct vf_checkpoint checkpoint = new_checkpoint(64);
    uint64_t a = take(&checkpoint, 5);
    (void)state;
    vf_checkpoint_reset(&checkpoint);
    assert_int_equal(checkpoint.next, -1);
    assert_int_equal(checkpoint.waiting, 0);
    assert_false(vf_checkpoint_done(&checkpoint, a, 5));
    assert_true(take(&checkpoint, 3) != a);
    assert_int_equal(checkpoint.next, 3);
    vf_checkpoint_release(&checkpoint);
}

static void test_is_full_at_its_limit(void **state)
{
    enum { LIMIT = 256 };
    struct vf_checkpoint checkpoint = new_checkpoint(LIMIT);
    uint64_t sequence;
    (void)state;
    for (int i = 0; i < LIMIT; i++)
        take(&checkpoint, i);
    assert_int_equal(vf_checkpoint_take(&checkpoint, LIMIT, &sequence), VF_EAGAIN);
    assert_int_equal(checkpoint.waiting, LIMIT);
    for (uint64_t s = 1; s < LIMIT; s++)
        assert_true(vf_checkpoint_done(&checkpoint, s, (int64_t)s));
    /* The head is stuck: done or not, the ring has no place. */
    assert_int_equal(vf_checkpoint_take(&checkpoint, LIMIT, &sequence), VF_EAGAIN);
    assert_false(vf_checkpoint_roomy(&checkpoint));
    assert_true(vf_checkpoint_done(&checkpoint, 0, 0));
    assert_int_equal(checkpoint.next, LIMIT);
    assert_true(vf_checkpoint_roomy(&checkpoint));
    take(&checkpoint, LIMIT);
    vf_checkpoint_release(&checkpoint);
}

static void test_shares_a_budget(void **state)
{
    struct vf_checkpoint a;
    struct vf_checkpoint b;
    uint64_t sequence;
    (void)state;
    budget = (struct vf_checkpoint_budget){.limit = 64};
    assert_int_equal(vf_checkpoint_init(&a, 1024, &budget), 0);
    assert_int_equal(vf_checkpoint_init(&b, 1024, &budget), 0);
    for (int i = 0; i < 128; i++)
        take(&a, i);
    assert_int_equal(budget.used, 64);
    assert_int_equal(vf_checkpoint_take(&a, 128, &sequence), VF_EAGAIN);
    for (int i = 0; i < 64; i++)
        take(&b, i); /* its own small ring it always has */
    assert_int_equal(vf_checkpoint_take(&b, 64, &sequence), VF_EAGAIN);
    for (uint64_t s = 0; s < 128; s++)
        vf_checkpoint_done(&a, s, (int64_t)s);
    vf_checkpoint_trim(&a);
    assert_int_equal(budget.used, 0);
    take(&b, 64);
    assert_int_equal(budget.used, 64);
    vf_checkpoint_release(&b);
    vf_checkpoint_release(&a);
    assert_int_equal(budget.used, 0);
}

static void test_out_of_memory_loses_nothing(void **state)
{
    struct vf_checkpoint checkpoint = new_checkpoint(1024);
    struct vf_checkpoint other;
    uint64_t sequence;
    (void)state;
    for (int i = 0; i < VF_CHECKPOINT_RING_MIN; i++)
        take(&checkpoint, i);
    vf_memory_fail_after(1);
    assert_int_equal(vf_checkpoint_take(&checkpoint, 64, &sequence), VF_ENOMEM);
    assert_int_equal(vf_checkpoint_init(&other, 64, &budget), VF_ENOMEM);
    vf_checkpoint_release(&other);
    vf_memory_fail_after(0);
    assert_int_equal(take(&checkpoint, 64), VF_CHECKPOINT_RING_MIN);
    for (uint64_t s = 0; s <= 64; s++)
        assert_true(vf_checkpoint_done(&checkpoint, s, (int64_t)s));
    vf_memory_fail_after(1);
    vf_checkpoint_trim(&checkpoint); /* may stay large */
    vf_memory_fail_after(0);
    assert_int_equal(checkpoint.next, 65);
    vf_checkpoint_release(&checkpoint);
}

/* ---- random orders ---- */

enum { MODEL_MAX = 5000 };

struct model {
    int64_t offsets[MODEL_MAX];
    bool done[MODEL_MAX];
    size_t count;
};

static uint64_t random_state;

static uint32_t random_below(uint32_t n)
{
    random_state = random_state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(random_state >> 33) % n;
}

static int64_t model_next(const struct model *model)
{
    int64_t next = model->offsets[0];
    for (size_t i = 0; i < model->count && model->done[i]; i++)
        next = model->offsets[i] + 1;
    return next;
}

static size_t model_waiting(const struct model *model)
{
    size_t waiting = 0;
    for (size_t i = 0; i < model->count; i++)
        waiting += !model->done[i];
    return waiting;
}

static void random_run(uint64_t seed)
{
    static struct model model;
    static uint64_t sequences[MODEL_MAX];
    struct vf_checkpoint checkpoint = new_checkpoint(512);
    int64_t offset = random_below(1000);
    uint32_t bias = 20 + random_below(70); /* percent of takes: from starved to flooded */
    random_state = seed;
    model.count = 0;
    for (int step = 0; step < 4000; step++) {
        uint32_t dice = random_below(100);
        if (dice < bias && model.count < MODEL_MAX) {
            uint64_t sequence;
            offset += 1 + (random_below(10) == 0 ? random_below(100) : 0);
            int code = vf_checkpoint_take(&checkpoint, offset, &sequence);
            if (code == 0 && model.count > 0 && random_below(8) == 0) {
                vf_checkpoint_untake(&checkpoint);
                continue;
            }
            if (code == 0) {
                model.offsets[model.count] = offset;
                model.done[model.count] = false;
                sequences[model.count++] = sequence;
            } else {
                assert_int_equal(code, VF_EAGAIN);
            }
        } else if (model.count > 0) {
            /* Any record: mostly recent ones, some done before. */
            size_t reach = model.count < 600 ? model.count : 600;
            size_t i = model.count - 1 - random_below((uint32_t)reach);
            bool fresh = vf_checkpoint_done(&checkpoint, sequences[i], model.offsets[i]);
            assert_int_equal(fresh, !model.done[i]);
            model.done[i] = true;
        }
        if (random_below(50) == 0)
            vf_checkpoint_trim(&checkpoint);
        if (model.count > 0 && step % 16 == 0) {
            assert_int_equal(checkpoint.next, model_next(&model));
            assert_int_equal(checkpoint.waiting, model_waiting(&model));
        }
    }
    for (size_t i = 0; i < model.count; i++)
        vf_checkpoint_done(&checkpoint, sequences[i], model.offsets[i]);
    if (model.count > 0)
        assert_int_equal(checkpoint.next, model.offsets[model.count - 1] + 1);
    assert_int_equal(checkpoint.waiting, 0);
    vf_checkpoint_release(&checkpoint);
    assert_int_equal(budget.used, 0);
}

static void test_random_orders(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 60; seed++)
        random_run(seed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_moves_over_a_contiguous_head_only),
        cmocka_unit_test(test_knows_nothing_at_first),
        cmocka_unit_test(test_refuses_twice_and_foreign),
        cmocka_unit_test(test_untake),
        cmocka_unit_test(test_reset_voids_old_sequences),
        cmocka_unit_test(test_is_full_at_its_limit),
        cmocka_unit_test(test_shares_a_budget),
        cmocka_unit_test(test_out_of_memory_loses_nothing),
        cmocka_unit_test(test_random_orders),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
