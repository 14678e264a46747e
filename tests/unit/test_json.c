
/*
 * Copyright (C) the moderate authors
 */


#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <cmocka.h>

#include "body_case.h"


#define JSON  "application/json"
#define BOM   "\xef\xbb\xbf"
#define FFFD  "\\xef\\xbf\\xbd"


static void test_json(void **state);
static void test_depth(void **state);
static vet_str_t brackets(unsigned char *text, size_t depth);
static void test_limits(void **state);
static void test_long_names(void **state);
static void test_many_keys(void **state);
static void test_linear(void **state);
static double seconds(unsigned char *text, size_t len);
static int cut_scalar(const body_case_t *c, size_t len);


static const body_case_t  cases[] = {

    /* fields and their names */

    { "object", JSON, BODY("{\"a\":\"x\",\"b\":\"y\"}"), VET_READABLE,
      "a=x | b=y" },
    { "scalars", JSON,
      BODY("{\"t\":true,\"f\":false,\"n\":null,\"i\":-0,\"d\":1.50e+03}"),
      VET_READABLE, "t=true | f=false | n=null | i=-0 | d=1.50e+03" },
    { "numbers are not rounded", JSON,
      BODY("[10000000000000000999,1e400,0.1000000000000000055]"),
      VET_READABLE, "[]=10000000000000000999 | []=1e400 "
      "| []=0.1000000000000000055" },
    { "nested", JSON, BODY("{\"a\":{\"b\":[{\"c\":1},2,[3]]},\"d\":4}"),
      VET_READABLE, "a.b[].c=1 | a.b[]=2 | a.b[][]=3 | d=4" },
    { "array on top", JSON, BODY("[\"x\",{\"a\":1}]"), VET_READABLE,
      "[]=x | [].a=1" },
    { "name after an object", JSON, BODY("{\"a\":[{\"b\":1},{\"b\":2},3]}"),
      VET_READABLE, "a[].b=1 | a[].b=2 | a[]=3" },
    { "empty ones", JSON, BODY("{\"a\":{},\"b\":[],\"c\":\"\"}"),
      VET_READABLE, "c=" },
    { "empty object", JSON, BODY("{}"), VET_READABLE, "" },
    { "space", JSON, BODY(" \t\r\n{ \"a\" : [ 1 , 2 ] } \n"), VET_READABLE,
      "a[]=1 | a[]=2" },
    { "string on top", JSON, BODY("\"x\""), VET_READABLE, "=x" },
    { "number on top", JSON, BODY("12.5"), VET_READABLE, "=12.5" },
    { "null on top", JSON, BODY("null"), VET_READABLE, "=null" },
    { "paths do not collide", JSON,
      BODY("{\"a.b\":1,\"a\":{\"b\":2},\"c[]\":3,\"c\":[4],\"d\\\\.\":5}"),
      VET_READABLE, "a\\x5c.b=1 | a.b=2 | c\\x5c[\\x5c]=3 | c[]=4 "
      "| d\\x5c\\x5c\\x5c.=5" },
    { "empty keys", JSON, BODY("{\"\":{\"a\":1,\"\":2},\"a\":3}"),
      VET_READABLE, ".a=1 | .=2 | a=3" },

    /* strings */

    { "escapes", JSON, BODY("[\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"]"),
      VET_READABLE, "[]=\"\\x5c/\\x08\\x0c\\x0a\\x0d\\x09" },
    { "unicode escapes", JSON, BODY("[\"\\u0041\\u00e0\\u1EC5\\uFFFF\"]"),
      VET_READABLE, "[]=A\\xc3\\xa0\\xe1\\xbb\\x85\\xef\\xbf\\xbf" },
    { "surrogate pair", JSON, BODY("[\"\\ud83d\\uDC4D\"]"), VET_READABLE,
      "[]=\\xf0\\x9f\\x91\\x8d" },
    { "last code point", JSON, BODY("[\"\\uDBFF\\uDFFF\"]"), VET_READABLE,
      "[]=\\xf4\\x8f\\xbf\\xbf" },
    { "key with escapes", JSON, BODY("{\"con\\u0074ent\":1}"), VET_READABLE,
      "content=1" },
    { "NUL in value", JSON, BODY("{\"a\":\"x\\u0000y\",\"b\":1}"),
      VET_READABLE, "a=x\\x00y | b=1" },
    { "DEL and C1", JSON, BODY("[\"\x7f\xc2\x80\"]"), VET_READABLE,
      "[]=\\x7f\\xc2\\x80" },

    /* lone surrogates are sent by real clients */

    { "lone surrogate", JSON,
      BODY("{\"content\":\"x\",\"lone\":\"\\ud800\"}"), VET_READABLE,
      "content=x | lone=" FFFD },
    { "lone low one", JSON, BODY("[\"\\udc00z\"]"), VET_READABLE,
      "[]=" FFFD "z" },
    { "two high ones, which JSON::PP makes one of", JSON,
      BODY("[\"\\ud800\\ud800\\n\"]"), VET_JSON_INVALID,
      "[]=" FFFD FFFD "\\x0a" },
    { "high and low one, not together, which it takes for a pair", JSON,
      BODY("[\"\\ud835x\\udc00\"]"), VET_JSON_INVALID,
      "[]=" FFFD "x" FFFD },
    { "high one before a pair", JSON, BODY("[\"\\ud83d\\ud83d\\ude00\"]"),
      VET_JSON_INVALID, "[]=" FFFD "\\xf0\\x9f\\x98\\x80" },
    { "high one behind a pair", JSON, BODY("[\"\\ud83d\\ude00\\ud83d\"]"),
      VET_READABLE, "[]=\\xf0\\x9f\\x98\\x80" FFFD },
    { "high ones of two texts", JSON, BODY("[\"\\ud83d\",\"\\ud83d\"]"),
      VET_READABLE, "[]=" FFFD " | []=" FFFD },
    { "high and letter", JSON, BODY("[\"\\ud888\\u1234\"]"), VET_READABLE,
      "[]=" FFFD "\\xe1\\x88\\xb4" },
    { "wrong order", JSON, BODY("[\"\\udc00\\ud800\"]"), VET_READABLE,
      "[]=" FFFD FFFD },

    /* read differently by different backends */

    { "key twice", JSON, BODY("{\"a\":1,\"b\":2,\"a\":3}"),
      VET_JSON_DUPLICATE_KEY, "a=1 | b=2 | a=3" },
    { "key twice, once escaped", JSON, BODY("{\"a\":1,\"\\u0061\":2}"),
      VET_JSON_DUPLICATE_KEY, "a=1 | a=2" },
    { "empty key twice", JSON, BODY("{\"\":1,\"\":2}"),
      VET_JSON_DUPLICATE_KEY, "=1 | =2" },
    { "key of nothing twice", JSON, BODY("{\"a\":{},\"a\":{}}"),
      VET_JSON_DUPLICATE_KEY, "" },
    { "key twice, deep", JSON, BODY("[{\"a\":{\"b\":1,\"b\":2}},{\"c\":3}]"),
      VET_JSON_DUPLICATE_KEY, "[].a.b=1 | [].a.b=2 | [].c=3" },
    { "key in two objects", JSON, BODY("[{\"a\":1},{\"a\":{\"a\":2}}]"),
      VET_READABLE, "[].a=1 | [].a.a=2" },
    { "keys that begin alike", JSON, BODY("{\"aa\":1,\"a\":2,\"ab\":3}"),
      VET_READABLE, "aa=1 | a=2 | ab=3" },
    { "NUL in key", JSON, BODY("{\"a\\u0000b\":1,\"c\":2}"),
      VET_NUL_IN_NAME, "a\\x00b=1 | c=2" },
    { "NUL in key of nothing", JSON, BODY("{\"a\\u0000b\":{},\"c\":2}"),
      VET_NUL_IN_NAME, "c=2" },
    { "BOM", JSON, BODY(BOM "{\"a\":1}"), VET_JSON_INVALID, "a=1" },
    { "not UTF-8 in value", JSON, BODY("{\"a\":\"\xff\",\"b\":1}"),
      VET_JSON_INVALID, "a!=\\xff | b=1" },
    { "not UTF-8 in key", JSON, BODY("{\"a\xe1\xbb\":1}"),
      VET_JSON_INVALID, "a\\xe1\\xbb=1" },
    { "UTF-16", JSON, BODY("{\0\"\0a\0\"\0:\0""1\0}\0"), VET_JSON_INVALID,
      "" },

    /* not JSON: what was read until then is kept, or the body as it is */

    { "NUL after key", JSON, BODY("{\"a\"\0:1}"), VET_JSON_INVALID, "" },
    { "raw NUL in string", JSON, BODY("{\"a\":1,\"f\0ld\":2}"),
      VET_JSON_INVALID, "a=1" },
    { "raw control", JSON, BODY("[1,\"a\tb\"]"), VET_JSON_INVALID, "[]=1" },
    { "raw control after backslash", JSON, BODY("[1,\"a\\\nb\"]"),
      VET_JSON_INVALID, "[]=1" },
    { "unknown escape", JSON, BODY("[1,\"\\x41\"]"), VET_JSON_INVALID,
      "[]=1" },
    { "capital U", JSON, BODY("[1,\"\\U0041\"]"), VET_JSON_INVALID, "[]=1" },
    { "three digits", JSON, BODY("[1,\"\\u004\"]"), VET_JSON_INVALID,
      "[]=1" },
    { "bad digits", JSON, BODY("[1,\"\\u00g0\"]"), VET_JSON_INVALID,
      "[]=1" },
    { "single quotes", JSON, BODY("{'a':1}"), VET_JSON_INVALID,
      "={'a':1}" },
    { "bare key", JSON, BODY("{a:1}"), VET_JSON_INVALID, "={a:1}" },
    { "comment", JSON, BODY("[1/**/]"), VET_JSON_INVALID, "[]=1" },
    { "comma at the end", JSON, BODY("[1,]"), VET_JSON_INVALID, "[]=1" },
    { "comma at the end of an object", JSON, BODY("{\"a\":1,}"),
      VET_JSON_INVALID, "a=1" },
    { "comma first", JSON, BODY("[,1]"), VET_JSON_INVALID, "=[,1]" },
    { "no comma", JSON, BODY("[1 2]"), VET_JSON_INVALID, "[]=1" },
    { "no colon", JSON, BODY("{\"a\" 1}"), VET_JSON_INVALID,
      "={\"a\" 1}" },
    { "no value", JSON, BODY("{\"a\":}"), VET_JSON_INVALID, "={\"a\":}" },
    { "wrong bracket", JSON, BODY("[1}"), VET_JSON_INVALID, "[]=1" },
    { "bracket too many", JSON, BODY("[1]]"), VET_JSON_INVALID, "[]=1" },
    { "two bodies", JSON, BODY("{\"a\":1}{\"a\":2}"), VET_JSON_INVALID,
      "a=1" },
    { "NUL at the end", JSON, BODY("[1]\0"), VET_JSON_INVALID, "[]=1" },
    { "form feed", JSON, BODY("[\f1]"), VET_JSON_INVALID, "" },
    { "space only", JSON, BODY(" \n"), VET_JSON_INVALID, "= \\x0a" },
    { "BOM only", JSON, BODY(BOM), VET_JSON_INVALID, "=\\xef\\xbb\\xbf" },
    { "zero first", JSON, BODY("[01]"), VET_JSON_INVALID, "[]=0" },
    { "plus", JSON, BODY("[+1]"), VET_JSON_INVALID, "=[+1]" },
    { "point first", JSON, BODY("[.5]"), VET_JSON_INVALID, "=[.5]" },
    { "point last", JSON, BODY("[1.]"), VET_JSON_INVALID, "=[1.]" },
    { "no exponent", JSON, BODY("[1e]"), VET_JSON_INVALID, "=[1e]" },
    { "no exponent but sign", JSON, BODY("[1e+]"), VET_JSON_INVALID,
      "=[1e+]" },
    { "hexadecimal", JSON, BODY("[0x1]"), VET_JSON_INVALID, "[]=0" },
    { "minus only", JSON, BODY("[-]"), VET_JSON_INVALID, "=[-]" },
    { "not a number", JSON, BODY("[NaN]"), VET_JSON_INVALID, "=[NaN]" },
    { "capital true", JSON, BODY("[True]"), VET_JSON_INVALID, "=[True]" },
    { "truer", JSON, BODY("[truer]"), VET_JSON_INVALID, "[]=true" },
    { "form", JSON, BODY("a=1&b=2"), VET_JSON_INVALID, "=a=1&b=2" },

    { "cut string", JSON, BODY("{\"a\":1,\"b\":\"x"), VET_TRUNCATED, "a=1" },
    { "cut escape", JSON, BODY("[1,\"\\"), VET_TRUNCATED, "[]=1" },
    { "cut word", JSON, BODY("[tru"), VET_TRUNCATED, "=[tru" },
    { "cut number", JSON, BODY("[1,-"), VET_TRUNCATED, "[]=1" },
    { "cut object", JSON, BODY("{\"a\":1"), VET_TRUNCATED, "a=1" },

    /* text/plain, as browsers send it from fetch() */

    { "text", "text/plain", BODY("a=b {\"c\":1}"), VET_READABLE,
      "=a=b {\"c\":1}" },
    { "text with NUL", "text/plain", BODY("a\0b"), VET_READABLE,
      "=a\\x00b" },
    { "text not UTF-8", "text/plain", BODY("d\xe9j\xe0"), VET_READABLE,
      "!=d\\xe9j\\xe0" },
    { "JSON as text", "text/plain;charset=UTF-8", BODY(" {\"a\":\"\\u0062\"}"),
      VET_READABLE, "a=b" },
    { "JSON array as text", "text/plain", BODY("[1,2]"), VET_READABLE,
      "[]=1 | []=2" },
    { "text in brackets", "text/plain", BODY("[x] {y}"), VET_READABLE,
      "=[x] {y}" },
    { "text that begins like JSON", "text/plain", BODY("[1] is my vote"),
      VET_READABLE, "=[1] is my vote" },
    { "JSON string as text", "text/plain", BODY("\"\\u0061\""), VET_READABLE,
      "=a" },
    { "text that begins with a quotation", "text/plain",
      BODY("\"a\" he said"), VET_READABLE, "=\"a\" he said" },
    { "almost JSON, with an escape", "text/plain", BODY("[\"\\u0061\",TRUE]"),
      VET_JSON_INVALID, "=[\"\\x5cu0061\",TRUE]" },
    { "JSON in UTF-16 as text", "text/plain", BODY("\0[\0\"\0a\0\"\0]"),
      VET_JSON_INVALID, NULL },
    { "JSON with BOM as text", "text/plain", BODY(BOM "{\"a\":\"\\u0062\"}"),
      VET_JSON_INVALID, "a=b" },
    { "JSON not UTF-8 as text", "text/plain",
      BODY("{\"a\":\"\\u0062\",\"c\":\"\xff\"}"), VET_JSON_INVALID,
      "a=b | c!=\\xff" },
    { "JSON with a key twice as text", "text/plain",
      BODY("{\"a\":1,\"a\":2}"), VET_JSON_DUPLICATE_KEY, "a=1 | a=2" },

    { "suffix", "application/vnd.api+json", BODY("{\"a\":1}"), VET_READABLE,
      "a=1" },
};


