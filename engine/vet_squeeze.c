
/*
 * Copyright (C) the moderate authors
 *
 * The squeezed view and its twin with accents, the joined view, made of the
 * folded and of the text view.  A token is a run of word characters.
 *
 * Separators are dropped between two tokens of digits, between two tokens of
 * one letter, and between two tokens of letters when there is no white space
 * among them; all others are one SPACE, and none at the ends.  A letter that
 * is repeated is one letter; a bare letter repeats an accented one, so that
 * "quáaa" is "quá".  Digits are never repeats.
 *
 * The digits 0 1 3 4 5 7 8 are o i e a s t b in a token of two letters or
 * more, one or two of them in a row.  A number with its unit stays ("100k",
 * "2tr5", "15h30"), so does one letter with a number ("q1", "f0"), and a row
 * of digits that is longer or has another digit in it ("sv388", "covid19").
 * "@", "$" and "!" are a, s and i with letters around them, "@" and "$" also
 * at the beginning of a word.  Digits and letters that stand apart are one
 * word when one or two of these digits are between single letters.
 *
 * All is decided on tokens as they come out, so that the view of a view is
 * the same; and nothing is dropped that would let a mark or a Hangul vowel
 * join the letter before it.
 */


#include <string.h>

#include "vet_rules.h"


#define VET_NONE            UINT32_MAX

#define VET_ROW             2       /* digits for letters in a row */
#define VET_SIGNS           3       /* and signs */
#define VET_UNIT            2       /* letters of "kg", "tr", "m" */

#define VET_IS_DIGIT(c)     ((c) >= '0' && (c) <= '9')


typedef enum {
    VET_SPACE = 0,
    VET_PUNCT,
    VET_SIGN,
    VET_DIGIT,
    VET_LETTER,
    VET_MARK
} vet_class_t;

typedef enum {
    VET_TOKEN_NONE = 0,
    VET_TOKEN_LETTERS,
    VET_TOKEN_DIGITS,
    VET_TOKEN_MIXED
} vet_token_kind_t;

/* The letter written last, which the next one may repeat. */

typedef struct {
    uint32_t                cp;         /* VET_NONE: nothing can repeat it */
    uint32_t                bare;
    size_t                  from;       /* in the base view */
} vet_last_t;

typedef struct {
    vet_token_kind_t        kind;
    size_t                  from;
    size_t                  to;
    vet_last_t              last;       /* of a plain one: where it ends */
    unsigned                single:1;   /* one character, repeats aside */
    unsigned                plain:1;    /* written as it is */
    unsigned                mapped:1;   /* its digits may be letters */
    unsigned                second:1;   /* may join what is before it */
} vet_chunk_t;

typedef struct {
    vet_pool_t             *pool;
    const unsigned char    *data;
    size_t                  size;

    unsigned char          *out;
    size_t                  len;
    vet_list_t              spans;      /* of vet_span_t */

    size_t                  from;       /* copied, but not written yet */
    size_t                  to;

    vet_last_t              last;
    size_t                  run;        /* letters that last stands for */
    int                     odd;
} vet_squeezer_t;


static int vet_squeeze_all(vet_squeezer_t *s);
static size_t vet_squeeze_next(const vet_squeezer_t *s, size_t i, int *space);
static int vet_squeeze_seam(const vet_squeezer_t *s, const vet_chunk_t *last,
    vet_chunk_t *token, int space);
static int vet_squeeze_between(const vet_squeezer_t *s,
    const vet_chunk_t *token);
static void vet_squeeze_token(const vet_squeezer_t *s, size_t i,
    vet_chunk_t *token);
static int vet_squeeze_letters(const vet_squeezer_t *s, vet_chunk_t *token);
static void vet_squeeze_mixed(const vet_squeezer_t *s, vet_chunk_t *token);
static void vet_squeeze_kind(const vet_squeezer_t *s, vet_chunk_t *token);
static vet_class_t vet_squeeze_class(const vet_squeezer_t *s, size_t i,
    uint32_t *cp, size_t *n);
static size_t vet_squeeze_signs(const vet_squeezer_t *s, size_t i,
    vet_class_t before);
