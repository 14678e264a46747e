
/*
 * Copyright (C) the moderate authors
 *
 * Rules and texts with joiners that are spelling: what is found without them
 * is found with them.
 */


#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "joiner_case.h"
#include "rule_case.h"


static void fingerprint(const char *text, char *print, size_t size);


/* A rule hits a text whether or not either of them has its joiners. */

static void
test_rules(void **state)
{
    size_t       i, k, start;
    char         keys[256], text[512];
    rule_case_t  c;

    static const char *const  spelled[][2] = {
        { WANT, WANT_PLAIN },
        { KSSA_J, KSSA },
        { KSSA_NJ, KSSA_J },
        { FAMILY, FAMILY_PLAIN },
    };

    static const char *const  tests[] = {
        "    words: [\"%s\"]\n    examples: { hit: [\"%s\"], miss: [a] }\n",
        "    match: '%s'\n    examples: { hit: [\"%s\"], miss: [a] }\n",
        "    match: '%s'\n    view: folded\n"
        "    examples: { hit: [\"%s\"], miss: [a] }\n",
    };

    (void) state;

    for (i = 0; i < sizeof(spelled) / sizeof(spelled[0]); i++) {
        for (k = 0; k < sizeof(tests) / sizeof(tests[0]); k++) {

            /* a pattern with a joiner wants one */

            (void) snprintf(keys, sizeof(keys), tests[k],
                            spelled[i][k == 0 ? 0 : 1],
                            spelled[i][k == 0 ? 0 : 1]);
            rule_case_begin(&c, rule_case_rule(keys));

            (void) snprintf(text, sizeof(text), WANT ", %s.", spelled[i][0]);

            if (i == 2 && k != 0) {
                rule_case_end(&c);
                continue;
            }

            start = (i == 0) ? 0 : strlen(WANT ", ");
            assert_int_equal(rule_case_text(&c, text) != 0, 1);
            assert_int_equal(c.hits.elts[0].start, start);
            assert_int_equal(c.hits.elts[0].end,
                             start + strlen(spelled[i][0]));

            assert_int_equal(rule_case_text(&c, spelled[i][0]), 1);
            assert_int_equal(rule_case_text(&c, spelled[i][1]), 1);
            assert_int_equal(c.hits.elts[0].start, 0);
            assert_int_equal(c.hits.elts[0].end, strlen(spelled[i][1]));

            rule_case_end(&c);
        }
    }
}


/* A pattern with joiners tells words apart; it sees none that hides one. */

static void
test_patterns(void **state)
{
    rule_case_t  c;

    (void) state;

    rule_case_begin(&c, rule_case_rule(
        "    match: '" WANT "'\n"
        "    examples: { hit: [\"" WANT "\"], miss: [\"" WANT_PLAIN "\"] }\n"));
    assert_int_equal(rule_case_text(&c, "a " WANT " b"), 1);
    assert_int_equal(c.hits.elts[0].start, 2);
    assert_int_equal(c.hits.elts[0].end, 2 + strlen(WANT));
    assert_int_equal(rule_case_text(&c, WANT_PLAIN), 0);
    rule_case_end(&c);

    rule_case_begin(&c, rule_case_rule(
        "    match: '\\x{200c}'\n"
        "    examples: { hit: [\"" WANT "\"], miss: [\"v\u200ciagra\"] }\n"));
    assert_int_equal(rule_case_text(&c, WANT), 1);
    assert_int_equal(rule_case_text(&c, "v\u200ciagra"), 0);
    assert_int_equal(rule_case_text(&c, FAMILY), 0);
    rule_case_end(&c);

    /* a place that both looks find is one, and all places are found */

    rule_case_begin(&c, rule_case_rule(
        "    match: 'viagra|" WANT_LAST "'\n"
        "    examples: { hit: [viagra], miss: [a] }\n"));
    assert_int_equal(rule_case_text(&c, "v\u200ciagra " WANT " viagra"), 3);
    assert_int_equal(rule_case_text(&c, "viagra " WANT_PLAIN), 2);
    rule_case_end(&c);

    /* however much of a text the second look finds in one piece */

    rule_case_begin(&c, rule_case_rule(
        "    match: '" WANT_PLAIN "|" WANT "[^x]*'\n    over: 2\n"
        "    examples: { hit: [\"" WANT_PLAIN " " WANT_PLAIN " " WANT_PLAIN
        "\"], miss: [a] }\n"));
    assert_true(rule_case_text(&c, WANT " " WANT " " WANT) >= 3);
    rule_case_end(&c);

    /* no literal that could be looked for first */

    rule_case_begin(&c, rule_case_rule(
        "    match: '[\u0645]\\p{L}{6}'\n"
        "    examples: { hit: [\"" WANT_PLAIN "\"], miss: [a] }\n"));
    assert_int_equal(rule_case_text(&c, "a " WANT), 1);
    assert_int_equal(c.hits.elts[0].end, 2 + strlen(WANT));
    rule_case_end(&c);

    /* what is squeezed has none */

    rule_case_begin(&c, rule_case_rule(
        "    match: '" WANT_PLAIN "'\n    view: squeezed\n"
        "    examples: { hit: [\"" WANT_PLAIN "\"], miss: [a] }\n"));
    assert_int_equal(rule_case_text(&c, "a " WANT), 1);
    rule_case_end(&c);
}


