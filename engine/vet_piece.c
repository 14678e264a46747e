
/*
 * Copyright (C) the moderate authors
 *
 * Tokens of the squeezed and the joined view: runs of word characters, and
 * the letters that are written with digits and signs.
 *
 * The digits 0 1 3 4 5 7 8 are o i e a s t b in a token of two letters or
 * more, one or two of them in a row.  A number with its unit stays ("100k",
 * "2tr5", "15h30"), so does one letter with a number ("q1", "f0"), and a row
 * of digits that is longer or has another digit in it ("sv388", "covid19").
 * "@", "$" and "!" are a, s and i with letters around them, "@" and "$" also
 * at the beginning of a word.
 */


#include <string.h>

#include "vet_piece.h"


#define VET_SIGNS           3       /* for letters in a row */
#define VET_UNIT            2       /* letters of "kg", "tr", "m" */

#define VET_IS_DIGIT(c)     ((c) >= '0' && (c) <= '9')


static int vet_piece_letters(const vet_str_t *s, vet_piece_t *token);
static void vet_piece_mixed(const vet_str_t *s, vet_piece_t *token);
static void vet_piece_kind(const vet_str_t *s, vet_piece_t *token);
static inline vet_class_t vet_piece_class(const vet_str_t *s, size_t i,
    uint32_t *cp, size_t *n);
static vet_class_t vet_piece_wide(const vet_str_t *s, size_t i, uint32_t *cp,
    size_t *n);
static size_t vet_piece_signs(const vet_str_t *s, size_t i,
    vet_class_t before);
static int vet_piece_spelled(const vet_str_t *s, size_t i);


#define S  VET_SPACE
#define P  VET_PUNCT
#define G  VET_SIGN
#define D  VET_DIGIT
#define L  VET_LETTER

const unsigned char  vet_piece_classes[128] = {
    P, P, P, P, P, P, P, P, P, P, P, P, P, P, P, P,
    P, P, P, P, P, P, P, P, P, P, P, P, P, P, P, P,
    S, G, P, P, G, P, P, P, P, P, P, P, P, P, P, P,
    D, D, D, D, D, D, D, D, D, D, P, P, P, P, P, P,
    G, L, L, L, L, L, L, L, L, L, L, L, L, L, L, L,
    L, L, L, L, L, L, L, L, L, L, L, P, P, P, P, P,
    P, L, L, L, L, L, L, L, L, L, L, L, L, L, L, L,
    L, L, L, L, L, L, L, L, L, L, L, P, P, P, P, P,
};

#undef S
#undef P
#undef G
#undef D
#undef L


/*
 * Returns where the next token begins.  Marks that are on a separator belong
 * to it.
 */

size_t
vet_piece_next(const vet_str_t *s, size_t i, int *space)
{
    size_t       n;
    uint32_t     cp;
    vet_class_t  class;

    *space = 0;

    for ( /* void */ ; i < s->len; i += n) {
        class = vet_piece_class(s, i, &cp, &n);

        if (class == VET_LETTER || class == VET_DIGIT
            || (class == VET_SIGN
                && vet_piece_signs(s, i, VET_SPACE) != 0))
        {
            return i;
        }

        *space |= (class == VET_SPACE);
    }

    return i;
}


void
vet_piece_read(const vet_str_t *s, size_t i, vet_piece_t *token)
{
    memset(token, 0, sizeof(vet_piece_t));
    token->from = i;
    token->to = i;
    token->plain = 1;
    token->last.cp = VET_NONE;

    if (!vet_piece_letters(s, token)) {
        vet_piece_mixed(s, token);
        vet_piece_kind(s, token);
    }
}


/* Reads a token of letters only, which most are; else returns 0. */

