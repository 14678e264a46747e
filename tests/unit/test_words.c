
/*
 * Copyright (C) the moderate authors
 *
 * Phrases: accents, white space, borders of words, and where they stand.
 */


#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include <vet_rules.h>

#include "rule_case.h"


/* hit is what of the text is hit, "" nothing; "bare:" before it says so. */

typedef struct {
    const char  *words;
    const char  *text;
    const char  *hit;
} words_case_t;


static vet_ruleset_t *words_set(const char *words);
static void words_check(const words_case_t *w);

static void test_cases(void **state);
static void test_strongest(void **state);
static void test_kept(void **state);
static void test_many(void **state);


static const words_case_t  cases[] = {

    /* accents: written, or bare, never another */

    { "không thế chấp", "Vay không thế chấp nhé", "không thế chấp" },
    { "không thế chấp", "vay KHÔNG THẾ CHẤP", "KHÔNG THẾ CHẤP" },
    { "không thế chấp", "vay khong the chap", "bare:khong the chap" },
    { "không thế chấp", "vay khong thế chap", "khong thế chap" },
    { "không thế chấp", "vay không thể chấp", "" },
    { "không thế chấp", "vay khống thế chấp", "" },
    { "không thế chấp", "vay không thê chấp", "" },
    { "vay", "váy đẹp", "" },
    { "vay", "Vay ngay", "Vay" },
    { "vay tiền", "váy tiền", "" },
    { "đồng", "dong", "bare:dong" },
    { "đồng", "ĐỒNG", "ĐỒNG" },
    { "đồng", "Ðồng", "Ðồng" },
    { "đồng", "đông", "" },
    { "thằng ngu", "thang ngu", "bare:thang ngu" },

    /* NFD, in text and in rule */

    { "tiền", "tie\xcc\x82\xcc\x80n", "tie\xcc\x82\xcc\x80n" },
    { "tie\xcc\x82\xcc\x80n", "tiền", "tiền" },
    { "tiền", "tie\xcc\x82n", "" },

    /* accents that do not compose */

    { "x\xcc\xa3yz", "x\xcc\xa3yz", "x\xcc\xa3yz" },
    { "x\xcc\xa3yz", "xyz", "bare:xyz" },
    { "xyz", "x\xcc\xa3yz", "" },
    { "xyz", "xyz\xcc\xa3", "" },
    { "ætt", "aett", "bare:aett" },

    /* white space */

    { "vay tiền", "vay   tiền", "vay   tiền" },
    { "vay tiền", "vay\r\n\ttiền", "vay\r\n\ttiền" },
    { "vay   tiền", "vay\xc2\xa0tiền", "vay\xc2\xa0tiền" },
    { "  vay  ", "xin vay nhé", "vay" },
    { "vay tiền", "vaytiền", "" },

    /* borders */

    { "vay", "vayx", "" },
    { "vay", "xvay", "" },
    { "vay", "vay1", "" },
    { "vay", "đvay", "" },
    { "vay", "vay_tiền", "vay" },
    { "vay", "(vay)", "vay" },
    { "vay", "vay", "vay" },
    { "vay", "không vay.", "vay" },
    { "100%", "lãi 100%!", "100%" },
    { "100%", "lãi 1100%", "" },
    { "$$$", "có $$$ đây", "$$$" },
    { "$$$", "a$$$b", "$$$" },
    { "a.b", "axb", "" },
    { "a.b*(c)|[d]^\\\\e", "a.b*(c)|[d]^\\e", "a.b*(c)|[d]^\\e" },

    /* written to be overlooked */

    { "vay tiền", "v\xe2\x80\x8b""ay tiền", "v\xe2\x80\x8b""ay tiền" },
    { "vay tiền", "ｖａｙ ｔiền", "ｖａｙ ｔiền" },
    { "vay tiền", "𝐯𝐚𝐲 tiền", "𝐯𝐚𝐲 tiền" },
    { "viagra", "VIA\xc2\xadGRA", "VIA\xc2\xadGRA" },

    /* bytes that are not UTF-8 hide nothing */

    { "vay tiền", "\xff vay tiền \xfe", "vay tiền" },
    { "vay tiền", "(\xf0\x9f vay tiền", "vay tiền" },
    { "café", "caf\xe9", "caf\xe9" },

    { "vay tiền", "ᴠᴀʏ тiền", "ᴠᴀʏ тiền" },
    { "vay tiền", "ⓥ🅐🆈 tiền", "ⓥ🅐🆈 tiền" },
    { "vay tiền", "v\xcc\xb6""a\xcc\xb6y\xcc\xb6 tiền\xcc\xb6",
      "v\xcc\xb6""a\xcc\xb6y\xcc\xb6 tiền\xcc\xb6" },
    { "vay tiền", "v\xcc\x80\xcc\x81\xcc\x82\xcc\x83""ay tiền",
      "v\xcc\x80\xcc\x81\xcc\x82\xcc\x83""ay tiền" },
    { "casino", "с а ѕ і n о", "с а ѕ і n о" },
    { "казино", "КАЗИНО", "КАЗИНО" },
    { "казино", "к.а.з.и.н.о", "к.а.з.и.н.о" },

    /* joiners that belong there hide nothing, and no phrase */

    { "می\xe2\x80\x8cخواهم", "می\xe2\x80\x8cخواهم", "می\xe2\x80\x8cخواهم" },
    { "می\xe2\x80\x8cخواهم", "میخواهم", "میخواهم" },
    { "میخواهم", "می\xe2\x80\x8cخواهم", "می\xe2\x80\x8cخواهم" },

    /* letters taken apart */

    { "viagra", "buy v.i.a.g.r.a now", "v.i.a.g.r.a" },
    { "viagra", "V-I-A-G-R-A", "V-I-A-G-R-A" },
    { "viagra", "(v_i_a_g_r_a)", "v_i_a_g_r_a" },
    { "viagra", "v i a g r a", "v i a g r a" },
    { "viagra", "V I A G R A", "V I A G R A" },
    { "viagra", "V.I.A.G.R.A", "V.I.A.G.R.A" },
    { "viagra", "v...i*a/g~r|a!", "v...i*a/g~r|a" },
    { "viagra", "via.gra", "via.gra" },
    { "viagra", "vi\xe2\x80\xa2""ag-ra", "vi\xe2\x80\xa2""ag-ra" },
    { "viagra", "xxx.v.i.a.g.r.a.xxx", "v.i.a.g.r.a" },
    { "viagra", "@v.i.a.g.r.a", "v.i.a.g.r.a" },
    { "địt mẹ", "cái đ ị t m ẹ nó", "đ ị t m ẹ" },
    { "địt mẹ", "đ.ị.t.m.ẹ", "đ.ị.t.m.ẹ" },
    { "địt mẹ", "d i t m e", "bare:d i t m e" },
    { "địt mẹ", "đ.ỉ.t m.ẹ", "" },
    { "free money", "f r e e   m o n e y", "f r e e   m o n e y" },
    { "free money", "f\xf0\x9f\x98\x80r\xf0\x9f\x98\x80""e\xf0\x9f\x98\x80"
      "e money", "f\xf0\x9f\x98\x80r\xf0\x9f\x98\x80""e\xf0\x9f\x98\x80"
      "e money" },
    { "free money", "f*ree money", "f*ree money" },
    { "free money", "free mon-ey", "free mon-ey" },
    { "xem máy", "x e m m á y", "x e m m á y" },
    { "xem máy", "xem m.á.y", "xem m.á.y" },
    { "thắng lớn", "th-ắng lớn", "th-ắng lớn" },
    { "thắng lớn", "th-ẳng lớn", "" },
    { "ngu", "đồ n.g.u quá", "n.g.u" },
    { "ngu", "đồ n g u quá", "n g u" },
    { "you've won", "y.o.u've won", "y.o.u've won" },

    /* stretched */

    { "free money", "freeeee moneyyy", "freeeee moneyyy" },
    { "thằng ngu", "thằng nguuuu", "thằng nguuuu" },
    { "thằng ngu", "thằnggg nguuu!!!", "thằnggg nguuu" },
    { "quá đắt", "quáaaa đắt", "quáaaa đắt" },
    { "quá đắt", "quaaaá đắt", "quaaaá đắt" },
    { "quá đắt", "quaaaa dattt", "bare:quaaaa dattt" },
    { "quá đắt", "quàaaa đắt", "" },
    { "lưu ý", "lưuuu ý", "lưuuu ý" },
    { "ngu", "nguuu", "nguuu" },
    { "god", "good", "" },
    { "good", "god", "" },
    { "good", "gooood", "gooood" },
    { "free", "fre", "" },
    { "free", "freee", "freee" },

    /* digits and signs for letters */

    { "viagra", "v1agra", "v1agra" },
    { "free money", "fr33 m0ney", "fr33 m0ney" },
    { "free money", "fr33m0ney", "fr33m0ney" },
    { "casino", "c4$in0 online", "c4$in0" },
    { "casino", "cas!no", "cas!no" },
    { "casino", "c@sin0.", "c@sin0" },
    { "casino", "c 4 s 1 n o", "c 4 s 1 n o" },
    { "casino", "C.4.S.I.N.O", "C.4.S.I.N.O" },
    { "instant loan", "instant 1oan", "instant 1oan" },
    { "online", "on1ine", "on1ine" },
    { "online", "0nline", "0nline" },
    { "online", "oniine", "" },
    { "online", "onine", "" },
    { "linh", "1inh", "1inh" },
    { "kỉ lục", "ki 1ụccc", "ki 1ụccc" },
    { "ass hole", "a$$hole", "a$$hole" },
    { "motherfucker", "m0th3r.fuuuuck3r", "m0th3r.fuuuuck3r" },
    { "sv388", "sv388", "sv388" },
    { "sv388", "s.v 388", "" },

    /* what people write */

    { "abc", "a) tốt b) xấu c) khác", "" },
    { "abcd", "A. B. C. D.", "" },
    { "abc", "a, b, c", "a, b, c" },
    { "can", "C.A.N", "" },
    { "ubnd", "U.B.N.D xã", "" },
    { "ubnd", "UBND xã", "UBND" },
    { "tphcm", "T.P. H.C.M", "" },
    { "tp hcm", "T.P. H.C.M", "" },
    { "đhqg", "Đ.H.Q.G", "" },
    { "vv", "v.v...", "" },
    { "con ngu", "có ba con,ngu gì mà đi", "" },
    { "con ngu", "ba con.Ngu gì", "" },
    { "vay tiền", "không vay.Tiền đâu", "" },
    { "vay tiền", "vay, tiền", "" },
    { "anh em", "anh.em", "" },
    { "bo bo", "số 80 80", "" },
    { "bobo", "8080 8.0.8.0", "" },
    { "soi", "gọi 501 hoặc 5.0.1", "" },
    { "ois", "0 1 5", "" },
    { "sos", "505", "" },
    { "look", "100k, 1.000k", "" },
    { "dao", "Đ/A/O", "" },
    { "ngu", "ng.u", "" },
    { "ngu", "www.ngu-xuan.vn", "ngu" },

    /* where the tone of a pair of vowels is written */

    { "hoà bình", "hòa bình", "hòa bình" },
    { "hòa bình", "hoà bình", "hoà bình" },
    { "hòa bình", "hoa binh", "bare:hoa binh" },
    { "hòa bình", "hóa bình", "" },
    { "hòa bình", "hoá bình", "" },
    { "thuý", "thúy", "thúy" },
    { "thúy", "THUÝ", "THUÝ" },
    { "quỷ", "qủy", "qủy" },
    { "khoẻ mạnh", "khỏe mạnh", "khỏe mạnh" },
    { "khỏe mạnh", "k.h.o.ẻ mạnh", "k.h.o.ẻ mạnh" },
    { "hoa", "hoà", "" },

    /* other scripts */

    { "Привет", "ПРИВЕТ", "ПРИВЕТ" },
    { "한국", "한국", "한국" },
};


