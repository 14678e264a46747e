
/*
 * Copyright (C) the moderate authors
 *
 * Patterns taken apart, as far as warnings need it: what is not understood is
 * passed over, and then nothing is said of it.
 */


#include <string.h>

#include "rules_check.h"


#define PATTERN_DEPTH  64


typedef struct {
    unsigned                extended:1;
    unsigned                caseless:1;
    unsigned                negative:1;
} pattern_level_t;

typedef struct {
    const unsigned char    *p;
    const unsigned char    *last;
    moderatectl_piece_t     run;
    moderatectl_piece_pt    handler;
    void                   *data;
    size_t                  depth;
    pattern_level_t         levels[PATTERN_DEPTH];
} pattern_t;


static void pattern_one(pattern_t *t);
static void pattern_escape(pattern_t *t);
static void pattern_argument(pattern_t *t, int escape);
static void pattern_quoted(pattern_t *t);
static void pattern_class(pattern_t *t);
static size_t pattern_class_member(pattern_t *t);
static void pattern_group(pattern_t *t);
static void pattern_options(pattern_t *t, pattern_level_t *level);
static void pattern_push(pattern_t *t, pattern_level_t level);
static void pattern_literal(pattern_t *t, const unsigned char *c, size_t len);
static void pattern_member(pattern_t *t, const unsigned char *c, size_t len);
static void pattern_flush(pattern_t *t);
static size_t pattern_quantifier(const pattern_t *t, int *optional);
static void pattern_space(pattern_t *t);
static size_t pattern_length(const unsigned char *p,
    const unsigned char *last);
static void pattern_skip(pattern_t *t, int until);


void
moderatectl_pattern(vet_str_t pattern, moderatectl_piece_pt handler,
    void *data)
{
    pattern_t  t;

    memset(&t, 0, sizeof(pattern_t));

    t.p = pattern.data;
    t.last = pattern.data + pattern.len;
    t.handler = handler;
    t.data = data;

    while (t.p < t.last && t.depth < PATTERN_DEPTH) {
        pattern_one(&t);
    }

    pattern_flush(&t);
}


static void
pattern_one(pattern_t *t)
{
    size_t                n;
    const unsigned char  *c;

    pattern_space(t);

    if (t->p == t->last) {
        return;
    }

    c = t->p;

    switch (*c) {

    case '\\':
        pattern_escape(t);
        return;

    case '[':
        pattern_class(t);
        return;

    case '(':
        pattern_group(t);
        return;

    case ')':
        pattern_flush(t);
        t->depth -= (t->depth != 0);
        t->p++;
        break;

    case '.':
        t->p++;
        pattern_member(t, (const unsigned char *) "a", 1);
        break;

    case '|':
    case '^':
    case '$':
        pattern_flush(t);
        t->p++;
        return;

    default:
        n = pattern_length(c, t->last);
        t->p += n;
        pattern_literal(t, c, n);
        return;
    }

    t->p += pattern_quantifier(t, NULL);
}


static void
pattern_escape(pattern_t *t)
{
    size_t                n;
    const char           *member;
    const unsigned char  *c;

    static const char  classes[] = "dwshSDWR", members[] = "0a  aa.\n";

    c = t->p + 1;

    if (c >= t->last) {
        t->p = t->last;
        return;
    }

    n = pattern_length(c, t->last);
    t->p = c + n;

    if (*c == 'Q') {
        pattern_quoted(t);
        return;
    }

    if (*c >= 0x80 || strchr("0123456789abcdefghijklmnopqrstuvwxyz"
                             "ABCDEFGHIJKLMNOPQRSTUVWXYZ", *c) == NULL)
    {
        pattern_literal(t, c, n);
        return;
    }

    pattern_flush(t);
    member = strchr(classes, *c);

    if (member != NULL) {
        member = members + (member - classes);
        pattern_member(t, (const unsigned char *) member, 1);

    } else if (*c == 'p' || *c == 'P') {
        pattern_member(t, (const unsigned char *) "a", 1);
    }

    pattern_argument(t, *c);
    t->p += pattern_quantifier(t, NULL);
}


/* Passes over what belongs to an escape: \p{L}, \x20, \12, \k<name>, \cA. */

