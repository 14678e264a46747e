
/*
 * Copyright (C) the moderate authors
 *
 * The literals of patterns, and looking for them: whatever plain PCRE2 finds
 * must have its literal in the text.  PREFILTER_COUNT pairs of a pattern and a
 * text are made, from PREFILTER_SEED on.
 */


#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <cmocka.h>

#include <vet_prefilter.h>
#include <vet_rules.h>

#include "pattern_case.h"


#define COUNT     20000
#define TEXTS     4         /* of one pattern */
#define NEEDLES   300
#define LIMIT     10000


typedef struct {
    const char  *pattern;
    const char  *literals;      /* one behind the other, with "|"; "": none */
} literal_case_t;

typedef struct {
    unsigned char  ids[NEEDLES];
} found_t;


static void literals_of(vet_pool_t *pool, const char *pattern, int caseless,
    char *text, size_t size);
static uint64_t number(const char *name, uint64_t value);
static pcre2_code *compile(const pattern_case_t *c, int caseless);
static int matches(pcre2_code *code, const pattern_text_t *text);
static int passes(const vet_literals_t *literals, const pattern_text_t *text);
static int found_one(void *data, uint32_t id, size_t pos);
static int found_place(void *data, uint32_t id, size_t pos);
static int has(vet_str_t text, vet_str_t literal);
static void lost(const pattern_case_t *c, int caseless,
    const pattern_text_t *text, uint64_t seed);
static void show(const char *name, const char *data, size_t len);

static void test_literals(void **state);
static void test_caseless(void **state);
static void test_long(void **state);
static void test_search(void **state);
static void test_places(void **state);
static void test_never_loses(void **state);


static const literal_case_t  cases[] = {
    { "vay", "vay" },
    { "vay\\s+tien nhanh", "tien nhanh" },
    { "vay (?:tien|nhanh)", "vay tien|vay nhanh" },
    { "\\b(?:vay|muon)\\b.{0,40}\\blai suat\\b", "lai suat" },
    { "https?://\\w+\\.casino\\b", ".casino" },
    { "l[o\xc3\xb2] xo", "lo xo|l\xc3\xb2 xo" },
    { "[0-9]{3}", "" },
    { "a?b?", "" },
    { "(?:abc)?", "" },
    { "(?:abc)*x", "x" },
    { "(abc)+", "abc" },
    { "abc+d", "abc" },
    { "abcd+e+f", "abcd" },
    { "ab{3}c", "abbbc" },
    { "ab{3,}c", "bbbc" },
    { "ab{2,4}c", "bbc" },
    { "a|", "" },
    { "abc|.*", "" },
    { "abc|d.*", "abc|d" },
    { "foo\\Kbar", "foobar" },
    { "(?=abcd)x", "abcd" },
    { "(?<=abcd)x", "abcd" },
    { "(?!abcd)x", "x" },
    { "(?<!abcd)x", "x" },
    { "(?:(?=abcd)x)?yz", "yz" },
    { "foo(?=bar)bar", "foobar" },
    { "foo\\bbar$", "foobar" },
    { "(?x) a b\\ c # d\n e", "ab ce" },
    { "(?x: a b ) c", "ab c" },
    { "\\Qa.b\\E+", "a.b" },
    { "a\\E+b", "ab" },
    { "\\x{1ec1}\\x41", "\xe1\xbb\x81" "A" },
    { "(a)\\1b(cd)", "bcd" },
    { "(?(1)abc|abcd)efg", "efg" },
    { "(?(?=a)b|c)efg", "efg" },
    { "(?(DEFINE)(?<x>abcdef))gh(?&x)", "gh" },
    { "(abcdef){0}gh(?1)", "gh" },
    { "abc(*ACCEPT)def", "" },
    { "a(*FAIL)|b", "" },
    { "[[:alpha:]]x]y", "x]y" },
    { "[^a]x", "x" },
    { "[]a]x", "]x|ax" },
    { "a{,3}b", "" },
    { "a{b", "a{b" },
    { "(?i)so(?-i)so", "soso|\xc5\xbfoso" },
    { "(?i:\xc4\x91u) xyz", "u xyz" },
    { "(?|abc|abd)", "abc|abd" },
    { "(?<n>ab)(?'m'cd)(?P<o>ef)(?>gh)", "abcdefgh" },
    { "a.b", "b" },
    { "(?:a|b|c|d)(?:a|b|c|d)(?:a|b|c|d)xyz", "axyz|bxyz|cxyz|dxyz" },
    { "\\d+ ?(?:tr|trieu|k)\\b", "tr|k" },
    { "(?s)a.b(?#c)+c", "bc" },
};


