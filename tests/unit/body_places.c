
/*
 * Copyright (C) the moderate authors
 */


#ifndef _GNU_SOURCE
#define _GNU_SOURCE     /* memmem() */
#endif

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "body_places.h"


#define POOL   (1024 * 1024)
#define DELIM  "--b--B"


/* How the bodies of one type are put together. */

typedef struct {
    const char             *type;       /* what the Content-Type begins with */
    const char             *before;     /* all fields */
    const char             *other;      /* a field; %c: its name */
    const char             *around;     /* the row, between these two: */
    const char             *behind;
    const char             *comma;      /* between fields */
    const char             *after;      /* all fields */
    int                     distinct;   /* a name twice is an error itself */
} body_frame_t;


static const body_frame_t *frame_of(const body_case_t *c, vet_str_t *row);
static int frame_form(vet_str_t *row, const body_case_t *c);
static int frame_multipart(vet_str_t *row);
static vet_str_t put(const body_frame_t *f, vet_str_t row, int place,
    int twice);
static void parse(vet_pool_t *pool, const char *type, vet_str_t body,
    const vet_form_t *form, vet_submission_t *s);
static void compare(const body_case_t *c, const vet_submission_t *alone,
    const vet_submission_t *s, int place);
static size_t find(const vet_submission_t *s, const vet_field_t *field,
    size_t from);
static int same_reason(const body_case_t *c, vet_unreadable_t why);
static int in_value(const vet_submission_t *s);


static const body_frame_t  frames[] = {

    { "application/x-www-form-urlencoded",
      "", "%c=other", "", "", "&", "", 0 },

    { "multipart/form-data; boundary=b--B",
      "", DELIM "\r\nContent-Disposition: form-data; name=\"%c\"\r\n\r\n"
      "other\r\n", "", "", "", DELIM "--\r\n", 0 },

    { "application/json",
      "{", "\"%c\":\"other\"", "\"row\":", "", ",", "}", 1 },
};


void
body_places_run(const body_case_t *c, const vet_form_t *form)
{
    int                  place, twice;
    vet_str_t            row, body;
    vet_pool_t          *pool;
    const body_frame_t  *f;
    vet_submission_t     alone, s;

    f = frame_of(c, &row);

    if (f == NULL) {
        return;
    }

    for (place = 0; place <= BODY_PLACES; place++) {

        for (twice = 0; twice < (f->distinct ? 1 : 2); twice++) {

            pool = vet_pool_create(POOL);
            assert_non_null(pool);

            body = put(f, row, place, twice);

            parse(pool, c->type, c->body, form, &alone);
            parse(pool, c->type, body, form, &s);
            compare(c, &alone, &s, place);

            free((void *) (uintptr_t) body.data);
            vet_pool_destroy(pool);
        }
    }
}


/* Gives what of the row's body is put among others; NULL: it cannot be. */

static const body_frame_t *
frame_of(const body_case_t *c, vet_str_t *row)
{
    size_t  i;

    *row = c->body;

    if (c->type == NULL) {
        return NULL;
    }

    for (i = 0; i < sizeof(frames) / sizeof(frames[0]); i++) {

        if (strncmp(c->type, frames[i].type, strlen(frames[i].type)) != 0) {
            continue;
        }

        if ((i == 0 && !frame_form(row, c))
            || (i == 1 && !frame_multipart(row)))
        {
            return NULL;
        }

        return &frames[i];
    }

    return NULL;
}


/* Neither JSON, nor words without a pair, is what it is among pairs. */

static int
frame_form(vet_str_t *row, const body_case_t *c)
{
    size_t  i;

    for (i = 0; i < row->len; i++) {
        if (memchr("\0 \t\r\n\xef\xbb\xbf\xfe\xff", row->data[i], 10)
            == NULL)
        {
            break;
        }
    }

    return c->why != VET_FORM_AMBIGUOUS
           || (i < row->len && memchr("{[\"", row->data[i], 3) == NULL
               && memchr(row->data, '=', row->len) != NULL);
}


/* From the first delimiter up to the last, when there are both. */

static int
frame_multipart(vet_str_t *row)
{
    size_t                n;
    const unsigned char  *last;

    n = sizeof(DELIM) - 1;

    if (row->len < n + 2 || memcmp(row->data, DELIM "\r\n", n + 2) != 0) {
        return 0;
    }

    last = memmem(row->data, row->len, "\r\n" DELIM "--", n + 4);

    if (last == NULL
        || (size_t) (row->data + row->len - last) > n + 6)
    {
        return 0;
    }

    row->len = (size_t) (last + 2 - row->data);

    return 1;
}