static vet_ruleset_t *
words_set(const char *words)
{
    char  keys[1024];

    (void) snprintf(keys, sizeof(keys),
                    "    words: [%s]\n"
                    "    examples: { hit: [%s], miss: [\"-\"] }\n",
                    words, words);

    return rule_case_rule(keys);
}


static void
words_check(const words_case_t *w)
{
    int           bare;
    char          words[512];
    const char   *hit;
    vet_hit_t    *h;
    rule_case_t   c;

    (void) snprintf(words, sizeof(words), "\"%s\"", w->words);
    rule_case_begin(&c, words_set(words));

    hit = w->hit;
    bare = (strncmp(hit, "bare:", 5) == 0);
    hit += bare ? 5 : 0;

    (void) rule_case_text(&c, w->text);

    if (c.hits.n != (*hit != '\0')) {
        fail_msg("\"%s\" in \"%s\": %zu hits", w->words, w->text, c.hits.n);
    }

    if (c.hits.n != 0) {
        h = &c.hits.elts[0];

        if (h->end - h->start != strlen(hit)
            || memcmp(w->text + h->start, hit, strlen(hit)) != 0)
        {
            fail_msg("\"%s\" in \"%s\": [%zu, %zu)", w->words, w->text,
                     h->start, h->end);
        }

        assert_int_equal(h->bare, bare);
        assert_int_equal(h->score, bare ? 20 : 40);
        assert_int_equal(h->field, 0);
        assert_memory_equal(h->rule->id.data, "r", 1);
    }

    rule_case_end(&c);
}


