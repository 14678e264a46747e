
/*
 * Copyright (C) the moderate authors
 *
 * multipart/form-data, RFC 7578 and RFC 2046 section 5.1, as browsers send it
 * and no more: published bypasses of filters are all made of what a lenient
 * parser reads and another does not.
 *
 * A delimiter is "--" boundary, behind CRLF or at the start of the body.  Any
 * other place of these bytes (after a bare LF, which PHP takes, in the middle
 * of a line, in a part's headers) makes the body invalid: then the parser goes
 * on and takes them for data, so that all of the text is shown and matched.
 */


#ifndef _GNU_SOURCE
#define _GNU_SOURCE     /* memmem() */
#endif

#include <string.h>

#include "vet_parse.h"


typedef struct {
    vet_reader_t           *r;
    const unsigned char    *pos;
    const unsigned char    *end;
    size_t                  len;            /* of the delimiter */
    unsigned char           delimiter[2 + 70];
} vet_multipart_t;


typedef struct {
    vet_field_t             field;
    vet_unreadable_t        unreadable;     /* first wrong thing in it */
    const unsigned char    *where;
    const unsigned char    *start;          /* of the headers */
    const unsigned char    *content;        /* NULL: headers do not end */
    const unsigned char    *end;
    size_t                  nheaders;
    vet_str_t               headers[VET_PART_HEADERS];  /* names */
    unsigned                has_name:1;
    unsigned                has_filename:1;
    unsigned                has_charset:1;
    vet_charset_t           charset;        /* that its type declares */
    unsigned                odd:1;          /* not as clients write a file */
} vet_part_t;


static int vet_multipart_start(vet_multipart_t *mp);
static int vet_multipart_line(vet_multipart_t *mp);
static int vet_multipart_part(vet_multipart_t *mp);
static const unsigned char *vet_multipart_find(vet_multipart_t *mp,
    const unsigned char *start);
static const unsigned char *vet_multipart_content(const unsigned char *start,
    const unsigned char *end);
static const unsigned char *vet_multipart_crlf(const unsigned char *pos,
    const unsigned char *end);
static void vet_multipart_note(vet_multipart_t *mp, vet_unreadable_t reason,
    const unsigned char *where);
static int vet_multipart_stop(vet_multipart_t *mp, vet_unreadable_t reason,
    const unsigned char *where);

static int vet_part_read(vet_multipart_t *mp, vet_part_t *part);
static int vet_part_headers(vet_multipart_t *mp, vet_part_t *part);
static int vet_part_header(vet_multipart_t *mp, vet_part_t *part,
    const unsigned char *pos, const unsigned char *end);
static int vet_part_odd(vet_str_t name, const unsigned char *end);
static int vet_part_bare(const vet_part_t *part);
static int vet_part_bytes(vet_part_t *part, const unsigned char *pos,
    const unsigned char *end);
static int vet_part_disposition(vet_multipart_t *mp, vet_part_t *part,
    vet_str_t value);
static int vet_part_param(vet_multipart_t *mp, vet_part_t *part,
    const vet_param_t *param);
static int vet_part_unquote(vet_multipart_t *mp, vet_part_t *part,
    const vet_param_t *param, vet_str_t *text);
static void vet_part_type(vet_part_t *part, vet_str_t value);
static void vet_part_encoding(vet_part_t *part, vet_str_t value);
static int vet_part_add(vet_multipart_t *mp, vet_part_t *part);
static int vet_part_contradicts(vet_multipart_t *mp, const vet_part_t *part,
    vet_charset_t values);
static int vet_part_file(vet_multipart_t *mp, vet_part_t *part);
static int vet_part_note(vet_part_t *part, vet_unreadable_t reason,
    const unsigned char *where);


