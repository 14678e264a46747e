
/*
 * Copyright (C) the moderate authors
 *
 * Matching: which fields, which views, and what happens at a limit.
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

#include "rule_case.h"


#define WORDS_VAY                                                             \
    "    words: [vay]\n"                                                      \
    "    examples: { hit: [vay], miss: [x] }\n"

#define SLOW                                                                  \
    "    match: '(?:a|aa|a+)+[xy]$'\n"                                        \
    "    examples: { hit: [aaax], miss: [aaa] }\n"


typedef struct {
    const char  *view;          /* keys of the rule */
    const char  *pattern;
    const char  *hit;           /* a text, and what of it is hit */
    const char  *part;
    const char  *miss;
} match_case_t;


static vet_ruleset_t *pattern_set(const char *view, const char *pattern,
    const char *hit, const char *miss);
static int has_rule(const vet_hits_t *hits, const char *id);
static void all_places(const char *pattern);

static void test_cases(void **state);
static void test_roles(void **state);
static void test_fields(void **state);
static void test_rule_order(void **state);
static void test_unreadable(void **state);
static void test_invalid_bytes(void **state);
static void test_budget(void **state);
static void test_slices(void **state);
static void test_small_pool(void **state);


static const match_case_t  cases[] = {
    { "text", "vay\\s+tiền", "Xin VAY  TIỀN!", "VAY  TIỀN", "vay tien" },
    { "folded", "vay\\s+tien", "Xin vay  TIỀN!", "vay  TIỀN", "vay tiem" },
    { "folded", "^vay$", "VA\xe2\x80\x8bY", "VA\xe2\x80\x8bY", "vay!" },
    { "raw", "viagra", "mua ViAgRa", "ViAgRa", "vi agra" },
    { "raw", "\\x{200b}", "v\xe2\x80\x8b""ay", "\xe2\x80\x8b", "vay" },
    { "raw", "TIỀN", "tiền", "tiền", "tien" },
    { "text", "\\b0\\d{9}\\b", "gọi ０９１２３４５６７８", "０９１２３４５６７８", "0912" },
    { "text", "\\w+@\\w+\\.vn", "thư đồng@a.vn nhé", "đồng@a.vn", "@a.vn" },
    { "text", "(?<=x)y", "xy", "y", "zy" },
    { "text", "a\\Kb", "ab", "b", "b" },
    { "text", "(?=vay)", "cho vay", "", "cho" },
};


static vet_ruleset_t *
pattern_set(const char *view, const char *pattern, const char *hit,
    const char *miss)
{
    char  keys[1024];

    (void) snprintf(keys, sizeof(keys),
                    "    match: '%s'\n"
                    "    view: %s\n"
                    "    examples: { hit: ['%s'], miss: ['%s'] }\n",
                    pattern, view, hit, miss);

    return rule_case_rule(keys);
}


static int
has_rule(const vet_hits_t *hits, const char *id)
{
    size_t     i;
    vet_str_t  name;

    for (i = 0; i < hits->n; i++) {
        name = hits->elts[i].rule->id;

        if (name.len == strlen(id) && memcmp(name.data, id, name.len) == 0) {
            return 1;
        }
    }

    return 0;
}


static void
test_cases(void **state)
{
    size_t               i;
    vet_hit_t           *h;
    rule_case_t          c;
    const match_case_t  *m;

    (void) state;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        m = &cases[i];
        rule_case_begin(&c, pattern_set(m->view, m->pattern, m->hit,
                                        m->miss));

        assert_int_equal(rule_case_text(&c, m->miss), 0);

        if (rule_case_text(&c, m->hit) != 1) {
            fail_msg("\"%s\" in \"%s\"", m->pattern, m->hit);
        }

        h = &c.hits.elts[0];
        assert_int_equal(h->end - h->start, strlen(m->part));
        assert_memory_equal(m->hit + h->start, m->part, strlen(m->part));
        assert_int_equal(h->score, 40);
        assert_int_equal(h->bare, 0);

        rule_case_end(&c);
    }
}


/* "in" says which roles; text stands for other too, nothing for ignore. */

