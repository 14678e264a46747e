
/*
 * Copyright (C) the moderate authors
 *
 * Phrases on views, beside a pattern that says the same, and keys: wherever a
 * phrase is, its key is in that of the view and leads there.
 * PREFILTER_COUNT pairs of a phrase and a text are made, from PREFILTER_SEED.
 */


#ifndef _GNU_SOURCE
#define _GNU_SOURCE     /* memmem() */
#endif

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

#include "pattern_case.h"


#define COUNT    20000
#define TEXTS    5
#define PLACES   256
#define MEMORY   ((size_t) 4 * 1024 * 1024)

#define WORD     "[\\p{L}\\p{M}\\p{N}]"


typedef struct {
    size_t                  n;
    vet_word_place_t        elts[PLACES];
} places_t;

typedef struct {
    vet_pool_t             *pool;
    vet_word_t              word;
    vet_str_t               keys[2];    /* of the phrase; empty: none */
    pcre2_code             *code;
    vet_key_table_t         table;
} phrase_t;


static void phrase_begin(phrase_t *p, pattern_case_t *c);
static void phrase_end(phrase_t *p);
static void phrase_text(pattern_case_t *c, pattern_text_t *text);
static void text_like(pattern_case_t *c, const pattern_text_t *phrase,
    pattern_text_t *text);
static const char *piece(pattern_case_t *c);
static const char *variant(pattern_case_t *c, const char *letter);
static void reference(vet_pool_t *pool, vet_str_t text, pattern_text_t *out);
static void reference_letter(vet_pool_t *pool, vet_str_t letter,
    uint32_t moved, pattern_text_t *out);
static void put(pattern_text_t *out, const void *data, size_t len);
static void put_literal(pattern_text_t *out, vet_str_t s);
static void by_pattern(const phrase_t *p, vet_str_t text, places_t *places);
static void by_trying(const phrase_t *p, const vet_view_t *view,
    vet_str_t value, int joined, places_t *places);
static void by_key(const phrase_t *p, const vet_view_t *view, vet_str_t value,
    int joined, places_t *places);
static void try_at(const phrase_t *p, const vet_view_t *view, vet_str_t value,
    int joined, size_t at, places_t *places);
static void same(const phrase_t *p, vet_str_t text, const places_t *a,
    const places_t *b, const char *how);
static size_t same_key(const vet_key_table_t *table,
    const unsigned char *data, size_t len);
static uint64_t number(const char *name, uint64_t value);

static void test_places(void **state);
static void test_key_room(void **state);


static const char *const  pieces[] = {
    "a", "b", "l", "i", "o", "k", "\xc3\xa0", "\xe1\xba\xa5", "\xc4\x91",
    "\xe1\xbb\x93", "o\xc3\xa0", "\xc3\xb2" "a", "u\xe1\xbb\xb3", "0", "1",
    " ", " ", " ", "  ", "-", ".", "\xc2\xa3", "\xf0\x9f\x91\x89",
    "\xe5\x8a\xa0", "\xc3\xa6", "\xd0\xb4", "e\xcc\xb2", "\xce\xac",
    "a\xcc\xa3",
    "n", "g", "t", "h", "\xe1\xbb\x87", "ng", "nh", "c", "ch", "m", "@", "$",
    "\xe0\xb8\x81\xe0\xb8\xb4", "\xea\xb0\x80", "\xe1\x84\x80\xe1\x85\xa1"
};

#define NPIECES  (sizeof(pieces) / sizeof(pieces[0]))


