
/*
 * Copyright (C) the moderate authors
 *
 * Hosts in a text, however they are spelled: in an address or alone, with a
 * user and a port, percent-encoded, or with dots that are written out so that
 * no program takes them for an address.
 *
 * Every name in the text is looked up, not only those of what looks like a
 * link: the list decides.  A host in the path of another address is found too,
 * a mail address is not.
 */


#include <string.h>

#include "vet_matcher.h"


#define VET_DOT_SPACES      3        /* around a dot that is written out */

/* what a piece of a text is for a host */

typedef enum {
    VET_PIECE_NONE = 0,
    VET_PIECE_CHAR,
    VET_PIECE_DOT,
    VET_PIECE_SPELLED       /* a dot that may be two words apart as well */
} vet_piece_t;

typedef struct {
    vet_matcher_t          *m;
    vet_finding_t          *f;
    vet_reading_t          *reading;
    const vet_view_t       *view;
    vet_str_t               text;
    size_t                  field;
    unsigned char          *name;       /* the host as far as it is read */
    int                     decode;     /* "%41" is "a" */
    size_t                  looked;     /* where "@" was looked back from, */
    int                     linked;     /* and whether "//" was there */
} vet_seeker_t;


static int vet_hosts_field(vet_matcher_t *m, vet_finding_t *f, size_t field);
static int vet_hosts_seek(vet_seeker_t *s);
static int vet_hosts_token(vet_seeker_t *s, size_t *i);
static int vet_hosts_judge(vet_seeker_t *s, size_t len, size_t start,
    size_t end);
static int vet_hosts_listed(const vet_seeker_t *s, size_t len, int link);
static int vet_hosts_place(vet_seeker_t *s, size_t start, size_t end,
    int *link);
static int vet_hosts_user(vet_seeker_t *s, size_t start);
static int vet_hosts_literal(vet_seeker_t *s, size_t i, size_t *end);
static vet_piece_t vet_hosts_piece(const vet_seeker_t *s, size_t i, size_t *n,
    uint32_t *cp);
static size_t vet_hosts_encoded(vet_str_t text, size_t i, uint32_t *cp);
static int vet_hosts_hex(unsigned char c);
static size_t vet_hosts_spelled(vet_str_t text, size_t i);
static size_t vet_hosts_dot(vet_str_t text, size_t i, int bracket);
static size_t vet_hosts_spaces(vet_str_t text, size_t i);


int
vet_match_hosts(vet_matcher_t *m, vet_finding_t *f)
{
    int     rc;
    size_t  i;

    for (i = 0; i < m->s->nfields; i++) {
        if (!vet_match_applies(m, f->test, i)) {
            continue;
        }

        rc = vet_hosts_field(m, f, i);
        if (rc != VET_OK) {
            return rc;
        }
    }

    return VET_OK;
}


static int
vet_hosts_field(vet_matcher_t *m, vet_finding_t *f, size_t field)
{
    int              rc;
    size_t           i;
    vet_seeker_t     s;
    vet_readings_t  *readings;

    rc = vet_match_readings(m, field, &readings);
    if (rc != VET_OK) {
        return rc;
    }

    s.m = m;
    s.f = f;
    s.field = field;

    for (i = 0; i < readings->n; i++) {
        s.reading = &readings->elts[i];

        rc = vet_match_view(m, s.reading, VET_VIEW_WORDS, &s.view);
        if (rc != VET_OK) {
            return rc;
        }

        s.text = s.view->text;

        s.name = vet_palloc(m->pool, s.text.len + 1);
        if (s.name == NULL) {
            return vet_pool_failed(m->pool);
        }

        s.decode = 0;
        f->seen = f->n;

        rc = vet_hosts_seek(&s);
        if (rc != VET_OK) {
            return rc;
        }

        if (s.text.len == 0 || memchr(s.text.data, '%', s.text.len) == NULL) {
            continue;
        }

        s.decode = 1;
        f->seen = f->n;

        rc = vet_hosts_seek(&s);
        if (rc != VET_OK) {
            return rc;
        }
    }

    return VET_OK;
}


static int
vet_hosts_seek(vet_seeker_t *s)
{
    int          rc;
    size_t       i, n;
    uint32_t     cp;
    vet_piece_t  piece;

    i = 0;
    s->looked = 0;
    s->linked = 0;

    while (i < s->text.len && s->f->n < VET_HITS_PER_RULE) {
        if (s->text.data[i] == '[') {
            rc = vet_hosts_literal(s, i, &n);
            if (rc != VET_OK) {
                return rc;
            }

            i = n;
            continue;
        }

        piece = vet_hosts_piece(s, i, &n, &cp);

        if (piece != VET_PIECE_CHAR) {
            i += (piece == VET_PIECE_NONE && s->text.data[i] == '%') ? 1 : n;
            continue;
        }

        rc = vet_hosts_token(s, &i);
        if (rc != VET_OK) {
            return rc;
        }
    }

    return VET_OK;
}


