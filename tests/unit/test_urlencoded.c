
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


/* more than what is decoded together, and what is left behind it */

#define TEXT_LEN  (64 + 64 + 80)

#define FORM  "application/x-www-form-urlencoded"


static void test_urlencoded(void **state);
static void test_limits(void **state);
static void test_every_byte(void **state);
static void test_places(void **state);
static void decoded(guard_t *g, const char *text, size_t len);
static size_t by_bytes(const char *text, size_t len, unsigned char *dst);
static int digit(char c);
static int cut_anywhere(const body_case_t *c, size_t len);


static const body_case_t  cases[] = {

    { "pair", FORM, BODY("a=b"), VET_READABLE, "a=b" },
    { "name only", FORM, BODY("a&"), VET_READABLE, "a=" },
    { "words, which CGI.pm takes for values", FORM, BODY("a+b"),
      VET_FORM_AMBIGUOUS, "a b=" },
    { "one word", FORM, BODY("a"), VET_FORM_AMBIGUOUS, "a=" },
    { "empty value", FORM, BODY("a="), VET_READABLE, "a=" },
    { "empty name", FORM, BODY("=b"), VET_READABLE, "=b" },
    { "empty both", FORM, BODY("="), VET_READABLE, "=" },
    { "second equals sign", FORM, BODY("a=b=c"), VET_READABLE, "a=b=c" },
    { "ampersands only", FORM, BODY("&&&"), VET_READABLE, "" },
    { "empty pairs are none", FORM, BODY("&a=1&&b=2&"), VET_READABLE,
      "a=1 | b=2" },
    { "semicolon before a pair", FORM, BODY("a=1;b=2"), VET_FORM_AMBIGUOUS,
      "a=1;b=2" },
    { "semicolon before a pair, later", FORM, BODY("a=1; 2;b=2"),
      VET_FORM_AMBIGUOUS, "a=1; 2;b=2" },
    { "semicolon in a text, as curl -d sends it", FORM,
      BODY("a=1; thanks & 100% a+b&c=2"), VET_READABLE,
      "a=1; thanks  |  100% a b= | c=2" },
    { "a name twice is two fields", FORM, BODY("a=1&b=2&a=3"), VET_READABLE,
      "a=1 | b=2 | a=3" },

    { "plus", FORM, BODY("a+b=c+d"), VET_READABLE, "a b=c d" },
    { "coded plus", FORM, BODY("a=1%2B1"), VET_READABLE, "a=1+1" },
    { "both cases of digits", FORM, BODY("%6a%4A=%c3%A0"), VET_READABLE,
      "jJ=\\xc3\\xa0" },
    { "coded delimiters", FORM, BODY("a%3Db%26c=%26%3D"), VET_READABLE,
      "a=b&c=&=" },
    { "brackets", FORM, BODY("comment_body%5B0%5D%5Bvalue%5D=x"),
      VET_READABLE, "comment_body[0][value]=x" },
    { "raw UTF-8", FORM, BODY("a=\xc4\x91\xc6\xa1n"), VET_READABLE,
      "a=\\xc4\\x91\\xc6\\xa1n" },
    { "line ends", FORM, BODY("a=1%0D%0A2&b=\r\n"), VET_READABLE,
      "a=1\\x0d\\x0a2 | b=\\x0d\\x0a" },

    { "percent alone", FORM, BODY("a=100%"), VET_READABLE, "a=100%" },
    { "percent and one digit", FORM, BODY("a=%4"), VET_READABLE, "a=%4" },
    { "percent and no digits", FORM, BODY("%zz=%g1%1g"), VET_READABLE,
      "%zz=%g1%1g" },
    { "percent and percent", FORM, BODY("a=%%41%"), VET_READABLE, "a=%A%" },
    { "decoded once only", FORM, BODY("a=%2541"), VET_READABLE, "a=%41" },
    { "unicode escape is text, but for CGI.pm and ASP.NET", FORM,
      BODY("a=1&b=%u0041"), VET_FORM_AMBIGUOUS, "a=1 | b=%u0041" },
    { "unicode escape in a name", FORM, BODY("%%u00e9=1"),
      VET_FORM_AMBIGUOUS, "%%u00e9=1" },
    { "no unicode escape", FORM, BODY("a=100%used&b=%u&c=%u004&d=%U0041"),
      VET_READABLE, "a=100%used | b=%u | c=%u004 | d=%U0041" },
    { "unicode escape in code", FORM, BODY("a=%25u0041"), VET_READABLE,
      "a=%u0041" },

    /* Node keeps eight bits of raw characters beside a wrong "%" */

    { "raw and wrong escape", FORM, BODY("a=\xc5\xb3%&b=1"),
      VET_FORM_AMBIGUOUS, "a=\\xc5\\xb3% | b=1" },
    { "raw and an escape of no UTF-8", FORM, BODY("b=1&a=%ff\xc5\xb3"),
      VET_FORM_AMBIGUOUS, "b=1 | a!=\\xff\\xc5\\xb3" },
    { "raw name and wrong escape", FORM, BODY("\xc5\xb3%4=1"),
      VET_FORM_AMBIGUOUS, "\\xc5\\xb3%4=1" },
    { "raw, and a wrong escape elsewhere", FORM,
      BODY("a=\xc5\xb3+%41&b=100%&%=1"), VET_READABLE,
      "a=\\xc5\\xb3 A | b=100% | %=1" },

    { "signed escape, a character to Java", FORM, BODY("a=1&b=%+1x"),
      VET_FORM_AMBIGUOUS, "a=1 | b=% 1x" },
    { "no signed escape", FORM, BODY("a=100%+more&b=%+"), VET_READABLE,
      "a=100% more | b=% " },

    /* qs takes the first "]=" for the end of the name */

    { "bracket in a name", FORM, BODY("a[b]=1&a%5Bb%5D=2"), VET_READABLE,
      "a[b]=1 | a[b]=2" },
    { "bracket in a value", FORM, BODY("a=1&b=[x]=2"), VET_FORM_AMBIGUOUS,
      "a=1 | b=[x]=2" },
    { "coded bracket in a value", FORM, BODY("a=1&b=x%5d=2"),
      VET_FORM_AMBIGUOUS, "a=1 | b=x]=2" },
    { "bracket in a value, all in code", FORM, BODY("a=%5Bx%5D%3D2"),
      VET_READABLE, "a=[x]=2" },

    /* JSON in a form, as "curl -d" sends it */

    { "JSON", FORM, BODY("{\"a\":\"x=1&b=2\"}"), VET_FORM_AMBIGUOUS,
      "={\"a\":\"x=1&b=2\"}" },
    { "JSON behind blanks", FORM, BODY("\r\n\t [1]"), VET_FORM_AMBIGUOUS,
      "=\\x0d\\x0a\\x09 [1]" },
    { "JSON behind a BOM", FORM, BODY("\xef\xbb\xbf\"a=b\""),
      VET_FORM_AMBIGUOUS, "=\\xef\\xbb\\xbf\"a=b\"" },
    { "JSON in UTF-16", FORM, BODY("\0{\0\"\0=\0\""), VET_FORM_AMBIGUOUS,
      NULL },
    { "brace later", FORM, BODY("a={&{b}=1"), VET_READABLE, "a={ | {b}=1" },

    { "raw Latin-1, which makes all of it Latin-1", FORM,
      BODY("a=\xc4\x91&b=d\xe9"), VET_CHARSET,
      "a=\\xc4\\x91 | b!=d\\xe9" },
    { "half of a character raw", FORM, BODY("a=\xc4%91"), VET_CHARSET,
      "a=\\xc4\\x91" },

    { "NUL in value", FORM, BODY("a=x%00y"), VET_READABLE, "a=x\\x00y" },
    { "raw NUL in value", FORM, BODY("a=x\0y&b=z"), VET_READABLE,
      "a=x\\x00y | b=z" },
    { "NUL in name", FORM, BODY("a%00b=1&c=2"), VET_NUL_IN_NAME,
      "a\\x00b=1 | c=2" },
    { "raw NUL in last name", FORM, BODY("c=2&a\0=1"), VET_NUL_IN_NAME,
      "c=2 | a\\x00=1" },

    { "Latin-1", FORM, BODY("content=d%E9j%E0+vu"), VET_READABLE,
      "content!=d\\xe9j\\xe0 vu" },
    { "surrogate in UTF-8", FORM, BODY("a=%ED%A0%80"), VET_READABLE,
      "a!=\\xed\\xa0\\x80" },
    { "overlong UTF-8", FORM, BODY("a=%C0%AF"), VET_READABLE,
      "a!=\\xc0\\xaf" },
    { "above Unicode", FORM, BODY("a=%F4%90%80%80"), VET_READABLE,
      "a!=\\xf4\\x90\\x80\\x80" },
    { "last of Unicode", FORM, BODY("a=%F4%8F%BF%BF"), VET_READABLE,
      "a=\\xf4\\x8f\\xbf\\xbf" },
    { "cut UTF-8", FORM, BODY("a=%E1%BB&b=1"), VET_READABLE,
      "a!=\\xe1\\xbb | b=1" },
    { "BOM is text", FORM, BODY("\xef\xbb\xbf""a=1"), VET_READABLE,
      "\\xef\\xbb\\xbfa=1" },
    { "_charset_ is a field", FORM, BODY("_charset_=windows-1258&a=1"),
      VET_READABLE, "_charset_=windows-1258 | a=1" },
};


