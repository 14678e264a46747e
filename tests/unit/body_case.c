
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
#include "body_places.h"
#include "guard.h"
#include "seeds.h"


#define BODY_POOL    (8 * 1024 * 1024)


static int body_parse(vet_pool_t *pool, const char *type, vet_str_t body,
    const vet_form_t *form, vet_submission_t *s);
static void body_case_whole(const body_case_t *c, const vet_form_t *form);
static void body_case_cut(const body_case_t *c, const vet_form_t *form,
    body_cut_pt cut);
static void body_case_pools(const body_case_t *c, const vet_form_t *form);
static void body_write(FILE *file, vet_str_t s);


void
body_cases_run(const body_case_t *cases, size_t n, const vet_form_t *form,
    body_cut_pt cut)
{
    size_t  i;

    for (i = 0; i < n; i++) {
        body_case_whole(&cases[i], form);
        body_case_cut(&cases[i], form, cut);
        body_case_pools(&cases[i], form);
        body_places_run(&cases[i], form);
        body_nuls_run(&cases[i], form);
    }
}


size_t
body_check(const char *name, const char *type, vet_str_t body,
    const vet_form_t *form, vet_unreadable_t why, const char *fields)
{
    int                rc;
    char              *found;
    size_t             n;
    guard_t            g;
    vet_pool_t        *pool;
    vet_submission_t   s;

    seeds_body(type, body);
    guard_init(&g, body.len);

    pool = vet_pool_create(BODY_POOL);
    assert_non_null(pool);

    rc = body_parse(pool, type, guard_copy(&g, body.data, body.len), form, &s);

    if (rc != VET_OK) {
        fail_msg("%s: vet_parse() returned %d", name, rc);
    }

    if (s.unreadable != why) {
        fail_msg("%s: \"%s\" at %zu, expected \"%s\"", name,
                 vet_unreadable_name(s.unreadable), s.offset,
                 vet_unreadable_name(why));
    }

    if (s.offset > body.len) {
        fail_msg("%s: offset %zu is not in the body", name, s.offset);
    }

    if (fields != NULL) {
        found = body_fields(&s);

        if (strcmp(found, fields) != 0) {
            fail_msg("%s:\nfields \"%s\"\nwanted \"%s\"", name, found, fields);
        }

        free(found);
    }

    n = s.nfields;

    vet_pool_destroy(pool);
    guard_done(&g);

    return n;
}


char *
body_fields(const vet_submission_t *s)
{
    char               *text;
    FILE               *file;
    size_t              i, size;
    const vet_field_t  *f;

    file = open_memstream(&text, &size);
    assert_non_null(file);

    for (i = 0; i < s->nfields; i++) {
        f = &s->fields[i];

        fputs((i == 0) ? "" : " | ", file);
        body_write(file, f->name);

        if (f->role != VET_ROLE_OTHER) {
            fprintf(file, "(%s)", vet_role_name(f->role));
        }

        if (f->file) {
            fputc('@', file);
            body_write(file, f->filename);
        }

        fputs(f->utf8 ? "=" : "!=", file);
        body_write(file, f->value);
    }

    fclose(file);

    return text;
}


static int
body_parse(vet_pool_t *pool, const char *type, vet_str_t body,
    const vet_form_t *form, vet_submission_t *s)
{
    int            rc;
    guard_t        g;
    vet_message_t  m;

    memset(&m, 0, sizeof(vet_message_t));
    guard_init(&g, (type == NULL) ? 0 : strlen(type));

    m.body = body;

    if (type != NULL) {
        m.content_type = guard_copy(&g, type, strlen(type));
        m.content_types = 1;
    }

    rc = vet_parse(pool, &m, form, s);

    /* fields must not point into the headers */

    guard_done(&g);

    return rc;
}


static void
body_case_whole(const body_case_t *c, const vet_form_t *form)
{
    (void) body_check(c->name, c->type, c->body, form, c->why, c->fields);
}


static void
body_case_cut(const body_case_t *c, const vet_form_t *form, body_cut_pt cut)
{
    int                rc;
    size_t             len;
    guard_t            g;
    vet_pool_t        *pool;
    vet_submission_t   s;

    guard_init(&g, c->body.len);

    for (len = 0; len < c->body.len; len++) {

        pool = vet_pool_create(BODY_POOL);
        assert_non_null(pool);

        rc = body_parse(pool, c->type, guard_copy(&g, c->body.data, len), form,
                        &s);

        if (rc != VET_OK) {
            fail_msg("%s, cut at %zu: vet_parse() returned %d", c->name, len,
                     rc);
        }

        if (len == 0) {
            assert_int_equal(s.unreadable, VET_READABLE);
            assert_int_equal(s.nfields, 0);

        } else if (s.unreadable == VET_READABLE && !cut(c, len)) {
            fail_msg("%s, cut at %zu: is readable", c->name, len);
        }

        free(body_fields(&s));
        vet_pool_destroy(pool);
    }

    guard_done(&g);
}


static void
body_case_pools(const body_case_t *c, const vet_form_t *form)
{
    int                rc;
    char              *found;
    size_t             max;
    vet_pool_t        *pool;
    vet_submission_t   s;

    for (max = 0; /* void */ ; max += 8) {

        if (max > BODY_POOL) {
            fail_msg("%s: needs more than %u bytes", c->name, BODY_POOL);
        }

        pool = vet_pool_create(max);
        assert_non_null(pool);

        rc = body_parse(pool, c->type, c->body, form, &s);

        if (rc == VET_OK) {
            break;
        }

        if (rc != VET_LIMIT || !vet_pool_exhausted(pool)) {
            fail_msg("%s, pool of %zu: vet_parse() returned %d", c->name, max,
                     rc);
        }

        vet_pool_destroy(pool);
    }

    found = body_fields(&s);

    assert_int_equal(s.unreadable, c->why);
    assert_false(vet_pool_exhausted(pool));

    if (c->fields != NULL) {
        assert_string_equal(found, c->fields);
    }

    free(found);
    vet_pool_destroy(pool);
}


static void
body_write(FILE *file, vet_str_t s)
{
    size_t  i;

    for (i = 0; i < s.len; i++) {

        if (s.data[i] < 0x20 || s.data[i] > 0x7e
            || s.data[i] == '\\' || s.data[i] == '|')
        {
            fprintf(file, "\\x%02x", s.data[i]);

        } else {
            fputc(s.data[i], file);
        }
    }
}
