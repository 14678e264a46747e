
/*
 * Copyright (C) the moderate authors
 *
 * The short way to the text of a squeezed view: where it is taken it comes to
 * what the long one comes to, for the squeezed view and for the keys of the
 * joined one; and it is taken for what people write.
 */


#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <vet_rules.h>
#include <vet_words.h>

#include "guard.h"


#define POOL    (1 << 20)
#define RANDOM  400000
#define LONGEST 300


typedef struct {
    const char  *value;
    int          plain;     /* 0: the long way */
    int          odd;
} plain_case_t;


static int plain(vet_pool_t *pool, const char *value, size_t len, int *odd);
static void same(vet_str_t a, vet_str_t b, const char *value, size_t len);
static size_t make(char *value, uint32_t *seed);
static uint32_t next(uint32_t *seed);

static void test_cases(void **state);
static void test_random(void **state);
static void test_small_pool(void **state);


static guard_t          guard;
static vet_key_table_t  table;


static const plain_case_t  cases[] = {
    { "", 1, 0 },
    { " .,", 1, 0 },
    { "The light in our street has been out for 3 weeks, please!", 1, 0 },
    { "Đề nghị phường kiểm tra, xử lý. Cảm ơn cán bộ!!!", 1, 0 },
    { "gia hạn ở đâu? Ngày 30/6/2024, từ 8h đến 11h30 (thứ 2)", 1, 0 },
    { "I paid 5 a time", 1, 0 },
    { "1.000 000 đồng", 1, 0 },
    { "1. 2; 3 " "                                                        "
      "                                                        4", 1, 0 },
    { "freee money", 1, 1 },
    { "don't", 1, 1 },
    { "https://www.example.gov.vn/van-ban/nghi-dinh-15.html", 1, 1 },
    { "a-a-ha", 0, 0 },
    { "v i a g r a", 0, 0 },
    { "v.i.a.g.r.a", 0, 0 },
    { "c 4 s i n o", 0, 0 },
    { "c4sino", 0, 0 },
    { "8h/ng", 0, 0 },
    { "c@sino", 0, 0 },
    { "!nfo", 0, 0 },
    { "安全", 0, 0 },
    { "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
      "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", 0,
      0 },
    { "word ................................................................"
      "................................................................", 1,
      0 },
    { "word ................................................................"
      "................................................................ word",
      0, 0 },
};


/* Returns whether the short way was taken; then all of it is compared. */

static int
plain(vet_pool_t *pool, const char *value, size_t len, int *odd)
{
    int             rc;
    vet_key_t       key, own;
    vet_str_t       s, text;
    vet_view_t      folded, squeezed, joined;

    s = guard_copy(&guard, value, len);

    assert_int_equal(vet_view_build(pool, s, VET_VIEW_FOLDED_WORDS, &folded),
                     VET_OK);

    rc = vet_squeeze_plain(pool, &folded, &text, odd);

    if (rc != VET_OK) {
        assert_int_equal(rc, VET_DECLINED);
        return 0;
    }

    assert_int_equal(vet_view_build(pool, s, VET_VIEW_SQUEEZED, &squeezed),
                     VET_OK);
    assert_int_equal(vet_view_build(pool, s, VET_VIEW_JOINED, &joined),
                     VET_OK);

    same(text, squeezed.text, value, len);
    assert_int_equal(*odd, squeezed.odd);

    /* what is odd with accents is so without */

    assert_true(*odd || !joined.odd);

    assert_int_equal(vet_key_make(pool, &table, text, 1, &key), VET_OK);
    assert_int_equal(vet_key_make(pool, &table, joined.text, 1, &own),
                     VET_OK);

    same(key.text, own.text, value, len);

    return 1;
}


static void
same(vet_str_t a, vet_str_t b, const char *value, size_t len)
{
    if (a.len != b.len || memcmp(a.data, b.data, a.len) != 0) {
        fail_msg("\"%.*s\": \"%.*s\" is not \"%.*s\"", (int) len, value,
                 (int) a.len, a.data, (int) b.len, b.data);
    }
}


