
/*
 * Copyright (C) the moderate authors
 *
 * Personal data hidden byte for byte, disguised or not.
 */


#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <vet.h>


static void mask_is(const char *value, const char *want);


static void
test_numbers(void **state)
{
    (void) state;

    mask_is("gọi 0912 345 678 nhé", "gọi ************ nhé");
    mask_is("0912345678", "**********");
    mask_is("thẻ 4111 1111 1111 1111.", "thẻ *******************.");
    mask_is("a@example.com, b.c+d@mail.example.vn",
            "*************, *********************");
    mask_is("số nhà 12, ngõ 345, năm 2026", "số nhà 12, ngõ 345, năm 2026");
    mask_is("", "");
}


/* full-width digits have three bytes, and a zero-width space as many */

static void
test_disguised(void **state)
{
    (void) state;

    mask_is("gọi ０９１２３４５６７８!", "gọi ******************************!");
    mask_is("gọi 09123\xe2\x80\x8b" "45678!", "gọi *************!");
}


static void
test_any_bytes(void **state)
{
    vet_str_t    value, masked;
    vet_pool_t  *pool;

    (void) state;

    pool = vet_pool_create(65536);
    assert_non_null(pool);

    value.data = (const unsigned char *) "a\0" "0912345678\xff";
    value.len = 13;

    assert_int_equal(vet_mask(pool, value, &masked), VET_OK);
    assert_int_equal(masked.len, 13);
    assert_memory_equal(masked.data, "a\0" "**********\xff", 13);

    vet_pool_destroy(pool);
}


/* it is not shown then, whatever it has */

static void
test_no_room(void **state)
{
    char         text[4096];
    vet_str_t    value, masked;
    vet_pool_t  *pool;

    (void) state;

    memset(text, 'a', sizeof(text));
    memcpy(text + 4000, " 0912345678 ", 12);

    value.data = (const unsigned char *) text;
    value.len = sizeof(text);

    pool = vet_pool_create(64);
    assert_non_null(pool);
    assert_int_not_equal(vet_mask(pool, value, &masked), VET_OK);

    vet_pool_destroy(pool);
}


static void
mask_is(const char *text, const char *want)
{
    vet_str_t    value, masked;
    vet_pool_t  *pool;

    pool = vet_pool_create(65536);
    assert_non_null(pool);

    value.data = (const unsigned char *) text;
    value.len = strlen(text);

    assert_int_equal(vet_mask(pool, value, &masked), VET_OK);
    assert_int_equal(masked.len, strlen(want));
    assert_memory_equal(masked.data, want, masked.len);

    vet_pool_destroy(pool);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_numbers),
        cmocka_unit_test(test_disguised),
        cmocka_unit_test(test_any_bytes),
        cmocka_unit_test(test_no_room)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
