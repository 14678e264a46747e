
/*
 * Copyright (C) the moderate authors
 *
 * Pieces of a pattern, and the sets of literals that they need.
 */


#include <string.h>

#include "vet_literal.h"


#define VET_LITERALS_CROSS   32         /* of a set joined end to end */
#define VET_LITERAL_REPEATS  8          /* that are written out */

/* of the rarity of a literal: what is rarer than this makes no difference */

#define VET_RARE             100

/* of what is in every link, however rare its bytes are elsewhere */

#define VET_RARE_IN_LINKS    12


static void vet_piece_better(vet_literals_t *best, const vet_literals_t *set,
    uint32_t reach);
static uint32_t vet_piece_tail(const vet_piece_t *piece);
static uint32_t vet_reach_sum(uint32_t a, uint32_t b);
static uint32_t vet_reach_times(uint32_t a, uint32_t n);
static int vet_piece_cross(vet_re_t *r, const vet_literals_t *a,
    const vet_literals_t *b, vet_literals_t *set);
static int vet_piece_add(vet_re_t *r, vet_literals_t *set,
    const vet_literals_t *more, size_t max);
static int vet_literals_cross(vet_pool_t *pool, const vet_literals_t *a,
    const vet_literals_t *b, vet_literals_t *set);
static int vet_literals_join(vet_pool_t *pool, const vet_literals_t *a,
    const vet_literals_t *b, size_t max, vet_literals_t *set);
static int vet_literals_has(const vet_literals_t *set, vet_str_t s);
static uint64_t vet_literals_cost(const vet_literals_t *set);
static size_t vet_literal_in_links(vet_str_t s, size_t at);
static unsigned vet_literal_rarity(unsigned char c);


void
vet_piece_any(const vet_re_t *r, vet_piece_t *piece)
{
    memset(piece, 0, sizeof(vet_piece_t));
    piece->head = r->empty;
    piece->tail = r->empty;
    piece->most = VET_FAR;
}


/* Two where they are one end of a line: no more bytes than of a character. */

void
vet_piece_one(const vet_re_t *r, vet_piece_t *piece)
{
    vet_piece_any(r, piece);
    piece->most = VET_UNI_BYTES;
}


void
vet_piece_empty(const vet_re_t *r, vet_piece_t *piece)
{
    vet_piece_any(r, piece);
    piece->most = 0;
    piece->whole = 1;
}


/*
 * Without case, "k" is also the Kelvin sign, and "s" the long s; of others
 * that are not ASCII it is not known what they are.
 */

void
vet_piece_character(vet_re_t *r, uint32_t cp, vet_piece_t *piece)
{
    size_t          len;
    vet_literals_t  other;
    unsigned char   bytes[VET_UNI_BYTES];

    vet_piece_one(r, piece);

    if (r->caseless && cp >= 0x80) {
        return;
    }

    if (cp > 0x10ffff || (cp >= 0xd800 && cp <= 0xdfff)) {
        r->unsure = 1;
        return;
    }

    len = vet_uni_write(cp, bytes);

    if (vet_literals_one(r->pool, bytes, len, &piece->tail) != VET_OK) {
        r->failed = 1;
        return;
    }

    piece->most = r->caseless ? VET_UNI_BYTES : (uint32_t) len;
    piece->whole = 1;

    if (!r->caseless || ((cp | 0x20) != 'k' && (cp | 0x20) != 's')) {
        return;
    }

    len = vet_uni_write(((cp | 0x20) == 'k') ? 0x212a : 0x17f, bytes);

    if (vet_literals_one(r->pool, bytes, len, &other) != VET_OK) {
        r->failed = 1;
        return;
    }

    (void) vet_piece_add(r, &piece->tail, &other, VET_LITERALS_CROSS);
}


void
vet_piece_append(vet_re_t *r, vet_piece_t *piece, const vet_piece_t *next)
{
    int                    crossed;
    uint32_t               tail;
    vet_literals_t         joint;
    const vet_literals_t  *begin;

    tail = vet_piece_tail(piece);
    begin = next->whole ? &next->tail : &next->head;
    crossed = vet_piece_cross(r, &piece->tail, begin, &joint);

    if (!crossed) {
        joint = piece->tail;
    }

    vet_piece_better(&piece->best, &next->best,
                     vet_reach_sum(piece->most, next->best.reach));

    if (piece->whole && (!crossed || !next->whole)) {
        piece->head = joint;
        piece->whole = 0;

    } else if (!crossed || !next->whole) {
        vet_piece_better(&piece->best, &joint, tail);
    }

    piece->tail = (crossed && next->whole) ? joint : next->tail;
    piece->most = vet_reach_sum(piece->most, next->most);
}


/* Makes the piece one that may be either. */

