
/*
 * Copyright (C) the moderate authors
 *
 * Escapes and classes of a pattern, for its literals.
 */


#include <string.h>

#include "vet_literal.h"


#define VET_LITERAL_CLASS    8          /* characters of a class */


static void vet_re_property(vet_re_t *r);
static void vet_re_reference(vet_re_t *r);
static int vet_re_code(vet_re_t *r, unsigned char c, uint32_t *cp);
static int vet_re_hex(vet_re_t *r, uint32_t *cp);
static int vet_re_member(vet_re_t *r, uint32_t *cp);
static int vet_re_posix(vet_re_t *r);


/* Behind "\". */

void
vet_re_escape(vet_re_t *r, vet_piece_t *piece)
{
    uint32_t       cp;
    unsigned char  c;

    if (!vet_re_more(r)) {
        r->unsure = 1;
        return;
    }

    c = *r->p;

    if (vet_re_code(r, c, &cp)) {
        vet_piece_character(r, cp, piece);
        return;
    }

    r->p++;

    if (c >= '0' && c <= '9') {
        while (vet_re_more(r) && *r->p >= '0' && *r->p <= '9') {
            r->p++;
        }

        return;
    }

    switch (c) {

    case 'd': case 'D': case 'w': case 'W': case 's': case 'S': case 'h':
    case 'H': case 'v': case 'V': case 'R':
        vet_piece_one(r, piece);
        return;

    case 'X':
        return;

    case 'b': case 'B': case 'A': case 'Z': case 'z': case 'G': case 'K':
        vet_piece_empty(r, piece);
        return;

    case 'N':

        /* any other braces are a quantifier */

        if (vet_re_is(r, "{U+")) {
            vet_re_until(r, '}');
        }

        vet_piece_one(r, piece);
        return;

    case 'p': case 'P':
        vet_re_property(r);
        vet_piece_one(r, piece);
        return;

    case 'o': case 'g': case 'k':
        vet_re_reference(r);
        return;

    default:
        r->unsure = 1;
    }
}


/* The name of a property: in braces, or one letter. */

static void
vet_re_property(vet_re_t *r)
{
    if (!vet_re_more(r)) {
        r->unsure = 1;
        return;
    }

    if (*r->p++ == '{') {
        vet_re_until(r, '}');
    }
}


/* The argument of an escape: in brackets of some kind, or short. */

static void
vet_re_reference(vet_re_t *r)
{
    if (!vet_re_more(r)) {
        r->unsure = 1;
        return;
    }

    switch (*r->p++) {

    case '{':
        vet_re_until(r, '}');
        return;

    case '<':
        vet_re_until(r, '>');
        return;

    case '\'':
        vet_re_until(r, '\'');
        return;

    default:
        break;
    }

    while (vet_re_more(r) && *r->p >= '0' && *r->p <= '9') {
        r->p++;
    }
}


/* Reads an escape that stands for one character; c is at r->p. */

static int
vet_re_code(vet_re_t *r, unsigned char c, uint32_t *cp)
{
    static const char  letters[] = "aefnrt";
    static const char  codes[] = "\a\033\f\n\r\t";
    const char        *place;

    if (c == 'x') {
        r->p++;
        return vet_re_hex(r, cp);
    }

    place = (c == '\0') ? NULL : strchr(letters, c);

    if (place != NULL) {
        r->p++;
        *cp = (unsigned char) codes[place - letters];
        return 1;
    }

    if ((c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z')) {
        return 0;
    }

    r->p += vet_uni_read(r->p, (size_t) (r->end - r->p), cp);

    return 1;
}


/* Behind "\x". */

static int
vet_re_hex(vet_re_t *r, uint32_t *cp)
{
    int            braces;
    size_t         n;
    unsigned char  c;

    braces = vet_re_is(r, "{");
    r->p += braces;
    *cp = 0;

    for (n = 0; vet_re_more(r) && n < (braces ? 8 : 2); n++) {
        c = *r->p | 0x20;

        if (c >= 'a' && c <= 'f') {
            c = (unsigned char) (c - 'a' + 10);

        } else if (*r->p >= '0' && *r->p <= '9') {
            c = (unsigned char) (*r->p - '0');

        } else {
            break;
        }

        *cp = *cp << 4 | c;
        r->p++;
    }

    if (braces) {
        if (n == 0 || *cp > 0x10ffff || !vet_re_is(r, "}")) {
            r->unsure = 1;
            *cp = 0;
        }

        r->p += vet_re_more(r);
    }

    return 1;
}


/* Behind "[".  A class of few characters is a set of literals. */

void
vet_re_class(vet_re_t *r, vet_piece_t *piece)
{
    int          open, first;
    size_t       n;
    uint32_t     cp, last;
    vet_piece_t  one;

    open = vet_re_is(r, "^");
    r->p += open;
    first = 1;
    n = 0;

    for ( ;; first = 0) {

        if (!vet_re_more(r)) {
            r->unsure = 1;
            return;
        }

        if (*r->p == ']' && !first) {
            r->p++;
            break;
        }

        if (!vet_re_member(r, &cp)) {
            open = 1;
            continue;
        }

        last = cp;

        /* a range, unless "-" is at the end */

        if (vet_re_is(r, "-") && r->end - r->p > 1 && r->p[1] != ']') {
            r->p++;

            if (!vet_re_member(r, &last) || last < cp
                || last - cp >= VET_LITERAL_CLASS)
            {
                open = 1;
                continue;
            }
        }

        for ( /* void */ ; cp <= last && !open; cp++) {
            vet_piece_character(r, cp, &one);

            if (!one.whole || n++ == VET_LITERAL_CLASS) {
                open = 1;

            } else if (n == 1) {
                *piece = one;

            } else {
                vet_piece_join(r, piece, &one);
            }
        }
    }

    if (open || n == 0) {
        vet_piece_one(r, piece);
    }
}


/* Reads a member of a class; returns 0 if it is not one character. */

static int
vet_re_member(vet_re_t *r, uint32_t *cp)
{
    unsigned char  c;

    if (*r->p == '[') {
        return vet_re_posix(r);
    }

    if (*r->p != '\\') {
        r->p += vet_uni_read(r->p, (size_t) (r->end - r->p), cp);
        return 1;
    }

    r->p++;

    if (!vet_re_more(r)) {
        r->unsure = 1;
        return 0;
    }

    c = *r->p;

    if (vet_re_code(r, c, cp)) {
        return 1;
    }

    r->p++;

    switch (c) {

    case 'd': case 'D': case 'w': case 'W': case 's': case 'S': case 'h':
    case 'H': case 'v': case 'V': case '0': case '1': case '2': case '3':
    case '4': case '5': case '6': case '7': case '8': case '9':
        return 0;

    case 'b':
        *cp = '\b';
        return 1;

    case 'p': case 'P':
        vet_re_property(r);
        return 0;

    default:
        r->unsure = 1;
        return 0;
    }
}


/* At "[" in a class: itself, or a name as in "[:alpha:]". */

static int
vet_re_posix(vet_re_t *r)
{
    const unsigned char  *p;

    r->p++;

    if (!vet_re_is(r, ":")) {
        r->unsure |= (vet_re_is(r, ".") || vet_re_is(r, "="));
        return 0;
    }

    p = r->p + 1;
    p += (p < r->end && *p == '^');

    while (p < r->end && *p >= 'a' && *p <= 'z') {
        p++;
    }

    if (r->end - p < 2 || p[0] != ':' || p[1] != ']') {
        r->unsure = 1;
        return 0;
    }

    r->p = p + 2;

    return 0;
}
