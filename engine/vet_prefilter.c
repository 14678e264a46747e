
/*
 * Copyright (C) the moderate authors
 *
 * Many literals in a text at once.
 *
 * Of each literal a stretch of 8, 4, 3, 2 or 1 bytes is kept in a table, and a
 * filter of bits tells for a place of the text whether it may be there: nearly
 * always it is not.  Stretches are chosen so that few literals share one: rules
 * have many phrases that begin alike.
 *
 * Few places are looked at.  Where a literal is long enough two or four of its
 * stretches are kept, one behind the other, and every second or fourth place
 * of the text has one of them.  A literal that begins with a SPACE, as keys of
 * phrases do, is found behind one.
 *
 * Multi-literal databases of Vectorscan were measured beside it: with 10000
 * literals they took 450 ms to build and scanned at half the speed.
 */


#include <stdlib.h>
#include <string.h>

#include "vet_pool.h"
#include "vet_stretch.h"


#define VET_MANY_NINE       256     /* literals that have a table of their */
#define VET_FEW_FIVE        16      /* own, or none: see vet_kinds */

#define VET_FILTER_BITS     16      /* of the filter, for each stretch */
#define VET_FILTER_LEAST    13      /* log2 of the bits of a filter */
#define VET_FILTER_MOST     19

#define VET_PREFILTER_PIECE 64      /* literals between two rests */

#define VET_STRETCH_BEFORE  256     /* bytes of a literal before a stretch */
#define VET_STRETCH_LITERAL (1 << 24)
#define VET_STRETCH_LEN     255

/* A table that is being made: what there is of it is not in order yet. */

typedef struct {
    vet_table_t            *table;
    uint16_t               *uses;       /* of slots of the filter */
    vet_stretch_t          *stretches;
    uint32_t               *slots;      /* of these: their heads */
    unsigned                kind;
} vet_making_t;


static int vet_literal_order(const void *one, const void *two);
static int vet_literal_compare(vet_str_t a, vet_str_t b);
static int vet_prefilter_fill(vet_prefilter_t *pf, vet_literal_t *literals,
    size_t n);
static void *vet_prefilter_alloc(vet_prefilter_t *pf, size_t n, size_t size);
static void vet_prefilter_pause(const vet_prefilter_t *pf, size_t i);
static void vet_prefilter_entries(vet_prefilter_t *pf,
    const vet_literal_t *literals, size_t n);
static void vet_prefilter_kinds(vet_prefilter_t *pf);
static int vet_table_make(vet_prefilter_t *pf, unsigned kind);
static int vet_table_room(vet_prefilter_t *pf, vet_table_t *table, size_t n);
static int vet_table_fill(vet_prefilter_t *pf, vet_making_t *m, size_t n);
static void vet_table_count(const vet_making_t *m, const vet_entry_t *e);
static void vet_table_add(vet_making_t *m, const vet_entry_t *e,
    uint32_t literal);
static void vet_table_put(vet_making_t *m, const vet_entry_t *e,
    uint32_t literal, size_t before, uint64_t stretch);
static void vet_table_sort(const vet_making_t *m);
static unsigned vet_entry_kind(const vet_prefilter_t *pf,
    const vet_entry_t *e);
static size_t vet_entry_next(const vet_entry_t *e, unsigned kind, size_t i);


/*
 * A literal is in the first table that it is long enough for.  Those of nine
 * bytes are found by eight of them where they are many, at twice as many
 * places; those of five by two of them where they are few.
 */

enum {
    VET_KIND_NINE = 4,
    VET_KIND_FIVE = 6
};

const vet_kind_t  vet_kinds[VET_TABLES] = {
    { 8, 0 },
    { 4, 0 },
    { 2, 0 },
    { 8, 4 },
    { 8, 2 },           /* VET_KIND_NINE */
    { 4, 4 },
    { 2, 4 },           /* VET_KIND_FIVE */
    { 4, 2 },
    { 3, 2 },
    { 2, 1 },
    { 1, 1 }
};