void
vet_piece_join(vet_re_t *r, vet_piece_t *piece, const vet_piece_t *other)
{
    vet_piece_t  a, b;

    a = *piece;
    b = *other;
    piece->most = (a.most > b.most) ? a.most : b.most;

    if (a.whole && b.whole
        && vet_piece_add(r, &piece->tail, &b.tail, VET_LITERALS_CROSS))
    {
        /* what they need beside it is of one of them only */

        memset(&piece->best, 0, sizeof(vet_literals_t));
        return;
    }

    vet_piece_best(&a);
    vet_piece_best(&b);
    vet_piece_any(r, piece);
    piece->most = (a.most > b.most) ? a.most : b.most;

    if (a.best.n != 0 && b.best.n != 0) {
        piece->best = a.best;

        if (!vet_piece_add(r, &piece->best, &b.best, VET_LITERALS_MAX)) {
            memset(&piece->best, 0, sizeof(vet_literals_t));
        }
    }
}


void
vet_piece_repeat(vet_re_t *r, vet_piece_t *piece, uint32_t min,
    uint32_t max)
{
    uint32_t     i;
    vet_piece_t  one, none;

    if (min == 0) {

        if (max != 1 || !piece->whole) {
            i = vet_reach_times(piece->most, max);
            vet_piece_any(r, piece);
            piece->most = i;
            return;
        }

        vet_piece_empty(r, &none);
        vet_piece_join(r, piece, &none);
        return;
    }

    one = *piece;

    for (i = 1; i < min && i < VET_LITERAL_REPEATS; i++) {
        vet_piece_append(r, piece, &one);
    }

    piece->most = vet_reach_times(one.most, max);

    /* it ends as it begins, but may go on in between */

    if (piece->whole && (i < min || max != min)) {
        piece->head = piece->tail;
        piece->whole = 0;
    }
}


/* Makes best the best of all that is known. */

void
vet_piece_best(vet_piece_t *piece)
{
    vet_piece_better(&piece->best, &piece->tail, vet_piece_tail(piece));

    if (!piece->whole) {
        vet_piece_better(&piece->best, &piece->head, 0);
    }
}


/* Of two that are as rare the one that is nearer to the begin. */

static void
vet_piece_better(vet_literals_t *best, const vet_literals_t *set,
    uint32_t reach)
{
    uint64_t  cost, least;

    cost = vet_literals_cost(set);
    least = vet_literals_cost(best);

    if (cost < least || (cost == least && cost != UINT64_MAX
                         && reach < best->reach))
    {
        *best = *set;
        best->reach = reach;
    }
}


/* Gives the most bytes before the literals that the piece ends with. */

static uint32_t
vet_piece_tail(const vet_piece_t *piece)
{
    size_t    i;
    uint32_t  least;

    if (piece->whole || piece->most == VET_FAR) {
        return piece->whole ? 0 : VET_FAR;
    }

    least = piece->most;

    for (i = 0; i < piece->tail.n; i++) {
        if (piece->tail.elts[i].len < least) {
            least = (uint32_t) piece->tail.elts[i].len;
        }
    }

    return piece->most - least;
}


static uint32_t
vet_reach_sum(uint32_t a, uint32_t b)
{
    return (a > VET_FAR - b) ? VET_FAR : a + b;
}


/*
 * What is not known is not known however often it is there: "\18{0}" may be two
 * characters, of which one is repeated.
 */

static uint32_t
vet_reach_times(uint32_t a, uint32_t n)
{
    return (a == VET_FAR || (a != 0 && n > VET_FAR / a)) ? VET_FAR : a * n;
}


/* Returns 0 when it would be too much. */

static int
vet_piece_cross(vet_re_t *r, const vet_literals_t *a,
    const vet_literals_t *b, vet_literals_t *set)
{
    int  rc;

    rc = vet_literals_cross(r->pool, a, b, set);
    r->failed |= (rc == VET_ERROR);

    return rc == VET_OK;
}


static int
vet_piece_add(vet_re_t *r, vet_literals_t *set, const vet_literals_t *more,
    size_t max)
{
    int  rc;

    rc = vet_literals_join(r->pool, set, more, max, set);
    r->failed |= (rc == VET_ERROR);

    return rc == VET_OK;
}


int
vet_literals_one(vet_pool_t *pool, const unsigned char *data, size_t len,
    vet_literals_t *set)
{
    unsigned char  *copy;

    set->elts = vet_palloc(pool, sizeof(vet_str_t));
    copy = vet_palloc(pool, len + 1);
    set->n = 0;

    if (set->elts == NULL || copy == NULL) {
        return VET_ERROR;
    }

    if (len != 0) {
        memcpy(copy, data, len);
    }

    set->elts[0].data = copy;
    set->elts[0].len = len;
    set->n = 1;
    set->reach = 0;

    return VET_OK;
}


