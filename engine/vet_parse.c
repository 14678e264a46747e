
/*
 * Copyright (C) the moderate authors
 *
 * From a message to fields: what kind of body it is and who reads it.
 *
 * The rule behind every check: where two backends in use could read a body in
 * two ways, it is unreadable.  It is then held, so a check that is too strict
 * costs a look by a moderator; one that is too lax is a way around all rules.
 */


#include <string.h>

#include "vet_parse.h"


typedef enum {
    VET_BODY_UNKNOWN = 0,
    VET_BODY_URLENCODED,
    VET_BODY_MULTIPART,
    VET_BODY_JSON,
    VET_BODY_TEXT
} vet_body_t;


static int vet_parse_body(vet_reader_t *r, const vet_message_t *m);
static int vet_parse_charset(vet_reader_t *r, vet_body_t kind,
    const vet_media_t *media);
static int vet_parse_as(vet_reader_t *r, vet_body_t kind,
    const vet_media_t *media);
static int vet_parse_form(vet_reader_t *r);
static int vet_parse_text(vet_reader_t *r);
static int vet_parse_json_like(vet_str_t body, size_t *start);
static int vet_parse_raw(vet_reader_t *r);
static int vet_parse_whole(vet_reader_t *r);
static vet_body_t vet_parse_kind(const vet_media_t *media);
static int vet_parse_boundary(const vet_media_t *media, vet_str_t header);
static int vet_boundary_valid(vet_str_t boundary);
static int vet_boundary_alone(vet_str_t header, vet_str_t boundary);
static int vet_reader_grow(vet_reader_t *r);


static const char *const  vet_unreadable_names[VET_UNREADABLE_N] = {
    "",
    "content-type-missing",
    "content-type-duplicate",
    "content-type-invalid",
    "content-type-unknown",
    "content-encoding",
    "charset",
    "form-ambiguous",
    "boundary-invalid",
    "multipart-invalid",
    "part-header-invalid",
    "part-encoding",
    "part-charset",
    "part-nested",
    "file-ambiguous",
    "truncated",
    "json-invalid",
    "json-duplicate-key",
    "nul-in-name",
    "name-too-long",
    "too-many-fields",
    "too-deep",
    "too-large"
};


const char *
vet_unreadable_name(vet_unreadable_t reason)
{
    if ((unsigned) reason >= VET_UNREADABLE_N) {
        return "";
    }

    return vet_unreadable_names[reason];
}


int
vet_parse(vet_pool_t *pool, const vet_message_t *m, const vet_form_t *form,
    vet_submission_t *s)
{
    int           rc;
    vet_reader_t  r;

    memset(s, 0, sizeof(vet_submission_t));
    s->form = form;
    memset(&r, 0, sizeof(vet_reader_t));

    if (m->body.len == 0) {
        return VET_OK;
    }

    r.pool = pool;
    r.form = form;
    r.body = m->body;
    r.s = s;

    rc = vet_parse_body(&r, m);

    vet_charset_close(&r);

    return (rc == VET_DECLINED) ? VET_OK : rc;
}


static int
vet_parse_body(vet_reader_t *r, const vet_message_t *m)
{
    int           rc;
    vet_str_t     coding, type;
    vet_body_t    kind;
    vet_media_t   media;

    coding = vet_token_trim(m->content_encoding);

    if (coding.len != 0 && !vet_token_is(coding, "identity")) {
        return vet_reader_stop(r, VET_CONTENT_ENCODING, 0);
    }

    type = vet_token_trim(m->content_type);

    if (type.len == 0) {
        vet_reader_note(r, VET_CONTENT_TYPE_MISSING, 0);
        return vet_parse_raw(r);
    }

    if (m->content_types > 1) {
        vet_reader_note(r, VET_CONTENT_TYPE_DUPLICATE, 0);
    }

    rc = vet_media_read(type, &media);
    kind = vet_parse_kind(&media);

    if (kind == VET_BODY_MULTIPART && !vet_parse_boundary(&media, type)) {
        vet_reader_note(r, VET_BOUNDARY_INVALID, 0);
        return vet_parse_raw(r);
    }

    if (rc != VET_OK) {
        vet_reader_note(r, VET_CONTENT_TYPE_INVALID, 0);
        return vet_parse_raw(r);
    }

    if (kind == VET_BODY_UNKNOWN) {
        vet_reader_note(r, VET_CONTENT_TYPE_UNKNOWN, 0);
        return vet_parse_raw(r);
    }

    if (vet_parse_charset(r, kind, &media) != VET_OK) {
        vet_reader_note(r, VET_CHARSET, 0);
    }

    rc = vet_parse_as(r, kind, &media);

    if (rc == VET_DECLINED && r->s->nfields == 0) {
        return vet_parse_raw(r);
    }

    return rc;
}


/*
 * JSON is UTF-8.  UTF-16 is read between the "=" and "&" of a form, as Tomcat
 * does; Django takes all of the body for it, which is the same thing as long
 * as all else is ASCII: no "=" or "&" comes of two letters.
 */

