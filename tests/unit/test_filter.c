
/*
 * Copyright (C) the moderate authors
 *
 * Rules made at random against texts made at random: with all patterns and
 * phrases tried on all texts there are the very same hits.  As many texts as
 * PREFILTER_COUNT says are made, from PREFILTER_SEED.
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

#include "pattern_case.h"
#include "rule_case.h"


#define COUNT     4000
#define RULES     30
#define TEXTS     200       /* of one set */
#define TRIES     20        /* of a rule, before it is in a set */
#define RULE      4096
#define YAML      (RULES * RULE)


static vet_ruleset_t *load(const char *rules);
static void set_make(pattern_case_t *c, char *yaml, pattern_text_t *samples);
static int is_costly(pattern_case_t *c, vet_ruleset_t *rs,
    const pattern_text_t *sample);
static void rule_make(pattern_case_t *c, char *rule, size_t i,
    pattern_text_t *sample);
static void words_make(pattern_case_t *c, char *keys, size_t size,
    pattern_text_t *sample);
static void quote(char *dst, size_t size, const char *data, size_t len);
static void text_make(pattern_case_t *c, const pattern_text_t *samples,
    pattern_text_t *text);
static void compare(const rule_case_t *a, const rule_case_t *b,
    const pattern_text_t *text);
static int ran_out(const rule_case_t *c);
static uint64_t number(const char *name, uint64_t value);

static void test_same_hits(void **state);
static void test_filtered(void **state);


/* Loads; with one rule, to see whether it is one. */

static vet_ruleset_t *
load(const char *rules)
{
    char           yaml[YAML + 64];
    vet_errors_t   errors;

    (void) snprintf(yaml, sizeof(yaml), "version: 1\nrules:\n%s", rules);
    rule_case_write("set.yaml", yaml);

    return rule_case_load("set.yaml", &errors);
}


static void
set_make(pattern_case_t *c, char *yaml, pattern_text_t *samples)
{
    char            rule[RULE];
    size_t          i, len;
    vet_ruleset_t  *rs;

    len = 0;
    yaml[0] = '\0';

    for (i = 0; i < RULES; i++) {
        do {
            rule_make(c, rule, i, &samples[i]);
            rs = load(rule);
        } while (rs == NULL || is_costly(c, rs, &samples[i]));

        len += (size_t) snprintf(yaml + len, YAML - len, "%s", rule);
    }
}


/*
 * Takes a set of one rule over and tells whether it runs out of its limits: it
 * would in all texts of a set, of which nothing could be compared.
 */

static int
is_costly(pattern_case_t *c, vet_ruleset_t *rs, const pattern_text_t *sample)
{
    int             costly;
    size_t          i;
    rule_case_t     one;
    pattern_text_t  text;

    rule_case_begin(&one, rs);
    vet_scratch_unfiltered(one.scratch);
    costly = 0;

    for (i = 0; i < TRIES && !costly; i++) {
        c->sample = *sample;
        pattern_sample(c, &text);

        rule_case_clear(&one);
        (void) rule_case_field(&one, VET_ROLE_TEXT, text.data, text.len);
        (void) rule_case_match(&one);
        costly = ran_out(&one);
    }

    rule_case_end(&one);

    return costly;
}


static void
rule_make(pattern_case_t *c, char *rule, size_t i, pattern_text_t *sample)
{
    char         keys[1536], hit[700], pattern[700];
    const char  *view;

    static const char *const  views[] = { "raw", "text", "folded", "squeezed" };

    if (i % 3 != 0) {
        words_make(c, keys, sizeof(keys), sample);

    } else {
        view = views[pattern_random(c, 4)];

        do {
            pattern_make(c, view[0] == 'r');
        } while (c->pattern.len > 150 || c->sample.len > 150);

        *sample = c->sample;
        quote(pattern, sizeof(pattern), c->pattern.data, c->pattern.len);

        (void) snprintf(keys, sizeof(keys), "    view: %s\n    match: %s\n",
                        view, pattern);
    }

    quote(hit, sizeof(hit), sample->data, sample->len);

    (void) snprintf(rule, RULE, "  - id: r%zu\n    category: abuse\n"
                    "    score: 1\n%s    examples: { hit: [%s], "
                    "miss: [\"~~\"] }\n", i, keys, hit);
}