static void
test_json(void **state)
{
    (void) state;

    body_cases_run(cases, sizeof(cases) / sizeof(cases[0]), NULL, cut_scalar);
}


/*
 * What may be cut: text, a number on top ("12" of "123") and space behind the
 * value.
 */

static int
cut_scalar(const body_case_t *c, size_t len)
{
    const unsigned char  *pos, *end;

    if (strcmp(c->type, JSON) != 0 && strstr(c->type, "+json") == NULL) {
        return 1;
    }

    if (c->body.data[0] >= '0' && c->body.data[0] <= '9') {
        return 1;
    }

    /* valid JSON with something behind it, which is what makes it invalid */

    if (c->why == VET_JSON_INVALID
        && (c->body.data[len - 1] == ']' || c->body.data[len - 1] == '}'))
    {
        return 1;
    }

    end = c->body.data + c->body.len;

    for (pos = c->body.data + len; pos < end; pos++) {
        if (*pos != ' ' && *pos != '\n') {
            return 0;
        }
    }

    return 1;
}


static void
test_depth(void **state)
{
    size_t          n;
    vet_str_t       body;
    unsigned char  *text;

    (void) state;

    text = malloc(1024 * 1024);
    assert_non_null(text);

    body = brackets(text, VET_JSON_DEPTH);

    n = body_check("deepest", JSON, body, NULL, VET_READABLE, NULL);
    assert_int_equal(n, 0);

    body = brackets(text, VET_JSON_DEPTH + 1);

    (void) body_check("deeper", JSON, body, NULL, VET_TOO_DEEP, NULL);
    (void) body_check("deeper text", "text/plain", body, NULL, VET_TOO_DEEP,
                      NULL);

    memset(text, '[', 1024 * 1024);
    body.len = 1024 * 1024;

    (void) body_check("brackets", JSON, body, NULL, VET_TOO_DEEP, NULL);

    free(text);
}