static void
test_cases(void **state)
{
    size_t  i;

    (void) state;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        words_check(&cases[i]);
    }
}


/* Of several phrases the strongest counts, wherever it stands. */

static void
test_strongest(void **state)
{
    rule_case_t  c;

    (void) state;

    rule_case_begin(&c, words_set("\"tiền vay\", \"vay nóng\", \"vay\""));

    /* bare, and a full one that begins inside of it */

    assert_int_equal(rule_case_text(&c, "tien vay nóng"), 2);
    assert_int_equal(c.hits.elts[0].bare, 1);
    assert_int_equal(c.hits.elts[1].bare, 0);

    /* a phrase without accents is never bare */

    assert_int_equal(rule_case_text(&c, "vay nong"), 1);
    assert_int_equal(c.hits.elts[0].bare, 0);
    assert_int_equal(c.hits.elts[0].end, 3);

    rule_case_end(&c);
}


/* A full match behind more bare ones than are kept is still found. */

static void
test_kept(void **state)
{
    int          i;
    char         text[512];
    rule_case_t  c;

    (void) state;

    rule_case_begin(&c, words_set("\"nợ xấu\""));
    text[0] = '\0';

    for (i = 0; i < 30; i++) {
        (void) strncat(text, "no xau, ", sizeof(text) - strlen(text) - 1);
    }

    assert_int_equal(rule_case_text(&c, text), VET_HITS_PER_RULE);
    assert_int_equal(c.hits.elts[VET_HITS_PER_RULE - 1].bare, 1);

    (void) strncat(text, "nợ xấu", sizeof(text) - strlen(text) - 1);

    assert_int_equal(rule_case_text(&c, text), VET_HITS_PER_RULE);
    assert_int_equal(c.hits.elts[VET_HITS_PER_RULE - 1].bare, 0);
    assert_int_equal(c.hits.elts[VET_HITS_PER_RULE - 1].score, 40);
    assert_int_equal(c.hits.elts[VET_HITS_PER_RULE - 1].start, 240);

    rule_case_end(&c);
}


