
/*
 * Copyright (C) the moderate authors
 */


#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "vet.h"
#include "vet_pool.h"


static void test_sizes(void **state);
static void test_sizes_mapped(void **state);
static void sizes_of(vet_pool_t *pool);
static void test_maximum(void **state);
static void test_overflow(void **state);
static void test_zero(void **state);
static void test_mapped(void **state);
static void test_zeros(void **state);
static void paused(void *data);
static void test_rest(void **state);
static void test_reuse(void **state);
static void test_within(void **state);


/* Allocations of all sizes are aligned, writable and apart from each other. */

static void
test_sizes(void **state)
{
    (void) state;

    sizes_of(vet_pool_create(SIZE_MAX));
}


static void
test_sizes_mapped(void **state)
{
    (void) state;

    sizes_of(vet_pool_create_mapped(SIZE_MAX));
}


static void
sizes_of(vet_pool_t *pool)
{
    size_t          i, n, size;
    unsigned char  *p[600];
    size_t          sizes[600];

    assert_non_null(pool);

    n = 0;

    for (size = 1; n < 600; size += 1 + size / 16) {
        sizes[n] = size % 300000;
        p[n] = vet_palloc(pool, sizes[n]);
        assert_non_null(p[n]);
        assert_int_equal((uintptr_t) p[n] % _Alignof(max_align_t), 0);
        memset(p[n], (int) (n & 0xff), sizes[n]);
        n++;

        if (size > 300000) {
            size = 1;
        }
    }

    while (n > 0) {
        n--;

        for (i = 0; i < sizes[n]; i++) {
            assert_int_equal(p[n][i], n & 0xff);
        }
    }

    assert_false(vet_pool_exhausted(pool));
    vet_pool_destroy(pool);
    vet_pool_destroy(NULL);
}


/* Whatever the pieces are, max bytes are handed out and not one more. */

static void
test_maximum(void **state)
{
    size_t       max, size, total;
    vet_pool_t  *pool;

    (void) state;

    for (max = 0; max < 40000; max = max * 2 + 1) {
        for (size = 1; size < 20000; size = size * 3 + 1) {

            pool = vet_pool_create(max);
            assert_non_null(pool);

            for (total = 0; total + size <= max; total += size) {
                assert_non_null(vet_palloc(pool, size));
                assert_false(vet_pool_exhausted(pool));
            }

            assert_null(vet_palloc(pool, size));
            assert_true(vet_pool_exhausted(pool));

            /* a smaller one may still fit, and it stays known */

            if (max > total) {
                assert_non_null(vet_palloc(pool, max - total));
            }

            assert_null(vet_palloc(pool, 1));
            assert_true(vet_pool_exhausted(pool));

            vet_pool_destroy(pool);
        }
    }
}


static void
test_overflow(void **state)
{
    vet_pool_t  *pool;

    (void) state;

    pool = vet_pool_create(1000);
    assert_non_null(pool);

    assert_non_null(vet_palloc(pool, 600));
    assert_null(vet_palloc(pool, SIZE_MAX));
    assert_null(vet_palloc(pool, SIZE_MAX - 599));
    assert_null(vet_pcalloc(pool, SIZE_MAX / 2));
    assert_non_null(vet_palloc(pool, 400));

    vet_pool_destroy(pool);

    /* the maximum allows it, memory does not */

    pool = vet_pool_create(SIZE_MAX);
    assert_non_null(pool);

    assert_null(vet_palloc(pool, SIZE_MAX));
    assert_null(vet_palloc(pool, SIZE_MAX - 8));
    assert_false(vet_pool_exhausted(pool));

    vet_pool_destroy(pool);
}


static void
test_zero(void **state)
{
    size_t          i, size;
    vet_pool_t     *pool;
    unsigned char  *p, *q;

    (void) state;

    pool = vet_pool_create(100000);
    assert_non_null(pool);

    for (size = 1; size < 10000; size *= 3) {
        p = vet_pcalloc(pool, size);
        assert_non_null(p);

        for (i = 0; i < size; i++) {
            assert_int_equal(p[i], 0);
        }
    }

    /* nothing is something, so that it has an end */

    p = vet_palloc(pool, 0);
    q = vet_palloc(pool, 0);
    assert_non_null(p);
    assert_non_null(q);
    assert_ptr_not_equal(p, q);

    vet_pool_destroy(pool);

    pool = vet_pool_create(0);
    assert_non_null(pool);
    assert_null(vet_palloc(pool, 0));
    assert_true(vet_pool_exhausted(pool));
    vet_pool_destroy(pool);
}


/* large or not, it counts against the maximum and goes with the pool */

static void
test_mapped(void **state)
{
    unsigned char  *small, *large;
    vet_pool_t     *pool;

    (void) state;

    pool = vet_pool_create(3 * 1024 * 1024);
    assert_non_null(pool);

    small = vet_palloc_mapped(pool, 100);
    large = vet_palloc_mapped(pool, 2 * 1024 * 1024);

    assert_non_null(small);
    assert_non_null(large);
    assert_int_equal((uintptr_t) large % _Alignof(max_align_t), 0);

    memset(small, 'a', 100);
    memset(large, 'b', 2 * 1024 * 1024);
    assert_int_equal(small[99], 'a');
    assert_int_equal(large[2 * 1024 * 1024 - 1], 'b');

    assert_null(vet_palloc_mapped(pool, 2 * 1024 * 1024));
    assert_true(vet_pool_exhausted(pool));
    assert_null(vet_palloc_mapped(pool, SIZE_MAX));

    vet_pool_destroy(pool);
}


