
/*
 * Copyright (C) the moderate authors
 *
 * The verdict does not depend on where in a body something is, nor on what
 * else is there: see body_places.h for what is read, this is what is decided.
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


#define PLACES     8

#define FORM       "application/x-www-form-urlencoded"
#define JSON       "application/json"
#define MULTIPART  "multipart/form-data; boundary=b"
#define PART       "--b\r\nContent-Disposition: form-data; name=\""


/* A field of each type, with %s for its name and value. */

typedef struct {
    const char             *type;
    const char             *before;
    const char             *field;
    const char             *comma;
    const char             *after;
} kind_t;


/* What makes a body unreadable wherever it stands. */

typedef struct {
    size_t                  kind;
    const char             *why;
    const char             *text;
} bad_t;


static void test_hit_anywhere(void **state);
static void test_bad_anywhere(void **state);
static void test_duplicate_keys(void **state);
static void test_nul_anywhere(void **state);
static size_t body(char *text, const kind_t *k, size_t place,
    const char *odd, const char *name);
static vet_action_t judge(rule_case_t *c, const char *type, const char *text,
    size_t len, vet_unreadable_t *why);
static void begin(rule_case_t *c);


static const kind_t  kinds[] = {

    { FORM, "", "%s=%s", "&", "" },

    { MULTIPART, "", PART "%s\"\r\n\r\n%s\r\n", "", "--b--\r\n" },

    { JSON, "{", "\"%s\":\"%s\"", ",", "}" },

    { JSON, "[", "{\"%s\":\"%s\"}", ",", "]" },

    { "text/plain", "{", "\"%s\":\"%s\"", ",", "}" },
};


static const bad_t  bads[] = {

    { 0, "nul-in-name", "x%00=1" },
    { 0, "form-ambiguous", "x=%u0041" },
    { 0, "form-ambiguous", "x=1;y=2" },
    { 0, "charset", "x=\xff" },

    { 1, "part-header-invalid", PART "x\"; name=\"y\"\r\n\r\n1\r\n" },
    { 1, "part-header-invalid", PART "x\"\r\nX Y: z\r\n\r\n1\r\n" },
    { 1, "file-ambiguous", PART "x\"; filename*=UTF-8''y\r\n\r\n1\r\n" },
    { 1, "part-charset",
      PART "x\"\r\nContent-Type: text/plain; charset=utf-7\r\n\r\n1\r\n" },
    { 1, "part-encoding",
      PART "x\"\r\nContent-Transfer-Encoding: base64\r\n\r\nMQ==\r\n" },
    { 1, "part-nested",
      PART "x\"\r\nContent-Type: multipart/mixed; boundary=c\r\n\r\n1\r\n" },
    { 1, "multipart-invalid", PART "x\"\r\n\r\n1\n--b\r\n\r\n" },

    { 2, "json-duplicate-key", "\"x\":1,\"x\":2" },
    { 2, "json-invalid", "\"x\":TRUE" },
    { 2, "nul-in-name", "\"x\\u0000\":1" },

    { 3, "json-duplicate-key", "{\"x\":{\"y\":1,\"y\":2}}" },
};


/* Among others with names of their own, and among others of the same name. */

static void
test_hit_anywhere(void **state)
{
    char               odd[256], text[4096];
    size_t             i, len, place;
    rule_case_t        c;
    vet_unreadable_t   why;

    (void) state;

    begin(&c);

    for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {

        for (place = 0; place <= PLACES; place++) {

            (void) snprintf(odd, sizeof(odd), kinds[i].field, "comment",
                            "buy pills now");

            len = body(text, &kinds[i], place, odd, NULL);
            assert_int_equal(judge(&c, kinds[i].type, text, len, &why),
                             VET_HOLD);
            assert_int_equal(why, VET_READABLE);

            len = body(text, &kinds[i], place, odd, "comment");
            assert_int_equal(judge(&c, kinds[i].type, text, len, &why),
                             VET_HOLD);
        }

        len = body(text, &kinds[i], PLACES + 1, "", NULL);
        assert_int_equal(judge(&c, kinds[i].type, text, len, &why), VET_PASS);
    }

    rule_case_end(&c);
}


static void
test_bad_anywhere(void **state)
{
    char               text[4096];
    size_t             i, len, place;
    const kind_t      *k;
    rule_case_t        c;
    vet_unreadable_t   why;

    (void) state;

    begin(&c);

    for (i = 0; i < sizeof(bads) / sizeof(bads[0]); i++) {

        k = &kinds[bads[i].kind];

        for (place = 0; place <= PLACES; place++) {

            len = body(text, k, place, bads[i].text, NULL);

            assert_int_equal(judge(&c, k->type, text, len, &why), VET_HOLD);
            assert_string_equal(vet_unreadable_name(why), bads[i].why);
        }
    }

    rule_case_end(&c);
}


/* A key twice, at every two places, with the bad value first and last. */

