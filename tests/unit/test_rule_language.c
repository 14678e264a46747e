
/*
 * Copyright (C) the moderate authors
 *
 * Rules made of others, where rules apply, lists and the layers of a set.
 */


#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include <vet_rules.h>

#include "rule_case.h"


#define HEAD      "version: 1\nrules:\n"
#define RULE(id)  "  - id: " id "\n    category: abuse\n    score: 4\n"
#define PART(id)  "  - id: " id "\n    category: abuse\n    score: 0\n"
#define X         "    words: [x]\n    examples: { hit: [x], miss: [a] }\n"
#define Y         "    words: [y]\n    examples: { hit: [y], miss: [a] }\n"
#define Z         "    words: [z]\n    examples: { hit: [z], miss: [a] }\n"


static void test_parts(void **state);
static void test_parts_places(void **state);
static void test_parts_shadow(void **state);
static void test_parts_unsure(void **state);
static void test_parts_deep(void **state);
static void test_scope(void **state);
static void test_excepts(void **state);
static void test_except_text(void **state);
static void test_except_links(void **state);
static void test_limits(void **state);
static void test_token(void **state);
static void test_filled(void **state);
static void test_distinct(void **state);
static void test_bare_score(void **state);
static void test_list(void **state);
static void test_list_bad(void **state);
static void test_list_watched(void **state);
static void test_layers(void **state);
static void test_layers_bad(void **state);
static void test_about(void **state);
static void test_view_text(void **state);
static int hit(rule_case_t *c, const char *id);


/* How often the rule of this id hits. */

static int
hit(rule_case_t *c, const char *id)
{
    int        n;
    size_t     i;
    vet_str_t  s;

    n = 0;

    for (i = 0; i < c->hits.n; i++) {
        s = c->hits.elts[i].rule->id;
        n += (s.len == strlen(id) && memcmp(s.data, id, s.len) == 0);
    }

    return n;
}


/* Any, all and none, alone and together, in any order. */

static void
test_parts(void **state)
{
    rule_case_t  c;

    (void) state;

    rule_case_begin(&c, rule_case_set(
        HEAD
        RULE("both") "    any: [any, none]\n    all: [z, y]\n"
                     "    examples: { hit: [x y z], miss: [y, x z] }\n"
        RULE("any")  "    any: [x, y]\n"
                     "    examples: { hit: [x, y], miss: [z] }\n"
        RULE("all")  "    all: [x, y]\n"
                     "    examples: { hit: [x y], miss: [x, y] }\n"
        RULE("none") "    none: [x, y]\n"
                     "    examples: { hit: [z], miss: [x, y] }\n"
        RULE("but")  "    all: [x]\n    none: [y]\n"
                     "    examples: { hit: [x z], miss: [x y, z] }\n"
        PART("x") X RULE("y") Y PART("z") Z));

    assert_int_equal(rule_case_text(&c, "a"), 1);
    assert_int_equal(hit(&c, "none"), 1);
    assert_true(c.hits.elts[0].field == VET_NO_FIELD);
    assert_int_equal(c.hits.elts[0].score, 40);

    assert_int_equal(rule_case_text(&c, "x"), 2);
    assert_int_equal(hit(&c, "any"), 1);
    assert_int_equal(hit(&c, "but"), 1);

    assert_int_equal(rule_case_text(&c, "x y z"), 1 + 2 + 2 + 3);
    assert_int_equal(hit(&c, "y"), 1);
    assert_int_equal(hit(&c, "any"), 2);
    assert_int_equal(hit(&c, "all"), 2);
    assert_int_equal(hit(&c, "both"), 3);

    rule_case_end(&c);
}


/* A rule made of others shows where they are, each place once. */

static void
test_parts_places(void **state)
{
    rule_case_t  c;

    (void) state;

    rule_case_begin(&c, rule_case_set(
        HEAD PART("x") X PART("y") "    match: '[xy]'\n"
        "    examples: { hit: [y], miss: [a] }\n"
        RULE("all") "    all: [x, y]\n"
        "    examples: { hit: [x y], miss: [y] }\n"));

    (void) rule_case_field(&c, VET_ROLE_TITLE, "  y", 3);
    (void) rule_case_field(&c, VET_ROLE_TEXT, "a x", 3);
    assert_int_equal(rule_case_match(&c), 2);

    assert_int_equal(c.hits.elts[0].field, 1);
    assert_int_equal(c.hits.elts[0].start, 2);
    assert_int_equal(c.hits.elts[0].end, 3);
    assert_int_equal(c.hits.elts[1].field, 0);
    assert_int_equal(c.hits.elts[1].start, 2);
    assert_string_equal((const char *) c.hits.elts[1].rule->id.data, "all");

    rule_case_end(&c);
}