/* What is handed out as zeros is, behind what was written and once more. */

static void
test_zeros(void **state)
{
    size_t          i, k, size;
    unsigned        round;
    vet_pool_t     *pool, *within;
    unsigned char  *p;

    (void) state;

    within = vet_pool_create(SIZE_MAX);
    assert_non_null(within);

    for (k = 0; k < 2; k++) {
        pool = (k == 0) ? vet_pool_create_mapped(SIZE_MAX)
                        : vet_pool_create_work();
        assert_non_null(pool);

        for (round = 0; round < 3; round++) {
            vet_pool_begin(pool, within);

            for (size = 1; size < 3 * 1024 * 1024; size = 3 * size + 1) {
                p = vet_pcalloc(pool, size);
                assert_non_null(p);

                for (i = 0; i < size; i++) {
                    assert_true(p[i] == 0);
                }

                memset(p, 0xff, size);
                p = vet_palloc(pool, size);
                assert_non_null(p);
                memset(p, 0xff, size);
            }
        }

        vet_pool_destroy(pool);
    }

    vet_pool_destroy(within);
}


static void
paused(void *data)
{
    (*(unsigned *) data)++;
}


static void
test_rest(void **state)
{
    unsigned     times;
    vet_rest_t   rest;
    vet_pool_t  *pool;

    (void) state;

    times = 0;
    rest.handler = paused;
    rest.data = &times;

    pool = vet_pool_create(1000);
    assert_non_null(pool);

    vet_pool_pause(pool);
    assert_non_null(vet_palloc(pool, 1));
    assert_int_equal(times, 0);

    vet_pool_rest(pool, &rest);
    assert_non_null(vet_palloc(pool, 1));
    assert_non_null(vet_pcalloc(pool, 1));
    assert_null(vet_palloc(pool, 1000));
    vet_pool_pause(pool);
    assert_int_equal(times, 4);

    vet_pool_rest(pool, NULL);
    assert_non_null(vet_palloc(pool, 1));
    vet_pool_pause(pool);
    assert_int_equal(times, 4);

    vet_pool_destroy(pool);
}


/*
 * A pool that was used is as a new one, with the maximum it is given then; and
 * no more are kept than may be.  With sanitizers none is kept, and only the
 * interface is tried; t/ with the plain module goes through the rest.
 */

static void
test_reuse(void **state)
{
    size_t        i, n;
    vet_pool_t   *pool, *many[VET_POOLS_SPARE + 2];
    vet_pools_t   spare;

    (void) state;

    memset(&spare, 0, sizeof(vet_pools_t));

    for (i = 0; i < 3; i++) {
        pool = vet_pool_reuse(&spare, 100000 >> i);
        assert_non_null(pool);
        assert_int_equal(spare.n, 0);
        assert_null(vet_palloc(pool, (100000 >> i) + 1));
        assert_true(vet_pool_exhausted(pool));
        vet_pool_spare(&spare, pool);

        pool = vet_pool_reuse(&spare, 100000 >> i);
        assert_non_null(pool);
        assert_false(vet_pool_exhausted(pool));

        for (n = 0; n < (size_t) (100000 >> i); n += 1000) {
            assert_non_null(memset(vet_palloc(pool, 1000), 'a', 1000));
        }

        assert_false(vet_pool_exhausted(pool));
        vet_pool_spare(&spare, pool);
    }

    for (i = 0; i < VET_POOLS_SPARE + 2; i++) {
        many[i] = vet_pool_reuse(&spare, 1000);
        assert_non_null(many[i]);
        assert_non_null(vet_palloc(many[i], 1000));
    }

    for (i = 0; i < VET_POOLS_SPARE + 2; i++) {
        vet_pool_spare(&spare, many[i]);
    }

    assert_true(spare.n <= VET_POOLS_SPARE);

    /* those of others, and none */

    vet_pool_spare(&spare, vet_pool_create(10));
    vet_pool_spare(&spare, NULL);
    assert_true(spare.n <= VET_POOLS_SPARE);

    vet_pools_free(&spare);
    assert_int_equal(spare.n, 0);
    assert_null(spare.first);
}


/* What is taken within another pool is at most what that has left. */

static void
test_within(void **state)
{
    vet_pool_t  *work, *pool;

    (void) state;

    work = vet_pool_create_work();
    pool = vet_pool_create(1000);
    assert_true(work != NULL && pool != NULL);

    assert_non_null(vet_palloc(pool, 400));
    vet_pool_begin(work, pool);
    assert_non_null(vet_palloc(work, 600));
    vet_pool_end(work, pool);
    assert_false(vet_pool_exhausted(pool));

    assert_null(vet_palloc(work, 1));
    vet_pool_end(work, pool);
    assert_true(vet_pool_exhausted(pool));

    vet_pool_begin(work, pool);
    assert_false(vet_pool_exhausted(work));
    assert_non_null(vet_palloc(work, 600));

    vet_pool_destroy(work);
    vet_pool_destroy(pool);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_sizes),
        cmocka_unit_test(test_sizes_mapped),
        cmocka_unit_test(test_maximum),
        cmocka_unit_test(test_overflow),
        cmocka_unit_test(test_zero),
        cmocka_unit_test(test_reuse),
        cmocka_unit_test(test_within),
        cmocka_unit_test(test_mapped),
        cmocka_unit_test(test_zeros),
        cmocka_unit_test(test_rest),
    };

    return cmocka_run_group_tests_name("pool", tests, NULL, NULL);
}
