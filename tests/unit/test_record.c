
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
#include <cmocka.h>
#include <jansson.h>

#include "guard.h"


#define COUNT(a)   (sizeof(a) / sizeof((a)[0]))
#define TEXT(s)    vet_string(s)
#define POOL       (1024 * 1024)


static void test_strings(void **state);
static void test_code_points(void **state);
static void test_byte_pairs(void **state);
static size_t code_point(unsigned long c, unsigned char *dst);
static json_t *read_back(const unsigned char *text, size_t len,
    unsigned utf8);
static void test_fields(void **state);
static void test_hits(void **state);
static void test_scores(void **state);
static void test_places(void **state);
static void test_many_places(void **state);
static void test_pools(void **state);
static char *value_json(vet_str_t value);
static void hit_place(vet_str_t value, int utf8, size_t start, size_t end,
    size_t *shown_start, size_t *shown_end);
static vet_submission_t one_field(vet_field_t *field, vet_str_t value,
    int utf8);


static const vet_rule_t  rule = {
    .id = vet_string("scam.\"loan\""),
    .title = vet_string("Loans"),
    .category = vet_string("scam"),
    .reason = vet_string("contact-advertising"),
    .score = 40
};


static void
test_strings(void **state)
{
    char    *json;
    size_t   i;
    guard_t  g;

    static const struct {
        vet_str_t    value;
        const char  *json;
    } cases[] = {
        { TEXT(""), "" },
        { TEXT("abc"), "abc" },
        { TEXT("\"\\/"), "\\\"\\\\/" },
        { TEXT("\b\f\n\r\t"), "\\b\\f\\n\\r\\t" },
        { TEXT("\0\x01\x1f\x7f"), "\\u0000\\u0001\\u001f\\u007f" },
        { TEXT("\xc4\x91\xe1\xbb\x85\xf0\x9f\x91\x8d"),
          "\xc4\x91\xe1\xbb\x85\xf0\x9f\x91\x8d" },
        { TEXT("\xe2\x80\xa7\xe2\x80\xa8\xe2\x80\xa9\xe2\x80\xaa"),
          "\xe2\x80\xa7\\u2028\\u2029\xe2\x80\xaa" },
        { TEXT("\xef\xbb\xbf\xef\xbf\xbd\xef\xbf\xbf"),
          "\xef\xbb\xbf\xef\xbf\xbd\xef\xbf\xbf" },
        { TEXT("</script>"), "</script>" },

        /* one U+FFFD for each maximal subpart, as in the Unicode standard */

        { TEXT("d\xe9j\xe0"), "d\xef\xbf\xbdj\xef\xbf\xbd" },
        { TEXT("\xc0\xaf"), "\xef\xbf\xbd\xef\xbf\xbd" },
        { TEXT("\xe1\xbb"), "\xef\xbf\xbd" },
        { TEXT("\xe1\xbbx"), "\xef\xbf\xbdx" },
        { TEXT("\xf0\x9f\x91"), "\xef\xbf\xbd" },
        { TEXT("\xed\xa0\x80"), "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd" },
        { TEXT("\xf4\x90\x80\x80"),
          "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd" },
        { TEXT("a\xf1\x80\x80\xe1\x80\xc2""b\x80""c\x80\xbf""d"),
          "a\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd""b\xef\xbf\xbd""c"
          "\xef\xbf\xbd\xef\xbf\xbd""d" },
        { TEXT("\x80\"\xff"), "\xef\xbf\xbd\\\"\xef\xbf\xbd" },
    };

    (void) state;

    guard_init(&g, 4096);

    for (i = 0; i < COUNT(cases); i++) {
        json = value_json(guard_copy(&g, cases[i].value.data,
                                     cases[i].value.len));
        assert_string_equal(json, cases[i].json);
        free(json);
    }

    guard_done(&g);
}


/* Gives what stands between the quotes for a value. */

