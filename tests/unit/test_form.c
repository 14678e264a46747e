
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

#include "guard.h"


typedef struct {
    vet_role_t              role;
    const char             *selector;
} selector_t;


typedef struct {
    vet_str_t               name;
    vet_role_t              role;
} name_case_t;


#define NAME(s)  vet_string(s)


static void test_names(void **state);
static void test_loose_names(void **state);
static void test_loose_order(void **state);
static void test_errors(void **state);
static void test_longest(void **state);
static void test_many(void **state);
static void test_slow_regex(void **state);
static void test_roles(void **state);
static vet_form_t *make(const selector_t *selectors, size_t n);
static void check(const vet_form_t *form, const name_case_t *cases, size_t n);
static vet_str_t text(const char *s);


#define COUNT(a)  (sizeof(a) / sizeof((a)[0]))


static void
test_names(void **state)
{
    vet_form_t  *form;

    static const selector_t  selectors[] = {
        { VET_ROLE_TEXT, "comment" },
        { VET_ROLE_OTHER, "_id_body" },
        { VET_ROLE_TEXT, "*_body" },
        { VET_ROLE_IGNORE, "__*" },
        { VET_ROLE_TEXT, "~^dnn\\$ctr\\d+\\$Feedback\\$txtBody$" },
        { VET_ROLE_TITLE, "comment_body[0][value]" },
        { VET_ROLE_TEXT, "comments[].text" },
        { VET_ROLE_AUTHOR, "~t\xc3\xaan" },
        { VET_ROLE_EMAIL, "comment" },
        { VET_ROLE_PHONE, "~x$" },
    };

    static const name_case_t  cases[] = {
        { NAME("comment"), VET_ROLE_TEXT },
        { NAME("comment2"), VET_ROLE_OTHER },
        { NAME("acomment"), VET_ROLE_OTHER },
        { NAME("commen"), VET_ROLE_OTHER },
        { NAME(""), VET_ROLE_OTHER },
        { NAME("_id_body"), VET_ROLE_OTHER },
        { NAME("_com_liferay_INSTANCE_abcd_body"), VET_ROLE_TEXT },
        { NAME("_body"), VET_ROLE_TEXT },
        { NAME("_body_"), VET_ROLE_OTHER },
        { NAME("__VIEWSTATE"), VET_ROLE_IGNORE },
        { NAME("__"), VET_ROLE_IGNORE },
        { NAME("_"), VET_ROLE_OTHER },
        { NAME("dnn$ctr417$Feedback$txtBody"), VET_ROLE_TEXT },
        { NAME("dnn$ctr$Feedback$txtBody"), VET_ROLE_OTHER },
        { NAME("comment_body[0][value]"), VET_ROLE_TITLE },
        { NAME("comments[].text"), VET_ROLE_TEXT },
        { NAME("comments.text"), VET_ROLE_OTHER },
        { NAME("H\xe1\xbb\x8d t\xc3\xaan"), VET_ROLE_AUTHOR },
        { NAME("t\xc3"), VET_ROLE_OTHER },
        { NAME("\xff\xfet\xc3\xaan\xff"), VET_ROLE_AUTHOR },
        { NAME("ax"), VET_ROLE_PHONE },
        { NAME("ax\n"), VET_ROLE_OTHER },
    };

    (void) state;

    form = make(selectors, COUNT(selectors));
    check(form, cases, COUNT(cases));
    vet_form_destroy(form);

    assert_int_equal(vet_form_role(NULL, text("comment")), VET_ROLE_OTHER);

    form = make(NULL, 0);
    assert_int_equal(vet_form_role(form, text("comment")), VET_ROLE_OTHER);
    vet_form_destroy(form);
}


/* Names that PHP or ASP.NET would take for another. */

static void
test_loose_names(void **state)
{
    vet_form_t  *form;

    static const selector_t  selectors[] = {
        { VET_ROLE_TEXT, "my_comment" },
        { VET_ROLE_IGNORE, "token_1" },
        { VET_ROLE_TITLE, "Post.Title" },
        { VET_ROLE_AUTHOR, "*_Author" },
        { VET_ROLE_EMAIL, "~^mail" },
        { VET_ROLE_HONEYPOT, "trap" },
    };

    static const name_case_t  cases[] = {
        { NAME(" my_comment"), VET_ROLE_TEXT },
        { NAME("  my.comment"), VET_ROLE_TEXT },
        { NAME("my comment"), VET_ROLE_TEXT },
        { NAME("MY_Comment"), VET_ROLE_TEXT },
        { NAME("my_comment\0x"), VET_ROLE_TEXT },
        { NAME("my-comment"), VET_ROLE_OTHER },
        { NAME("my_comment "), VET_ROLE_OTHER },
        { NAME("\tmy_comment"), VET_ROLE_OTHER },
        { NAME("post_title"), VET_ROLE_TITLE },
        { NAME("the.author"), VET_ROLE_AUTHOR },
        { NAME(" mail"), VET_ROLE_EMAIL },
        { NAME(" a mail"), VET_ROLE_OTHER },
        { NAME(" trap"), VET_ROLE_HONEYPOT },
        { NAME("   "), VET_ROLE_OTHER },
        { NAME("\0"), VET_ROLE_OTHER },

        /* what is not matched is not to be had by a loosely written name */

        { NAME("token_1"), VET_ROLE_IGNORE },
        { NAME("token.1"), VET_ROLE_OTHER },
        { NAME(" token_1"), VET_ROLE_OTHER },
        { NAME("TOKEN_1"), VET_ROLE_OTHER },
    };

    (void) state;

    form = make(selectors, COUNT(selectors));
    check(form, cases, COUNT(cases));
    vet_form_destroy(form);
}


