
/*
 * Copyright (C) the moderate authors
 *
 * Character sets that are declared.  What they are converted to is a field of
 * its own, behind the one with the bytes.
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
#include "rule_case.h"


#define IN(set)   "application/x-www-form-urlencoded; charset=" set
#define FORM      "multipart/form-data; boundary=b"

#define D         "--b"
#define Z         D "--\r\n"
#define CD        "Content-Disposition: form-data; name="
#define PLAIN     "\r\nContent-Type: text/plain; charset="

/* a part, and one with a type */

#define PART(name, value)  D "\r\n" CD "\"" name "\"\r\n\r\n" value "\r\n"
#define TYPED(name, set, value)                                               \
    D "\r\n" CD "\"" name "\"" PLAIN set "\r\n\r\n" value "\r\n"


static void test_urlencoded(void **state);
static void test_multipart(void **state);
static void test_others(void **state);
static void test_names(void **state);
static void test_every_byte(void **state);
static void test_many(void **state);
static void test_matched(void **state);
static void test_once(void **state);
static size_t fields(const char *type, vet_str_t body);
static int cut_anywhere(const body_case_t *c, size_t len);
static int cut_last_line(const body_case_t *c, size_t len);


static const body_case_t  urlencoded[] = {

    { "ASCII is the same in all", IN("windows-1258"), BODY("a=x+%41&b="),
      VET_READABLE, "a=x A | b=" },
    { "in ASCII too", IN("us-ascii"), BODY("a=x"), VET_READABLE, "a=x" },
    { "ASCII that is none", IN("us-ascii"), BODY("a=%F4"), VET_CHARSET,
      "a!=\\xf4" },

    { "windows-1258", IN("windows-1258"), BODY("a=T%F4i+%F0%F5n&b=1"),
      VET_READABLE,
      "a!=T\\xf4i \\xf0\\xf5n | a=T\\xc3\\xb4i \\xc4\\x91\\xc6\\xa1n | b=1" },
    { "marks are joined or stay", IN("windows-1258"), BODY("a=Vi%EA%F2t"),
      VET_READABLE, "a!=Vi\\xea\\xf2t | a=Vi\\xe1\\xbb\\x87t" },
    { "a mark at the end", IN("cp1258"), BODY("a=e%EC"), VET_READABLE,
      "a!=e\\xec | a=\\xc3\\xa9" },
    { "a mark alone", IN("cp1258"), BODY("a=%EC"), VET_READABLE,
      "a!=\\xec | a=\\xcc\\x81" },
    { "a letter that waits for a mark", IN("cp1258"), BODY("a=%EA"),
      VET_READABLE, "a!=\\xea | a=\\xc3\\xaa" },
    { "windows-1252", IN("\"Windows-1252\""), BODY("a=%80%93"),
      VET_READABLE,
      "a!=\\x80\\x93 | a=\\xe2\\x82\\xac\\xe2\\x80\\x9c" },
    { "ISO 8859-1", IN("ISO-8859-1"), BODY("a=d%E9j%E0"), VET_READABLE,
      "a!=d\\xe9j\\xe0 | a=d\\xc3\\xa9j\\xc3\\xa0" },
    { "UTF-8 under another name is read in both ways", IN("windows-1258"),
      BODY("a=%C3%B4"), VET_READABLE,
      "a=\\xc3\\xb4 | a=\\xc4\\x82\\xc2\\xb4" },
    { "names too", IN("windows-1258"), BODY("t%EAn=x"), VET_READABLE,
      "t\\xean=x | t\\xc3\\xaan=x" },
    { "field by field", IN("windows-1252"), BODY("a=%E9&b=2&c=%E8"),
      VET_READABLE,
      "a!=\\xe9 | a=\\xc3\\xa9 | b=2 | c!=\\xe8 | c=\\xc3\\xa8" },

    { "byte that windows-1258 does not have", IN("windows-1258"),
      BODY("a=x%90&b=%F4"), VET_CHARSET,
      "a!=x\\x90 | b!=\\xf4 | b=\\xc3\\xb4" },
    { "byte that windows-1252 does not have", IN("windows-1252"),
      BODY("a=%81"), VET_CHARSET, "a!=\\x81" },
    { "ISO 8859-1 or windows-1252", IN("iso-8859-1"), BODY("a=%93x%94"),
      VET_CHARSET, "a!=\\x93x\\x94" },
    { "name that does not convert", IN("windows-1252"), BODY("%81=1"),
      VET_CHARSET, "\\x81=1" },

    { "another", IN("windows-1251"), BODY("a=%F4"), VET_CHARSET, "a!=\\xf4" },
    { "EBCDIC", IN("ibm037"), BODY("a=1"), VET_CHARSET, "a=1" },
    { "no prefix of a name", IN("windows-125"), BODY("a=1"), VET_CHARSET,
      "a=1" },
    { "UTF-32", IN("utf-32"), BODY("a=1"), VET_CHARSET, "a=1" },
    { "said by a field it is a field",
      "application/x-www-form-urlencoded",
      BODY("_charset_=windows-1258&a=%F4"), VET_READABLE,
      "_charset_=windows-1258 | a!=\\xf4" },
};


