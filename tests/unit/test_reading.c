
/*
 * Copyright (C) the moderate authors
 *
 * Rules and what a portal makes of a text: hits are where the words were
 * sent, each place is one hit, and decoding never takes a hit away.
 */


#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "rule_case.h"


/* decoders, a text, and what is hit in it as it was sent */

typedef struct {
    const char             *decoders;
    const char             *value;
    const char             *sent;       /* NULL: nothing is hit */
    size_t                  hits;
} reading_case_t;


static void test_words(void **state);
static void test_stray_byte(void **state);
static void test_bare(void **state);
static void test_never_less(void **state);
static void test_links(void **state);
static void test_length(void **state);
static void test_fingerprint(void **state);
static size_t match(rule_case_t *c, const char *decoders, const char *value);


static const reading_case_t  cases[] = {

    { "", "buy pills", "buy pills", 1 },
    { "", "buy&nbsp;pills", NULL, 0 },

    { "entities", "x buy&nbsp;p&#105;lls y", "buy&nbsp;p&#105;lls", 1 },
    { "entities", "buy pills &amp; buy pills", "buy pills", 2 },
    { "tags", "<p>buy <b>p</b>ills</p>", "buy <b>p</b>ills", 1 },
    { "tags", "<p>buy pills</p>", "buy pills", 1 },
    { "tags", "<img alt=\"buy pills\">", "buy pills", 1 },
    { "tags", "<!-- buy pills -->", "buy pills", 1 },
    { "tags", "buy <pills now>", NULL, 0 },
    { "tags entities", "<a title='buy p&#105;lls'>x</a>", "buy p&#105;lls",
      1 },
    { "tags", "<p>buy</p><p>pills</p>", "buy</p><p>pills", 1 },
    { "bbcode", "[b]buy[/b] pi[i]ll[/i]s", "buy[/b] pi[i]ll[/i]s", 1 },
    { "bbcode", "[url=http://x.vn/]buy pills[/url]", "buy pills", 1 },
    { "urldecode", "x%20buy%20%70ills", "buy%20%70ills", 1 },
    { "urldecode tags entities", "%3Cb%3Ebuy%3C/b%3E%26nbsp;pills",
      "buy%3C/b%3E%26nbsp;pills", 1 },

    { "urldecode urldecode urldecode", "buy%252520pills", "buy%252520pills",
      1 },
};


static void
test_words(void **state)
{
    size_t       i;
    rule_case_t  c;
    vet_hit_t   *hit;

    (void) state;

    rule_case_begin(&c, rule_case_rule("    words: [\"buy pills\"]\n"
                                       "    examples: { hit: [\"buy pills\"],"
                                       " miss: [\"bills\"] }\n"));

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {

        assert_int_equal(match(&c, cases[i].decoders, cases[i].value),
                         cases[i].hits);

        if (cases[i].sent == NULL) {
            continue;
        }

        hit = &c.hits.elts[0];

        if (hit->end - hit->start != strlen(cases[i].sent)
            || memcmp(cases[i].value + hit->start, cases[i].sent,
                      hit->end - hit->start) != 0)
        {
            fail_msg("%s: \"%s\": \"%.*s\"", cases[i].decoders,
                     cases[i].value, (int) (hit->end - hit->start),
                     cases[i].value + hit->start);
        }
    }

    rule_case_end(&c);
}


/* A byte that is not UTF-8 hides no word, on either side of it. */

static void
test_stray_byte(void **state)
{
    unsigned     byte;
    rule_case_t  c;
    char         before[] = "?buy pills";
    char         behind[] = "buy pills?";

    (void) state;

    rule_case_begin(&c, rule_case_rule("    words: [\"buy pills\"]\n"
                                       "    examples: { hit: [\"buy pills\"],"
                                       " miss: [\"bills\"] }\n"));

    for (byte = 0x80; byte < 0x100; byte++) {
        before[0] = (char) byte;
        behind[9] = (char) byte;

        assert_int_equal(match(&c, "", before), 1);
        assert_int_equal(match(&c, "", behind), 1);
        assert_int_equal(match(&c, "tags entities", before), 1);
    }

    rule_case_end(&c);
}


/* Matches a text field, under a form with the decoders. */

