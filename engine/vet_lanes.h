
/*
 * Copyright (C) the moderate authors
 *
 * Sixteen bytes at a time, as the compiler has them for any processor.
 */


#ifndef VET_LANES_H_INCLUDED
#define VET_LANES_H_INCLUDED


#include <endian.h>
#include <stdint.h>
#include <string.h>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif


#define VET_LANES           16

typedef unsigned char  vet_lanes_t __attribute__((vector_size(VET_LANES)));
typedef signed char  vet_signed_lanes_t __attribute__((vector_size(VET_LANES)));


static inline vet_lanes_t
vet_lanes_load(const unsigned char *pos)
{
    vet_lanes_t  lanes;

    memcpy(&lanes, pos, sizeof(lanes));

    return lanes;
}


/*
 * Gives the highest bit of each byte, that of the first one lowest.  The
 * product has the bits of eight bytes in its highest byte.
 */

static inline unsigned
vet_lanes_gather(vet_lanes_t lanes)
{
    uint64_t  eight[2];

    lanes >>= 7;
    memcpy(eight, &lanes, sizeof(eight));

    eight[0] = le64toh(eight[0]) * 0x0102040810204080u;
    eight[1] = le64toh(eight[1]) * 0x0102040810204080u;

    return (unsigned) (eight[0] >> 56 | (eight[1] >> 56) << 8);
}


/* The same, in one step where the processor has one. */

static inline unsigned
vet_lanes_bits(vet_lanes_t lanes)
{
#if defined(__SSE2__)
    return (unsigned) _mm_movemask_epi8((__m128i) lanes);
#else
    return vet_lanes_gather(lanes);
#endif
}


/* Tells where ASCII letters and digits are, with all bits of their bytes. */

static inline vet_lanes_t
vet_lanes_words(vet_lanes_t c)
{
    return (vet_lanes_t) (((c | 0x20) - 'a' < 26) | (c - '0' < 10));
}


#endif /* VET_LANES_H_INCLUDED */
