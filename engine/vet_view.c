
/*
 * Copyright (C) the moderate authors
 *
 * Views: a value made comparable, with the way back to its bytes.
 *
 * A rule author writes plain words; that one can be written in many ways is
 * the business of the views.  The text view is NFC of the compatibility and
 * case folding of Unicode (as NFKC_Casefold, but spacing accents and long
 * ligatures stay), every white space is one SPACE, and what is shown as
 * nothing is gone.  What looks like a Latin letter is that letter, and a Latin
 * letter has at most two marks, of those that are written on such letters:
 * more of them hide a word.  The folded view is the same without accents.
 * Both are the same for NFC and NFD.
 *
 * Zero width joiners and non-joiners stay where they are spelling, in Persian
 * and Indic words and between the pictures of one emoji, and are gone where
 * they part a word: vet_unicode_joiner.c.  People leave them out, too, or type
 * one too many: what is compared with phrases, hosts and the like are two more
 * views, these two without any joiner.  They are made only where one was kept.
 *
 * A byte that is not UTF-8 is read as ISO 8859-1 in all views.  It is thus
 * never an error, a gap or a place where nothing matches, and a view is
 * always valid UTF-8.
 *
 * Work is linear in the value: nearly all goes through vet_latin.c, other
 * characters one by one, and a cluster (a starter and the marks on it) is
 * ordered by counting.
 */


#include <string.h>

#include "vet_joiner.h"
#include "vet_letters.h"


#define VET_VIEW_MAX        (UINT32_MAX / 16)   /* spans have 32 bits */

#define VET_NONE            UINT32_MAX

#define VET_MARKS           32       /* more are rare, and allocated */
#define VET_ACCENTS         2        /* on one Latin letter, "ậ" */
#define VET_CCC_SHIFT       21
#define VET_CP_MASK         ((1u << VET_CCC_SHIFT) - 1)



typedef struct {
    uint32_t                cp;
    const vet_uni_t        *uni;
    size_t                  from;
    size_t                  to;
} vet_char_t;

typedef struct {
    vet_pool_t             *pool;
    vet_str_t               value;
    int                     folded;
    int                     unjoined;   /* without any joiner */
    int                     wide;       /* as of vet_view_t */
    int                     joiners;
    int                     latin;

    unsigned char          *out;
    size_t                  len;
    size_t                  size;
    vet_list_t              spans;      /* of vet_span_t */

    /* the cluster that is not written yet; empty when pending is 0 */

    int                     pending;
    int                     direct;     /* one character for one */
    uint32_t                starter;    /* VET_NONE: marks only */
    size_t                  from;
    size_t                  to;
    uint32_t               *marks;      /* ccc << VET_CCC_SHIFT | cp */
    size_t                  nmarks;
    size_t                  room;
    uint32_t               *spare;      /* as many, to order them; or NULL */
    uint32_t                few[VET_MARKS];
} vet_builder_t;


static int vet_view_squeezed(vet_pool_t *pool, vet_str_t value,
    vet_view_kind_t kind, vet_view_t *view);
static size_t vet_view_same(vet_str_t value, vet_view_kind_t kind);
static int vet_view_raw(vet_builder_t *b);
static int vet_view_chars(vet_builder_t *b);
static int vet_view_run(vet_builder_t *b, size_t *i);
static int vet_view_plain(const vet_builder_t *b, size_t i);
static int vet_view_breaks(const vet_builder_t *b, size_t i);
static int vet_view_char(vet_builder_t *b, const vet_char_t *c, int alone);
static int vet_view_push(vet_builder_t *b, uint32_t cp, const vet_char_t *c);
static int vet_view_mark(vet_builder_t *b, uint32_t cp, unsigned ccc);
static int vet_view_flush(vet_builder_t *b);
static void vet_view_accents(vet_builder_t *b);
static int vet_view_compose(vet_builder_t *b);
static int vet_view_sort(vet_builder_t *b);
static int vet_view_count_sort(vet_builder_t *b);
static int vet_view_room(vet_builder_t *b, size_t n);
static int vet_view_span(vet_builder_t *b, size_t from, size_t to);


const vet_view_kind_t  vet_view_bases[VET_VIEW_N] = {
    VET_VIEW_RAW,
    VET_VIEW_TEXT,
    VET_VIEW_FOLDED,
    VET_VIEW_FOLDED_WORDS,
    VET_VIEW_WORDS,
    VET_VIEW_TEXT,
    VET_VIEW_FOLDED
};