static void
literals_of(vet_pool_t *pool, const char *pattern, int caseless, char *text,
    size_t size)
{
    int             rc;
    size_t          i, len;
    vet_str_t       s;
    vet_literals_t  literals;

    s.data = (const unsigned char *) pattern;
    s.len = strlen(pattern);

    rc = vet_literals_find(pool, s, caseless, &literals);
    assert_true(rc == VET_OK || rc == VET_DECLINED);
    assert_int_equal(rc == VET_OK, literals.n != 0);

    text[0] = '\0';
    len = 0;

    for (i = 0; i < literals.n; i++) {
        len += (size_t) snprintf(text + len, size - len, "%s%.*s",
                                 (i == 0) ? "" : "|",
                                 (int) literals.elts[i].len,
                                 (const char *) literals.elts[i].data);
        assert_true(len < size);
    }
}


static void
test_literals(void **state)
{
    char         text[1024];
    size_t       i;
    vet_pool_t  *pool;

    (void) state;

    pool = vet_pool_create(1024 * 1024);
    assert_non_null(pool);

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        literals_of(pool, cases[i].pattern, 0, text, sizeof(text));

        if (strcmp(text, cases[i].literals) != 0) {
            fail_msg("\"%s\" needs \"%s\", expected \"%s\"", cases[i].pattern,
                     text, cases[i].literals);
        }
    }

    vet_pool_destroy(pool);
}


/* Two letters have a third form in Unicode. */

static void
test_caseless(void **state)
{
    char         text[1024];
    vet_pool_t  *pool;

    (void) state;

    pool = vet_pool_create(1024 * 1024);
    assert_non_null(pool);

    literals_of(pool, "viagra", 1, text, sizeof(text));
    assert_string_equal(text, "viagra");

    literals_of(pool, "kiss", 1, text, sizeof(text));
    assert_non_null(strstr(text, "\xe2\x84\xaai\xc5\xbfs"));

    literals_of(pool, "ti\xe1\xbb\x81n vay", 1, text, sizeof(text));
    assert_string_equal(text, "n vay");

    literals_of(pool, "(?-i)ti\xe1\xbb\x81n", 1, text, sizeof(text));
    assert_string_equal(text, "ti\xe1\xbb\x81n");

    vet_pool_destroy(pool);
}


/* Literals have a maximum, patterns may be longer and have many of them. */

static void
test_long(void **state)
{
    char            pattern[VET_PATTERN_LEN + 1];
    size_t          i, len;
    vet_str_t       s;
    vet_pool_t     *pool;
    vet_literals_t  literals;

    (void) state;

    pool = vet_pool_create(16 * 1024 * 1024);
    assert_non_null(pool);

    memset(pattern, 'a', sizeof(pattern));
    s.data = (const unsigned char *) pattern;
    s.len = VET_PATTERN_LEN;

    assert_int_equal(vet_literals_find(pool, s, 0, &literals), VET_OK);
    assert_int_equal(literals.n, 1);
    assert_true(literals.elts[0].len <= VET_LITERAL_LEN);

    for (i = 0, len = 0; i < 200; i++) {
        len += (size_t) snprintf(pattern + len, sizeof(pattern) - len,
                                 "%sword%03zu", (i == 0) ? "" : "|", i);
    }

    s.len = len;
    assert_int_equal(vet_literals_find(pool, s, 0, &literals), VET_OK);
    assert_int_equal(literals.n, 200);

    for (i = 0, len = 0; i < VET_LITERALS_MAX + 1; i++) {
        len += (size_t) snprintf(pattern + len, sizeof(pattern) - len,
                                 "%sword%03zu", (i == 0) ? "" : "|", i);
    }

    s.len = len;
    assert_int_equal(vet_literals_find(pool, s, 0, &literals), VET_DECLINED);

    vet_pool_destroy(pool);
}


static int
found_one(void *data, uint32_t id, size_t pos)
{
    found_t  *found = data;

    assert_true(id < NEEDLES && pos < 80);
    found->ids[id] = 1;

    return VET_OK;
}


/* Of one literal: ids are counts of it, by place. */

static int
found_place(void *data, uint32_t id, size_t pos)
{
    found_t  *found = data;

    assert_int_equal(id, 7);
    found->ids[pos]++;

    return VET_OK;
}


