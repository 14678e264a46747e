
/*
 * Copyright (C) the moderate authors
 *
 * The literals of patterns, and looking for them: whatever plain PCRE2 finds
 * must have its literal in the text, within its reach.  PREFILTER_COUNT pairs
 * of a pattern and a text are made, from PREFILTER_SEED on.
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
#define MATCHES   16        /* of one text */


typedef struct {
    const char  *pattern;
    const char  *literals;      /* one behind the other, with "|"; "": none */
} literal_case_t;

typedef struct {
    const char  *pattern;
    uint32_t     reach;
} reach_case_t;

typedef struct {
    unsigned char  ids[NEEDLES];
    uint64_t       blocks[NEEDLES];
} found_t;


static void literals_of(vet_pool_t *pool, const char *pattern, int caseless,
    char *text, size_t size);
static uint64_t number(const char *name, uint64_t value);
static pcre2_code *compile(const pattern_case_t *c, int caseless);
static size_t matches(pcre2_code *code, const pattern_text_t *text,
    size_t *starts);
static size_t next(const pattern_text_t *text, size_t i);
static int passes(const vet_literals_t *literals, const pattern_text_t *text);
static int reaches(const vet_literals_t *literals, const pattern_text_t *text,
    size_t start);
static int found_one(void *data, uint32_t id, uint64_t blocks);
static int found_place(void *data, uint32_t id, uint64_t pos);
static size_t find(vet_str_t text, vet_str_t literal, size_t i);
static void lost(const pattern_case_t *c, int caseless,
    const pattern_text_t *text, uint64_t seed);
static void show(const char *name, const char *data, size_t len);

static void test_literals(void **state);
static void test_caseless(void **state);
static void test_long(void **state);
static void test_reach(void **state);
static void test_blocks(void **state);
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
    { "ab{3,}c", "abbb" },
    { "ab{2,4}c", "abb" },
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
    { "a\\N{2}bc", "bc" },
    { "(?:a|b|c|d)(?:a|b|c|d)(?:a|b|c|d)xyz", "axyz|bxyz|cxyz|dxyz" },
    { "\\d+ ?(?:tr|trieu|k)\\b", "tr|k" },
    { "(?s)a.b(?#c)+c", "bc" },
};

/* A character may have four bytes, and a literal is the longest one. */