static int
vet_piece_letters(const vet_str_t *s, vet_piece_t *token)
{
    size_t       i, n, distinct;
    uint32_t     cp;
    vet_last_t   last;
    vet_class_t  class;

    memset(&last, 0, sizeof(vet_last_t));
    last.cp = VET_NONE;
    last.bare = VET_NONE;
    distinct = 0;

    for (i = token->from; i < s->len; i += n) {

        cp = s->data[i];

        if (cp < 0x80 && vet_piece_classes[cp] == VET_LETTER
            && cp != last.bare)
        {
            distinct++;
            last.cp = cp;
            last.bare = cp;
            last.from = i;
            n = 1;
            continue;
        }

        class = vet_piece_class(s, i, &cp, &n);

        if (class != VET_LETTER) {
            if (class == VET_DIGIT || class == VET_MARK || i == token->from
                || (class == VET_SIGN
                    && vet_piece_signs(s, i, VET_LETTER) != 0))
            {
                return 0;
            }

            break;
        }

        if (cp >= 0x80 && i == token->from
            && vet_uni(cp)->flags & VET_UNI_SECOND)
        {
            token->second = 1;
        }

        if (vet_piece_repeats(s, &last, cp, i + n)) {
            token->plain = 0;
            continue;
        }

        distinct++;
        last.cp = cp;
        last.bare = (cp < 0x80) ? cp : vet_piece_bare(cp);
        last.from = i;
    }

    token->to = i;
    token->kind = VET_PIECE_LETTERS;
    token->single = (distinct == 1);
    token->last = last;

    return 1;
}


/* Reads any other token up to its end. */

static void
vet_piece_mixed(const vet_str_t *s, vet_piece_t *token)
{
    size_t       i, n, letters, first;
    uint32_t     cp;
    vet_class_t  class, before;

    letters = 0;
    first = 0;
    before = VET_SPACE;

    for (i = token->from; i < s->len; i += n) {

        class = vet_piece_class(s, i, &cp, &n);

        if (class == VET_SIGN) {
            n = vet_piece_signs(s, i, before);
            class = (n != 0) ? VET_LETTER : VET_PUNCT;
            letters += (n != 0) ? n - 1 : 0;
        }

        if (class == VET_SPACE || class == VET_PUNCT) {
            break;
        }

        if (class == VET_LETTER) {
            letters++;

        } else if (class == VET_DIGIT && first == 0) {
            first = letters;
        }

        before = (class == VET_MARK) ? before : class;
    }

    token->to = i;
    token->plain = 0;
    first = (first == 0) ? letters : first;

    (void) vet_piece_class(s, token->from, &cp, &n);

    token->second = cp >= 0x80 && vet_uni(cp)->flags & VET_UNI_SECOND;
    token->mapped = letters >= 2
                    && (cp < '0' || cp > '9' || first > VET_UNIT);
}


/* Finds what comes out of such a token. */

static void
vet_piece_kind(const vet_str_t *s, vet_piece_t *token)
{
    size_t       i, n, letters, others, distinct;
    uint32_t     cp;
    vet_last_t   last;
    vet_class_t  class;

    letters = 0;
    others = 0;
    distinct = 0;
    last.cp = VET_NONE;

    for (i = token->from; i < token->to; i += n) {
        class = vet_piece_char(s, token, i, &cp, &n);

        if (class == VET_MARK) {
            last.cp = VET_NONE;
            continue;
        }

        if (class == VET_DIGIT) {
            others++;
            distinct++;
            last.cp = VET_NONE;
            continue;
        }

        letters++;

        if (!vet_piece_repeats(s, &last, cp, i + n)) {
            distinct++;
            last.cp = cp;
            last.bare = vet_piece_bare(cp);
        }
    }

    token->kind = (others == 0) ? VET_PIECE_LETTERS
                  : (letters == 0) ? VET_PIECE_DIGITS : VET_PIECE_MIXED;

    token->single = (distinct == 1)
                    && (others == 0 || token->to - token->from == 1);
}


static inline vet_class_t
vet_piece_class(const vet_str_t *s, size_t i, uint32_t *cp, size_t *n)
{
    *cp = s->data[i];
    *n = 1;

    return (*cp < 0x80) ? (vet_class_t) vet_piece_classes[*cp]
                        : vet_piece_wide(s, i, cp, n);
}


/* The class of a character that is not ASCII. */

static vet_class_t
vet_piece_wide(const vet_str_t *s, size_t i, uint32_t *cp, size_t *n)
{
    unsigned  flags;

    *n = vet_uni_read(s->data + i, s->len - i, cp);
    flags = vet_uni(*cp)->flags;

    if ((flags & VET_UNI_WORD) == 0) {
        return VET_PUNCT;
    }

    return (flags & VET_UNI_MARK) ? VET_MARK : VET_LETTER;
}


