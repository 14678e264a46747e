
/*
 * Copyright (C) the moderate authors
 *
 * Where joiners are spelling: what RFC 5892, appendix A, lets a name have, and
 * rule GB11 of UAX #29.
 *
 *   U+200C, U+200D  behind a virama
 *   U+200C          between letters that would be written as one
 *   U+200D          between pictures
 *
 * A joiner anywhere else is shown as nothing, and parts a word.  A virama that
 * is on a Latin letter, or on nothing, is no virama to a reader.
 *
 * What is around a joiner is looked at as the text view will have it: the
 * letters that others look like, decomposed, marks in any order, and nothing
 * that is not shown.  The view of a view is so the same, and that of a text
 * and of its normal forms.
 *
 * Another joiner is where looking ends: what is between two of them is looked
 * at a few times at most, so that time is linear.
 */


#include "vet_joiner.h"


/* The code points of the text view around a place, one by one. */

typedef struct {
    vet_str_t               value;
    size_t                  i;
    const uint32_t         *map;        /* of the character at i, */
    size_t                  n;          /* and how many are left of it */
    uint32_t                own;
} vet_around_t;


static int vet_joiner_virama(vet_str_t value, size_t i);
static int vet_joiner_letters(vet_str_t value, size_t i);
static int vet_joiner_pictures(vet_str_t value, size_t i);
static void vet_around_begin(vet_around_t *a, vet_str_t value, size_t i);
static int vet_around_before(vet_around_t *a, uint32_t *cp);
static int vet_around_behind(vet_around_t *a, uint32_t *cp);
static size_t vet_around_back(vet_str_t value, size_t i, uint32_t *cp);


int
vet_joiner_stays(vet_str_t value, size_t i)
{
    uint32_t  cp;

    (void) vet_uni_read(value.data + i, value.len - i, &cp);

    return vet_joiner_virama(value, i)
           || (cp == VET_NON_JOINER ? vet_joiner_letters(value, i)
                                    : vet_joiner_pictures(value, i));
}


/*
 * Tells whether a virama is before it, as the last of the marks that are put
 * in order, on a letter of its own.
 */

static int
vet_joiner_virama(vet_str_t value, size_t i)
{
    int               found, ordered;
    uint32_t          cp;
    vet_around_t      a;
    const vet_uni_t  *u;

    found = 0;
    ordered = 1;
    vet_around_begin(&a, value, i);

    while (vet_around_before(&a, &cp)) {
        u = vet_uni(cp);
        ordered &= (u->ccc != 0);

        if (ordered && u->ccc > VET_CCC_VIRAMA) {
            return 0;
        }

        found |= (ordered && u->ccc == VET_CCC_VIRAMA);

        if (!ordered && !found) {
            return 0;
        }

        if ((u->flags & VET_UNI_MARK) == 0) {
            return (u->flags & (VET_UNI_WORD|VET_UNI_LATIN)) == VET_UNI_WORD;
        }
    }

    return 0;
}


static int
vet_joiner_letters(vet_str_t value, size_t i)
{
    unsigned      flags;
    uint32_t      cp;
    vet_around_t  a;

    flags = 0;
    vet_around_begin(&a, value, i);

    while (vet_around_before(&a, &cp)) {
        flags = vet_uni_joins(cp);

        if ((flags & VET_JOINS_CLEAR) == 0) {
            break;
        }
    }

    if ((flags & VET_JOINS_NEXT) == 0) {
        return 0;
    }

    vet_around_begin(&a, value, i);

    while (vet_around_behind(&a, &cp)) {
        flags = vet_uni_joins(cp);

        if ((flags & VET_JOINS_CLEAR) == 0) {
            return (flags & VET_JOINS_LAST) != 0;
        }
    }

    return 0;
}


/* What chooses how the first one is shown is not shown itself. */

static int
vet_joiner_pictures(vet_str_t value, size_t i)
{
    uint32_t      cp;
    vet_around_t  a;

    vet_around_begin(&a, value, i);

    if (!vet_around_before(&a, &cp)) {
        return 0;
    }

    if (vet_uni_joins(cp) & VET_JOINS_TONE && !vet_around_before(&a, &cp)) {
        return 0;
    }

    if ((vet_uni_joins(cp) & VET_JOINS_PICTURE) == 0) {
        return 0;
    }

    vet_around_begin(&a, value, i);

    return vet_around_behind(&a, &cp)
           && (vet_uni_joins(cp) & VET_JOINS_PICTURE) != 0;
}


static void
vet_around_begin(vet_around_t *a, vet_str_t value, size_t i)
{
    a->value = value;
    a->i = i;
    a->map = NULL;
    a->n = 0;
}


/* Return 0 at an end of the value, and at another joiner. */

static int
vet_around_before(vet_around_t *a, uint32_t *cp)
{
    while (a->n == 0) {

        if (a->i == 0) {
            return 0;
        }

        a->i = vet_around_back(a->value, a->i, cp);

        if (VET_IS_JOINER(*cp)) {
            return 0;
        }

        a->map = vet_uni_map(*cp, vet_uni(*cp), 0, &a->own, &a->n);
    }

    *cp = a->map[--a->n];

    return 1;
}


static int
vet_around_behind(vet_around_t *a, uint32_t *cp)
{
    /* at first it is the joiner itself */

    while (a->n == 0) {
        a->i += vet_uni_read(a->value.data + a->i, a->value.len - a->i, cp);

        if (a->i == a->value.len) {
            return 0;
        }

        (void) vet_uni_read(a->value.data + a->i, a->value.len - a->i, cp);

        if (VET_IS_JOINER(*cp)) {
            return 0;
        }

        a->map = vet_uni_map(*cp, vet_uni(*cp), 0, &a->own, &a->n);
    }

    *cp = *a->map++;
    a->n--;

    return 1;
}


/* Returns where the character before i begins, as reading from there gives. */

static size_t
vet_around_back(vet_str_t value, size_t i, uint32_t *cp)
{
    size_t  from, n;

    from = i - 1;

    for (n = 1; n < VET_UNI_BYTES && from != 0
                && (value.data[from] & 0xc0) == 0x80; n++)
    {
        from--;
    }

    if (vet_uni_read(value.data + from, i - from, cp) != i - from) {
        from = i - 1;
        *cp = value.data[from];
    }

    return from;
}