static void
test_cases(void **state)
{
    int          odd;
    size_t       i;
    vet_pool_t  *pool;

    (void) state;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        pool = vet_pool_create(POOL);
        odd = 0;

        if (plain(pool, cases[i].value, strlen(cases[i].value), &odd)
            != cases[i].plain || odd != cases[i].odd)
        {
            fail_msg("\"%s\": other than expected", cases[i].value);
        }

        vet_pool_destroy(pool);
    }
}


/* Words, numbers and signs, few of each, so that all meet all. */

static void
test_random(void **state)
{
    int          odd;
    char         value[LONGEST];
    size_t       i, n, len, taken, odds;
    uint32_t     seed;
    vet_pool_t  *pool;
    const char  *count;

    (void) state;

    count = getenv("PREFILTER_COUNT");
    n = (count == NULL) ? RANDOM : strtoul(count, NULL, 10);
    count = getenv("PREFILTER_SEED");
    seed = (count == NULL) ? 1 : (uint32_t) strtoul(count, NULL, 10);
    taken = 0;
    odds = 0;

    for (i = 0; i < n; i++) {
        pool = vet_pool_create(POOL);
        len = make(value, &seed);
        odd = 0;

        if (plain(pool, value, len, &odd)) {
            taken++;
            odds += (odd != 0);
        }

        vet_pool_destroy(pool);
    }

    /* or it is not what was to be tried */

    assert_true(taken > n / 10 && taken < n - n / 10);
    assert_true(odds > n / 50);
}


static size_t
make(char *value, uint32_t *seed)
{
    size_t       len, size;
    unsigned     k, many;
    const char  *s;

    static const char *const  pieces[] = {
        "a", "b", "l", "i", "n", "ba", "ab", "oo", "bob", "www", "word",
        "á", "à", "ằ", "đ", "Ă", "ñ", "ll", "quá", "ngã",
        "1", "5", "8h", "30", "2024", "0",
        " ", " ", " ", " ", " ", " ", " ", ". ", ", ", "  ",
        ".", "-", "/", "'", "!", "@", "$", "!!", "! ", "?", "://",
        "æ", "Ж", "\xcc\x81", "\xe2\x80\x8d", "安", "................"
    };

    size = next(seed) % (LONGEST - 20);
    len = 0;

    /* most have only what is ordinary */

    many = (next(seed) % 4 == 0)
           ? sizeof(pieces) / sizeof(pieces[0])
           : (next(seed) % 2 == 0) ? 47 : 40;

    while (len < size) {
        k = next(seed) % many;
        s = pieces[k];

        if (next(seed) % 3 == 0) {
            s = " word";
        }

        memcpy(value + len, s, strlen(s));
        len += strlen(s);
    }

    return len;
}


static uint32_t
next(uint32_t *seed)
{
    *seed = *seed * 1664525 + 1013904223;

    return *seed >> 8;
}


static void
test_small_pool(void **state)
{
    int          odd;
    size_t       max;
    vet_str_t    text;
    vet_pool_t  *pool;
    vet_view_t   view;

    (void) state;

    memset(&view, 0, sizeof(vet_view_t));
    view.text.data = (const unsigned char *) "a word";
    view.text.len = 6;

    for (max = 0; max < 64; max++) {
        pool = vet_pool_create(max);
        assert_int_equal(vet_squeeze_plain(pool, &view, &text, &odd),
                         VET_LIMIT);
        vet_pool_destroy(pool);
    }
}


int
main(void)
{
    int  failed;

    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_cases),
        cmocka_unit_test(test_random),
        cmocka_unit_test(test_small_pool),
    };

    guard_init(&guard, LONGEST);
    vet_key_table(&table);

    failed = cmocka_run_group_tests(tests, NULL, NULL);

    guard_done(&guard);

    return failed;
}