int
vet_view_build(vet_pool_t *pool, vet_str_t value, vet_view_kind_t kind,
    vet_view_t *view)
{
    int            rc;
    vet_builder_t  b;

    if (kind == VET_VIEW_SQUEEZED || kind == VET_VIEW_JOINED) {
        return vet_view_squeezed(pool, value, kind, view);
    }

    memset(view, 0, sizeof(vet_view_t));
    view->text = value;

    if (vet_view_same(value, kind) == value.len) {
        view->latin = (kind != VET_VIEW_RAW);
        return VET_OK;
    }

    if (value.len > VET_VIEW_MAX) {
        return VET_LIMIT;
    }

    memset(&b, 0, offsetof(vet_builder_t, few));
    b.pool = pool;
    b.value = value;
    b.folded = (kind == VET_VIEW_FOLDED || kind == VET_VIEW_FOLDED_WORDS);
    b.unjoined = (kind == VET_VIEW_WORDS || kind == VET_VIEW_FOLDED_WORDS);
    b.spans.pool = pool;
    b.spans.size = sizeof(vet_span_t);
    b.marks = b.few;
    b.room = VET_MARKS;

    rc = (kind == VET_VIEW_RAW) ? vet_view_raw(&b) : vet_view_chars(&b);
    if (rc != VET_OK) {
        return rc;
    }

    if (b.len != 0) {
        view->text.data = b.out;
    }

    view->text.len = b.len;
    view->spans = b.spans.elts;
    view->nspans = b.spans.n;
    view->wide = (b.folded && b.wide);
    view->joiners = (b.joiners != 0);
    view->latin = (b.latin != 0);

    return VET_OK;
}


static int
vet_view_squeezed(vet_pool_t *pool, vet_str_t value, vet_view_kind_t kind,
    vet_view_t *view)
{
    int          rc;
    vet_view_t  *base;

    base = vet_palloc(pool, sizeof(vet_view_t));
    if (base == NULL) {
        return vet_pool_failed(pool);
    }

    rc = vet_view_build(pool, value, vet_view_bases[kind], base);

    return (rc == VET_OK) ? vet_view_squeeze(pool, base, view) : rc;
}


/* Returns how much of the value, from its start, is already as its view. */

static size_t
vet_view_same(vet_str_t value, vet_view_kind_t kind)
{
    size_t    i, n;
    uint32_t  cp;

    for (i = 0; i < value.len; i += n) {

        if (value.data[i] < 0x80) {
            n = vet_latin_same(value, i, kind);

            if (n == 0) {
                break;
            }

            continue;
        }

        if (kind != VET_VIEW_RAW) {
            break;
        }

        n = vet_latin_whole(value.data + i, value.len - i);

        if (n != 0) {
            continue;
        }

        n = vet_uni_read(value.data + i, value.len - i, &cp);

        if (n == 1) {
            break;
        }
    }

    return i;
}


static int
vet_view_raw(vet_builder_t *b)
{
    int       rc;
    size_t    i, n;
    uint32_t  cp;

    for (i = 0; i < b->value.len; i += n) {
        n = vet_uni_read(b->value.data + i, b->value.len - i, &cp);

        rc = vet_view_room(b, VET_UNI_BYTES);
        if (rc == VET_OK) {
            rc = vet_view_span(b, i, (n == 1 && cp >= 0x80) ? i + n : 0);
        }

        if (rc != VET_OK) {
            return rc;
        }

        b->len += vet_uni_write(cp, b->out + b->len);
    }

    return VET_OK;
}


static int
vet_view_chars(vet_builder_t *b)
{
    int         rc;
    size_t      i;
    vet_char_t  c;

    i = 0;
    b->latin = 1;

    while (i < b->value.len) {
        rc = vet_view_run(b, &i);
        if (rc != VET_OK) {
            return rc;
        }

        if (i == b->value.len) {
            break;
        }

        b->latin = 0;
        c.from = i;
        c.to = i + vet_uni_read(b->value.data + i, b->value.len - i, &c.cp);
        c.uni = vet_uni(c.cp);
        i = c.to;

        rc = vet_view_char(b, &c, vet_view_breaks(b, i));
        if (rc != VET_OK) {
            return rc;
        }
    }

    return vet_view_flush(b);
}