static int
vet_parse_charset(vet_reader_t *r, vet_body_t kind, const vet_media_t *media)
{
    vet_charset_t  cs;

    if (vet_media_charset(media, &cs) != VET_OK) {
        return VET_DECLINED;
    }

    if (kind == VET_BODY_URLENCODED || kind == VET_BODY_MULTIPART) {

        if (vet_charset_wide(cs)
            && (kind == VET_BODY_MULTIPART || !vet_ascii_check(r->body)
                || memchr(r->body.data, 0, r->body.len) != NULL))
        {
            return VET_DECLINED;
        }

        r->charset = cs;
        r->declared = media->has_charset;

        return VET_OK;
    }

    return (cs == VET_CS_UTF8
            || (cs == VET_CS_ASCII && vet_ascii_check(r->body)))
           ? VET_OK : VET_DECLINED;
}


static int
vet_parse_as(vet_reader_t *r, vet_body_t kind, const vet_media_t *media)
{
    switch (kind) {

    case VET_BODY_URLENCODED:
        return vet_parse_form(r);

    case VET_BODY_MULTIPART:
        return vet_read_multipart(r, media->boundary);

    case VET_BODY_JSON:
        return vet_read_json(r);

    default: /* VET_BODY_TEXT */
        return vet_parse_text(r);
    }
}


/*
 * An API that asks for JSON often does not ask what type it is said to be, and
 * a form is the type that curl says by itself.  Browsers write "{" as "%7B".
 */

static int
vet_parse_form(vet_reader_t *r)
{
    size_t  start;

    if (vet_parse_json_like(r->body, &start)) {
        vet_reader_note(r, VET_FORM_AMBIGUOUS, start);
        return vet_parse_raw(r);
    }

    return vet_read_urlencoded(r);
}


/*
 * Text in braces or brackets that is no JSON is what it says it is: text.
 * Where JSON was read to its end, whatever was noted on the way, a backend
 * could read it too and it stays JSON.  One that is more lenient may read what
 * is no JSON here; it sees the same letters, except where there are escapes or
 * it is UTF-16, which Python finds out by itself.
 */

static int
vet_parse_text(vet_reader_t *r)
{
    int               rc;
    size_t            start;
    vet_submission_t  before;

    if (!vet_parse_json_like(r->body, &start)) {
        return vet_parse_whole(r);
    }

    before = *r->s;
    r->s->unreadable = VET_READABLE;

    rc = vet_read_json(r);

    if (rc == VET_DECLINED && (r->s->unreadable == VET_JSON_INVALID
                               || r->s->unreadable == VET_TRUNCATED))
    {
        r->s->nfields = 0;
        r->s->unreadable = before.unreadable;
        r->s->offset = before.offset;

        if (memchr(r->body.data, '\\', r->body.len) != NULL
            || memchr(r->body.data, 0, r->body.len) != NULL)
        {
            vet_reader_note(r, VET_JSON_INVALID, start);
        }

        return vet_parse_whole(r);
    }

    if (before.unreadable != VET_READABLE) {
        r->s->unreadable = before.unreadable;
        r->s->offset = before.offset;
    }

    return rc;
}


/*
 * Tells whether JSON with text in it could begin here, behind white space and
 * what there may be of a byte order mark or of UTF-16.
 */

static int
vet_parse_json_like(vet_str_t body, size_t *start)
{
    size_t  i;

    static const char  skipped[] = " \t\r\n\xef\xbb\xbf\xfe\xff";

    for (i = 0; i < body.len; i++) {

        /* the NUL that ends the string is one to skip */

        if (memchr(skipped, body.data[i], sizeof(skipped)) == NULL) {
            *start = i;

            return body.data[i] == '{' || body.data[i] == '['
                   || body.data[i] == '"';
        }
    }

    return 0;
}


/*
 * A body in which nothing could be read is shown and matched as it is when it
 * is text: a moderator cannot decide about a comment that is not shown.
 */

static int
vet_parse_raw(vet_reader_t *r)
{
    size_t         i;
    unsigned char  c;

    for (i = 0; i < r->body.len; i++) {
        c = r->body.data[i];

        if ((c < 0x20 && c != '\t' && c != '\r' && c != '\n') || c == 0x7f) {
            return VET_DECLINED;
        }
    }

    if (vet_utf8_check(r->body) != r->body.len) {
        return VET_DECLINED;
    }

    return vet_parse_whole(r);
}


static int
vet_parse_whole(vet_reader_t *r)
{
    vet_field_t  field;

    memset(&field, 0, sizeof(vet_field_t));
    field.value = r->body;
    field.name.data = r->body.data;

    return vet_reader_add(r, &field, 0);
}


