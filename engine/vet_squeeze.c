
/*
 * Copyright (C) the moderate authors
 *
 * The squeezed view and its twin with accents, the joined view, made of the
 * folded and of the text view: tokens put together again.
 *
 * Separators are dropped between two tokens of digits, between two tokens of
 * one letter, and between two tokens of letters when there is no white space
 * among them; all others are one SPACE, and none at the ends.  A letter that
 * is repeated is one letter; a bare letter repeats an accented one, so that
 * "quáaa" is "quá".  Digits are never repeats.  Digits and letters that stand
 * apart are one word when one or two digits that may be letters are between
 * single letters.
 *
 * All is decided on tokens as they come out, so that the view of a view is
 * the same; and nothing is dropped that would let a mark or a Hangul vowel
 * join the letter before it.
 */


#include <string.h>

#include "vet_piece.h"


#define VET_POINTS          4       /* between words, more are rare */


typedef struct {
    vet_pool_t             *pool;
    vet_str_t               text;       /* of the base view */
    vet_line_t              line;       /* of it */

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
static int vet_squeeze_words(vet_squeezer_t *s, vet_piece_t *last);
static int vet_squeeze_doubled(vet_squeezer_t *s, size_t i, size_t to,
    uint64_t repeats);
static int vet_squeeze_seam(const vet_squeezer_t *s, const vet_piece_t *last,
    vet_piece_t *token, int space);
static int vet_squeeze_between(const vet_squeezer_t *s,
    const vet_piece_t *token);
static int vet_squeeze_write(vet_squeezer_t *s, const vet_piece_t *token);
static int vet_squeeze_merge(vet_squeezer_t *s, const vet_last_t *last,
    size_t to);
static int vet_squeeze_put(vet_squeezer_t *s, uint32_t cp, size_t from,
    size_t to);
static int vet_squeeze_copy(vet_squeezer_t *s, size_t from, size_t to);
static int vet_squeeze_flush(vet_squeezer_t *s);
static int vet_squeeze_span(vet_squeezer_t *s, size_t view, size_t from,
    size_t to);


int
vet_view_squeeze(vet_pool_t *pool, const vet_view_t *base, vet_view_t *view)
{
    int             rc;
    vet_squeezer_t  s;

    memset(view, 0, sizeof(vet_view_t));
    memset(&s, 0, sizeof(vet_squeezer_t));

    s.pool = pool;
    s.text = base->text;
    s.spans.pool = pool;
    s.spans.size = sizeof(vet_span_t);
    s.last.cp = VET_NONE;

    rc = vet_squeeze_all(&s);
    if (rc != VET_OK) {
        return rc;
    }

    view->base = base;
    view->text = base->text;

    /* with accents "æ" is a letter that stands alone, and a mark ends a row */

    view->odd = (s.odd || base->wide);

    if (s.len == 0 && s.from == 0 && s.to == s.text.len) {
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
    vet_piece_t  token, last;

    memset(&last, 0, sizeof(vet_piece_t));
    i = 0;

    for ( ;; ) {
        gap = i;
        i = vet_piece_next(&s->text, i, &space);

        if (i == s->text.len) {
            return VET_OK;
        }

        vet_piece_read(&s->text, i, &token);

        if (last.kind == VET_PIECE_NONE) {
            rc = VET_OK;

        } else if (vet_squeeze_seam(s, &last, &token, space)) {
            s->odd |= (token.kind == VET_PIECE_LETTERS);
            rc = VET_OK;

        } else {
            s->last.cp = VET_NONE;
            rc = (token.from == gap + 1 && s->text.data[gap] == ' ')
                 ? vet_squeeze_copy(s, gap, token.from)
                 : vet_squeeze_put(s, ' ', gap, token.from);
        }

        if (rc == VET_OK) {
            rc = vet_squeeze_write(s, &token);
        }

        last = token;

        if (rc == VET_OK) {
            rc = vet_squeeze_words(s, &last);
        }

        if (rc != VET_OK) {
            return rc;
        }

        i = last.to;
    }
}


/*
 * Writes the ordinary words behind a token, and makes their last one last.
 * What is between them is one SPACE, as they are no digits or single letters.
 */

static int
vet_squeeze_words(vet_squeezer_t *s, vet_piece_t *last)
{
    int         rc;
    size_t      i, gap, to;
    uint64_t    repeats;
    vet_last_t  letter;

    for ( ;; ) {
        gap = last->to;
        i = gap;

        while (i < s->text.len && i - gap < VET_POINTS
               && vet_latin_point(s->text, i))
        {
            i++;
        }

        if (i == s->text.len || s->text.data[i] != ' ') {
            return VET_OK;
        }

        letter.from = i;
        repeats = 0;
        to = vet_latin_words(s->text, &s->line, i, &letter.cp, &letter.bare,
                             &letter.from);

        if (to == i) {
            to = vet_latin_doubled(s->text, &s->line, i, &repeats);

            if (to == 0) {
                return VET_OK;
            }
        }

        last->to = to;
        last->kind = VET_PIECE_LETTERS;
        last->single = 0;

        s->last = letter;
        s->run = 1;

        if (i > gap) {
            rc = vet_squeeze_put(s, ' ', gap, i + 1);
            if (rc != VET_OK) {
                return rc;
            }

            i++;
        }

        rc = (repeats == 0) ? vet_squeeze_copy(s, i, to)
                            : vet_squeeze_doubled(s, i, to, repeats);
        if (rc != VET_OK) {
            return rc;
        }
    }
}


/* Writes a word with repeats, by bits from its first letter on, in [i, to). */

static int
vet_squeeze_doubled(vet_squeezer_t *s, size_t i, size_t to, uint64_t repeats)
{
    int                   rc;
    size_t                word, at;
    vet_last_t            last;
    const unsigned char  *p;

    p = s->text.data;
    word = i + (p[i] == ' ');

    for ( /* void */ ; repeats != 0; repeats &= repeats - 1) {
        at = word + (size_t) __builtin_ctzll(repeats);

        if (at > i) {
            rc = vet_squeeze_copy(s, i, at);
            if (rc != VET_OK) {
                return rc;
            }

            s->last.cp = p[at];
            s->last.bare = p[at];
            s->last.from = at - 1;
            s->run = 1;
        }

        last = s->last;
        i = at + 1;

        rc = vet_squeeze_merge(s, &last, i);
        if (rc != VET_OK) {
            return rc;
        }
    }

    if (i == to) {
        return VET_OK;
    }

    s->last.cp = p[to - 1];
    s->last.bare = p[to - 1];
    s->last.from = to - 1;
    s->run = 1;

    return vet_squeeze_copy(s, i, to);
}


/* Tells whether the separators between two tokens are dropped. */

static int
vet_squeeze_seam(const vet_squeezer_t *s, const vet_piece_t *last,
    vet_piece_t *token, int space)
{
    if (token->second || last->kind == VET_PIECE_MIXED) {
        return 0;
    }

    if (last->kind == token->kind) {
        return last->kind == VET_PIECE_DIGITS || !space
               || (last->single && token->single);
    }

    if (last->kind == VET_PIECE_LETTERS && last->single
        && vet_squeeze_between(s, token))
    {
        token->kind = VET_PIECE_LETTERS;
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
vet_squeeze_between(const vet_squeezer_t *s, const vet_piece_t *token)
{
    int          space;
    size_t       i, digits;
    vet_piece_t  next;

    next = *token;

    for (digits = 0; next.single && !next.second; digits++) {

        if (next.kind == VET_PIECE_LETTERS) {
            return digits > 0;
        }

        if (next.kind != VET_PIECE_DIGITS || digits == VET_ROW
            || vet_piece_letter(s->text.data[next.from]) == 0)
        {
            return 0;
        }

        i = vet_piece_next(&s->text, next.to, &space);
        if (i == s->text.len) {
            return 0;
        }

        vet_piece_read(&s->text, i, &next);
    }

    return 0;
}


static int
vet_squeeze_write(vet_squeezer_t *s, const vet_piece_t *token)
{
    int                   rc;
    size_t                i, n;
    uint32_t              cp;
    vet_last_t            last;
    vet_class_t           class;
    const unsigned char  *p;

    if (token->plain && s->last.cp == VET_NONE) {
        s->last = token->last;
        s->run = 1;

        return vet_squeeze_copy(s, token->from, token->to);
    }

    p = s->text.data;

    for (i = token->from; i < token->to; i += n) {

        /* most letters of a word that has repeats are none */

        if (p[i] >= 'a' && p[i] <= 'z' && s->to == i
            && (s->last.cp == VET_NONE || s->last.bare != p[i]))
        {
            s->last.cp = p[i];
            s->last.bare = p[i];
            s->last.from = i;
            s->run = 1;
            s->to = i + 1;
            n = 1;
            continue;
        }

        class = vet_piece_char(&s->text, token, i, &cp, &n);

        if (class != VET_LETTER) {
            s->last.cp = VET_NONE;
            rc = vet_squeeze_copy(s, i, i + n);

        } else {
            s->odd |= (s->text.data[i] != cp && s->text.data[i] < 0x80);
            last = s->last;

            if (vet_piece_repeats(&s->text, &last, cp, i + n)) {
                rc = vet_squeeze_merge(s, &last, i + n);

            } else {
                s->last.cp = cp;
                s->last.bare = vet_piece_bare(cp);
                s->last.from = i;
                s->run = 1;

                rc = (s->text.data[i] < 0x80 && s->text.data[i] != cp)
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
        s->out = vet_palloc(s->pool, s->text.len + VET_UNI_BYTES);
        if (s->out == NULL) {
            return vet_pool_failed(s->pool);
        }
    }

    n = s->to - s->from;

    if (n == 0) {
        return VET_OK;
    }

    rc = vet_squeeze_span(s, s->len, s->from, 0);

    memcpy(s->out + s->len, s->text.data + s->from, n);
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

    if (s->spans.n < s->spans.nalloc) {
        span = (vet_span_t *) s->spans.elts + s->spans.n++;

    } else {
        span = vet_list_push(&s->spans);
        if (span == NULL) {
            return vet_pool_failed(s->pool);
        }
    }

    span->view = (uint32_t) view;
    span->from = (uint32_t) from;
    span->to = (uint32_t) to;

    return VET_OK;
}