/* Other fields do not stand beside these: all of the body is in the set. */

static const body_case_t  wide[] = {

    { "UTF-16 with its mark", IN("utf-16"),
      BODY("=%FE%FF%00x%1E%87"), VET_READABLE,
      "!=\\xfe\\xff\\x00x\\x1e\\x87 | =x\\xe1\\xba\\x87" },
    { "UTF-16, a name of ASCII", IN("utf-16be"), BODY("%00a=%00x"),
      VET_NUL_IN_NAME, "\\x00a=\\x00x | a=x" },
    { "UTF-16, little, no NUL in the name", IN("utf-16le"),
      BODY("%87%1E=%87%1Ex%00"), VET_READABLE,
      "\\x87\\x1e!=\\x87\\x1ex\\x00 | \\xe1\\xba\\x87=\\xe1\\xba\\x87x" },
    { "UTF-16, empty values", IN("utf-16"), BODY("=&="), VET_READABLE,
      "= | =" },
    { "UTF-16 of no order", IN("utf-16"), BODY("a=%1E%87"), VET_CHARSET,
      "a!=\\x1e\\x87" },
    { "UTF-16 with the other mark", IN("utf-16le"), BODY("=%FE%FF%00x"),
      VET_CHARSET, "!=\\xfe\\xff\\x00x" },
    { "half of a pair", IN("utf-16be"), BODY("=%D8%00"), VET_CHARSET,
      "!=\\xd8\\x00" },
    { "odd", IN("utf-16be"), BODY("=%00x%00"), VET_CHARSET,
      "=\\x00x\\x00" },
    { "ASCII that should be UTF-16", IN("utf-16be"), BODY("comment=x"),
      VET_CHARSET, "comment=x" },
    { "body of UTF-16", IN("utf-16le"), BODY("a\0=\0x\0"), VET_CHARSET,
      NULL },
};