static char *
value_json(vet_str_t value)
{
    char              *text;
    vet_str_t          json;
    vet_pool_t        *pool;
    vet_field_t        field;
    vet_submission_t   s;

    static const char  before[] =
                           "[{\"name\":\"\",\"role\":\"other\",\"value\":\"";
    static const char  after[] = "\"}]";

    s = one_field(&field, value, 0);

    pool = vet_pool_create(POOL);
    assert_non_null(pool);

    assert_int_equal(vet_fields_json(pool, &s, &json), VET_OK);

    assert_true(json.len >= sizeof(before) + sizeof(after) - 2);
    assert_memory_equal(json.data, before, sizeof(before) - 1);
    assert_memory_equal(json.data + json.len - (sizeof(after) - 1), after,
                        sizeof(after) - 1);

    text = strndup((const char *) json.data + sizeof(before) - 1,
                   json.len - (sizeof(before) + sizeof(after) - 2));
    assert_non_null(text);

    vet_pool_destroy(pool);

    return text;
}


static vet_submission_t
one_field(vet_field_t *field, vet_str_t value, int utf8)
{
    vet_submission_t  s;

    memset(field, 0, sizeof(vet_field_t));
    field->value = value;
    field->utf8 = (utf8 != 0);

    memset(&s, 0, sizeof(vet_submission_t));
    s.fields = field;
    s.nfields = 1;

    return s;
}


/* Every code point is readable JSON. */

static void
test_code_points(void **state)
{
    size_t          n;
    json_t         *root, *shown;
    unsigned char  *text;
    unsigned long   c;

    (void) state;

    text = malloc(5 * 0x110000);
    assert_non_null(text);

    n = 0;

    for (c = 0; c < 0x110000; c++) {
        if (c < 0xd800 || c >= 0xe000) {
            n += code_point(c, text + n);
        }
    }

    root = read_back(text, n, 1);
    shown = json_object_get(json_array_get(root, 0), "value");

    assert_int_equal(json_string_length(shown), n);
    assert_memory_equal(json_string_value(shown), text, n);

    json_decref(root);
    free(text);
}


/* So is every lead with every second byte. */

static void
test_byte_pairs(void **state)
{
    int             i, k;
    size_t          n;
    unsigned char  *text;

    (void) state;

    text = malloc(3 * 0x10000);
    assert_non_null(text);

    n = 0;

    for (i = 0; i < 256; i++) {
        for (k = 0; k < 256; k++) {
            text[n++] = (unsigned char) i;
            text[n++] = (unsigned char) k;
            text[n++] = ' ';
        }
    }

    json_decref(read_back(text, n, 0));
    free(text);
}


static size_t
code_point(unsigned long c, unsigned char *dst)
{
    size_t  n;

    n = 0;

    if (c < 0x80) {
        dst[n++] = (unsigned char) c;
        return n;
    }

    if (c < 0x800) {
        dst[n++] = (unsigned char) (0xc0 | c >> 6);

    } else if (c < 0x10000) {
        dst[n++] = (unsigned char) (0xe0 | c >> 12);
        dst[n++] = (unsigned char) (0x80 | (c >> 6 & 0x3f));

    } else {
        dst[n++] = (unsigned char) (0xf0 | c >> 18);
        dst[n++] = (unsigned char) (0x80 | (c >> 12 & 0x3f));
        dst[n++] = (unsigned char) (0x80 | (c >> 6 & 0x3f));
    }

    dst[n++] = (unsigned char) (0x80 | (c & 0x3f));

    return n;
}


/* Returns what another reader makes of the JSON of one field. */

static json_t *
read_back(const unsigned char *text, size_t len, unsigned utf8)
{
    json_t            *root;
    vet_str_t          value, json;
    vet_pool_t        *pool;
    vet_field_t        field;
    vet_submission_t   s;

    pool = vet_pool_create(64 * 1024 * 1024);
    assert_non_null(pool);

    value.data = text;
    value.len = len;
    s = one_field(&field, value, utf8);

    assert_int_equal(vet_fields_json(pool, &s, &json), VET_OK);

    root = json_loadb((const char *) json.data, json.len, JSON_ALLOW_NUL,
                      NULL);
    assert_non_null(root);

    vet_pool_destroy(pool);

    return root;
}