static void
phrase_begin(phrase_t *p, pattern_case_t *c)
{
    int             rc, joined;
    size_t          offset;
    vet_str_t       s;
    vet_view_t      view;
    vet_spelling_t  spelling;
    pattern_text_t  source;

    memset(p, 0, sizeof(phrase_t));
    vet_key_table(&p->table);
    p->pool = vet_pool_create(MEMORY);
    assert_non_null(p->pool);

    do {
        phrase_text(c, &c->pattern);
        s.data = (const unsigned char *) c->pattern.data;
        s.len = c->pattern.len;
        assert_int_equal(vet_view_build(p->pool, s, VET_VIEW_TEXT, &view), 0);
        s = view.text;

        while (s.len != 0 && s.data[0] == ' ') {
            s.data++;
            s.len--;
        }

        while (s.len != 0 && s.data[s.len - 1] == ' ') {
            s.len--;
        }
    } while (s.len == 0);

    p->word.text = s;
    p->word.accented = (vet_view_accented(s.data, s.len) != 0);

    memset(&view, 0, sizeof(vet_view_t));
    view.text = s;
    assert_int_equal(vet_view_build(p->pool, s, VET_VIEW_JOINED, &view), 0);

    if (vet_spelling_read(p->pool, view.text, &spelling) == VET_OK) {
        p->word.squeezed = view.text;
    }

    for (joined = 0; joined < 2; joined++) {
        rc = vet_word_key(p->pool, &p->table, &p->word, joined,
                          &p->keys[joined]);
        assert_true(rc == VET_OK || rc == VET_DECLINED);
    }

    source.len = 0;
    reference(p->pool, s, &source);

    p->code = pcre2_compile((PCRE2_SPTR) source.data, source.len, PCRE2_UTF,
                            &rc, &offset, NULL);
    assert_non_null(p->code);
}


static void
phrase_end(phrase_t *p)
{
    pcre2_code_free(p->code);
    vet_pool_destroy(p->pool);
}


static void
phrase_text(pattern_case_t *c, pattern_text_t *text)
{
    size_t       n;
    const char  *s;

    text->len = 0;

    for (n = 1 + pattern_random(c, 7); n != 0; n--) {
        s = piece(c);
        put(text, s, strlen(s));
    }
}


static const char *
piece(pattern_case_t *c)
{
    return pieces[pattern_random(c, NPIECES)];
}


/* The phrase, as it may be written, among other letters. */

static void
text_like(pattern_case_t *c, const pattern_text_t *phrase,
    pattern_text_t *text)
{
    char         letter[8];
    size_t       i, n, round;
    const char  *s;

    text->len = 0;

    for (round = 1 + pattern_random(c, 3); round != 0; round--) {

        for (n = pattern_random(c, 3); n != 0; n--) {
            s = piece(c);
            put(text, s, strlen(s));
        }

        put(text, " ", pattern_random(c, 2));

        for (i = 0; i < phrase->len; i += n) {
            n = 1;

            while (i + n < phrase->len
                   && ((unsigned char) phrase->data[i + n] & 0xc0) == 0x80)
            {
                n++;
            }

            memcpy(letter, phrase->data + i, n);
            letter[n] = '\0';

            s = variant(c, letter);
            put(text, s, strlen(s));

            if (pattern_random(c, 12) == 0) {
                s = (pattern_random(c, 2) == 0) ? s : ".";
                put(text, s, strlen(s));
                put(text, s, strlen(s));
            }
        }

        put(text, " ", pattern_random(c, 2));
    }
}


static const char *
variant(pattern_case_t *c, const char *letter)
{
    size_t  i;

    static const char *const  variants[][2] = {
        { "\xc3\xa0", "a" }, { "\xe1\xba\xa5", "a" }, { "\xc4\x91", "d" },
        { "\xe1\xbb\x93", "o" }, { "\xe1\xbb\xb3", "y" }, { "l", "1" },
        { "\xc3\xb2", "o" }, { "o", "0" }, { "o", "\xc3\xb2" }, { "i", "1" },
        { "a", "\xc3\xa0" }, { "a", "@" }, { " ", "  " }, { " ", "" },
        { "u", "\xe1\xbb\xa7" }, { "\xe1\xbb\x87", "e" }, { "a", "4" },
        { "\xce\xac", "\xce\xb1" }, { "\xc3\xa6", "ae" }, { " ", "-" },
        { "a", "A" }, { "\xc4\x91", "\xc4\x90" }, { "\xc3\xa0", "\xc3\xa1" }
    };

    if (pattern_random(c, 3) == 0) {
        for (i = pattern_random(c, 6);
             i < sizeof(variants) / sizeof(variants[0]);
             i++)
        {
            if (strcmp(variants[i][0], letter) == 0) {
                return variants[i][1];
            }
        }
    }

    return letter;
}


/* The pattern of a phrase on the text view. */

