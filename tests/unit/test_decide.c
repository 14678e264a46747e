
/*
 * Copyright (C) the moderate authors
 *
 * Verdicts, limits and fingerprints.
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


typedef struct {
    const char    *text;
    vet_action_t   action;
    int            score;
    const char    *reason;
} decide_case_t;


static vet_verdict_t decide(rule_case_t *c, vet_action_t unreadable);
static int reason_is(const vet_verdict_t *verdict, const char *reason);
static vet_str_t fingerprint(rule_case_t *c);

static void test_scores(void **state);
static void test_once(void **state);
static void test_limits(void **state);
static void test_engine(void **state);
static void test_fingerprint(void **state);


static const char  rules[] =
    "version: 1\n"
    "thresholds: { hold: 5, reject: 15 }\n"
    "rules:\n"
    "  - { id: weak, category: advertising, score: 2.5, words: [wa],\n"
    "      examples: { hit: [wa], miss: [x] } }\n"
    "  - { id: weaker, category: scam, score: 2.4, words: [wb],\n"
    "      examples: { hit: [wb], miss: [x] } }\n"
    "  - { id: even, category: scam, score: 2.5, words: [wc],\n"
    "      examples: { hit: [wc], miss: [x] } }\n"
    "  - { id: accent, category: abuse, score: 5, words: [nợ],\n"
    "      examples: { hit: [nợ], miss: [x] } }\n"
    "  - { id: shadow, category: abuse, score: 50, words: [sh],\n"
    "      mode: shadow, examples: { hit: [sh], miss: [x] } }\n"
    "  - { id: strong, category: impersonation, score: 10, words: [st],\n"
    "      reason: other, examples: { hit: [st], miss: [x] } }\n"
    "limits:\n"
    "  - { id: rate, key: client, over: 10, per: 10m, score: 5,\n"
    "      retry_after: true }\n"
    "  - { id: rate2, key: client, over: 10, per: 1h, score: 5,\n"
    "      retry_after: true }\n"
    "  - { id: dup, key: fingerprint, over: 2, per: 1h, score: 6 }\n"
    "  - { id: quiet, key: client, over: 2, per: 1d, score: 60,\n"
    "      retry_after: true, mode: shadow }\n";


static const decide_case_t  cases[] = {
    { "nothing", VET_PASS, 0, "" },
    { "wa", VET_PASS, 25, "" },
    { "wa wa wa wa", VET_PASS, 25, "" },
    { "wa wb", VET_PASS, 49, "" },
    { "wa wc", VET_HOLD, 50, "contact-advertising" },
    { "wb wc", VET_PASS, 49, "" },
    { "wa wb wc", VET_HOLD, 74, "contact-advertising" },
    { "no", VET_PASS, 25, "" },
    { "nợ", VET_HOLD, 50, "abuse" },
    { "no no nợ", VET_HOLD, 50, "abuse" },
    { "no wa", VET_HOLD, 50, "contact-advertising" },
    { "sh", VET_PASS, 0, "" },
    { "st wb wa", VET_HOLD, 149, "other" },
    { "st nợ", VET_REJECT, 150, "other" },
    { "sh st nợ", VET_REJECT, 150, "other" },
};


static vet_verdict_t
decide(rule_case_t *c, vet_action_t unreadable)
{
    vet_verdict_t  verdict;

    vet_decide(c->rs, &c->hits, unreadable, &verdict);

    return verdict;
}


static int
reason_is(const vet_verdict_t *verdict, const char *reason)
{
    return verdict->reason.len == strlen(reason)
           && memcmp(verdict->reason.data, reason, strlen(reason)) == 0;
}


static void
test_scores(void **state)
{
    size_t         i;
    rule_case_t    c;
    vet_verdict_t  v;

    (void) state;

    rule_case_begin(&c, rule_case_set(rules));

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        (void) rule_case_text(&c, cases[i].text);
        v = decide(&c, VET_REJECT);

        if (v.action != cases[i].action || v.score != cases[i].score
            || (*cases[i].reason != '\0' && !reason_is(&v, cases[i].reason))
            || (*cases[i].reason == '\0' && v.reason.len != 0))
        {
            fail_msg("\"%s\": action %d, score %d, reason \"%.*s\"",
                     cases[i].text, v.action, v.score, (int) v.reason.len,
                     v.reason.data);
        }

        assert_int_equal(v.retry_after, 0);
    }

    rule_case_end(&c);
}


/* A rule scores once also when its hits do not stand together. */

static void
test_once(void **state)
{
    int            i;
    rule_case_t    c;
    vet_verdict_t  v;

    (void) state;

    rule_case_begin(&c, rule_case_set(rules));
    (void) rule_case_field(&c, VET_ROLE_TEXT, "wa st", 5);

    for (i = 0; i < 3; i++) {
        assert_int_equal(vet_match(c.pool, c.rs, c.scratch, &c.s, &c.hits),
                         VET_OK);
    }

    assert_int_equal(c.hits.n, 6);
    v = decide(&c, VET_HOLD);
    assert_int_equal(v.score, 125);

    rule_case_end(&c);
}