/* Tells whether it is there, the slow way. */

static int
has(vet_str_t text, vet_str_t literal)
{
    size_t  i, j;

    for (i = 0; i + literal.len <= text.len; i++) {
        for (j = 0; j < literal.len; j++) {
            if ((text.data[i + j] | 0x20) != (literal.data[j] | 0x20)) {
                break;
            }
        }

        if (j == literal.len) {
            return 1;
        }
    }

    return 0;
}


/* Literals of all lengths, many of which share what they are found by. */

static void
test_search(void **state)
{
    void             *seen;
    size_t            i, j, k, n, round;
    found_t           found;
    vet_str_t         text;
    vet_literal_t     literals[NEEDLES], sorted[NEEDLES];
    vet_pool_t       *pool;
    pattern_case_t   *c;
    unsigned char     bytes[NEEDLES][24], *copy;
    vet_prefilter_t  *pf;

    (void) state;

    c = calloc(1, sizeof(pattern_case_t));
    assert_non_null(c);
    c->random = number("PREFILTER_SEED", 1);

    for (round = 0; round < 300; round++) {
        n = 1 + pattern_random(c, NEEDLES);

        for (i = 0; i < n; i++) {
            literals[i].text.data = bytes[i];
            literals[i].text.len = 1 + pattern_random(c, 24);
            literals[i].id = (uint32_t) pattern_random(c, NEEDLES);

            for (j = 0; j < literals[i].text.len; j++) {
                bytes[i][j] = (unsigned char) "abAB\0\xff"[pattern_random(c,
                                                                          6)];
            }
        }

        memcpy(sorted, literals, n * sizeof(vet_literal_t));
        pool = vet_pool_create(SIZE_MAX);
        assert_non_null(pool);
        pf = vet_prefilter_create(pool, sorted, n);
        assert_non_null(pf);

        seen = malloc(vet_prefilter_seen(pf));
        assert_non_null(seen);

        for (k = 0; k < 20; k++) {
            text.len = pattern_random(c, 80);
            copy = malloc(text.len);
            assert_true(copy != NULL || text.len == 0);

            for (j = 0; j < text.len; j++) {
                copy[j] = (unsigned char) "abAB\0\xff"[pattern_random(c, 6)];
            }

            text.data = copy;
            memset(&found, 0, sizeof(found_t));
            assert_int_equal(vet_prefilter_scan(pf, text, seen, found_one,
                                                &found), VET_OK);

            for (i = 0; i < n; i++) {
                if (has(text, literals[i].text)) {
                    assert_int_not_equal(found.ids[literals[i].id], 0);
                    found.ids[literals[i].id] = 2;
                }
            }

            for (i = 0; i < NEEDLES; i++) {
                assert_int_not_equal(found.ids[i], 1);
            }

            free(copy);
        }

        free(seen);
        vet_pool_destroy(pool);
    }

    free(c);
}


/* Without anything to note what was seen, each place counts. */

static void
test_places(void **state)
{
    size_t            i;
    found_t           found;
    vet_str_t         text = vet_string("aabaaabaAb");
    vet_pool_t       *pool;
    vet_literal_t     literal = { vet_string("ab"), 7 };
    vet_prefilter_t  *pf;

    static const char  expected[] = "0100010010";

    (void) state;

    pool = vet_pool_create(SIZE_MAX);
    assert_non_null(pool);
    pf = vet_prefilter_create(pool, &literal, 1);
    assert_non_null(pf);

    memset(&found, 0, sizeof(found_t));
    assert_int_equal(vet_prefilter_scan(pf, text, NULL, found_place, &found),
                     VET_OK);

    for (i = 0; i < text.len; i++) {
        assert_int_equal(found.ids[i], expected[i] - '0');
    }

    vet_pool_destroy(pool);
}


static uint64_t
number(const char *name, uint64_t value)
{
    const char  *text;

    text = getenv(name);

    if (text != NULL && *text != '\0') {
        value = strtoull(text, NULL, 0);
    }

    return (value == 0) ? 1 : value;
}


