
/*
 * Copyright (C) the moderate authors
 *
 * Which literals a pattern needs.
 *
 * A pattern is read from left to right.  Of each piece it is kept how what it
 * matches begins and ends, as sets of literals, and the best set of which one
 * is somewhere in it.  Pieces one behind the other grow the literals,
 * alternatives join the sets, and what may be absent adds nothing.
 *
 * What is not understood for certain is a piece that may match anything, or,
 * where even its end is not certain, no literal is known for the pattern.
 */


#ifndef _GNU_SOURCE
#define _GNU_SOURCE     /* memmem() */
#endif

#include <string.h>

#include "vet_literal.h"


#define VET_LITERAL_DEPTH    100
#define VET_LITERAL_MEMORY   ((size_t) 64 * 1024 * 1024)

#define VET_NO_LIMIT         UINT32_MAX


static void vet_re_alternatives(vet_re_t *r, vet_piece_t *piece);
static void vet_re_sequence(vet_re_t *r, vet_piece_t *piece);
static void vet_re_atom(vet_re_t *r, vet_piece_t *piece);
static void vet_re_skip(vet_re_t *r);
static int vet_re_skip_one(vet_re_t *r);
static void vet_re_comment(vet_re_t *r);
static int vet_re_quantifier(vet_re_t *r, uint32_t *min, uint32_t *max);
static int vet_re_braces(vet_re_t *r, uint32_t *min, uint32_t *max);
static int vet_re_number(vet_re_t *r, uint32_t *n);
static void vet_re_group(vet_re_t *r, vet_piece_t *piece);
static void vet_re_special(vet_re_t *r, vet_piece_t *piece);
static void vet_re_body(vet_re_t *r, vet_piece_t *piece);
static void vet_re_look(vet_re_t *r, vet_piece_t *piece, int positive);
static void vet_re_behind(vet_re_t *r, vet_piece_t *piece);
static void vet_re_condition(vet_re_t *r, vet_piece_t *piece);
static void vet_re_options(vet_re_t *r, vet_piece_t *piece);
static int vet_literals_copy(vet_pool_t *pool, const vet_literals_t *from,
    vet_literals_t *to);
static int vet_literals_spare(const vet_literals_t *set, size_t i,
    uint32_t *reach);


int
vet_literals_find(vet_pool_t *pool, vet_str_t pattern, int caseless,
    vet_literals_t *literals)
{
    int              rc;
    vet_piece_t      piece;
    vet_re_t  r;

    memset(&r, 0, sizeof(vet_re_t));
    memset(literals, 0, sizeof(vet_literals_t));

    r.pool = vet_pool_create(VET_LITERAL_MEMORY);
    if (r.pool == NULL) {
        return VET_ERROR;
    }

    r.p = pattern.data;
    r.end = pattern.data + pattern.len;
    r.caseless = (caseless != 0);

    if (vet_literals_one(r.pool, NULL, 0, &r.empty) != VET_OK) {
        vet_pool_destroy(r.pool);
        return VET_ERROR;
    }

    vet_re_alternatives(&r, &piece);
    vet_piece_best(&piece);

    if (r.failed) {
        rc = vet_pool_exhausted(r.pool) ? VET_DECLINED : VET_ERROR;

    } else if (r.unsure || r.p != r.end || piece.best.n == 0) {
        rc = VET_DECLINED;

    } else {
        rc = vet_literals_copy(pool, &piece.best, literals);
    }

    vet_pool_destroy(r.pool);

    return rc;
}


/* Reads up to the end, or to the ")" of a group. */

static void
vet_re_alternatives(vet_re_t *r, vet_piece_t *piece)
{
    vet_piece_t  other;

    vet_re_sequence(r, piece);

    while (vet_re_more(r) && *r->p == '|') {
        r->p++;
        vet_re_sequence(r, &other);
        vet_piece_join(r, piece, &other);
    }
}