static const reach_case_t  reaches_to[] = {
    { "vay nhanh", 0 },
    { "\\bvay nhanh\\b", 0 },
    { ".vay", 4 },
    { "\\d\\w\\s\\h\\Rvay", 20 },
    { "\\p{L}\\N[^a]vay", 12 },
    { "[a-z0-9]vay", 4 },
    { ".{0,40}vay", 160 },
    { "ab.{0,40}vay nhanh", 162 },
    { "(?:a|bc).{2}vay", 10 },
    { "(?:..|...)vay", 12 },
    { "\\d{2,5}(?:\\d-){3}vay", 34 },
    { "\\d?vay", 4 },
    { "(?:\\d\\d)?vay", 8 },
    { "(?:(?:\\d){2}){3}vay", 24 },
    { "(?:vay nhanh\\d+)+", 0 },
    { "vay nhanh|\\dtra gop", 4 },
    { "(?=.{3}vay).", 12 },
    { "\\d(?=vay).", 4 },
    { "a{3}\\dvay nhanh", 7 },
    { "\\Kvay", 0 },
    { "a?\\]", 1 },
    { "\\N{U+1ec1}vay", 4 },
    { "\\N{3}vay", 12 },
    { "\\N{1,}vay", VET_FAR },
    { "\\pN0{0}vay", 4 },
    { "\\pN0vay nhanh", 4 },
    { "[\\pN0]{2}vay nhanh", 8 },
    { "\\18{0}vay", VET_FAR },
    { "\\d*vay", VET_FAR },
    { "\\d+vay", VET_FAR },
    { "\\d{2,}vay", VET_FAR },
    { "\\Xvay", VET_FAR },
    { "(\\d)\\1vay", VET_FAR },
    { "(\\d)(?1)vay", VET_FAR },
    { "(\\d)\\g1vay", VET_FAR },
    { "(\\d)(?(1)a|b)vay", VET_FAR },
    { "(?:\\d{60000}){60000}{60000}vay", VET_FAR },
    { "(?<=vay nhanh)\\d", VET_FAR },
    { "a.{9}(?<=vay nhanh)", VET_FAR },
    { "(?:(?<=vay nhanh)\\d|vay tien)\\d", VET_FAR },
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


/* How far behind the begin of a match its literal is. */

static void
test_reach(void **state)
{
    size_t          i;
    vet_str_t       s;
    vet_pool_t     *pool;
    vet_literals_t  literals;

    (void) state;

    pool = vet_pool_create(1024 * 1024);
    assert_non_null(pool);

    for (i = 0; i < sizeof(reaches_to) / sizeof(reaches_to[0]); i++) {
        s.data = (const unsigned char *) reaches_to[i].pattern;
        s.len = strlen(reaches_to[i].pattern);

        if (vet_literals_find(pool, s, 0, &literals) != VET_OK) {
            fail_msg("\"%s\" has no literals", reaches_to[i].pattern);
        }

        if (literals.reach != reaches_to[i].reach) {
            fail_msg("\"%s\" has a reach of %u, expected %u",
                     reaches_to[i].pattern, literals.reach,
                     reaches_to[i].reach);
        }
    }

    vet_pool_destroy(pool);
}


/* Any text has at most 64, and more than 32 when they are not bytes. */

static void
test_blocks(void **state)
{
    size_t    len;
    unsigned  n;

    (void) state;

    assert_int_equal(vet_prefilter_block(0), 0);

    for (len = 1; len < 70000; len++) {
        n = vet_prefilter_block(len);

        assert_true((len - 1) >> n < 64);
        assert_true(n == 0 || (len - 1) >> n >= 32);
    }
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
found_one(void *data, uint32_t id, uint64_t blocks)
{
    found_t  *found = data;

    assert_true(id < NEEDLES && blocks != 0);
    found->ids[id] = 1;
    found->blocks[id] |= blocks;

    return VET_OK;
}


/* Of one literal: ids are counts of it, by place. */

static int
found_place(void *data, uint32_t id, uint64_t pos)
{
    found_t  *found = data;

    assert_int_equal(id, 7);
    found->ids[pos]++;

    return VET_OK;
}


/* Returns where it is, at i or behind it, the slow way; or SIZE_MAX. */

static size_t
find(vet_str_t text, vet_str_t literal, size_t i)
{
    size_t  j;

    for ( /* void */ ; i + literal.len <= text.len; i++) {
        for (j = 0; j < literal.len; j++) {
            if ((text.data[i + j] | 0x20) != (literal.data[j] | 0x20)) {
                break;
            }
        }

        if (j == literal.len) {
            return i;
        }
    }

    return SIZE_MAX;
}


/* Literals of all lengths, many of which share what they are found by. */

static void
test_search(void **state)
{
    void             *seen;
    size_t            i, j, k, n, at, round;
    found_t           found, expected;
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
            text.len = pattern_random(c, (k < 15) ? 80 : 700);
            copy = malloc(text.len);
            assert_true(copy != NULL || text.len == 0);

            for (j = 0; j < text.len; j++) {
                copy[j] = (unsigned char) "abAB\0\xff"[pattern_random(c, 6)];
            }

            text.data = copy;
            memset(&found, 0, sizeof(found_t));
            assert_int_equal(vet_prefilter_scan(pf, text, seen, found_one,
                                                &found), VET_OK);

            memset(&expected, 0, sizeof(found_t));

            for (i = 0; i < n; i++) {
                for (at = find(text, literals[i].text, 0);
                     at != SIZE_MAX;
                     at = find(text, literals[i].text, at + 1))
                {
                    expected.ids[literals[i].id] = 1;
                    expected.blocks[literals[i].id] |=
                        (uint64_t) 1 << (at >> vet_prefilter_block(text.len));
                }
            }

            assert_memory_equal(&found, &expected, sizeof(found_t));

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
    size_t           i, k, n, pairs, hits, known, near, saved;
    size_t           starts[MATCHES];
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
    near = 0;
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

            n = matches(code, text, starts);

            for (k = 0; k < n; k++) {
                if (!reaches(&literals, text, starts[k])) {
                    lost(c, caseless, text, seed);
                }
            }

            hits += (n != 0);
            near += (n != 0 && literals.reach != VET_FAR);
            saved += (n == 0 && !passes(&literals, text));
        }

        vet_pool_destroy(pool);
        pcre2_code_free(code);
    }

    print_message("# %zu pairs, literals known for %zu, of which %zu matched, "
                  "%zu with a reach, and %zu were left out\n", pairs, known,
                  hits, near, saved);

    /* or it would not be a test */

    assert_true(known > pairs / 4);
    assert_true(hits > known / 8);
    assert_true(near > hits / 4);
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


/* Gives where the first matches begin, also such as are in each other. */

static size_t
matches(pcre2_code *code, const pattern_text_t *text, size_t *starts)
{
    size_t                n, from;
    pcre2_match_data     *data;
    pcre2_match_context  *context;

    data = pcre2_match_data_create(2, NULL);
    context = pcre2_match_context_create(NULL);
    assert_non_null(data);
    assert_non_null(context);

    (void) pcre2_set_match_limit(context, LIMIT);
    (void) pcre2_set_depth_limit(context, LIMIT);

    from = 0;

    for (n = 0; n < MATCHES && from <= text->len; n++) {
        if (pcre2_match(code, (PCRE2_SPTR) text->data, text->len, from, 0,
                        data, context) < 0)
        {
            break;
        }

        starts[n] = pcre2_get_startchar(data);
        from = next(text, starts[n]);
    }

    pcre2_match_context_free(context);
    pcre2_match_data_free(data);

    return n;
}


static size_t
next(const pattern_text_t *text, size_t i)
{
    do {
        i++;
    } while (i < text->len && (text->data[i] & 0xc0) == 0x80);

    return i;
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

        if (find(s, literals->elts[i], 0) != SIZE_MAX) {
            return 1;
        }
    }

    return 0;
}


/* Tells whether a match that begins at start has a literal in its reach. */

static int
reaches(const vet_literals_t *literals, const pattern_text_t *text,
    size_t start)
{
    size_t     i, at;
    vet_str_t  s;

    if (literals->reach == VET_FAR) {
        return passes(literals, text);
    }

    s.data = (const unsigned char *) text->data;
    s.len = text->len;

    for (i = 0; i < literals->n; i++) {
        at = find(s, literals->elts[i], start);

        if (at != SIZE_MAX && at - start <= literals->reach) {
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
        cmocka_unit_test(test_reach),
        cmocka_unit_test(test_blocks),
        cmocka_unit_test(test_search),
        cmocka_unit_test(test_places),
        cmocka_unit_test(test_never_loses),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
