
/*
 * Copyright (C) the moderate authors
 *
 * Measures: what is a link, and how long a text is.
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


typedef struct {
    size_t       n;
    const char  *text;
    const char  *first;         /* the first link; "" none */
} links_case_t;


static void test_links(void **state);
static void test_length(void **state);
static void test_links_rule(void **state);
static void test_links_kept(void **state);
static void test_length_rule(void **state);


static const links_case_t  cases[] = {

    { 0, "", "" },
    { 0, "không có gì", "" },

    /* schemes */

    { 1, "http://a.example/x?y=z#w ok", "http://a.example/x?y=z#w" },
    { 1, "xem https://10.0.0.1:8080/", "https://10.0.0.1:8080/" },
    { 1, "xemhttps://a.example", "xemhttps://a.example" },
    { 1, "(http://a.example)", "http://a.example" },
    { 2, "http://a.example,http://b.example", "http://a.example" },
    { 2, "http://a.examplehttp://b.example", "http://a.example" },
    { 1, "<a href=\"http://a.example\">x</a>", "http://a.example" },
    { 0, "http://", "" },
    { 0, "http: //a", "" },
    { 1, "ftp://a.com/x", "a.com/x" },
    { 0, "ftp://a.example/x", "" },

    /* www. */

    { 1, "www.a.example/b", "www.a.example/b" },
    { 0, "www.", "" },
    { 0, "wwwa", "" },

    /* bare domains */

    { 1, "vào abc.vn nhé", "abc.vn" },
    { 1, "abc.com.vn", "abc.com.vn" },
    { 1, "abc.com/x/y", "abc.com/x/y" },
    { 1, "abc.xyz:8080/x", "abc.xyz:8080/x" },
    { 1, "abc.com.", "abc.com." },
    { 1, "abc.com.tôi", "abc.com.tôi" },
    { 4, "a.com b.net c.org d.info", "a.com" },
    { 2, "a.top;b.club", "a.top" },
    { 1, "việtnam.vn", "việtnam.vn" },
    { 1, "x-y.site", "x-y.site" },
    { 0, ".com", "" },
    { 0, "a..com", "" },
    { 0, "com", "" },
    { 0, "tệp a.pdf và b.docx", "" },
    { 0, "1.000.000 đồng, 3.5 triệu", "" },
    { 0, "v.v. và nghị định 15/2020/NĐ-CP", "" },
    { 0, "abc.comx abc.vnx", "" },
    { 0, "a.b.c", "" },

    /* mail addresses */

    { 0, "vanthu@abc.gov.vn", "" },
    { 0, "an.vn@abc.com", "" },
    { 1, "a@b.vn c.vn", "c.vn" },
    { 0, "mailto:a@b.vn", "" },
    { 1, "https://u@abc.vn/", "https://u@abc.vn/" },
};


static void
test_links(void **state)
{
    size_t       i, n;
    vet_str_t    text;
    vet_link_t   place;

    (void) state;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        text = rule_case_str(cases[i].text);
        n = vet_measure_links(text, &place, 1);

        if (n != cases[i].n
            || (n != 0 && (place.end - place.start != strlen(cases[i].first)
                           || memcmp(text.data + place.start, cases[i].first,
                                     strlen(cases[i].first)) != 0)))
        {
            fail_msg("\"%s\": %zu links", cases[i].text, n);
        }
    }
}


static void
test_length(void **state)
{
    vet_str_t  s;

    (void) state;

    assert_int_equal(vet_measure_length(rule_case_str("")), 0);
    assert_int_equal(vet_measure_length(rule_case_str("tiền")), 4);
    assert_int_equal(vet_measure_length(rule_case_str("a\xff\xc3")), 3);

    s.data = (const unsigned char *) "a\0b";
    s.len = 3;
    assert_int_equal(vet_measure_length(s), 3);
}


/* Links are counted over all fields of the rule, and shown where they are. */

static void
test_links_rule(void **state)
{
    rule_case_t  c;

    (void) state;

    rule_case_begin(&c, rule_case_rule(
        "    measure: links\n"
        "    over: 2\n"
        "    examples: { hit: [a.vn b.vn c.vn], miss: [a.vn b.vn] }\n"));

    (void) rule_case_field(&c, VET_ROLE_TEXT, "x a.vn b.vn", 11);
    assert_int_equal(rule_case_match(&c), 0);

    (void) rule_case_field(&c, VET_ROLE_AUTHOR, "d.vn", 4);
    (void) rule_case_field(&c, VET_ROLE_TITLE, "ＨＴＴＰ://c.vn", 19);
    assert_int_equal(rule_case_match(&c), 3);

    assert_int_equal(c.hits.elts[0].field, 0);
    assert_int_equal(c.hits.elts[0].start, 2);
    assert_int_equal(c.hits.elts[0].end, 6);
    assert_int_equal(c.hits.elts[2].field, 2);
    assert_int_equal(c.hits.elts[2].start, 0);
    assert_int_equal(c.hits.elts[2].end, 19);
    assert_int_equal(c.hits.elts[2].score, 40);

    rule_case_end(&c);
}


/* More links than are shown. */

static void
test_links_kept(void **state)
{
    int          i;
    char         text[1024];
    rule_case_t  c;

    (void) state;

    rule_case_begin(&c, rule_case_rule(
        "    measure: links\n"
        "    over: 50\n"
        "    examples:\n"
        "      hit: [\"a.vn a.vn a.vn a.vn a.vn a.vn a.vn a.vn a.vn a.vn a.vn"
        " a.vn a.vn a.vn a.vn a.vn a.vn a.vn a.vn a.vn a.vn a.vn a.vn a.vn"
        " a.vn a.vn a.vn a.vn a.vn a.vn a.vn a.vn a.vn a.vn a.vn a.vn a.vn"
        " a.vn a.vn a.vn a.vn a.vn a.vn a.vn a.vn a.vn a.vn a.vn a.vn a.vn"
        " a.vn\"]\n"));

    text[0] = '\0';

    for (i = 0; i < 50; i++) {
        (void) strncat(text, "b.vn ", sizeof(text) - strlen(text) - 1);
    }

    assert_int_equal(rule_case_text(&c, text), 0);

    (void) strncat(text, "b.vn ", sizeof(text) - strlen(text) - 1);
    assert_int_equal(rule_case_text(&c, text), VET_HITS_PER_RULE);

    rule_case_end(&c);
}


static void
test_length_rule(void **state)
{
    rule_case_t  c;

    (void) state;

    rule_case_begin(&c, rule_case_rule(
        "    measure: length\n"
        "    over: 4\n"
        "    examples: { hit: [tiền!], miss: [tiền] }\n"));

    assert_int_equal(rule_case_text(&c, "tiền"), 0);
    assert_int_equal(rule_case_text(&c, "tiềnx"), 1);
    assert_int_equal(c.hits.elts[0].end, 7);

    rule_case_end(&c);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_links),
        cmocka_unit_test(test_length),
        cmocka_unit_test(test_links_rule),
        cmocka_unit_test(test_links_kept),
        cmocka_unit_test(test_length_rule),
    };

    return cmocka_run_group_tests(tests, rule_case_setup,
                                  rule_case_teardown);
}
