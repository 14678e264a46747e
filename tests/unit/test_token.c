
/*
 * Copyright (C) the moderate authors
 *
 * Tokens of forms.
 */


#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include <vet.h>

#include "rule_case.h"


#define NOW  1700000000


static void test_valid(void **state);
static void test_invalid(void **state);
static void test_fields(void **state);
static void set_up(vet_submission_t *s, vet_field_t *f,
    unsigned char *token);


/* A submission with a token that was issued now. */

static void
set_up(vet_submission_t *s, vet_field_t *f, unsigned char *token)
{
    memset(s, 0, sizeof(vet_submission_t));
    memset(f, 0, 2 * sizeof(vet_field_t));

    s->fields = f;
    s->nfields = 1;
    s->context.site = rule_case_str("tinh");

    f[0].name = rule_case_str(VET_TOKEN_FIELD);
    f[0].value.data = token;
    f[0].value.len = VET_TOKEN_LEN;

    assert_int_equal(vet_token_make(rule_case_str("secret"), s->context.site,
                                    NOW, token), VET_OK);
}


static void
test_valid(void **state)
{
    size_t            i;
    vet_field_t       f[2];
    unsigned char     token[VET_TOKEN_LEN];
    vet_submission_t  s;

    static const struct {
        uint64_t     now;
        vet_token_t  token;
        uint32_t     age;
    } cases[] = {
        { NOW, VET_TOKEN_VALID, 0 },
        { NOW + 2, VET_TOKEN_VALID, 2 },
        { NOW + 86400, VET_TOKEN_VALID, 86400 },
        { NOW + ((uint64_t) 1 << 33), VET_TOKEN_VALID, UINT32_MAX },
        { NOW - 60, VET_TOKEN_VALID, 0 },
        { NOW - 61, VET_TOKEN_INVALID, 0 },
    };

    (void) state;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        set_up(&s, f, token);
        vet_token_find(&s, rule_case_str("secret"), cases[i].now);

        assert_int_equal(s.context.token, cases[i].token);
        assert_int_equal(s.context.age, cases[i].age);
        assert_int_equal(f[0].role == VET_ROLE_IGNORE,
                         cases[i].token == VET_TOKEN_VALID);
    }
}


/* No other byte, length, site or secret will do. */

static void
test_invalid(void **state)
{
    size_t            i;
    vet_field_t       f[2];
    unsigned char     token[VET_TOKEN_LEN + 1];
    vet_submission_t  s;

    (void) state;

    for (i = 0; i < VET_TOKEN_LEN; i++) {
        set_up(&s, f, token);
        token[i] = (token[i] == 'A') ? 'B' : 'A';
        vet_token_find(&s, rule_case_str("secret"), NOW);
        assert_int_equal(s.context.token, VET_TOKEN_INVALID);
        assert_int_equal(f[0].role, VET_ROLE_OTHER);

        token[i] = '=';
        vet_token_find(&s, rule_case_str("secret"), NOW);
        assert_int_equal(s.context.token, VET_TOKEN_INVALID);

        f[0].value.len = i + 1 - (i + 1 == VET_TOKEN_LEN);
        vet_token_find(&s, rule_case_str("secret"), NOW);
        assert_int_equal(s.context.token, VET_TOKEN_INVALID);
    }

    set_up(&s, f, token);
    token[VET_TOKEN_LEN] = 'A';
    f[0].value.len++;
    vet_token_find(&s, rule_case_str("secret"), NOW);
    assert_int_equal(s.context.token, VET_TOKEN_INVALID);

    set_up(&s, f, token);
    vet_token_find(&s, rule_case_str("secreT"), NOW);
    assert_int_equal(s.context.token, VET_TOKEN_INVALID);

    set_up(&s, f, token);
    s.context.site = rule_case_str("xa");
    vet_token_find(&s, rule_case_str("secret"), NOW);
    assert_int_equal(s.context.token, VET_TOKEN_INVALID);
}


static void
test_fields(void **state)
{
    vet_field_t       f[2];
    unsigned char     token[VET_TOKEN_LEN];
    vet_submission_t  s;

    (void) state;

    set_up(&s, f, token);
    f[0].name = rule_case_str("moderate_tokens");
    vet_token_find(&s, rule_case_str("secret"), NOW);
    assert_int_equal(s.context.token, VET_TOKEN_MISSING);

    set_up(&s, f, token);
    f[0].value.len = 0;
    vet_token_find(&s, rule_case_str("secret"), NOW);
    assert_int_equal(s.context.token, VET_TOKEN_MISSING);

    set_up(&s, f, token);
    f[0].file = 1;
    vet_token_find(&s, rule_case_str("secret"), NOW);
    assert_int_equal(s.context.token, VET_TOKEN_MISSING);

    set_up(&s, f, token);
    f[1] = f[0];
    s.nfields = 2;
    vet_token_find(&s, rule_case_str("secret"), NOW);
    assert_int_equal(s.context.token, VET_TOKEN_INVALID);

    set_up(&s, f, token);
    f[1] = f[0];
    f[1].charset = "windows-1258";
    s.nfields = 2;
    vet_token_find(&s, rule_case_str("secret"), NOW);
    assert_int_equal(s.context.token, VET_TOKEN_VALID);

    set_up(&s, f, token);
    s.unreadable = VET_TRUNCATED;
    vet_token_find(&s, rule_case_str("secret"), NOW);
    assert_int_equal(s.context.token, VET_TOKEN_UNKNOWN);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_valid),
        cmocka_unit_test(test_invalid),
        cmocka_unit_test(test_fields),
    };

    return cmocka_run_group_tests(tests, rule_case_setup,
                                  rule_case_teardown);
}
