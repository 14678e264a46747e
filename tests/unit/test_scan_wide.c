
/*
 * Copyright (C) the moderate authors
 *
 * The filter of literals asked for eight places at once, and for one: the same
 * places are noted, also where the processor has only the second.
 */


#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <vet_stretch.h>

#include "guard.h"


#define ROUNDS   3000
#define LONGEST  400


static int may(const vet_table_t *table, vet_str_t text, size_t i,
    size_t width);
static void marks(const uint32_t *places, size_t n, unsigned char *seen);
static size_t steps(const vet_table_t *table, const vet_kind_t *kind,
    vet_str_t text);
static size_t behind(const vet_table_t *table, const vet_kind_t *kind,
    vet_str_t text, uint32_t *seed);
static uint32_t next(uint32_t *seed);

static void test_places(void **state);


static guard_t   guard;
static uint32_t  filter[1 << 8];


static int
may(const vet_table_t *table, vet_str_t text, size_t i, size_t width)
{
    size_t    slot;
    uint32_t  hash, bits;

    hash = vet_stretch_hash(vet_stretch(text.data + i, width));
    slot = vet_stretch_slot(table, hash);
    bits = vet_stretch_bits(slot, hash);

    return (table->filter[slot >> VET_FILTER_WORD] & bits) == bits;
}


static void
marks(const uint32_t *places, size_t n, unsigned char *seen)
{
    size_t  i;

    for (i = 0; i < n; i++) {
        assert_true(places[i] < LONGEST && !seen[places[i]]);
        seen[places[i]] = 1;
    }
}


/* Places a step apart; returns how many were noted. */

static size_t
steps(const vet_table_t *table, const vet_kind_t *kind, vet_str_t text)
{
    size_t         i, k, n, end;
    uint32_t       places[VET_SCAN_PLACES];
    unsigned char  seen[LONGEST];

    memset(seen, 0, sizeof(seen));
    n = 0;

    end = vet_scan_wide(table, kind, text, 0, places, &n);
    marks(places, n, seen);

    for (i = 0, k = 0; i < end; i += kind->step) {
        assert_int_equal(seen[i], may(table, text, i, kind->width));
        k += seen[i];
    }

    assert_int_equal(n, k);

    return n;
}


/* The same with places that are given. */

static size_t
behind(const vet_table_t *table, const vet_kind_t *kind, vet_str_t text,
    uint32_t *seed)
{
    size_t         i, n, all, end;
    uint32_t       words[VET_SCAN_PLACES], places[VET_SCAN_PLACES];
    unsigned char  seen[LONGEST];

    memset(seen, 0, sizeof(seen));
    n = 0;

    for (all = 0, i = 1; all < VET_SCAN_PLACES && i < text.len; all++) {
        words[all] = (uint32_t) i;
        i += 1 + next(seed) % 9;
    }

    end = vet_scan_wide_words(table, kind->width, text, words, all, places,
                              &n);
    marks(places, n, seen);

    for (i = 0; i < end; i++) {
        assert_int_equal(seen[words[i]], may(table, text, words[i],
                                             kind->width));
    }

    return n;
}


static void
test_places(void **state)
{
    char               bytes[LONGEST];
    size_t             i, round, noted;
    uint32_t           seed;
    vet_str_t          text;
    vet_table_t        table;
    const vet_kind_t  *kind;

    (void) state;

    memset(&table, 0, sizeof(vet_table_t));
    table.filter = filter;
    table.bits = 13;
    seed = 1;
    noted = 0;

    for (round = 0; round < ROUNDS; round++) {
        kind = &vet_kinds[round % VET_TABLES];
        text.len = next(&seed) % LONGEST;

        for (i = 0; i < sizeof(filter) / sizeof(filter[0]); i++) {
            filter[i] = next(&seed) << 16 & next(&seed) << 12;
        }

        for (i = 0; i < text.len; i++) {
            bytes[i] = (char) ("abA \xc3"[next(&seed) % 5] ^ (round % 4));
        }

        text = guard_copy(&guard, bytes, text.len);

        noted += (kind->step != 0) ? steps(&table, kind, text)
                                   : behind(&table, kind, text, &seed);
    }

#if defined(__x86_64__)
    assert_true(!__builtin_cpu_supports("avx2") || noted > ROUNDS);
#endif
}


static uint32_t
next(uint32_t *seed)
{
    *seed = *seed * 1664525 + 1013904223;

    return *seed >> 8;
}


int
main(void)
{
    int  failed;

    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_places),
    };

    guard_init(&guard, LONGEST);
    failed = cmocka_run_group_tests(tests, NULL, NULL);
    guard_done(&guard);

    return failed;
}