static size_t
match(rule_case_t *c, const char *decoders, const char *value)
{
    size_t               n, hits;
    vet_str_t            name;
    vet_form_t          *form;
    vet_errors_t         errors;

    form = vet_form_create();
    assert_non_null(form);

    for ( /* void */ ; *decoders != '\0'; decoders += n) {
        n = strcspn(decoders, " ");
        name.data = (const unsigned char *) decoders;
        name.len = n;
        n += (decoders[n] == ' ');

        assert_int_equal(vet_form_decode(form, VET_ROLE_TEXT, name, &errors),
                         VET_OK);
    }

    rule_case_clear(c);
    rule_case_field(c, VET_ROLE_TEXT, value, strlen(value))->utf8 =
        (value[0] & 0x80) == 0 && (value[strlen(value) - 1] & 0x80) == 0;
    c->s.form = form;

    hits = rule_case_match(c);

    c->s.form = NULL;
    vet_form_destroy(form);

    return hits;
}


/* A place that is bare in one reading and accented in another counts whole. */

static void
test_bare(void **state)
{
    rule_case_t  c;

    (void) state;

    rule_case_begin(&c, rule_case_rule("    words: [\"vay tiền\"]\n"
                                       "    examples: { hit: [\"vay tiền\"],"
                                       " miss: [\"vay tiến\"] }\n"));

    assert_int_equal(match(&c, "entities", "vay ti&#7873;n"), 1);
    assert_int_equal(c.hits.elts[0].bare, 0);
    assert_int_equal(c.hits.elts[0].score, 40);

    assert_int_equal(match(&c, "entities", "vay tien"), 1);
    assert_int_equal(c.hits.elts[0].bare, 1);

    assert_int_equal(match(&c, "entities", "vay tien&#768;&#770;"), 1);
    assert_int_equal(c.hits.elts[0].bare, 1);

    assert_int_equal(match(&c, "entities", "vay tie&#770;&#768;n"), 1);
    assert_int_equal(c.hits.elts[0].bare, 0);

    rule_case_end(&c);
}


static void
test_never_less(void **state)
{
    char         text[256];
    size_t       i, k, n, len;
    uint32_t     seed;
    rule_case_t  c;

    static const char *const  pieces[] = {
        "buy", "pills", "buy pills", " ", "<", ">", "<b>", "</b>", "<p>", "&",
        "&nbsp;", "&#32;", ";", "[b]", "[/b]", "[", "]", "%20", "%", "<!--",
        "-->", "\"", "<a b=\"", "buy&nbsp;pills", "<script>", "</script>"
    };

    static const char *const  chains[] = {
        "tags", "entities", "bbcode", "urldecode", "tags entities",
        "urldecode entities tags bbcode"
    };

    (void) state;

    rule_case_begin(&c, rule_case_rule("    words: [\"buy pills\"]\n"
                                       "    examples: { hit: [\"buy pills\"],"
                                       " miss: [\"bills\"] }\n"));
    seed = 1;

    for (i = 0; i < 5000; i++) {
        len = 0;

        for (k = 0; k < 3 + i % 12; k++) {
            seed = seed * 1664525 + 1013904223;
            n = (seed >> 8) % (sizeof(pieces) / sizeof(pieces[0]));
            len += (size_t) sprintf(text + len, "%s", pieces[n]);
        }

        n = match(&c, "", text);
        n = (n < VET_HITS_PER_RULE) ? n : VET_HITS_PER_RULE;

        if (match(&c, chains[i % 6], text) < n) {
            fail_msg("%s: fewer hits in \"%s\"", chains[i % 6], text);
        }
    }

    rule_case_end(&c);
}