static void
reference(vet_pool_t *pool, vet_str_t text, pattern_text_t *out)
{
    size_t     i, n;
    uint32_t   cp, before, behind;
    vet_str_t  letter;

    put(out, "(?:(?<!" WORD ")|(?!" WORD "))",
        strlen("(?:(?<!" WORD ")|(?!" WORD "))"));
    behind = 0;

    for (i = 0; i < text.len; i += letter.len) {
        before = behind;
        letter.data = text.data + i;
        letter.len = vet_uni_read(letter.data, text.len - i, &cp);
        behind = cp;

        if (cp == ' ') {
            while (text.data[i + letter.len] == ' ') {
                letter.len++;
            }

            put(out, " +", 2);
            continue;
        }

        while (i + letter.len < text.len) {
            n = vet_uni_read(text.data + i + letter.len,
                             text.len - i - letter.len, &cp);
            if (vet_uni(cp)->ccc == 0) {
                break;
            }

            letter.len += n;
        }

        cp = (i + letter.len < text.len) ? cp : 0;
        reference_letter(pool, letter, vet_spelling_moved(before, behind, cp),
                         out);
    }

    put(out, "(?:(?!" WORD ")|(?<!" WORD "))",
        strlen("(?:(?!" WORD ")|(?<!" WORD "))"));
}


static void
reference_letter(vet_pool_t *pool, vet_str_t letter, uint32_t moved,
    pattern_text_t *out)
{
    uint32_t       cp;
    vet_str_t      s;
    vet_view_t     bare;
    unsigned char  bytes[VET_UNI_BYTES];

    assert_int_equal(vet_view_build(pool, letter, VET_VIEW_FOLDED, &bare), 0);

    put(out, "(?:", 3);
    put_literal(out, letter);

    if (bare.text.len != 0) {
        put(out, "|", 1);
        put_literal(out, bare.text);
    }

    if (moved != 0 && bare.text.len == 1
        && vet_uni_read(letter.data, letter.len, &cp) == letter.len)
    {
        s.data = bytes;
        s.len = vet_uni_write(moved, bytes);
        put(out, "|", 1);
        put_literal(out, s);
    }

    put(out, ")", 1);
}


static void
put(pattern_text_t *out, const void *data, size_t len)
{
    assert_true(sizeof(out->data) - out->len >= len);

    if (len != 0) {
        memcpy(out->data + out->len, data, len);
        out->len += len;
    }
}


static void
put_literal(pattern_text_t *out, vet_str_t s)
{
    size_t  i;

    for (i = 0; i < s.len; i++) {
        if (strchr("-.+$@ ", s.data[i]) != NULL) {
            put(out, "\\", 1);
        }

        put(out, s.data + i, 1);
    }
}


/* All places, those inside of others too. */

static void
by_pattern(const phrase_t *p, vet_str_t text, places_t *places)
{
    size_t             at, *ovector;
    vet_word_place_t  *place;
    pcre2_match_data  *data;

    data = pcre2_match_data_create(2, NULL);
    assert_non_null(data);
    ovector = pcre2_get_ovector_pointer(data);
    places->n = 0;

    for (at = 0; at < text.len; at++) {
        if ((text.data[at] & 0xc0) == 0x80
            || pcre2_match(p->code, text.data, text.len, at, PCRE2_ANCHORED,
                           data, NULL) < 0)
        {
            continue;
        }

        assert_true(places->n < PLACES);
        place = &places->elts[places->n++];
        place->start = ovector[0];
        place->end = ovector[1];
        place->bare = p->word.accented
                      && !vet_view_accented(text.data + ovector[0],
                                            ovector[1] - ovector[0]);
    }

    pcre2_match_data_free(data);
}


static void
by_trying(const phrase_t *p, const vet_view_t *view, vet_str_t value,
    int joined, places_t *places)
{
    size_t  at;

    places->n = 0;

    for (at = 0; at < view->text.len; at++) {
        if ((view->text.data[at] & 0xc0) != 0x80) {
            try_at(p, view, value, joined, at, places);
        }
    }
}