/* Reads a host, and moves i behind it. */

static int
vet_hosts_token(vet_seeker_t *s, size_t *i)
{
    int          rc;
    size_t       n, len, start, end, dots;
    uint32_t     cp;
    vet_piece_t  piece;

    start = *i;
    end = *i;
    len = 0;
    dots = 0;

    while (*i < s->text.len) {
        piece = vet_hosts_piece(s, *i, &n, &cp);

        if (piece == VET_PIECE_NONE) {
            break;
        }

        if (piece == VET_PIECE_CHAR) {
            memset(s->name + len, '.', dots);
            len += dots;
            dots = 0;
            len += vet_uni_write(cp, s->name + len);
            end = *i + n;

        } else {
            dots++;
        }

        /* what is before it may be all: two words may just be apart */

        if (piece == VET_PIECE_SPELLED) {
            rc = vet_hosts_judge(s, len, start, end);
            if (rc != VET_OK) {
                return rc;
            }
        }

        *i += n;
    }

    return vet_hosts_judge(s, len, start, end);
}


static int
vet_hosts_judge(vet_seeker_t *s, size_t len, size_t start, size_t end)
{
    int  link;

    if (!vet_hosts_place(s, start, end, &link)
        || !vet_hosts_listed(s, len, link))
    {
        return VET_OK;
    }

    start = vet_view_start(s->view, start);
    end = vet_view_end(s->view, end);

    return vet_match_add(s->m, s->f, s->field,
                         vet_reading_start(s->reading, start),
                         vet_reading_end(s->reading, end), 0);
}


/*
 * Looks a host up; and once more without the letters at its end that are not
 * ASCII, as people write on behind a name without a space.
 */

static int
vet_hosts_listed(const vet_seeker_t *s, size_t len, int link)
{
    size_t                 i, cut;
    vet_str_t              host;
    const vet_host_set_t  *set;

    set = s->f->test->hosts;
    host.data = s->name;
    host.len = len;

    if (vet_hosts_find(set, host, link)) {
        return 1;
    }

    cut = len;

    for (i = len; i > 0 && s->name[i - 1] != '.'; i--) {
        cut = (s->name[i - 1] >= 0x80) ? i - 1 : cut;
    }

    host.len = cut;

    return cut != len && cut > i && vet_hosts_find(set, host, link);
}


/*
 * Tells whether this may be a host: neither a mail address nor the user of an
 * address.  Sets link when "//" is before it.
 */

static int
vet_hosts_place(vet_seeker_t *s, size_t start, size_t end, int *link)
{
    size_t                i;
    const unsigned char  *p;

    p = s->text.data;

    if (start > 0 && p[start - 1] == '@') {
        *link = vet_hosts_user(s, start);
        return *link;
    }

    *link = (start > 1 && p[start - 1] == '/' && p[start - 2] == '/');

    if (end < s->text.len && p[end] == '@') {
        return 0;
    }

    for (i = end; *link && i < s->text.len
                  && strchr("/?# <>\"'", p[i]) == NULL; i++)
    {
        if (p[i] == '@') {
            return 0;
        }
    }

    return 1;
}


/*
 * Tells whether "//" begins what "@" ends.  It is looked back no further than
 * the last time: one run of many "@" is read once.
 */

static int
vet_hosts_user(vet_seeker_t *s, size_t start)
{
    size_t                i;
    const unsigned char  *p;

    p = s->text.data;

    for (i = start; i > 0 && i != s->looked; i--) {
        if (strchr("/ <>\"'", p[i - 1]) != NULL) {
            s->linked = (i > 1 && p[i - 1] == '/' && p[i - 2] == '/');
            break;
        }
    }

    s->looked = start;

    return s->linked;
}


/* "//[2001:db8::1]": sets end to where to go on. */

static int
vet_hosts_literal(vet_seeker_t *s, size_t i, size_t *end)
{
    size_t      n, start;
    vet_str_t   text;

    text = s->text;
    start = i + 1;
    *end = start;

    if (i < 2 || text.data[i - 1] != '/' || text.data[i - 2] != '/') {
        return VET_OK;
    }

    for (n = start; n < text.len && n - start < VET_HOST_LEN; n++) {
        if (!vet_hosts_hex(text.data[n]) && text.data[n] != ':'
            && text.data[n] != '.')
        {
            break;
        }
    }

    if (n == text.len || text.data[n] != ']' || n == start) {
        return VET_OK;
    }

    memcpy(s->name, text.data + start, n - start);
    *end = n;

    return vet_hosts_judge(s, n - start, i, n + 1);
}