static void
test_parts_shadow(void **state)
{
    rule_case_t  c;

    (void) state;

    rule_case_begin(&c, rule_case_set(
        HEAD RULE("x") "    mode: shadow\n" X
        RULE("any") "    any: [x]\n"
        "    examples: { hit: [x], miss: [y] }\n"));

    assert_int_equal(rule_case_text(&c, "x"), 2);
    assert_int_equal(c.hits.elts[0].score, 0);
    assert_int_equal(c.hits.elts[1].score, 40);

    rule_case_end(&c);
}


/* A part that runs out of its limits is neither there nor not there. */

static void
test_parts_unsure(void **state)
{
    char         text[4096];
    rule_case_t  c;

    (void) state;

    rule_case_begin(&c, rule_case_set(
        HEAD RULE("slow") "    mode: shadow\n    match: '(a|a|aa)+$'\n"
        "    examples: { hit: [aa], miss: [b] }\n"
        RULE("none") "    none: [slow]\n"
        "    examples: { hit: [b], miss: [aa] }\n"));

    memset(text, 'a', sizeof(text) - 2);
    text[sizeof(text) - 2] = 'b';
    text[sizeof(text) - 1] = '\0';

    assert_int_equal(rule_case_text(&c, text), 1);
    assert_int_equal(hit(&c, "engine.budget"), 1);

    rule_case_end(&c);
}


/* Rules of rules of rules, each before its part in the file. */

static void
test_parts_deep(void **state)
{
    int           i;
    char         *yaml;
    size_t        n, size;
    rule_case_t   c;

    (void) state;

    size = 512 * 1024;
    yaml = malloc(size);
    assert_non_null(yaml);

    n = (size_t) snprintf(yaml, size, HEAD);

    for (i = 0; i < 2000; i++) {
        n += (size_t) snprintf(yaml + n, size - n,
                               "  - { id: r%d, category: abuse, score: 1,\n"
                               "      any: [r%d], examples: { hit: [x],\n"
                               "      miss: [y] } }\n", i, i + 1);
    }

    (void) snprintf(yaml + n, size - n, PART("r2000") X);

    rule_case_begin(&c, rule_case_set(yaml));
    assert_int_equal(rule_case_text(&c, "x"), 2000);
    assert_string_equal((const char *) c.hits.elts[0].rule->id.data, "r1999");
    assert_int_equal(rule_case_text(&c, "y"), 0);

    rule_case_end(&c);
    free(yaml);
}


static void
test_scope(void **state)
{
    rule_case_t  c;

    (void) state;

    rule_case_begin(&c, rule_case_set(
        HEAD RULE("f") "    forms: [/gop-y/, =/hoi]\n" X
        RULE("s") "    sites: [tinh, xa]\n" X
        RULE("b") "    forms: [/gop-y/]\n    sites: [xa]\n" X));

    assert_int_equal(rule_case_text(&c, "x"), 0);

    c.s.context.form = rule_case_str("/gop-y/1");
    assert_int_equal(rule_case_match(&c), 1);
    assert_int_equal(hit(&c, "f"), 1);

    c.s.context.site = rule_case_str("xa");
    assert_int_equal(rule_case_match(&c), 3);

    c.s.context.form = rule_case_str("/gop-y");
    assert_int_equal(rule_case_match(&c), 1);
    assert_int_equal(hit(&c, "s"), 1);

    c.s.context.site = rule_case_str("xax");
    c.s.context.form = rule_case_str("/hoi");
    assert_int_equal(rule_case_match(&c), 1);
    assert_int_equal(hit(&c, "f"), 1);

    c.s.context.form = rule_case_str("/hoi/");
    assert_int_equal(rule_case_match(&c), 0);

    rule_case_end(&c);
}


