
/*
 * Copyright (C) the moderate authors
 *
 * Loading rule files: what is said about bad ones, and what good ones become.
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


static void has_error(const vet_errors_t *errors, const char *text);
static vet_ruleset_t *load_two(const char *one, const char *two,
    vet_errors_t *errors);
static uint64_t signature(const char *path);

static void test_all_problems(void **state);
static void test_long_message(void **state);
static void test_truncated(void **state);
static void test_changed(void **state);
static void test_good(void **state);
static void test_version(void **state);
static void test_two_files(void **state);
static void test_folder(void **state);
static void test_paths(void **state);
static void test_signature(void **state);
static void test_follow(void **state);
static void rested(void *data);
static void test_resting(void **state);


static const char  good[] =
    "# a comment\n"
    "version: 1\n"
    "thresholds: { hold: 4.5, reject: 20 }\n"
    "rules:\n"
    "  - id: scam.loan\n"
    "    title: Tín dụng đen\n"
    "    category: scam\n"
    "    reason: contact-advertising\n"
    "    in: [text, title, author]\n"
    "    words: [\"vay tiền nhanh\", 'không thế chấp']\n"
    "    score: 2.5\n"
    "    mode: shadow\n"
    "    examples: { hit: [Vay tiền nhanh], miss: [\"vay \\u00e0\"] }\n"
    "  - id: phone\n"
    "    category: advertising\n"
    "    match: >-\n"
    "      \\b0\\d{9}\\b\n"
    "    view: folded\n"
    "    score: 3\n"
    "    examples:\n"
    "      hit: [\"0912345678\"]\n"
    "      miss: [\"091\"]\n"
    "  - { id: links, category: link-flood, measure: links, over: 1,\n"
    "      score: 5, examples: { hit: [a.vn b.vn] } }\n"
    "limits:\n"
    "  - { id: rate, key: client, over: 10, per: 10m, score: 5,\n"
    "      retry_after: true }\n"
    "  - { id: dup, key: fingerprint, over: 0, per: 1d, score: 4.1 }\n"
    "  - { id: strikes, key: account_2, of: held+rejected, over: 5, per: 2h,\n"
    "      score: 15, mode: shadow, category: abuse, reason: other }\n"
    "  - { id: held, key: c, of: held, over: 5, per: 30s, score: 1 }\n"
    "  - { id: rejected, key: c, of: rejected, over: 5, per: 1s, score: 1 }\n";

static const char  small[] =
    "version: 1\n"
    "rules:\n"
    "  - { id: a, category: abuse, score: 1, words: [x],\n"
    "      examples: { hit: [x], miss: [y] } }\n";

static const char  other[] =
    "version: 1\n"
    "rules:\n"
    "  - { id: b, category: abuse, score: 1, words: [x],\n"
    "      examples: { hit: [x], miss: [y] } }\n";


static void
has_error(const vet_errors_t *errors, const char *text)
{
    size_t  i;

    for (i = 0; i < errors->n && i < VET_ERRORS_MAX; i++) {
        if (strcmp(errors->text[i], text) == 0) {
            return;
        }
    }

    fail_msg("\"%s\" instead of \"%s\"", errors->text[0], text);
}


static vet_ruleset_t *
load_two(const char *one, const char *two, vet_errors_t *errors)
{
    vet_str_t  paths[2];

    paths[0] = rule_case_str(one);
    paths[1] = rule_case_str(two);
    memset(errors, 0, sizeof(vet_errors_t));

    return vet_ruleset_load(paths, 2, errors);
}


/* All problems are told, the first ones with their text. */

static void
test_all_problems(void **state)
{
    int           i;
    char          yaml[4096];
    size_t        n;
    vet_errors_t  errors;

    (void) state;

    n = (size_t) snprintf(yaml, sizeof(yaml), "version: 1\nrules:\n");

    for (i = 0; i < 10; i++) {
        n += (size_t) snprintf(yaml + n, sizeof(yaml) - n,
                               "  - { id: r%d, score: x, category: abuse,\n"
                               "      words: [a],\n"
                               "      examples: { hit: [a], miss: [b],\n"
                               "                  hut: [] } }\n", i);
    }

    rule_case_write("set.yaml", yaml);
    assert_null(rule_case_load("set.yaml", &errors));
    assert_int_equal(errors.n, 20);
    has_error(&errors, "set.yaml:6:19: rule \"r0\": unknown key \"hut\", "
                       "expected one of hit, miss; did you mean \"hit\"?");
    has_error(&errors, "set.yaml:27:22: rule \"r6\": bad \"score\" \"x\", "
                       "expected 0 to 1000 with at most one decimal, such "
                       "as 4 or 2.5");
}


