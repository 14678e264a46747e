
/*
 * Copyright (C) the moderate authors
 *
 * Views: what is kept, what is gone, and the way back.
 */


#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <vet_rules.h>


#define BYTES(s)  sizeof(s) - 1, s


typedef struct {
    size_t       len;
    const char  *value;
    const char  *text;
    const char  *folded;
} view_case_t;


static vet_view_t build(vet_pool_t *pool, const void *data, size_t len,
    vet_view_kind_t kind);
static void check(const char *value, size_t len, vet_view_kind_t kind,
    const char *expected);
static void sound(const vet_view_t *view, size_t len);
static void same(const void *a, size_t na, const void *b, size_t nb);
static size_t put(unsigned char *p, const uint32_t *cps, size_t n);
static void code_point(vet_pool_t *pool, uint32_t cp);

static void test_cases(void **state);
static void test_raw(void **state);
static void test_every_code_point(void **state);
static void test_vietnamese(void **state);
static void test_vietnamese_letters(void **state);
static void test_offsets(void **state);
static void test_no_copy(void **state);
static void test_nul(void **state);
static void test_many_marks(void **state);
static void test_small_pool(void **state);


static const view_case_t  cases[] = {

    /* case */

    { BYTES("Vay TIEN"), "vay tien", "vay tien" },
    { BYTES("STRASSE stra\xc3\x9f""e"), "strasse strasse", "strasse strasse" },
    { BYTES("ĐỒNG Ý đồng"), "đồng ý đồng", "dong y dong" },
    { BYTES("ÐƯỜNG"), "đường", "duong" },          /* eth for D with stroke */

    /* white space, one for one */

    { BYTES("a\tb\r\nc"), "a b  c", "a b  c" },
    { BYTES("a\xc2\xa0""b\xe2\x80\x83""c\xe3\x80\x80""d"),
      "a b c d", "a b c d" },
    { BYTES("a\xe2\xa0\x80""b\xe3\x85\xa4""c"), "a b c", "a b c" },

    /* invisible */

    { BYTES("v\xe2\x80\x8b""a\xc2\xad""y"), "vay", "vay" },
    { BYTES("v\xe2\x80\x8d""a\xe2\x80\x8c""y"), "vay", "vay" },
    { BYTES("\xe2\x80\xaevay\xe2\x80\xac"), "vay", "vay" },
    { BYTES("\xef\xbb\xbfvay\xef\xb8\x8f"), "vay", "vay" },
    { BYTES("v\xf3\xa0\x81\xa1""ay"), "vay", "vay" },
    { BYTES("v\x01""a\x7fy"), "vay", "vay" },
    { BYTES("e\xe2\x80\x8b\xcc\x81"), "é", "e" },   /* inside of a letter */

    /* compatibility forms */

    { BYTES("ｖａｙ　ｔｉề n"), "vay tiề n", "vay tie n" },
    { BYTES("ﬁ ﬀ ①②③ ²"), "fi ff 123 2", "fi ff 123 2" },
    { BYTES("𝐯𝐚𝐲 𝓿𝓪𝔂 Ⓥ"), "vay vay v", "vay vay v" },
    { BYTES("½ ℡ ™"), "1⁄2 tel tm", "1⁄2 tel tm" },
    { BYTES("´ ¨"), "´ ¨", "´ ¨" },                /* no space comes of them */

    /* accents */

    { BYTES("ạ ă ậ ø ł ħ æ"), "ạ ă ậ ø ł ħ æ", "a a a o l h ae" },
    { BYTES("x\xcc\xa3"), "x\xcc\xa3", "x" },
    { BYTES("х\xcc\x81 и\xcc\xb6"), "x\xcc\x81 и\xcc\xb6", "x и" },

    /* no accents of a Latin letter */

    { BYTES("z\xcc\xb6\xcc\xb6"), "z", "z" },
    { BYTES("v\xcc\xb6""a\xcd\xa0y\xe2\x83\x9d t\xd2\x89i"),
      "vay ti", "vay ti" },
    { BYTES("v\xcc\x81\xcc\x80\xcc\x83""ay"), "vay", "vay" },
    { BYTES("v\xcc\xb6\xcd\x9e\xcc\x81\xcc\xb7"), "v\xcc\x81", "v" },
    { BYTES("ậ\xcc\xb6\xcc\xb7"), "ậ", "a" },
    { BYTES("ậ\xcc\x80"), "a", "a" },
    { BYTES("a\xcc\xb6\xcc\xa3\xcc\xb6\xcc\x82"), "ậ", "a" },
    { BYTES("ậ\xcc\xb6"), "ậ", "a" },
    { BYTES("ệ\xe2\x83\x9d"), "ệ", "e" },

    /* letters that look like Latin ones */

    { BYTES("раураl саѕіnо"), "paypal casino", "paypal casino" },
    { BYTES("ВЕНКМТ венкмт"), "behkmt behkmt", "behkmt behkmt" },
    { BYTES("ΑΒΕΖΗΙΚΜΝΟΡΤΥΧ"), "abezhikmnoptyx", "abezhikmnoptyx" },
    { BYTES("αβεικνορτχωσς"), "abeikvoptxwoo", "abeikvoptxwoo" },
    { BYTES("Ճоոսօհցք"), "ճonuohgf", "ճonuohgf" },
    { BYTES("ᎪᏴᏟᎠᎬ ꮯꭺ"), "abcde ca", "abcde ca" },
    { BYTES("ᴠᴀʏ ᴛɪᴇɴ ꜱʜᴏᴡ"), "vay tien show", "vay tien show" },
    { BYTES("ɑɡɪəɛıʟʋ"), "agieeilv", "agieeilv" },
    { BYTES("𝕍𝕒𝕪 𝔳𝔞𝔶 𝓋𝒶𝓎 𝚟𝚊𝚢 ℂ ℯ"), "vay vay vay vay c e",
      "vay vay vay vay c e" },
    { BYTES("ⓥⒶⓨ ⒱⒜⒴ 🅥🅐🅨 🆅🅰🆈 🄥🄐🄨"), "vay vay vay vay vay",
      "vay vay vay vay vay" },
    { BYTES("🇻🇦🇾"), "vay", "vay" },
    { BYTES("ꓦꓮꓬ ⅴⅰ ⅼ"), "vay vi l", "vay vi l" },
    { BYTES("٠٩१२๓"), "09123", "09123" },
    { BYTES("й ё ї ў"), "й ë ï y\xcc\x86", "и e i y" },
    { BYTES("Ⅷ ß æ œ þ ŧ"), "viii ss æ œ þ ŧ", "viii ss ae oe þ t" },
    { BYTES("\xcc\x81"), "\xcc\x81", "" },
    { BYTES("한국어 が"), "한국어 が", "한국어 が" },
    { BYTES("\xe1\x84\x92\xe1\x85\xa1\xe1\x86\xab"), "한", "한" },

    /* not UTF-8: as ISO 8859-1 */

    { BYTES("caf\xe9"), "café", "cafe" },
    { BYTES("\xff\xfe"), "ÿþ", "yþ" },
    { BYTES("\xc0\x80"), "à\xc2\x80", "a\xc2\x80" },
    { BYTES("\xed\xa0\x80x"), "í \xc2\x80x", "i \xc2\x80x" },
    { BYTES("a\xe1\xbb"), "aá»", "aa»" },
    { BYTES("\xf4\x90\x80\x80"), "ô\xc2\x90\xc2\x80\xc2\x80",
      "o\xc2\x90\xc2\x80\xc2\x80" },
};