static void
test_excepts(void **state)
{
    rule_case_t  c;

    (void) state;

    rule_case_begin(&c, rule_case_set(
        HEAD RULE("x") X RULE("y") Y
        RULE("c") "    any: [x]\n    examples: { hit: [x], miss: [y] }\n"
        "except:\n"
        "  - { rule: x, when: { form: /van-ban/, field: text } }\n"
        "  - { rule: x, when: { site: [a, b] } }\n"
        "  - { rule: c, when: { field: title } }\n"
        "  - { rule: y, when: { form: =/y } }\n"));

    (void) rule_case_field(&c, VET_ROLE_TEXT, "x y", 3);
    (void) rule_case_field(&c, VET_ROLE_TITLE, "x", 1);

    assert_int_equal(rule_case_match(&c), 4);
    assert_int_equal(hit(&c, "c"), 1);
    assert_int_equal(c.hits.elts[3].field, 0);

    /* all conditions, and only then */

    c.s.context.form = rule_case_str("/van-ban/7");
    assert_int_equal(rule_case_match(&c), 2);
    assert_int_equal(hit(&c, "x"), 1);
    assert_int_equal(c.hits.elts[0].field, 1);
    assert_int_equal(hit(&c, "c"), 0);

    c.s.context.site = rule_case_str("b");
    assert_int_equal(rule_case_match(&c), 1);

    c.s.context.form = rule_case_str("/y");
    assert_int_equal(rule_case_match(&c), 0);

    c.s.context.form = rule_case_str("/y/");
    c.s.context.site = rule_case_str("c");
    assert_int_equal(rule_case_match(&c), 4);

    rule_case_end(&c);
}


/* Hits are dropped where they touch the phrase, however many there are. */

static void
test_except_text(void **state)
{
    int          i;
    char         text[1024];
    rule_case_t  c;

    (void) state;

    rule_case_begin(&c, rule_case_set(
        HEAD RULE("r") "    words: [vay tiền, 'no']\n"
        "    examples: { hit: [vay tiền], miss: [a] }\n"
        "except:\n"
        "  - { rule: r, when: { text: [không vay tiền, luật] } }\n"));

    assert_int_equal(rule_case_text(&c, "Không vay tiền"), 0);
    assert_int_equal(rule_case_text(&c, "khong vay tien"), 0);
    assert_int_equal(rule_case_text(&c, "vay tiền"), 1);
    assert_int_equal(rule_case_text(&c, "vay tiền không vay tiền"), 1);
    assert_int_equal(c.hits.elts[0].start, 0);
    assert_int_equal(rule_case_text(&c, "luật no"), 1);

    text[0] = '\0';

    for (i = 0; i < 20; i++) {
        (void) strncat(text, "không vay tiền, ",
                       sizeof(text) - strlen(text) - 1);
    }

    assert_int_equal(rule_case_text(&c, text), 0);

    (void) strncat(text, "vay tiền", sizeof(text) - strlen(text) - 1);
    assert_int_equal(rule_case_text(&c, text), 1);

    rule_case_end(&c);
}


/* A field that is excepted is not measured. */

static void
test_except_links(void **state)
{
    rule_case_t  c;

    (void) state;

    rule_case_begin(&c, rule_case_set(
        HEAD RULE("links") "    measure: links\n    over: 1\n"
        "    examples: { hit: [a.vn b.vn] }\n"
        "except:\n"
        "  - { rule: links, when: { field: title } }\n"));

    (void) rule_case_field(&c, VET_ROLE_TITLE, "a.vn b.vn", 9);
    (void) rule_case_field(&c, VET_ROLE_TEXT, "c.vn", 4);
    assert_int_equal(rule_case_match(&c), 0);

    (void) rule_case_field(&c, VET_ROLE_TEXT, "d.vn", 4);
    assert_int_equal(rule_case_match(&c), 2);

    rule_case_end(&c);
}


static void
test_limits(void **state)
{
    size_t              n;
    vet_context_t       context;
    vet_ruleset_t      *rs;
    const vet_limit_t  *limits;

    (void) state;

    rs = rule_case_set(
        HEAD RULE("x") X "limits:\n"
        "  - { id: a, key: k, over: 1, per: 1m, score: 1, forms: [/a/] }\n"
        "  - { id: b, key: k, over: 1, per: 1m, score: 1 }\n"
        "except:\n"
        "  - { rule: b, when: { site: s } }\n");

    limits = vet_ruleset_limits(rs, &n);
    assert_int_equal(n, 2);

    memset(&context, 0, sizeof(vet_context_t));
    assert_false(vet_limit_applies(&limits[0], &context));
    assert_true(vet_limit_applies(&limits[1], &context));

    context.form = rule_case_str("/a/b");
    context.site = rule_case_str("s");
    assert_true(vet_limit_applies(&limits[0], &context));
    assert_false(vet_limit_applies(&limits[1], &context));

    vet_ruleset_destroy(rs);
}