static void
words_make(pattern_case_t *c, char *keys, size_t size, pattern_text_t *sample)
{
    size_t       i, k, n, len;
    const char  *s;

    static const char *const  syllables[] = {
        "vay", "ti\xe1\xbb\x81n", "nhanh", "lo\xc3\xa0", "h\xc3\xb3" "a",
        "a", "ab", "\xc4\x91\xe1\xbb\x93", "l\xe1\xbb\xabng", "x", "0 \xc4\x91",
        "100k", ":))", "\xf0\x9f\x91\x89", "u\xe1\xbb\xb7", "li", "o o", "b.a",
        "\xd0\xbc\xd0\xb8\xd1\x80", "cc",
        "\u0645\u06cc\u200c\u062e\u0645", "\u0645\u06cc\u062e\u0645",
        "\u0915\u094d\u200d\u0937 a", "\u0915\u094d\u0937 a"
    };

    len = (size_t) snprintf(keys, size, "    words: [");

    for (i = 1 + pattern_random(c, 3); i != 0; i--) {
        sample->len = 0;

        for (n = 1 + pattern_random(c, 3); n != 0; n--) {
            s = syllables[pattern_random(c, sizeof(syllables)
                                            / sizeof(syllables[0]))];

            if (sample->len != 0) {
                sample->data[sample->len++] = ' ';
            }

            for (k = 0; s[k] != '\0'; k++) {
                sample->data[sample->len++] = s[k];
            }
        }

        len += (size_t) snprintf(keys + len, size - len, "\"%.*s\"%s",
                                 (int) sample->len, sample->data,
                                 (i == 1) ? "]\n" : ", ");
    }
}


static void
quote(char *dst, size_t size, const char *data, size_t len)
{
    size_t         i, n;
    unsigned char  c;

    n = (size_t) snprintf(dst, size, "\"");

    for (i = 0; i < len; i++) {
        c = (unsigned char) data[i];
        n += (size_t) snprintf(dst + n, size - n, (c < ' ' || c == '"'
                                                   || c == '\\' || c == 0x7f)
                               ? "\\x%02x" : "%c", c);
    }

    (void) snprintf(dst + n, size - n, "\"");
}


/*
 * What two rules are after, one behind the other; or far from each other, so
 * that patterns are tried in parts of the text only.
 */

static void
text_make(pattern_case_t *c, const pattern_text_t *samples,
    pattern_text_t *text)
{
    size_t          i, far;
    pattern_text_t  part;

    static const char  filler[] = "\xc4\x91o\xc3\xa0n ";

    text->len = 0;
    far = (pattern_random(c, 8) == 0) ? 900 : 0;

    for (i = pattern_random(c, 4); i != 0; i--) {
        while (text->len + far + sizeof(filler) < sizeof(text->data)
               && text->len % 1000 < far)
        {
            memcpy(text->data + text->len, filler, sizeof(filler) - 1);
            text->len += sizeof(filler) - 1;
        }

        c->sample = samples[pattern_random(c, RULES)];
        pattern_sample(c, &part);

        if (text->len + part.len + 1 < sizeof(text->data)) {
            memcpy(text->data + text->len, part.data, part.len);
            text->len += part.len;
            text->data[text->len++] = " .-a"[pattern_random(c, 4)];
        }
    }
}


static void
compare(const rule_case_t *a, const rule_case_t *b,
    const pattern_text_t *text)
{
    size_t            i;
    const vet_hit_t  *x, *y;

    for (i = 0; i < a->hits.n || i < b->hits.n; i++) {
        x = &a->hits.elts[i];
        y = &b->hits.elts[i];

        if (i == a->hits.n || i == b->hits.n || x->field != y->field
            || x->start != y->start || x->end != y->end
            || x->score != y->score || x->bare != y->bare
            || x->rule->id.len != y->rule->id.len
            || memcmp(x->rule->id.data, y->rule->id.data, x->rule->id.len)
               != 0)
        {
            fail_msg("%zu hits, and %zu when nothing is left out, %zu alike, "
                     "then \"%.*s\" or \"%.*s\": \"%.*s\"", a->hits.n,
                     b->hits.n, i,
                     (i == a->hits.n) ? 0 : (int) x->rule->id.len,
                     (i == a->hits.n) ? NULL : x->rule->id.data,
                     (i == b->hits.n) ? 0 : (int) y->rule->id.len,
                     (i == b->hits.n) ? NULL : y->rule->id.data,
                     (int) text->len, text->data);
        }
    }
}