static void
pattern_argument(pattern_t *t, int escape)
{
    size_t       n;
    const char  *digits;

    if (t->p == t->last) {
        return;
    }

    if (*t->p == '{' && strchr("pPxogkN", escape) != NULL) {
        pattern_skip(t, '}');
        return;
    }

    if (*t->p == '<' && (escape == 'k' || escape == 'g')) {
        pattern_skip(t, '>');
        return;
    }

    if (strchr("cpP", escape) != NULL) {
        t->p++;
        return;
    }

    digits = (escape == 'x') ? "0123456789abcdefABCDEF" : "0123456789";

    if (escape != 'x' && strchr(digits, escape) == NULL) {
        return;
    }

    for (n = 0; n < 2 && t->p < t->last && *t->p != '\0'
                && strchr(digits, *t->p) != NULL; n++)
    {
        t->p++;
    }
}


static void
pattern_quoted(pattern_t *t)
{
    size_t                n;
    const unsigned char  *c;

    while (t->p < t->last) {
        if (t->last - t->p > 1 && t->p[0] == '\\' && t->p[1] == 'E') {
            t->p += 2;
            return;
        }

        c = t->p;
        n = pattern_length(c, t->last);
        t->p += n;
        pattern_literal(t, c, n);
    }
}


/* The first members stand for a class; of a negated one a letter does. */

static void
pattern_class(pattern_t *t)
{
    int     negated;
    size_t  members;

    pattern_flush(t);
    t->p++;
    members = 0;
    negated = t->p < t->last && *t->p == '^';
    t->p += negated;

    if (negated) {
        pattern_member(t, (const unsigned char *) "a", 1);
    }

    do {
        if (members < 4 && !negated) {
            members += pattern_class_member(t);
        }

        if (t->p < t->last && *t->p == '\\') {
            t->p++;
        }

        if (t->last - t->p > 1 && t->p[0] == '[' && t->p[1] == ':') {
            pattern_skip(t, ']');

        } else if (t->p < t->last) {
            t->p += pattern_length(t->p, t->last);
        }

    } while (t->p < t->last && *t->p != ']');

    t->p += (t->p < t->last);
    t->p += pattern_quantifier(t, NULL);
}


/* Hands out the member at the place, which stays; returns how many. */

static size_t
pattern_class_member(pattern_t *t)
{
    const unsigned char  *c;

    c = t->p;

    if (c == t->last) {
        return 0;
    }

    if (*c == '\\') {
        c++;

        if (c == t->last) {
            return 0;
        }

        if (*c == 'd') {
            c = (const unsigned char *) "0";

        } else if (*c == 'w') {
            c = (const unsigned char *) "a";

        } else if (*c == 's' || *c == 'h') {
            c = (const unsigned char *) " ";
        }

        pattern_member(t, c, 1);

        return 1;
    }

    if (*c == '-' || *c == '[') {
        return 0;
    }

    pattern_member(t, c, pattern_length(c, t->last));

    return 1;
}


static void
pattern_group(pattern_t *t)
{
    pattern_level_t  level;

    pattern_flush(t);
    level = t->levels[t->depth];
    t->p++;

    if (t->p < t->last && *t->p == '*') {
        pattern_skip(t, ')');
        return;
    }

    if (t->p == t->last || *t->p != '?') {
        pattern_push(t, level);
        return;
    }

    t->p++;

    /* a comment, or a call of another group */

    if (t->p < t->last && strchr("#R&+0123456789", *t->p) != NULL) {
        pattern_skip(t, ')');
        return;
    }

    if (t->p < t->last && strchr("imsxnJ-^", *t->p) != NULL) {
        pattern_options(t, &level);

        if (t->p < t->last && *t->p == ')') {
            t->levels[t->depth] = level;
            t->p++;
            return;
        }
    }

    while (t->p < t->last && strchr(":=!<>|P'", *t->p) != NULL) {

        if (*t->p == '!') {
            level.negative = 1;
        }

        t->p++;

        if (t->p[-1] != '<' && t->p[-1] != 'P') {
            break;
        }

        /* a name */

        if (t->p < t->last && *t->p != '=' && *t->p != '!' && *t->p != '<') {
            pattern_skip(t, '>');
            break;
        }
    }

    pattern_push(t, level);
}