static vet_str_t
brackets(unsigned char *text, size_t depth)
{
    size_t     i;
    vet_str_t  body;

    for (i = 0; i < 2 * depth; i++) {
        text[i] = (i < depth) ? '[' : ']';
    }

    body.data = text;
    body.len = i;

    return body;
}


static void
test_limits(void **state)
{
    size_t          i, n;
    vet_str_t       body;
    unsigned char  *text;

    (void) state;

    text = malloc(64 * 1024);
    assert_non_null(text);

    body.data = text;

    /* fields */

    text[0] = '[';

    for (i = 0; i <= VET_FIELDS_MAX; i++) {
        text[1 + 2 * i] = '1';
        text[2 + 2 * i] = ',';
    }

    text[2 * VET_FIELDS_MAX] = ']';
    body.len = 2 * VET_FIELDS_MAX + 1;
    n = body_check("most fields", JSON, body, NULL, VET_READABLE, NULL);
    assert_int_equal(n, VET_FIELDS_MAX);

    text[2 * VET_FIELDS_MAX] = ',';
    text[2 * VET_FIELDS_MAX + 2] = ']';
    body.len += 2;
    n = body_check("one more", JSON, body, NULL, VET_TOO_MANY_FIELDS, NULL);
    assert_int_equal(n, VET_FIELDS_MAX);

    /* what makes no fields is bounded as well */

    for (i = 0; i < 10000; i++) {
        memcpy(text + 1 + 3 * i, "{},", 3);
    }

    text[3 * i] = ']';
    body.len = 3 * i + 1;
    (void) body_check("empty objects", JSON, body, NULL, VET_TOO_MANY_FIELDS,
                      NULL);

    free(text);
}


