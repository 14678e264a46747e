
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


/*
 * Names that were found: an editor writes a few dozen of them over and over,
 * and the steps of a search cannot be predicted.
 */

#define VET_ENTITY_BITS     6
#define VET_ENTITY_SEEN     (1 << VET_ENTITY_BITS)
#define VET_ENTITY_KEY      9       /* bytes of the longest one, with ";" */

typedef struct {
    uint64_t                key[VET_ENTITY_SEEN];       /* 0: none */
    const vet_entity_t     *entity[VET_ENTITY_SEEN];
} vet_entity_seen_t;


#define VET_ENTITY_MAX      0x10ffff
#define VET_ENTITY_BAD      0xfffd


static size_t vet_entity_read(vet_entity_seen_t *seen,
    const unsigned char *p, size_t len, uint32_t *first, uint32_t *second);
static size_t vet_entity_number(const unsigned char *p, size_t len,
    uint32_t *cp);
static uint32_t vet_entity_valid(uint32_t cp);
static int vet_entity_digit(unsigned char c, unsigned base);
static size_t vet_entity_name(vet_entity_seen_t *seen,
    const unsigned char *p, size_t len, uint32_t *first, uint32_t *second);
static const vet_entity_t *vet_entity_recall(vet_entity_seen_t *seen,
    uint64_t key, const unsigned char *p, size_t len);
static const vet_entity_t *vet_entity_find(const unsigned char *p, size_t len);
static inline int vet_entity_order(const vet_entity_t *e,
    const unsigned char *p, size_t len);


/* what names are made of */

static const unsigned char  vet_entity_letters[256] = {
    ['0' ... '9'] = 1, ['A' ... 'Z'] = 1, ['a' ... 'z'] = 1
};


void
vet_decode_entities(vet_decoding_t *d)
{
    size_t                i, n, from, size;
    uint32_t              first, second;
    unsigned char         buf[2 * VET_UNI_BYTES];
    vet_entity_seen_t     seen;
    const unsigned char  *p, *amp;

    memset(seen.key, 0, sizeof(seen.key));

    p = d->in.data;
    from = 0;
    i = 0;

    while (i < d->in.len && !d->failed) {

        amp = memchr(p + i, '&', d->in.len - i);
        if (amp == NULL) {
            break;
        }

        i = (size_t) (amp - p);
        n = vet_entity_read(&seen, amp, d->in.len - i, &first, &second);

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
vet_entity_read(vet_entity_seen_t *seen, const unsigned char *p, size_t len,
    uint32_t *first, uint32_t *second)
{
    size_t  n;

    *second = 0;

    if (len > 2 && p[1] == '#') {
        n = vet_entity_number(p + 2, len - 2, first);
        return (n == 0) ? 0 : n + 2;
    }

    n = vet_entity_name(seen, p + 1, len - 1, first, second);

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
 * Names are letters and digits, and of those that need no semicolon none is
 * longer than VET_ENTITY_SHORT: the whole of it is looked for, and then, from
 * the longest on, what may begin it.
 */

static size_t
vet_entity_name(vet_entity_seen_t *seen, const unsigned char *p, size_t len,
    uint32_t *first, uint32_t *second)
{
    size_t               n;
    uint64_t             key;
    const vet_entity_t  *e;

    key = 0;

    for (n = 0; n < len && n < VET_ENTITY_LEN - 1; n++) {
        if (!vet_entity_letters[p[n]]) {
            break;
        }

        key = key << 8 | p[n];
    }

    if (n != 0 && n < len && p[n] == ';') {
        e = (n < VET_ENTITY_KEY) ? vet_entity_recall(seen, key, p, n + 1)
                                 : vet_entity_find(p, n + 1);

        if (e != NULL) {
            *first = e->first;
            *second = e->second;
            return n + 1;
        }
    }

    for (n = (n < VET_ENTITY_SHORT) ? n : VET_ENTITY_SHORT; n > 1; n--) {
        e = vet_entity_find(p, n);

        if (e != NULL) {
            *first = e->first;
            *second = e->second;
            return n;
        }
    }

    return 0;
}


/* Finds a name of which the key, never 0, is all before the semicolon. */

static const vet_entity_t *
vet_entity_recall(vet_entity_seen_t *seen, uint64_t key,
    const unsigned char *p, size_t len)
{
    size_t               i;
    const vet_entity_t  *e;

    /* the highest bits of the product depend on all of the key */

    i = (size_t) ((key * 0x9e3779b97f4a7c15u) >> (64 - VET_ENTITY_BITS));

    if (seen->key[i] == key) {
        return seen->entity[i];
    }

    /* of two with the same place one is beside it */

    if (seen->key[i] != 0) {
        i ^= 1;

        if (seen->key[i] == key) {
            return seen->entity[i];
        }
    }

    e = vet_entity_find(p, len);

    if (e != NULL) {
        seen->key[i] = key;
        seen->entity[i] = e;
    }

    return e;
}


static const vet_entity_t *
vet_entity_find(const unsigned char *p, size_t len)
{
    int                  order;
    size_t               low, high, mid;
    const vet_entity_t  *e;

    if (p[0] < 'A') {
        return NULL;
    }

    /* where the names with this first letter begin, and the next ones */

    low = vet_entity_index[p[0] - 'A'];
    high = vet_entity_index[p[0] - 'A' + 1];

    while (low < high) {
        mid = low + (high - low) / 2;
        e = &vet_entities[mid];
        order = vet_entity_order(e, p, len);

        if (order == 0) {
            return e;
        }

        if (order < 0) {
            low = mid + 1;

        } else {
            high = mid;
        }
    }

    return NULL;
}


/*
 * Tells whether the name of the entity is before p, behind it or the same.
 * The first bytes are, and one of the next few mostly is another one.
 */

static inline int
vet_entity_order(const vet_entity_t *e, const unsigned char *p, size_t len)
{
    size_t                i, n;
    const unsigned char  *name;

    name = (const unsigned char *) vet_entity_names + e->name;
    n = (size_t) (e[1].name - e[0].name);

    for (i = 1; i < n && i < len; i++) {
        if (name[i] != p[i]) {
            return (int) name[i] - (int) p[i];
        }
    }

    return (n < len) ? -1 : (n > len);
}
