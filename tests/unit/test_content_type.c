
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

#include "body_case.h"
#include "guard.h"


#define URLENCODED  "application/x-www-form-urlencoded"
#define MULTIPART   "multipart/form-data; "


/* header values, NUL bytes included, and what comes of a body in that type */

typedef struct {
    vet_str_t               type;
    vet_unreadable_t        why;
} type_case_t;


static void test_types(void **state);
static void test_boundaries(void **state);
static void test_headers(void **state);
static void test_names(void **state);
static void run(const type_case_t *cases, size_t n, const char *body);
static vet_unreadable_t parse(vet_str_t type, unsigned types, vet_str_t coding,
    const char *body, size_t *nfields);


#define TYPE(s)  vet_string(s)


static const type_case_t  types[] = {

    { TYPE(URLENCODED), VET_READABLE },
    { TYPE("Application/X-WWW-Form-URLEncoded"), VET_READABLE },
    { TYPE(" " URLENCODED "\t"), VET_READABLE },
    { TYPE(URLENCODED ";"), VET_READABLE },
    { TYPE(URLENCODED " ; ; charset=UTF-8 ;"), VET_READABLE },
    { TYPE(URLENCODED ";charset=utf-8"), VET_READABLE },
    { TYPE(URLENCODED ";CHARSET=\"Utf-8\""), VET_READABLE },
    { TYPE(URLENCODED ";charset=utf8"), VET_READABLE },
    { TYPE(URLENCODED ";charset=US-ASCII"), VET_READABLE },
    { TYPE(URLENCODED ";x=y;z=\"\\\";=,\""), VET_READABLE },
    { TYPE("text/plain"), VET_READABLE },
    { TYPE("application/json;odata=verbose;charset=utf-8"),
      VET_JSON_INVALID },
    { TYPE("application/vnd.api+json"), VET_JSON_INVALID },
    { TYPE("image/svg+JSON"), VET_JSON_INVALID },

    { TYPE(" \t"), VET_CONTENT_TYPE_MISSING },

    { TYPE("application/x-www-form-urlencodedx"), VET_CONTENT_TYPE_UNKNOWN },
    { TYPE("application/x-www-form-urlencode"), VET_CONTENT_TYPE_UNKNOWN },
    { TYPE("xapplication/x-www-form-urlencoded"), VET_CONTENT_TYPE_UNKNOWN },
    { TYPE("application/jsonx"), VET_CONTENT_TYPE_UNKNOWN },
    { TYPE("application/+json"), VET_CONTENT_TYPE_UNKNOWN },
    { TYPE("text/json"), VET_CONTENT_TYPE_UNKNOWN },
    { TYPE("text/plainx"), VET_CONTENT_TYPE_UNKNOWN },
    { TYPE("text/html"), VET_CONTENT_TYPE_UNKNOWN },
    { TYPE("application/xml; charset=utf-7"), VET_CONTENT_TYPE_UNKNOWN },
    { TYPE("multipart/form-datax; boundary=b"), VET_CONTENT_TYPE_UNKNOWN },
    { TYPE("multipart/mixed; boundary=b"), VET_CONTENT_TYPE_UNKNOWN },

    { TYPE("application"), VET_CONTENT_TYPE_INVALID },
    { TYPE("application/"), VET_CONTENT_TYPE_INVALID },
    { TYPE("/json"), VET_CONTENT_TYPE_INVALID },
    { TYPE(";charset=utf-8"), VET_CONTENT_TYPE_INVALID },
    { TYPE(URLENCODED " charset=utf-8"), VET_CONTENT_TYPE_INVALID },
    { TYPE(URLENCODED ", application/json"), VET_CONTENT_TYPE_INVALID },
    { TYPE(URLENCODED "; multipart/form-data; boundary=b"),
      VET_CONTENT_TYPE_INVALID },
    { TYPE(URLENCODED "; charset"), VET_CONTENT_TYPE_INVALID },
    { TYPE(URLENCODED "; charset="), VET_CONTENT_TYPE_INVALID },
    { TYPE(URLENCODED "; charset =utf-8"), VET_CONTENT_TYPE_INVALID },
    { TYPE(URLENCODED "; charset= utf-8"), VET_CONTENT_TYPE_INVALID },
    { TYPE(URLENCODED "; charset=utf-8 x"), VET_CONTENT_TYPE_INVALID },
    { TYPE(URLENCODED "; charset=\"utf-8"), VET_CONTENT_TYPE_INVALID },
    { TYPE(URLENCODED "; charset=\"utf-8\\"), VET_CONTENT_TYPE_INVALID },
    { TYPE(URLENCODED "; charset=\"utf-8\"x"), VET_CONTENT_TYPE_INVALID },
    { TYPE(URLENCODED "; x=\"\n\""), VET_CONTENT_TYPE_INVALID },
    { TYPE(URLENCODED "; charset=utf-8; charset=utf-7"),
      VET_CONTENT_TYPE_INVALID },
    { TYPE(URLENCODED "; x=1; X=1"), VET_CONTENT_TYPE_INVALID },
    { TYPE(URLENCODED "; x*=utf-8''1"), VET_CONTENT_TYPE_INVALID },
    { TYPE("application/x-www-form-urlencoded\0"), VET_CONTENT_TYPE_INVALID },
    { TYPE("application/x-www-form-\0urlencoded"), VET_CONTENT_TYPE_INVALID },
    { TYPE("application/x-www-form-urlencod\xc3\xa9"),
      VET_CONTENT_TYPE_INVALID },
    { TYPE(URLENCODED ";a=1;b=1;c=1;d=1;e=1;f=1;g=1;h=1"
           ";i=1;j=1;k=1;l=1;m=1;n=1;o=1;p=1"), VET_READABLE },
    { TYPE(URLENCODED ";a=1;b=1;c=1;d=1;e=1;f=1;g=1;h=1"
           ";i=1;j=1;k=1;l=1;m=1;n=1;o=1;p=1;q=1"),
      VET_CONTENT_TYPE_INVALID },

    { TYPE(URLENCODED "; charset=utf-7"), VET_CHARSET },
    { TYPE(URLENCODED "; charset=iso-8859-1"), VET_READABLE },
    { TYPE(URLENCODED "; charset=utf-16"), VET_CHARSET },
    { TYPE(URLENCODED "; charset=\"\""), VET_CHARSET },
    { TYPE(URLENCODED "; charset=\"utf\\-8\""), VET_CHARSET },
    { TYPE(URLENCODED "; charset=\"utf-8\0\""), VET_CHARSET },
    { TYPE(URLENCODED "; charset*=utf-8"), VET_CHARSET },
    { TYPE(URLENCODED "; charset*0=utf; charset*1=-8"), VET_CHARSET },
    { TYPE("text/plain; charset=windows-1258"), VET_CHARSET },
};