int
vet_read_multipart(vet_reader_t *r, vet_str_t boundary)
{
    int              rc;
    vet_multipart_t  mp;

    mp.r = r;
    mp.pos = r->body.data;
    mp.end = mp.pos + r->body.len;
    mp.len = 2 + boundary.len;
    mp.delimiter[0] = '-';
    mp.delimiter[1] = '-';
    memcpy(&mp.delimiter[2], boundary.data, boundary.len);

    rc = vet_multipart_start(&mp);

    while (rc == VET_OK) {

        rc = vet_multipart_line(&mp);
        if (rc == VET_DECLINED) {
            return r->s->unreadable == VET_READABLE ? VET_OK : VET_DECLINED;
        }

        if (rc == VET_OK) {
            rc = vet_multipart_part(&mp);
        }
    }

    return rc;
}


/* The body begins with a delimiter: no preamble, which few backends skip. */

static int
vet_multipart_start(vet_multipart_t *mp)
{
    size_t  rest;

    rest = (size_t) (mp->end - mp->pos);

    if (rest < mp->len && memcmp(mp->pos, mp->delimiter, rest) == 0) {
        return vet_multipart_stop(mp, VET_TRUNCATED, mp->end);
    }

    if (rest >= mp->len && memcmp(mp->pos, mp->delimiter, mp->len) == 0) {
        mp->pos += mp->len;
        return VET_OK;
    }

    vet_multipart_note(mp, VET_MULTIPART_INVALID, mp->pos);

    mp->pos = vet_multipart_find(mp, mp->pos);

    if (mp->pos == NULL) {
        return VET_DECLINED;
    }

    mp->pos += mp->len;

    return VET_OK;
}


/*
 * Reads what stands behind a delimiter.  VET_OK: a part follows; VET_DECLINED:
 * it was the last delimiter, or the body cannot be read on.
 */

static int
vet_multipart_line(vet_multipart_t *mp)
{
    size_t                rest;
    const unsigned char  *pos;

    pos = mp->pos;
    rest = (size_t) (mp->end - pos);

    if (rest >= 2 && pos[0] == '\r' && pos[1] == '\n') {
        mp->pos += 2;
        return VET_OK;
    }

    if (rest >= 2 && pos[0] == '-' && pos[1] == '-') {

        /* one CRLF may follow, an epilogue may not */

        if (rest != 2 && (rest != 4 || memcmp(pos + 2, "\r\n", 2) != 0)) {
            vet_multipart_note(mp, (rest == 3 && pos[2] == '\r')
                                   ? VET_TRUNCATED : VET_MULTIPART_INVALID,
                               pos + 2);
        }

        return VET_DECLINED;
    }

    if (rest == 0 || (rest == 1 && (*pos == '\r' || *pos == '-'))) {
        return vet_multipart_stop(mp, VET_TRUNCATED, mp->end);
    }

    /* not reached from vet_multipart_find(): the first delimiter only */

    return vet_multipart_stop(mp, VET_MULTIPART_INVALID, pos);
}


/* Reads one part and moves behind the delimiter that ends it. */

static int
vet_multipart_part(vet_multipart_t *mp)
{
    int                   rc;
    vet_part_t            part;
    const unsigned char  *next;

    memset(&part, 0, sizeof(vet_part_t));
    part.start = mp->pos;

    next = vet_multipart_find(mp, mp->pos);

    part.end = (next == NULL) ? mp->end : next - 2;
    part.content = vet_multipart_content(part.start, part.end);

    if (next == NULL) {

        /* what is there of the part is shown; it is not judged any more */

        vet_multipart_note(mp, VET_TRUNCATED, mp->end);
    }

    rc = vet_part_read(mp, &part);
    if (rc != VET_OK) {
        return rc;
    }

    if (next == NULL) {
        return VET_DECLINED;
    }

    mp->pos = next + mp->len;

    return VET_OK;
}


/*
 * Returns the next delimiter behind start, or NULL.  The bytes of a delimiter
 * that are none are noted on the way.
 */

