
/*
 * Copyright (C) the moderate authors
 *
 * Views are built a block at a time where that can be done.  What comes of a
 * text must be what comes of its words, which are shorter than a block.
 */


#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <vet_letters.h>
#include <vet_rules.h>


#define TEXTS  4000
#define BYTES  400       /* of a text, and a word more */
#define WORD   24        /* bytes at most, and less than a block looks at */
#define ROOM   (BYTES + WORD)


static const char *const  pieces[] = {
    "a", "b", "s", "t", "e", "th", "er", "ff", "ee", "oo", "letter", "office",
    "on", "ng", "tr", "nh", "A", "OFF", "T", ".", ",", "!", "?", "-", "'",
    "@", "$", "0", "1", "12", "3", "à", "á", "ạ", "ấ", "ế", "đ", "ư", "ơ",
    "Đ", "Ấ", "Ở", "ă", "ậ", "ỹ", "Ỹ", "ỿ", "ẚ", "ß", "ÿ", "÷", "×", "ı",
    "ĸ", "ĩ", "ũ", "aá", "áa", "áà", "ы", "日", "\xcc\x81", "\xcc\xa3",
    "\xe2\x80\x8b", "\xff", "\xc3", "\xe1\xba", "\xe0\x80\x80",
    "\xed\xa0\x80", "\xf0\x9f\x98\x80", "\xf4\x90\x80\x80", "\x01", "ﬁ",
    "æ", "ŉ", "①", "\xe1\x84\x92", "\xe1\x85\xa1", "か", "\xe3\x82\x99"
};

#define PIECES   (sizeof(pieces) / sizeof(pieces[0]))
#define PLAIN    16      /* the first of them, most texts are of these */


static size_t text(unsigned *seed, unsigned char *p);
static unsigned number(unsigned *seed, unsigned below);
static void words(vet_pool_t *pool, vet_str_t value, vet_view_kind_t kind);
static void spaces(vet_pool_t *pool, vet_str_t value, vet_view_kind_t kind);
static void each(void (*check)(vet_pool_t *pool, vet_str_t value,
    vet_view_kind_t kind), vet_view_kind_t first, vet_view_kind_t last);

static void odd(vet_pool_t *pool, vet_str_t value, vet_view_kind_t kind);

static void test_words(void **state);
static void test_spaces(void **state);
static void test_odd(void **state);
static void test_letters(void **state);


/* Writes words of some pieces; returns how many bytes. */

static size_t
text(unsigned *seed, unsigned char *p)
{
    size_t    i, len, size, from;
    unsigned  plain;

    len = 0;
    from = 0;
    size = number(seed, BYTES);
    plain = number(seed, 3) * 12;

    while (len < size) {
        i = (number(seed, plain + 2) != 0) ? number(seed, PLAIN)
                                           : number(seed, PIECES);

        if (number(seed, 4) == 0
            || len - from + strlen(pieces[i]) > WORD)
        {
            from = len;
            p[len++] = ' ';
        }

        memcpy(p + len, pieces[i], strlen(pieces[i]));
        len += strlen(pieces[i]);
    }

    return len;
}


static unsigned
number(unsigned *seed, unsigned below)
{
    *seed = *seed * 1103515245u + 12345u;

    return (*seed >> 16) % below;
}


/* The view of the whole is that of its words, one behind the other. */

static void
words(vet_pool_t *pool, vet_str_t value, vet_view_kind_t kind)
{
    size_t      i, from, to, len;
    vet_str_t   word;
    vet_view_t  whole, view;

    assert_int_equal(vet_view_build(pool, value, kind, &whole), VET_OK);
    len = 0;

    for (from = 0; from < value.len; from = to) {

        for (to = from + 1; to < value.len && value.data[to] != ' '; to++) {
            /* void */
        }

        word.data = value.data + from;
        word.len = to - from;
        assert_int_equal(vet_view_build(pool, word, kind, &view), VET_OK);

        assert_true(view.text.len <= whole.text.len - len);
        assert_memory_equal(whole.text.data + len, view.text.data,
                            view.text.len);

        for (i = 0; i < view.text.len; i++) {
            assert_int_equal(vet_view_start(&whole, len + i),
                             from + vet_view_start(&view, i));
            assert_int_equal(vet_view_end(&whole, len + i + 1),
                             from + vet_view_end(&view, i + 1));
        }

        len += view.text.len;
    }

    assert_int_equal(len, whole.text.len);
}


/* A second SPACE changes nothing, but there are then no runs of words. */

