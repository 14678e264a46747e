
/*
 * Copyright (C) the moderate authors
 *
 * Keyed hashes of lists.
 */


#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include <vet.h>

#include "rule_case.h"


static void test_key(void **state);
static void test_parts(void **state);
static void test_limit(void **state);
static void test_hex(void **state);


/* RFC 4231, test case 2: HMAC-SHA256 of a text under "Jefe" */

static void
test_key(void **state)
{
    unsigned char  key[VET_MAC_LEN], hex[2 * VET_MAC_LEN];

    (void) state;

    assert_int_equal(vet_mac_key(rule_case_str("Jefe"),
                                 "what do ya want for nothing?", key), VET_OK);
    vet_mac_hex(key, hex);
    assert_memory_equal(hex, "5bdcc146bf60754e6a042426089575c7"
                             "5a003f089d2739839dec58b964ec3843", sizeof(hex));
}


/* where one part ends and the next begins is a part of it */

static void
test_parts(void **state)
{
    size_t         i, k, n;
    unsigned char  key[VET_MAC_LEN], mac[8][VET_MAC_LEN];
    vet_str_t      parts[3];

    static const char  *lists[][4] = {
        { NULL },
        { "", NULL },
        { "ab", NULL },
        { "ab", "", NULL },
        { "", "ab", NULL },
        { "a", "b", NULL },
        { "b", "a", NULL },
        { "a", "b", "c", NULL }
    };

    (void) state;

    memset(key, 1, sizeof(key));

    for (i = 0; i < 8; i++) {

        for (n = 0; lists[i][n] != NULL; n++) {
            parts[n] = rule_case_str(lists[i][n]);
        }

        assert_int_equal(vet_mac(key, parts, n, mac[i]), VET_OK);

        for (k = 0; k < i; k++) {
            assert_memory_not_equal(mac[i], mac[k], VET_MAC_LEN);
        }
    }

    key[VET_MAC_LEN - 1] = 2;
    assert_int_equal(vet_mac(key, parts, 3, mac[0]), VET_OK);
    assert_memory_not_equal(mac[0], mac[7], VET_MAC_LEN);
}


static void
test_limit(void **state)
{
    vet_str_t             part;
    unsigned char         key[VET_MAC_LEN], mac[VET_MAC_LEN];
    static unsigned char  text[1024 * 1024];

    (void) state;

    memset(key, 1, sizeof(key));

    part.data = text;
    part.len = sizeof(text) - 8;
    assert_int_equal(vet_mac(key, &part, 1, mac), VET_OK);

    part.len++;
    assert_int_equal(vet_mac(key, &part, 1, mac), VET_LIMIT);

    part.len = (size_t) -1;
    assert_int_equal(vet_mac(key, &part, 1, mac), VET_LIMIT);
}


static void
test_hex(void **state)
{
    size_t         i;
    vet_str_t      text;
    unsigned char  mac[VET_MAC_LEN], back[VET_MAC_LEN];
    unsigned char  hex[2 * VET_MAC_LEN];

    static const unsigned char  wrong[] = { 'A', 'g', '/', ':', '`', 0, 0xff };

    (void) state;

    for (i = 0; i < VET_MAC_LEN; i++) {
        mac[i] = (unsigned char) (i * 37);
    }

    vet_mac_hex(mac, hex);

    text.data = hex;
    text.len = sizeof(hex);
    assert_int_equal(vet_mac_read(text, back), VET_OK);
    assert_memory_equal(mac, back, VET_MAC_LEN);

    for (i = 0; i < sizeof(wrong); i++) {
        hex[i * 9] = wrong[i];
        assert_int_equal(vet_mac_read(text, back), VET_DECLINED);
        hex[i * 9] = '0';
    }

    text.len--;
    assert_int_equal(vet_mac_read(text, back), VET_DECLINED);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_key),
        cmocka_unit_test(test_parts),
        cmocka_unit_test(test_limit),
        cmocka_unit_test(test_hex)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
