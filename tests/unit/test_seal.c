
/*
 * Copyright (C) the moderate authors
 *
 * Sealed values.
 */


#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <vet.h>

#include "rule_case.h"


#define SEAL_SECRET  "correct horse battery staple, and more of it"


static vet_seal_keys_t *seal_keys(const char *first, const char *second);
static vet_unsealed_t seal_back(const vet_seal_keys_t *keys, vet_str_t value,
    vet_str_t *text);
static vet_str_t seal_text(const vet_seal_keys_t *keys, vet_str_t text);
static void test_vector(void **state);
static void test_sizes(void **state);
static void test_changed(void **state);
static void test_about(void **state);
static void test_keys(void **state);
static void test_plain(void **state);
static void test_salt(void **state);


static vet_str_t  seal_about[] = {
    vet_string("portal"),
    vet_string("0123456789abcdef0123456789abcdef"),
    vet_string("body")
};


static vet_seal_keys_t *
seal_keys(const char *first, const char *second)
{
    vet_seal_keys_t  *keys;

    keys = vet_seal_keys_create();
    assert_non_null(keys);

    if (first != NULL) {
        assert_int_equal(vet_seal_keys_add(keys, rule_case_str(first)),
                         VET_OK);
    }

    if (second != NULL) {
        assert_int_equal(vet_seal_keys_add(keys, rule_case_str(second)),
                         VET_OK);
    }

    return keys;
}


/* what is sealed is where its memory ends; to be freed, and so is the text */

static vet_str_t
seal_text(const vet_seal_keys_t *keys, vet_str_t text)
{
    vet_str_t       value;
    vet_seal_t      seal;
    unsigned char  *p;

    p = malloc(text.len + VET_SEAL_OVERHEAD);
    assert_non_null(p);

    assert_int_equal(vet_seal_begin(&seal, keys), VET_OK);
    assert_int_equal(vet_seal(&seal, seal_about, 3, text, p), VET_OK);
    vet_seal_end(&seal);

    value.data = p;
    value.len = text.len + VET_SEAL_OVERHEAD;

    return value;
}


static vet_unsealed_t
seal_back(const vet_seal_keys_t *keys, vet_str_t value, vet_str_t *text)
{
    vet_seal_t       seal;
    unsigned char   *p;
    vet_unsealed_t   rc;

    text->len = vet_sealed(value) ? value.len - VET_SEAL_OVERHEAD : 0;
    p = malloc(text->len + 1);
    assert_non_null(p);

    assert_int_equal(vet_seal_begin(&seal, keys), VET_OK);
    rc = vet_unseal(&seal, seal_about, 3, value, p);
    vet_seal_end(&seal);

    text->data = p;

    return rc;
}


/* made by another implementation, of node's crypto */

static void
test_vector(void **state)
{
    size_t            i;
    vet_str_t         value, text;
    unsigned char     sealed[VET_SEAL_OVERHEAD + 13];
    vet_seal_keys_t  *keys;

    static const char  hex[] =
        "0076733183cec9ef3925b4d200070e151c232a31383f464d545b6269c8c7c6c5"
        "c4c3c2c1c0bfbebd291c3d336c4693b28cb64b8df449e94e0de131ac2c5108ae"
        "85fe2487cd";

    (void) state;

    assert_int_equal(sizeof(hex) - 1, 2 * sizeof(sealed));

    for (i = 0; i < sizeof(sealed); i++) {
        char  digits[3] = { hex[2 * i], hex[2 * i + 1], '\0' };

        sealed[i] = (unsigned char) strtoul(digits, NULL, 16);
    }

    value.data = sealed;
    value.len = sizeof(sealed);

    keys = seal_keys("some other key that is first, of 32", SEAL_SECRET);

    assert_int_equal(seal_back(keys, value, &text), VET_UNSEALED);
    assert_int_equal(text.len, 13);
    assert_memory_equal(text.data, "comment=pills", 13);

    free((void *) text.data);
    vet_seal_keys_destroy(keys);
}