static void
vet_re_sequence(vet_re_t *r, vet_piece_t *piece)
{
    uint32_t     min, max;
    vet_piece_t  atom;

    vet_piece_empty(r, piece);

    for ( ;; ) {
        vet_re_skip(r);

        if (!vet_re_more(r) || (!r->quoted && (*r->p == '|' || *r->p == ')'))) {
            return;
        }

        vet_re_atom(r, &atom);

        while (vet_re_quantifier(r, &min, &max)) {
            vet_piece_repeat(r, &atom, min, max);
        }

        vet_piece_append(r, piece, &atom);
    }
}


static void
vet_re_atom(vet_re_t *r, vet_piece_t *piece)
{
    uint32_t  cp;

    vet_piece_any(r, piece);

    if (!r->quoted) {

        switch (*r->p) {

        case '(':
            r->p++;
            vet_re_group(r, piece);
            return;

        case '[':
            r->p++;
            vet_re_class(r, piece);
            return;

        case '\\':
            r->p++;
            vet_re_escape(r, piece);
            return;

        case '.':
            r->p++;
            vet_piece_one(r, piece);
            return;

        case '^':
        case '$':
            r->p++;
            vet_piece_empty(r, piece);
            return;

        case '*':
        case '+':
        case '?':
            r->unsure = 1;
            return;

        default:
            break;
        }
    }

    r->p += vet_uni_read(r->p, (size_t) (r->end - r->p), &cp);
    vet_piece_character(r, cp, piece);
}


/* Passes over what is between two items and is none. */

static void
vet_re_skip(vet_re_t *r)
{
    while (vet_re_more(r) && vet_re_skip_one(r)) { /* void */ }
}


static int
vet_re_skip_one(vet_re_t *r)
{
    uint32_t  cp;

    if (vet_re_is(r, "\\E")) {
        r->quoted = 0;
        r->p += 2;
        return 1;
    }

    if (r->quoted) {
        return 0;
    }

    if (vet_re_is(r, "\\Q")) {
        r->quoted = 1;
        r->p += 2;
        return 1;
    }

    if (vet_re_is(r, "(?#")) {
        vet_re_until(r, ')');
        return 1;
    }

    if (!r->extended) {
        return 0;
    }

    if (*r->p == '#') {
        vet_re_comment(r);
        return 1;
    }

    if (*r->p == ' ' || (*r->p >= '\t' && *r->p <= '\r')) {
        r->p++;
        return 1;
    }

    (void) vet_uni_read(r->p, (size_t) (r->end - r->p), &cp);

    if (cp == 0x85 || cp == 0x200e || cp == 0x200f || cp == 0x2028
        || cp == 0x2029)
    {
        r->unsure = 1;
    }

    return 0;
}


/* How PCRE2 was built tells what else might end a line: then it is unsure. */

static void
vet_re_comment(vet_re_t *r)
{
    uint32_t  cp, newline;

    newline = 0;
    (void) pcre2_config(PCRE2_CONFIG_NEWLINE, &newline);

    if (newline != PCRE2_NEWLINE_LF && newline != PCRE2_NEWLINE_ANY
        && newline != PCRE2_NEWLINE_ANYCRLF)
    {
        r->unsure = 1;
    }

    while (vet_re_more(r)) {
        r->p += vet_uni_read(r->p, (size_t) (r->end - r->p), &cp);

        if (cp == '\n') {
            return;
        }

        if ((cp >= 0x0b && cp <= 0x0d) || cp == 0x85 || cp == 0x2028
            || cp == 0x2029)
        {
            r->unsure = 1;
        }
    }
}


/* Reads a quantifier, if there is one. */

static int
vet_re_quantifier(vet_re_t *r, uint32_t *min, uint32_t *max)
{
    vet_re_skip(r);

    if (!vet_re_more(r) || r->quoted) {
        return 0;
    }

    *min = (*r->p == '+');
    *max = (*r->p == '?') ? 1 : VET_NO_LIMIT;

    if (*r->p == '*' || *r->p == '+' || *r->p == '?') {
        r->p++;

    } else if (*r->p != '{' || !vet_re_braces(r, min, max)) {
        return 0;
    }

    /* lazy or possessive */

    if (vet_re_more(r) && (*r->p == '?' || *r->p == '+')) {
        r->p++;
    }

    return 1;
}