static const body_case_t  multipart[] = {

    { "part in windows-1258", FORM,
      BODY(TYPED("a", "windows-1258", "Vi\xea\xf2t") PART("b", "\xf4") Z),
      VET_READABLE,
      "a!=Vi\\xea\\xf2t | a=Vi\\xe1\\xbb\\x87t | b!=\\xf4" },
    { "part of ASCII, as Java clients send it", FORM,
      BODY(TYPED("a", "ISO-8859-1", "x") TYPED("b", "US-ASCII", "y") Z),
      VET_READABLE, "a=x | b=y" },
    { "parts in many", FORM,
      BODY(TYPED("a", "iso-8859-1", "\xe9") TYPED("b", "windows-1252", "\x80")
           TYPED("c", "utf-16be", "\x1e\x87") TYPED("d", "utf-8", "\xc3\xa9")
           Z),
      VET_READABLE,
      "a!=\\xe9 | a=\\xc3\\xa9 | b!=\\x80 | b=\\xe2\\x82\\xac | "
      "c!=\\x1e\\x87 | c=\\xe1\\xba\\x87 | d=\\xc3\\xa9" },
    { "UTF-16 with its mark", FORM,
      BODY(TYPED("a", "UTF-16", "\xff\xfex\0") Z), VET_READABLE,
      "a!=\\xff\\xfex\\x00 | a=x" },
    { "UTF-16 of no order", FORM, BODY(TYPED("a", "UTF-16", "x\0") Z),
      VET_PART_CHARSET, "a=x\\x00" },
    { "part that does not convert", FORM,
      BODY(TYPED("a", "windows-1252", "\x81") PART("b", "1") Z),
      VET_PART_CHARSET, "a!=\\x81 | b=1" },
    { "ASCII that is none", FORM, BODY(TYPED("a", "us-ascii", "\xc3\xa9") Z),
      VET_PART_CHARSET, "a=\\xc3\\xa9" },
    { "name stays as it is", FORM,
      BODY(TYPED("t\xc3\xaan", "windows-1258", "x") Z), VET_READABLE,
      "t\\xc3\\xaan=x" },
    { "file is not converted", FORM,
      BODY(D "\r\n" CD "\"f\"; filename=\"a.txt\"" PLAIN "windows-1258"
           "\r\n\r\n\xf4\r\n" Z), VET_READABLE, "f@a.txt!=\\xf4" },
    { "part of another type", FORM,
      BODY(D "\r\n" CD "\"a\"\r\nContent-Type: text/html; "
           "charset=windows-1258\r\n\r\nx\r\n" Z), VET_PART_CHARSET, "a=x" },

    { "_charset_ first", FORM,
      BODY(PART("_charset_", "windows-1258") PART("a", "\xf4")
           PART("t\xeax", "1") Z), VET_READABLE,
      "_charset_=windows-1258 | a!=\\xf4 | a=\\xc3\\xb4 | t\\xeax=1 | "
      "t\\xc3\\xaax=1" },
    { "_charset_ later", FORM,
      BODY(PART("a", "\xf4") PART("_charset_", "windows-1258") Z),
      VET_PART_CHARSET, "a!=\\xf4 | _charset_=windows-1258" },
    { "_charset_ of UTF-8 anywhere", FORM,
      BODY(PART("a", "1") PART("_charset_", "UTF-8") Z), VET_READABLE,
      "a=1 | _charset_=UTF-8" },
    { "_charset_ twice", FORM,
      BODY(PART("_charset_", "windows-1258") PART("_charset_", "utf-8") Z),
      VET_PART_CHARSET, "_charset_=windows-1258 | _charset_=utf-8" },
    { "_charset_ twice the same", FORM,
      BODY(PART("_charset_", "windows-1258")
           PART("_charset_", "windows-1258") Z),
      VET_READABLE, "_charset_=windows-1258 | _charset_=windows-1258" },
    { "_charset_ in capitals", FORM,
      BODY(PART("_CHARSET_", "windows-1258") Z), VET_PART_CHARSET,
      "_CHARSET_=windows-1258" },
    { "_charset_ of UTF-16", FORM, BODY(PART("_charset_", "utf-16") Z),
      VET_PART_CHARSET, "_charset_=utf-16" },
    { "_charset_ with a blank", FORM,
      BODY(PART("_charset_", "windows-1258 ") Z), VET_PART_CHARSET,
      "_charset_=windows-1258 " },
    { "_charset_ is a file", FORM,
      BODY(D "\r\n" CD "\"_charset_\"; filename=\"x\"\r\n\r\nutf-8\r\n" Z),
      VET_PART_CHARSET, "_charset_@x=utf-8" },
    { "_charset_ and a part of its own", FORM,
      BODY(PART("_charset_", "windows-1258") TYPED("a", "utf-8", "\xc3\xb4")
           Z), VET_PART_CHARSET, "_charset_=windows-1258 | a=\\xc3\\xb4" },
    { "_charset_ and a part of its own, of ASCII", FORM,
      BODY(PART("_charset_", "windows-1258") TYPED("a", "utf-8", "x") Z),
      VET_READABLE, "_charset_=windows-1258 | a=x" },

    { "message in windows-1258", FORM "; charset=windows-1258",
      BODY(PART("a", "\xf4") Z), VET_READABLE,
      "a!=\\xf4 | a=\\xc3\\xb4" },
    { "message and _charset_ agree", FORM "; charset=cp1258",
      BODY(PART("_charset_", "windows-1258") PART("a", "\xf4") Z),
      VET_READABLE, "_charset_=windows-1258 | a!=\\xf4 | a=\\xc3\\xb4" },
    { "message and _charset_ do not", FORM "; charset=utf-8",
      BODY(PART("_charset_", "windows-1258") PART("a", "\xf4") Z),
      VET_PART_CHARSET, "_charset_=windows-1258 | a!=\\xf4" },
    { "message and part do not", FORM "; charset=windows-1252",
      BODY(TYPED("a", "windows-1258", "\xf4") Z), VET_PART_CHARSET,
      "a!=\\xf4 | a=\\xc3\\xb4" },
    { "message in UTF-16", FORM "; charset=utf-16", BODY(PART("a", "1") Z),
      VET_CHARSET, "a=1" },
};