static void
test_token(void **state)
{
    rule_case_t  c;

    (void) state;

    rule_case_begin(&c, rule_case_set(
        HEAD RULE("fast") "    measure: age-of-form\n    under: 3\n"
        "    examples: { hit: [\"0\", \"2\"], miss: [\"3\", missing] }\n"
        RULE("old") "    measure: age-of-form\n    over: 60\n"
        RULE("missing") "    measure: form-token-missing\n"
        "    examples: { hit: [missing], miss: [invalid, \"1\"] }\n"
        RULE("invalid") "    measure: form-token-invalid\n"
        "    examples: { hit: [invalid], miss: [missing] }\n"
        PART("x") X
        RULE("both") "    all: [fast, x]\n"));

    assert_int_equal(rule_case_text(&c, "x"), 0);

    c.s.context.token = VET_TOKEN_MISSING;
    assert_int_equal(rule_case_match(&c), 1);
    assert_int_equal(hit(&c, "missing"), 1);

    c.s.context.token = VET_TOKEN_INVALID;
    assert_int_equal(rule_case_match(&c), 1);
    assert_int_equal(hit(&c, "invalid"), 1);

    c.s.context.token = VET_TOKEN_VALID;
    c.s.context.age = 2;
    assert_int_equal(rule_case_match(&c), 2);
    assert_int_equal(hit(&c, "fast"), 1);
    assert_int_equal(hit(&c, "both"), 1);

    c.s.context.age = 3;
    assert_int_equal(rule_case_match(&c), 0);

    c.s.context.age = 61;
    assert_int_equal(rule_case_match(&c), 1);
    assert_int_equal(hit(&c, "old"), 1);

    rule_case_end(&c);
}


static void
test_filled(void **state)
{
    rule_case_t  c;

    (void) state;

    rule_case_begin(&c, rule_case_set(
        HEAD RULE("pot") "    measure: honeypot-filled\n    over: 0\n"
        "    examples: { hit: [x], miss: [\" \"] }\n"
        RULE("few") "    measure: fields-filled\n    in: [text, phone]\n"
        "    under: 2\n"));

    assert_int_equal(rule_case_text(&c, "a"), 1);
    assert_int_equal(hit(&c, "few"), 1);

    (void) rule_case_field(&c, VET_ROLE_HONEYPOT, " \t", 2);
    (void) rule_case_field(&c, VET_ROLE_PHONE, "\n", 1);
    assert_int_equal(rule_case_match(&c), 1);

    (void) rule_case_field(&c, VET_ROLE_PHONE, "1", 1);
    assert_int_equal(rule_case_match(&c), 0);

    (void) rule_case_field(&c, VET_ROLE_HONEYPOT, "x", 1);
    assert_int_equal(rule_case_match(&c), 1);
    assert_int_equal(hit(&c, "pot"), 1);
    assert_int_equal(c.hits.elts[0].field, 4);

    rule_case_end(&c);
}


static void
test_distinct(void **state)
{
    rule_case_t  c;

    (void) state;

    rule_case_begin(&c, rule_case_rule(
        "    measure: hosts\n    over: 1\n"
        "    examples: { hit: [a.vn b.vn], miss: [a.vn A.VN] }\n"));

    assert_int_equal(rule_case_text(&c, "a.vn/1 http://A.vn:80/ a.vn."), 0);
    assert_int_equal(rule_case_text(&c, "việt.vn http://xn--vit-5kz.vn"), 0);
    assert_int_equal(rule_case_text(&c, "http://u@a.vn http://a.vn@b.vn"), 2);

    rule_case_end(&c);
}