/*
 * Reads "{n}", "{n,}" or "{n,m}"; others are literals, but "{,m}" and spaces
 * are not so in every release of PCRE2.
 */

static int
vet_re_braces(vet_re_t *r, uint32_t *min, uint32_t *max)
{
    const unsigned char  *start;

    start = r->p++;

    if (vet_re_more(r) && (*r->p == ',' || *r->p == ' ' || *r->p == '\t')) {
        r->unsure = 1;
    }

    if (vet_re_number(r, min)) {
        *max = *min;

        if (vet_re_more(r) && *r->p == ',') {
            r->p++;

            if (!vet_re_number(r, max)) {
                *max = VET_NO_LIMIT;
            }
        }

        if (vet_re_more(r) && *r->p == '}') {
            r->p++;
            return 1;
        }

        r->unsure = 1;
    }

    r->p = start;

    return 0;
}


static int
vet_re_number(vet_re_t *r, uint32_t *n)
{
    int       found;
    uint32_t  value;

    found = 0;
    value = 0;

    while (vet_re_more(r) && *r->p >= '0' && *r->p <= '9') {
        value = (value < 100000) ? value * 10 + (*r->p - '0') : value;
        found = 1;
        r->p++;
    }

    if (found) {
        *n = value;
    }

    return found;
}


/* Behind "(". */

static void
vet_re_group(vet_re_t *r, vet_piece_t *piece)
{
    if (!vet_re_more(r) || *r->p == '*' || r->depth >= VET_LITERAL_DEPTH) {
        r->unsure = 1;
        r->p = r->end;
        return;
    }

    if (*r->p == '?') {
        r->p++;
        vet_re_special(r, piece);
        return;
    }

    vet_re_body(r, piece);
}


/* Behind "(?". */

static void
vet_re_special(vet_re_t *r, vet_piece_t *piece)
{
    unsigned char  c;

    c = vet_re_more(r) ? *r->p : ')';

    switch (c) {

    case ':':
    case '|':
    case '>':
        r->p++;
        vet_re_body(r, piece);
        return;

    case '=':
    case '*':
    case '!':
        r->p++;
        vet_re_look(r, piece, c != '!');
        return;

    case '<':
        r->p++;
        vet_re_behind(r, piece);
        return;

    case '\'':
        r->p++;
        vet_re_until(r, '\'');
        vet_re_body(r, piece);
        return;

    case '(':
        vet_re_condition(r, piece);
        return;

    default:
        break;
    }

    if (vet_re_is(r, "P<")) {
        vet_re_until(r, '>');
        vet_re_body(r, piece);
        return;
    }

    /* calls of a group, and references to one */

    if (c == 'P' || c == 'R' || c == '+' || c == '&' || (c >= '0' && c <= '9')
        || (c == '-' && r->end - r->p > 1 && r->p[1] >= '0' && r->p[1] <= '9'))
    {
        vet_re_until(r, ')');
        return;
    }

    vet_re_options(r, piece);
}


/* The alternatives of a group and its ")". */

static void
vet_re_body(vet_re_t *r, vet_piece_t *piece)
{
    unsigned  caseless, extended;

    caseless = r->caseless;
    extended = r->extended;

    r->depth++;
    vet_re_alternatives(r, piece);
    r->depth--;

    r->caseless = caseless & 1;
    r->extended = extended & 1;

    if (!vet_re_more(r)) {
        r->unsure = 1;
        return;
    }

    r->p++;
}


/* What has to be there is somewhere in the text, but nothing is consumed. */

static void
vet_re_look(vet_re_t *r, vet_piece_t *piece, int positive)
{
    vet_literals_t  best;

    vet_re_body(r, piece);
    vet_piece_best(piece);
    best = piece->best;

    vet_piece_empty(r, piece);

    if (positive) {
        piece->best = best;
    }
}


/* Behind "(?<": a lookbehind or a name. */

static void
vet_re_behind(vet_re_t *r, vet_piece_t *piece)
{
    unsigned char  c;

    c = vet_re_more(r) ? *r->p : ')';

    if (c == '=' || c == '*' || c == '!') {
        r->p++;
        vet_re_look(r, piece, c != '!');
        piece->best.reach = VET_FAR;
        return;
    }

    vet_re_until(r, '>');
    vet_re_body(r, piece);
}