static const body_case_t  others[] = {

    { "JSON", "application/json; charset=windows-1258", BODY("{\"a\":\"x\"}"),
      VET_CHARSET, "a=x" },
    { "JSON in ASCII", "application/json; charset=us-ascii",
      BODY("{\"a\":\"\\u00f4\"}"), VET_READABLE, "a=\\xc3\\xb4" },
    { "JSON in UTF-16", "application/json; charset=utf-16",
      BODY("\xff\xfe{\0\"\0a\0\"\0:\0001\0}\0"), VET_CHARSET, NULL },
    { "JSON in UTF-16, not said", "application/json",
      BODY("\xff\xfe{\0\"\0a\0\"\0:\0001\0}\0"), VET_JSON_INVALID, NULL },
    { "text", "text/plain; charset=windows-1258", BODY("T\xf4i"),
      VET_CHARSET, "!=T\\xf4i" },
};


static void
test_urlencoded(void **state)
{
    size_t  i;

    (void) state;

    body_cases_run(urlencoded, sizeof(urlencoded) / sizeof(urlencoded[0]),
                   NULL, cut_anywhere);

    for (i = 0; i < sizeof(wide) / sizeof(wide[0]); i++) {
        (void) body_check(wide[i].name, wide[i].type, wide[i].body, NULL,
                          wide[i].why, wide[i].fields);
    }
}


static void
test_multipart(void **state)
{
    (void) state;

    body_cases_run(multipart, sizeof(multipart) / sizeof(multipart[0]), NULL,
                   cut_last_line);
}


static void
test_others(void **state)
{
    size_t  i;

    (void) state;

    for (i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        (void) body_check(others[i].name, others[i].type, others[i].body,
                          NULL, others[i].why, others[i].fields);
    }
}


static int
cut_anywhere(const body_case_t *c, size_t len)
{
    (void) c;
    (void) len;

    return 1;
}


static int
cut_last_line(const body_case_t *c, size_t len)
{
    return len == c->body.len - 2;
}


/* The list is closed: what iconv knows besides is not read. */

static void
test_names(void **state)
{
    char       type[128];
    size_t     i;
    vet_str_t  body = vet_string("a=x");

    static const char *const  known[] = {
        "utf-8", "UTF8", "us-ascii", "windows-1258", "CP1258", "x-cp1258",
        "Windows-1252", "cp1252", "x-cp1252", "ISO-8859-1", "iso8859-1",
        "iso_8859-1", "Latin1"
    };

    static const char *const  unknown[] = {
        "utf-7", "utf-32", "ucs-2", "ascii", "windows-1251", "tcvn", "viscii",
        "iso-8859-15", "gbk", "ibm037", "cp500", "utf-8//IGNORE",
        "windows-1258//TRANSLIT", "utf-16", "utf-16le", "utf-16be", "unicode",
        "x-user-defined", "UTF-8-MAC", "java"
    };

    (void) state;

    for (i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        (void) snprintf(type, sizeof(type), IN("\"%s\""), known[i]);
        (void) body_check(type, type, body, NULL, VET_READABLE, "a=x");
    }

    for (i = 0; i < sizeof(unknown) / sizeof(unknown[0]); i++) {
        (void) snprintf(type, sizeof(type), IN("\"%s\""), unknown[i]);
        (void) body_check(type, type, body, NULL, VET_CHARSET, "a=x");
    }
}


/* A byte is converted, or the body is held; it never gets lost. */

static void
test_every_byte(void **state)
{
    int        byte;
    char       text[16];
    size_t     i, n, held;
    vet_str_t  body;

    static const struct {
        const char         *type;
        size_t              held;
    } sets[] = {
        { IN("windows-1258"), 9 },
        { IN("windows-1252"), 5 },
        { IN("iso-8859-1"), 32 },
    };

    (void) state;

    for (i = 0; i < sizeof(sets) / sizeof(sets[0]); i++) {
        held = 0;

        for (byte = 0; byte < 256; byte++) {
            (void) snprintf(text, sizeof(text), "a=x%%%02X", byte);
            body.data = (const unsigned char *) text;
            body.len = strlen(text);

            n = fields(sets[i].type, body);

            if (byte < 0x80) {
                assert_int_equal(n, 1);

            } else if (n == 1) {
                (void) body_check(text, sets[i].type, body, NULL, VET_CHARSET,
                                  NULL);
                held++;
            }
        }

        assert_int_equal(held, sets[i].held);
    }
}


static size_t
fields(const char *type, vet_str_t body)
{
    size_t             n;
    vet_pool_t        *pool;
    vet_message_t      m;
    vet_submission_t   s;

    memset(&m, 0, sizeof(vet_message_t));

    m.body = body;
    m.content_type = rule_case_str(type);
    m.content_types = 1;

    pool = vet_pool_create(65536);
    assert_non_null(pool);
    assert_int_equal(vet_parse(pool, &m, NULL, &s), VET_OK);

    n = s.nfields;
    vet_pool_destroy(pool);

    return n;
}