static void
test_fields(void **state)
{
    vet_str_t          json;
    vet_pool_t        *pool;
    vet_submission_t   s;

    static vet_field_t  fields[] = {
        { .name = TEXT("content"), .value = TEXT("x\ny"),
          .role = VET_ROLE_TEXT, .utf8 = 1 },
        { .name = TEXT("f\"\xff"), .value = TEXT("\xff\xd8\xff\0"),
          .filename = TEXT("\xc4\x91\"1\".pdf"), .file = 1 },
        { .name = TEXT("g"), .file = 1, .utf8 = 1,
          .role = VET_ROLE_IGNORE },
        { .name = TEXT("h"), .filename = TEXT("a.txt"), .utf8 = 1 },
    };

    static const char  want[] =
        "[{\"name\":\"content\",\"role\":\"text\",\"value\":\"x\\ny\"},"
        "{\"name\":\"f\\\"\xef\xbf\xbd\",\"role\":\"other\",\"file\":true,"
        "\"filename\":\"\xc4\x91\\\"1\\\".pdf\",\"size\":4},"
        "{\"name\":\"g\",\"role\":\"ignore\",\"file\":true,"
        "\"filename\":\"\",\"size\":0},"
        "{\"name\":\"h\",\"role\":\"other\",\"value\":\"\"}]";

    (void) state;

    memset(&s, 0, sizeof(vet_submission_t));

    pool = vet_pool_create(POOL);
    assert_non_null(pool);

    assert_int_equal(vet_fields_json(pool, &s, &json), VET_OK);
    assert_int_equal(json.len, 2);
    assert_memory_equal(json.data, "[]", 2);

    s.fields = fields;
    s.nfields = COUNT(fields);

    assert_int_equal(vet_fields_json(pool, &s, &json), VET_OK);
    assert_int_equal(json.len, sizeof(want) - 1);
    assert_memory_equal(json.data, want, sizeof(want) - 1);

    vet_pool_destroy(pool);
}


static void
test_hits(void **state)
{
    size_t             i;
    vet_str_t          json;
    vet_hit_t          hit[3];
    vet_hits_t         hits;
    vet_pool_t        *pool;
    vet_field_t        field;
    vet_submission_t   s;

    static const vet_str_t  value = TEXT("abcdef");

    static const char  want[] =
        "[{\"rule\":\"scam.\\\"loan\\\"\",\"category\":\"scam\","
        "\"reason\":\"contact-advertising\",\"score\":4},"
        "{\"rule\":\"scam.\\\"loan\\\"\",\"category\":\"scam\","
        "\"reason\":\"contact-advertising\",\"score\":2.5,"
        "\"field\":\"\",\"index\":0,\"start\":1,\"end\":4},"
        "{\"rule\":\"scam.\\\"loan\\\"\",\"category\":\"scam\","
        "\"reason\":\"contact-advertising\",\"score\":0}]";

    (void) state;

    memset(hit, 0, sizeof(hit));
    memset(&hits, 0, sizeof(vet_hits_t));

    s = one_field(&field, value, 1);

    pool = vet_pool_create(POOL);
    assert_non_null(pool);

    assert_int_equal(vet_hits_json(pool, &s, &hits, &json), VET_OK);
    assert_int_equal(json.len, 2);
    assert_memory_equal(json.data, "[]", 2);

    for (i = 0; i < 3; i++) {
        hit[i].rule = &rule;
        hit[i].field = VET_NO_FIELD;
    }

    hit[0].score = 40;
    hit[1].score = 25;
    hit[1].field = 0;
    hit[1].start = 1;
    hit[1].end = 4;

    hits.elts = hit;
    hits.n = 3;

    assert_int_equal(vet_hits_json(pool, &s, &hits, &json), VET_OK);
    assert_int_equal(json.len, sizeof(want) - 1);
    assert_memory_equal(json.data, want, sizeof(want) - 1);

    vet_pool_destroy(pool);
}