/* Latin words among Persian, whose joiners are kept, are found as ever. */

static void
test_other_rules(void **state)
{
    rule_case_t  c;

    (void) state;

    rule_case_begin(&c, rule_case_rule(
        "    words: [viagra, \"vay ti\u1ec1n\"]\n"
        "    examples: { hit: [viagra], miss: [a] }\n"));
    assert_int_equal(rule_case_text(&c, WANT " v\u200ci\u200dagra"), 1);
    assert_int_equal(rule_case_text(&c, FAMILY " v.i.a.g.r.a"), 1);
    assert_int_equal(rule_case_text(&c, WANT " vay t\u200cien " FAMILY), 1);
    assert_int_equal(c.hits.elts[0].bare, 1);
    assert_int_equal(rule_case_text(&c, "v\u094d\u200ciagra"), 1);
    rule_case_end(&c);

    rule_case_begin(&c, rule_case_rule(
        "    hosts: [\"" WANT ".com\", example.com]\n"
        "    examples: { hit: [example.com], miss: [a.com] }\n"));
    assert_int_equal(rule_case_text(&c, "http://" WANT ".com/"), 1);
    assert_int_equal(rule_case_text(&c, "http://" WANT_PLAIN ".com/"), 1);
    assert_int_equal(rule_case_text(&c, WANT " exa\u200cmple.com"), 1);
    rule_case_end(&c);

    rule_case_begin(&c, rule_case_rule(
        "    personal: [email]\n"
        "    examples: { hit: [\"a.b@example.com\"], miss: [a] }\n"));
    assert_int_equal(rule_case_text(&c, WANT), 0);
    assert_true(rule_case_text(&c, WANT " a.b@exam\u200dple.com") != 0);
    rule_case_end(&c);

    rule_case_begin(&c, rule_case_set(
        "version: 1\nrules:\n"
        "  - { id: a, category: scam, score: 1, words: [viagra],\n"
        "      examples: { hit: [viagra], miss: [a] } }\n"
        "except:\n  - { rule: a, when: { text: [\"viagra " WANT "\"] } }\n"));
    assert_int_equal(rule_case_text(&c, "viagra"), 1);
    assert_int_equal(rule_case_text(&c, "viagra " WANT), 0);
    assert_int_equal(rule_case_text(&c, "viagra " WANT_PLAIN), 0);
    rule_case_end(&c);
}


static void
fingerprint(const char *text, char *print, size_t size)
{
    vet_str_t    out;
    rule_case_t  c;

    rule_case_begin(&c, rule_case_rule(
        "    match: 'x'\n    view: folded\n"
        "    examples: { hit: [x], miss: [a] }\n"));
    (void) rule_case_text(&c, text);
    assert_int_equal(vet_fingerprint(c.pool, &c.s, &c.hits, &out), VET_OK);
    (void) snprintf(print, size, "%.*s", (int) out.len, out.data);

    assert_int_equal(vet_fingerprint(c.pool, &c.s, NULL, &out), VET_OK);
    assert_int_equal(out.len, strlen(print));
    assert_memory_equal(out.data, print, out.len);

    rule_case_end(&c);
}


/* A text is not another one by its joiners. */

static void
test_fingerprint(void **state)
{
    char    one[256], two[256];
    size_t  i;

    static const char *const  pairs[][2] = {
        { WANT, WANT_PLAIN },
        { KSSA_J, KSSA_NJ },
        { "\u0915\u094d\u200d\u093c x", "\u0915\u094d\u093c x" },
        { FAMILY " a", FAMILY_PLAIN " a" },
    };

    (void) state;

    for (i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
        fingerprint(pairs[i][0], one, sizeof(one));
        fingerprint(pairs[i][1], two, sizeof(two));
        assert_string_equal(one, two);
        assert_string_not_equal(one, "");
    }
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_rules),
        cmocka_unit_test(test_patterns),
        cmocka_unit_test(test_other_rules),
        cmocka_unit_test(test_fingerprint),
    };

    return cmocka_run_group_tests(tests, rule_case_setup,
                                  rule_case_teardown);
}