/* "b" for a boundary that fits the body, or what is wrong */

static const type_case_t  boundaries[] = {

    { TYPE(MULTIPART "boundary=b"), VET_READABLE },
    { TYPE(MULTIPART "boundary=\"b\""), VET_READABLE },
    { TYPE("Multipart/Form-Data;BOUNDARY=b"), VET_READABLE },
    { TYPE(MULTIPART "boundary=b; charset=utf-8"), VET_READABLE },
    { TYPE(MULTIPART "charset=utf-8; boundary=b"), VET_READABLE },
    { TYPE(MULTIPART "boundary=b; charset=utf-7"), VET_CHARSET },
    { TYPE(MULTIPART "boundary=B"), VET_MULTIPART_INVALID },

    { TYPE("multipart/form-data"), VET_BOUNDARY_INVALID },
    { TYPE(MULTIPART "charset=utf-8"), VET_BOUNDARY_INVALID },
    { TYPE(MULTIPART "boundary"), VET_BOUNDARY_INVALID },
    { TYPE(MULTIPART "boundary="), VET_BOUNDARY_INVALID },
    { TYPE(MULTIPART "boundary=\"\""), VET_BOUNDARY_INVALID },
    { TYPE(MULTIPART "boundary =b"), VET_BOUNDARY_INVALID },
    { TYPE(MULTIPART "boundary= b"), VET_BOUNDARY_INVALID },
    { TYPE(MULTIPART "boundary=b,c"), VET_BOUNDARY_INVALID },
    { TYPE(MULTIPART "boundary=\"b"), VET_BOUNDARY_INVALID },
    { TYPE(MULTIPART "boundary=\"\\b\""), VET_BOUNDARY_INVALID },
    { TYPE(MULTIPART "boundary=\"b \""), VET_BOUNDARY_INVALID },
    { TYPE(MULTIPART "boundary=\" b\""), VET_BOUNDARY_INVALID },
    { TYPE(MULTIPART "boundary=\"b\0\""), VET_BOUNDARY_INVALID },
    { TYPE(MULTIPART "boundary=\"b\tb\""), VET_BOUNDARY_INVALID },
    { TYPE(MULTIPART "boundary=\"\xc3\xa0\""), VET_BOUNDARY_INVALID },
    { TYPE(MULTIPART "boundary=b&c"), VET_BOUNDARY_INVALID },
    { TYPE(MULTIPART "boundary=b; boundary=b"), VET_BOUNDARY_INVALID },
    { TYPE(MULTIPART "boundary=b; Boundary=c"), VET_BOUNDARY_INVALID },
    { TYPE(MULTIPART "boundary*=b"), VET_BOUNDARY_INVALID },
    { TYPE(MULTIPART "boundary*0=b; boundary*1=c"), VET_BOUNDARY_INVALID },
    { TYPE(MULTIPART "boundary=b; boundary*=utf-8''c"),
      VET_BOUNDARY_INVALID },

    /* another word "boundary" that PHP would find first */

    { TYPE(MULTIPART "xboundary=c; boundary=b"), VET_BOUNDARY_INVALID },
    { TYPE(MULTIPART "x=\"boundary=c\"; boundary=b"), VET_BOUNDARY_INVALID },
    { TYPE(MULTIPART "boundary=b; x=\"boundary=c\""), VET_BOUNDARY_INVALID },
    { TYPE(MULTIPART "BOUNDARY=b; x=\"boundary=c\""), VET_BOUNDARY_INVALID },
    { TYPE(MULTIPART "BOUNDARY=boundary"), VET_BOUNDARY_INVALID },
    { TYPE(MULTIPART "boundary=my-Boundary-1"), VET_MULTIPART_INVALID },
    { TYPE(MULTIPART "boundary=----WebKitFormBoundaryUD8yRTuwRv38EwUw"),
      VET_MULTIPART_INVALID },

    /* 70 and 71 characters, and all that may stand in it */

    { TYPE(MULTIPART "boundary=0123456789012345678901234567890123456789"
           "012345678901234567890123456789"), VET_MULTIPART_INVALID },
    { TYPE(MULTIPART "boundary=0123456789012345678901234567890123456789"
           "0123456789012345678901234567890"), VET_BOUNDARY_INVALID },
    { TYPE(MULTIPART "boundary=\"'()+_,-./:=? azAZ09\""),
      VET_MULTIPART_INVALID },
};