static void
test_limits(void **state)
{
    size_t              n;
    rule_case_t         c;
    vet_verdict_t       v;
    const vet_limit_t  *limits;

    (void) state;

    rule_case_begin(&c, rule_case_set(rules));
    limits = vet_ruleset_limits(c.rs, &n);
    assert_int_equal(n, 4);

    (void) rule_case_text(&c, "x");
    assert_int_equal(vet_hit_limit(c.pool, &limits[0], &c.hits), VET_OK);
    assert_int_equal(c.hits.elts[0].field, VET_NO_FIELD);
    v = decide(&c, VET_HOLD);
    assert_int_equal(v.action, VET_HOLD);
    assert_int_equal(v.score, 50);
    assert_true(reason_is(&v, "rate"));
    assert_int_equal(v.retry_after, 600);

    assert_int_equal(vet_hit_limit(c.pool, &limits[1], &c.hits), VET_OK);
    assert_int_equal(vet_hit_limit(c.pool, &limits[2], &c.hits), VET_OK);
    assert_int_equal(vet_hit_limit(c.pool, &limits[3], &c.hits), VET_OK);
    v = decide(&c, VET_HOLD);
    assert_int_equal(v.action, VET_REJECT);
    assert_int_equal(v.score, 160);
    assert_true(reason_is(&v, "duplicate"));
    assert_int_equal(v.retry_after, 3600);

    rule_case_end(&c);
}


static void
test_engine(void **state)
{
    rule_case_t    c;
    vet_verdict_t  v;

    (void) state;

    rule_case_begin(&c, rule_case_set(rules));

    /* unreadable does as it is told */

    (void) rule_case_field(&c, VET_ROLE_TEXT, "wa", 2);
    c.s.unreadable = VET_JSON_INVALID;
    (void) rule_case_match(&c);

    v = decide(&c, VET_PASS);
    assert_int_equal(v.action, VET_PASS);
    assert_int_equal(v.reason.len, 0);

    v = decide(&c, VET_HOLD);
    assert_int_equal(v.action, VET_HOLD);
    assert_true(reason_is(&v, "unreadable"));

    v = decide(&c, VET_REJECT);
    assert_int_equal(v.action, VET_REJECT);
    assert_int_equal(v.score, 25);
    assert_true(reason_is(&v, "unreadable"));

    /* it never makes a verdict milder */

    c.fields[0].value.data = (const unsigned char *) "st nợ";
    c.fields[0].value.len = 7;
    (void) rule_case_match(&c);

    v = decide(&c, VET_PASS);
    assert_int_equal(v.action, VET_REJECT);
    assert_true(reason_is(&v, "other"));

    /* counters hold, whatever else is allowed */

    (void) rule_case_text(&c, "x");
    assert_int_equal(vet_hit_counters(c.pool, &c.hits), VET_OK);
    v = decide(&c, VET_PASS);
    assert_int_equal(v.action, VET_HOLD);
    assert_int_equal(v.score, 0);
    assert_true(reason_is(&v, "check-unavailable"));

    /* a strong rule is the better reason */

    (void) rule_case_text(&c, "nợ");
    assert_int_equal(vet_hit_counters(c.pool, &c.hits), VET_OK);
    v = decide(&c, VET_PASS);
    assert_int_equal(v.action, VET_HOLD);
    assert_true(reason_is(&v, "abuse"));

    rule_case_end(&c);
}


static vet_str_t
fingerprint(rule_case_t *c)
{
    vet_str_t  text, again;

    assert_int_equal(vet_fingerprint(c->pool, &c->s, NULL, &text), VET_OK);

    /* from what the rules saw it is the same */

    (void) rule_case_match(c);
    assert_int_equal(vet_fingerprint(c->pool, &c->s, &c->hits, &again),
                     VET_OK);
    assert_int_equal(again.len, text.len);
    assert_memory_equal(again.data, text.data, text.len);

    return text;
}


static void
test_fingerprint(void **state)
{
    vet_str_t    one, two;
    rule_case_t  c;

    (void) state;

    rule_case_begin(&c, rule_case_set(rules));

    (void) rule_case_field(&c, VET_ROLE_TEXT, "Đường  phố, ngập!", 25);
    (void) rule_case_field(&c, VET_ROLE_TITLE, "A", 1);
    (void) rule_case_field(&c, VET_ROLE_AUTHOR, "An", 2);
    (void) rule_case_field(&c, VET_ROLE_OTHER, "token", 5);
    rule_case_field(&c, VET_ROLE_TEXT, "file", 4)->file = 1;
    one = fingerprint(&c);

    assert_int_equal(one.len, 15);
    assert_memory_equal(one.data, "duongphongap\na\n", 15);

    c.fields[0].value = rule_case_str("duong\xe2\x80\x8b pho... NGAP :)");
    two = fingerprint(&c);
    assert_int_equal(two.len, one.len);
    assert_memory_equal(two.data, one.data, one.len);

    /* letters do not move from one field to the next */

    c.fields[0].value = rule_case_str("duong pho nga");
    c.fields[1].value = rule_case_str("pa");
    two = fingerprint(&c);
    assert_memory_not_equal(two.data, one.data, one.len);

    c.fields[0].value = rule_case_str("!!! ...");
    c.fields[1].value = rule_case_str("");
    two = fingerprint(&c);
    assert_int_equal(two.len, 0);

    rule_case_clear(&c);
    two = fingerprint(&c);
    assert_int_equal(two.len, 0);

    rule_case_end(&c);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_scores),
        cmocka_unit_test(test_once),
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_engine),
        cmocka_unit_test(test_fingerprint),
    };

    return cmocka_run_group_tests(tests, rule_case_setup,
                                  rule_case_teardown);
}
