
/*
 * Copyright (C) the moderate authors
 *
 * Looking for many literals at once: one pass over the text for each kind of
 * stretches that there are.
 */


#include "vet_lanes.h"
#include "vet_stretch.h"


typedef struct {
    const vet_prefilter_t  *pf;
    vet_str_t               text;
    uint64_t               *seen;       /* bits, by literal; or NULL */
    uint64_t               *blocks;     /* of those that are seen */
    unsigned                block;      /* log2 of the bytes of one */
    vet_prefilter_pt        found;
    void                   *data;
} vet_scan_t;


static int vet_scan_all(const vet_scan_t *s, unsigned kind);
static size_t vet_scan_next(const vet_table_t *table, unsigned kind,
    const unsigned char *p, size_t i, size_t n) __attribute__((noinline));
static inline size_t vet_scan_skip(const vet_table_t *table,
    const unsigned char *p, size_t i, size_t n, size_t width, size_t step)
    VET_INLINE;
static inline size_t vet_scan_words(const vet_table_t *table,
    const unsigned char *p, size_t i, size_t n, size_t width) VET_INLINE;
static inline int vet_scan_may(const vet_table_t *table, uint64_t hash)
    VET_INLINE;
static int vet_scan_place(const vet_scan_t *s, const vet_table_t *table,
    uint64_t hash, size_t pos);
static int vet_scan_known(const vet_scan_t *s, uint32_t literal, size_t pos);
static int vet_scan_found(const vet_scan_t *s, uint32_t literal, size_t pos);
static int vet_scan_tell(const vet_scan_t *s, uint32_t literal,
    uint64_t where);
static int vet_scan_blocks(const vet_scan_t *s);
static int vet_scan_equal(const unsigned char *text, const unsigned char *data,
    size_t len);


size_t
vet_prefilter_seen(const vet_prefilter_t *pf)
{
    return ((pf->n + 63) / 64 + pf->n) * sizeof(uint64_t);
}


unsigned
vet_prefilter_block(size_t len)
{
    unsigned  n;

    for (n = 0; len != 0 && (len - 1) >> n > 63; n++) { /* void */ }

    return n;
}


int
vet_prefilter_scan(const vet_prefilter_t *pf, vet_str_t text, void *seen,
    vet_prefilter_pt found, void *data)
{
    int         rc;
    unsigned    i;
    vet_scan_t  s;

    s.pf = pf;
    s.text = text;
    s.seen = seen;
    s.blocks = NULL;
    s.block = vet_prefilter_block(text.len);
    s.found = found;
    s.data = data;

    if (seen != NULL) {
        s.blocks = s.seen + (pf->n + 63) / 64;
        memset(seen, 0, (pf->n + 63) / 64 * sizeof(uint64_t));
    }

    rc = VET_OK;

    for (i = 0; rc == VET_OK && i < VET_TABLES; i++) {
        if (pf->tables[i].n != 0 && text.len >= vet_kinds[i].width) {
            rc = vet_scan_all(&s, i);
        }
    }

    return (rc == VET_OK && seen != NULL) ? vet_scan_blocks(&s) : rc;
}


int
vet_prefilter_all(const vet_prefilter_t *pf, vet_prefilter_pt found,
    void *data)
{
    int       rc;
    uint32_t  i;

    rc = VET_OK;

    for (i = 0; rc == VET_OK && i < pf->entries[pf->n].ids; i++) {
        rc = found(data, pf->ids[i], VET_BLOCKS_ALL);
    }

    return rc;
}


static int
vet_scan_all(const vet_scan_t *s, unsigned kind)
{
    int                 rc;
    size_t              i, n, step, width;
    const vet_table_t  *table;

    table = &s->pf->tables[kind];
    width = vet_kinds[kind].width;
    step = (kind < VET_WORDS) ? 1 : vet_kinds[kind].step;
    n = s->text.len - width + 1;

    for (i = vet_scan_next(table, kind, s->text.data, 0, n);
         i < n;
         i = vet_scan_next(table, kind, s->text.data, i + step, n))
    {
        rc = vet_scan_place(s, table,
                            vet_stretch_hash(vet_stretch(s->text.data + i,
                                                         width)), i);
        if (rc != VET_OK) {
            return rc;
        }
    }

    return VET_OK;
}


/*
 * Returns the next place below n that may have a stretch, at i or behind it.
 * Nothing is called from here, so that all is kept in registers, and what
 * vet_kinds has is written out, so that it is constant.
 */

static size_t
vet_scan_next(const vet_table_t *table, unsigned kind, const unsigned char *p,
    size_t i, size_t n)
{
    switch (kind) {

    case 0:
        return vet_scan_words(table, p, i, n, 8);

    case 1:
        return vet_scan_words(table, p, i, n, 4);

    case 2:
        return vet_scan_words(table, p, i, n, 2);

    case 3:
        return vet_scan_skip(table, p, i, n, 8, 4);

    case 4:
        return vet_scan_skip(table, p, i, n, 8, 2);

    case 5:
        return vet_scan_skip(table, p, i, n, 4, 4);

    case 6:
        return vet_scan_skip(table, p, i, n, 2, 4);

    case 7:
        return vet_scan_skip(table, p, i, n, 4, 2);

    case 8:
        return vet_scan_skip(table, p, i, n, 3, 2);

    case 9:
        return vet_scan_skip(table, p, i, n, 2, 1);

    default:
        return vet_scan_skip(table, p, i, n, 1, 1);
    }
}