static const unsigned char *
vet_multipart_find(vet_multipart_t *mp, const unsigned char *start)
{
    size_t                rest;
    const unsigned char  *pos, *behind;

    pos = start;

    for ( ;; ) {

        pos = memmem(pos, (size_t) (mp->end - pos), mp->delimiter, mp->len);
        if (pos == NULL) {
            return NULL;
        }

        behind = pos + mp->len;
        rest = (size_t) (mp->end - behind);

        if (pos - start >= 2 && pos[-2] == '\r' && pos[-1] == '\n'
            && (rest < 2
                || memcmp(behind, "\r\n", 2) == 0
                || memcmp(behind, "--", 2) == 0))
        {
            return pos;
        }

        vet_multipart_note(mp, VET_MULTIPART_INVALID, pos);

        /* a delimiter has no CR or LF in it, so none begins inside this one */

        pos = behind;
    }
}


/* Returns what is behind the empty line that ends the headers, or NULL. */

static const unsigned char *
vet_multipart_content(const unsigned char *start, const unsigned char *end)
{
    size_t                len;
    const unsigned char  *pos;

    /* four bytes more than allowed: headers of the full length and their end */

    len = (size_t) (end - start);

    if (len > VET_PART_HEADER_LEN + 4) {
        len = VET_PART_HEADER_LEN + 4;
    }

    if (len >= 2 && start[0] == '\r' && start[1] == '\n') {
        return start + 2;
    }

    end = start + len;

    for (pos = start; /* void */ ; pos += 2) {

        pos = vet_multipart_crlf(pos, end);

        if (pos == NULL || end - pos < 4) {
            return NULL;
        }

        if (pos[2] == '\r' && pos[3] == '\n') {
            return pos + 4;
        }
    }
}


/* Returns the next CRLF or NULL.  memmem() is slow to start. */

static const unsigned char *
vet_multipart_crlf(const unsigned char *pos, const unsigned char *end)
{
    while (end - pos >= 2) {

        pos = memchr(pos, '\r', (size_t) (end - pos) - 1);

        if (pos == NULL || pos[1] == '\n') {
            return pos;
        }

        pos++;
    }

    return NULL;
}


static void
vet_multipart_note(vet_multipart_t *mp, vet_unreadable_t reason,
    const unsigned char *where)
{
    vet_reader_note(mp->r, reason, (size_t) (where - mp->r->body.data));
}


static int
vet_multipart_stop(vet_multipart_t *mp, vet_unreadable_t reason,
    const unsigned char *where)
{
    vet_multipart_note(mp, reason, where);

    return VET_DECLINED;
}


static int
vet_part_read(vet_multipart_t *mp, vet_part_t *part)
{
    int  rc;

    rc = vet_part_headers(mp, part);
    if (rc != VET_OK) {
        return rc;
    }

    if (part->content == NULL) {
        (void) vet_part_note(part, vet_part_bare(part)
                                   ? VET_MULTIPART_INVALID
                                   : VET_PART_HEADER_INVALID, part->start);
        part->content = part->start;
    }

    if (!part->has_name) {
        (void) vet_part_note(part, VET_PART_HEADER_INVALID, part->start);
    }

    return vet_part_add(mp, part);
}


static int
vet_part_headers(vet_multipart_t *mp, vet_part_t *part)
{
    int                   rc;
    const unsigned char  *pos, *end, *line;

    if (part->content == NULL) {
        return VET_OK;
    }

    /* the last header line keeps its CRLF */

    end = part->content - 2;
    rc = VET_OK;

    for (pos = part->start; pos < end; pos = line + 2) {

        line = vet_multipart_crlf(pos, end);

        if (line == NULL) {
            (void) vet_part_note(part, VET_PART_HEADER_INVALID, pos);
            break;
        }

        rc = vet_part_header(mp, part, pos, line);
        if (rc != VET_OK) {
            break;
        }
    }

    return rc;
}