static void
test_types(void **state)
{
    (void) state;

    run(types, sizeof(types) / sizeof(types[0]), "a=1");
}


static void
test_boundaries(void **state)
{
    (void) state;

    run(boundaries, sizeof(boundaries) / sizeof(boundaries[0]),
        "--b\r\nContent-Disposition: form-data; name=a\r\n\r\n1\r\n--b--");
}


/* The body is one piece of text: whatever is wrong, one field shows it. */

static void
run(const type_case_t *cases, size_t n, const char *body)
{
    size_t             i, len, nfields;
    guard_t            g;
    vet_unreadable_t   why;

    static const vet_str_t  none = vet_string("");

    guard_init(&g, 4096);

    for (i = 0; i < n; i++) {

        why = parse(guard_copy(&g, cases[i].type.data, cases[i].type.len), 1,
                    none, body, &nfields);

        if (why != cases[i].why || nfields != 1) {
            fail_msg("\"%.*s\": \"%s\", %zu fields, expected \"%s\"",
                     (int) cases[i].type.len, cases[i].type.data,
                     vet_unreadable_name(why), nfields,
                     vet_unreadable_name(cases[i].why));
        }

        for (len = 0; len < cases[i].type.len; len++) {
            (void) parse(guard_copy(&g, cases[i].type.data, len), 1, none,
                         body, &nfields);
        }
    }

    guard_done(&g);
}