static inline size_t
vet_scan_skip(const vet_table_t *table, const unsigned char *p, size_t i,
    size_t n, size_t width, size_t step)
{
    while (i < n
           && !vet_scan_may(table, vet_stretch_hash(vet_stretch(p + i,
                                                                width))))
    {
        i += step;
    }

    return i;
}


/* The same behind a SPACE, a block at a time. */

static inline size_t
vet_scan_words(const vet_table_t *table, const unsigned char *p, size_t i,
    size_t n, size_t width)
{
    size_t       at;
    unsigned     spaces;
    vet_lanes_t  c;

    i = (i == 0) ? 1 : i;

    for ( /* void */ ; n - i >= VET_LANES && i < n; i += VET_LANES) {
        c = vet_lanes_load(p + i - 1);
        spaces = vet_lanes_bits((vet_lanes_t) ((c | 0x20) == 0x20));

        for ( /* void */ ; spaces != 0; spaces &= spaces - 1) {
            at = i + (size_t) __builtin_ctz(spaces);

            if (vet_scan_may(table, vet_stretch_hash(vet_stretch(p + at,
                                                                 width))))
            {
                return at;
            }
        }
    }

    while (i < n
           && ((p[i - 1] | 0x20) != 0x20
               || !vet_scan_may(table, vet_stretch_hash(vet_stretch(p + i,
                                                                    width)))))
    {
        i++;
    }

    return i;
}


static inline int
vet_scan_may(const vet_table_t *table, uint64_t hash)
{
    size_t    slot;
    uint64_t  bits;

    slot = (size_t) (hash >> (64 - table->bits));
    bits = table->filter[slot >> 6];

    /* the second bit is hardly ever looked at, and not to be made ready */

    if (__builtin_expect((bits >> (slot & 63) & 1) == 0, 1)) {
        return 0;
    }

    return (bits >> VET_STRETCH_BIT(hash) & 1) != 0;
}


static int
vet_scan_place(const vet_scan_t *s, const vet_table_t *table, uint64_t hash,
    size_t pos)
{
    int                   rc;
    size_t                slot, start;
    const vet_entry_t    *e;
    const vet_stretch_t  *t, *end;

    slot = (size_t) (hash >> (64 - table->bits)) >> VET_FILTER_HEADS;
    end = table->stretches + table->heads[slot + 1];

    for (t = table->stretches + table->heads[slot]; t < end; t++) {
        start = pos - t->before;

        if (t->tag != VET_STRETCH_TAG(hash) || t->before > pos
            || t->len > s->text.len - start
            || t->last != vet_stretch_last(s->text.data + start, t->len)
            || vet_scan_known(s, t->literal, start))
        {
            continue;
        }

        e = &s->pf->entries[t->literal];

        if (e->len > s->text.len - start
            || !vet_scan_equal(s->text.data + start, e->data, e->len))
        {
            continue;
        }

        rc = vet_scan_found(s, t->literal, start);
        if (rc != VET_OK) {
            return rc;
        }
    }

    return VET_OK;
}


/* Once in a block is enough. */

static int
vet_scan_known(const vet_scan_t *s, uint32_t literal, size_t pos)
{
    return s->seen != NULL
           && (s->seen[literal >> 6] >> (literal & 63) & 1) != 0
           && (s->blocks[literal] >> (pos >> s->block) & 1) != 0;
}


static int
vet_scan_found(const vet_scan_t *s, uint32_t literal, size_t pos)
{
    uint64_t  bit;

    if (s->seen == NULL) {
        return vet_scan_tell(s, literal, pos);
    }

    bit = (uint64_t) 1 << (literal & 63);

    if ((s->seen[literal >> 6] & bit) == 0) {
        s->seen[literal >> 6] |= bit;
        s->blocks[literal] = 0;
    }

    s->blocks[literal] |= (uint64_t) 1 << (pos >> s->block);

    return VET_OK;
}


static int
vet_scan_tell(const vet_scan_t *s, uint32_t literal, uint64_t where)
{
    int       rc;
    uint32_t  i;

    rc = VET_OK;

    for (i = s->pf->entries[literal].ids;
         rc == VET_OK && i < s->pf->entries[literal + 1].ids;
         i++)
    {
        rc = s->found(s->data, s->pf->ids[i], where);
    }

    return rc;
}


/* Tells of each literal that was seen. */

static int
vet_scan_blocks(const vet_scan_t *s)
{
    int       rc;
    size_t    i;
    uint32_t  literal;
    uint64_t  bits;

    rc = VET_OK;

    for (i = 0; i < (s->pf->n + 63) / 64; i++) {
        for (bits = s->seen[i]; rc == VET_OK && bits != 0; bits &= bits - 1) {
            literal = (uint32_t) (64 * i) + (uint32_t) __builtin_ctzll(bits);
            rc = vet_scan_tell(s, literal, s->blocks[literal]);
        }
    }

    return rc;
}


static int
vet_scan_equal(const unsigned char *text, const unsigned char *data,
    size_t len)
{
    size_t  i;

    for (i = 0; len - i >= 8; i += 8) {
        if (vet_stretch(text + i, 8) != vet_stretch(data + i, 8)) {
            return 0;
        }
    }

    for ( /* void */ ; i < len; i++) {
        if ((text[i] | 0x20) != data[i]) {
            return 0;
        }
    }

    return 1;
}