/*
 * Writes the ASCII characters and the Latin letters from *i on that nothing
 * can join, and moves *i behind them.
 */

static int
vet_view_run(vet_builder_t *b, size_t *i)
{
    int          rc;
    size_t       at;
    vet_latin_t  l;

    if (vet_view_plain(b, *i)) {
        rc = vet_view_flush(b);
        if (rc == VET_OK) {
            rc = vet_view_room(b, b->value.len - *i + VET_LATIN_ROOM);
        }

        if (rc != VET_OK) {
            return rc;
        }

        at = *i;

        l.data = b->value.data;
        l.size = b->value.len;
        l.map = b->folded ? vet_uni_latin_fold : vet_uni_latin_text;
        l.i = at;
        l.out = b->out;
        l.len = b->len;
        l.spans = &b->spans;

        rc = vet_latin_run(&l);
        if (rc != VET_OK) {
            return rc;
        }

        if (l.i > at && !vet_view_breaks(b, l.i)) {
            vet_latin_undo(&l);
        }

        b->len = l.len;
        *i = l.i;
    }

    return VET_OK;
}


/* Tells whether vet_latin_run takes the character at i. */

static int
vet_view_plain(const vet_builder_t *b, size_t i)
{
    size_t                at;
    const unsigned char  *p;

    if (i == b->value.len) {
        return 0;
    }

    p = b->value.data + i;

    if (*p < 0x80) {
        return vet_view_ascii[*p] != VET_VIEW_GONE;
    }

    return vet_uni_latin_read(p, b->value.len - i, &at) != 0
           && vet_uni_latin_text[at] != 0 && vet_uni_latin_fold[at] != 0;
}


/* Tells whether what is at i leaves the character before it as it is. */

static int
vet_view_breaks(const vet_builder_t *b, size_t i)
{
    uint32_t  cp;

    if (i == b->value.len) {
        return 1;
    }

    (void) vet_uni_read(b->value.data + i, b->value.len - i, &cp);

    return (vet_uni(cp)->flags & VET_UNI_BREAK) != 0;
}


static int
vet_view_char(vet_builder_t *b, const vet_char_t *c, int alone)
{
    int              rc;
    size_t           i, n;
    uint32_t         own;
    const uint32_t  *map;

    if (VET_IS_JOINER(c->cp) && !b->unjoined
        && vet_joiner_stays(b->value, c->from))
    {
        b->joiners = 1;

        return vet_view_push(b, c->cp, c);
    }

    if (alone && c->uni->flags & VET_UNI_BREAK
        && vet_uni_single(c->cp, c->uni, b->folded, &own) == VET_OK)
    {
        rc = vet_view_flush(b);
        if (rc != VET_OK) {
            return rc;
        }

        b->pending = 1;
        b->direct = 1;
        b->starter = own;
        b->from = c->from;
        b->to = c->to;

        return vet_view_flush(b);
    }

    map = vet_uni_map(c->cp, c->uni, b->folded, &own, &n);
    b->wide |= (n > 1);

    /* an accent that is dropped is still of its letter */

    if (n == 0 && b->pending && !(c->uni->flags & VET_UNI_REMOVE)) {
        b->to = c->to;
        b->wide |= b->starter == VET_NONE
                   || (vet_uni(b->starter)->flags & VET_UNI_LATIN) == 0;
    }

    for (i = 0; i < n; i++) {
        rc = vet_view_push(b, map[i], c);
        if (rc != VET_OK) {
            return rc;
        }
    }

    return VET_OK;
}


/* Adds a decomposed code point to the cluster, or begins the next one. */

static int
vet_view_push(vet_builder_t *b, uint32_t cp, const vet_char_t *c)
{
    int               rc;
    uint32_t          joined;
    const vet_uni_t  *u;

    u = vet_uni(cp);

    /* a ring or a box around a letter */

    if (u->ccc == 0 && b->pending && b->starter != VET_NONE
        && (u->flags & (VET_UNI_MARK|VET_UNI_SECOND)) == VET_UNI_MARK
        && vet_uni(b->starter)->flags & VET_UNI_LATIN)
    {
        b->to = c->to;
        return VET_OK;
    }

    if (u->ccc == 0 && b->pending && u->flags & VET_UNI_SECOND) {
        rc = vet_view_compose(b);
        if (rc != VET_OK) {
            return rc;
        }

        joined = (b->nmarks == 0) ? vet_uni_join(b->starter, cp) : 0;

        if (joined != 0) {
            b->starter = joined;
            b->to = c->to;
            return VET_OK;
        }
    }

    if (u->ccc == 0 || !b->pending) {
        rc = vet_view_flush(b);
        if (rc != VET_OK) {
            return rc;
        }

        b->pending = 1;
        b->starter = (u->ccc == 0) ? cp : VET_NONE;
        b->from = c->from;
    }

    b->to = c->to;

    return (u->ccc == 0) ? VET_OK : vet_view_mark(b, cp, u->ccc);
}