static vet_view_t
build(vet_pool_t *pool, const void *data, size_t len, vet_view_kind_t kind)
{
    vet_str_t   value;
    vet_view_t  view;

    value.data = data;
    value.len = len;

    assert_int_equal(vet_view_build(pool, value, kind, &view), VET_OK);
    sound(&view, len);

    return view;
}


/* Valid UTF-8, and a way back that never goes the other way. */

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

        if (i > 0) {
            assert_true(end >= vet_view_start(view, i - 1));
        }

        last_start = start;
        last_end = end;
    }
}


static void
check(const char *value, size_t len, vet_view_kind_t kind,
    const char *expected)
{
    vet_view_t   view;
    vet_pool_t  *pool;

    pool = vet_pool_create(1 << 20);
    view = build(pool, value, len, kind);

    if (view.text.len != strlen(expected)
        || memcmp(view.text.data, expected, view.text.len) != 0)
    {
        fail_msg("\"%s\": \"%.*s\", expected \"%s\"", value,
                 (int) view.text.len, view.text.data, expected);
    }

    vet_pool_destroy(pool);
}


static void
same(const void *a, size_t na, const void *b, size_t nb)
{
    int          kind;
    vet_view_t   one, two;
    vet_pool_t  *pool;

    for (kind = VET_VIEW_TEXT; kind < VET_VIEW_N; kind++) {
        pool = vet_pool_create(1 << 20);
        one = build(pool, a, na, (vet_view_kind_t) kind);
        two = build(pool, b, nb, (vet_view_kind_t) kind);

        assert_int_equal(one.text.len, two.text.len);
        assert_memory_equal(one.text.data, two.text.data, one.text.len);
        vet_pool_destroy(pool);
    }
}