/* Names, with what the path adds to them. */

static void
test_long_names(void **state)
{
    size_t          n;
    vet_str_t       body;
    unsigned char  *text;

    (void) state;

    text = malloc(2 * VET_NAME_LEN);
    assert_non_null(text);

    body.data = text;

    memset(text, 'n', 2 * VET_NAME_LEN);
    memcpy(text, "{\"", 2);
    memcpy(text + 2 + VET_NAME_LEN, "\":1}", 4);
    body.len = VET_NAME_LEN + 6;
    n = body_check("longest name", JSON, body, NULL, VET_READABLE, NULL);
    assert_int_equal(n, 1);

    text[2] = '.';
    (void) body_check("one escape more", JSON, body, NULL, VET_NAME_TOO_LONG,
                      NULL);

    text[2] = 'n';
    memcpy(text + 2 + VET_NAME_LEN, "\":[]}", 5);
    body.len = VET_NAME_LEN + 7;
    (void) body_check("name and brackets", JSON, body, NULL,
                      VET_NAME_TOO_LONG, NULL);

    memcpy(text + 2 + VET_NAME_LEN, "n\":1}", 5);
    (void) body_check("longer name", JSON, body, NULL, VET_NAME_TOO_LONG,
                      NULL);

    free(text);
}


/* A repeated key is found among many, wherever it stands. */