static void
test_duplicate_keys(void **state)
{
    char               text[1024];
    FILE              *file;
    size_t             i, first, second;
    rule_case_t        c;
    vet_unreadable_t   why;

    (void) state;

    begin(&c);

    for (first = 0; first < PLACES; first++) {

        for (second = 0; second < PLACES; second++) {

            if (second == first) {
                continue;
            }

            memset(text, 0, sizeof(text));
            file = fmemopen(text, sizeof(text), "w");
            assert_non_null(file);

            for (i = 0; i < PLACES; i++) {
                fputc((i == 0) ? '{' : ',', file);

                if (i == first || i == second) {
                    fprintf(file, "\"c\\u006fmment\":\"%s\"",
                            (i == first) ? "pills" : "good");

                } else {
                    fprintf(file, "\"k%zu\":\"good\"", i);
                }
            }

            fputc('}', file);
            fclose(file);

            assert_int_equal(judge(&c, JSON, text, strlen(text), &why),
                             VET_HOLD);
            assert_int_equal(why, VET_JSON_DUPLICATE_KEY);

            /* both were compared with the rules, not only the last */

            assert_int_equal(c.hits.n, 2);
        }
    }

    rule_case_end(&c);
}


/* Values are counted, not ended: what is behind a NUL is matched. */

static void
test_nul_anywhere(void **state)
{
    char               text[256];
    size_t             at, i, len, start;
    rule_case_t        c;
    vet_unreadable_t   why;

    static const char  value[] = "one two pills three four";

    static const struct {
        const char  *type;
        const char  *before;
        const char  *nul;
        size_t       len;
        const char  *after;
    } rows[] = {
        { FORM, "a=", "%00", 3, "&b=1" },
        { FORM, "a=", "\0", 1, "&b=1" },
        { JSON, "{\"a\":\"", "\\u0000", 6, "\"}" },
        { "text/plain", "", "\0", 1, "" },
        { MULTIPART, PART "a\"\r\n\r\n", "\0", 1, "\r\n--b--" },
    };

    (void) state;

    begin(&c);

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {

        for (at = 0; at < sizeof(value); at++) {

            if (at > 8 && at < 13) {
                continue;       /* in the word itself */
            }

            start = strlen(rows[i].before);
            memcpy(text, rows[i].before, start);
            memcpy(text + start, value, at);
            memcpy(text + start + at, rows[i].nul, rows[i].len);
            len = start + at + rows[i].len;
            memcpy(text + len, value + at, sizeof(value) - 1 - at);
            len += sizeof(value) - 1 - at;
            memcpy(text + len, rows[i].after, strlen(rows[i].after));
            len += strlen(rows[i].after);

            assert_int_equal(judge(&c, rows[i].type, text, len, &why),
                             VET_HOLD);
            assert_int_equal(why, VET_READABLE);
        }
    }

    rule_case_end(&c);
}


/* Good fields with odd at one place; name NULL: each has its own. */

static size_t
body(char *text, const kind_t *k, size_t place, const char *odd,
    const char *name)
{
    char    own[16];
    FILE   *file;
    size_t  i, len;

    file = fmemopen(text, 4096, "w");
    assert_non_null(file);

    fputs(k->before, file);

    for (i = 0; i <= PLACES; i++) {

        fputs((i == 0) ? "" : k->comma, file);

        if (i == place) {
            fputs(odd, file);
            continue;
        }

        (void) snprintf(own, sizeof(own), "k%zu", i);

        fprintf(file, k->field, (name == NULL) ? own : name, "good");
    }

    fputs(k->after, file);
    len = (size_t) ftell(file);
    fclose(file);

    return len;
}


static vet_action_t
judge(rule_case_t *c, const char *type, const char *text, size_t len,
    vet_unreadable_t *why)
{
    vet_message_t  m;
    vet_verdict_t  verdict;

    rule_case_clear(c);

    memset(&m, 0, sizeof(vet_message_t));

    m.content_type = rule_case_str(type);
    m.content_types = 1;
    m.body.data = (const unsigned char *) text;
    m.body.len = len;

    assert_int_equal(vet_parse(c->pool, &m, NULL, &c->s), VET_OK);

    (void) rule_case_match(c);
    vet_decide(c->rs, &c->hits, VET_HOLD, &verdict);

    *why = c->s.unreadable;

    return verdict.action;
}


static void
begin(rule_case_t *c)
{
    rule_case_begin(c, rule_case_set(
        "version: 1\n"
        "rules:\n"
        "  - id: test.hold\n"
        "    title: Held\n"
        "    category: advertising\n"
        "    in: [text, title, author, email, url, phone, other]\n"
        "    words: [\"pills\"]\n"
        "    score: 5\n"
        "    examples: { hit: [\"pills\"], miss: [\"bills\"] }\n"));
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_hit_anywhere),
        cmocka_unit_test(test_bad_anywhere),
        cmocka_unit_test(test_duplicate_keys),
        cmocka_unit_test(test_nul_anywhere),
    };

    return cmocka_run_group_tests_name("invariance", tests, rule_case_setup,
                                       rule_case_teardown);
}