/* A message is never longer than its room, and is cut between characters. */

static void
test_long_message(void **state)
{
    int           i;
    char          path[512];
    size_t        at, len;
    uint32_t      cp;
    vet_str_t     text;
    vet_errors_t  errors;

    (void) state;

    rule_case_write("set.yaml", "version: 1\nrules:\n"
                    "  - { id: a, ềềềềềềềềềềềềềềềềềềềềềềềềềềềềề: x }\n");

    memset(path, 0, sizeof(path));

    for (i = 0; i < 190; i++) {
        memcpy(path + 2 * i, "./", 2);
        memcpy(path + 2 * i + 2, "set.yaml", 9);

        assert_null(rule_case_load(path, &errors));
        text = rule_case_str(errors.text[0]);
        assert_true(text.len < VET_ERROR_LEN);

        for (at = 0; at < text.len; at += len) {
            len = vet_uni_read(text.data + at, text.len - at, &cp);
            assert_true(len > 1 || cp < 0x80);
        }
    }

    assert_string_equal(errors.text[0] + text.len - 3, "...");
}


/* However a file is cut, it is a set or a problem, and nothing else. */

static void
test_truncated(void **state)
{
    size_t          i;
    vet_errors_t    errors;
    vet_ruleset_t  *rs;

    (void) state;

    for (i = 0; i < sizeof(good); i++) {
        rule_case_write_bytes("set.yaml", good, i);
        rs = rule_case_load("set.yaml", &errors);

        assert_true((rs == NULL) == (errors.n != 0));
        vet_ruleset_destroy(rs);
    }

    assert_int_equal(errors.n, 0);
}


/* The same with each byte changed to one that means something to YAML. */

static void
test_changed(void **state)
{
    char            data[sizeof(good)];
    size_t          i, k;
    vet_errors_t    errors;
    vet_ruleset_t  *rs;

    static const char  bytes[] = "\0\t\n :-[]{}'\"&*!|>%@\\#\x80\xff";

    (void) state;

    for (i = 0; i < sizeof(good) - 1; i++) {
        k = i % (sizeof(bytes) - 1);
        memcpy(data, good, sizeof(good));
        data[i] = bytes[k];

        rule_case_write_bytes("set.yaml", data, sizeof(good) - 1);
        rs = rule_case_load("set.yaml", &errors);
        assert_true((rs == NULL) == (errors.n != 0));
        vet_ruleset_destroy(rs);
    }
}


static void
test_good(void **state)
{
    size_t                  n;
    vet_str_t               version;
    vet_ruleset_t          *rs;
    const vet_limit_t      *limits;
    const vet_test_rule_t  *rules;

    (void) state;

    rs = rule_case_set(good);
    assert_int_equal(vet_ruleset_rules(rs), 3);
    assert_int_equal(rs->hold, 45);
    assert_int_equal(rs->reject, 200);

    rules = rs->rules.elts;
    assert_memory_equal(rules[0].rule.title.data, "Tín dụng đen", 15);
    assert_memory_equal(rules[0].rule.reason.data, "contact-advertising", 19);
    assert_int_equal(rules[0].rule.score, 25);
    assert_int_equal(rules[0].rule.mode, VET_MODE_SHADOW);
    assert_int_equal(rules[1].view, VET_VIEW_FOLDED);
    assert_int_equal(rules[1].rule.mode, VET_MODE_ENFORCE);
    assert_int_equal(rules[1].rule.title.len, 0);
    assert_memory_equal(rules[1].rule.reason.data, "contact-advertising", 19);
    assert_int_equal(rules[2].over, 1);

    limits = vet_ruleset_limits(rs, &n);
    assert_int_equal(n, 5);

    assert_memory_equal(limits[0].rule.id.data, "rate", 4);
    assert_memory_equal(limits[0].key.data, "client", 6);
    assert_memory_equal(limits[0].rule.category.data, "automated", 9);
    assert_memory_equal(limits[0].rule.reason.data, "rate", 4);
    assert_int_equal(limits[0].over, 10);
    assert_int_equal(limits[0].per, 600);
    assert_int_equal(limits[0].rule.score, 50);
    assert_int_equal(limits[0].retry_after, 1);
    assert_int_equal(limits[0].held, 0);
    assert_int_equal(limits[0].rejected, 0);

    assert_memory_equal(limits[1].rule.category.data, "duplicate", 9);
    assert_memory_equal(limits[1].rule.reason.data, "duplicate", 9);
    assert_int_equal(limits[1].rule.score, 41);
    assert_int_equal(limits[1].per, 86400);
    assert_int_equal(limits[1].retry_after, 0);

    assert_int_equal(limits[2].held, 1);
    assert_int_equal(limits[2].rejected, 1);
    assert_int_equal(limits[2].rule.mode, VET_MODE_SHADOW);
    assert_memory_equal(limits[2].rule.category.data, "abuse", 5);
    assert_memory_equal(limits[2].rule.reason.data, "other", 5);
    assert_int_equal(limits[2].per, 7200);

    assert_true(limits[3].held && !limits[3].rejected);
    assert_true(!limits[4].held && limits[4].rejected);

    version = vet_ruleset_version(rs);
    assert_int_equal(version.len, 16);
    vet_ruleset_destroy(rs);
}


