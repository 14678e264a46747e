
/*
 * Copyright (C) the moderate authors
 *
 * The squeezed and the joined view: what is dropped, what stays, and where
 * it was.
 */


#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <vet_rules.h>


#define POOL    (1 << 20)
#define RANDOM  60000


typedef struct {
    const char  *value;
    const char  *squeezed;
    const char  *joined;     /* NULL: the same */
} squeezed_case_t;


static vet_view_t build(vet_pool_t *pool, vet_str_t value,
    vet_view_kind_t kind);
static void check(const char *value, vet_view_kind_t kind,
    const char *expected);
static void sound(const vet_view_t *view, size_t len);
static void stable(vet_pool_t *pool, vet_str_t value);
static uint32_t next(uint32_t *seed);

static void test_cases(void **state);
static void test_offsets(void **state);
static void test_no_copy(void **state);
static void test_random(void **state);
static void test_small_pool(void **state);


static const squeezed_case_t  cases[] = {

    /* separators */

    { "v.i.a.g.r.a now", "viagra now", NULL },
    { "0912.345 678", "0912345678", NULL },
    { "gọi 0 9 1 2 3 4 5 6 7 8 ngay", "goi 0912345678 ngay",
      "gọi 0912345678 ngay" },
    { "(+84) 912-345-678", "84912345678", NULL },
    { "cas.ino th-ắng f*re", "casino thang fre", "casino thắng fre" },
    { "a. b, c", "abc", NULL },
    { "đ ị t  m ẹ", "ditme", "địtmẹ" },
    { "tốt.Rất tốt", "totrat tot", "tốtrất tốt" },
    { "một, hai;\tba", "mot hai ba", "một hai ba" },
    { "  ...một...  ", "mot", "một" },
    { " .,", "", NULL },
    { "", "", NULL },
    { "a bc d", "a bc d", NULL },
    { "ngày 20/11/2020", "ngay 20112020", "ngày 20112020" },
    { "tuổi 18, 20kg", "tuoi 18 20kg", "tuổi 18 20kg" },
    { "f😀r😀e😀d", "fred", NULL },
    { "a\xf0\x9f\x91\x8d\xf0\x9f\x8f\xbd""b", "ab", NULL },
    { "x\xe2\x80\x8b.y", "xy", NULL },
    { "một .\xcc\x81 hai", "mot hai", "một hai" },

    /* repeats */

    { "freeeee moneyyy", "fre money", NULL },
    { "quáaaa quaaá", "qua qua", "quá quá" },
    { "hưuuu lưu", "hu lu", "hư lư" },
    { "f f r r e e d d", "fred", NULL },
    { "aa b", "ab", NULL },
    { "0900 000 1111", "09000001111", NULL },
    { "x\xcc\xa3""x\xcc\xa3", "x", "x\xcc\xa3""x\xcc\xa3" },

    /* digits and signs for letters */

    { "fr33 m0ney", "fre money", NULL },
    { "v1agra c4sin0 vi4gr4", "viagra casino viagra", NULL },
    { "1oan 0nline 7hang", "ioan online thang", NULL },
    { "c@sino $ex ca$h cas!no", "casino sex cash casino", NULL },
    { "a$$hole p@$$w0rd", "ashole pasword", NULL },
    { "c 4 s 1 n o", "casino", NULL },
    { "c.4.s.1.n.o", "casino", NULL },
    { "a 1 2 b", "a 12 b", NULL },
    { "a 1 1 1 b", "a 111 b", NULL },
    { "a 1", "a 1", NULL },
    { "ngay! 100$ @ 5", "ngay 1005", NULL },
    { "hết!Hay", "hetihay", "hếtihay" },

    /* and what people mean as digits */

    { "100k 2tr5 15h30 20m2 5kg 1tr", "100k 2tr5 15h30 20m2 5kg 1tr", NULL },
    { "q1 f0 a4 p.5 hay Q.12", "q1 f0 a4 p 5 hay q 12", NULL },
    { "covid19 sv388 b2b", "covid19 sv388 b2b", NULL },
    { "1 ngày, 3 lần", "1 ngay 3 lan", "1 ngày 3 lần" },
    { "k0", "k0", NULL },

    /* nothing that could join what is before it */

    { "\xe1\x84\x92.\xe1\x85\xa1", "\xe1\x84\x92 \xe1\x85\xa1", NULL },
    { "v1\xcc\xb6""agra", "viagra", "v1\xcc\xb6""agra" },
    { "v.1\xcc\xb6.x", "vix", "v 1\xcc\xb6 x" },
};