static void
test_urlencoded(void **state)
{
    (void) state;

    body_cases_run(cases, sizeof(cases) / sizeof(cases[0]), NULL,
                   cut_anywhere);
}


/* The standard knows no wrong body, and a part of one is one. */

static int
cut_anywhere(const body_case_t *c, size_t len)
{
    (void) c;
    (void) len;

    return 1;
}


static void
test_limits(void **state)
{
    size_t          i, n;
    vet_str_t       body;
    unsigned char  *text;

    (void) state;

    text = malloc(4 * VET_NAME_LEN);
    assert_non_null(text);

    body.data = text;

    /* names: the limit counts decoded bytes */

    memset(text, 'n', VET_NAME_LEN + 1);
    text[VET_NAME_LEN] = '=';

    body.len = VET_NAME_LEN + 1;
    n = body_check("longest name", FORM, body, NULL, VET_READABLE, NULL);
    assert_int_equal(n, 1);

    text[VET_NAME_LEN] = 'n';
    text[VET_NAME_LEN + 1] = '=';

    body.len = VET_NAME_LEN + 2;
    (void) body_check("longer name", FORM, body, NULL, VET_NAME_TOO_LONG,
                      NULL);

    for (i = 0; i < VET_NAME_LEN; i++) {
        memcpy(text + 3 * i, "%6e", 3);
    }

    text[3 * VET_NAME_LEN] = '=';

    body.len = 3 * VET_NAME_LEN + 1;
    n = body_check("longest coded name", FORM, body, NULL, VET_READABLE, NULL);
    assert_int_equal(n, 1);

    /* fields: one more than allowed is not dropped in silence */

    for (i = 0; i <= VET_FIELDS_MAX; i++) {
        memcpy(text + 2 * i, "a&", 2);
    }

    body.len = 2 * VET_FIELDS_MAX;
    n = body_check("most fields", FORM, body, NULL, VET_READABLE, NULL);
    assert_int_equal(n, VET_FIELDS_MAX);

    body.len += 1;
    n = body_check("one more", FORM, body, NULL, VET_TOO_MANY_FIELDS, NULL);
    assert_int_equal(n, VET_FIELDS_MAX);

    free(text);
}