static vet_class_t vet_squeeze_char(const vet_squeezer_t *s,
    const vet_chunk_t *token, size_t i, uint32_t *cp, size_t *n);
static int vet_squeeze_spelled(const vet_squeezer_t *s, size_t i);
static uint32_t vet_squeeze_letter(uint32_t cp);
static int vet_squeeze_repeats(const vet_squeezer_t *s, vet_last_t *last,
    uint32_t cp, size_t next);
static uint32_t vet_squeeze_bare(uint32_t cp);
static int vet_squeeze_write(vet_squeezer_t *s, const vet_chunk_t *token);
static int vet_squeeze_merge(vet_squeezer_t *s, const vet_last_t *last,
    size_t to);
static int vet_squeeze_put(vet_squeezer_t *s, uint32_t cp, size_t from,
    size_t to);
static int vet_squeeze_copy(vet_squeezer_t *s, size_t from, size_t to);
static int vet_squeeze_flush(vet_squeezer_t *s);
static int vet_squeeze_span(vet_squeezer_t *s, size_t view, size_t from,
    size_t to);


#define S  VET_SPACE
#define P  VET_PUNCT
#define G  VET_SIGN
#define D  VET_DIGIT
#define L  VET_LETTER

static const unsigned char  vet_squeeze_classes[128] = {
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


int
vet_view_squeeze(vet_pool_t *pool, const vet_view_t *base, vet_view_t *view)
{
    int             rc;
    vet_squeezer_t  s;

    memset(view, 0, sizeof(vet_view_t));
    memset(&s, 0, sizeof(vet_squeezer_t));

    s.pool = pool;
    s.data = base->text.data;
    s.size = base->text.len;
    s.spans.pool = pool;
    s.spans.size = sizeof(vet_span_t);
    s.last.cp = VET_NONE;

    rc = vet_squeeze_all(&s);
    if (rc != VET_OK) {
        return rc;
    }

    view->base = base;
    view->text = base->text;
    view->odd = (s.odd != 0);

    if (s.len == 0 && s.from == 0 && s.to == s.size) {
        return VET_OK;
    }

    rc = vet_squeeze_flush(&s);
    if (rc != VET_OK) {
        return rc;
    }

    if (s.len != 0) {
        view->text.data = s.out;
    }

    view->text.len = s.len;
    view->spans = s.spans.elts;
    view->nspans = s.spans.n;

    return VET_OK;
}


static int
vet_squeeze_all(vet_squeezer_t *s)
{
    int          rc, space;
    size_t       i, gap;
    vet_chunk_t  token, last;

    memset(&last, 0, sizeof(vet_chunk_t));
    i = 0;

    for ( ;; ) {
        gap = i;
        i = vet_squeeze_next(s, i, &space);

        if (i == s->size) {
            return VET_OK;
        }

        vet_squeeze_token(s, i, &token);
        i = token.to;

        if (last.kind == VET_TOKEN_NONE) {
            rc = VET_OK;

        } else if (vet_squeeze_seam(s, &last, &token, space)) {
            s->odd |= (token.kind == VET_TOKEN_LETTERS);
            rc = VET_OK;

        } else {
            s->last.cp = VET_NONE;
            rc = (token.from == gap + 1 && s->data[gap] == ' ')
                 ? vet_squeeze_copy(s, gap, token.from)
                 : vet_squeeze_put(s, ' ', gap, token.from);
        }

        if (rc == VET_OK) {
            rc = vet_squeeze_write(s, &token);
        }

        if (rc != VET_OK) {
            return rc;
        }

        last = token;
    }
}


/*
 * Returns where the next token begins.  Marks that are on a separator belong
 * to it.
 */

static size_t
vet_squeeze_next(const vet_squeezer_t *s, size_t i, int *space)
{
    size_t       n;
    uint32_t     cp;
    vet_class_t  class;

    *space = 0;

    for ( /* void */ ; i < s->size; i += n) {
        class = vet_squeeze_class(s, i, &cp, &n);

        if (class == VET_LETTER || class == VET_DIGIT
            || (class == VET_SIGN
                && vet_squeeze_signs(s, i, VET_SPACE) != 0))
        {
            return i;
        }

        *space |= (class == VET_SPACE);
    }

    return i;
}


/* Tells whether the separators between two tokens are dropped. */

static int
vet_squeeze_seam(const vet_squeezer_t *s, const vet_chunk_t *last,
    vet_chunk_t *token, int space)
{
    if (token->second || last->kind == VET_TOKEN_MIXED) {
        return 0;
    }

    if (last->kind == token->kind) {
        return last->kind == VET_TOKEN_DIGITS || !space
               || (last->single && token->single);
    }

    if (last->kind == VET_TOKEN_LETTERS && last->single
        && vet_squeeze_between(s, token))
    {
        token->kind = VET_TOKEN_LETTERS;
        token->plain = 0;
        token->mapped = 1;

        return 1;
    }

    return 0;
}


/*
 * Tells whether the token is one of the digits that are letters, alone or
 * with a second one, and then a single letter.
 */

static int
vet_squeeze_between(const vet_squeezer_t *s, const vet_chunk_t *token)
{
    int          space;
    size_t       i, digits;
    vet_chunk_t  next;

    next = *token;

    for (digits = 0; next.single && !next.second; digits++) {

        if (next.kind == VET_TOKEN_LETTERS) {
            return digits > 0;
        }

        if (next.kind != VET_TOKEN_DIGITS || digits == VET_ROW
            || vet_squeeze_letter(s->data[next.from]) == 0)
        {
            return 0;
        }

        i = vet_squeeze_next(s, next.to, &space);
        if (i == s->size) {
            return 0;
        }

        vet_squeeze_token(s, i, &next);
    }

    return 0;
}


static void
vet_squeeze_token(const vet_squeezer_t *s, size_t i, vet_chunk_t *token)
{
    memset(token, 0, sizeof(vet_chunk_t));
    token->from = i;
    token->to = i;
    token->plain = 1;
    token->last.cp = VET_NONE;

    if (!vet_squeeze_letters(s, token)) {
        vet_squeeze_mixed(s, token);
        vet_squeeze_kind(s, token);
    }
}


/* Reads a token of letters only, which most are; else returns 0. */

static int
vet_squeeze_letters(const vet_squeezer_t *s, vet_chunk_t *token)
{
    size_t       i, n, distinct;
    uint32_t     cp;
    vet_last_t   last;
    vet_class_t  class;

    last.cp = VET_NONE;
    distinct = 0;

    for (i = token->from; i < s->size; i += n) {

        class = vet_squeeze_class(s, i, &cp, &n);

        if (class != VET_LETTER) {
            if (class == VET_DIGIT || class == VET_MARK || i == token->from
                || (class == VET_SIGN
                    && vet_squeeze_signs(s, i, VET_LETTER) != 0))
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

        if (last.cp == cp || (last.cp != VET_NONE
                              && (last.cp | cp) >= 0x80))
        {
            if (vet_squeeze_repeats(s, &last, cp, i + n)) {
                token->plain = 0;
                continue;
            }
        }

        distinct++;
        last.cp = cp;
        last.bare = (cp < 0x80) ? cp : vet_squeeze_bare(cp);
        last.from = i;
    }

    token->to = i;
    token->kind = VET_TOKEN_LETTERS;
    token->single = (distinct == 1);
    token->last = last;

    return 1;
}


/* Reads any other token up to its end. */

static void
vet_squeeze_mixed(const vet_squeezer_t *s, vet_chunk_t *token)
{
    size_t       i, n, letters, first;
    uint32_t     cp;
    vet_class_t  class, before;

    letters = 0;
    first = 0;
    before = VET_SPACE;

    for (i = token->from; i < s->size; i += n) {

        class = vet_squeeze_class(s, i, &cp, &n);

        if (class == VET_SIGN) {
            n = vet_squeeze_signs(s, i, before);
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

    (void) vet_squeeze_class(s, token->from, &cp, &n);

    token->second = cp >= 0x80 && vet_uni(cp)->flags & VET_UNI_SECOND;
    token->mapped = letters >= 2
                    && (cp < '0' || cp > '9' || first > VET_UNIT);
}


/* Finds what comes out of such a token. */

static void
vet_squeeze_kind(const vet_squeezer_t *s, vet_chunk_t *token)
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
        class = vet_squeeze_char(s, token, i, &cp, &n);

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

        if (!vet_squeeze_repeats(s, &last, cp, i + n)) {
            distinct++;
            last.cp = cp;
            last.bare = vet_squeeze_bare(cp);
        }
    }

    token->kind = (others == 0) ? VET_TOKEN_LETTERS
                  : (letters == 0) ? VET_TOKEN_DIGITS : VET_TOKEN_MIXED;

    token->single = (distinct == 1)
                    && (others == 0 || token->to - token->from == 1);
}


static vet_class_t
vet_squeeze_class(const vet_squeezer_t *s, size_t i, uint32_t *cp, size_t *n)
{
    unsigned  flags;

    *cp = s->data[i];
    *n = 1;

    if (*cp < 0x80) {
        return vet_squeeze_classes[*cp];
    }

    *n = vet_uni_read(s->data + i, s->size - i, cp);
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
vet_squeeze_signs(const vet_squeezer_t *s, size_t i, vet_class_t before)
{
    int          shout;
    size_t       n, size;
    uint32_t     cp;
    vet_class_t  class;

    if (before == VET_SPACE && i > 0 && s->data[i - 1] < 0x80
        && vet_squeeze_classes[s->data[i - 1]] == VET_SIGN)
    {
        return 0;
    }

    shout = 0;

    for (n = 0; n <= VET_SIGNS && i + n < s->size; n++) {
        class = vet_squeeze_class(s, i + n, &cp, &size);

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

static vet_class_t
vet_squeeze_char(const vet_squeezer_t *s, const vet_chunk_t *token, size_t i,
    uint32_t *cp, size_t *n)
{
    vet_class_t  class;

    class = vet_squeeze_class(s, i, cp, n);

    if (class == VET_SIGN
        || (class == VET_DIGIT && token->mapped && vet_squeeze_spelled(s, i)))
    {
        *cp = vet_squeeze_letter(*cp);
        return VET_LETTER;
    }

    return class;
}


/* Tells whether a digit, and the one it may be in a row with, are letters. */

static int
vet_squeeze_spelled(const vet_squeezer_t *s, size_t i)
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

    while (to < s->size && to - i <= VET_ROW && VET_IS_DIGIT(s->data[to])) {
        to++;
    }

    if (to - from > VET_ROW) {
        return 0;
    }

    if (to < s->size && vet_squeeze_class(s, to, &cp, &n) == VET_MARK) {
        return 0;
    }

    for (i = from; i < to; i++) {
        if (vet_squeeze_letter(s->data[i]) == 0) {
            return 0;
        }
    }

    return 1;
}


/* Returns the letter that a digit or sign is written for, or 0. */

static uint32_t
vet_squeeze_letter(uint32_t cp)
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

static int
vet_squeeze_repeats(const vet_squeezer_t *s, vet_last_t *last, uint32_t cp,
    size_t next)
{
    size_t    n;
    uint32_t  bare, mark;

    if (last->cp == VET_NONE) {
        return 0;
    }

    bare = vet_squeeze_bare(cp);

    if (bare != last->bare
        || (cp != last->cp && cp != bare && last->cp != bare))
    {
        return 0;
    }

    if (next < s->size && s->data[next] >= 0x80
        && vet_squeeze_class(s, next, &mark, &n) == VET_MARK)
    {
        return 0;
    }

    last->cp = (cp != bare) ? cp : last->cp;

    return 1;
}


/* The letter without its accent, where it is one. */

static uint32_t
vet_squeeze_bare(uint32_t cp)
{
    uint32_t          bare;
    const vet_uni_t  *u;

    if (cp < 0x80) {
        return cp;
    }

    u = vet_uni(cp);

    return (u->fold_len == 1 && vet_uni_single(cp, u, 1, &bare) == VET_OK)
           ? bare : cp;
}


static int
vet_squeeze_write(vet_squeezer_t *s, const vet_chunk_t *token)
{
    int          rc;
    size_t       i, n;
    uint32_t     cp;
    vet_last_t   last;
    vet_class_t  class;

    if (token->plain && s->last.cp == VET_NONE) {
        s->last = token->last;
        s->run = 1;

        return vet_squeeze_copy(s, token->from, token->to);
    }

    for (i = token->from; i < token->to; i += n) {
        class = vet_squeeze_char(s, token, i, &cp, &n);

        if (class != VET_LETTER) {
            s->last.cp = VET_NONE;
            rc = vet_squeeze_copy(s, i, i + n);

        } else {
            s->odd |= (s->data[i] != cp && s->data[i] < 0x80);
            last = s->last;

            if (vet_squeeze_repeats(s, &last, cp, i + n)) {
                rc = vet_squeeze_merge(s, &last, i + n);

            } else {
                s->last.cp = cp;
                s->last.bare = vet_squeeze_bare(cp);
                s->last.from = i;
                s->run = 1;

                rc = (s->data[i] < 0x80 && s->data[i] != cp)
                     ? vet_squeeze_put(s, cp, i, i + n)
                     : vet_squeeze_copy(s, i, i + n);
            }
        }

        if (rc != VET_OK) {
            return rc;
        }
    }

    return VET_OK;
}


/* Makes the letter written last the one of all up to to. */

static int
vet_squeeze_merge(vet_squeezer_t *s, const vet_last_t *last, size_t to)
{
    int            rc;
    size_t         n;
    unsigned char  bytes[VET_UNI_BYTES];

    rc = vet_squeeze_flush(s);
    if (rc != VET_OK) {
        return rc;
    }

    n = vet_uni_write(s->last.cp, bytes);
    s->len -= n;
    s->last.cp = last->cp;
    s->run++;
    s->odd |= (s->run > 2);

    rc = vet_squeeze_span(s, s->len, s->last.from, to);

    s->len += vet_uni_write(last->cp, s->out + s->len);
    s->from = to;
    s->to = to;

    return rc;
}


/* Writes a character in place of the base view from from to to. */

static int
vet_squeeze_put(vet_squeezer_t *s, uint32_t cp, size_t from, size_t to)
{
    int  rc;

    rc = vet_squeeze_flush(s);
    if (rc == VET_OK) {
        rc = vet_squeeze_span(s, s->len, from, to);
    }

    if (rc == VET_OK) {
        s->len += vet_uni_write(cp, s->out + s->len);
        s->from = to;
        s->to = to;
    }

    return rc;
}


static int
vet_squeeze_copy(vet_squeezer_t *s, size_t from, size_t to)
{
    int  rc;

    if (s->to != from) {
        rc = vet_squeeze_flush(s);
        if (rc != VET_OK) {
            return rc;
        }

        s->from = from;
    }

    s->to = to;

    return VET_OK;
}


/* What comes out is never longer than the base view. */

static int
vet_squeeze_flush(vet_squeezer_t *s)
{
    int     rc;
    size_t  n;

    if (s->out == NULL) {
        s->out = vet_palloc(s->pool, s->size + VET_UNI_BYTES);
        if (s->out == NULL) {
            return vet_pool_failed(s->pool);
        }
    }

    n = s->to - s->from;

    if (n == 0) {
        return VET_OK;
    }

    rc = vet_squeeze_span(s, s->len, s->from, 0);

    memcpy(s->out + s->len, s->data + s->from, n);
    s->len += n;
    s->from = s->to;

    return rc;
}


/* As vet_view_span; a span of the same place is replaced. */

static int
vet_squeeze_span(vet_squeezer_t *s, size_t view, size_t from, size_t to)
{
    vet_span_t  *span;

    if (s->spans.n != 0) {
        span = (vet_span_t *) s->spans.elts + (s->spans.n - 1);

        if (to == 0 && span->to == 0 && from - span->from == view - span->view)
        {
            return VET_OK;
        }

        if (span->view == view) {
            span->from = (uint32_t) from;
            span->to = (uint32_t) to;
            return VET_OK;
        }
    }

    span = vet_list_push(&s->spans);
    if (span == NULL) {
        return vet_pool_failed(s->pool);
    }

    span->view = (uint32_t) view;
    span->from = (uint32_t) from;
    span->to = (uint32_t) to;

    return VET_OK;
}
