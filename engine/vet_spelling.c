
/*
 * Copyright (C) the moderate authors
 *
 * The phrases of a words rule on the joined view: which letters they have
 * there, and whether what was found is written to be overlooked.
 *
 * Only letters taken apart inside of a word, stretched ones (three or more)
 * and digits or signs for letters count as that.  Anything else found there
 * is another word ("god" in "good"), or is on the text view as well.
 */


#include <string.h>

#include "vet_rules.h"
#include "vet_words.h"


#define VET_ACRONYM         5        /* letters: "U.B.N.D", "T.P. H.C.M" */

#define VET_TONES           5


/* What of a hit is odd. */

typedef struct {
    const vet_spelling_t   *spelling;
    const vet_view_t       *view;
    vet_str_t               value;      /* of the base of the base */
    size_t                  inside;     /* places inside of words */
    size_t                  apart;      /* of them: a separator was there */
    unsigned                stretched:1;
    unsigned                mapped:1;
    unsigned                lower:1;    /* some letter is no capital */
    unsigned                accented:1;
    unsigned                dotted:1;   /* a separator has "." */
    unsigned                others:1;   /* or other than "." and SPACE */
    unsigned                fused:1;    /* the last letter was two words' */
} vet_oddity_t;


static uint32_t vet_spelling_tone(uint32_t cp, uint32_t bare);
static int vet_spelling_plain(const vet_view_t *view, size_t at,
    vet_str_t squeezed);
static size_t vet_spelling_most(vet_str_t squeezed);
static int vet_spelling_is_odd(const vet_oddity_t *o);
static int vet_spelling_begins(const vet_view_t *view, size_t at);
static int vet_spelling_ends(const vet_view_t *view, size_t at);
static int vet_spelling_joins(const vet_letter_t *one,
    const vet_letter_t *two);
static int vet_spelling_sign(vet_str_t text, size_t i);
static int vet_spelling_parted(const vet_view_t *view, size_t from,
    size_t to);
static int vet_spelling_walk(vet_oddity_t *o, size_t start, size_t *end);
static int vet_spelling_takes(const vet_oddity_t *o, size_t i, uint32_t cp,
    size_t pos);
static void vet_spelling_seam(vet_oddity_t *o, size_t from, size_t to);
static void vet_spelling_separator(vet_oddity_t *o, uint32_t cp);
static void vet_spelling_char(vet_oddity_t *o, size_t pos, size_t n);
static size_t vet_spelling_back(vet_str_t text, size_t i);


int
vet_spelling_read(vet_pool_t *pool, vet_str_t text, vet_spelling_t *spelling)
{
    int               gap;
    size_t            i, n;
    uint32_t          cp;
    vet_letter_t     *letter;
    const vet_uni_t  *u;

    memset(spelling, 0, sizeof(vet_spelling_t));

    spelling->letters = vet_pcalloc(pool, (text.len + 1)
                                          * sizeof(vet_letter_t));
    if (spelling->letters == NULL) {
        return vet_pool_failed(pool);
    }

    gap = 0;

    for (i = 0; i < text.len; i += n) {
        n = vet_uni_read(text.data + i, text.len - i, &cp);

        if (cp == ' ') {
            gap = 1;
            continue;
        }

        u = vet_uni(cp);
        letter = &spelling->letters[spelling->n++];

        if ((u->flags & (VET_UNI_WORD|VET_UNI_MARK|VET_UNI_DROP))
            != VET_UNI_WORD
            || vet_uni_single(cp, u, 1, &letter->bare) != VET_OK)
        {
            return VET_DECLINED;
        }

        letter->own = cp;
        letter->gap = (gap != 0);
        gap = 0;

        spelling->accented |= (letter->own != letter->bare);
        spelling->count += (cp < '0' || cp > '9') ? 1 : 0;
    }

    for (i = 0; i < spelling->n; i++) {
        letter = &spelling->letters[i];

        letter->moved = vet_spelling_moved(
            (i == 0 || letter->gap) ? 0 : letter[-1].own, letter->own,
            (i + 1 == spelling->n || letter[1].gap) ? 0 : letter[1].own);
    }

    return (spelling->count >= VET_SPELLING_LEAST) ? VET_OK : VET_DECLINED;
}


/*
 * Of two vowels such as "oa", "oe" and "uy" either may have the tone.  Returns
 * what else the letter between before and behind may be, or 0.
 */

uint32_t
vet_spelling_moved(uint32_t before, uint32_t cp, uint32_t behind)
{
    uint32_t  tone;

    if ((cp == 'o' || cp == 'u') && behind != 0) {
        tone = vet_spelling_tone(behind, 'a');
        tone = (tone == 0) ? vet_spelling_tone(behind, 'e') : tone;
        tone = (tone == 0) ? vet_spelling_tone(behind, 'y') : tone;

        return (tone == 0) ? 0 : vet_uni_join(cp, tone);
    }

    if ((cp == 'a' || cp == 'e' || cp == 'y') && before != 0) {
        tone = vet_spelling_tone(before, 'o');
        tone = (tone == 0) ? vet_spelling_tone(before, 'u') : tone;

        return (tone == 0) ? 0 : vet_uni_join(cp, tone);
    }

    return 0;
}