/* The version goes by the bytes of the files: FNV-1a, 64 bits. */

static void
test_version(void **state)
{
    vet_str_t        version;
    vet_errors_t     errors;
    vet_ruleset_t   *rs;
    unsigned char    bytes[1024];
    uint64_t         hash;
    size_t           i;
    char             text[17];

    (void) state;

    rule_case_write("a.yaml", small);
    rule_case_write("b.yaml", other);

    memcpy(bytes, small, sizeof(small) - 1);
    memcpy(bytes + sizeof(small) - 1, other, sizeof(other) - 1);
    hash = 0xcbf29ce484222325ULL;

    for (i = 0; i < sizeof(small) + sizeof(other) - 2; i++) {
        hash = (hash ^ bytes[i]) * 0x100000001b3ULL;
    }

    (void) snprintf(text, sizeof(text), "%016llx", (unsigned long long) hash);

    rs = load_two("a.yaml", "b.yaml", &errors);
    assert_non_null(rs);
    assert_int_equal(vet_ruleset_rules(rs), 2);
    version = vet_ruleset_version(rs);
    assert_memory_equal(version.data, text, 16);
    vet_ruleset_destroy(rs);
}


static void
test_two_files(void **state)
{
    vet_errors_t  errors;

    (void) state;

    rule_case_write("a.yaml", small);
    rule_case_write("b.yaml", small);
    assert_null(load_two("a.yaml", "b.yaml", &errors));
    assert_int_equal(errors.n, 1);
    has_error(&errors, "b.yaml:3:11: rule \"a\": duplicate id, expected "
                       "another one, first at a.yaml:3:11");

    rule_case_write("a.yaml", "version: 1\nthresholds: { hold: 5 }\n");
    rule_case_write("b.yaml", "version: 1\nthresholds: { hold: 5 }\n");
    assert_null(load_two("a.yaml", "b.yaml", &errors));
    has_error(&errors, "b.yaml:2:13: \"thresholds\" is set again, expected "
                       "it in one file of a set, first in a.yaml");

    rule_case_write("b.yaml", "version: 1\nrules: [\n");
    assert_null(load_two("b.yaml", "c.yaml", &errors));
    assert_int_equal(errors.n, 2);
    has_error(&errors, "c.yaml: cannot be looked at: No such file or "
                       "directory");
    has_error(&errors, "b.yaml:3:1: did not find expected node content, "
                       "expected YAML");
}


static void
test_folder(void **state)
{
    vet_errors_t            errors;
    vet_ruleset_t          *rs;
    const vet_test_rule_t  *rules;

    (void) state;

    assert_int_equal(mkdir("rules", 0700), 0);
    assert_null(rule_case_load("rules", &errors));
    has_error(&errors, "rules: no rule file is in this folder, expected "
                       "*.yaml");

    rule_case_write("rules/20-b.yaml", other);
    rule_case_write("rules/10-a.yaml", small);
    rule_case_write("rules/30-c.yaml~", "not read");
    rule_case_write("rules/.40.yaml", "not read");
    rule_case_write("rules/README.md", "not read");

    rs = rule_case_load("rules/", &errors);
    assert_non_null(rs);
    rules = rs->rules.elts;
    assert_int_equal(vet_ruleset_rules(rs), 2);
    assert_memory_equal(rules[0].rule.id.data, "a", 1);
    assert_memory_equal(rules[1].rule.id.data, "b", 1);
    vet_ruleset_destroy(rs);

    assert_int_equal(mkdir("rules/50.yaml", 0700), 0);
    assert_null(rule_case_load("rules", &errors));
    has_error(&errors, "rules/50.yaml: not a regular file, expected a rule "
                       "file");
}


