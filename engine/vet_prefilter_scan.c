
/*
 * Copyright (C) the moderate authors
 *
 * Looking for many literals at once: one pass over the text for each kind of
 * stretches that there are, and one for all that begin words.
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

/* What the table has for a place. */

typedef struct {
    const vet_stretch_t    *first;
    const vet_stretch_t    *end;
    uint32_t                tag;
} vet_noted_t;


static int vet_scan_words(const vet_scan_t *s);
static size_t vet_scan_spaces(vet_str_t text, size_t i, uint32_t *words,
    size_t *n);
static size_t vet_scan_filter(const vet_scan_t *s, unsigned kind,
    const uint32_t *words, size_t n, uint32_t *places);
static int vet_scan_all(const vet_scan_t *s, unsigned kind);
static int vet_scan_places(const vet_scan_t *s, unsigned kind,
    const uint32_t *places, size_t n);
static size_t vet_scan_next(const vet_table_t *table, unsigned kind,
    vet_str_t text, size_t i, uint32_t *places, size_t *n)
    __attribute__((noinline));
static inline size_t vet_scan_skip(const vet_table_t *table, vet_str_t text,
    size_t i, uint32_t *places, size_t *n, size_t width, size_t step)
    VET_INLINE;
static inline int vet_scan_may(const vet_table_t *table, uint32_t hash)
    VET_INLINE;