static void
test_bare_score(void **state)
{
    rule_case_t  c;

    (void) state;

    rule_case_begin(&c, rule_case_rule(
        "    words: [tiền]\n    bare_score: 0.5\n"
        "    examples: { hit: [tiền], miss: [a] }\n"));

    (void) rule_case_text(&c, "tien");
    assert_int_equal(c.hits.elts[0].score, 5);
    (void) rule_case_text(&c, "tiền");
    assert_int_equal(c.hits.elts[0].score, 40);

    rule_case_end(&c);
}


static void
test_list(void **state)
{
    rule_case_t  c;

    (void) state;

    assert_int_equal(mkdir("lists", 0700), 0);
    rule_case_write("lists/a.txt", "\xef\xbb\xbf# phrases\r\n\n"
                                   "  vay tiền \r\n#x\ncờ bạc # online");
    rule_case_write("lists/b.txt", "example.com\n*bad\n");

    rule_case_begin(&c, rule_case_set(
        HEAD RULE("r") "    words: { file: lists/a.txt }\n"
        "    examples: { hit: [vay tiền], miss: [x] }\n"
        RULE("s") "    words: [hai, { file: \"lists/a.txt\" }]\n"
        "    examples: { hit: [hai], miss: [x] }\n"));

    assert_int_equal(rule_case_text(&c, "vay tiền"), 2);
    assert_int_equal(rule_case_text(&c, "cờ bạc # online"), 2);
    assert_int_equal(rule_case_text(&c, "cờ bạc"), 0);
    assert_int_equal(rule_case_text(&c, "hai"), 1);

    rule_case_end(&c);
}


static void
test_list_bad(void **state)
{
    size_t        i;
    vet_errors_t  errors;

    static const struct {
        const char  *data;
        const char  *error;
    } cases[] = {
        { "vay\n\xff\n", "l.txt:2:1: byte 0xff is no text, expected UTF-8 "
                         "without control characters" },
        { "a\n  b\x01\n", "l.txt:2:4: byte 0x01 is no text, expected UTF-8 "
                          "without control characters" },
        { "# a\n\n", "set.yaml:6:20: rule \"r\": list file \"l.txt\" has no "
                     "line, expected one text a line" },
        { "vay\n\xe2\x80\x8b\n", "l.txt:2:1: rule \"r\": phrase \"?\" has "
                                 "nothing to match, expected words" },
    };

    (void) state;

    rule_case_write("set.yaml", HEAD RULE("r")
                    "    words: { file: l.txt }\n"
                    "    examples: { hit: [vay], miss: [x] }\n");

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        rule_case_write("l.txt", cases[i].data);
        assert_null(rule_case_load("set.yaml", &errors));
        assert_int_equal(errors.n, 1);
        assert_string_equal(errors.text[0], cases[i].error);
    }

    rule_case_write("set.yaml", HEAD RULE("r")
                    "    hosts: { file: l.txt }\n"
                    "    examples: { hit: [a.vn], miss: [x] }\n");
    rule_case_write("l.txt", "a.vn\nhttp://b.vn\n");
    assert_null(rule_case_load("set.yaml", &errors));
    assert_string_equal(errors.text[0], "l.txt:2:1: rule \"r\": bad host "
                        "\"http://b.vn\", expected a name such as "
                        "example.com, or an address");
}


/* A list is a part of the version and of what is watched. */

static void
test_list_watched(void **state)
{
    uint64_t        first, second;
    vet_str_t       path;
    vet_errors_t    errors;
    vet_ruleset_t  *rs;
    char            version[17];

    (void) state;

    memset(&errors, 0, sizeof(vet_errors_t));
    path = rule_case_str("set.yaml");
    rule_case_write("w.txt", "vay\n");
    rs = rule_case_set(HEAD RULE("r") "    words: { \"file\": 'w.txt' }\n"
                       "    examples: { hit: [vay], miss: [x] }\n");
    memcpy(version, vet_ruleset_version(rs).data, 17);
    vet_ruleset_destroy(rs);

    assert_int_equal(vet_ruleset_signature(&path, 1, &first, &errors),
                     VET_OK);

    rule_case_write("w.txt", "vay\nhai\n");
    assert_int_equal(vet_ruleset_signature(&path, 1, &second, &errors),
                     VET_OK);
    assert_true(first != second);

    rs = rule_case_load("set.yaml", &errors);
    assert_non_null(rs);
    assert_string_not_equal(version, (const char *)
                                     vet_ruleset_version(rs).data);
    vet_ruleset_destroy(rs);

    assert_int_equal(unlink("w.txt"), 0);
    assert_int_equal(vet_ruleset_signature(&path, 1, &first, &errors),
                     VET_OK);
    assert_true(first != second);
}