/* The tone that makes the letter of the bare one, or 0. */

static uint32_t
vet_spelling_tone(uint32_t cp, uint32_t bare)
{
    size_t  i;

    static const uint32_t  tones[VET_TONES] = {
        0x300, 0x301, 0x303, 0x309, 0x323
    };

    if (cp < 0x80) {
        return 0;
    }

    for (i = 0; i < VET_TONES; i++) {
        if (vet_uni_join(bare, tones[i]) == cp) {
            return tones[i];
        }
    }

    return 0;
}


int
vet_word_joined_at(vet_pool_t *pool, const vet_word_t *word,
    const vet_view_t *view, vet_str_t value, size_t at,
    vet_word_place_t *place)
{
    int             rc;
    vet_oddity_t    o;
    vet_spelling_t  spelling;

    if (vet_spelling_plain(view, at, word->squeezed)
        || !vet_spelling_begins(view, at))
    {
        return VET_DECLINED;
    }

    rc = vet_spelling_read(pool, word->squeezed, &spelling);
    if (rc != VET_OK) {
        return rc;
    }

    memset(&o, 0, sizeof(vet_oddity_t));
    o.spelling = &spelling;
    o.view = view;
    o.value = value;

    place->start = at;

    if (!vet_spelling_walk(&o, at, &place->end)
        || !vet_spelling_ends(view, place->end)
        || !vet_spelling_is_odd(&o))
    {
        return VET_DECLINED;
    }

    place->bare = spelling.accented && !o.accented;

    return VET_OK;
}


/*
 * Tells whether all that the phrase may be is in the view as it is in its base,
 * so that nothing can be odd: that is so most often, and soon seen.
 */

static int
vet_spelling_plain(const vet_view_t *view, size_t at, vet_str_t squeezed)
{
    size_t  len, from;

    len = vet_spelling_most(squeezed);
    len = (len < view->text.len - at) ? len : view->text.len - at;

    return vet_view_row(view, at, at + len, &from)
           && memcmp(view->text.data + at, view->base->text.data + from, len)
              == 0;
}


/*
 * Returns the most bytes that a phrase may have in a view: a letter may be
 * without its accent, or with the tone of a neighbour, which is then of it.
 */

static size_t
vet_spelling_most(vet_str_t squeezed)
{
    int            accented;
    size_t         i, len;
    unsigned char  c;

    len = squeezed.len;
    accented = 0;

    for (i = 0; i < squeezed.len; i++) {
        c = squeezed.data[i];

        if (c >= 0xc0) {
            len += 2;
            accented = 1;

        } else if (c == 'a' || c == 'e' || c == 'o' || c == 'u' || c == 'y') {
            len += 2;
        }
    }

    return accented ? len : squeezed.len;
}


static int
vet_spelling_is_odd(const vet_oddity_t *o)
{
    int  apart;

    apart = o->apart != 0
            && (o->lower || o->others || !o->dotted
                || o->spelling->n > VET_ACRONYM);

    /* a short one is in many others: only when nothing of it is ordinary */

    if (o->spelling->count <= VET_SPELLING_LEAST) {
        return o->stretched || (apart && o->apart == o->inside);
    }

    return o->stretched || o->mapped || apart;
}


/*
 * Tells whether two letters in a row may have become one: they are the same,
 * or "1" was written for the "l" of "li".
 */

static int
vet_spelling_joins(const vet_letter_t *one, const vet_letter_t *two)
{
    return one->bare == two->bare || (one->bare == 'l' && two->bare == 'i');
}


/*
 * Tell whether a word may begin, or end, at a place: a separator may have been
 * there, also one that a letter is written on both sides of.
 */

static int
vet_spelling_begins(const vet_view_t *view, size_t at)
{
    size_t     from, to;
    vet_str_t  text;

    text = view->text;

    if (at == 0 || text.data[at - 1] == ' ') {
        return 1;
    }

    to = vet_view_base_end(view, at);
    from = vet_view_base_start(view, at);

    return from != to || vet_spelling_sign(view->base->text, to - 1)
           || vet_spelling_parted(view, at, at + 1);
}


static int
vet_spelling_ends(const vet_view_t *view, size_t at)
{
    size_t     from, to;
    vet_str_t  text;

    text = view->text;

    if (at == text.len || text.data[at] == ' ') {
        return 1;
    }

    to = vet_view_base_end(view, at);
    from = vet_view_base_start(view, at);

    return from != to || vet_spelling_sign(view->base->text, from)
           || vet_spelling_parted(view, vet_spelling_back(text, at), at);
}


static int
vet_spelling_sign(vet_str_t text, size_t i)
{
    return text.data[i] == '@' || text.data[i] == '$' || text.data[i] == '!';
}


/* Tells whether one letter of the view was two words or more. */

