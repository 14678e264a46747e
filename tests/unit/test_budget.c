
/*
 * Copyright (C) the moderate authors
 *
 * Rules that run out of their limits: which they are, and what is left of
 * them in the shadow.
 */


#define _GNU_SOURCE             /* memmem */

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <setjmp.h>
#include <cmocka.h>

#include "rule_case.h"


static size_t match_shadowed(rule_case_t *c, const unsigned char *shadow);
static const vet_hit_t *about(const vet_hits_t *hits, const char *id);
static const vet_hit_t *hit_of(const vet_hits_t *hits, const char *id);
static void fill(rule_case_t *c, char *text, size_t len, size_t nfields);

static void test_about(void **state);
static void test_shadow(void **state);
static void test_shadow_hits(void **state);
static void test_time(void **state);
static void test_slowest(void **state);
static void test_record(void **state);


/* two that run out on a row of "a", and one that is made of the first */

static const char  rules[] =
    "version: 1\n"
    "rules:\n"
    "  - id: slow.one\n"
    "    category: scam\n"
    "    match: '(a+)+$'\n"
    "    score: 5\n"
    "    examples: { hit: [a], miss: [b] }\n"
    "  - id: slow.two\n"
    "    category: scam\n"
    "    match: '(a|aa)+$'\n"
    "    score: 5\n"
    "    examples: { hit: [a], miss: [b] }\n"
    "  - id: plain\n"
    "    category: scam\n"
    "    match: 'b$'\n"
    "    score: 5\n"
    "    examples: { hit: [b], miss: [a] }\n"
    "  - id: whole\n"
    "    category: scam\n"
    "    all: [slow.one]\n"
    "    score: 5\n"
    "    examples: { hit: [a], miss: [b] }\n";

/*
 * one field after the other costs time, but none runs out; it has no literal,
 * so that it is tried
 */

static const char  steady[] =
    "version: 1\n"
    "rules:\n"
    "  - id: steady\n"
    "    category: scam\n"
    "    match: '[ab]*+[0-9]'\n"
    "    score: 5\n"
    "    examples: { hit: [\"1\"], miss: [b] }\n"
    "  - id: plain\n"
    "    category: scam\n"
    "    match: 'q$'\n"
    "    score: 5\n"
    "    examples: { hit: [q], miss: [a] }\n";


static size_t
match_shadowed(rule_case_t *c, const unsigned char *shadow)
{
    memset(&c->hits, 0, sizeof(vet_hits_t));

    assert_int_equal(vet_match_shadowed(c->pool, c->rs, c->scratch, &c->s,
                                        shadow, &c->hits),
                     VET_OK);

    return c->hits.n;
}


static const vet_hit_t *
about(const vet_hits_t *hits, const char *id)
{
    size_t            i;
    const vet_rule_t *rule;

    for (i = 0; i < hits->n; i++) {
        rule = hits->elts[i].about;

        if (rule != NULL && rule->id.len == strlen(id)
            && memcmp(rule->id.data, id, rule->id.len) == 0)
        {
            return &hits->elts[i];
        }
    }

    return NULL;
}


static const vet_hit_t *
hit_of(const vet_hits_t *hits, const char *id)
{
    size_t            i;
    const vet_rule_t *rule;

    for (i = 0; i < hits->n; i++) {
        rule = hits->elts[i].rule;

        if (rule->id.len == strlen(id)
            && memcmp(rule->id.data, id, rule->id.len) == 0)
        {
            return &hits->elts[i];
        }
    }

    return NULL;
}


/* Fields of "aaa...b", which no slow rule matches. */

static void
fill(rule_case_t *c, char *text, size_t len, size_t nfields)
{
    memset(text, 'a', len);
    text[len - 1] = 'b';

    while (nfields-- > 0) {
        (void) rule_case_field(c, VET_ROLE_TEXT, text, len);
    }
}


/* Each rule that ran out is named, and the place of the first time. */

static void
test_about(void **state)
{
    char              text[4000];
    rule_case_t       c;
    const vet_hit_t  *hit;

    (void) state;

    rule_case_begin(&c, rule_case_set(rules));
    fill(&c, text, sizeof(text), 2);
    (void) rule_case_match(&c);

    hit = about(&c.hits, "slow.one");
    assert_non_null(hit);
    assert_int_equal(hit->field, 0);
    assert_string_equal(hit->rule->id.data, "engine.budget");

    hit = about(&c.hits, "slow.two");
    assert_non_null(hit);
    assert_int_equal(hit->field, 0);

    hit = about(&c.hits, "whole");
    assert_non_null(hit);
    assert_int_equal(hit->field, VET_NO_FIELD);

    assert_null(about(&c.hits, "plain"));
    assert_non_null(hit_of(&c.hits, "plain"));

    /* one a rule, one more for the second field */

    assert_int_equal(c.hits.n, 4 + 2);
    rule_case_end(&c);
}


