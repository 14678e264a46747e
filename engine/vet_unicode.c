
/*
 * Copyright (C) the moderate authors
 *
 * Code points: reading and writing them, and what views make of them.
 */


#include "vet_joiner.h"
#include "vet_letters.h"
#include "vet_unicode_tables.h"


#define VET_UNI_BLOCK       128      /* as in tools/gen-unicode.py */

#define VET_HANGUL_L        0x1100
#define VET_HANGUL_V        0x1161
#define VET_HANGUL_T        0x11a7
#define VET_HANGUL_S        0xac00
#define VET_HANGUL_LN       19
#define VET_HANGUL_VN       21
#define VET_HANGUL_TN       28
#define VET_HANGUL_SN       (VET_HANGUL_LN * VET_HANGUL_VN * VET_HANGUL_TN)


static uint32_t vet_uni_hangul(uint32_t first, uint32_t second);


const vet_uni_t *
vet_uni(uint32_t cp)
{
    size_t  leaf;

    leaf = (size_t) vet_uni_index[cp / VET_UNI_BLOCK] * VET_UNI_BLOCK;

    return &vet_uni_records[vet_uni_leaf[leaf + cp % VET_UNI_BLOCK]];
}


size_t
vet_uni_read(const unsigned char *p, size_t len, uint32_t *cp)
{
    size_t    n, i;
    uint32_t  c, min;

    c = p[0];
    *cp = c;

    if (c < 0x80) {
        return 1;
    }

    if (c >= 0xc2 && c < 0xe0) {
        n = 2;
        min = 0x80;
        c &= 0x1f;

    } else if (c >= 0xe0 && c < 0xf0) {
        n = 3;
        min = 0x800;
        c &= 0x0f;

    } else if (c >= 0xf0 && c < 0xf5) {
        n = 4;
        min = 0x10000;
        c &= 0x07;

    } else {
        return 1;
    }

    if (len < n) {
        return 1;
    }

    for (i = 1; i < n; i++) {
        if ((p[i] & 0xc0) != 0x80) {
            return 1;
        }

        c = c << 6 | (p[i] & 0x3f);
    }

    if (c < min || c > 0x10ffff || (c >= 0xd800 && c < 0xe000)) {
        return 1;
    }

    *cp = c;

    return n;
}


size_t
vet_uni_write(uint32_t cp, unsigned char *p)
{
    if (cp < 0x80) {
        p[0] = (unsigned char) cp;
        return 1;
    }

    if (cp < 0x800) {
        p[0] = (unsigned char) (0xc0 | cp >> 6);
        p[1] = (unsigned char) (0x80 | (cp & 0x3f));
        return 2;
    }

    if (cp < 0x10000) {
        p[0] = (unsigned char) (0xe0 | cp >> 12);
        p[1] = (unsigned char) (0x80 | (cp >> 6 & 0x3f));
        p[2] = (unsigned char) (0x80 | (cp & 0x3f));
        return 3;
    }

    p[0] = (unsigned char) (0xf0 | cp >> 18);
    p[1] = (unsigned char) (0x80 | (cp >> 12 & 0x3f));
    p[2] = (unsigned char) (0x80 | (cp >> 6 & 0x3f));
    p[3] = (unsigned char) (0x80 | (cp & 0x3f));

    return 4;
}


uint32_t
vet_uni_join(uint32_t first, uint32_t second)
{
    size_t                 low, high, mid;
    const vet_uni_pair_t  *pair;

    if (first >= VET_HANGUL_L && second >= VET_HANGUL_V && second < 0x1200) {
        return vet_uni_hangul(first, second);
    }

    low = 0;
    high = sizeof(vet_uni_pairs) / sizeof(vet_uni_pairs[0]);

    while (low < high) {
        mid = low + (high - low) / 2;
        pair = &vet_uni_pairs[mid];

        if (pair->first == first && pair->second == second) {
            return pair->joined;
        }

        if (pair->first < first
            || (pair->first == first && pair->second < second))
        {
            low = mid + 1;

        } else {
            high = mid;
        }
    }

    return 0;
}


/* The Unicode Standard, section 3.12: syllables are computed, not listed. */

static uint32_t
vet_uni_hangul(uint32_t first, uint32_t second)
{
    uint32_t  l, v, s, t;

    l = first - VET_HANGUL_L;
    v = second - VET_HANGUL_V;

    if (l < VET_HANGUL_LN && v < VET_HANGUL_VN) {
        return VET_HANGUL_S + (l * VET_HANGUL_VN + v) * VET_HANGUL_TN;
    }

    s = first - VET_HANGUL_S;
    t = second - VET_HANGUL_T;

    if (first >= VET_HANGUL_S && s < VET_HANGUL_SN && s % VET_HANGUL_TN == 0
        && second > VET_HANGUL_T && t < VET_HANGUL_TN)
    {
        return first + t;
    }

    return 0;
}


const uint32_t *
vet_uni_map(uint32_t cp, const vet_uni_t *u, int folded, uint32_t *own,
    size_t *n)
{
    if (u->flags & VET_UNI_REMOVE || (folded && u->flags & VET_UNI_DROP)) {
        *n = 0;
        return own;
    }

    if (folded && u->fold_len != 0) {
        *n = u->fold_len;
        return &vet_uni_pool[u->fold];
    }

    if (u->text_len != 0) {
        *n = u->text_len;
        return &vet_uni_pool[u->text];
    }

    *own = cp;
    *n = 1;

    return own;
}


int
vet_uni_single(uint32_t cp, const vet_uni_t *u, int folded, uint32_t *single)
{
    if (folded && u->fold_len != 0) {
        *single = vet_uni_pool[u->fold];
        return (u->fold_len == 1) ? VET_OK : VET_DECLINED;
    }

    if (u->text_len <= 1) {
        *single = (u->text_len == 0) ? cp : vet_uni_pool[u->text];
        return VET_OK;
    }

    *single = vet_uni_pool[u->quick];

    return (u->quick != 0) ? VET_OK : VET_DECLINED;
}


unsigned
vet_uni_joins(uint32_t cp)
{
    size_t                  low, high, mid;
    const vet_uni_range_t  *range;

    low = 0;
    high = sizeof(vet_uni_ranges) / sizeof(vet_uni_ranges[0]);

    while (low < high) {
        mid = low + (high - low) / 2;
        range = &vet_uni_ranges[mid];

        if (cp < range->first) {
            high = mid;

        } else if (cp > range->last) {
            low = mid + 1;

        } else {
            return range->flags;
        }
    }

    return 0;
}