/* Both readings count against the limit, and many sets are no more work. */

static void
test_many(void **state)
{
    FILE       *file;
    char       *text;
    size_t      i, n, size;
    vet_str_t   body;

    static const char *const  sets[] = {
        "windows-1258", "windows-1252", "iso-8859-1", "utf-16be", "utf-16le"
    };

    (void) state;

    file = open_memstream(&text, &size);
    assert_non_null(file);

    for (i = 0; i < VET_FIELDS_MAX / 2; i++) {
        fprintf(file, TYPED("a", "%s", "\xe1\xe9"), sets[i % 5]);
    }

    fflush(file);
    body.data = (const unsigned char *) text;
    body.len = size;
    n = body_check("as many as fit", FORM, body, NULL, VET_TRUNCATED, NULL);
    assert_int_equal(n, VET_FIELDS_MAX);

    fprintf(file, PART("a", "1") Z);
    fclose(file);

    body.data = (const unsigned char *) text;
    body.len = size;
    n = body_check("one more", FORM, body, NULL, VET_TOO_MANY_FIELDS, NULL);
    assert_int_equal(n, VET_FIELDS_MAX);

    free(text);
}


/* Each reading is matched. */

static void
test_matched(void **state)
{
    size_t         i;
    rule_case_t    c;
    vet_message_t  m;

    static const struct {
        const char         *type;
        const char         *body;
        size_t              hits;
        size_t              field;
    } cases[] = {
        { IN("windows-1258"), "a=%FDu+%F0a%DEi", 1, 1 },
        { IN("windows-1258"), "a=%C6%B0u+%C4%91%C3%A3i", 1, 0 },
        { IN("windows-1258"), "a=x", 0, 0 },
        { IN("utf-16be"), "=%01%B0%00u%00+%01%11%00%E3%00i", 1, 1 },
    };

    (void) state;

    rule_case_begin(&c, rule_case_rule("    in: [other]\n"
                                       "    words: [\"ưu đãi\"]\n"
                                       "    examples: { hit: [\"ưu đãi\"], "
                                       "miss: [\"ưu đài\"] }\n"));

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        rule_case_clear(&c);
        memset(&m, 0, sizeof(vet_message_t));

        m.body = rule_case_str(cases[i].body);
        m.content_type = rule_case_str(cases[i].type);
        m.content_types = 1;

        assert_int_equal(vet_parse(c.pool, &m, NULL, &c.s), VET_OK);
        assert_int_equal(rule_case_match(&c), cases[i].hits);

        if (c.hits.n != 0) {
            assert_int_equal(c.hits.elts[0].field, cases[i].field);
            assert_int_equal(c.hits.elts[0].bare, 0);
        }
    }

    rule_case_end(&c);
}


/* A link is one, and the fingerprint is that of the same text in UTF-8. */

static void
test_once(void **state)
{
    vet_str_t      text;
    rule_case_t    c;
    vet_message_t  m;

    (void) state;

    rule_case_begin(&c, rule_case_rule("    in: [other]\n"
                                       "    measure: links\n"
                                       "    over: 1\n"
                                       "    examples: { hit: [\"a.vn b.vn\"]"
                                       ", miss: [\"a.vn\"] }\n"));

    memset(&m, 0, sizeof(vet_message_t));
    m.body = rule_case_str("a=http://a.vn+%F4");
    m.content_type = rule_case_str(IN("windows-1258"));
    m.content_types = 1;

    assert_int_equal(vet_parse(c.pool, &m, NULL, &c.s), VET_OK);
    assert_int_equal(c.s.nfields, 2);
    assert_int_equal(rule_case_match(&c), 0);

    c.s.fields[0].role = VET_ROLE_TEXT;
    c.s.fields[1].role = VET_ROLE_TEXT;

    assert_int_equal(vet_fingerprint(c.pool, &c.s, NULL, &text), VET_OK);
    assert_int_equal(text.len, sizeof("httpavno"));
    assert_memory_equal(text.data, "httpavno\n", text.len);

    rule_case_end(&c);
}


int
main(void)
{
    static const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_urlencoded),
        cmocka_unit_test(test_multipart),
        cmocka_unit_test(test_others),
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_every_byte),
        cmocka_unit_test(test_many),
        cmocka_unit_test(test_matched),
        cmocka_unit_test(test_once),
    };

    return cmocka_run_group_tests(tests, rule_case_setup,
                                  rule_case_teardown);
}