/* In the shadow a rule holds nothing, and those made of it still do. */

static void
test_shadow(void **state)
{
    char           text[4000];
    size_t         i;
    rule_case_t    c;
    unsigned char  shadow[1];

    static const char  *names[] = { "slow.one", "slow.two", "whole" };

    (void) state;

    rule_case_begin(&c, rule_case_set(rules));
    fill(&c, text, sizeof(text), 2);
    shadow[0] = 0;

    for (i = 0; i < vet_ruleset_rules(c.rs); i++) {
        assert_int_equal(vet_ruleset_index(c.rs, vet_ruleset_rule(c.rs, i)),
                         i);
    }

    assert_int_equal(vet_ruleset_index(c.rs, NULL), 4);

    for (i = 0; i < 3; i++) {
        (void) match_shadowed(&c, shadow);
        assert_non_null(about(&c.hits, names[i]));

        shadow[0] |= (unsigned char) (1u << ((i == 2) ? 3 : i));

        (void) match_shadowed(&c, shadow);
        assert_null(about(&c.hits, names[i]));
        assert_non_null(hit_of(&c.hits, "plain"));
    }

    assert_null(hit_of(&c.hits, "engine.budget"));
    rule_case_end(&c);
}


/* It is found, and gives no score. */

static void
test_shadow_hits(void **state)
{
    rule_case_t       c;
    const vet_hit_t  *hit;

    static const unsigned char  shadow[] = { 1 << 2 };

    (void) state;

    rule_case_begin(&c, rule_case_set(rules));
    (void) rule_case_field(&c, VET_ROLE_TEXT, "b", 1);

    assert_int_equal(match_shadowed(&c, NULL), 1);
    assert_int_equal(c.hits.elts[0].score, 50);

    assert_int_equal(match_shadowed(&c, shadow), 1);
    hit = hit_of(&c.hits, "plain");
    assert_non_null(hit);
    assert_int_equal(hit->score, 0);

    rule_case_end(&c);
}


/* With less time the outcome says so; with enough it is the usual one. */

static void
test_time(void **state)
{
    char         text[2100];    /* long enough for a look at the clock */
    size_t       i;
    rule_case_t  c;

    (void) state;

    rule_case_begin(&c, rule_case_set(steady));
    fill(&c, text, sizeof(text), 1);

    (void) match_shadowed(&c, NULL);
    assert_false(vet_scratch_over(c.scratch));
    assert_null(hit_of(&c.hits, "engine.budget"));

    for (i = 1; i < 8; i++) {
        (void) rule_case_field(&c, VET_ROLE_TEXT, text, sizeof(text));
    }

    vet_scratch_time(c.scratch, 0);
    (void) match_shadowed(&c, NULL);
    assert_true(vet_scratch_over(c.scratch));
    assert_non_null(hit_of(&c.hits, "engine.budget"));

    vet_scratch_time(c.scratch, 60000000);
    (void) match_shadowed(&c, NULL);
    assert_false(vet_scratch_over(c.scratch));
    assert_null(hit_of(&c.hits, "engine.budget"));

    rule_case_end(&c);
}


/* When all the time is gone, it is the rule that took it that is named. */

static void
test_slowest(void **state)
{
    char         text[60000];
    rule_case_t  c;

    (void) state;

    rule_case_begin(&c, rule_case_set(steady));
    fill(&c, text, sizeof(text), 8);

    vet_scratch_time(c.scratch, 1000);
    (void) match_shadowed(&c, NULL);
    assert_true(vet_scratch_over(c.scratch));
    assert_non_null(about(&c.hits, "steady"));
    assert_null(about(&c.hits, "plain"));

    rule_case_end(&c);
}


static void
test_record(void **state)
{
    char         text[4000];
    vet_str_t    json;
    rule_case_t  c;

    static const char  expected[] = "\"end\":0,\"about\":\"slow.one\"}";

    (void) state;

    rule_case_begin(&c, rule_case_set(rules));
    fill(&c, text, sizeof(text), 1);
    (void) match_shadowed(&c, NULL);

    assert_int_equal(vet_hits_json(c.pool, &c.s, &c.hits, &json), VET_OK);
    assert_non_null(memmem(json.data, json.len, expected,
                           sizeof(expected) - 1));

    rule_case_end(&c);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_about),
        cmocka_unit_test(test_shadow),
        cmocka_unit_test(test_shadow_hits),
        cmocka_unit_test(test_time),
        cmocka_unit_test(test_slowest),
        cmocka_unit_test(test_record),
    };

    return cmocka_run_group_tests(tests, rule_case_setup, rule_case_teardown);
}
