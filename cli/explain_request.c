
/*
 * Copyright (C) the moderate authors
 *
 * A request as it went over the wire: a line, headers, an empty line, the body.
 */


#include <string.h>
#include <strings.h>

#include "explain.h"


#define REQUEST_CHUNK_MAX  EXPLAIN_BODY_MAX


/* What headers say of the body. */

typedef struct {
    size_t                  length;
    unsigned                chunked:1;
    unsigned                sized:1;
} request_framing_t;


static int request_next(explain_t *e, size_t *at, vet_str_t *line);
static int request_line(explain_t *e, vet_str_t line);
static int request_header(explain_t *e, vet_str_t line, request_framing_t *f);
static int request_is(vet_str_t name, const char *expected);
static vet_str_t request_trim(vet_str_t s);
static int request_length(vet_str_t value, request_framing_t *f);
static int request_body(explain_t *e, size_t at, const request_framing_t *f);
static int request_chunks(explain_t *e, size_t at);
static int request_chunk_size(vet_str_t line, size_t *size);
static int request_wrong(const char *what);


int
moderatectl_explain_request(explain_t *e)
{
    int                 rc;
    size_t              at;
    vet_str_t           line;
    request_framing_t   framing;

    at = 0;
    memset(&framing, 0, sizeof(request_framing_t));

    if (request_next(e, &at, &line) != VET_OK) {
        return request_wrong("has no line, expected \"POST /path HTTP/1.1\"");
    }

    rc = request_line(e, line);

    while (rc == MODERATECTL_OK) {

        if (request_next(e, &at, &line) != VET_OK) {
            return request_wrong("ends in its headers, expected an empty line "
                                 "and the body");
        }

        if (line.len == 0) {
            return request_body(e, at, &framing);
        }

        rc = request_header(e, line, &framing);
    }

    return rc;
}


/* A line ends with LF, or CR and LF. */

static int
request_next(explain_t *e, size_t *at, vet_str_t *line)
{
    const char  *end;

    line->data = (const unsigned char *) e->body + *at;

    end = memchr(line->data, '\n', e->len - *at);
    if (end == NULL) {
        return VET_DECLINED;
    }

    line->len = (size_t) (end - (const char *) line->data);
    *at += line->len + 1;

    if (line->len != 0 && line->data[line->len - 1] == '\r') {
        line->len--;
    }

    return VET_OK;
}


static int
request_line(explain_t *e, vet_str_t line)
{
    size_t                i;
    const unsigned char  *space, *last;

    space = memchr(line.data, ' ', line.len);
    last = space;

    for (i = 0; i < line.len; i++) {
        last = (line.data[i] == ' ') ? line.data + i : last;
    }

    if (space == NULL || last == space
        || line.len < (size_t) (last - line.data) + 6
        || memcmp(last + 1, "HTTP/", 5) != 0)
    {
        return request_wrong("begins with another line, expected \"POST /path "
                             "HTTP/1.1\"");
    }

    e->method.data = line.data;
    e->method.len = (size_t) (space - line.data);
    e->target.data = space + 1;
    e->target.len = (size_t) (last - space - 1);

    if (e->context.form.len == 0) {
        e->context.form.data = e->target.data;

        while (e->context.form.len < e->target.len
               && e->target.data[e->context.form.len] != '?')
        {
            e->context.form.len++;
        }
    }

    return MODERATECTL_OK;
}


static int
request_header(explain_t *e, vet_str_t line, request_framing_t *f)
{
    vet_str_t             name, value;
    const unsigned char  *colon;

    colon = memchr(line.data, ':', line.len);

    if (colon == NULL || line.data[0] == ' ' || line.data[0] == '\t') {
        return request_wrong("has a header line without a name, expected "
                             "\"Name: value\"");
    }

    name.data = line.data;
    name.len = (size_t) (colon - line.data);
    value.data = colon + 1;
    value.len = line.len - name.len - 1;
    value = request_trim(value);

    if (request_is(name, "Content-Type")) {
        e->message.content_type = value;
        e->message.content_types++;

    } else if (request_is(name, "Content-Encoding")) {
        e->message.content_encoding = value;

    } else if (request_is(name, "Transfer-Encoding")) {
        if (!request_is(value, "chunked")) {
            return request_wrong("has an unknown Transfer-Encoding, expected "
                                 "\"chunked\"");
        }

        f->chunked = 1;

    } else if (request_is(name, "Content-Length")) {
        return request_length(value, f);
    }

    return MODERATECTL_OK;
}