vet_prefilter_t *
vet_prefilter_create(vet_pool_t *pool, vet_literal_t *literals, size_t n)
{
    unsigned          i;
    vet_prefilter_t  *pf;

    pf = vet_pcalloc(pool, sizeof(vet_prefilter_t));
    if (pf == NULL) {
        return NULL;
    }

    pf->pool = pool;
    pf->size = sizeof(vet_prefilter_t);

    if (vet_prefilter_fill(pf, literals, n) != VET_OK) {
        return NULL;
    }

    vet_prefilter_kinds(pf);

    for (i = 0; i < VET_TABLES; i++) {
        if (vet_table_make(pf, i) != VET_OK) {
            return NULL;
        }

        pf->words |= (i < VET_WORDS && pf->tables[i].n != 0);
    }

    return pf;
}


static int
vet_prefilter_fill(vet_prefilter_t *pf, vet_literal_t *literals, size_t n)
{
    size_t          i, j, len, entries;
    unsigned char  *p;

    if (n > VET_STRETCH_LITERAL) {
        return VET_ERROR;
    }

    len = 0;

    for (i = 0; i < n; i++) {
        len += literals[i].text.len;
    }

    pf->bytes = vet_prefilter_alloc(pf, len, 1);
    if (pf->bytes == NULL) {
        return VET_ERROR;
    }

    p = pf->bytes;

    for (i = 0; i < n; i++) {
        vet_prefilter_pause(pf, i);

        for (j = 0; j < literals[i].text.len; j++) {
            p[j] = literals[i].text.data[j] | 0x20;
        }

        literals[i].text.data = p;
        p += literals[i].text.len;
    }

    qsort(literals, n, sizeof(vet_literal_t), vet_literal_order);
    entries = 0;

    for (i = 0; i < n; i++) {
        entries += (i == 0 || vet_literal_compare(literals[i].text,
                                                  literals[i - 1].text) != 0);
    }

    pf->n = entries;
    pf->entries = vet_prefilter_alloc(pf, entries + 1, sizeof(vet_entry_t));
    pf->ids = vet_prefilter_alloc(pf, n, sizeof(uint32_t));

    if (pf->entries == NULL || pf->ids == NULL) {
        return VET_ERROR;
    }

    vet_prefilter_entries(pf, literals, n);

    return VET_OK;
}


static int
vet_literal_order(const void *one, const void *two)
{
    int                   order;
    const vet_literal_t  *a, *b;

    a = one;
    b = two;
    order = vet_literal_compare(a->text, b->text);

    return (order != 0) ? order : (a->id > b->id) - (a->id < b->id);
}


static int
vet_literal_compare(vet_str_t a, vet_str_t b)
{
    if (a.len != b.len) {
        return (a.len > b.len) ? 1 : -1;
    }

    return memcmp(a.data, b.data, a.len);
}


static void *
vet_prefilter_alloc(vet_prefilter_t *pf, size_t n, size_t size)
{
    pf->size += n * size;

    return vet_pcalloc(pf->pool, n * size);
}


static void
vet_prefilter_pause(const vet_prefilter_t *pf, size_t i)
{
    if (i % VET_PREFILTER_PIECE == 0) {
        vet_pool_pause(pf->pool);
    }
}


/* Of literals in order: each text once, each of its ids once. */

static void
vet_prefilter_entries(vet_prefilter_t *pf, const vet_literal_t *literals,
    size_t n)
{
    int           same;
    size_t        i;
    uint32_t      nids;
    vet_entry_t  *e;

    e = pf->entries;
    nids = 0;

    for (i = 0; i < n; i++) {
        same = (i != 0 && vet_literal_compare(literals[i].text,
                                              literals[i - 1].text) == 0);

        if (!same) {
            e->data = literals[i].text.data;
            e->len = (uint32_t) literals[i].text.len;
            e->ids = nids;
            e++;

        } else if (literals[i].id == literals[i - 1].id) {
            continue;
        }

        pf->ids[nids++] = literals[i].id;
    }

    e->ids = nids;
}


/* Chooses which of the tables there are. */