/*
 * Returns how many signs from i on are letters, given what is before them in
 * the same token.
 */

static size_t
vet_piece_signs(const vet_str_t *s, size_t i, vet_class_t before)
{
    int          shout;
    size_t       n, size;
    uint32_t     cp;
    vet_class_t  class;

    if (before == VET_SPACE && i > 0 && s->data[i - 1] < 0x80
        && vet_piece_classes[s->data[i - 1]] == VET_SIGN)
    {
        return 0;
    }

    shout = 0;

    for (n = 0; n <= VET_SIGNS && i + n < s->len; n++) {
        class = vet_piece_class(s, i + n, &cp, &size);

        if (class == VET_SIGN) {
            shout |= (cp == '!');
            continue;
        }

        if (before == VET_SPACE || shout) {
            return (class == VET_LETTER && (!shout || before == VET_LETTER))
                   ? n : 0;
        }

        return (class == VET_LETTER
                || (class == VET_DIGIT && before == VET_LETTER))
               ? n : 0;
    }

    return 0;
}


/* Reads a character of a token, as what comes out: letter, digit or mark. */

vet_class_t
vet_piece_other(const vet_str_t *s, const vet_piece_t *token, size_t i,
    uint32_t *cp, size_t *n)
{
    vet_class_t  class;

    class = vet_piece_class(s, i, cp, n);

    if (class == VET_SIGN
        || (class == VET_DIGIT && token->mapped && vet_piece_spelled(s, i)))
    {
        *cp = vet_piece_letter(*cp);
        return VET_LETTER;
    }

    return class;
}


/* Tells whether a digit, and the one it may be in a row with, are letters. */

static int
vet_piece_spelled(const vet_str_t *s, size_t i)
{
    size_t    from, to, n;
    uint32_t  cp;

    from = i;
    to = i + 1;

    while (from > 0 && i - from < VET_ROW
           && VET_IS_DIGIT(s->data[from - 1]))
    {
        from--;
    }

    while (to < s->len && to - i <= VET_ROW && VET_IS_DIGIT(s->data[to])) {
        to++;
    }

    if (to - from > VET_ROW) {
        return 0;
    }

    if (to < s->len && vet_piece_class(s, to, &cp, &n) == VET_MARK) {
        return 0;
    }

    for (i = from; i < to; i++) {
        if (vet_piece_letter(s->data[i]) == 0) {
            return 0;
        }
    }

    return 1;
}


/* Returns the letter that a digit or sign is written for, or 0. */

uint32_t
vet_piece_letter(uint32_t cp)
{
    const char  *p;

    static const char  signs[] = "0134578@$!";
    static const char  letters[] = "oieastbasi";

    p = (cp != 0 && cp < 0x80) ? strchr(signs, (int) cp) : NULL;

    return (p == NULL) ? 0 : (uint32_t) letters[p - signs];
}


/*
 * Tells whether a letter repeats the last one, which then is the one of both
 * that has the accent.  A letter with a mark on it, at next, does not.
 */

int
vet_piece_alike(const vet_str_t *s, vet_last_t *last, uint32_t cp,
    size_t next)
{
    size_t    n;
    uint32_t  bare, mark;

    bare = vet_piece_bare(cp);

    if (bare != last->bare
        || (cp != last->cp && cp != bare && last->cp != bare))
    {
        return 0;
    }

    if (next < s->len && s->data[next] >= 0x80
        && vet_piece_class(s, next, &mark, &n) == VET_MARK)
    {
        return 0;
    }

    last->cp = (cp != bare) ? cp : last->cp;

    return 1;
}


/* The letter without its accent, where it is one. */

uint32_t
vet_piece_unaccented(uint32_t cp)
{
    uint32_t          bare;
    const vet_uni_t  *u;

    u = vet_uni(cp);

    return (u->fold_len == 1 && vet_uni_single(cp, u, 1, &bare) == VET_OK)
           ? bare : cp;
}