/* What is at i, and of how many bytes; cp is that of a character. */

static vet_piece_t
vet_hosts_piece(const vet_seeker_t *s, size_t i, size_t *n, uint32_t *cp)
{
    size_t  len;

    *n = vet_uni_read(s->text.data + i, s->text.len - i, cp);

    if (*cp == ' ' || *cp == '[' || *cp == '(' || *cp == '{') {
        len = vet_hosts_spelled(s->text, i);
        *n = (len == 0) ? *n : len;

        return (len == 0) ? VET_PIECE_NONE : VET_PIECE_SPELLED;
    }

    if (*cp == '%' && s->decode) {
        len = vet_hosts_encoded(s->text, i, cp);
        *n = (len == 0) ? *n : len;
    }

    /* IDEOGRAPHIC FULL STOP is a dot for browsers */

    if (*cp == '.' || *cp == 0x3002) {
        return VET_PIECE_DOT;
    }

    return (*cp == '-' || *cp == '_' || (vet_uni(*cp)->flags & VET_UNI_WORD))
           ? VET_PIECE_CHAR : VET_PIECE_NONE;
}


/* A character in UTF-8, each byte as "%41"; 0: there is none. */

static size_t
vet_hosts_encoded(vet_str_t text, size_t i, uint32_t *cp)
{
    size_t         n;
    uint32_t       single;
    unsigned char  bytes[VET_UNI_BYTES];

    for (n = 0; n < VET_UNI_BYTES; n++) {
        if (text.len - i < 3 * n + 3 || text.data[i + 3 * n] != '%'
            || !vet_hosts_hex(text.data[i + 3 * n + 1])
            || !vet_hosts_hex(text.data[i + 3 * n + 2]))
        {
            break;
        }

        bytes[n] = (unsigned char) (
                       (vet_hosts_hex(text.data[i + 3 * n + 1]) - 1) << 4
                       | (vet_hosts_hex(text.data[i + 3 * n + 2]) - 1));
    }

    if (n == 0) {
        return 0;
    }

    n = vet_uni_read(bytes, n, cp);

    if (vet_uni_single(*cp, vet_uni(*cp), 0, &single) == VET_OK) {
        *cp = single;
    }

    return 3 * n;
}


/* Returns the value and 1; 0: it is no digit.  Views have lower case. */

static int
vet_hosts_hex(unsigned char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0' + 1;
    }

    return (c >= 'a' && c <= 'f') ? c - 'a' + 11 : 0;
}


/*
 * A dot that is written out, "[.]", "(dot)", " dot ", with its spaces; returns
 * how many bytes, 0: there is none.
 */

static size_t
vet_hosts_spelled(vet_str_t text, size_t i)
{
    size_t         start, n;
    unsigned char  close;

    start = i;
    i = vet_hosts_spaces(text, i);

    if (i == text.len) {
        return 0;
    }

    close = (text.data[i] == '[') ? ']' : (text.data[i] == '(') ? ')'
            : (text.data[i] == '{') ? '}' : '\0';

    if (close != '\0') {
        i = vet_hosts_spaces(text, i + 1);
        n = vet_hosts_dot(text, i, 1);
        i = vet_hosts_spaces(text, i + n);

        if (n == 0 || i == text.len || text.data[i] != close) {
            return 0;
        }

        return vet_hosts_spaces(text, i + 1) - start;
    }

    n = vet_hosts_dot(text, i, 0);

    if (i == start || n == 0 || i + n == text.len || text.data[i + n] != ' ') {
        return 0;
    }

    return vet_hosts_spaces(text, i + n) - start;
}


/* "dot", in both languages; "." only in brackets. */

static size_t
vet_hosts_dot(vet_str_t text, size_t i, int bracket)
{
    size_t  k, len;

    static const char *const  words[] = {
        "dot", "chấm", "cham", ".", NULL
    };

    for (k = 0; words[k] != NULL; k++) {
        len = strlen(words[k]);

        if (text.len - i >= len && memcmp(text.data + i, words[k], len) == 0
            && (bracket || words[k][0] != '.'))
        {
            return len;
        }
    }

    return 0;
}


static size_t
vet_hosts_spaces(vet_str_t text, size_t i)
{
    size_t  n;

    for (n = 0; n < VET_DOT_SPACES && i < text.len && text.data[i] == ' ';
         n++)
    {
        i++;
    }

    return i;
}