static void
test_sizes(void **state)
{
    size_t                i;
    vet_str_t             text, value, back;
    vet_seal_keys_t      *keys;
    static unsigned char  bytes[1024 * 1024];

    (void) state;

    for (i = 0; i < sizeof(bytes); i++) {
        bytes[i] = (unsigned char) (i * 131 >> 3);
    }

    keys = seal_keys(SEAL_SECRET, NULL);

    for (i = 0; i <= 301; i++) {
        text.data = bytes;
        text.len = (i == 301) ? sizeof(bytes) : i;

        value = seal_text(keys, text);

        assert_true(vet_sealed(value));
        assert_int_equal(seal_back(keys, value, &back), VET_UNSEALED);
        assert_int_equal(back.len, text.len);
        assert_memory_equal(back.data, text.data, text.len);

        free((void *) value.data);
        free((void *) back.data);
    }

    vet_seal_keys_destroy(keys);
}


/* whichever bit is changed, and wherever it is cut */

static void
test_changed(void **state)
{
    size_t            i, len;
    vet_str_t         value, back;
    unsigned char    *p;
    vet_unsealed_t    rc;
    vet_seal_keys_t  *keys;

    (void) state;

    keys = seal_keys(SEAL_SECRET, NULL);
    value = seal_text(keys, rule_case_str("pills"));
    p = (unsigned char *) value.data;
    len = value.len;

    for (i = 0; i < 8 * len; i++) {
        p[i / 8] ^= (unsigned char) (1 << i % 8);

        rc = seal_back(keys, value, &back);

        assert_int_equal(rc, i / 8 < 4 ? VET_UNSEALED_PLAIN
                             : i / 8 < 12 ? VET_UNSEALED_NO_KEY
                             : VET_UNSEALED_FORGED);

        if (rc == VET_UNSEALED_FORGED) {
            assert_memory_equal(back.data, "\0\0\0\0\0", 5);
        }

        free((void *) back.data);
        p[i / 8] ^= (unsigned char) (1 << i % 8);
    }

    for (value.len = 0; value.len < len; value.len++) {
        rc = seal_back(keys, value, &back);
        assert_int_equal(rc, value.len < VET_SEAL_OVERHEAD
                             ? VET_UNSEALED_PLAIN : VET_UNSEALED_FORGED);
        free((void *) back.data);
    }

    assert_int_equal(seal_back(keys, value, &back), VET_UNSEALED);
    free((void *) back.data);

    free(p);
    vet_seal_keys_destroy(keys);
}


/* a value in another column, record or site is none */