static int
request_is(vet_str_t name, const char *expected)
{
    return name.len == strlen(expected)
           && strncasecmp((const char *) name.data, expected, name.len) == 0;
}


static vet_str_t
request_trim(vet_str_t s)
{
    while (s.len != 0 && (s.data[0] == ' ' || s.data[0] == '\t')) {
        s.data++;
        s.len--;
    }

    while (s.len != 0
           && (s.data[s.len - 1] == ' ' || s.data[s.len - 1] == '\t'))
    {
        s.len--;
    }

    return s;
}


static int
request_length(vet_str_t value, request_framing_t *f)
{
    size_t  i, length;

    length = 0;

    for (i = 0; i < value.len; i++) {
        if (value.data[i] < '0' || value.data[i] > '9'
            || length > EXPLAIN_BODY_MAX)
        {
            break;
        }

        length = 10 * length + (size_t) (value.data[i] - '0');
    }

    if (i == 0 || i < value.len || (f->sized && f->length != length)) {
        return request_wrong("has a wrong Content-Length, expected one number");
    }

    f->sized = 1;
    f->length = length;

    return MODERATECTL_OK;
}


/* Without a length the body is all that follows. */

static int
request_body(explain_t *e, size_t at, const request_framing_t *f)
{
    if (f->chunked && f->sized) {
        return request_wrong("has a Content-Length and is chunked, expected "
                             "one of them");
    }

    if (f->chunked) {
        return request_chunks(e, at);
    }

    e->message.body.data = (const unsigned char *) e->body + at;
    e->message.body.len = e->len - at;

    if (!f->sized) {
        return MODERATECTL_OK;
    }

    if (f->length > e->message.body.len) {
        return request_wrong("ends before its Content-Length");
    }

    if (e->message.body.len - f->length > 2) {
        return request_wrong("goes on behind its Content-Length, expected "
                             "one request");
    }

    /* an editor may have added the line end behind the body */

    e->message.body.len = f->length;

    return MODERATECTL_OK;
}


static int
request_chunks(explain_t *e, size_t at)
{
    size_t      size, len;
    vet_str_t   line;
    char       *body;

    body = e->body + at;
    len = 0;

    for ( ;; ) {
        if (request_next(e, &at, &line) != VET_OK
            || request_chunk_size(line, &size) != VET_OK)
        {
            return request_wrong("has a wrong chunk, expected its size in "
                                 "hexadecimal digits");
        }

        if (size == 0) {
            break;
        }

        if (size > e->len - at) {
            return request_wrong("ends in a chunk");
        }

        memmove(body + len, e->body + at, size);
        len += size;
        at += size;

        if (request_next(e, &at, &line) != VET_OK || line.len != 0) {
            return request_wrong("has a chunk of another size than it says");
        }
    }

    e->message.body.data = (const unsigned char *) body;
    e->message.body.len = len;

    return MODERATECTL_OK;
}


static int
request_chunk_size(vet_str_t line, size_t *size)
{
    size_t       i;
    const char  *digit;

    static const char  digits[] = "0123456789abcdef";

    *size = 0;

    for (i = 0; i < line.len && line.data[i] != ';'; i++) {
        digit = strchr(digits, line.data[i] | 0x20);

        if (line.data[i] <= ' ' || digit == NULL
            || *size > REQUEST_CHUNK_MAX)
        {
            return VET_DECLINED;
        }

        *size = 16 * *size + (size_t) (digit - digits);
    }

    return (i == 0) ? VET_DECLINED : VET_OK;
}


static int
request_wrong(const char *what)
{
    fprintf(stderr, "moderatectl: the request %s\n", what);

    return MODERATECTL_TROUBLE;
}