static void
test_roles(void **state)
{
    int          role;
    size_t       i;
    rule_case_t  c;

    static const struct {
        const char  *in;
        unsigned     roles;
    } sets[] = {
        { "", 1 << VET_ROLE_TEXT | 1 << VET_ROLE_TITLE | 1 << VET_ROLE_OTHER },
        { "    in: [text]\n", 1 << VET_ROLE_TEXT | 1 << VET_ROLE_OTHER },
        { "    in: [title]\n", 1 << VET_ROLE_TITLE },
        { "    in: [other]\n", 1 << VET_ROLE_OTHER },
        { "    in: [honeypot]\n", 1 << VET_ROLE_HONEYPOT },
        { "    in: [author, email, url, phone]\n",
          1 << VET_ROLE_AUTHOR | 1 << VET_ROLE_EMAIL | 1 << VET_ROLE_URL
          | 1 << VET_ROLE_PHONE }
    };

    char  keys[256];

    (void) state;

    for (i = 0; i < sizeof(sets) / sizeof(sets[0]); i++) {
        (void) snprintf(keys, sizeof(keys), "%s" WORDS_VAY, sets[i].in);
        rule_case_begin(&c, rule_case_rule(keys));

        for (role = 0; role < VET_ROLE_N; role++) {
            rule_case_clear(&c);
            (void) rule_case_field(&c, (vet_role_t) role, "vay", 3);
            assert_int_equal(rule_case_match(&c),
                             (sets[i].roles & 1u << role) != 0);
        }

        rule_case_end(&c);
    }
}


static void
test_fields(void **state)
{
    rule_case_t  c;

    (void) state;

    rule_case_begin(&c, rule_case_rule(WORDS_VAY));

    (void) rule_case_field(&c, VET_ROLE_TEXT, "", 0);
    rule_case_field(&c, VET_ROLE_TEXT, "vay", 3)->file = 1;
    (void) rule_case_field(&c, VET_ROLE_TEXT, "a\0vay\0", 6);
    (void) rule_case_field(&c, VET_ROLE_TITLE, "vay vay", 7);

    assert_int_equal(rule_case_match(&c), 3);
    assert_int_equal(c.hits.elts[0].field, 2);
    assert_int_equal(c.hits.elts[0].start, 2);
    assert_int_equal(c.hits.elts[1].field, 3);
    assert_int_equal(c.hits.elts[2].start, 4);

    /* hits are appended to what is there */

    assert_int_equal(vet_match(c.pool, c.rs, c.scratch, &c.s, &c.hits),
                     VET_OK);
    assert_int_equal(c.hits.n, 6);

    rule_case_end(&c);
}


static void
test_rule_order(void **state)
{
    rule_case_t  c;

    (void) state;

    rule_case_begin(&c, rule_case_set(
        "version: 1\n"
        "rules:\n"
        "  - { id: b, category: abuse, score: 1, words: [vay],\n"
        "      examples: { hit: [vay], miss: [x] } }\n"
        "  - { id: a, category: scam, score: 2, match: vay, mode: shadow,\n"
        "      examples: { hit: [vay], miss: [x] } }\n"));

    (void) rule_case_field(&c, VET_ROLE_TEXT, "vay", 3);
    (void) rule_case_field(&c, VET_ROLE_TEXT, "vay", 3);

    assert_int_equal(rule_case_match(&c), 4);
    assert_memory_equal(c.hits.elts[0].rule->id.data, "b", 1);
    assert_memory_equal(c.hits.elts[1].rule->id.data, "b", 1);
    assert_memory_equal(c.hits.elts[2].rule->id.data, "a", 1);
    assert_int_equal(c.hits.elts[2].score, 0);
    assert_int_equal(c.hits.elts[2].rule->score, 20);

    rule_case_end(&c);
}


static void
test_unreadable(void **state)
{
    rule_case_t  c;

    (void) state;

    rule_case_begin(&c, rule_case_rule(WORDS_VAY));
    (void) rule_case_field(&c, VET_ROLE_TEXT, "vay", 3);
    c.s.unreadable = VET_TRUNCATED;

    assert_int_equal(rule_case_match(&c), 2);
    assert_true(has_rule(&c.hits, "engine.unreadable"));
    assert_int_equal(c.hits.elts[0].field, VET_NO_FIELD);
    assert_true(has_rule(&c.hits, "r"));

    rule_case_end(&c);
}


/*
 * An invalid byte beside a phrase, or anywhere else in the value, changes
 * nothing about the phrase, on any view.
 */

static void
test_invalid_bytes(void **state)
{
    int          byte;
    char         text[32];
    size_t       i, k;
    rule_case_t  c;

    static const char  *const  views[] = { "raw", "text", "folded" };
    static const char          sample[] = "xin ! vay nong ! xin";

    (void) state;

    for (k = 0; k < 3; k++) {
        rule_case_begin(&c, pattern_set(views[k], "vay nong", "vay nong",
                                        "x"));

        for (byte = 0x80; byte < 0x100; byte++) {
            for (i = 0; i <= sizeof(sample) - 1; i++) {
                if (i > 6 && i < 14) {
                    continue;
                }

                memcpy(text, sample, i);
                text[i] = (char) byte;
                memcpy(text + i + 1, sample + i, sizeof(sample) - i);

                assert_int_equal(rule_case_text(&c, text), 1);
                assert_int_equal(c.hits.elts[0].start, (i <= 6) ? 7 : 6);
            }
        }

        rule_case_end(&c);
    }
}