static vet_unreadable_t
parse(vet_str_t type, unsigned n, vet_str_t coding, const char *body,
    size_t *nfields)
{
    guard_t            g;
    vet_pool_t        *pool;
    vet_message_t      m;
    vet_submission_t   s;

    memset(&m, 0, sizeof(vet_message_t));
    guard_init(&g, strlen(body));

    m.body = guard_copy(&g, body, strlen(body));
    m.content_type = type;
    m.content_types = n;
    m.content_encoding = coding;

    pool = vet_pool_create(64 * 1024);
    assert_non_null(pool);

    assert_int_equal(vet_parse(pool, &m, NULL, &s), VET_OK);

    *nfields = s.nfields;

    vet_pool_destroy(pool);
    guard_done(&g);

    return s.unreadable;
}


static void
test_headers(void **state)
{
    size_t  i, n;

    static const vet_str_t  none = vet_string("");
    static const vet_str_t  type = vet_string(URLENCODED);

    static const struct {
        vet_str_t           coding;
        vet_unreadable_t    why;
    } codings[] = {
        { TYPE("identity"), VET_READABLE },
        { TYPE(" Identity "), VET_READABLE },
        { TYPE(""), VET_READABLE },
        { TYPE("gzip"), VET_CONTENT_ENCODING },
        { TYPE("deflate"), VET_CONTENT_ENCODING },
        { TYPE("br"), VET_CONTENT_ENCODING },
        { TYPE("identity, gzip"), VET_CONTENT_ENCODING },
        { TYPE("identity, identity"), VET_CONTENT_ENCODING },
        { TYPE("identityx"), VET_CONTENT_ENCODING },
        { TYPE("identity\0"), VET_CONTENT_ENCODING },
    };

    (void) state;

    for (i = 0; i < sizeof(codings) / sizeof(codings[0]); i++) {
        assert_int_equal(parse(type, 1, codings[i].coding, "a=1", &n),
                         codings[i].why);
        assert_int_equal(n, codings[i].why == VET_READABLE);
    }

    assert_int_equal(parse(type, 2, none, "a=1&b=2", &n),
                     VET_CONTENT_TYPE_DUPLICATE);
    assert_int_equal(n, 2);

    /* what cannot be read is shown as it is, when it is text */

    assert_int_equal(parse(none, 0, none, "a=1&b=2", &n),
                     VET_CONTENT_TYPE_MISSING);
    assert_int_equal(n, 1);

    assert_int_equal(parse(none, 0, none, "\x89PNG", &n),
                     VET_CONTENT_TYPE_MISSING);
    assert_int_equal(n, 0);

    /* no body, no question */

    assert_int_equal(parse(none, 0, none, "", &n), VET_READABLE);
    assert_int_equal(parse(type, 3, codings[3].coding, "", &n), VET_READABLE);
    assert_int_equal(n, 0);
}


/* Every reason has a name of its own: they are in logs and metrics. */

static void
test_names(void **state)
{
    int          i, j;
    const char  *name;

    (void) state;

    assert_string_equal(vet_unreadable_name(VET_READABLE), "");
    assert_string_equal(vet_unreadable_name(VET_CONTENT_TYPE_MISSING),
                        "content-type-missing");
    assert_string_equal(vet_unreadable_name(VET_FILE_AMBIGUOUS),
                        "file-ambiguous");
    assert_string_equal(vet_unreadable_name(VET_NUL_IN_NAME), "nul-in-name");
    assert_string_equal(vet_unreadable_name(VET_TOO_LARGE), "too-large");
    assert_string_equal(vet_unreadable_name(VET_UNREADABLE_N), "");

    for (i = 1; i < VET_UNREADABLE_N; i++) {
        name = vet_unreadable_name((vet_unreadable_t) i);
        assert_true(name[0] != '\0');

        for (j = 1; j < i; j++) {
            assert_string_not_equal(name,
                                    vet_unreadable_name((vet_unreadable_t) j));
        }
    }
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_types),
        cmocka_unit_test(test_boundaries),
        cmocka_unit_test(test_headers),
        cmocka_unit_test(test_names),
    };

    return cmocka_run_group_tests_name("content_type", tests, NULL, NULL);
}