static size_t
put(unsigned char *p, const uint32_t *cps, size_t n)
{
    size_t  i, len;

    len = 0;

    for (i = 0; i < n; i++) {
        len += vet_uni_write(cps[i], p + len);
    }

    return len;
}


static void
test_cases(void **state)
{
    size_t  i;

    (void) state;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        check(cases[i].value, cases[i].len, VET_VIEW_TEXT, cases[i].text);
        check(cases[i].value, cases[i].len, VET_VIEW_FOLDED,
              cases[i].folded);
    }
}


static void
test_raw(void **state)
{
    (void) state;

    check("AbC \xe2\x80\x8b ĐỒ", 13, VET_VIEW_RAW, "AbC \xe2\x80\x8b ĐỒ");
    check("A\xff", 2, VET_VIEW_RAW, "Aÿ");
}


/* Every code point, between letters: sound, and stable. */

static void
test_every_code_point(void **state)
{
    uint32_t     cp;
    vet_pool_t  *pool;

    (void) state;

    pool = NULL;

    for (cp = 0; cp <= 0x10ffff; cp++) {
        if (cp % 512 == 0) {
            vet_pool_destroy(pool);
            pool = vet_pool_create(1 << 22);
        }

        if (cp < 0xd800 || cp >= 0xe000) {
            code_point(pool, cp);
        }
    }

    vet_pool_destroy(pool);
}


static void
code_point(vet_pool_t *pool, uint32_t cp)
{
    int            kind;
    size_t         n;
    vet_view_t     view, again;
    unsigned char  value[8];

    value[0] = 'e';
    n = 1 + vet_uni_write(cp, value + 1);
    value[n++] = 'x';

    /* no joiner is kept there */

    for (kind = VET_VIEW_RAW; kind <= VET_VIEW_JOINED; kind++) {
        view = build(pool, value, n, (vet_view_kind_t) kind);
        again = build(pool, view.text.data, view.text.len,
                      (vet_view_kind_t) kind);

        assert_int_equal(view.text.len, again.text.len);
        assert_memory_equal(view.text.data, again.text.data, view.text.len);
        assert_true(view.text.len >= 2);

        /* a bare letter may be gone behind the same one with an accent */

        if (kind != VET_VIEW_JOINED) {
            assert_int_equal(view.text.data[view.text.len - 1], 'x');
        }
    }
}


/* Composed, decomposed and in the other order of marks: one text. */

static void
test_vietnamese(void **state)
{
    static const uint32_t  tones[] = { 0x300, 0x301, 0x303, 0x309, 0x323 };
    static const uint32_t  bases[][2] = {
        { 'a', 0 }, { 'a', 0x306 }, { 'a', 0x302 }, { 'e', 0 }, { 'e', 0x302 },
        { 'i', 0 }, { 'o', 0 }, { 'o', 0x302 }, { 'o', 0x31b }, { 'u', 0 },
        { 'u', 0x31b }, { 'y', 0 }
    };

    size_t         i, j, nd, ns, nc;
    uint32_t       base, composed;
    unsigned char  decomposed[16], swapped[16], bytes[8];

    (void) state;

    for (i = 0; i < sizeof(bases) / sizeof(bases[0]); i++) {
        for (j = 0; j < sizeof(tones) / sizeof(tones[0]); j++) {
            base = bases[i][0];

            if (bases[i][1] != 0) {
                base = vet_uni_join(base, bases[i][1]);
                assert_int_not_equal(base, 0);

                nd = put(decomposed, (uint32_t[]) { bases[i][0], bases[i][1],
                                                    tones[j] }, 3);
                ns = put(swapped, (uint32_t[]) { bases[i][0], tones[j],
                                                 bases[i][1] }, 3);
            } else {
                nd = put(decomposed, (uint32_t[]) { base, tones[j] }, 2);
                ns = put(swapped, (uint32_t[]) { base, 0x200b, tones[j] }, 3);
            }

            /* with the dot below the other mark is the one that joins last */

            composed = vet_uni_join(base, tones[j]);

            if (composed == 0) {
                composed = vet_uni_join(vet_uni_join(bases[i][0], tones[j]),
                                        bases[i][1]);
            }

            assert_int_not_equal(composed, 0);
            nc = put(bytes, &composed, 1);
            same(bytes, nc, decomposed, nd);

            /* two marks of one class do not change places */

            if (bases[i][1] == 0 || tones[j] == 0x323
                || bases[i][1] == 0x31b)
            {
                same(bytes, nc, swapped, ns);
            }

            check((const char *) bytes, nc, VET_VIEW_FOLDED,
                  (char[]) { (char) bases[i][0], '\0' });

            decomposed[0] = (unsigned char) (bases[i][0] - 'a' + 'A');
            same(bytes, nc, decomposed, nd);
        }
    }
}


