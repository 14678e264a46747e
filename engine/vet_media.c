
/*
 * Copyright (C) the moderate authors
 *
 * The grammar of a Content-Type and of other headers with parameters: RFC
 * 9110, sections 5.6 and 8.3.  No white space around "=", no other forgiving.
 */


#include <string.h>

#include "vet_parse.h"


static int vet_media_type(const unsigned char **pos, const unsigned char *end,
    vet_media_t *m);
static int vet_media_param(vet_media_t *m, const vet_param_t *param, int rc);
static int vet_param_value(const unsigned char **pos,
    const unsigned char *end, vet_param_t *param);
static int vet_param_quoted(const unsigned char **pos,
    const unsigned char *end, vet_param_t *param);
static const unsigned char *vet_token_blanks(const unsigned char *pos,
    const unsigned char *end);
static unsigned char vet_token_lower(unsigned char c);


/* RFC 9110, section 5.6.2: tchar */

static const unsigned char  vet_token_chars[256] = {
    ['0' ... '9'] = 1, ['a' ... 'z'] = 1, ['A' ... 'Z'] = 1,
    ['!'] = 1, ['#'] = 1, ['$'] = 1, ['%'] = 1, ['&'] = 1, ['\''] = 1,
    ['*'] = 1, ['+'] = 1, ['-'] = 1, ['.'] = 1, ['^'] = 1, ['_'] = 1,
    ['`'] = 1, ['|'] = 1, ['~'] = 1,
};


int
vet_media_read(vet_str_t value, vet_media_t *m)
{
    int                   rc;
    size_t                n;
    vet_str_t             names[VET_PARAMS_MAX];
    vet_param_t           param;
    const unsigned char  *pos, *end;

    memset(m, 0, sizeof(vet_media_t));

    value = vet_token_trim(value);
    pos = value.data;
    end = pos + value.len;

    if (vet_media_type(&pos, end, m) != VET_OK) {
        return VET_ERROR;
    }

    for (n = 0; /* void */ ; n++) {

        rc = vet_param_next(&pos, end, &param);
        if (rc == VET_DECLINED) {
            return VET_OK;
        }

        if (vet_media_param(m, &param, rc) != VET_OK
            || n == VET_PARAMS_MAX
            || vet_param_seen(names, n, param.name))
        {
            return VET_ERROR;
        }
    }
}


static int
vet_media_type(const unsigned char **pos, const unsigned char *end,
    vet_media_t *m)
{
    m->type.data = *pos;
    m->type.len = vet_token_len(*pos, end);
    *pos += m->type.len;

    if (m->type.len == 0 || *pos == end || **pos != '/') {
        return VET_ERROR;
    }

    *pos += 1;

    m->subtype.data = *pos;
    m->subtype.len = vet_token_len(*pos, end);
    *pos += m->subtype.len;

    return (m->subtype.len == 0) ? VET_ERROR : VET_OK;
}


/*
 * rc is what vet_param_next said.  RFC 2231 names ("boundary*0") are read by
 * some backends and passed over by others, so none may be used.
 */

static int
vet_media_param(vet_media_t *m, const vet_param_t *param, int rc)
{
    int                   extended;
    vet_str_t             name;
    const unsigned char  *star;

    name = param->name;
    star = NULL;

    if (name.len != 0) {
        star = memchr(name.data, '*', name.len);
    }

    extended = (star != NULL);

    if (extended) {
        name.len = (size_t) (star - name.data);
    }

    if (vet_token_is(name, "boundary")) {

        m->bad_boundary |= extended || param->escaped || m->has_boundary
                           || rc != VET_OK;
        m->has_boundary = 1;
        m->boundary = param->value;
        return rc;
    }

    if (vet_token_is(name, "charset")) {

        m->bad_charset |= extended || param->escaped;
        m->has_charset = 1;
        m->charset = param->value;
        return rc;
    }

    return extended ? VET_ERROR : rc;
}


int
vet_media_charset(const vet_media_t *m, vet_charset_t *cs)
{
    *cs = VET_CS_UTF8;

    if (!m->has_charset) {
        return VET_OK;
    }

    return m->bad_charset ? VET_DECLINED : vet_charset_find(m->charset, cs);
}