static void
by_key(const phrase_t *p, const vet_view_t *view, vet_str_t value, int joined,
    places_t *places)
{
    size_t                pos, at, end, last;
    vet_key_t             key;
    const unsigned char  *found;

    places->n = 0;
    last = 0;

    if (p->keys[joined].len == 0) {
        by_trying(p, view, value, joined, places);
        return;
    }

    assert_int_equal(vet_key_make(p->pool, &p->table, view->text, joined,
                                  &key), 0);

    for (pos = 0; pos < key.text.len; pos++) {
        found = memmem(key.text.data + pos, key.text.len - pos,
                       p->keys[joined].data, p->keys[joined].len);
        if (found == NULL) {
            return;
        }

        pos = (size_t) (found - key.text.data);
        vet_key_start(&key, &p->word, pos, &at, &end);

        for (at = (at < last) ? last : at; at < end; at++) {
            if ((view->text.data[at] & 0xc0) != 0x80) {
                try_at(p, view, value, joined, at, places);
            }
        }

        last = end;
    }
}


static void
try_at(const phrase_t *p, const vet_view_t *view, vet_str_t value, int joined,
    size_t at, places_t *places)
{
    int                rc;
    vet_word_place_t   place;

    memset(&place, 0, sizeof(vet_word_place_t));

    rc = joined
         ? (p->word.squeezed.len == 0 || !view->odd) ? VET_DECLINED
           : vet_word_joined_at(p->pool, &p->word, view, value, at, &place)
         : vet_word_at(p->pool, &p->word, view->text, at, &place);

    assert_true(rc == VET_OK || rc == VET_DECLINED);

    if (rc == VET_OK) {
        assert_true(places->n < PLACES);
        assert_int_equal(place.start, at);
        places->elts[places->n++] = place;
    }
}


static void
same(const phrase_t *p, vet_str_t text, const places_t *a, const places_t *b,
    const char *how)
{
    size_t  i;

    for (i = 0; i < a->n || i < b->n; i++) {
        if (i == a->n || i == b->n || a->elts[i].start != b->elts[i].start
            || a->elts[i].end != b->elts[i].end
            || a->elts[i].bare != b->elts[i].bare)
        {
            fail_msg("%s: \"%.*s\" in \"%.*s\": %zu and %zu places", how,
                     (int) p->word.text.len,
                     (const char *) p->word.text.data, (int) text.len,
                     (const char *) text.data, a->n, b->n);
        }
    }
}


static void
test_places(void **state)
{
    size_t           i;
    uint64_t         count, pairs, found[2];
    phrase_t         p;
    places_t        *a, *b;
    vet_str_t        value;
    vet_view_t       view, joined;
    pattern_case_t  *c;
    pattern_text_t   text;

    (void) state;

    c = calloc(1, sizeof(pattern_case_t));
    a = calloc(1, sizeof(places_t));
    b = calloc(1, sizeof(places_t));
    assert_true(a != NULL && b != NULL && c != NULL);

    count = number("PREFILTER_COUNT", COUNT);
    c->random = number("PREFILTER_SEED", COUNT) * 0x9e3779b97f4a7c15ULL | 1;
    found[0] = 0;
    found[1] = 0;

    for (pairs = 0; pairs < count; pairs += TEXTS) {
        phrase_begin(&p, c);

        for (i = 0; i < TEXTS; i++) {
            text_like(c, &c->pattern, &text);
            value.data = (const unsigned char *) text.data;
            value.len = text.len;

            assert_int_equal(vet_view_build(p.pool, value, VET_VIEW_TEXT,
                                            &view), 0);
            assert_int_equal(vet_view_squeeze(p.pool, &view, &joined), 0);

            by_pattern(&p, view.text, a);
            by_trying(&p, &view, value, 0, b);
            same(&p, value, a, b, "pattern");
            by_key(&p, &view, value, 0, b);
            same(&p, value, a, b, "key");
            found[0] += (a->n != 0);

            by_trying(&p, &joined, value, 1, a);
            by_key(&p, &joined, value, 1, b);
            same(&p, value, a, b, "joined key");
            found[1] += (a->n != 0);
        }

        phrase_end(&p);
    }

    print_message("# %llu pairs, found in %llu, joined in %llu\n",
                  (unsigned long long) pairs, (unsigned long long) found[0],
                  (unsigned long long) found[1]);

    assert_true(found[0] > count / 10);
    assert_true(found[1] > count / 100);

    free(a);
    free(b);
    free(c);
}


/*
 * The key of a text view is the same when it is made of the folded one, and
 * leads to the same places: with every letter, and with letters at random.
 */