/* More phrases than one pattern takes. */

static void
test_many(void **state)
{
    int          i;
    char         text[64];
    size_t       n;
    rule_case_t  c;

    static char  yaml[400000];

    (void) state;

    n = (size_t) snprintf(yaml, sizeof(yaml),
                          "version: 1\nrules:\n  - id: r\n"
                          "    category: abuse\n    score: 4\n"
                          "    examples: { hit: [cụm từ số 9], miss: [x] }\n"
                          "    words:\n");

    for (i = 0; i < 9000; i++) {
        n += (size_t) snprintf(yaml + n, sizeof(yaml) - n,
                               "      - cụm từ số %d\n", i);
    }

    rule_case_begin(&c, rule_case_set(yaml));

    for (i = 0; i < 9000; i += 1499) {
        (void) snprintf(text, sizeof(text), "ở đây cụm từ số %d!", i);
        assert_int_equal(rule_case_text(&c, text), 1);
        (void) snprintf(text, sizeof(text), "ở đây cum tu so %d!", i);
        assert_int_equal(rule_case_text(&c, text), 1);
        assert_int_equal(c.hits.elts[0].bare, 1);
    }

    assert_int_equal(rule_case_text(&c, "cụm từ số 9000"), 0);
    rule_case_end(&c);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_cases),
        cmocka_unit_test(test_strongest),
        cmocka_unit_test(test_kept),
        cmocka_unit_test(test_many),
    };

    return cmocka_run_group_tests(tests, rule_case_setup,
                                  rule_case_teardown);
}