static int
vet_part_header(vet_multipart_t *mp, vet_part_t *part,
    const unsigned char *pos, const unsigned char *end)
{
    vet_str_t  name, value;

    if (!vet_part_bytes(part, pos, end)) {
        return VET_OK;
    }

    name.data = pos;
    name.len = vet_token_len(pos, end);
    pos += name.len;

    /* this also finds folded lines, which begin with a blank */

    if (name.len == 0 || pos == end || *pos != ':') {
        return vet_part_note(part, VET_PART_HEADER_INVALID, pos);
    }

    if (part->nheaders == VET_PART_HEADERS
        || vet_param_seen(part->headers, part->nheaders, name))
    {
        return vet_part_note(part, VET_PART_HEADER_INVALID, name.data);
    }

    part->nheaders++;

    value.data = pos + 1;
    value.len = (size_t) (end - value.data);
    value = vet_token_trim(value);

    part->odd |= (value.len == 0);

    if (vet_token_is(name, "content-disposition")) {
        part->odd |= vet_part_odd(name, end);
        return vet_part_disposition(mp, part, value);
    }

    if (value.len != 0 && memchr(value.data, 0, value.len) != NULL) {
        return vet_part_note(part, VET_PART_HEADER_INVALID, value.data);
    }

    if (vet_token_is(name, "content-type")) {
        vet_part_type(part, value);

    } else if (vet_token_is(name, "content-transfer-encoding")) {
        vet_part_encoding(part, value);
    }

    return VET_OK;
}


/*
 * To CGI.pm a file is a field unless the header is "Content-Disposition: ",
 * its C and D in either case, and " filename" comes with a quoted name; an
 * empty header takes the next line for its value.  To werkzeug it is one when
 * there is a blank before a semicolon.
 */

static int
vet_part_odd(vet_str_t name, const unsigned char *end)
{
    const unsigned char  *p;

    p = name.data + name.len + 1;

    return p == end || (*p != ' ' && *p != '\t')
           || (memcmp(name.data + 1, "ontent-", 7) != 0)
           || (memcmp(name.data + 9, "isposition", 10) != 0);
}


/* Tells whether the first line ends in LF without CR. */

static int
vet_part_bare(const vet_part_t *part)
{
    const unsigned char  *lf;

    if (part->start == part->end) {
        return 0;
    }

    lf = memchr(part->start, '\n', (size_t) (part->end - part->start));

    return lf != NULL && (lf == part->start || lf[-1] != '\r');
}


/* NUL is left to those who know which value it is in. */

static int
vet_part_bytes(vet_part_t *part, const unsigned char *pos,
    const unsigned char *end)
{
    for ( /* void */ ; pos < end; pos++) {

        if (*pos >= 0x20 && *pos != 0x7f) {
            continue;
        }

        if (*pos == '\n') {
            (void) vet_part_note(part, VET_MULTIPART_INVALID, pos);
            return 0;
        }

        if (*pos != '\t' && *pos != '\0') {
            (void) vet_part_note(part, VET_PART_HEADER_INVALID, pos);
            return 0;
        }
    }

    return 1;
}


static int
vet_part_disposition(vet_multipart_t *mp, vet_part_t *part, vet_str_t value)
{
    int                   rc;
    size_t                n;
    vet_str_t             type, names[VET_PARAMS_MAX];
    vet_param_t           param;
    const unsigned char  *pos, *end;

    pos = value.data;
    end = pos + value.len;

    type.data = pos;
    type.len = vet_token_len(pos, end);
    pos += type.len;

    if (!vet_token_is(type, "form-data")) {
        return vet_part_note(part, VET_PART_HEADER_INVALID, pos);
    }

    for (n = 0; /* void */ ; n++) {

        rc = vet_param_next(&pos, end, &param);
        if (rc == VET_DECLINED) {
            return VET_OK;
        }

        if (rc != VET_OK || n == VET_PARAMS_MAX
            || vet_param_seen(names, n, param.name))
        {
            return vet_part_note(part, VET_PART_HEADER_INVALID, pos);
        }

        rc = vet_part_param(mp, part, &param);
        if (rc != VET_OK) {
            return rc;
        }
    }
}