static void
test_key_folded(void **state)
{
    size_t           i, n, len, latin;
    uint32_t         cp;
    unsigned char    bytes[64 * VET_UNI_BYTES];
    vet_key_table_t  table;

    static const uint32_t  some[] = {
        'a', 'L', '1', ' ', ' ', '-', '.', '\n', 0xe0, 0x110, 0x1ea5, 0x1ef8,
        0x17f, 0xb5, 0xd7, 0xf8, 0xfe, 0xaa, 0xa0, 0x301
    };

    (void) state;

    vet_key_table(&table);
    latin = 0;

    for (cp = 1; cp < 0x20000; cp++) {

        if (cp == 0xd800) {
            cp = 0xe000;
        }

        len = 0;

        for (i = 0; i < 5; i++) {
            len += vet_uni_write(cp, bytes + len);
            len += vet_uni_write((i % 2) ? ' ' : 'x', bytes + len);
        }

        latin += same_key(&table, bytes, len);
    }

    /* most of these blocks, and ASCII */

    assert_true(latin > 500 && latin < 1000);
    latin = 0;

    for (n = 0; n < 20000; n++) {
        len = 0;

        for (i = (size_t) rand() % 64; i > 0; i--) {
            len += vet_uni_write(some[(size_t) rand()
                                      % (sizeof(some) / sizeof(some[0]) - 1)
                                      + (rand() % 500 == 0)], bytes + len);
        }

        latin += same_key(&table, bytes, len);
    }

    assert_true(latin > 2000);
}


/* Returns 0 where the views are not of that kind. */

static size_t
same_key(const vet_key_table_t *table, const unsigned char *data, size_t len)
{
    int          lead;
    size_t       i, start, end, at, to;
    vet_str_t    value;
    vet_key_t    one, two;
    vet_pool_t  *pool;
    vet_view_t   text, folded;
    vet_word_t   word;

    pool = vet_pool_create(MEMORY);
    assert_non_null(pool);

    value.data = data;
    value.len = len;
    assert_int_equal(vet_view_build(pool, value, VET_VIEW_TEXT, &text), 0);
    assert_int_equal(vet_view_build(pool, value, VET_VIEW_FOLDED, &folded), 0);

    if (!text.latin || !folded.latin) {
        vet_pool_destroy(pool);
        return 0;
    }

    assert_int_equal(vet_key_make(pool, table, text.text, 0, &one), 0);
    assert_int_equal(vet_key_folded(pool, table, &text, &folded, &two), 0);
    assert_int_equal(one.text.len, two.text.len);
    assert_memory_equal(one.text.data, two.text.data, one.text.len);

    memset(&word, 0, sizeof(vet_word_t));

    for (lead = 0; lead < 2; lead++) {
        word.lead = (lead != 0);

        for (i = 0; i + 1 < one.text.len; i++) {
            vet_key_start(&one, &word, i, &start, &end);
            vet_key_start(&two, &word, i, &at, &to);
            assert_int_equal(at, start);

            /* a letter of several bytes begins once */

            assert_true(to == end || lead == 0);
        }
    }

    vet_pool_destroy(pool);

    return 1;
}


/* A key has room for whatever it is made of. */

static void
test_key_room(void **state)
{
    int               joined;
    uint32_t          cp;
    vet_key_t         key;
    vet_str_t         s;
    vet_pool_t       *pool;
    unsigned char     bytes[100 * VET_UNI_BYTES];
    vet_key_table_t   table;

    (void) state;

    vet_key_table(&table);

    for (cp = 1; cp < 0x20000; cp++) {

        if (cp == 0xd800) {
            cp = 0xe000;        /* surrogates are not in UTF-8 */
        }

        pool = vet_pool_create(MEMORY);
        assert_non_null(pool);

        s.data = bytes;
        s.len = 0;

        while (s.len < sizeof(bytes) - VET_UNI_BYTES) {
            s.len += vet_uni_write(cp, bytes + s.len);
        }

        for (joined = 0; joined < 2; joined++) {
            assert_int_equal(vet_key_make(pool, &table, s, joined, &key),
                             VET_OK);
        }

        vet_pool_destroy(pool);
    }
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


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_places),
        cmocka_unit_test(test_key_room),
        cmocka_unit_test(test_key_folded),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