static int
ran_out(const rule_case_t *c)
{
    size_t  i;

    for (i = 0; i < c->hits.n; i++) {
        if (c->hits.elts[i].rule == &vet_rule_budget) {
            return 1;
        }
    }

    return 0;
}


static void
test_same_hits(void **state)
{
    char             yaml[YAML];
    size_t           i, done, hits, spent;
    uint64_t         count;
    rule_case_t      a, b;
    pattern_case_t  *c;
    pattern_text_t   text, *samples;

    (void) state;

    c = calloc(1, sizeof(pattern_case_t));
    samples = calloc(RULES, sizeof(pattern_text_t));
    assert_true(c != NULL && samples != NULL);

    count = number("PREFILTER_COUNT", COUNT);
    c->random = number("PREFILTER_SEED", COUNT) * 0x9e3779b97f4a7c15ULL | 1;
    done = 0;
    hits = 0;
    spent = 0;

    while (done < count) {
        set_make(c, yaml, samples);

        rule_case_begin(&a, load(yaml));
        rule_case_begin(&b, load(yaml));
        assert_true(a.rs != NULL && b.rs != NULL);
        vet_scratch_unfiltered(b.scratch);

        for (i = 0; i < TEXTS; i++, done++) {
            text_make(c, samples, &text);
            rule_case_clear(&a);
            rule_case_clear(&b);

            (void) rule_case_field(&a, VET_ROLE_TEXT, text.data, text.len);
            (void) rule_case_field(&b, VET_ROLE_TEXT, text.data, text.len);
            (void) rule_case_field(&a, VET_ROLE_TITLE, text.data,
                                   text.len / 2);
            (void) rule_case_field(&b, VET_ROLE_TITLE, text.data,
                                   text.len / 2);

            hits += rule_case_match(&a);
            (void) rule_case_match(&b);

            /* tried where it cannot match, a pattern may run out of limits */

            if (ran_out(&b)) {
                spent++;
                continue;
            }

            compare(&a, &b, &text);
        }

        rule_case_end(&a);
        rule_case_end(&b);
    }

    print_message("# %zu texts, %zu hits, %zu out of limits\n", done, hits,
                  spent);
    assert_true(hits > done);
    assert_true(spent <= done / 100);

    free(samples);
    free(c);
}


/* Which rules are tried only where their literals are. */

static void
test_filtered(void **state)
{
    size_t          i;
    vet_ruleset_t  *rs;

    static const int  filtered[] = { 1, 0, 1, 0, 0 };

    (void) state;

    rs = rule_case_set(
        "version: 1\nrules:\n"
        "  - { id: a, category: scam, score: 1, words: [vay nhanh],\n"
        "      examples: { hit: [vay nhanh], miss: [a] } }\n"
        "  - { id: b, category: scam, score: 1, words: [vay, \":))\"],\n"
        "      examples: { hit: [vay], miss: [a] } }\n"
        "  - { id: c, category: scam, score: 1, match: 'vay\\s+(?:a|b)',\n"
        "      examples: { hit: [vay a], miss: [a] } }\n"
        "  - { id: d, category: scam, score: 1, match: '\\d{9}',\n"
        "      examples: { hit: [\"123456789\"], miss: [a] } }\n"
        "  - { id: e, category: scam, score: 1, measure: links, over: 1,\n"
        "      examples: { hit: [\"http://a.vn http://b.vn\"],\n"
        "      miss: [a] } }\n");

    for (i = 0; i < sizeof(filtered) / sizeof(filtered[0]); i++) {
        assert_int_equal(vet_ruleset_filtered(rs, i), filtered[i]);
    }

    assert_int_equal(vet_ruleset_filtered(rs, i), 0);
    vet_ruleset_destroy(rs);
}


static uint64_t
number(const char *name, uint64_t value)
{
    const char  *text;

    text = getenv(name);

    if (text != NULL && *text != '\0') {
        value = strtoull(text, NULL, 0);
    }

    return (value == 0) ? 1 : value;
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_same_hits),
        cmocka_unit_test(test_filtered),
    };

    return cmocka_run_group_tests(tests, rule_case_setup, rule_case_teardown);
}