static void
test_scores(void **state)
{
    size_t             i;
    char               buf[64];
    vet_str_t          json;
    vet_hit_t          hit[1];
    vet_hits_t         hits;
    vet_pool_t        *pool;
    vet_submission_t   s;

    static const struct {
        int          score;
        const char  *json;
    } scores[] = {
        { 0, "\"score\":0}" }, { 1, "\"score\":0.1}" },
        { 9, "\"score\":0.9}" }, { 10, "\"score\":1}" },
        { 105, "\"score\":10.5}" }, { -5, "\"score\":-0.5}" },
        { -20, "\"score\":-2}" }, { 2147483647, "\"score\":214748364.7}" },
        { -2147483647 - 1, "\"score\":-214748364.8}" },
    };

    (void) state;

    memset(hit, 0, sizeof(hit));
    memset(&hits, 0, sizeof(vet_hits_t));

    hit[0].rule = &rule;
    hit[0].field = VET_NO_FIELD;
    hits.elts = hit;
    hits.n = 1;

    memset(&s, 0, sizeof(vet_submission_t));

    pool = vet_pool_create(POOL);
    assert_non_null(pool);

    for (i = 0; i < COUNT(scores); i++) {
        hit[0].score = scores[i].score;

        assert_int_equal(vet_hits_json(pool, &s, &hits, &json), VET_OK);
        (void) snprintf(buf, sizeof(buf), "%.*s",
                        (int) strlen(scores[i].json),
                        json.data + json.len - 1 - strlen(scores[i].json));
        assert_string_equal(buf, scores[i].json);
    }

    vet_pool_destroy(pool);
}


/* Places are those of the value as it is shown. */

static void
test_places(void **state)
{
    size_t   i, start, end;
    guard_t  g;

    static const struct {
        vet_str_t    value;
        size_t       start;
        size_t       end;
        size_t       shown_start;
        size_t       shown_end;
    } cases[] = {
        { TEXT("abc"), 0, 3, 0, 3 },
        { TEXT("abc"), 3, 3, 3, 3 },
        { TEXT("a\xc4\x91""c"), 1, 3, 1, 3 },
        { TEXT("a\xc4\x91""c"), 2, 3, 1, 3 },
        { TEXT("a\xc4\x91""c"), 0, 2, 0, 3 },
        { TEXT("a\xc4\x91""c"), 2, 2, 1, 1 },
        { TEXT("\xf0\x9f\x91\x8d"), 3, 4, 0, 4 },
        { TEXT("\xf0\x9f\x91\x8d"), 0, 1, 0, 4 },
        { TEXT("abc"), 7, 9, 3, 3 },
        { TEXT("\xff""ab\xff"), 1, 3, 3, 5 },
        { TEXT("\xff""ab\xff"), 0, 4, 0, 8 },
        { TEXT("\xe1\xbb""x\xe1\xbb"), 2, 3, 3, 4 },
        { TEXT("\xe1\xbb""x\xe1\xbb"), 1, 4, 0, 7 },
        { TEXT("\xe1\xbb""x\xe1\xbb"), 0, 5, 0, 7 },
        { TEXT("\x80\x80\xc4\x91"), 1, 4, 3, 8 },
        { TEXT("\x80\x80\xc4\x91"), 9, 9, 8, 8 },
        { TEXT(""), 0, 0, 0, 0 },
    };

    (void) state;

    guard_init(&g, 4096);

    for (i = 0; i < COUNT(cases); i++) {
        hit_place(guard_copy(&g, cases[i].value.data, cases[i].value.len), -1,
                  cases[i].start, cases[i].end, &start, &end);

        if (start != cases[i].shown_start || end != cases[i].shown_end) {
            fail_msg("case %zu: %zu to %zu", i, start, end);
        }
    }

    guard_done(&g);
}