static void
test_many_keys(void **state)
{
    int         len;
    char       *text;
    size_t      i, twin;
    vet_str_t   body;

    (void) state;

    text = malloc(64 * 1024);
    assert_non_null(text);

    for (twin = 0; twin <= 900; twin += 75) {
        body.len = 0;

        for (i = 0; i < 900; i++) {
            len = snprintf(text + body.len, 32, "%c\"key%zu\":1",
                           (i == 0) ? '{' : ',', i);
            body.len += (size_t) len;
        }

        len = snprintf(text + body.len, 32, ",\"key%zu\":1}", twin);
        body.len += (size_t) len;
        body.data = (unsigned char *) text;

        (void) body_check("many keys", JSON, body, NULL,
                          (twin == 900) ? VET_READABLE
                                        : VET_JSON_DUPLICATE_KEY, NULL);
    }

    free(text);
}


/* Twice the body takes about twice the time, whatever it is made of. */

static void
test_linear(void **state)
{
    size_t          i;
    double          one, two;
    unsigned char  *text;

    static const char *const  units[] = {
        "[\"\\\\\\\\\\\\\\\\", "[\"\\ud800\\ud800", "[\"\xe1\xbb\x85",
        "          ", "[\"aaaaaaaa", "\"\"\"\"\"\"", "[111111111111111"
    };

    (void) state;

    text = malloc(1024 * 1024);
    assert_non_null(text);

    for (i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
        size_t  n, skip;

        n = strlen(units[i]);
        skip = (units[i][0] == '[') ? (units[i][1] == '"') ? 2 : 1 : 0;

        memcpy(text, units[i], n);

        while (n < 1024 * 1024) {
            text[n] = text[n - strlen(units[i]) + skip];
            n++;
        }

        one = seconds(text, 512 * 1024);
        two = seconds(text, 1024 * 1024);

        /* a wide margin and a floor: the machine may be busy */

        if (two > 0.2 && two > 6 * one) {
            fail_msg("unit %zu: %f s and %f s", i, one, two);
        }
    }

    free(text);
}


static double
seconds(unsigned char *text, size_t len)
{
    clock_t        start;
    vet_str_t      type = vet_string(JSON);
    vet_pool_t    *pool;
    vet_message_t  m;
    vet_submission_t  s;

    memset(&m, 0, sizeof(vet_message_t));
    m.content_type = type;
    m.content_types = 1;
    m.body.data = text;
    m.body.len = len;

    pool = vet_pool_create(16 * 1024 * 1024);
    assert_non_null(pool);

    start = clock();
    assert_int_equal(vet_parse(pool, &m, NULL, &s), VET_OK);
    start = clock() - start;

    vet_pool_destroy(pool);

    return (double) start / CLOCKS_PER_SEC;
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_json),
        cmocka_unit_test(test_depth),
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_long_names),
        cmocka_unit_test(test_many_keys),
        cmocka_unit_test(test_linear),
    };

    return cmocka_run_group_tests_name("json", tests, NULL, NULL);
}