static void
test_paths(void **state)
{
    vet_str_t     path;
    vet_errors_t  errors;

    (void) state;

    assert_null(rule_case_load("", &errors));
    has_error(&errors, ": not a path, expected a file or folder");

    memset(&errors, 0, sizeof(vet_errors_t));
    path.data = (const unsigned char *) "a\0b";
    path.len = 3;
    assert_null(vet_ruleset_load(&path, 1, &errors));
    has_error(&errors, "a?b: not a path, expected a file or folder");

    memset(&errors, 0, sizeof(vet_errors_t));
    assert_null(vet_ruleset_load(NULL, 0, &errors));
    assert_int_equal(errors.n, 1);

    assert_int_equal(mkfifo("pipe", 0600), 0);
    assert_null(rule_case_load("pipe", &errors));
    has_error(&errors, "pipe: not a regular file, expected a rule file");

    rule_case_write("large.yaml", "");
    assert_int_equal(truncate("large.yaml", VET_RULE_FILE_SIZE + 1), 0);
    assert_null(rule_case_load("large.yaml", &errors));
    has_error(&errors, "large.yaml: file is too large, expected at most "
                       "16777216 bytes");
    assert_int_equal(unlink("large.yaml"), 0);
}


static uint64_t
signature(const char *path)
{
    uint64_t      value;
    vet_str_t     str;
    vet_errors_t  errors;

    str = rule_case_str(path);
    memset(&errors, 0, sizeof(vet_errors_t));
    assert_int_equal(vet_ruleset_signature(&str, 1, &value, &errors), VET_OK);
    assert_int_equal(errors.n, 0);

    return value;
}


static void
test_signature(void **state)
{
    uint64_t      first, value;
    vet_str_t     path;
    vet_errors_t  errors;

    (void) state;

    assert_int_equal(mkdir("watched", 0700), 0);
    rule_case_write("watched/a.yaml", small);
    first = signature("watched");
    assert_true(first == signature("watched"));

    /* other files are of no interest */

    rule_case_write("watched/a.txt", "x");
    assert_true(first == signature("watched"));

    /* added, removed */

    rule_case_write("watched/b.yaml", other);
    value = signature("watched");
    assert_true(value != first);
    assert_int_equal(unlink("watched/b.yaml"), 0);
    assert_true(first == signature("watched"));

    /* replaced by one of the same size */

    rule_case_write("watched/new", small);
    assert_int_equal(rename("watched/new", "watched/a.yaml"), 0);
    value = signature("watched");
    assert_true(value != first);

    /* written */

    rule_case_write("watched/a.yaml", "version: 1\n");
    assert_true(value != signature("watched"));

    path = rule_case_str("missing");
    memset(&errors, 0, sizeof(vet_errors_t));
    assert_int_equal(vet_ruleset_signature(&path, 1, &value, &errors),
                     VET_ERROR);
    has_error(&errors, "missing: cannot be looked at: No such file or "
                       "directory");
}


/* What was tried twice in the set before is machine code in the new one. */

static void
test_follow(void **state)
{
    size_t                  i;
    rule_case_t             c;
    vet_ruleset_t          *rs;
    const vet_test_rule_t  *rule;

    static const char  old[] =
        "version: 1\nrules:\n"
        "  - { id: once, category: scam, score: 1, match: 'one\\d',\n"
        "      examples: { hit: [one1], miss: [x] } }\n"
        "  - { id: never, category: scam, score: 1, match: 'two\\d',\n"
        "      examples: { hit: [two2], miss: [x] } }\n"
        "  - { id: often, category: scam, score: 1, match: 'six\\d',\n"
        "      examples: { hit: [six6], miss: [x] } }\n";

    static const char  new[] =
        "version: 1\nrules:\n"
        "  - { id: often, category: scam, score: 1, match: 'ten\\d',\n"
        "      examples: { hit: [ten1], miss: [x] } }\n"
        "  - { id: word, category: scam, score: 1, words: [six],\n"
        "      examples: { hit: [six], miss: [x] } }\n"
        "  - { id: once, category: scam, score: 1, match: 'one\\d',\n"
        "      examples: { hit: [one1], miss: [x] } }\n"
        "  - { id: never, category: scam, score: 1, match: 'two\\d',\n"
        "      examples: { hit: [two2], miss: [x] } }\n"
        "  - { id: newer, category: scam, score: 1, match: 'six\\d',\n"
        "      examples: { hit: [six6], miss: [x] } }\n";

    (void) state;

    rule_case_begin(&c, rule_case_set(old));
    assert_int_equal(rule_case_text(&c, "six6 one1"), 2);
    assert_int_equal(rule_case_text(&c, "six"), 0);
    assert_int_equal(rule_case_text(&c, "sixty"), 0);

    rs = rule_case_set(new);
    rule = rs->rules.elts;
    vet_ruleset_follow(rs, c.rs, NULL);

    for (i = 0; i < vet_ruleset_rules(rs); i++) {
        if (rule[i].npatterns != 0) {
            assert_int_equal(rule[i].patterns->jit != NULL,
                             rule[i].rule.id.len == strlen("often")
                             && memcmp(rule[i].rule.id.data, "often", 5) == 0);
        }
    }

    /* nothing was tried there */

    rule_case_end(&c);
    rule_case_begin(&c, rule_case_set(old));
    vet_ruleset_follow(c.rs, rs, NULL);
    rule = c.rs->rules.elts;

    for (i = 0; i < vet_ruleset_rules(c.rs); i++) {
        assert_null(rule[i].patterns->jit);
    }

    vet_ruleset_destroy(rs);
    rule_case_end(&c);
}