static int
vet_view_mark(vet_builder_t *b, uint32_t cp, unsigned ccc)
{
    uint32_t  *marks;

    if (b->nmarks == b->room) {
        marks = vet_palloc(b->pool, 2 * b->room * sizeof(uint32_t));
        if (marks == NULL) {
            return vet_pool_failed(b->pool);
        }

        memcpy(marks, b->marks, b->nmarks * sizeof(uint32_t));
        b->marks = marks;
        b->room *= 2;
        b->spare = NULL;
    }

    b->marks[b->nmarks++] = (uint32_t) ccc << VET_CCC_SHIFT | cp;

    return VET_OK;
}


static int
vet_view_flush(vet_builder_t *b)
{
    int     rc;
    size_t  i, from, to, n;

    if (!b->pending) {
        return VET_OK;
    }

    rc = vet_view_compose(b);
    if (rc == VET_OK) {
        rc = vet_view_room(b, (b->nmarks + 1) * VET_UNI_BYTES);
    }

    if (rc != VET_OK) {
        return rc;
    }

    from = b->len;
    to = b->to;

    if (b->starter != VET_NONE) {
        b->len += vet_uni_write(b->starter, b->out + b->len);

        if (b->direct && b->len - from == b->to - b->from) {
            to = 0;
        }
    }

    for (i = 0; i < b->nmarks; i++) {
        b->len += vet_uni_write(b->marks[i] & VET_CP_MASK, b->out + b->len);
    }

    n = b->len;
    b->len = from;
    rc = vet_view_span(b, b->from, to);
    b->len = n;

    b->pending = 0;
    b->direct = 0;
    b->nmarks = 0;

    return rc;
}


/*
 * Drops from a Latin letter the marks that no orthography puts there, and all
 * marks when they are more than it can have: none is known to be its own.
 */

static void
vet_view_accents(vet_builder_t *b)
{
    size_t    i, kept;
    uint32_t  cp;

    kept = 0;

    for (i = 0; i < b->nmarks; i++) {
        cp = b->marks[i] & VET_CP_MASK;

        if (vet_uni(cp)->flags & VET_UNI_ACCENT) {
            b->marks[kept++] = b->marks[i];
        }
    }

    b->nmarks = (kept > VET_ACCENTS) ? 0 : kept;
}


/* Canonical ordering and composition; marks that join nothing stay. */

static int
vet_view_compose(vet_builder_t *b)
{
    int       rc;
    size_t    i, kept;
    uint32_t  ccc, last, joined;

    if (b->nmarks == 0) {
        return VET_OK;
    }

    if (b->starter != VET_NONE
        && vet_uni(b->starter)->flags & VET_UNI_LATIN)
    {
        vet_view_accents(b);
    }

    rc = vet_view_sort(b);
    if (rc != VET_OK || b->starter == VET_NONE) {
        return rc;
    }

    kept = 0;
    last = 0;

    for (i = 0; i < b->nmarks; i++) {
        ccc = b->marks[i] >> VET_CCC_SHIFT;

        /* a mark behind one of its own class is blocked */

        if (last < ccc) {
            joined = vet_uni_join(b->starter, b->marks[i] & VET_CP_MASK);

            if (joined != 0) {
                b->starter = joined;
                continue;
            }
        }

        b->marks[kept++] = b->marks[i];
        last = ccc;
    }

    b->nmarks = kept;

    return VET_OK;
}