static int
vet_part_param(vet_multipart_t *mp, vet_part_t *part, const vet_param_t *param)
{
    vet_str_t             name;
    const unsigned char  *where, *star;

    where = param->name.data;

    /* there is at least "form-data;" before */

    part->odd |= where[-1] != ' ' || where[-2] != ';'
                 || where[-3] == ' ' || where[-3] == '\t'
                 || where[-3] == ';';

    star = memchr(param->name.data, '*', param->name.len);

    if (star != NULL) {
        name = param->name;
        name.len = (size_t) (star - name.data);

        return vet_part_note(part, vet_token_is(name, "filename")
                                   ? VET_FILE_AMBIGUOUS
                                   : VET_PART_HEADER_INVALID, where);
    }

    /* PHP takes 'a' for a quoted a */

    if (!param->quoted
        && memchr(param->value.data, '\'', param->value.len) != NULL)
    {
        (void) vet_part_note(part, VET_PART_HEADER_INVALID, where);
    }

    if (vet_token_is(param->name, "name")) {
        part->has_name = 1;
        return vet_part_unquote(mp, part, param, &part->field.name);
    }

    if (vet_token_is(param->name, "filename")) {
        part->has_filename = 1;
        part->odd |= !param->quoted;

        if (param->value.len != 0
            && memchr(param->value.data, 0, param->value.len) != NULL)
        {
            (void) vet_part_note(part, VET_PART_HEADER_INVALID, where);
        }

        return vet_part_unquote(mp, part, param, &part->field.filename);
    }

    return VET_OK;
}


/*
 * Browsers write a quote as %22 and leave a backslash alone, so only \" and \\
 * are read as escapes.  Parsers to which \" ends the string would find another
 * parameter behind it: with a ";" there, name and filename are ambiguous.
 */

static int
vet_part_unquote(vet_multipart_t *mp, vet_part_t *part,
    const vet_param_t *param, vet_str_t *text)
{
    int                   quote;
    unsigned char        *dst, *start;
    const unsigned char  *pos, *end;

    *text = param->value;

    if (!param->escaped) {
        return VET_OK;
    }

    start = vet_palloc(mp->r->pool, param->value.len);
    if (start == NULL) {
        return vet_pool_failure(mp->r->pool);
    }

    dst = start;
    quote = 0;
    pos = param->value.data;
    end = pos + param->value.len;

    for ( /* void */ ; pos < end; pos++) {

        if (*pos == '\\' && end - pos > 1
            && (pos[1] == '"' || pos[1] == '\\'))
        {
            pos++;
            quote |= (*pos == '"');

        } else if (*pos == ';' && quote) {
            (void) vet_part_note(part, VET_PART_HEADER_INVALID, pos);
        }

        *dst++ = *pos;
    }

    text->data = start;
    text->len = (size_t) (dst - start);

    return VET_OK;
}


static void
vet_part_type(vet_part_t *part, vet_str_t value)
{
    int          rc;
    vet_media_t  media;

    rc = vet_media_read(value, &media);

    if (vet_token_is(media.type, "multipart")
        || vet_token_is(media.type, "message"))
    {
        (void) vet_part_note(part, VET_PART_NESTED, value.data);

    } else if (media.bad_charset) {
        (void) vet_part_note(part, VET_PART_CHARSET, value.data);

    } else if (rc != VET_OK) {
        (void) vet_part_note(part, VET_PART_HEADER_INVALID, value.data);

    } else if (vet_media_charset(&media, &part->charset) != VET_OK
               || (part->charset > VET_CS_ASCII
                   && !(vet_token_is(media.type, "text")
                        && vet_token_is(media.subtype, "plain"))))
    {
        (void) vet_part_note(part, VET_PART_CHARSET, value.data);
        part->charset = VET_CS_UTF8;

    } else {
        part->has_charset = media.has_charset;
    }
}


