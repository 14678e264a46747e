
/*
 * Copyright (C) the moderate authors
 *
 * Words that are written letter by letter, or with something invisible in
 * them: what they are read as, and where in the value that is.
 */


#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "vet_rules.h"


/* a text, and its second reading; NULL: it has none */

typedef struct {
    const char             *text;
    const char             *read;
} spelled_case_t;


static void test_read(void **state);
static void test_places(void **state);
static void test_all_bytes(void **state);
static void test_hits(void **state);
static size_t hits(vet_pool_t *pool, const vet_ruleset_t *rs,
    const char *text);
static void readings_of(vet_pool_t *pool, vet_str_t text,
    vet_readings_t *readings);
static vet_str_t str(const char *text);


static const spelled_case_t  cases[] = {

    { "", NULL },
    { " ", NULL },
    { "x", NULL },
    { "free money", NULL },
    { "Thành phố Hồ Chí Minh, quận 1", NULL },
    { "tổ 5, khu 6", NULL },
    { "à, thế ạ", NULL },
    { "f r e e", "free" },
    { "so f r e e now", "so free now" },
    { "f.r.e.e", "free" },
    { "f. r. e. e", "free" },
    { "f-r_e*e!", "free!" },
    { "(f r e e)", "(free)" },
    { "f\nr\ne\ne", "free" },
    { "f r e e   m o n e y", "free money" },
    { "f.r.e.e m.o.n.e.y", "free money" },
    { "f r e e    m o n e y", "free    money" },
    { "v l", "vl" },
    { "t i ề n", "tiền" },
    { "t i e\xcc\x82\xcc\x80 n", "tie\xcc\x82\xcc\x80n" },
    { "f\xf0\x9f\x98\x80r\xf0\x9f\x98\x80""e\xf0\x9f\x98\x80""e", "free" },
    { "0 9 1 2", "0912" },
    { "f\xc2\xa0r\xc2\xa0""e\xc2\xa0""e", "free" },
    { "fr\xe2\x80\x8b""ee", "free" },
    { "fr\xc2\xad""ee", "free" },
    { "fr\xe2\x80\x8c""ee f r e e", "free free" },
    { "\xef\xbb\xbf""free", "\xef\xbb\xbf""free" },
    { "f\xe2\x80\x8b r e e", "free" },
    { "a, b, c", "abc" },
    { "http://a/b@c.example/", NULL },
    { "T.P.H.C.M", NULL },
    { "Đ.M", NULL },
    { "cam, quýt, v.v.", NULL },
    { "V.v...", NULL },
    { "v.v.v", "vvv" },
    { "A. B. C. D. E", NULL },
    { "C.A.S.I.N.O", "CASINO" },
    { "F R E E", "FREE" },
};


static void
test_read(void **state)
{
    size_t                 i;
    vet_str_t              read;
    vet_pool_t            *pool;
    vet_readings_t         r;
    const spelled_case_t  *c;

    (void) state;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        c = &cases[i];
        pool = vet_pool_create(65536);
        assert_non_null(pool);
        readings_of(pool, str(c->text), &r);

        if (c->read == NULL || strcmp(c->read, c->text) == 0) {
            if (r.n != 1) {
                fail_msg("\"%s\" has another reading", c->text);
            }

            vet_pool_destroy(pool);
            continue;
        }

        assert_int_equal(r.n, 2);
        read = r.elts[1].text;

        if (read.len != strlen(c->read)
            || memcmp(read.data, c->read, read.len) != 0)
        {
            fail_msg("\"%s\" is read as \"%.*s\"", c->text, (int) read.len,
                     (const char *) read.data);
        }

        vet_pool_destroy(pool);
    }
}