/* Both cases of all letters, in both normal forms, are what they are. */

static void
test_vietnamese_letters(void **state)
{
    size_t           i, n, k, len, count;
    uint32_t         cp, own, big, parts[8];
    const uint32_t  *map;
    unsigned char    bytes[32];
    char             lower[8];

    static const char  letters[] =
        "aàáảãạăằắẳẵặâầấẩẫậbcdđeèéẻẽẹêềếểễệghiìíỉĩịklmnoòóỏõọôồốổỗộ"
        "ơờớởỡợpqrstuùúủũụưừứửữựvxyỳýỷỹỵ";
    static const char  capitals[] =
        "AÀÁẢÃẠĂẰẮẲẴẶÂẦẤẨẪẬBCDĐEÈÉẺẼẸÊỀẾỂỄỆGHIÌÍỈĨỊKLMNOÒÓỎÕỌÔỒỐỔỖỘ"
        "ƠỜỚỞỠỢPQRSTUÙÚỦŨỤƯỪỨỬỮỰVXYỲÝỶỸỴ";

    (void) state;

    count = 0;

    for (i = 0; letters[i] != '\0'; i += n) {
        n = vet_uni_read((const unsigned char *) letters + i, 4, &cp);
        memcpy(lower, letters + i, n);
        lower[n] = '\0';

        check(lower, n, VET_VIEW_TEXT, lower);
        check(capitals + i, n, VET_VIEW_TEXT, lower);

        /* NFD, and with a capital as its first letter */

        map = vet_uni_map(cp, vet_uni(cp), 0, &own, &len);
        memcpy(parts, map, len * sizeof(uint32_t));
        check((const char *) bytes, put(bytes, parts, len), VET_VIEW_TEXT,
              lower);

        (void) vet_uni_read((const unsigned char *) capitals + i, 4, &big);
        parts[0] = (parts[0] < 0x80) ? parts[0] - 'a' + 'A' : big;
        k = put(bytes, parts, len);
        check((const char *) bytes, k, VET_VIEW_TEXT, lower);
        count++;
    }

    assert_int_equal(count, 89);
}


static void
test_offsets(void **state)
{
    vet_view_t   view;
    vet_pool_t  *pool;

    static const char  value[] = "Ｖay\xe2\x80\x8b TIE\xcc\x82\xcc\x80N.";

    (void) state;

    pool = vet_pool_create(1 << 16);

    /* 0 V(3) a y ZWSP(3) space T I E+2+2 N . */

    view = build(pool, value, sizeof(value) - 1, VET_VIEW_TEXT);
    assert_int_equal(view.text.len, 11);
    assert_memory_equal(view.text.data, "vay tiền.", 11);

    assert_int_equal(vet_view_start(&view, 0), 0);
    assert_int_equal(vet_view_end(&view, 1), 3);
    assert_int_equal(vet_view_end(&view, 3), 5);        /* not the ZWSP */
    assert_int_equal(vet_view_start(&view, 3), 8);
    assert_int_equal(vet_view_start(&view, 4), 9);
    assert_int_equal(vet_view_start(&view, 6), 11);
    assert_int_equal(vet_view_end(&view, 9), 16);
    assert_int_equal(vet_view_end(&view, 10), 17);
    assert_int_equal(vet_view_end(&view, 11), 18);
    assert_int_equal(vet_view_start(&view, 11), 18);

    view = build(pool, value, sizeof(value) - 1, VET_VIEW_FOLDED);
    assert_int_equal(view.text.len, 9);
    assert_memory_equal(view.text.data, "vay tien.", 9);
    assert_int_equal(vet_view_start(&view, 6), 11);
    assert_int_equal(vet_view_end(&view, 7), 16);

    /* what one character becomes is from all of it */

    view = build(pool, "aﬃb", 5, VET_VIEW_TEXT);
    assert_memory_equal(view.text.data, "affib", 5);
    assert_int_equal(vet_view_start(&view, 2), 1);
    assert_int_equal(vet_view_end(&view, 2), 4);
    assert_int_equal(vet_view_start(&view, 4), 4);

    view = build(pool, "a\xff""b", 3, VET_VIEW_RAW);
    assert_int_equal(view.text.len, 4);
    assert_int_equal(vet_view_start(&view, 3), 2);
    assert_int_equal(vet_view_end(&view, 3), 2);
    assert_int_equal(vet_view_end(&view, 4), 3);

    vet_pool_destroy(pool);
}