/* utf8: -1: look */

static void
hit_place(vet_str_t value, int utf8, size_t start, size_t end,
    size_t *shown_start, size_t *shown_end)
{
    json_t            *root, *item;
    vet_hit_t          hit;
    vet_str_t          json, type = TEXT("text/plain");
    vet_hits_t         hits;
    vet_pool_t        *pool;
    vet_field_t        field;
    vet_message_t      m;
    vet_submission_t   s;

    pool = vet_pool_create(POOL);
    assert_non_null(pool);

    if (utf8 == -1) {
        memset(&m, 0, sizeof(vet_message_t));
        m.body = value;
        m.content_type = type;
        m.content_types = 1;

        assert_int_equal(vet_parse(pool, &m, NULL, &s), VET_OK);
        utf8 = (s.nfields == 0) || s.fields[0].utf8;
    }

    s = one_field(&field, value, utf8);

    memset(&hit, 0, sizeof(vet_hit_t));
    hit.rule = &rule;
    hit.start = start;
    hit.end = end;

    hits.elts = &hit;
    hits.n = 1;
    hits.size = 1;

    assert_int_equal(vet_hits_json(pool, &s, &hits, &json), VET_OK);

    root = json_loadb((const char *) json.data, json.len, 0, NULL);
    assert_non_null(root);

    item = json_array_get(root, 0);
    *shown_start = (size_t) json_integer_value(json_object_get(item,
                                                               "start"));
    *shown_end = (size_t) json_integer_value(json_object_get(item, "end"));

    json_decref(root);
    vet_pool_destroy(pool);
}


/* In a long value each place is what a count from its start gives. */

static void
test_many_places(void **state)
{
    size_t          i, n, start, end;
    vet_str_t       value;
    unsigned char   text[3000];

    static const char  unit[] = "a\xff\xe1\xbb\xc4\x91";
    static const size_t  shown[] = { 0, 1, 4, 4, 7, 7 };

    (void) state;

    for (i = 0; i < sizeof(text); i++) {
        text[i] = (unsigned char) unit[i % 6];
    }

    value.data = text;
    value.len = sizeof(text);

    for (i = 0; i < sizeof(text); i += 1) {
        hit_place(value, 0, i, i, &start, &end);

        n = (i / 6) * 9 + shown[i % 6];
        assert_int_equal(start, n);
        assert_int_equal(end, n);
    }
}


/* A pool that is too small is said to be, at any size. */

static void
test_pools(void **state)
{
    int                rc;
    size_t             max;
    vet_hit_t          hit;
    vet_str_t          json;
    vet_hits_t         hits;
    vet_pool_t        *pool;
    vet_field_t        field;
    vet_submission_t   s;

    static const vet_str_t  value = TEXT("\xff some text \xff");

    (void) state;

    s = one_field(&field, value, 0);

    memset(&hit, 0, sizeof(vet_hit_t));
    hit.rule = &rule;
    hit.end = 3;
    hits.elts = &hit;
    hits.n = 1;
    hits.size = 1;

    for (max = 0; /* void */ ; max++) {
        assert_true(max < POOL);

        pool = vet_pool_create(max);
        assert_non_null(pool);

        rc = vet_fields_json(pool, &s, &json);

        if (rc == VET_OK) {
            rc = vet_hits_json(pool, &s, &hits, &json);
        }

        vet_pool_destroy(pool);

        if (rc == VET_OK) {
            break;
        }

        assert_int_equal(rc, VET_LIMIT);
    }
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_strings),
        cmocka_unit_test(test_code_points),
        cmocka_unit_test(test_byte_pairs),
        cmocka_unit_test(test_fields),
        cmocka_unit_test(test_hits),
        cmocka_unit_test(test_scores),
        cmocka_unit_test(test_places),
        cmocka_unit_test(test_many_places),
        cmocka_unit_test(test_pools),
    };

    return cmocka_run_group_tests_name("record", tests, NULL, NULL);
}