static vet_view_t
build(vet_pool_t *pool, vet_str_t value, vet_view_kind_t kind)
{
    vet_view_t  view;

    assert_int_equal(vet_view_build(pool, value, kind, &view), VET_OK);
    sound(&view, value.len);

    return view;
}


static void
sound(const vet_view_t *view, size_t len)
{
    size_t    i, n, start, end, last_start, last_end;
    uint32_t  cp;

    for (i = 0; i < view->text.len; i += n) {
        n = vet_uni_read(view->text.data + i, view->text.len - i, &cp);
        assert_true(n > 1 || cp < 0x80);
    }

    last_start = 0;
    last_end = 0;

    for (i = 0; i <= view->text.len; i++) {
        start = vet_view_start(view, i);
        end = vet_view_end(view, i);

        assert_true(start >= last_start && start <= len);
        assert_true(end >= last_end && end <= len);
        assert_true(i == 0 || end > last_start);

        last_start = start;
        last_end = end;
    }
}


static void
check(const char *value, vet_view_kind_t kind, const char *expected)
{
    vet_str_t    s;
    vet_view_t   view;
    vet_pool_t  *pool;

    s.data = (const unsigned char *) value;
    s.len = strlen(value);

    pool = vet_pool_create(POOL);
    view = build(pool, s, kind);

    if (view.text.len != strlen(expected)
        || memcmp(view.text.data, expected, view.text.len) != 0)
    {
        fail_msg("\"%s\": \"%.*s\", expected \"%s\"", value,
                 (int) view.text.len, view.text.data, expected);
    }

    stable(pool, s);
    vet_pool_destroy(pool);
}


/* The views of a view are that view. */

static void
stable(vet_pool_t *pool, vet_str_t value)
{
    int         kind;
    vet_view_t  view, again;

    for (kind = VET_VIEW_SQUEEZED; kind <= VET_VIEW_JOINED; kind++) {
        view = build(pool, value, (vet_view_kind_t) kind);
        again = build(pool, view.text, (vet_view_kind_t) kind);

        if (view.text.len != again.text.len
            || memcmp(view.text.data, again.text.data, view.text.len) != 0)
        {
            fail_msg("\"%.*s\": \"%.*s\", then \"%.*s\"", (int) value.len,
                     value.data, (int) view.text.len, view.text.data,
                     (int) again.text.len, again.text.data);
        }
    }
}


static void
test_cases(void **state)
{
    size_t  i;

    (void) state;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        check(cases[i].value, VET_VIEW_SQUEEZED, cases[i].squeezed);
        check(cases[i].value, VET_VIEW_JOINED,
              (cases[i].joined == NULL) ? cases[i].squeezed
                                        : cases[i].joined);
    }
}


