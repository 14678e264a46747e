
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
#define VET_STRETCH_TAG(h)  ((uint32_t) ((h) >> 16 & 0xffffff))
#define VET_STRETCH_BIT(h)  ((h) >> 8 & 63)     /* in the same word */

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
    uint64_t               *filter;     /* two bits of one word each */
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


static inline VET_INLINE uint64_t
vet_stretch_hash(uint64_t stretch)
{
    return stretch * 0x9e3779b97f4a7c15ULL;
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


#endif /* VET_STRETCH_H_INCLUDED */