static void
test_layers(void **state)
{
    size_t              n;
    vet_errors_t        errors;
    rule_case_t         c;
    const vet_limit_t  *limits;

    (void) state;

    assert_int_equal(mkdir("set", 0700), 0);
    assert_int_equal(mkdir("set/local.d", 0700), 0);
    assert_int_equal(mkdir("set/override.d", 0700), 0);

    rule_case_write("set/a.yaml", "version: 1\n"
                    "thresholds: { hold: 5 }\n"
                    "rules:\n" RULE("x") X RULE("y") Y
                    RULE("c") "    any: [x, z]\n"
                    "    examples: { hit: [z], miss: [y] }\n"
                    "limits:\n"
                    "  - { id: l, key: k, over: 1, per: 1m, score: 1 }\n"
                    "  - { id: m, key: k, over: 1, per: 1m, score: 1 }\n");
    rule_case_write("set/local.d/b.yaml", HEAD PART("z") Z);
    rule_case_write("set/override.d/c.yaml", "version: 1\n"
                    "thresholds: { hold: 6, reject: 16 }\n"
                    "disable: [y, m]\n"
                    "rules:\n"
                    "  - { id: x, category: scam, score: 7, words: [xx],\n"
                    "      examples: { hit: [xx], miss: [x] } }\n"
                    "limits:\n"
                    "  - { id: l, key: k, over: 9, per: 1m, score: 1 }\n");

    rule_case_begin(&c, rule_case_load("set", &errors));
    assert_non_null(c.rs);
    assert_int_equal(vet_ruleset_rules(c.rs), 3);
    assert_int_equal(c.rs->hold, 60);
    assert_int_equal(c.rs->reject, 160);

    assert_int_equal(rule_case_text(&c, "x y"), 0);
    assert_int_equal(rule_case_text(&c, "z"), 1);
    assert_int_equal(rule_case_text(&c, "xx"), 2);
    assert_int_equal(c.hits.elts[0].score, 70);

    limits = vet_ruleset_limits(c.rs, &n);
    assert_int_equal(n, 1);
    assert_int_equal(limits[0].over, 9);

    rule_case_end(&c);
}


static void
test_layers_bad(void **state)
{
    vet_errors_t  errors;

    (void) state;

    assert_int_equal(mkdir("bad", 0700), 0);
    assert_int_equal(mkdir("bad/override.d", 0700), 0);
    rule_case_write("bad/a.yaml", HEAD RULE("abc") X
                    RULE("c") "    any: [abc]\n"
                    "    examples: { hit: [x], miss: [y] }\n");

    rule_case_write("bad/override.d/b.yaml", HEAD RULE("abd") X);
    assert_null(rule_case_load("bad", &errors));
    assert_int_equal(errors.n, 1);
    assert_string_equal(errors.text[0], "bad/override.d/b.yaml:3:9: rule "
                        "\"abd\": replaces nothing \"abd\", expected an id "
                        "that a file outside override.d has; did you mean "
                        "\"abc\"?");

    rule_case_write("bad/override.d/b.yaml", HEAD RULE("abc") X
                    RULE("abc") X);
    assert_null(rule_case_load("bad", &errors));
    assert_int_equal(errors.n, 1);
    assert_string_equal(errors.text[0], "bad/override.d/b.yaml:8:9: rule "
                        "\"abc\": duplicate id, expected another one, first "
                        "at bad/override.d/b.yaml:3:9");

    rule_case_write("bad/override.d/b.yaml", "version: 1\nlimits:\n"
                    "  - { id: abc, key: k, over: 1, per: 1m, score: 1 }\n");
    assert_null(rule_case_load("bad", &errors));
    assert_int_equal(errors.n, 1);
    assert_string_equal(errors.text[0], "bad/override.d/b.yaml:3:11: limit "
                        "\"abc\": id is that of a rule, expected a rule to "
                        "replace it, at bad/a.yaml:3:9");

    rule_case_write("bad/override.d/b.yaml", "version: 1\n"
                    "disable: [abx]\n");
    assert_null(rule_case_load("bad", &errors));
    assert_int_equal(errors.n, 1);
    assert_string_equal(errors.text[0], "bad/override.d/b.yaml:2:11: unknown "
                        "id \"abx\", expected that of a rule or limit of "
                        "this set; did you mean \"abc\"?");

    rule_case_write("bad/override.d/b.yaml", "version: 1\n"
                    "disable: [abc]\n");
    assert_null(rule_case_load("bad", &errors));
    assert_int_equal(errors.n, 1);
    assert_string_equal(errors.text[0], "bad/a.yaml:11:11: rule \"c\": rule "
                        "\"abc\" is disabled, expected one that is not");
}


