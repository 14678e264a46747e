
/*
 * Copyright (C) the moderate authors
 *
 * The filter of a table of stretches, asked for eight places of a text at
 * once, where the processor can load from eight addresses in one instruction.
 * What it does is what vet_scan_skip does one by one.
 */


#include "vet_stretch.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif


#if defined(__x86_64__)

#define VET_AVX2         __attribute__((target("avx2")))
#define VET_WIDE_PLACES  8      /* of one look, four bytes apart */

/* bytes of a step, and those of stretches that begin in it */

#define VET_WIDE_BYTES   (4 * VET_WIDE_PLACES + 8)


static size_t vet_scan_avx2(const vet_table_t *table, const vet_kind_t *kind,
    vet_str_t text, size_t i, uint32_t *places, size_t *n) VET_AVX2;
static size_t vet_scan_avx2_words(const vet_table_t *table, size_t width,
    vet_str_t text, const uint32_t *words, size_t all, uint32_t *places,
    size_t *n) VET_AVX2;
static inline unsigned vet_scan_look(const vet_table_t *table, __m256i low,
    __m256i high, size_t width) VET_AVX2 VET_INLINE;


size_t
vet_scan_wide(const vet_table_t *table, const vet_kind_t *kind,
    vet_str_t text, size_t i, uint32_t *places, size_t *n)
{
    return __builtin_cpu_supports("avx2")
           ? vet_scan_avx2(table, kind, text, i, places, n) : i;
}


static size_t
vet_scan_avx2(const vet_table_t *table, const vet_kind_t *kind,
    vet_str_t text, size_t i, uint32_t *places, size_t *n)
{
    size_t                found, k;
    __m256i               low, high;
    unsigned              bits;
    const unsigned char  *p;

    found = *n;

    while (text.len - i >= VET_WIDE_BYTES
           && found <= VET_SCAN_PLACES - VET_SCAN_WIDE)
    {
        for (k = i; k < i + 4; k += kind->step) {
            p = text.data + k;
            low = _mm256_loadu_si256((const __m256i *) p);
            high = _mm256_loadu_si256((const __m256i *) (p + 4));
            bits = vet_scan_look(table, low, high, kind->width);

            for ( /* void */ ; bits != 0; bits &= bits - 1) {
                places[found++] = (uint32_t) (k + 4 * (size_t)
                                                  __builtin_ctz(bits));
            }
        }

        i += 4 * VET_WIDE_PLACES;
    }

    *n = found;

    return i;
}


size_t
vet_scan_wide_words(const vet_table_t *table, size_t width, vet_str_t text,
    const uint32_t *words, size_t all, uint32_t *places, size_t *n)
{
    return __builtin_cpu_supports("avx2")
           ? vet_scan_avx2_words(table, width, text, words, all, places, n)
           : 0;
}


static size_t
vet_scan_avx2_words(const vet_table_t *table, size_t width, vet_str_t text,
    const uint32_t *words, size_t all, uint32_t *places, size_t *n)
{
    size_t    i, found;
    __m256i   low, high, at;
    unsigned  bits;

    found = *n;
    high = _mm256_setzero_si256();

    for (i = 0;
         all - i >= VET_WIDE_PLACES
         && words[i + VET_WIDE_PLACES - 1] + 8 <= text.len;
         i += VET_WIDE_PLACES)
    {
        at = _mm256_loadu_si256((const __m256i *) (words + i));
        low = _mm256_i32gather_epi32((const int *) text.data, at, 1);

        if (width == 8) {
            high = _mm256_i32gather_epi32((const int *) (text.data + 4), at,
                                          1);
        }

        bits = vet_scan_look(table, low, high, width);

        for ( /* void */ ; bits != 0; bits &= bits - 1) {
            places[found++] = words[i + (size_t) __builtin_ctz(bits)];
        }
    }

    *n = found;

    return i;
}


/*
 * Gives a bit for each of eight places, the first one lowest, of the four bytes
 * at them and the four behind these.  Products and shifts are those of
 * vet_stretch_hash and vet_scan_may.
 */

static inline unsigned
vet_scan_look(const vet_table_t *table, __m256i low, __m256i high,
    size_t width)
{
    __m256i  hash, slot, bits, small;

    small = _mm256_set1_epi32(0x20202020);
    low = _mm256_or_si256(low, small);

    if (width < 4) {
        low = _mm256_and_si256(low, _mm256_set1_epi32((1 << 8 * width) - 1));
    }

    hash = _mm256_mullo_epi32(low, _mm256_set1_epi32((int) VET_STRETCH_LOW));

    if (width == 8) {
        high = _mm256_mullo_epi32(_mm256_or_si256(high, small),
                                  _mm256_set1_epi32((int) VET_STRETCH_HIGH));
        hash = _mm256_add_epi32(hash, high);
    }

    slot = _mm256_srl_epi32(hash, _mm_cvtsi32_si128((int) (32 - table->bits)));

    bits = _mm256_i32gather_epi32((const int *) table->filter,
                                  _mm256_srli_epi32(slot, VET_FILTER_WORD), 4);

    /* the lowest five bits of each are how far it is to be shifted */

    small = _mm256_set1_epi32(31);
    hash = _mm256_srli_epi32(hash, VET_STRETCH_OTHER);

    bits = _mm256_and_si256(
               _mm256_srlv_epi32(bits, _mm256_and_si256(slot, small)),
               _mm256_srlv_epi32(bits, _mm256_and_si256(hash, small)));

    return (unsigned) _mm256_movemask_ps(
                          _mm256_castsi256_ps(_mm256_slli_epi32(bits, 31)));
}

#else

size_t
vet_scan_wide(const vet_table_t *table, const vet_kind_t *kind,
    vet_str_t text, size_t i, uint32_t *places, size_t *n)
{
    (void) table;
    (void) kind;
    (void) text;
    (void) places;
    (void) n;

    return i;
}


size_t
vet_scan_wide_words(const vet_table_t *table, size_t width, vet_str_t text,
    const uint32_t *words, size_t all, uint32_t *places, size_t *n)
{
    (void) table;
    (void) width;
    (void) text;
    (void) words;
    (void) all;
    (void) places;
    (void) n;

    return 0;
}

#endif
