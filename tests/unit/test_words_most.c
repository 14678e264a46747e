
/*
 * Copyright (C) the moderate authors
 *
 * Rules of words that score for several phrases.
 */


#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include <vet_rules.h>

#include "rule_case.h"


static void test_most(void **state);
static void test_over(void **state);


/*
 * Different phrases are counted, not places; of two that share a word one; and
 * those with their accents before bare ones.
 */

static void
test_most(void **state)
{
    int          best;
    size_t       i, j;
    rule_case_t  c;

    static const struct {
        const char  *text;
        int          score;
    } cases[] = {
        { "một", 40 },
        { "một một một", 40 },
        { "một, hai", 80 },
        { "một hai ba bốn năm", 120 },
        { "mot", 10 },
        { "mot bon", 20 },
        { "mot, bon, một", 50 },
        { "vay tien nhanh", 10 },
        { "vay tien nhanh mot", 20 },
        { "vay tiền nhanh", 40 },
        { "m.ộ.t và hai", 80 }
    };

    (void) state;

    rule_case_begin(&c, rule_case_rule(
        "    words: [một, hai, bà, bốn, vay tiền, tiền nhanh]\n"
        "    bare_score: 1\n    most: 3\n"
        "    examples: { hit: [một], miss: [a] }\n"));

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        best = 0;
        (void) rule_case_text(&c, cases[i].text);

        for (j = 0; j < c.hits.n; j++) {
            best = (c.hits.elts[j].score > best) ? c.hits.elts[j].score : best;
        }

        if (best != cases[i].score) {
            print_error("\"%s\"\n", cases[i].text);
        }

        assert_int_equal(best, cases[i].score);
    }

    rule_case_end(&c);
}


/* Too few different phrases are no hit, and take no other rule's hits along. */

static void
test_over(void **state)
{
    size_t       i;
    rule_case_t  c;

    static const struct {
        const char  *text;
        size_t       hits;
    } cases[] = {
        { "một", 0 },
        { "một một một", 0 },
        { "một, hai", 0 },
        { "một, hai, một", 0 },
        { "một, hai, bốn", 3 },
        { "mot, hai, bon", 3 },
        { "vay tiền nhanh, một", 0 },
        { "m.ộ.t và hai với bốn", 3 }
    };

    (void) state;

    rule_case_begin(&c, rule_case_rule(
        "    words: [một, hai, bà, bốn, vay tiền, tiền nhanh]\n"
        "    over: 2\n"
        "    examples: { hit: [một hai bốn], miss: [một hai] }\n"));

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        (void) rule_case_text(&c, cases[i].text);

        if (c.hits.n != cases[i].hits) {
            print_error("\"%s\"\n", cases[i].text);
        }

        assert_int_equal(c.hits.n, cases[i].hits);
    }

    rule_case_end(&c);

    /* of a pattern places are counted, once in all readings */

    rule_case_begin(&c, rule_case_rule(
        "    match: 'v[ai]'\n    over: 1\n"
        "    examples: { hit: [va va], miss: [va] }\n"));

    (void) rule_case_text(&c, "va");
    assert_int_equal(c.hits.n, 0);

    (void) rule_case_text(&c, "va &amp; vi");
    assert_int_equal(c.hits.n, 2);

    rule_case_end(&c);
}


int
main(void)
{
    static const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_most),
        cmocka_unit_test(test_over),
    };

    return cmocka_run_group_tests(tests, rule_case_setup,
                                  rule_case_teardown);
}