int
vet_param_next(const unsigned char **pos, const unsigned char *end,
    vet_param_t *param)
{
    const unsigned char  *p;

    memset(param, 0, sizeof(vet_param_t));

    p = vet_token_blanks(*pos, end);

    if (p == end) {
        *pos = p;
        return VET_DECLINED;
    }

    if (*p != ';') {
        return VET_ERROR;
    }

    /* RFC 9110, section 5.6.6: a parameter may be missing, as in "a/b;" */

    while (p < end && *p == ';') {
        p = vet_token_blanks(p + 1, end);
    }

    if (p == end) {
        *pos = p;
        return VET_DECLINED;
    }

    param->name.data = p;
    param->name.len = vet_token_len(p, end);
    p += param->name.len;

    if (param->name.len == 0 || p == end || *p != '=') {
        return VET_ERROR;
    }

    *pos = p + 1;

    return vet_param_value(pos, end, param);
}


static int
vet_param_value(const unsigned char **pos, const unsigned char *end,
    vet_param_t *param)
{
    const unsigned char  *p;

    p = *pos;

    if (p < end && *p == '"') {
        return vet_param_quoted(pos, end, param);
    }

    param->value.data = p;
    param->value.len = vet_token_len(p, end);
    p += param->value.len;
    *pos = p;

    if (param->value.len == 0
        || (p < end && *p != ';' && *p != ' ' && *p != '\t'))
    {
        return VET_ERROR;
    }

    return VET_OK;
}


/*
 * NUL is let through for the caller, who can say better what is wrong with
 * it.  Other controls are nowhere in a header.
 */

static int
vet_param_quoted(const unsigned char **pos, const unsigned char *end,
    vet_param_t *param)
{
    const unsigned char  *p;

    p = *pos + 1;
    param->quoted = 1;
    param->value.data = p;

    for ( /* void */ ; p < end; p++) {

        if (*p == '"') {
            param->value.len = (size_t) (p - param->value.data);
            p++;
            *pos = p;

            return (p == end || *p == ';' || *p == ' ' || *p == '\t')
                   ? VET_OK : VET_ERROR;
        }

        if (*p == '\\') {
            param->escaped = 1;

            if (end - p > 1 && (p[1] == '"' || p[1] == '\\')) {
                p++;
            }

        } else if ((*p < 0x20 && *p != '\t' && *p != '\0') || *p == 0x7f) {
            return VET_ERROR;
        }
    }

    return VET_ERROR;
}


int
vet_param_seen(vet_str_t *names, size_t n, vet_str_t name)
{
    size_t  i;

    for (i = 0; i < n; i++) {
        if (vet_token_eq(names[i], name)) {
            return 1;
        }
    }

    names[n] = name;

    return 0;
}


size_t
vet_token_len(const unsigned char *pos, const unsigned char *end)
{
    const unsigned char  *p;

    for (p = pos; p < end && vet_token_chars[*p]; p++) { /* void */ }

    return (size_t) (p - pos);
}


static unsigned char
vet_token_lower(unsigned char c)
{
    return (c >= 'A' && c <= 'Z') ? (unsigned char) (c | 0x20) : c;
}


int
vet_token_eq(vet_str_t a, vet_str_t b)
{
    size_t  i;

    if (a.len != b.len) {
        return 0;
    }

    for (i = 0; i < a.len; i++) {
        if (vet_token_lower(a.data[i]) != vet_token_lower(b.data[i])) {
            return 0;
        }
    }

    return 1;
}


int
vet_token_is(vet_str_t s, const char *lower)
{
    size_t  i;

    for (i = 0; i < s.len; i++) {
        if (lower[i] == '\0'
            || vet_token_lower(s.data[i]) != (unsigned char) lower[i])
        {
            return 0;
        }
    }

    return lower[i] == '\0';
}


vet_str_t
vet_token_trim(vet_str_t s)
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


static const unsigned char *
vet_token_blanks(const unsigned char *pos, const unsigned char *end)
{
    while (pos < end && (*pos == ' ' || *pos == '\t')) {
        pos++;
    }

    return pos;
}