static int
vet_view_sort(vet_builder_t *b)
{
    size_t    i, j;
    uint32_t  mark;

    if (b->nmarks > VET_MARKS) {
        return vet_view_count_sort(b);
    }

    for (i = 1; i < b->nmarks; i++) {
        mark = b->marks[i];

        for (j = i; j > 0; j--) {
            if (b->marks[j - 1] >> VET_CCC_SHIFT <= mark >> VET_CCC_SHIFT) {
                break;
            }

            b->marks[j] = b->marks[j - 1];
        }

        b->marks[j] = mark;
    }

    return VET_OK;
}


/* Thousands of marks on one letter are an attack: time must stay linear. */

static int
vet_view_count_sort(vet_builder_t *b)
{
    size_t     i, n, sum, counts[256];
    uint32_t  *marks;

    if (b->spare == NULL) {
        b->spare = vet_palloc(b->pool, b->room * sizeof(uint32_t));
        if (b->spare == NULL) {
            return vet_pool_failed(b->pool);
        }
    }

    memset(counts, 0, sizeof(counts));

    for (i = 0; i < b->nmarks; i++) {
        counts[b->marks[i] >> VET_CCC_SHIFT]++;
    }

    sum = 0;

    for (i = 0; i < 256; i++) {
        n = counts[i];
        counts[i] = sum;
        sum += n;
    }

    for (i = 0; i < b->nmarks; i++) {
        b->spare[counts[b->marks[i] >> VET_CCC_SHIFT]++] = b->marks[i];
    }

    marks = b->marks;
    b->marks = b->spare;
    b->spare = marks;

    return VET_OK;
}


/* Makes room for n bytes of output. */

static int
vet_view_room(vet_builder_t *b, size_t n)
{
    size_t          size;
    unsigned char  *out;

    if (b->size - b->len >= n) {
        return VET_OK;
    }

    /* usually a view is not longer than its value */

    size = (b->size == 0) ? b->value.len + VET_LATIN_ROOM : 2 * b->size;
    size = (size < b->len + n) ? b->len + n : size;
    size += VET_UNI_BYTES;

    out = vet_palloc(b->pool, size);
    if (out == NULL) {
        return vet_pool_failed(b->pool);
    }

    if (b->len != 0) {
        memcpy(out, b->out, b->len);
    }

    b->out = out;
    b->size = size;

    return VET_OK;
}


/*
 * Notes that what is written next is from [from, to); to is 0 when its bytes
 * stand one for one.  Spans that continue the last one are not added.
 */

static int
vet_view_span(vet_builder_t *b, size_t from, size_t to)
{
    vet_span_t  *span;

    if (b->spans.n != 0) {
        span = (vet_span_t *) b->spans.elts + (b->spans.n - 1);

        if (to == 0 && span->to == 0
            && from - span->from == b->len - span->view)
        {
            return VET_OK;
        }

        if (to != 0 && span->from == from && span->to == to) {
            return VET_OK;
        }
    }

    if (b->spans.n < b->spans.nalloc) {
        span = (vet_span_t *) b->spans.elts + b->spans.n++;

    } else {
        span = vet_list_push(&b->spans);
        if (span == NULL) {
            return vet_pool_failed(b->pool);
        }
    }

    span->view = (uint32_t) b->len;
    span->from = (uint32_t) from;
    span->to = (uint32_t) to;

    return VET_OK;
}


int
vet_view_valid(vet_str_t value)
{
    return vet_view_same(value, VET_VIEW_RAW) == value.len;
}


int
vet_view_accented(const unsigned char *p, size_t len)
{
    size_t            i;
    uint32_t          cp;
    const vet_uni_t  *u;

    for (i = 0; i < len; /* void */ ) {
        i += vet_uni_read(p + i, len - i, &cp);

        if (cp >= 0x80) {
            u = vet_uni(cp);

            if (u->fold_len != 0 || u->flags & VET_UNI_DROP) {
                return 1;
            }
        }
    }

    return 0;
}


int
vet_view_text(vet_pool_t *pool, vet_str_t value, const char *name,
    vet_str_t *text)
{
    int         rc;
    size_t      kind;
    vet_str_t   wanted;
    vet_view_t  view;

    wanted.data = (const unsigned char *) name;
    wanted.len = strlen(name);
    kind = vet_view_index(wanted);

    /* the joined view is behind those that have a name */

    if (kind >= VET_VIEW_JOINED) {
        return VET_DECLINED;
    }

    rc = vet_view_build(pool, value, (vet_view_kind_t) kind, &view);

    if (rc == VET_OK) {
        *text = view.text;
    }

    return rc;
}