static void
test_offsets(void **state)
{
    vet_str_t    value;
    vet_view_t   view;
    vet_pool_t  *pool;

    static const char  text[] = "Ｇọi 0 9\xe2\x80\x8b 1. Fr33EE !";

    (void) state;

    value.data = (const unsigned char *) text;
    value.len = sizeof(text) - 1;
    pool = vet_pool_create(POOL);

    /* 0 G(3) 3 o(3) 6 i 7 SP 8 0 SP 9 ZWSP(3) SP 1 . SP F r 3 3 E E SP ! */

    view = build(pool, value, VET_VIEW_SQUEEZED);
    assert_int_equal(view.text.len, 11);
    assert_memory_equal(view.text.data, "goi 091 fre", 11);

    assert_int_equal(vet_view_end(&view, 1), 3);
    assert_int_equal(vet_view_start(&view, 4), 8);
    assert_int_equal(vet_view_end(&view, 5), 9);
    assert_int_equal(vet_view_start(&view, 5), 10);
    assert_int_equal(vet_view_start(&view, 6), 15);
    assert_int_equal(vet_view_end(&view, 7), 16);
    assert_int_equal(vet_view_start(&view, 7), 16);
    assert_int_equal(vet_view_end(&view, 8), 18);
    assert_int_equal(vet_view_start(&view, 10), 20);
    assert_int_equal(vet_view_end(&view, 11), 24);

    vet_pool_destroy(pool);
}


static void
test_no_copy(void **state)
{
    vet_str_t    value;
    vet_view_t   view;
    vet_pool_t  *pool;

    static const char  text[] = "plain words 12 and one more";

    (void) state;

    value.data = (const unsigned char *) text;
    value.len = sizeof(text) - 1;
    pool = vet_pool_create(POOL);

    view = build(pool, value, VET_VIEW_JOINED);
    assert_ptr_equal(view.text.data, text);
    assert_int_equal(view.odd, 0);

    vet_pool_destroy(pool);
}


static uint32_t
next(uint32_t *seed)
{
    *seed = *seed * 1664525 + 1013904223;

    return *seed >> 16;
}


/* Short texts of what the views look at, in all orders. */

static void
test_random(void **state)
{
    int             i;
    size_t          n;
    uint32_t        seed;
    vet_str_t       value;
    vet_pool_t     *pool;
    unsigned char   bytes[64];
    const char     *part;

    static const char *const  parts[] = {
        "a", "a", "b", "l", "i", "A", "ab", "ớ", "ơ", "o", "á", "à", "ư", "u",
        "\xcc\x81", "\xcc\xa3", "\xcc\xb6", "\xcc\x9b", "1", "0", "8", "2",
        "33", "444", " ", " ", ".", ".", ",", "!", "@", "$", "$$", "_", "😀",
        "\xe2\x80\x8b", "\xe1\x84\x92", "\xe1\x85\xa1", "\xe1\x86\xab", "人",
        "\xff", "²", "ﬁ", "æ", "\xe0\xa6\xbe", "\xe0\xa6\x95", "\xd9\xa3"
    };

    (void) state;

    seed = 1;

    for (i = 0; i < RANDOM; i++) {
        value.data = bytes;
        value.len = 0;

        for (n = 2 + next(&seed) % 9; n > 0; n--) {
            part = parts[next(&seed) % (sizeof(parts) / sizeof(parts[0]))];
            memcpy(bytes + value.len, part, strlen(part));
            value.len += strlen(part);
        }

        pool = vet_pool_create(POOL);
        stable(pool, value);
        vet_pool_destroy(pool);
    }
}


static void
test_small_pool(void **state)
{
    int          rc;
    size_t       max;
    vet_str_t    value;
    vet_view_t   view;
    vet_pool_t  *pool;

    static const char  text[] = "V.i.a.g.r.a, fr33 freeeee q.u.á.á.a a b c d "
                                "1 2 3 4 aabbccddeeffgghh";

    (void) state;

    value.data = (const unsigned char *) text;
    value.len = sizeof(text) - 1;
    rc = VET_LIMIT;

    for (max = 0; rc != VET_OK; max += 16) {
        assert_true(max < 16384);
        pool = vet_pool_create(max);
        rc = vet_view_build(pool, value, VET_VIEW_JOINED, &view);
        assert_true(rc == VET_OK || rc == VET_LIMIT);
        vet_pool_destroy(pool);
    }
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_cases),
        cmocka_unit_test(test_offsets),
        cmocka_unit_test(test_no_copy),
        cmocka_unit_test(test_random),
        cmocka_unit_test(test_small_pool),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