static void
vet_prefilter_kinds(vet_prefilter_t *pf)
{
    size_t  k, n[VET_TABLES];

    memset(n, 0, sizeof(n));
    pf->kinds = ~0u;

    for (k = 0; k < pf->n; k++) {
        n[vet_entry_kind(pf, &pf->entries[k])]++;
    }

    if (n[VET_KIND_NINE] < VET_MANY_NINE) {
        pf->kinds &= ~(1u << VET_KIND_NINE);
    }

    if (n[VET_KIND_FIVE] > VET_FEW_FIVE) {
        pf->kinds &= ~(1u << VET_KIND_FIVE);
    }
}


static int
vet_table_make(vet_prefilter_t *pf, unsigned kind)
{
    int           rc;
    size_t        k, n;
    vet_pool_t   *pool;
    vet_making_t  m;

    n = 0;

    for (k = 0; k < pf->n; k++) {
        vet_prefilter_pause(pf, k);
        n += (vet_entry_kind(pf, &pf->entries[k]) == kind);
    }

    if (n == 0) {
        return VET_OK;
    }

    m.kind = kind;
    m.table = &pf->tables[kind];
    n *= (vet_kinds[kind].step > 1) ? vet_kinds[kind].step : 1;

    if (n >= VET_STRETCH_LITERAL || vet_table_room(pf, m.table, n) != VET_OK) {
        return VET_ERROR;
    }

    /* malloc would keep a megabyte of it */

    pool = vet_pool_create_mapped(SIZE_MAX);
    if (pool == NULL) {
        return VET_ERROR;
    }

    m.uses = vet_pcalloc(pool, sizeof(uint16_t) << m.table->bits);
    m.stretches = vet_pcalloc(pool, n * sizeof(vet_stretch_t));
    m.slots = vet_pcalloc(pool, n * sizeof(uint32_t));

    rc = VET_ERROR;

    if (m.uses != NULL && m.stretches != NULL && m.slots != NULL) {
        rc = vet_table_fill(pf, &m, n);
    }

    vet_pool_destroy(pool);

    return rc;
}


static int
vet_table_room(vet_prefilter_t *pf, vet_table_t *table, size_t n)
{
    table->bits = VET_FILTER_LEAST;

    while (table->bits < VET_FILTER_MOST
           && (size_t) 1 << table->bits < VET_FILTER_BITS * n)
    {
        table->bits++;
    }

    table->filter = vet_prefilter_alloc(pf, (size_t) 1 << (table->bits
                                                      - VET_FILTER_WORD),
                                        sizeof(uint32_t));
    table->heads = vet_prefilter_alloc(pf, ((size_t) 1 << (table->bits
                                                      - VET_FILTER_HEADS)) + 1,
                                       sizeof(uint32_t));
    return (table->filter == NULL || table->heads == NULL) ? VET_ERROR
                                                           : VET_OK;
}


/* At most n stretches. */

static int
vet_table_fill(vet_prefilter_t *pf, vet_making_t *m, size_t n)
{
    size_t  k;

    for (k = 0; k < pf->n; k++) {
        vet_prefilter_pause(pf, k);

        if (vet_entry_kind(pf, &pf->entries[k]) == m->kind) {
            vet_table_count(m, &pf->entries[k]);
        }
    }

    for (k = 0; k < pf->n; k++) {
        vet_prefilter_pause(pf, k);

        if (vet_entry_kind(pf, &pf->entries[k]) == m->kind) {
            vet_table_add(m, &pf->entries[k], (uint32_t) k);
        }
    }

    m->table->stretches = vet_prefilter_alloc(pf, n, sizeof(vet_stretch_t));
    if (m->table->stretches == NULL) {
        return VET_ERROR;
    }

    vet_table_sort(m);

    return VET_OK;
}


/* Counts the stretches of all literals, by slots of the filter. */

static void
vet_table_count(const vet_making_t *m, const vet_entry_t *e)
{
    size_t  i, slot, width;

    width = vet_kinds[m->kind].width;

    for (i = vet_entry_next(e, m->kind, 0);
         i + width <= e->len;
         i = vet_entry_next(e, m->kind, i + 1))
    {
        slot = vet_stretch_slot(m->table,
                   vet_stretch_hash(vet_stretch(e->data + i, width)));
        m->uses[slot] += (m->uses[slot] != UINT16_MAX);
    }
}