/* A pattern that runs out is held, once for a field; a shadow rule is not. */

static void
test_budget(void **state)
{
    char         text[4000];
    rule_case_t  c;

    (void) state;

    /* with the letter that the pattern needs: else it would not be tried */

    memset(text, 'a', sizeof(text));
    text[0] = 'x';
    rule_case_begin(&c, rule_case_rule(SLOW));

    (void) rule_case_field(&c, VET_ROLE_TEXT, "ok", 2);
    (void) rule_case_field(&c, VET_ROLE_TEXT, text, sizeof(text));

    assert_int_equal(rule_case_match(&c), 1);
    assert_true(has_rule(&c.hits, "engine.budget"));
    assert_int_equal(c.hits.elts[0].field, 1);
    assert_int_equal(c.hits.elts[0].score, 0);
    rule_case_end(&c);

    rule_case_begin(&c, rule_case_rule("    mode: shadow\n" SLOW));
    (void) rule_case_field(&c, VET_ROLE_TEXT, text, sizeof(text));
    assert_int_equal(rule_case_match(&c), 0);
    rule_case_end(&c);
}


/*
 * In all places of a long text: of one pattern the literal tells where it is
 * tried, the other one is tried everywhere, in slices.  A match over the edge
 * of one is found.
 */

static void
test_slices(void **state)
{
    (void) state;

    all_places("vay tiền nhanh");
    all_places("(?:vay )+tiền nhanh");
}


static void
all_places(const char *pattern)
{
    size_t       i;
    rule_case_t  c;

    static char  text[10000];

    rule_case_begin(&c, pattern_set("text", pattern, "vay tiền nhanh", "x"));

    for (i = 0; i + 16 <= sizeof(text); i += (i < 3000) ? 1 : 97) {
        memset(text, '.', sizeof(text));
        memcpy(text + i, "vay tiền nhanh", 16);

        rule_case_clear(&c);
        (void) rule_case_field(&c, VET_ROLE_TEXT, text, sizeof(text));
        assert_int_equal(rule_case_match(&c), 1);
        assert_int_equal(c.hits.elts[0].start, i);
        assert_int_equal(c.hits.elts[0].end, i + 16);
    }

    /* the same among characters of three bytes */

    for (i = 0; i + 3 <= sizeof(text); i += 3) {
        memcpy(text + i, "ề", 3);
    }

    memcpy(text + 9000, "vay tiền nhanh", 16);
    text[9016] = text[9017] = ' ';
    rule_case_clear(&c);
    (void) rule_case_field(&c, VET_ROLE_TEXT, text, 9999);
    assert_int_equal(rule_case_match(&c), 1);

    rule_case_end(&c);
}


static void
test_small_pool(void **state)
{
    int           rc;
    size_t        max;
    rule_case_t   c;
    vet_pool_t   *pool;
    vet_hits_t    hits;

    (void) state;

    rule_case_begin(&c, rule_case_rule(WORDS_VAY));
    (void) rule_case_field(&c, VET_ROLE_TEXT, "VAY VAY \xff VAY", 13);
    (void) rule_case_field(&c, VET_ROLE_TITLE, "VAY", 3);
    rc = VET_LIMIT;

    for (max = 0; rc != VET_OK; max += 8) {
        assert_true(max < 100000);
        pool = vet_pool_create(max);
        memset(&hits, 0, sizeof(vet_hits_t));
        rc = vet_match(pool, c.rs, c.scratch, &c.s, &hits);
        assert_true(rc == VET_OK || rc == VET_LIMIT);
        assert_true(rc != VET_OK || hits.n == 4);
        vet_pool_destroy(pool);
    }

    rule_case_end(&c);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_cases),
        cmocka_unit_test(test_roles),
        cmocka_unit_test(test_fields),
        cmocka_unit_test(test_rule_order),
        cmocka_unit_test(test_unreadable),
        cmocka_unit_test(test_invalid_bytes),
        cmocka_unit_test(test_budget),
        cmocka_unit_test(test_slices),
        cmocka_unit_test(test_small_pool),
    };

    return cmocka_run_group_tests(tests, rule_case_setup,
                                  rule_case_teardown);
}