static void
test_loose_order(void **state)
{
    vet_form_t  *form;

    static const selector_t  selectors[] = {
        { VET_ROLE_IGNORE, "raw*" },
        { VET_ROLE_TEXT, "comment" },
        { VET_ROLE_TITLE, "raw.comment" },
        { VET_ROLE_AUTHOR, "COMMENT" },
        { VET_ROLE_IGNORE, "*" },
        { VET_ROLE_EMAIL, "mail" },
    };

    static const name_case_t  cases[] = {
        { NAME("comment"), VET_ROLE_TEXT },
        { NAME(" comment"), VET_ROLE_TEXT },
        { NAME("Comment"), VET_ROLE_TEXT },
        { NAME("COMMENT"), VET_ROLE_AUTHOR },
        { NAME("raw.comment"), VET_ROLE_IGNORE },
        { NAME("anything"), VET_ROLE_IGNORE },
        { NAME("mail"), VET_ROLE_IGNORE },
        { NAME(" mail"), VET_ROLE_IGNORE },
        { NAME(""), VET_ROLE_IGNORE },
    };

    (void) state;

    form = make(selectors, COUNT(selectors));
    check(form, cases, COUNT(cases));
    vet_form_destroy(form);
}


static void
test_errors(void **state)
{
    size_t        i;
    vet_form_t   *form;
    vet_errors_t  errors;

    static const struct {
        vet_str_t    selector;
        const char  *error;
    } bad[] = {
        { NAME(""), "selector \"\" is empty, expected a field name" },
        { NAME("a\0b"), "selector \"a?b\" has a NUL in it" },
        { NAME("~"), "selector \"~\" is an empty regex" },
        { NAME("~(a"), "selector \"~(a\" does not compile: "
          "missing closing parenthesis at offset 2" },
        { NAME("~\\C"), NULL },
        { NAME("~\xff"), NULL },
        { NAME("~a{99999}"), NULL },
        { NAME("a*b"), NULL },
        { NAME("*a*"), NULL },
        { NAME("**"), NULL },
    };

    (void) state;

    form = make(NULL, 0);

    for (i = 0; i < COUNT(bad); i++) {
        memset(&errors, 0, sizeof(vet_errors_t));

        assert_int_equal(vet_form_add(form, VET_ROLE_TEXT, bad[i].selector,
                                      &errors), VET_ERROR);
        assert_int_equal(errors.n, 1);
        assert_null(strchr(errors.text[0], '\n'));
        assert_true(strlen(errors.text[0]) > 0);

        if (bad[i].error != NULL) {
            assert_string_equal(errors.text[0], bad[i].error);
        }

        assert_int_equal(vet_form_add(form, VET_ROLE_TEXT, bad[i].selector,
                                      NULL), VET_ERROR);
    }

    vet_form_destroy(form);
    vet_form_destroy(NULL);
}


static void
test_longest(void **state)
{
    size_t        i;
    vet_str_t     s;
    vet_form_t   *form;
    vet_errors_t  errors;
    char          longest[VET_SELECTOR_LEN + 2];

    (void) state;

    form = make(NULL, 0);

    memset(longest, 'a', sizeof(longest));
    memset(&errors, 0, sizeof(vet_errors_t));

    s.data = (unsigned char *) longest;
    s.len = VET_SELECTOR_LEN + 1;

    /* all are counted, the first ones are kept */

    for (i = 1; i <= VET_ERRORS_MAX + 2; i++) {
        assert_int_equal(vet_form_add(form, VET_ROLE_TEXT, s, &errors),
                         VET_ERROR);
        assert_int_equal(errors.n, i);
    }

    s.len = VET_SELECTOR_LEN;
    assert_int_equal(vet_form_add(form, VET_ROLE_TEXT, s, &errors), VET_OK);
    assert_int_equal(vet_form_role(form, s), VET_ROLE_TEXT);

    vet_form_destroy(form);
}