static void
vet_part_encoding(vet_part_t *part, vet_str_t value)
{
    if (!vet_token_is(value, "7bit")
        && !vet_token_is(value, "8bit")
        && !vet_token_is(value, "binary"))
    {
        (void) vet_part_note(part, VET_PART_ENCODING, value.data);
    }
}


static int
vet_part_add(vet_multipart_t *mp, vet_part_t *part)
{
    int            rc;
    size_t         offset;
    vet_str_t      value;
    vet_charset_t  names, values;

    value.data = part->content;
    value.len = (size_t) (part->end - part->content);

    part->field.value = value;
    offset = (size_t) (part->start - mp->r->body.data);

    if (part->field.name.data == NULL) {
        part->field.name.data = part->start;
    }

    if (part->has_filename) {
        rc = vet_part_file(mp, part);
        if (rc != VET_OK) {
            return rc;
        }
    }

    names = mp->r->charset;
    values = part->has_charset ? part->charset : names;

    if (vet_part_contradicts(mp, part, values)) {
        (void) vet_part_note(part, VET_PART_CHARSET, value.data);
    }

    if (part->field.name.len != 0
        && memchr(part->field.name.data, 0, part->field.name.len) != NULL)
    {
        vet_reader_note(mp->r, VET_NUL_IN_NAME, offset);
    }

    if (part->unreadable != VET_READABLE) {
        vet_multipart_note(mp, part->unreadable, part->where);
    }

    return vet_charset_add(mp->r, names, values, &part->field, offset,
                           VET_PART_CHARSET);
}


/*
 * Tells whether more than one set is declared for a part.  RFC 7578, section
 * 4.6: a part named "_charset_" says it for all; that it is the first one is
 * asked here, as some backends take the last.
 */

static int
vet_part_contradicts(vet_multipart_t *mp, const vet_part_t *part,
    vet_charset_t values)
{
    vet_reader_t   *r;
    vet_charset_t   cs;

    r = mp->r;

    if (!vet_token_is(part->field.name, "_charset_")) {
        return values != r->charset && r->declared
               && !vet_ascii_check(part->field.value);
    }

    if (vet_charset_find(part->field.value, &cs) != VET_OK
        || vet_charset_wide(cs) || part->has_filename
        || (r->declared && cs != r->charset))
    {
        return 1;
    }

    if (cs != r->charset && (r->s->nfields != 0
                             || part->field.name.data[1] != 'c'))
    {
        return 1;
    }

    r->charset = cs;
    r->declared = 1;

    return 0;
}


/*
 * A file that could be the comment is left a field: its content is matched.
 * The name may be that of a watched field, or the file name is empty and there
 * is content, which Go takes for a field.
 */

static int
vet_part_file(vet_multipart_t *mp, vet_part_t *part)
{
    int         rc;
    vet_role_t  role;

    rc = vet_form_find(mp->r->form, part->field.name, &role);
    if (rc != VET_OK) {
        return rc;
    }

    if ((role >= VET_ROLE_TEXT && role <= VET_ROLE_PHONE)
        || part->odd
        || (part->field.name.len != 0
            && memchr(part->field.name.data, '=', part->field.name.len)
               != NULL)
        || (part->field.filename.len == 0 && part->field.value.len != 0))
    {
        return vet_part_note(part, VET_FILE_AMBIGUOUS, part->start);
    }

    part->field.file = 1;

    return VET_OK;
}


/* Keeps the first reason; returns VET_OK, as the rest is read on. */

static int
vet_part_note(vet_part_t *part, vet_unreadable_t reason,
    const unsigned char *where)
{
    if (part->unreadable == VET_READABLE) {
        part->unreadable = reason;
        part->where = where;
    }

    return VET_OK;
}
