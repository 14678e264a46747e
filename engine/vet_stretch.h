
/*
 * Copyright (C) the moderate authors
 *
 * Stretches of literals: what the two files of the prefilter share.
 */


#ifndef VET_STRETCH_H_INCLUDED
#define VET_STRETCH_H_INCLUDED


#include <string.h>

#include "vet_prefilter.h"


#define VET_WORDS           3       /* tables of stretches behind a SPACE */
#define VET_TABLES          11

#define VET_FILTER_HEADS    4       /* log2 of the bits for each head */
#define VET_FILTER_WORD     5       /* and of those of a word */

/* where a stretch is in a filter: its slot, and a bit of the same word */

#define VET_STRETCH_LOW     0x9e3779b1U
#define VET_STRETCH_HIGH    0x85ebca77U
#define VET_STRETCH_OTHER   8

#define VET_SCAN_PLACES     64      /* of a text that are noted at once */
#define VET_SCAN_WIDE       32      /* and at most so many in one step */

/* with a width that is a constant a scan takes a third of the time */

#define VET_INLINE          __attribute__((always_inline))


/* What there is of a literal tells nearly always that it is another one. */

typedef struct {
    uint32_t                tag:24;     /* of the hash */
    uint32_t                len:8;      /* of the literal, at most 255 */
    uint32_t                last;       /* four bytes up to there */
    uint32_t                literal:24;
    uint32_t                before:8;   /* bytes of it before the stretch */
} vet_stretch_t;

/* The literals whose stretches are of one kind. */

typedef struct {
    uint32_t               *filter;     /* two bits of one word each */
    uint32_t               *heads;      /* by hash: the first of those with */
    vet_stretch_t          *stretches;  /* it, up to the first of the next */
    size_t                  n;
    unsigned                bits;       /* log2 of the filter's bits */
} vet_table_t;

/* A literal and what it stands for: ids from that index to the next one's. */

typedef struct {
    const unsigned char    *data;
    uint32_t                len;
    uint32_t                ids;
} vet_entry_t;

struct vet_prefilter_s {
    vet_pool_t             *pool;
    vet_table_t             tables[VET_TABLES];
    unsigned                kinds;      /* bits: those of the tables */
    int                     words;      /* one of those behind a SPACE */
    vet_entry_t            *entries;    /* one more at the end */
    size_t                  n;
    uint32_t               *ids;
    unsigned char          *bytes;
    size_t                  size;
};

/*
 * What stretches are of, and which places of a text are looked at for them.
 * There is one kind for each table.
 */

typedef struct {
    size_t                  width;      /* bytes */
    size_t                  step;       /* 0: places behind a SPACE */
} vet_kind_t;

extern const vet_kind_t  vet_kinds[VET_TABLES];


/*
 * Reads a stretch, ASCII in lower case.  Each width has a type of its own:
 * parts of one that is larger are written and read back by some compilers.
 */

static inline VET_INLINE uint64_t
vet_stretch(const unsigned char *p, size_t width)
{
    uint16_t  two;
    uint32_t  four;
    uint64_t  eight;

    switch (width) {

    case 8:
        memcpy(&eight, p, 8);
        return eight | 0x2020202020202020ULL;

    case 4:
        memcpy(&four, p, 4);
        return four | 0x20202020U;

    case 3:
        memcpy(&two, p, 2);
        return (two | 0x2020U) | (uint64_t) (p[2] | 0x20U) << 16;

    case 2:
        memcpy(&two, p, 2);
        return two | 0x2020U;

    default:
        return *p | 0x20U;
    }
}


/* Two products of half as many bits are made for several at once. */

static inline VET_INLINE uint32_t
vet_stretch_hash(uint64_t stretch)
{
    return (uint32_t) stretch * VET_STRETCH_LOW
           + (uint32_t) (stretch >> 32) * VET_STRETCH_HIGH;
}


/* Tells one stretch from others with the same hash. */

static inline VET_INLINE uint32_t
vet_stretch_tag(uint64_t stretch)
{
    return (uint32_t) (stretch * 0x9e3779b97f4a7c15ULL >> 40);
}


static inline VET_INLINE size_t
vet_stretch_slot(const vet_table_t *table, uint32_t hash)
{
    return hash >> (32 - table->bits);
}


static inline VET_INLINE uint32_t
vet_stretch_bits(size_t slot, uint32_t hash)
{
    return (uint32_t) 1 << (slot & 31)
           | (uint32_t) 1 << (hash >> VET_STRETCH_OTHER & 31);
}


/* Gives the last four of so many bytes, in lower case, or all there are. */

static inline VET_INLINE uint32_t
vet_stretch_last(const unsigned char *p, size_t len)
{
    switch (len) {

    case 1:
        return (uint32_t) vet_stretch(p, 1);

    case 2:
        return (uint32_t) vet_stretch(p, 2);

    case 3:
        return (uint32_t) vet_stretch(p, 3);

    default:
        return (uint32_t) vet_stretch(p + len - 4, 4);
    }
}


/*
 * vet_scan_wide.c: notes the places from i on, a step apart, that may have a
 * stretch of so many bytes, for several at once.  Returns where it has ended:
 * as it is near the end of the text, as there is no room for more places, or
 * at once, as the processor has no such instructions.
 */
size_t vet_scan_wide(const vet_table_t *table, const vet_kind_t *kind,
    vet_str_t text, size_t i, uint32_t *places, size_t *n);

/*
 * The same with all places given, in order.  Returns how many of them were
 * looked at, up to one near the end of the text.
 */
size_t vet_scan_wide_words(const vet_table_t *table, size_t width,
    vet_str_t text, const uint32_t *words, size_t all, uint32_t *places,
    size_t *n);


#endif /* VET_STRETCH_H_INCLUDED */