static void
test_many(void **state)
{
    int           len;
    char          buf[32];
    size_t        i;
    vet_str_t     s;
    vet_form_t   *form;
    vet_errors_t  errors;

    (void) state;

    memset(&errors, 0, sizeof(vet_errors_t));

    form = make(NULL, 0);
    s.data = (unsigned char *) buf;

    for (i = 0; i <= VET_SELECTORS_MAX; i++) {
        len = snprintf(buf, sizeof(buf), (i % 2 == 0) ? "field%zu"
                                                      : "~^field%zu$", i);
        s.len = (size_t) len;

        assert_int_equal(vet_form_add(form, VET_ROLE_TITLE, s, &errors),
                         (i < VET_SELECTORS_MAX) ? VET_OK : VET_ERROR);
    }

    assert_int_equal(errors.n, 1);
    assert_int_equal(vet_form_role(form, text("field254")), VET_ROLE_TITLE);
    assert_int_equal(vet_form_role(form, text("field255")), VET_ROLE_TITLE);
    assert_int_equal(vet_form_role(form, text("field256")), VET_ROLE_OTHER);

    vet_form_destroy(form);
}


/* A regex that runs away does not match, soon, and every time. */

static void
test_slow_regex(void **state)
{
    size_t        i;
    clock_t       start;
    vet_str_t     name;
    vet_form_t   *form;
    static char   long_name[VET_NAME_LEN];

    static const selector_t  selectors[] = {
        { VET_ROLE_TITLE, "~^(a+)+$" },
        { VET_ROLE_AUTHOR, "~(\\w+\\s?)+:$" },
        { VET_ROLE_TEXT, "~!$" },
    };

    (void) state;

    form = make(selectors, COUNT(selectors));

    memset(long_name, 'a', sizeof(long_name));
    long_name[sizeof(long_name) - 1] = '!';

    name.data = (unsigned char *) long_name;
    name.len = sizeof(long_name);

    start = clock();

    for (i = 0; i < 3; i++) {
        assert_int_equal(vet_form_role(form, name), VET_ROLE_TEXT);
    }

    start = clock() - start;
    assert_true(start < 5 * CLOCKS_PER_SEC);

    name.len--;
    assert_int_equal(vet_form_role(form, name), VET_ROLE_TITLE);

    vet_form_destroy(form);
}


static void
test_roles(void **state)
{
    int         i;
    size_t      j;
    vet_role_t  role;

    static const name_case_t  names[] = {
        { NAME("other"), VET_ROLE_OTHER },
        { NAME("text"), VET_ROLE_TEXT },
        { NAME("title"), VET_ROLE_TITLE },
        { NAME("author"), VET_ROLE_AUTHOR },
        { NAME("email"), VET_ROLE_EMAIL },
        { NAME("url"), VET_ROLE_URL },
        { NAME("phone"), VET_ROLE_PHONE },
        { NAME("honeypot"), VET_ROLE_HONEYPOT },
        { NAME("ignore"), VET_ROLE_IGNORE },
    };

    static const name_case_t  none[] = {
        { NAME(""), 0 }, { NAME("tex"), 0 }, { NAME("textx"), 0 },
        { NAME("Text"), 0 }, { NAME("text\0"), 0 }, { NAME(" text"), 0 },
    };

    (void) state;

    assert_int_equal(COUNT(names), VET_ROLE_N);

    for (i = 0; i < VET_ROLE_N; i++) {
        role = VET_ROLE_N;

        assert_int_equal(vet_role_find(names[i].name, &role), VET_OK);
        assert_int_equal(role, names[i].role);
        assert_string_equal(vet_role_name(role),
                            (const char *) names[i].name.data);
    }

    for (j = 0; j < COUNT(none); j++) {
        assert_int_equal(vet_role_find(none[j].name, &role), VET_DECLINED);
    }
}


static vet_form_t *
make(const selector_t *selectors, size_t n)
{
    size_t        i;
    vet_form_t   *form;
    vet_errors_t  errors;

    memset(&errors, 0, sizeof(vet_errors_t));

    form = vet_form_create();
    assert_non_null(form);

    for (i = 0; i < n; i++) {
        if (vet_form_add(form, selectors[i].role, text(selectors[i].selector),
                         &errors)
            != VET_OK)
        {
            fail_msg("%s", errors.text[0]);
        }
    }

    return form;
}


static void
check(const vet_form_t *form, const name_case_t *cases, size_t n)
{
    size_t      i;
    guard_t     g;
    vet_role_t  role;

    guard_init(&g, VET_NAME_LEN);

    for (i = 0; i < n; i++) {
        role = vet_form_role(form, guard_copy(&g, cases[i].name.data,
                                              cases[i].name.len));

        if (role != cases[i].role) {
            fail_msg("\"%s\": role %s, expected %s", cases[i].name.data,
                     vet_role_name(role), vet_role_name(cases[i].role));
        }
    }

    guard_done(&g);
}


static vet_str_t
text(const char *s)
{
    vet_str_t  str;

    str.data = (const unsigned char *) s;
    str.len = strlen(s);

    return str;
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_loose_names),
        cmocka_unit_test(test_loose_order),
        cmocka_unit_test(test_errors),
        cmocka_unit_test(test_longest),
        cmocka_unit_test(test_many),
        cmocka_unit_test(test_slow_regex),
        cmocka_unit_test(test_roles),
    };

    return cmocka_run_group_tests_name("form", tests, NULL, NULL);
}
