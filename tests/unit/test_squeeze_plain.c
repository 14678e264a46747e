
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
#include "rule_case.h"


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
static void test_phrases(void **state);
static size_t phrases(char *value, uint32_t *seed);
static size_t number(const char *name, size_t value);


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
    vet_key_t       own;
    vet_str_t       s, key;
    vet_plain_t     short_way;
    vet_view_t      folded, squeezed, joined;

    s = guard_copy(&guard, value, len);

    assert_int_equal(vet_view_build(pool, s, VET_VIEW_FOLDED_WORDS, &folded),
                     VET_OK);

    rc = vet_squeeze_plain(pool, &folded, &short_way);

    if (rc != VET_OK) {
        assert_int_equal(rc, VET_DECLINED);
        return 0;
    }

    assert_int_equal(vet_view_build(pool, s, VET_VIEW_SQUEEZED, &squeezed),
                     VET_OK);
    assert_int_equal(vet_view_build(pool, s, VET_VIEW_JOINED, &joined),
                     VET_OK);

    *odd = short_way.odd;
    same(short_way.text, squeezed.text, value, len);
    assert_int_equal(*odd, squeezed.odd);

    /* what is odd with accents is so without */

    assert_true(*odd || !joined.odd);

    assert_int_equal(vet_key_squeezed(pool, short_way.text, &key,
                                      short_way.places.elts,
                                      short_way.places.n), VET_OK);
    assert_int_equal(vet_key_make(pool, &table, joined.text, 1, &own),
                     VET_OK);

    same(key, own.text, value, len);

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

    (void) state;

    n = number("PREFILTER_COUNT", RANDOM);
    seed = (uint32_t) number("PREFILTER_SEED", 1);
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


static size_t
number(const char *name, size_t value)
{
    const char  *s;

    s = getenv(name);

    return (s == NULL) ? value : strtoul(s, NULL, 10);
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
    size_t       max;
    vet_pool_t  *pool;
    vet_view_t   view;
    vet_plain_t  short_way;

    (void) state;

    memset(&view, 0, sizeof(vet_view_t));
    view.text.data = (const unsigned char *) "a word";
    view.text.len = 6;

    for (max = 0; max < 64; max++) {
        pool = vet_pool_create(max);
        assert_int_equal(vet_squeeze_plain(pool, &view, &short_way),
                         VET_LIMIT);
        vet_pool_destroy(pool);
    }
}


/*
 * Phrases on the joined view, of which only the places are looked at where the
 * short way put something together: with all phrases tried everywhere there
 * are the same hits.
 */

static void
test_phrases(void **state)
{
    char         value[LONGEST];
    int          odd;
    size_t       i, k, n, len, hits, taken;
    uint32_t     seed;
    rule_case_t  a, b;

    static const char  rules[] = "version: 1\nrules:\n"
        "  - { id: one, category: abuse, score: 1, words: [vay tiền nhanh, "
        "word bob, \"tiền\", bobabo, lili word], "
        "examples: { hit: [word bob], miss: [x] } }\n"
        "  - { id: two, category: abuse, score: 1, words: [vay tien 12 word, "
        "bob bob, moneyy word, \"nhanh vay\", money 1212], "
        "examples: { hit: [bob bob], miss: [x] } }\n"
        "  - { id: three, category: abuse, score: 1, view: squeezed, "
        "match: 'bobword ?12', "
        "examples: { hit: [bobword12], miss: [x] } }\n";

    (void) state;

    n = number("PREFILTER_COUNT", RANDOM) / 40;
    seed = (uint32_t) number("PREFILTER_SEED", 1);
    hits = 0;
    taken = 0;

    rule_case_begin(&a, rule_case_set(rules));
    rule_case_begin(&b, rule_case_set(rules));
    vet_scratch_unfiltered(b.scratch);

    for (i = 0; i < n; i++) {
        len = phrases(value, &seed);

        rule_case_clear(&a);
        rule_case_clear(&b);
        (void) rule_case_field(&a, VET_ROLE_TEXT, value, len);
        (void) rule_case_field(&b, VET_ROLE_TEXT, value, len);

        (void) rule_case_match(&a);
        hits += rule_case_match(&b);
        taken += (plain(b.pool, value, len, &odd) && odd);

        for (k = 0; k < a.hits.n || k < b.hits.n; k++) {
            if (a.hits.n != b.hits.n
                || a.hits.elts[k].start != b.hits.elts[k].start
                || a.hits.elts[k].end != b.hits.elts[k].end
                || a.hits.elts[k].bare != b.hits.elts[k].bare)
            {
                fail_msg("\"%.*s\": %zu hits of %zu", (int) len, value,
                         a.hits.n, b.hits.n);
            }
        }
    }

    print_message("# %zu texts, %zu hits, %zu odd in the short way\n", n, hits,
                  taken);
    assert_true(hits > n / 4 && taken > n / 4);

    rule_case_end(&a);
    rule_case_end(&b);
}


/* Words of the phrases, some of them in pieces, joined or stretched. */

static size_t
phrases(char *value, uint32_t *seed)
{
    size_t       len, size;
    const char  *s;

    static const char *const  words[] = {
        "vay", "tiền", "tien", "nhanh", "word", "bob", "bobabo", "lili",
        "money", "moneyy", "12", "allo", "al", "lo", "wo", "rd", "va", "ti",
        "en", "bobb", "nnhanh", "wooord", "1", "2", "nhanhh"
    };

    static const char *const  gaps[] = {
        " ", " ", " ", " ", " ", " ", ". ", ", ", "  ", "-", ".", "/", ""
    };

    size = next(seed) % (LONGEST - 40);
    len = 0;

    while (len < size) {
        s = words[next(seed) % (sizeof(words) / sizeof(words[0]))];
        memcpy(value + len, s, strlen(s));
        len += strlen(s);

        s = gaps[next(seed) % (sizeof(gaps) / sizeof(gaps[0]))];
        memcpy(value + len, s, strlen(s));
        len += strlen(s);
    }

    return len;
}


int
main(void)
{
    int  failed;

    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_cases),
        cmocka_unit_test(test_random),
        cmocka_unit_test(test_small_pool),
        cmocka_unit_test(test_phrases),
    };

    guard_init(&guard, LONGEST);
    vet_key_table(&table);

    failed = cmocka_run_group_tests(tests, rule_case_setup,
                                    rule_case_teardown);

    guard_done(&guard);

    return failed;
}