/* What is the same is not copied. */

static void
test_no_copy(void **state)
{
    vet_view_t   view;
    vet_pool_t  *pool;

    static const char  ascii[] = "plain text, no capitals";
    static const char  valid[] = "Có dấu";

    (void) state;

    pool = vet_pool_create(1 << 16);

    view = build(pool, ascii, sizeof(ascii) - 1, VET_VIEW_TEXT);
    assert_ptr_equal(view.text.data, ascii);

    view = build(pool, valid, sizeof(valid) - 1, VET_VIEW_RAW);
    assert_ptr_equal(view.text.data, valid);

    view = build(pool, "", 0, VET_VIEW_FOLDED);
    assert_int_equal(view.text.len, 0);

    vet_pool_destroy(pool);
}


static void
test_nul(void **state)
{
    vet_view_t   view;
    vet_pool_t  *pool;

    (void) state;

    pool = vet_pool_create(1 << 16);
    view = build(pool, "A\0B", 3, VET_VIEW_TEXT);
    assert_int_equal(view.text.len, 3);
    assert_memory_equal(view.text.data, "a\0b", 3);
    vet_pool_destroy(pool);
}


/* A hundred thousand marks on one letter, in falling order of class. */

static void
test_many_marks(void **state)
{
    size_t          i, n, len;
    vet_view_t      view;
    vet_pool_t     *pool;
    unsigned char  *value;

    (void) state;

    n = 100000;
    value = malloc(2 * n + 1);
    assert_non_null(value);

    value[0] = 'o';
    len = 1;

    for (i = 0; i < n; i++) {
        len += vet_uni_write((i < n / 2) ? 0x301 : 0x323, value + len);
    }

    pool = vet_pool_create(1 << 24);
    view = build(pool, value, 1001, VET_VIEW_TEXT);
    view = build(pool, value, len, VET_VIEW_TEXT);
    assert_int_equal(view.text.len, 1);
    assert_int_equal(vet_view_end(&view, 1), len);

    view = build(pool, value, len, VET_VIEW_FOLDED);
    assert_int_equal(view.text.len, 1);

    /* a letter of which the accents are not known keeps them, in order */

    (void) vet_uni_write(0x44b, value + 1);
    view = build(pool, value + 1, len - 1, VET_VIEW_TEXT);
    assert_int_equal(view.text.len, len - 1);
    assert_memory_equal(view.text.data, "\xd1\x8b\xcc\xa3\xcc\xa3", 6);
    assert_int_equal(vet_view_end(&view, 5), len - 1);

    vet_pool_destroy(pool);
    free(value);
}


/* Any pool that is too small is VET_LIMIT, whichever allocation it is. */

static void
test_small_pool(void **state)
{
    int            rc;
    size_t         max;
    vet_str_t      value;
    vet_view_t     view;
    vet_pool_t    *pool;

    static const char  text[] = "Tiê\xcc\x80n \xe2\x80\x8bＡ\xff đồ "
        "a\xcc\x80\xcc\x80\xcc\x80\xcc\x80\xcc\x80\xcc\x80\xcc\x80\xcc\x80"
        "\xcc\x80\xcc\x80\xcc\x80\xcc\x80\xcc\x80\xcc\x80\xcc\x80\xcc\x80"
        "\xcc\x80\xcc\x80\xcc\x80\xcc\x80\xcc\x80\xcc\x80\xcc\x80\xcc\x80"
        "\xcc\x80\xcc\x80\xcc\x80\xcc\x80\xcc\x80\xcc\x80\xcc\x80\xcc\x80"
        "\xcc\x80\xcc\x80\xcc\x80";

    (void) state;

    value.data = (const unsigned char *) text;
    value.len = sizeof(text) - 1;
    rc = VET_LIMIT;

    for (max = 0; rc != VET_OK; max += 16) {
        assert_true(max < 8192);
        pool = vet_pool_create(max);
        rc = vet_view_build(pool, value, VET_VIEW_TEXT, &view);
        assert_true(rc == VET_OK || rc == VET_LIMIT);
        vet_pool_destroy(pool);
    }
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_cases),
        cmocka_unit_test(test_raw),
        cmocka_unit_test(test_every_code_point),
        cmocka_unit_test(test_vietnamese),
        cmocka_unit_test(test_vietnamese_letters),
        cmocka_unit_test(test_offsets),
        cmocka_unit_test(test_no_copy),
        cmocka_unit_test(test_nul),
        cmocka_unit_test(test_many_marks),
        cmocka_unit_test(test_small_pool),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