static int vet_scan_place(const vet_scan_t *s, const vet_noted_t *noted,
    size_t pos);
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

    if (pf->words) {
        rc = vet_scan_words(&s);
    }

    for (i = VET_WORDS; rc == VET_OK && i < VET_TABLES; i++) {
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


/* Notes places behind a SPACE, and looks for all that may be there. */

static int
vet_scan_words(const vet_scan_t *s)
{
    int       rc;
    size_t    i, n, all;
    unsigned  kind;
    uint32_t  words[VET_SCAN_PLACES], places[VET_SCAN_PLACES];

    i = 1;

    while (i < s->text.len) {
        all = 0;
        i = vet_scan_spaces(s->text, i, words, &all);

        for (kind = 0; kind < VET_WORDS; kind++) {
            if (s->pf->tables[kind].n == 0) {
                continue;
            }

            n = vet_scan_filter(s, kind, words, all, places);

            rc = vet_scan_places(s, kind, places, n);
            if (rc != VET_OK) {
                return rc;
            }
        }
    }

    return VET_OK;
}


/* Notes the places behind a SPACE from i on, a block at a time. */

static size_t
vet_scan_spaces(vet_str_t text, size_t i, uint32_t *words, size_t *n)
{
    size_t       found;
    unsigned     spaces;
    vet_lanes_t  c;

    found = 0;

    for ( /* void */ ;
         text.len - i >= VET_LANES && found <= VET_SCAN_PLACES - VET_LANES;
         i += VET_LANES)
    {
        c = vet_lanes_load(text.data + i - 1);
        spaces = vet_lanes_bits((vet_lanes_t) ((c | 0x20) == 0x20));

        for ( /* void */ ; spaces != 0; spaces &= spaces - 1) {
            words[found++] = (uint32_t) (i + (size_t) __builtin_ctz(spaces));
        }
    }

    for ( /* void */ ; i < text.len && text.len - i < VET_LANES
                       && found < VET_SCAN_PLACES; i++)
    {
        words[found] = (uint32_t) i;
        found += ((text.data[i - 1] | 0x20) == 0x20);
    }

    *n = found;

    return i;
}


/* Returns how many of the places may have a stretch of a kind. */

static size_t
vet_scan_filter(const vet_scan_t *s, unsigned kind, const uint32_t *words,
    size_t n, uint32_t *places)
{
    size_t              i, found, width;
    const vet_table_t  *table;

    table = &s->pf->tables[kind];
    width = vet_kinds[kind].width;
    found = 0;

    i = vet_scan_wide_words(table, width, s->text, words, n, places, &found);

    for ( /* void */ ; i < n && words[i] + width <= s->text.len; i++) {
        places[found] = words[i];
        found += (size_t) vet_scan_may(table, vet_stretch_hash(
                              vet_stretch(s->text.data + words[i], width)));
    }

    return found;
}


/* Notes places of the text that may have a stretch, and looks at them. */

static int
vet_scan_all(const vet_scan_t *s, unsigned kind)
{
    int                 rc;
    size_t              i, n;
    uint32_t            places[VET_SCAN_PLACES];
    const vet_table_t  *table;

    table = &s->pf->tables[kind];
    i = 0;

    do {
        n = 0;

        i = vet_scan_wide(table, &vet_kinds[kind], s->text, i, places, &n);

        if (n <= VET_SCAN_PLACES - VET_SCAN_WIDE) {
            i = vet_scan_next(table, kind, s->text, i, places, &n);
        }

        rc = vet_scan_places(s, kind, places, n);

    } while (rc == VET_OK && i + vet_kinds[kind].width <= s->text.len);

    return rc;
}


/*
 * Looks at places that were noted.  What the tables have there is often not in
 * a cache, and asked for together.
 */

static int
vet_scan_places(const vet_scan_t *s, unsigned kind, const uint32_t *places,
    size_t n)
{
    int                 rc;
    size_t              i, slot;
    uint64_t            stretch;
    vet_noted_t         noted[VET_SCAN_PLACES];
    const vet_table_t  *table;

    table = &s->pf->tables[kind];
    rc = VET_OK;

    for (i = 0; i < n; i++) {
        stretch = vet_stretch(s->text.data + places[i], vet_kinds[kind].width);
        slot = vet_stretch_slot(table, vet_stretch_hash(stretch))
               >> VET_FILTER_HEADS;

        noted[i].tag = vet_stretch_tag(stretch);
        noted[i].first = table->stretches + table->heads[slot];
        noted[i].end = table->stretches + table->heads[slot + 1];

        __builtin_prefetch(noted[i].first);
    }

    for (i = 0; rc == VET_OK && i < n; i++) {
        rc = vet_scan_place(s, &noted[i], places[i]);
    }

    return rc;
}


/*
 * Notes places one by one, to the end.  Nothing is called from here, so that
 * all is kept in registers, and what vet_kinds has is written out, so that it
 * is constant.
 */

static size_t
vet_scan_next(const vet_table_t *table, unsigned kind, vet_str_t text,
    size_t i, uint32_t *places, size_t *n)
{
    switch (kind) {

    case 3:
        return vet_scan_skip(table, text, i, places, n, 8, 4);

    case 4:
        return vet_scan_skip(table, text, i, places, n, 8, 2);

    case 5:
        return vet_scan_skip(table, text, i, places, n, 4, 4);

    case 6:
        return vet_scan_skip(table, text, i, places, n, 2, 4);

    case 7:
        return vet_scan_skip(table, text, i, places, n, 4, 2);

    case 8:
        return vet_scan_skip(table, text, i, places, n, 3, 2);

    case 9:
        return vet_scan_skip(table, text, i, places, n, 2, 1);

    default:
        return vet_scan_skip(table, text, i, places, n, 1, 1);
    }
}


static inline size_t
vet_scan_skip(const vet_table_t *table, vet_str_t text, size_t i,
    uint32_t *places, size_t *n, size_t width, size_t step)
{
    size_t  found;

    found = *n;

    while (i + width <= text.len && found < VET_SCAN_PLACES) {
        places[found] = (uint32_t) i;
        found += (size_t) vet_scan_may(table, vet_stretch_hash(
                                           vet_stretch(text.data + i, width)));
        i += step;
    }

    *n = found;

    return i;
}


static inline int
vet_scan_may(const vet_table_t *table, uint32_t hash)
{
    size_t    slot;
    uint32_t  bits;

    slot = vet_stretch_slot(table, hash);
    bits = table->filter[slot >> VET_FILTER_WORD];

    return (bits >> (slot & 31) & bits >> (hash >> VET_STRETCH_OTHER & 31) & 1)
           != 0;
}


static int
vet_scan_place(const vet_scan_t *s, const vet_noted_t *noted, size_t pos)
{
    int                   rc;
    size_t                start;
    const vet_entry_t    *e;
    const vet_stretch_t  *t;

    for (t = noted->first; t < noted->end; t++) {
        start = pos - t->before;

        if (t->tag != noted->tag || t->before > pos
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