static void
test_places(void **state)
{
    vet_pool_t      *pool;
    vet_readings_t   r;

    (void) state;

    pool = vet_pool_create(65536);
    assert_non_null(pool);

    readings_of(pool, str("so f r e e now"), &r);

    assert_int_equal(r.n, 2);
    assert_int_equal(vet_reading_start(&r.elts[1], 3), 3);
    assert_int_equal(vet_reading_start(&r.elts[1], 4), 5);
    assert_int_equal(vet_reading_end(&r.elts[1], 7), 10);
    assert_int_equal(vet_reading_end(&r.elts[1], 11), 14);

    vet_pool_destroy(pool);
}


/* Places never fall and stay inside, whatever the bytes are. */

static void
test_all_bytes(void **state)
{
    size_t           i, j, k, pos, last;
    vet_str_t        text;
    vet_pool_t      *pool;
    unsigned char    bytes[12];
    vet_readings_t   r;

    (void) state;

    for (i = 0; i < 256 * 256; i++) {
        memcpy(bytes, "a b \0\0 c\0 d e", 12);
        bytes[4] = (unsigned char) i;
        bytes[5] = (unsigned char) (i >> 8);
        bytes[8] = (unsigned char) i;
        text.data = bytes;
        text.len = 12;

        pool = vet_pool_create(65536);
        assert_non_null(pool);
        readings_of(pool, text, &r);

        for (j = 0; j < r.n; j++) {
            last = 0;

            for (k = 0; k <= r.elts[j].text.len; k++) {
                pos = vet_reading_start(&r.elts[j], k);
                assert_in_range(pos, last, 12);
                last = pos;
            }
        }

        vet_pool_destroy(pool);
    }
}


/* A pattern on any view finds what is spelled. */

static void
test_hits(void **state)
{
    vet_str_t       path;
    vet_pool_t     *pool;
    vet_errors_t    errors;
    vet_ruleset_t  *rs;

    (void) state;

    memset(&errors, 0, sizeof(vet_errors_t));
    path = str("tests/unit/spelled.yaml");
    rs = vet_ruleset_load(&path, 1, &errors);

    if (rs == NULL) {
        fail_msg("%s", errors.text[0]);
    }

    pool = vet_pool_create(1024 * 1024);
    assert_non_null(pool);

    assert_int_equal(hits(pool, rs, "win f r e e   m o n e y"), 3);
    assert_int_equal(hits(pool, rs, "win f.r.e.e money"), 3);
    assert_int_equal(hits(pool, rs, "win fr\xe2\x80\x8b""ee money"), 3);
    assert_int_equal(hits(pool, rs, "win three money"), 0);
    assert_int_equal(hits(pool, rs, "a b c d e"), 0);

    vet_pool_destroy(pool);
    vet_ruleset_destroy(rs);
}


static size_t
hits(vet_pool_t *pool, const vet_ruleset_t *rs, const char *text)
{
    vet_hits_t         found;
    vet_field_t        field;
    vet_scratch_t     *scratch;
    vet_submission_t   s;

    memset(&found, 0, sizeof(vet_hits_t));
    memset(&field, 0, sizeof(vet_field_t));
    memset(&s, 0, sizeof(vet_submission_t));

    field.role = VET_ROLE_TEXT;
    field.value = str(text);
    field.utf8 = 1;
    s.fields = &field;
    s.nfields = 1;

    scratch = vet_scratch_create();
    assert_non_null(scratch);
    assert_int_equal(vet_match(pool, rs, scratch, &s, &found), VET_OK);
    vet_scratch_destroy(scratch);

    return found.n;
}


static void
readings_of(vet_pool_t *pool, vet_str_t text, vet_readings_t *readings)
{
    vet_field_t  field;

    memset(&field, 0, sizeof(vet_field_t));
    field.role = VET_ROLE_TEXT;
    field.value = text;
    field.utf8 = 1;

    assert_int_equal(vet_readings_make(pool, NULL, &field, readings), VET_OK);
}


static vet_str_t
str(const char *text)
{
    vet_str_t  s;

    s.data = (const unsigned char *) text;
    s.len = strlen(text);

    return s;
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_read),
        cmocka_unit_test(test_places),
        cmocka_unit_test(test_all_bytes),
        cmocka_unit_test(test_hits),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