/* "%XX" of every byte gives that byte, the raw byte gives itself or a space. */

static void
test_every_byte(void **state)
{
    int            i;
    char           coded[16], want[16];
    vet_str_t      body;
    unsigned char  raw[4];

    (void) state;

    for (i = 1; i < 256; i++) {

        if (i > 0x20 && i < 0x7f) {
            (void) snprintf(want, sizeof(want),
                            (i == '\\' || i == '|') ? "a=\\x%02x" : "a=%c", i);

        } else {
            (void) snprintf(want, sizeof(want),
                            (i == ' ') ? "a=%c" : (i < 0x80) ? "a=\\x%02x"
                                                             : "a!=\\x%02x",
                            i);
        }

        (void) snprintf(coded, sizeof(coded), "a=%%%02X", i);

        body.data = (unsigned char *) coded;
        body.len = 5;
        (void) body_check(coded, FORM, body, NULL, VET_READABLE, want);

        if (i == '&' || i == '+') {
            continue;
        }

        raw[0] = 'a';
        raw[1] = '=';
        raw[2] = (unsigned char) i;

        body.data = raw;
        body.len = 3;
        (void) body_check(coded, FORM, body, NULL,
                          (i < 0x80) ? VET_READABLE : VET_CHARSET, want);
    }
}


