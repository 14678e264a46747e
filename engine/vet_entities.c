
/*
 * Copyright (C) the moderate authors
 *
 * Character references, as the HTML standard reads them in text: the longest
 * name wins, some need no semicolon, and a number always is a character.
 */


#include <string.h>

#include "vet_rules.h"


typedef struct {
    uint32_t                first;
    uint16_t                second;     /* 0: none */
    uint16_t                name;       /* place in vet_entity_names */
} vet_entity_t;


#include "vet_entities_tables.h"


#define VET_ENTITY_MAX      0x10ffff
#define VET_ENTITY_BAD      0xfffd


static size_t vet_entity_read(const unsigned char *p, size_t len,
    uint32_t *first, uint32_t *second);
static size_t vet_entity_number(const unsigned char *p, size_t len,
    uint32_t *cp);
static uint32_t vet_entity_valid(uint32_t cp);
static int vet_entity_digit(unsigned char c, unsigned base);
static size_t vet_entity_name(const unsigned char *p, size_t len,
    uint32_t *first, uint32_t *second);
static size_t vet_entity_bound(size_t low, size_t high, size_t at, int c);


void
vet_decode_entities(vet_decoding_t *d)
{
    size_t                i, n, from, size;
    uint32_t              first, second;
    unsigned char         buf[2 * VET_UNI_BYTES];
    const unsigned char  *p, *amp;

    p = d->in.data;
    from = 0;
    i = 0;

    while (i < d->in.len && !d->failed) {

        amp = memchr(p + i, '&', d->in.len - i);
        if (amp == NULL) {
            break;
        }

        i = (size_t) (amp - p);
        n = vet_entity_read(amp, d->in.len - i, &first, &second);

        if (n == 0) {
            i++;
            continue;
        }

        vet_decoding_copy(d, from, i);
        from = i + n;

        size = vet_uni_write(first, buf);

        if (second != 0) {
            size += vet_uni_write(second, buf + size);
        }

        vet_decoding_put(d, buf, size, i, from);

        i = from;
    }

    vet_decoding_copy(d, from, d->in.len);
}


/* Returns the length of the reference at p, or 0 when there is none. */

static size_t
vet_entity_read(const unsigned char *p, size_t len, uint32_t *first,
    uint32_t *second)
{
    size_t  n;

    *second = 0;

    if (len > 2 && p[1] == '#') {
        n = vet_entity_number(p + 2, len - 2, first);
        return (n == 0) ? 0 : n + 2;
    }

    n = vet_entity_name(p + 1, len - 1, first, second);

    return (n == 0) ? 0 : n + 1;
}


static size_t
vet_entity_number(const unsigned char *p, size_t len, uint32_t *cp)
{
    int       digit;
    size_t    i, start;
    uint32_t  n;
    unsigned  base;

    start = (p[0] == 'x' || p[0] == 'X');
    base = start ? 16 : 10;
    n = 0;

    for (i = start; i < len; i++) {

        digit = vet_entity_digit(p[i], base);
        if (digit < 0) {
            break;
        }

        /* stays above the maximum however many digits follow */

        if (n <= VET_ENTITY_MAX) {
            n = n * base + (uint32_t) digit;
        }
    }

    if (i == start) {
        return 0;
    }

    *cp = vet_entity_valid(n);

    return i + (i < len && p[i] == ';');
}


static uint32_t
vet_entity_valid(uint32_t cp)
{
    if (cp == 0 || cp > VET_ENTITY_MAX || (cp >= 0xd800 && cp < 0xe000)) {
        return VET_ENTITY_BAD;
    }

    if (cp >= 0x80 && cp < 0xa0) {
        return vet_entity_numbers[cp - 0x80];
    }

    return cp;
}


static int
vet_entity_digit(unsigned char c, unsigned base)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }

    c |= 0x20;

    return (base == 16 && c >= 'a' && c <= 'f') ? c - 'a' + 10 : -1;
}


/*
 * Narrows the names down byte by byte.  The longest name that was passed is
 * the one; no name has a "&" in it, so each byte of a text is looked at once.
 */

static size_t
vet_entity_name(const unsigned char *p, size_t len, uint32_t *first,
    uint32_t *second)
{
    size_t  i, low, high, best;

    low = 0;
    high = VET_ENTITIES_N;
    best = 0;

    for (i = 0; i < len && i < VET_ENTITY_LEN; i++) {

        low = vet_entity_bound(low, high, i, p[i]);
        high = vet_entity_bound(low, high, i, p[i] + 1);

        if (low == high) {
            break;
        }

        /* a name stands before those that it begins */

        if (vet_entities[low + 1].name - vet_entities[low].name
            == (int) i + 1)
        {
            best = i + 1;
            *first = vet_entities[low].first;
            *second = vet_entities[low].second;
        }
    }

    return best;
}


/*
 * Returns the first of the names from low to high, alike up to at, of which
 * the byte there is c or more.  A name that ends there has less.
 */

static size_t
vet_entity_bound(size_t low, size_t high, size_t at, int c)
{
    int                  byte;
    size_t               mid;
    const vet_entity_t  *e;

    while (low < high) {
        mid = low + (high - low) / 2;
        e = &vet_entities[mid];

        byte = ((size_t) (e[1].name - e[0].name) == at)
               ? -1 : (unsigned char) vet_entity_names[e->name + at];

        if (byte < c) {
            low = mid + 1;

        } else {
            high = mid;
        }
    }

    return low;
}