/* What a rule is, for those who explain it. */

static void
test_about(void **state)
{
    vet_ruleset_t        *rs;
    const vet_rule_t     *rule;
    vet_shown_example_t   example;

    (void) state;

    rs = rule_case_set(
        HEAD RULE("c") "    any: [m]\n"
        "    examples: { hit: [a], miss: [b] }\n"
        RULE("m") "    match: a\n    view: folded\n"
        "    examples: { hit: [a], miss: [b] }\n"
        RULE("n") "    measure: links\n    over: 0\n"
        "    examples: { hit: [a.vn] }\n");

    rule = vet_ruleset_rule(rs, 0);
    assert_string_equal((const char *) rule->id.data, "m");
    assert_string_equal(rule->file, "set.yaml");
    assert_int_equal(rule->line, 8);
    assert_string_equal(vet_ruleset_test(rs, 0), "match");
    assert_string_equal(vet_ruleset_view(rs, 0), "folded");

    assert_string_equal(vet_ruleset_test(rs, 1), "measure");
    assert_null(vet_ruleset_view(rs, 1));
    assert_string_equal(vet_ruleset_test(rs, 2), "parts");
    assert_null(vet_ruleset_rule(rs, 3));
    assert_null(vet_ruleset_test(rs, 3));
    assert_null(vet_ruleset_view(rs, 3));

    assert_int_equal(vet_ruleset_example(rs, 0, 0, &example), VET_OK);
    assert_int_equal(example.hit, 1);
    assert_int_equal(example.line, 13);
    assert_memory_equal(example.text.data, "a", 1);
    assert_int_equal(vet_ruleset_example(rs, 0, 1, &example), VET_OK);
    assert_int_equal(example.hit, 0);
    assert_int_equal(vet_ruleset_example(rs, 0, 2, &example), VET_DECLINED);
    assert_int_equal(vet_ruleset_example(rs, 3, 0, &example), VET_DECLINED);

    vet_ruleset_destroy(rs);
}


static void
test_view_text(void **state)
{
    vet_str_t    text;
    vet_pool_t  *pool;

    (void) state;

    pool = vet_pool_create(65536);
    assert_non_null(pool);

    assert_int_equal(vet_view_text(pool, rule_case_str("Tiền"), "folded",
                                   &text), VET_OK);
    assert_int_equal(text.len, 4);
    assert_memory_equal(text.data, "tien", 4);
    assert_int_equal(vet_view_text(pool, rule_case_str("Tiền"), "raw", &text),
                     VET_OK);
    assert_memory_equal(text.data, "Tiền", text.len);
    assert_int_equal(vet_view_text(pool, rule_case_str("a"), "nothing",
                                   &text), VET_DECLINED);

    vet_pool_destroy(pool);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_parts),
        cmocka_unit_test(test_parts_places),
        cmocka_unit_test(test_parts_shadow),
        cmocka_unit_test(test_parts_unsure),
        cmocka_unit_test(test_parts_deep),
        cmocka_unit_test(test_scope),
        cmocka_unit_test(test_excepts),
        cmocka_unit_test(test_except_text),
        cmocka_unit_test(test_except_links),
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_token),
        cmocka_unit_test(test_filled),
        cmocka_unit_test(test_distinct),
        cmocka_unit_test(test_bare_score),
        cmocka_unit_test(test_list),
        cmocka_unit_test(test_list_bad),
        cmocka_unit_test(test_list_watched),
        cmocka_unit_test(test_layers),
        cmocka_unit_test(test_layers_bad),
        cmocka_unit_test(test_about),
        cmocka_unit_test(test_view_text),
    };

    return cmocka_run_group_tests(tests, rule_case_setup,
                                  rule_case_teardown);
}