static void
spaces(vet_pool_t *pool, vet_str_t value, vet_view_kind_t kind)
{
    size_t         i, n, places[ROOM];
    vet_str_t      wide;
    vet_view_t     base, one, two, twice;
    unsigned char  bytes[2 * ROOM];

    assert_int_equal(vet_view_build(pool, value,
                                    (kind == VET_VIEW_SQUEEZED)
                                    ? VET_VIEW_FOLDED : VET_VIEW_TEXT, &base),
                     VET_OK);

    base.nspans = 0;
    twice = base;
    n = 0;

    for (i = 0; i < base.text.len && i < ROOM; i++) {
        places[i] = n;
        bytes[n++] = base.text.data[i];

        if (base.text.data[i] == ' ') {
            bytes[n++] = ' ';
        }
    }

    wide.data = bytes;
    wide.len = n;
    twice.text = wide;

    assert_int_equal(vet_view_squeeze(pool, &base, &one), VET_OK);
    assert_int_equal(vet_view_squeeze(pool, &twice, &two), VET_OK);

    assert_int_equal(one.odd, two.odd);
    assert_int_equal(one.text.len, two.text.len);
    assert_memory_equal(one.text.data, two.text.data, one.text.len);

    for (i = 0; i < one.text.len; i++) {
        if (one.text.data[i] != ' ') {
            assert_int_equal(vet_view_base_start(&two, i),
                             places[vet_view_base_start(&one, i)]);
            assert_int_equal(vet_view_base_end(&two, i + 1),
                             places[vet_view_base_end(&one, i + 1) - 1] + 1);
        }
    }
}


/* The joined view is not looked at for words where this one is not odd. */

static void
odd(vet_pool_t *pool, vet_str_t value, vet_view_kind_t kind)
{
    vet_view_t  joined, squeezed;

    assert_int_equal(vet_view_build(pool, value, kind, &squeezed), VET_OK);
    assert_int_equal(vet_view_build(pool, value, VET_VIEW_JOINED, &joined),
                     VET_OK);

    assert_true(squeezed.odd || !joined.odd);
}


static void
each(void (*check)(vet_pool_t *pool, vet_str_t value, vet_view_kind_t kind),
    vet_view_kind_t first, vet_view_kind_t last)
{
    int             kind;
    size_t          i;
    unsigned        seed;
    vet_str_t       value;
    vet_pool_t     *pool;
    unsigned char  *bytes, buffer[ROOM];

    seed = 1;

    for (i = 0; i < TEXTS; i++) {
        value.len = text(&seed, buffer);

        /* just as long, so that what is read behind it is noticed */

        bytes = malloc(value.len + (value.len == 0));
        assert_non_null(bytes);
        memcpy(bytes, buffer, value.len);
        value.data = bytes;

        for (kind = (int) first; kind <= (int) last; kind++) {
            pool = vet_pool_create(1 << 20);
            assert_non_null(pool);
            check(pool, value, (vet_view_kind_t) kind);
            vet_pool_destroy(pool);
        }

        free(bytes);
    }
}


static void
test_words(void **state)
{
    (void) state;

    each(words, VET_VIEW_RAW, VET_VIEW_FOLDED);
}


static void
test_spaces(void **state)
{
    (void) state;

    each(spaces, VET_VIEW_SQUEEZED, VET_VIEW_JOINED);
}


static void
test_odd(void **state)
{
    (void) state;

    each(odd, VET_VIEW_SQUEEZED, VET_VIEW_SQUEEZED);
}


/* Each Latin letter is in a long text what the tables have for it. */

static void
test_letters(void **state)
{
    size_t         at, n, len, kind, seen;
    uint32_t       cp, own;
    vet_str_t      value;
    vet_pool_t    *pool;
    vet_view_t     view;
    unsigned char  bytes[2 * WORD + VET_UNI_BYTES];
    unsigned char  wanted[2 * WORD + VET_UNI_BYTES];

    (void) state;

    seen = 0;

    for (at = 0; at < VET_UNI_LATIN_N; at++) {
        cp = (uint32_t) ((at < 0x200) ? 0x80 + at : 0x1e00 + at - 0x200);

        for (kind = VET_VIEW_TEXT; kind <= VET_VIEW_FOLDED; kind++) {
            own = (kind == VET_VIEW_TEXT) ? vet_uni_latin_text[at]
                                          : vet_uni_latin_fold[at];
            if (own == 0) {
                continue;
            }

            memset(bytes, 'x', sizeof(bytes));
            memset(wanted, 'x', sizeof(wanted));
            n = vet_uni_write(cp, bytes + WORD);
            len = vet_uni_write(own, wanted + WORD);

            memset(bytes + WORD + n, 'x', WORD);
            memset(wanted + WORD + len, 'x', WORD);

            pool = vet_pool_create(SIZE_MAX);
            assert_non_null(pool);

            value.data = bytes;
            value.len = 2 * WORD + n;
            assert_int_equal(vet_view_build(pool, value, kind, &view), VET_OK);
            assert_int_equal(view.text.len, 2 * WORD + len);
            assert_memory_equal(view.text.data, wanted, view.text.len);

            vet_pool_destroy(pool);
            seen++;
        }
    }

    assert_true(seen > 1000);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_words),
        cmocka_unit_test(test_spaces),
        cmocka_unit_test(test_odd),
        cmocka_unit_test(test_letters),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