static int
vet_literals_cross(vet_pool_t *pool, const vet_literals_t *a,
    const vet_literals_t *b, vet_literals_t *set)
{
    size_t          i, j, n, bytes;
    vet_str_t      *elts;
    unsigned char  *p;

    n = a->n * b->n;
    bytes = 0;

    if (n > VET_LITERALS_CROSS) {
        return VET_LIMIT;
    }

    for (i = 0; i < a->n; i++) {
        for (j = 0; j < b->n; j++) {
            if (a->elts[i].len + b->elts[j].len > VET_LITERAL_LEN) {
                return VET_LIMIT;
            }

            bytes += a->elts[i].len + b->elts[j].len;
        }
    }

    elts = vet_palloc(pool, (n + 1) * sizeof(vet_str_t));
    p = vet_palloc(pool, bytes + 1);

    if (elts == NULL || p == NULL) {
        return VET_ERROR;
    }

    for (i = 0; i < n; i++) {
        elts[i].data = p;
        elts[i].len = 0;

        for (j = 0; j < 2; j++) {
            const vet_str_t  *s;

            s = (j == 0) ? &a->elts[i / b->n] : &b->elts[i % b->n];

            if (s->len != 0) {
                memcpy(p, s->data, s->len);
            }

            p += s->len;
            elts[i].len += s->len;
        }
    }

    set->elts = elts;
    set->n = n;
    set->reach = 0;

    return VET_OK;
}


static int
vet_literals_join(vet_pool_t *pool, const vet_literals_t *a,
    const vet_literals_t *b, size_t max, vet_literals_t *set)
{
    size_t          i;
    vet_literals_t  joined;

    joined.elts = vet_palloc(pool, (a->n + b->n + 1) * sizeof(vet_str_t));
    joined.n = a->n;
    joined.reach = (a->reach > b->reach) ? a->reach : b->reach;

    if (joined.elts == NULL) {
        return VET_ERROR;
    }

    if (a->n != 0) {
        memcpy(joined.elts, a->elts, a->n * sizeof(vet_str_t));
    }

    for (i = 0; i < b->n; i++) {
        if (!vet_literals_has(&joined, b->elts[i])) {
            joined.elts[joined.n++] = b->elts[i];
        }
    }

    if (joined.n > max) {
        return VET_LIMIT;
    }

    *set = joined;

    return VET_OK;
}


static int
vet_literals_has(const vet_literals_t *set, vet_str_t s)
{
    size_t  i;

    for (i = 0; i < set->n; i++) {
        if (set->elts[i].len == s.len
            && (s.len == 0 || memcmp(set->elts[i].data, s.data, s.len) == 0))
        {
            return 1;
        }
    }

    return 0;
}


/*
 * Tells how often one of the set may be expected in an ordinary text, to
 * compare sets; UINT64_MAX: always.
 */

static uint64_t
vet_literals_cost(const vet_literals_t *set)
{
    size_t    i, j, n;
    uint64_t  cost;
    unsigned  rarity;

    cost = 0;

    for (i = 0; i < set->n; i++) {

        if (set->elts[i].len == 0) {
            return UINT64_MAX;
        }

        rarity = 0;

        for (j = 0; j < set->elts[i].len; j += n) {
            n = vet_literal_in_links(set->elts[i], j);
            rarity += (n != 0) ? VET_RARE_IN_LINKS
                               : vet_literal_rarity(set->elts[i].data[j]);
            n += (n == 0);
        }

        rarity = (rarity > VET_RARE) ? VET_RARE : rarity;
        cost += (uint64_t) 1 << (VET_RARE - rarity) / 2;
    }

    return (set->n == 0) ? UINT64_MAX : cost;
}


/* Returns how many bytes there are from what most links have. */

static size_t
vet_literal_in_links(vet_str_t s, size_t at)
{
    size_t  i;

    static const vet_str_t  parts[] = {
        vet_string("https://"), vet_string("http://"), vet_string("https"),
        vet_string("http"), vet_string("://"), vet_string("www."),
        vet_string(".com"), vet_string(".vn"), vet_string(".net"),
        vet_string("href=")
    };

    switch (s.data[at]) {

    case 'h': case ':': case 'w': case '.':
        break;

    default:
        return 0;
    }

    for (i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        if (s.len - at >= parts[i].len
            && memcmp(s.data + at, parts[i].data, parts[i].len) == 0)
        {
            return parts[i].len;
        }
    }

    return 0;
}


/* Twice the bits of information, as of Vietnamese and English comments. */

static unsigned
vet_literal_rarity(unsigned char c)
{
    c |= 0x20;

    if (c >= 0x80) {
        return 8;
    }

    switch (c) {

    case ' ':
        return 5;

    case 'a': case 'c': case 'e': case 'g': case 'h': case 'i': case 'n':
    case 'o': case 't':
        return 7;

    case 'd': case 'l': case 'm': case 'r': case 's': case 'u':
        return 9;

    case 'b': case 'k': case 'p': case 'v': case 'y':
        return 11;

    default:
        return 13;
    }
}