/*
 * Adds a literal by the stretch that the fewest have, or by that and those
 * behind it: what is in many phrases is in many texts too, and would be found
 * there in vain.
 */

static void
vet_table_add(vet_making_t *m, const vet_entry_t *e, uint32_t literal)
{
    size_t  i, k, n, width, best, sum, least;

    width = vet_kinds[m->kind].width;
    n = (vet_kinds[m->kind].step > 1) ? vet_kinds[m->kind].step : 1;
    least = SIZE_MAX;
    best = 0;

    for (i = vet_entry_next(e, m->kind, 0);
         i + n - 1 + width <= e->len && i + n <= VET_STRETCH_BEFORE
         && least > n;
         i = vet_entry_next(e, m->kind, i + 1))
    {
        sum = 0;

        for (k = i; k < i + n; k++) {
            sum += m->uses[vet_stretch_slot(m->table,
                       vet_stretch_hash(vet_stretch(e->data + k, width)))];
        }

        if (sum < least) {
            least = sum;
            best = i;
        }
    }

    for (k = best; k < best + n; k++) {
        vet_table_put(m, e, literal, k, vet_stretch(e->data + k, width));
    }
}


static void
vet_table_put(vet_making_t *m, const vet_entry_t *e, uint32_t literal,
    size_t before, uint64_t stretch)
{
    size_t          slot, len;
    uint32_t        hash;
    vet_table_t    *table;
    vet_stretch_t  *s;

    table = m->table;
    hash = vet_stretch_hash(stretch);
    slot = vet_stretch_slot(table, hash);
    table->filter[slot >> VET_FILTER_WORD] |= vet_stretch_bits(slot, hash);

    m->slots[table->n] = (uint32_t) (slot >> VET_FILTER_HEADS);
    s = &m->stretches[table->n++];
    len = (e->len < VET_STRETCH_LEN) ? e->len : VET_STRETCH_LEN;

    s->tag = vet_stretch_tag(stretch) & 0xffffff;
    s->literal = literal & (VET_STRETCH_LITERAL - 1);
    s->before = before & (VET_STRETCH_BEFORE - 1);
    s->len = len & VET_STRETCH_LEN;
    s->last = vet_stretch_last(e->data, len);
}


/* Those of one head side by side: they are looked at together. */

static void
vet_table_sort(const vet_making_t *m)
{
    size_t     i, n;
    uint32_t  *heads, sum, count;

    heads = m->table->heads;
    n = (size_t) 1 << (m->table->bits - VET_FILTER_HEADS);

    for (i = 0; i < m->table->n; i++) {
        heads[m->slots[i]]++;
    }

    sum = 0;

    for (i = 0; i <= n; i++) {
        count = heads[i];
        heads[i] = sum;
        sum += count;
    }

    for (i = 0; i < m->table->n; i++) {
        m->table->stretches[heads[m->slots[i]]++] = m->stretches[i];
    }

    /* each is where the next one began */

    for (i = n; i > 0; i--) {
        heads[i] = heads[i - 1];
    }

    heads[0] = 0;
}


/* Returns the index of the table that the literal is in. */

static unsigned
vet_entry_kind(const vet_prefilter_t *pf, const vet_entry_t *e)
{
    unsigned  kind;

    for (kind = 0; kind < VET_WORDS && e->data[0] == ' '; kind++) {
        if (vet_entry_next(e, kind, 0) + vet_kinds[kind].width <= e->len) {
            return kind;
        }
    }

    for (kind = VET_WORDS; kind < VET_TABLES - 1; kind++) {
        if (pf->kinds >> kind & 1
            && e->len >= vet_kinds[kind].width + vet_kinds[kind].step - 1)
        {
            break;
        }
    }

    return kind;
}


/* Returns where a stretch may be, at i or behind it. */

static size_t
vet_entry_next(const vet_entry_t *e, unsigned kind, size_t i)
{
    if (vet_kinds[kind].step != 0) {
        return i;
    }

    for (i = (i == 0) ? 1 : i; i < e->len && e->data[i - 1] != ' '; i++) {
        /* void */
    }

    return i;
}


size_t
vet_prefilter_size(const vet_prefilter_t *pf)
{
    return pf->size;
}