static void
test_links(void **state)
{
    size_t       i;
    rule_case_t  c;

    static const struct {
        const char         *decoders;
        const char         *value;
        int                 hit;        /* more than two links */
    } links[] = {
        { "bbcode", "[url=http://a.vn]x[/url] [url=http://b.vn]y[/url] "
                    "[url]c.vn[/url]", 1 },
        { "bbcode", "[url=http://a.vn]x[/url] [url=http://b.vn]y[/url]", 0 },
        { "tags", "<a href=\"http://a.vn\">x</a><a href='http://b.vn'>y</a>"
                  "<a href=http://c.vn>z</a>", 1 },
        { "tags", "<a href=\"http://a.vn\">x</a><img src='http://b.vn/c'>",
          0 },
        { "tags entities", "<a href=\"&#104;ttp://a.vn\"><a href='http&colon;"
                           "//b&period;vn'> c&#46;vn", 1 },
        { "", "<a href=\"&#104;ttp://a.vn\"><a href='http&colon;"
              "//b&period;vn'> c&#46;vn", 0 },
        { "urldecode", "http%3A%2F%2Fa.vn http%3A%2F%2Fb.vn c%2Evn", 1 },
        { "entities tags", "&lt;a href=http://a.vn&gt; a.vn", 0 },
    };

    (void) state;

    rule_case_begin(&c, rule_case_rule("    measure: links\n"
                                       "    over: 2\n"
                                       "    examples: { hit: [\"a.vn b.vn "
                                       "c.vn\"], miss: [\"a.vn b.vn\"] }\n"));

    for (i = 0; i < sizeof(links) / sizeof(links[0]); i++) {
        if ((match(&c, links[i].decoders, links[i].value) != 0)
            != links[i].hit)
        {
            fail_msg("%s: %s", links[i].decoders, links[i].value);
        }
    }

    rule_case_end(&c);
}


/* Characters are counted as written, and markup counts with them. */

static void
test_length(void **state)
{
    rule_case_t  c;

    (void) state;

    rule_case_begin(&c, rule_case_rule("    measure: length\n"
                                       "    over: 5\n"
                                       "    examples: { hit: [\"123456\"], "
                                       "miss: [\"12345\"] }\n"));

    assert_int_equal(match(&c, "entities", "&ocirc;&ocirc;345"), 0);
    assert_int_equal(match(&c, "", "&ocirc;&ocirc;345"), 1);
    assert_int_equal(match(&c, "urldecode", "%C3%B4%C3%B4345"), 0);
    assert_int_equal(match(&c, "tags", "<p>1</p>"), 1);
    assert_int_equal(match(&c, "entities", "&ocirc;23456"), 1);
    assert_int_equal(c.hits.elts[0].start, 0);
    assert_int_equal(c.hits.elts[0].end, 12);

    rule_case_end(&c);
}


/* One text in many clothes is one text. */

static void
test_fingerprint(void **state)
{
    size_t               i;
    vet_str_t            text, tags, entities;
    vet_form_t          *form;
    rule_case_t          c;
    vet_errors_t         errors;

    static const struct {
        const char         *value;
        const char         *text;
    } same[] = {
        { "Tôi đồng ý.", "toidongy\n" },
        { "<p>T&ocirc;i <b>đồng</b> &yacute;</p>", "toidongy\n" },
        { "<!-- 7 -->T<i class=x1>&#244;</i>i<br>&#273;ồng&nbsp;ý",
          "toidongy\n" },
        { "<p><img src='a.png'></p>", "pimgsrcapngp\n" },
    };

    (void) state;

    rule_case_begin(&c, rule_case_rule("    words: [\"x\"]\n"
                                       "    examples: { hit: [\"x\"], "
                                       "miss: [\"y\"] }\n"));

    tags = rule_case_str("tags");
    entities = rule_case_str("entities");

    form = vet_form_create();
    assert_non_null(form);
    assert_int_equal(vet_form_decode(form, VET_ROLE_TEXT, tags, &errors),
                     VET_OK);
    assert_int_equal(vet_form_decode(form, VET_ROLE_TEXT, entities, &errors),
                     VET_OK);

    for (i = 0; i < sizeof(same) / sizeof(same[0]); i++) {
        rule_case_clear(&c);
        rule_case_field(&c, VET_ROLE_TEXT, same[i].value,
                        strlen(same[i].value))->utf8 = 1;
        c.s.form = form;

        assert_int_equal(vet_fingerprint(c.pool, &c.s, NULL, &text), VET_OK);
        assert_int_equal(text.len, strlen(same[i].text));
        assert_memory_equal(text.data, same[i].text, text.len);
    }

    vet_form_destroy(form);
    rule_case_end(&c);
}


int
main(void)
{
    static const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_words),
        cmocka_unit_test(test_stray_byte),
        cmocka_unit_test(test_bare),
        cmocka_unit_test(test_never_less),
        cmocka_unit_test(test_links),
        cmocka_unit_test(test_length),
        cmocka_unit_test(test_fingerprint),
    };

    return cmocka_run_group_tests(tests, rule_case_setup,
                                  rule_case_teardown);
}