static void
pattern_options(pattern_t *t, pattern_level_t *level)
{
    unsigned  on;

    on = 1;

    for ( /* void */ ; t->p < t->last && *t->p != ')' && *t->p != ':'; t->p++)
    {
        if (*t->p == '-') {
            on = 0;

        } else if (*t->p == 'x') {
            level->extended = on;

        } else if (*t->p == 'i') {
            level->caseless = on;
        }
    }
}


static void
pattern_push(pattern_t *t, pattern_level_t level)
{
    t->depth++;

    if (t->depth < PATTERN_DEPTH) {
        t->levels[t->depth] = level;
    }
}


/* One that may be left out ends a run and is none itself. */

static void
pattern_literal(pattern_t *t, const unsigned char *c, size_t len)
{
    int     optional;
    size_t  n;

    pattern_space(t);
    n = pattern_quantifier(t, &optional);
    t->p += n;

    if (n != 0 && optional) {
        pattern_member(t, c, len);
        return;
    }

    if (t->run.len + len > MODERATECTL_PIECE_LEN) {
        pattern_flush(t);
    }

    memcpy(t->run.text + t->run.len, c, len);
    t->run.len += len;

    if (n != 0) {
        pattern_flush(t);
    }
}


static void
pattern_member(pattern_t *t, const unsigned char *c, size_t len)
{
    moderatectl_piece_t  piece;

    pattern_flush(t);

    memset(&piece, 0, sizeof(moderatectl_piece_t));
    memcpy(piece.text, c, len);
    piece.len = len;
    piece.negative = t->levels[t->depth].negative;

    t->handler(t->data, &piece);
}


static void
pattern_flush(pattern_t *t)
{
    pattern_level_t  *level;

    if (t->run.len == 0) {
        return;
    }

    level = &t->levels[(t->depth < PATTERN_DEPTH) ? t->depth : 0];

    t->run.literal = 1;
    t->run.caseless = level->caseless;
    t->run.negative = level->negative;

    t->handler(t->data, &t->run);

    memset(&t->run, 0, sizeof(moderatectl_piece_t));
}


/* Returns the length of a quantifier at the place, or 0. */

static size_t
pattern_quantifier(const pattern_t *t, int *optional)
{
    size_t                n;
    const unsigned char  *p;

    p = t->p;

    if (p == t->last || strchr("*+?{", *p) == NULL || *p == '\0') {
        return 0;
    }

    if (optional != NULL) {
        *optional = *p == '*' || *p == '?';
    }

    n = 1;

    if (*p == '{') {
        while (p + n < t->last && strchr("0123456789,", p[n]) != NULL
               && p[n] != '\0')
        {
            n++;
        }

        if (n == 1 || p + n == t->last || p[n] != '}') {
            return 0;
        }

        if (optional != NULL) {
            *optional = p[1] == ',' || (p[1] == '0' && strchr(",}", p[2]));
        }

        n++;
    }

    if (p + n < t->last && (p[n] == '?' || p[n] == '+')) {
        n++;
    }

    return n;
}


/* Passes over what an extended pattern may have between characters. */

static void
pattern_space(pattern_t *t)
{
    if (t->depth >= PATTERN_DEPTH || !t->levels[t->depth].extended) {
        return;
    }

    while (t->p < t->last
           && (*t->p == '#' || *t->p == ' '
               || (*t->p >= '\t' && *t->p <= '\r')))
    {
        if (*t->p == '#') {
            pattern_skip(t, '\n');

        } else {
            t->p++;
        }
    }
}


static size_t
pattern_length(const unsigned char *p, const unsigned char *last)
{
    size_t  n;

    for (n = 1; p + n < last && n < 4; n++) {
        if (*p < 0xc0 || (p[n] & 0xc0) != 0x80) {
            break;
        }
    }

    return n;
}


static void
pattern_skip(pattern_t *t, int until)
{
    while (t->p < t->last && *t->p != until) {
        t->p++;
    }

    t->p += (t->p < t->last);
}