static int
vet_spelling_parted(const vet_view_t *view, size_t from, size_t to)
{
    size_t    i, end;
    uint32_t  cp;

    i = vet_view_base_start(view, from);
    end = vet_view_base_end(view, to);

    while (i < end) {
        i += vet_uni_read(view->base->text.data + i, end - i, &cp);

        if ((vet_uni(cp)->flags & VET_UNI_WORD) == 0) {
            return 1;
        }
    }

    return 0;
}


/* Goes through letters and view; returns 0 when they are not the same. */

static int
vet_spelling_walk(vet_oddity_t *o, size_t start, size_t *end)
{
    size_t                i, n, pos;
    uint32_t              cp;
    vet_str_t             text;
    const vet_letter_t   *letter;

    text = o->view->text;
    pos = start;

    for (i = 0; i < o->spelling->n; i++) {
        letter = &o->spelling->letters[i];

        n = (letter->gap && pos < text.len && text.data[pos] == ' ') ? 1 : 0;

        if (pos + n >= text.len) {
            cp = 0;

        } else {
            (void) vet_uni_read(text.data + pos + n, text.len - pos - n, &cp);
        }

        if (cp == 0 || !vet_spelling_takes(o, i, cp, pos + n)) {

            /* it became one with the letter before it */

            if (i == 0 || !vet_spelling_joins(letter - 1, letter)) {
                return 0;
            }

            if (letter->gap && o->fused) {
                o->apart--;
                o->inside--;
                o->fused = 0;
            }

            continue;
        }

        if (i > 0 && !letter->gap) {
            o->inside++;
            vet_spelling_seam(o, vet_view_base_end(o->view, pos),
                              vet_view_base_start(o->view, pos));
        }

        o->accented |= (cp >= 0x80 && cp != letter->bare);
        pos += n;

        n = vet_uni_read(text.data + pos, text.len - pos, &cp);
        vet_spelling_char(o, pos, n);
        pos += n;
    }

    *end = pos;

    return 1;
}


static int
vet_spelling_takes(const vet_oddity_t *o, size_t i, uint32_t cp, size_t pos)
{
    unsigned char        c;
    const vet_letter_t  *letter;

    letter = &o->spelling->letters[i];

    if (cp == letter->own || cp == letter->bare
        || (cp == letter->moved && cp != 0))
    {
        return 1;
    }

    if (i + 1 < o->spelling->n && letter[1].bare == letter->bare
        && letter[1].own == cp)
    {
        return 1;
    }

    if (letter->bare == 'l'
        && (cp == 'i' || (i + 1 < o->spelling->n && letter[1].bare == 'i'
                          && letter[1].own == cp)))
    {
        c = o->view->base->text.data[vet_view_base_start(o->view, pos)];
        return c == '1' || c == '!';
    }

    return 0;
}


/* Looks at what was dropped between two letters, [from, to) of the base. */

static void
vet_spelling_seam(vet_oddity_t *o, size_t from, size_t to)
{
    if (from >= to) {
        return;
    }

    o->apart++;

    for ( /* void */ ; from < to; from++) {
        vet_spelling_separator(o, o->view->base->text.data[from]);
    }
}


static void
vet_spelling_separator(vet_oddity_t *o, uint32_t cp)
{
    o->dotted |= (cp == '.');
    o->others |= (cp != '.' && cp != ' ');
}


/* Looks at what a letter of the view was. */

static void
vet_spelling_char(vet_oddity_t *o, size_t pos, size_t n)
{
    int                   apart;
    size_t                i, from, to, letters;
    uint32_t              cp;
    const unsigned char  *base;

    base = o->view->base->text.data;
    from = vet_view_base_start(o->view, pos);
    to = vet_view_base_end(o->view, pos + n);

    o->fused = 0;
    i = vet_view_start(o->view->base, from);

    o->lower |= (o->value.data[i] < 'A' || o->value.data[i] > 'Z')
                && (o->value.len - i < 2
                    || memcmp(o->value.data + i, "\xc4\x90", 2) != 0);

    if (to - from == n && memcmp(base + from, o->view->text.data + pos, n) == 0)
    {
        return;
    }

    apart = 0;
    letters = 0;

    for (i = from; i < to; /* void */ ) {
        i += vet_uni_read(base + i, to - i, &cp);

        if ((cp >= '0' && cp <= '9') || cp == '@' || cp == '$' || cp == '!') {
            o->mapped = 1;
            letters++;

        } else if (vet_uni(cp)->flags & VET_UNI_WORD) {
            letters++;

        } else {
            apart = 1;
            vet_spelling_separator(o, cp);
        }
    }

    o->stretched |= (letters > 2);
    o->apart += (size_t) apart;
    o->inside += (size_t) apart;
    o->fused = (apart != 0);
}


/* Returns where the character before i begins. */

static size_t
vet_spelling_back(vet_str_t text, size_t i)
{
    do {
        i--;
    } while (i > 0 && (text.data[i] & 0xc0) == 0x80);

    return i;
}