static vet_str_t
put(const body_frame_t *f, vet_str_t row, int place, int twice)
{
    int        i;
    char      *text, other[128];
    FILE      *file;
    size_t     size;
    vet_str_t  body;

    file = open_memstream(&text, &size);
    assert_non_null(file);

    fputs(f->before, file);

    for (i = 0; i <= BODY_PLACES; i++) {

        fputs((i == 0) ? "" : f->comma, file);

        if (i == place) {
            fputs(f->around, file);
            fwrite(row.data, 1, row.len, file);
            fputs(f->behind, file);
            continue;
        }

        (void) snprintf(other, sizeof(other), f->other,
                        twice ? 'a' : 'k' + i);
        fputs(other, file);
    }

    fputs(f->after, file);
    fclose(file);

    body.data = (unsigned char *) text;
    body.len = size;

    return body;
}


static void
parse(vet_pool_t *pool, const char *type, vet_str_t body,
    const vet_form_t *form, vet_submission_t *s)
{
    vet_message_t  m;

    memset(&m, 0, sizeof(vet_message_t));

    m.body = body;
    m.content_type.data = (const unsigned char *) type;
    m.content_type.len = strlen(type);
    m.content_types = 1;

    assert_int_equal(vet_parse(pool, &m, form, s), VET_OK);
}


/* Where the structure is wrong, other fields are found than without others. */

static void
compare(const body_case_t *c, const vet_submission_t *alone,
    const vet_submission_t *s, int place)
{
    size_t  i, found, others;

    if (!same_reason(c, s->unreadable)) {
        fail_msg("%s, at place %d: \"%s\", alone \"%s\"", c->name, place,
                 vet_unreadable_name(s->unreadable),
                 vet_unreadable_name(c->why));
    }

    if (c->why == VET_JSON_INVALID || c->why == VET_MULTIPART_INVALID
        || c->why == VET_TRUNCATED)
    {
        return;
    }

    found = 0;

    for (i = 0; i < alone->nfields; i++) {

        found = find(s, &alone->fields[i], found);

        if (found > s->nfields) {
            fail_msg("%s, at place %d: field %zu is lost", c->name, place, i);
        }
    }

    others = s->nfields - alone->nfields;

    if (c->why == VET_READABLE && others != BODY_PLACES) {
        fail_msg("%s, at place %d: %zu others", c->name, place, others);
    }

    if (others < (size_t) place) {
        fail_msg("%s, at place %d: %zu before it", c->name, place, others);
    }
}


/* Returns the place behind that of the field, or more than there are. */

static size_t
find(const vet_submission_t *s, const vet_field_t *field, size_t from)
{
    const vet_field_t  *f;

    for ( /* void */ ; from < s->nfields; from++) {
        f = &s->fields[from];

        if (f->value.len == field->value.len && f->file == field->file
            && (f->value.len == 0
                || memcmp(f->value.data, field->value.data, f->value.len)
                   == 0))
        {
            return from + 1;
        }
    }

    return s->nfields + 1;
}


/* What was cut alone is wrong in the middle; "_charset_" must be the first. */

static int
same_reason(const body_case_t *c, vet_unreadable_t why)
{
    if (why == c->why || (c->why == VET_TRUNCATED && why == VET_JSON_INVALID))
    {
        return 1;
    }

    return why == VET_PART_CHARSET
           && memmem(c->body.data, c->body.len, "_charset_", 9) != NULL;
}


void
body_nuls_run(const body_case_t *c, const vet_form_t *form)
{
    size_t             at;
    vet_str_t          body;
    vet_pool_t        *pool;
    unsigned char     *text;
    vet_submission_t   s;

    if (c->type == NULL || c->why != VET_READABLE || c->body.len == 0) {
        return;
    }

    text = malloc(c->body.len + 1);
    assert_non_null(text);

    for (at = 0; at <= c->body.len; at++) {

        memcpy(text, c->body.data, at);
        text[at] = '\0';
        memcpy(text + at + 1, c->body.data + at, c->body.len - at);

        body.data = text;
        body.len = c->body.len + 1;

        pool = vet_pool_create(POOL);
        assert_non_null(pool);

        parse(pool, c->type, body, form, &s);

        if (s.unreadable == VET_READABLE && !in_value(&s)) {
            fail_msg("%s: NUL at %zu is not seen", c->name, at);
        }

        vet_pool_destroy(pool);
    }

    free(text);
}


static int
in_value(const vet_submission_t *s)
{
    size_t  i;

    for (i = 0; i < s->nfields; i++) {
        if (s->fields[i].value.len != 0
            && memchr(s->fields[i].value.data, 0, s->fields[i].value.len)
               != NULL)
        {
            return 1;
        }
    }

    return 0;
}
