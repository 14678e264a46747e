
/*
 * Copyright (C) the moderate authors
 */


#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "guard.h"
#include "vet_lanes.h"
#include "vet_parse.h"


#define TEXT_LEN  150       /* more than two blocks of vet_utf8_check() */


static void test_pairs(void **state);
static void test_places(void **state);
static void test_lengths(void **state);
static void test_lanes(void **state);
static size_t by_steps(vet_str_t s);
static void fill(unsigned char *text, const char *with);


static const char *const  fillings[] = {
    "a", "\xc4\x91", "a\xe1\xbb\x87", "\xf0\x9f\x98\x80", "abcdefgh\xc3\xa0"
};

#define FILLINGS  (sizeof(fillings) / sizeof(fillings[0]))


/* Every two bytes, alone and behind the beginning of something longer. */

static void
test_pairs(void **state)
{
    size_t          i, j;
    vet_str_t       s;
    unsigned char   text[5];

    static const char *const  before[] = {
        "", "\xe0", "\xe1", "\xed", "\xf0", "\xf1", "\xf4", "\xe1\xbb",
        "\xf0\x90", "\xf4\x8f"
    };

    (void) state;

    for (i = 0; i < sizeof(before) / sizeof(before[0]); i++) {
        size_t  n = strlen(before[i]);

        memcpy(text, before[i], n);
        s.data = text;
        s.len = n + 2;

        for (j = 0; j < 0x10000; j++) {
            text[n] = (unsigned char) (j >> 8);
            text[n + 1] = (unsigned char) j;

            if (vet_utf8_check(s) != by_steps(s)) {
                fail_msg("%02zx behind \"%s\"", j, before[i]);
            }
        }
    }
}


/* What is wrong is found at every place of a text, and what is not is not. */

static void
test_places(void **state)
{
    size_t          i, j, n, place;
    vet_str_t       s;
    unsigned char   text[TEXT_LEN + 8];

    static const char *const  parts[] = {
        "\x80", "\xbf", "\xc0\xaf", "\xc1\xbf", "\xc2", "\xe0\x9f\xbf",
        "\xe1\xbb", "\xed\xa0\x80", "\xed\x9f\xbf", "\xee\x80\x80",
        "\xf0\x8f\xbf\xbf", "\xf0\x90\x80\x80", "\xf4\x8f\xbf\xbf",
        "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xff", "\xf1\x80\x80"
    };

    (void) state;

    for (i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        n = strlen(parts[i]);

        for (j = 0; j < FILLINGS; j++) {
            for (place = 0; place + n <= TEXT_LEN; place++) {
                fill(text, fillings[j]);
                memcpy(text + place, parts[i], n);

                s.data = text;
                s.len = TEXT_LEN;

                assert_int_equal(vet_utf8_check(s), by_steps(s));
            }
        }
    }
}


/* No length reads too far, and ASCII is told from what is not. */

static void
test_lengths(void **state)
{
    size_t          i, len;
    guard_t         g;
    vet_str_t       s;
    unsigned char   text[TEXT_LEN + 8];

    (void) state;

    guard_init(&g, TEXT_LEN);

    for (i = 0; i < FILLINGS; i++) {
        fill(text, fillings[i]);

        for (len = 0; len <= TEXT_LEN; len++) {
            s = guard_copy(&g, text, len);

            assert_int_equal(vet_utf8_check(s), by_steps(s));
            assert_int_equal(vet_ascii_check(s), (len == 0 || i == 0
                                                  || (i == 2 && len == 1)
                                                  || (i == 4 && len <= 8)));
        }
    }

    guard_done(&g);
}


/* The highest bits are the same without the processor's own way to them. */

static void
test_lanes(void **state)
{
    size_t          i;
    unsigned        n, bits;
    unsigned char   text[VET_LANES];

    (void) state;

    for (n = 0; n < 0x10000; n++) {
        for (i = 0; i < VET_LANES; i++) {
            bits = n >> i & 1;
            text[i] = (unsigned char) (bits << 7 | ((n + i * 37) & 0x7f));
        }

        assert_int_equal(vet_lanes_gather(vet_lanes_load(text)), n);
        assert_int_equal(vet_lanes_bits(vet_lanes_load(text)), n);
    }
}


static size_t
by_steps(vet_str_t s)
{
    size_t    i, n;
    unsigned  valid;

    for (i = 0; i < s.len; i += n) {
        n = vet_utf8_step(s.data + i, s.data + s.len, &valid);

        if (!valid) {
            break;
        }
    }

    return i;
}


static void
fill(unsigned char *text, const char *with)
{
    size_t  i;

    for (i = 0; i < TEXT_LEN; i++) {
        text[i] = (unsigned char) with[i % strlen(with)];
    }
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_pairs),
        cmocka_unit_test(test_places),
        cmocka_unit_test(test_lengths),
        cmocka_unit_test(test_lanes),
    };

    return cmocka_run_group_tests_name("utf8", tests, NULL, NULL);
}