/* At "(" of the condition.  What comes of it is left open. */

static void
vet_re_condition(vet_re_t *r, vet_piece_t *piece)
{
    if (r->end - r->p > 1 && (r->p[1] == '?' || r->p[1] == '*')) {
        r->p++;
        vet_re_group(r, piece);

    } else {
        vet_re_until(r, ')');
    }

    vet_re_body(r, piece);
    vet_piece_any(r, piece);
}


/* Options for the rest of the group, or for a group of their own. */

static void
vet_re_options(vet_re_t *r, vet_piece_t *piece)
{
    int       on;
    unsigned  caseless, extended;

    caseless = r->caseless;
    extended = r->extended;

    if (vet_re_more(r) && *r->p == '^') {
        r->caseless = 0;
        r->extended = 0;
        r->p++;
    }

    for (on = 1; vet_re_more(r); r->p++) {

        switch (*r->p) {

        case '-':
            on = 0;
            break;

        case 'i':
            r->caseless = (on != 0);
            break;

        case 'x':
            r->unsure |= vet_re_is(r, "xx");
            r->extended = (on != 0);
            break;

        case 's': case 'm': case 'n': case 'J': case 'U':
            break;

        case ')':
            r->p++;
            vet_piece_empty(r, piece);
            return;

        case ':':
            r->p++;
            vet_re_body(r, piece);
            r->caseless = caseless & 1;
            r->extended = extended & 1;
            return;

        default:
            r->unsure = 1;
            r->p = r->end;
            return;
        }
    }

    r->unsure = 1;
}


/* Passes over the next c. */

void
vet_re_until(vet_re_t *r, unsigned char c)
{
    const unsigned char  *p;

    p = memchr(r->p, c, (size_t) (r->end - r->p));

    if (p == NULL) {
        r->unsure = 1;
        r->p = r->end;
        return;
    }

    r->p = p + 1;
}


int
vet_re_is(const vet_re_t *r, const char *s)
{
    size_t  len;

    len = strlen(s);

    return (size_t) (r->end - r->p) >= len && memcmp(r->p, s, len) == 0;
}


/* Once it is unsure there is nothing more to read. */

int
vet_re_more(vet_re_t *r)
{
    if (r->unsure || r->failed) {
        r->p = r->end;
    }

    return r->p < r->end;
}


/*
 * A literal that has another one of the set in it is not needed, but the way
 * to that one is longer.
 */

static int
vet_literals_copy(vet_pool_t *pool, const vet_literals_t *from,
    vet_literals_t *to)
{
    size_t          i;
    uint32_t        reach;
    vet_literals_t  one;

    reach = 0;
    to->elts = vet_palloc(pool, from->n * sizeof(vet_str_t));
    if (to->elts == NULL) {
        return VET_ERROR;
    }

    for (i = 0; i < from->n; i++) {
        if (vet_literals_spare(from, i, &reach)) {
            continue;
        }

        if (vet_literals_one(pool, from->elts[i].data, from->elts[i].len, &one)
            != VET_OK)
        {
            return VET_ERROR;
        }

        to->elts[to->n++] = one.elts[0];
    }

    to->reach = (from->reach > VET_FAR - reach) ? VET_FAR : from->reach + reach;

    return VET_OK;
}


/* Makes reach as large as where in it any other one may be. */

static int
vet_literals_spare(const vet_literals_t *set, size_t i, uint32_t *reach)
{
    int                   spare;
    size_t                j;
    uint32_t              at;
    vet_str_t             a, b;
    const unsigned char  *p;

    a = set->elts[i];
    spare = 0;

    for (j = 0; j < set->n; j++) {
        b = set->elts[j];

        if (b.len > a.len || (b.len == a.len && j >= i)) {
            continue;
        }

        p = memmem(a.data, a.len, b.data, b.len);

        if (p != NULL) {
            at = (uint32_t) (p - a.data);
            *reach = (at > *reach) ? at : *reach;
            spare = 1;
        }
    }

    return spare;
}