static vet_body_t
vet_parse_kind(const vet_media_t *media)
{
    vet_str_t  suffix;

    if (vet_token_is(media->type, "application")) {

        if (vet_token_is(media->subtype, "x-www-form-urlencoded")) {
            return VET_BODY_URLENCODED;
        }

        if (vet_token_is(media->subtype, "json")) {
            return VET_BODY_JSON;
        }
    }

    if (vet_token_is(media->type, "multipart")
        && vet_token_is(media->subtype, "form-data"))
    {
        return VET_BODY_MULTIPART;
    }

    if (vet_token_is(media->type, "text")
        && vet_token_is(media->subtype, "plain"))
    {
        return VET_BODY_TEXT;
    }

    if (media->subtype.len > 5) {
        suffix.len = 5;
        suffix.data = media->subtype.data + media->subtype.len - 5;

        if (vet_token_is(suffix, "+json")) {
            return VET_BODY_JSON;
        }
    }

    return VET_BODY_UNKNOWN;
}


static int
vet_parse_boundary(const vet_media_t *media, vet_str_t header)
{
    return media->has_boundary
           && !media->bad_boundary
           && vet_boundary_valid(media->boundary)
           && vet_boundary_alone(header, media->boundary);
}


/* RFC 2046: 1 to 70 bchars, no space at the end; nor at the start, for peace */

static int
vet_boundary_valid(vet_str_t boundary)
{
    size_t         i;
    unsigned char  c;

    static const char  marks[] = "'()+_,-./:=? ";

    if (boundary.len < 1 || boundary.len > 70
        || boundary.data[0] == ' '
        || boundary.data[boundary.len - 1] == ' ')
    {
        return 0;
    }

    for (i = 0; i < boundary.len; i++) {
        c = boundary.data[i];

        if ((c >= '0' && c <= '9')
            || (c >= 'a' && c <= 'z')
            || (c >= 'A' && c <= 'Z'))
        {
            continue;
        }

        if (memchr(marks, c, sizeof(marks) - 1) == NULL) {
            return 0;
        }
    }

    return 1;
}


/*
 * PHP looks for the word "boundary" anywhere in the header: first in small
 * letters, then in any.  So "xboundary=a; boundary=b" is two boundaries.  The
 * word may stand elsewhere only inside the value, behind a parameter that is
 * written in small letters and therefore found first.
 */

static int
vet_boundary_alone(vet_str_t header, vet_str_t boundary)
{
    int                   lower;
    vet_str_t             word;
    const unsigned char  *pos, *last;

    if (header.len < 8) {
        return 0;
    }

    word.len = 8;
    lower = 0;
    last = header.data + header.len - 8;

    for (pos = header.data; pos <= last; pos++) {
        word.data = pos;

        if ((*pos | 0x20) != 'b' || !vet_token_is(word, "boundary")) {
            continue;
        }

        if (pos + 8 < boundary.data
            && boundary.data - pos - 8 <= 2 && pos[8] == '=')
        {
            lower = (memcmp(pos, "boundary", 8) == 0);
            continue;
        }

        if (!lower || pos < boundary.data
            || pos >= boundary.data + boundary.len)
        {
            return 0;
        }
    }

    return 1;
}


void
vet_reader_note(vet_reader_t *r, vet_unreadable_t reason, size_t offset)
{
    if (r->s->unreadable == VET_READABLE) {
        r->s->unreadable = reason;
        r->s->offset = offset;
    }
}


int
vet_reader_stop(vet_reader_t *r, vet_unreadable_t reason, size_t offset)
{
    vet_reader_note(r, reason, offset);

    return VET_DECLINED;
}


int
vet_reader_add(vet_reader_t *r, const vet_field_t *field, size_t offset)
{
    int           rc;
    vet_field_t  *f;

    if (field->name.len > VET_NAME_LEN) {
        return vet_reader_stop(r, VET_NAME_TOO_LONG, offset);
    }

    if (r->s->nfields == VET_FIELDS_MAX) {
        return vet_reader_stop(r, VET_TOO_MANY_FIELDS, offset);
    }

    if (r->s->nfields == r->size) {
        rc = vet_reader_grow(r);
        if (rc != VET_OK) {
            return rc;
        }
    }

    f = &r->s->fields[r->s->nfields];
    *f = *field;

    rc = vet_form_find(r->form, f->name, &f->role);
    if (rc != VET_OK) {
        return rc;
    }

    f->utf8 = (vet_utf8_check(f->value) == f->value.len);
    r->s->nfields++;

    if (f->name.len != 0 && memchr(f->name.data, 0, f->name.len) != NULL) {
        vet_reader_note(r, VET_NUL_IN_NAME, offset);
    }

    return VET_OK;
}


static int
vet_reader_grow(vet_reader_t *r)
{
    size_t        size;
    vet_field_t  *fields;

    size = (r->size == 0) ? 16 : r->size * 2;

    if (size > VET_FIELDS_MAX) {
        size = VET_FIELDS_MAX;
    }

    fields = vet_palloc(r->pool, size * sizeof(vet_field_t));
    if (fields == NULL) {
        return vet_pool_failure(r->pool);
    }

    if (r->s->nfields != 0) {
        memcpy(fields, r->s->fields, r->s->nfields * sizeof(vet_field_t));
    }

    r->s->fields = fields;
    r->size = size;

    return VET_OK;
}