static void
test_about(void **state)
{
    size_t            i, n;
    vet_str_t         value, parts[4];
    vet_seal_t        seal;
    unsigned char     text[64];
    vet_seal_keys_t  *keys;

    static const char  *lists[][5] = {
        { NULL },
        { "portal", NULL },
        { "portal", "0123456789abcdef0123456789abcdef", NULL },
        { "portal", "0123456789abcdef0123456789abcdef", "uri", NULL },
        { "portal", "1123456789abcdef0123456789abcdef", "body", NULL },
        { "other", "0123456789abcdef0123456789abcdef", "body", NULL },
        { "portal0", "123456789abcdef0123456789abcdef", "body", NULL },
        { "portal", "0123456789abcdef0123456789abcdefb", "ody", NULL },
        { "portal", "0123456789abcdef0123456789abcdef", "body", "", NULL },
        { "", "portal", "0123456789abcdef0123456789abcdef", "body", NULL }
    };

    (void) state;

    keys = seal_keys(SEAL_SECRET, NULL);
    value = seal_text(keys, rule_case_str("pills"));

    assert_int_equal(vet_seal_begin(&seal, keys), VET_OK);

    for (i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {

        for (n = 0; lists[i][n] != NULL; n++) {
            parts[n] = rule_case_str(lists[i][n]);
        }

        assert_int_equal(vet_unseal(&seal, parts, n, value, text),
                         VET_UNSEALED_FORGED);
    }

    assert_int_equal(vet_unseal(&seal, seal_about, 3, value, text),
                     VET_UNSEALED);
    assert_memory_equal(text, "pills", 5);

    vet_seal_end(&seal);
    free((void *) value.data);
    vet_seal_keys_destroy(keys);
}


static void
test_keys(void **state)
{
    size_t            i;
    char              secret[] = "a secret with a number 00";
    vet_str_t         value, back;
    vet_seal_keys_t  *old, *rotated, *other;

    (void) state;

    old = seal_keys("old", NULL);
    rotated = seal_keys("new", "old");
    other = seal_keys("new", NULL);

    value = seal_text(old, rule_case_str("pills"));
    assert_int_equal(seal_back(rotated, value, &back), VET_UNSEALED);
    free((void *) back.data);
    assert_int_equal(seal_back(other, value, &back), VET_UNSEALED_NO_KEY);
    free((void *) back.data);
    assert_int_equal(seal_back(NULL, value, &back), VET_UNSEALED_NO_KEY);
    free((void *) back.data);
    free((void *) value.data);

    /* the first one seals */

    value = seal_text(rotated, rule_case_str("pills"));
    assert_int_equal(seal_back(other, value, &back), VET_UNSEALED);
    free((void *) back.data);
    free((void *) value.data);

    assert_int_equal(vet_seal_keys_add(rotated, rule_case_str("old")),
                     VET_DECLINED);

    for (i = 2; i < VET_SEAL_KEYS_MAX; i++) {
        secret[sizeof(secret) - 2] = (char) ('a' + i);
        assert_int_equal(vet_seal_keys_add(rotated, rule_case_str(secret)),
                         VET_OK);
    }

    assert_int_equal(vet_seal_keys_add(rotated, rule_case_str("one more")),
                     VET_LIMIT);

    vet_seal_keys_destroy(old);
    vet_seal_keys_destroy(rotated);
    vet_seal_keys_destroy(other);
    vet_seal_keys_destroy(NULL);
}


static void
test_plain(void **state)
{
    size_t            i;
    vet_str_t         back;
    vet_seal_t        seal;
    unsigned char     sealed[VET_SEAL_OVERHEAD];
    vet_seal_keys_t  *keys;

    static const char  *texts[] = { "", "comment=pills", "vs1 and more of it "
        "than a sealed value has to have so that it could be one of them" };

    (void) state;

    keys = seal_keys(SEAL_SECRET, NULL);

    for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        assert_false(vet_sealed(rule_case_str(texts[i])));
        assert_int_equal(seal_back(keys, rule_case_str(texts[i]), &back),
                         VET_UNSEALED_PLAIN);
        free((void *) back.data);
    }

    vet_seal_keys_destroy(keys);

    /* without a key nothing is sealed, rather than left as it is */

    assert_int_equal(vet_seal_begin(&seal, NULL), VET_OK);
    assert_int_equal(vet_seal(&seal, seal_about, 3, rule_case_str(""), sealed),
                     VET_ERROR);
    vet_seal_end(&seal);
}


/* the values of one record have one salt, and no two the same nonce */

static void
test_salt(void **state)
{
    size_t            i, k;
    vet_seal_t        seal;
    unsigned char     sealed[8][VET_SEAL_OVERHEAD + 5];
    vet_seal_keys_t  *keys;

    (void) state;

    keys = seal_keys(SEAL_SECRET, NULL);

    for (i = 0; i < 8; i++) {

        if (i % 4 == 0) {
            assert_int_equal(vet_seal_begin(&seal, keys), VET_OK);
        }

        assert_int_equal(vet_seal(&seal, seal_about, 3, rule_case_str("pills"),
                                  sealed[i]),
                         VET_OK);

        for (k = 0; k < i; k++) {
            assert_int_equal(memcmp(sealed[i] + 12, sealed[k] + 12, 16) == 0,
                             i / 4 == k / 4);
            assert_memory_not_equal(sealed[i] + 28, sealed[k] + 28, 12);
            assert_memory_not_equal(sealed[i] + 40, sealed[k] + 40, 5);
        }

        if (i % 4 == 3) {
            vet_seal_end(&seal);
        }
    }

    vet_seal_keys_destroy(keys);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_vector),
        cmocka_unit_test(test_sizes),
        cmocka_unit_test(test_changed),
        cmocka_unit_test(test_about),
        cmocka_unit_test(test_keys),
        cmocka_unit_test(test_plain),
        cmocka_unit_test(test_salt),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