static void
test_never_loses(void **state)
{
    int              caseless, rc;
    size_t           i, pairs, hits, known, saved;
    uint64_t         count, seed, start;
    vet_str_t        pattern;
    vet_pool_t      *pool;
    pcre2_code      *code;
    vet_literals_t   literals;
    pattern_case_t  *c;
    pattern_text_t  *text;

    (void) state;

    c = calloc(1, sizeof(pattern_case_t));
    text = calloc(1, sizeof(pattern_text_t));
    assert_non_null(c);
    assert_non_null(text);

    count = number("PREFILTER_COUNT", COUNT);
    start = number("PREFILTER_SEED", COUNT);
    print_message("# seed %llu\n", (unsigned long long) start);

    pairs = 0;
    hits = 0;
    known = 0;
    saved = 0;

    for (seed = start; pairs < count; seed++) {
        c->random = seed * 0x9e3779b97f4a7c15ULL | 1;
        caseless = (int) pattern_random(c, 2);
        pattern_make(c, caseless);

        code = compile(c, caseless);
        if (code == NULL) {
            continue;
        }

        pool = vet_pool_create(16 * 1024 * 1024);
        assert_non_null(pool);

        pattern.data = (const unsigned char *) c->pattern.data;
        pattern.len = c->pattern.len;
        rc = vet_literals_find(pool, pattern, caseless, &literals);
        assert_true(rc == VET_OK || rc == VET_DECLINED);
        known += (rc == VET_OK) * TEXTS;

        for (i = 0; i < TEXTS; i++, pairs++) {
            pattern_sample(c, text);

            if (rc != VET_OK) {
                continue;
            }

            if (passes(&literals, text)) {
                hits += (size_t) matches(code, text);

            } else if (matches(code, text)) {
                lost(c, caseless, text, seed);

            } else {
                saved++;
            }
        }

        vet_pool_destroy(pool);
        pcre2_code_free(code);
    }

    print_message("# %zu pairs, literals known for %zu, of which %zu matched "
                  "and %zu were left out\n", pairs, known, hits, saved);

    /* or it would not be a test */

    assert_true(known > pairs / 4);
    assert_true(hits > known / 8);
    assert_true(saved > known / 20);

    free(text);
    free(c);
}


static pcre2_code *
compile(const pattern_case_t *c, int caseless)
{
    int       error;
    size_t    offset;
    uint32_t  options;

    options = PCRE2_UTF | PCRE2_UCP | PCRE2_NEVER_BACKSLASH_C
              | (caseless ? PCRE2_CASELESS : 0);

    return pcre2_compile((PCRE2_SPTR) c->pattern.data, c->pattern.len, options,
                         &error, &offset, NULL);
}


static int
matches(pcre2_code *code, const pattern_text_t *text)
{
    int                   rc;
    pcre2_match_data     *data;
    pcre2_match_context  *context;

    data = pcre2_match_data_create(2, NULL);
    context = pcre2_match_context_create(NULL);
    assert_non_null(data);
    assert_non_null(context);

    (void) pcre2_set_match_limit(context, LIMIT);
    (void) pcre2_set_depth_limit(context, LIMIT);

    rc = pcre2_match(code, (PCRE2_SPTR) text->data, text->len, 0, 0, data,
                     context);

    pcre2_match_context_free(context);
    pcre2_match_data_free(data);

    return rc >= 0;
}


static int
passes(const vet_literals_t *literals, const pattern_text_t *text)
{
    size_t     i;
    vet_str_t  s;

    s.data = (const unsigned char *) text->data;
    s.len = text->len;

    for (i = 0; i < literals->n; i++) {
        assert_int_not_equal(literals->elts[i].len, 0);

        if (has(s, literals->elts[i])) {
            return 1;
        }
    }

    return 0;
}


static void
lost(const pattern_case_t *c, int caseless, const pattern_text_t *text,
    uint64_t seed)
{
    show("pattern", c->pattern.data, c->pattern.len);
    show("text   ", text->data, text->len);

    fail_msg("a hit is lost%s, PREFILTER_SEED=%llu",
             caseless ? " without case" : "", (unsigned long long) seed);
}


static void
show(const char *name, const char *data, size_t len)
{
    size_t  i;

    fprintf(stderr, "# %s \"", name);

    for (i = 0; i < len; i++) {
        fprintf(stderr, (data[i] >= ' ' && data[i] < 0x7f) ? "%c" : "\\x%02x",
                (unsigned char) data[i]);
    }

    fprintf(stderr, "\"\n");
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_literals),
        cmocka_unit_test(test_caseless),
        cmocka_unit_test(test_long),
        cmocka_unit_test(test_search),
        cmocka_unit_test(test_places),
        cmocka_unit_test(test_never_loses),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