static void
rested(void *data)
{
    size_t  *times = data;

    (*times)++;
}


/* Between any two phrases, and no more once the set is there. */

static void
test_resting(void **state)
{
    size_t          i, times, loaded;
    vet_str_t       path;
    vet_rest_t      rest;
    rule_case_t     c;
    vet_errors_t    errors;
    vet_ruleset_t  *rs, *old;

    static char  yaml[32 * 1024];

    (void) state;

    i = (size_t) snprintf(yaml, sizeof(yaml), "version: 1\nrules:\n"
                          "  - { id: one, category: scam, score: 1, "
                          "match: 'six\\d?',\n"
                          "      examples: { hit: [six], miss: [x] } }\n"
                          "  - { id: many, category: scam, score: 1,\n"
                          "      examples: { hit: [word7], miss: [x] },\n"
                          "      words: [");

    for (times = 0; times < 1000; times++) {
        i += (size_t) snprintf(yaml + i, sizeof(yaml) - i, "word%d, ",
                               (int) times);
    }

    (void) snprintf(yaml + i, sizeof(yaml) - i, "last] }\n");
    rule_case_write("rest.yaml", yaml);

    path.data = (const unsigned char *) "rest.yaml";
    path.len = strlen("rest.yaml");
    memset(&errors, 0, sizeof(vet_errors_t));
    rest.handler = rested;
    rest.data = &times;
    times = 0;

    rs = vet_ruleset_load_resting(&path, 1, &rest, &errors);
    assert_non_null(rs);
    assert_true(times > 1000);

    /* a set that is used rests no more, and a pattern at a time is made */

    old = rule_case_load("rest.yaml", &errors);
    assert_non_null(old);
    assert_true(vet_ruleset_version(rs).len != 0);
    assert_memory_equal(vet_ruleset_version(rs).data,
                        vet_ruleset_version(old).data,
                        vet_ruleset_version(rs).len);

    loaded = times;
    rule_case_begin(&c, rs);
    assert_int_equal(rule_case_text(&c, "six"), 1);
    assert_int_equal(rule_case_text(&c, "six6 word999"), 2);
    assert_non_null(vet_palloc(rs->pool, 1));
    assert_int_equal(times, loaded);

    vet_ruleset_follow(old, rs, &rest);
    assert_int_equal(times, loaded + 1);

    vet_ruleset_destroy(old);
    rule_case_end(&c);

    /* one that is not good rests too */

    rule_case_write("rest.yaml", "version: 1\nrules:\n"
                    "  - { id: one, category: scam, score: 1, match: '(' }\n");
    times = 0;
    assert_null(vet_ruleset_load_resting(&path, 1, &rest, &errors));
    assert_true(times != 0 && errors.n != 0);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_all_problems),
        cmocka_unit_test(test_long_message),
        cmocka_unit_test(test_truncated),
        cmocka_unit_test(test_changed),
        cmocka_unit_test(test_good),
        cmocka_unit_test(test_version),
        cmocka_unit_test(test_two_files),
        cmocka_unit_test(test_folder),
        cmocka_unit_test(test_paths),
        cmocka_unit_test(test_signature),
        cmocka_unit_test(test_follow),
        cmocka_unit_test(test_resting),
    };

    return cmocka_run_group_tests(tests, rule_case_setup,
                                  rule_case_teardown);
}