/* What is coded is decoded at every place of a text, whatever is around it. */

static void
test_places(void **state)
{
    char     text[TEXT_LEN + 32];
    size_t   i, j, k, n, place;
    guard_t  g;

    static const char *const  parts[] = {
        "%41", "%c4%91", "%E1%BB%87", "%", "%%41", "%4", "%4g", "%+1", "+",
        "%2B+%2b", "\xc4\x91", "%f0%9f%98%80%e1%bb%87"
    };

    static const char *const  fillings[] = {
        "a", "%41", "+b", "abcdefghijklmnopqrstuvwxyz%C3%A0", "%C3%A0+%E1%BB%81"
    };

    (void) state;

    guard_init(&g, sizeof(text) + 2);

    for (i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        n = strlen(parts[i]);

        for (j = 0; j < sizeof(fillings) / sizeof(fillings[0]); j++) {
            for (place = 0; place < TEXT_LEN; place++) {

                for (k = 0; k < TEXT_LEN; k++) {
                    text[k] = fillings[j][k % strlen(fillings[j])];
                }

                memcpy(text + place, parts[i], n);

                /* at the end of the text, and in the middle of it */

                decoded(&g, text, place + n);

                if (place + n < TEXT_LEN) {
                    decoded(&g, text, TEXT_LEN);
                }
            }
        }
    }

    guard_done(&g);
}


/* Compares a value with what comes of it byte by byte. */

static void
decoded(guard_t *g, const char *text, size_t len)
{
    char              body[TEXT_LEN + 34];
    size_t            n;
    vet_pool_t       *pool;
    vet_message_t     m;
    unsigned char     want[TEXT_LEN + 32];
    vet_submission_t  s;

    body[0] = 'a';
    body[1] = '=';
    memcpy(body + 2, text, len);

    memset(&m, 0, sizeof(vet_message_t));
    m.content_type.data = (const unsigned char *) FORM;
    m.content_type.len = sizeof(FORM) - 1;
    m.content_types = 1;
    m.body = guard_copy(g, body, len + 2);

    n = by_bytes(text, len, want);

    pool = vet_pool_create(16 * 1024);
    assert_non_null(pool);
    assert_int_equal(vet_parse(pool, &m, NULL, &s), VET_OK);
    assert_int_equal(s.nfields, 1);
    assert_int_equal(s.fields[0].value.len, n);
    assert_memory_equal(s.fields[0].value.data, want, n);
    vet_pool_destroy(pool);
}


static size_t
by_bytes(const char *text, size_t len, unsigned char *dst)
{
    size_t  i, n;

    n = 0;

    for (i = 0; i < len; i++) {

        if (text[i] == '%' && len - i > 2
            && digit(text[i + 1]) >= 0 && digit(text[i + 2]) >= 0)
        {
            dst[n++] = (unsigned char) (digit(text[i + 1]) * 16
                                        + digit(text[i + 2]));
            i += 2;

        } else {
            dst[n++] = (unsigned char) ((text[i] == '+') ? ' ' : text[i]);
        }
    }

    return n;
}


static int
digit(char c)
{
    return (c >= '0' && c <= '9') ? c - '0'
           : ((c | 0x20) >= 'a' && (c | 0x20) <= 'f') ? (c | 0x20) - 'a' + 10
           : -1;
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_urlencoded),
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_every_byte),
        cmocka_unit_test(test_places),
    };

    return cmocka_run_group_tests_name("urlencoded", tests, NULL, NULL);
}
