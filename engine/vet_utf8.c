
/*
 * Copyright (C) the moderate authors
 *
 * UTF-8, as Unicode and WHATWG define it.
 */


#include <string.h>

#include "vet_parse.h"


/* A block is longer than what is without accents in a Vietnamese text. */

#define VET_UTF8_BLOCK  32


/*
 * A state machine whose states are bit offsets: a row has, for one kind of
 * byte, the next state of each state, six bits for each.  So a byte costs a
 * load and a shift whatever it is, and text that is half ASCII, as Vietnamese
 * is, costs no mispredicted branches.
 */

enum {
    VET_UTF8_START = 0,
    VET_UTF8_WRONG = 6,
    VET_UTF8_ONE = 12,      /* one byte more of 0x80-0xbf */
    VET_UTF8_TWO = 18,
    VET_UTF8_THREE = 24,
    VET_UTF8_E0 = 30,       /* behind this byte: no overlong forms, */
    VET_UTF8_ED = 36,       /* no surrogates */
    VET_UTF8_F0 = 42,
    VET_UTF8_F4 = 48        /* and nothing above U+10FFFF */
};

#define VET_UTF8_ROW(start, one, two, three, e0, ed, f0, f4)                 \
    ((uint64_t) VET_UTF8_##start << VET_UTF8_START                           \
     | (uint64_t) VET_UTF8_WRONG << VET_UTF8_WRONG                           \
     | (uint64_t) VET_UTF8_##one << VET_UTF8_ONE                             \
     | (uint64_t) VET_UTF8_##two << VET_UTF8_TWO                             \
     | (uint64_t) VET_UTF8_##three << VET_UTF8_THREE                         \
     | (uint64_t) VET_UTF8_##e0 << VET_UTF8_E0                               \
     | (uint64_t) VET_UTF8_##ed << VET_UTF8_ED                               \
     | (uint64_t) VET_UTF8_##f0 << VET_UTF8_F0                               \
     | (uint64_t) VET_UTF8_##f4 << VET_UTF8_F4)

#define VET_UTF8_LEAD(next)                                                  \
    VET_UTF8_ROW(next, WRONG, WRONG, WRONG, WRONG, WRONG, WRONG, WRONG)

static const uint64_t  vet_utf8_rows[256] = {
    [0x00 ... 0x7f] = VET_UTF8_LEAD(START),
    [0x80 ... 0x8f] = VET_UTF8_ROW(WRONG, START, ONE, TWO, WRONG, ONE, WRONG,
                                   TWO),
    [0x90 ... 0x9f] = VET_UTF8_ROW(WRONG, START, ONE, TWO, WRONG, ONE, TWO,
                                   WRONG),
    [0xa0 ... 0xbf] = VET_UTF8_ROW(WRONG, START, ONE, TWO, ONE, WRONG, TWO,
                                   WRONG),
    [0xc0 ... 0xc1] = VET_UTF8_LEAD(WRONG),
    [0xc2 ... 0xdf] = VET_UTF8_LEAD(ONE),
    [0xe0]          = VET_UTF8_LEAD(E0),
    [0xe1 ... 0xec] = VET_UTF8_LEAD(TWO),
    [0xed]          = VET_UTF8_LEAD(ED),
    [0xee ... 0xef] = VET_UTF8_LEAD(TWO),
    [0xf0]          = VET_UTF8_LEAD(F0),
    [0xf1 ... 0xf3] = VET_UTF8_LEAD(THREE),
    [0xf4]          = VET_UTF8_LEAD(F4),
    [0xf5 ... 0xff] = VET_UTF8_LEAD(WRONG),
};


static int vet_utf8_ascii(const unsigned char *pos);


size_t
vet_utf8_step(const unsigned char *pos, const unsigned char *end,
    unsigned *valid)
{
    size_t         i, n;
    unsigned char  c, low, high;

    c = *pos;
    *valid = (c < 0x80);

    if (c < 0xc2 || c > 0xf4) {
        return 1;
    }

    /* no overlong forms, no surrogates, nothing above U+10FFFF */

    n = (c < 0xe0) ? 2 : (c < 0xf0) ? 3 : 4;
    low = (c == 0xe0) ? 0xa0 : (c == 0xf0) ? 0x90 : 0x80;
    high = (c == 0xed) ? 0x9f : (c == 0xf4) ? 0x8f : 0xbf;

    for (i = 1; i < n; i++) {

        if ((size_t) (end - pos) == i || pos[i] < low || pos[i] > high) {
            return i;
        }

        low = 0x80;
        high = 0xbf;
    }

    *valid = 1;

    return n;
}


/*
 * A wrong state stays; only then it is looked for where it became so.  The two
 * halves are read side by side: each waits for its own last step only.
 */

size_t
vet_utf8_check(vet_str_t s)
{
    size_t                n;
    uint64_t              first, second;
    unsigned              valid;
    const unsigned char  *one, *two, *middle, *end;

    one = s.data;
    end = one + s.len;
    middle = one + s.len / 2;

    while (middle < end && (*middle & 0xc0) == 0x80) {
        middle++;
    }

    two = middle;
    first = VET_UTF8_START;
    second = VET_UTF8_START;

    while (middle - one >= VET_UTF8_BLOCK && end - two >= VET_UTF8_BLOCK) {

        if (((first | second) & 63) == VET_UTF8_START
            && vet_utf8_ascii(one) && vet_utf8_ascii(two))
        {
            one += VET_UTF8_BLOCK;
            two += VET_UTF8_BLOCK;
            continue;
        }

        for (n = 0; n < VET_UTF8_BLOCK; n++) {
            first = vet_utf8_rows[*one++] >> (first & 63);
            second = vet_utf8_rows[*two++] >> (second & 63);
        }
    }

    while (one < middle) {
        first = vet_utf8_rows[*one++] >> (first & 63);
    }

    while (two < end) {
        second = vet_utf8_rows[*two++] >> (second & 63);
    }

    if (((first | second) & 63) == VET_UTF8_START) {
        return s.len;
    }

    one = s.data;

    for ( ;; ) {
        n = vet_utf8_step(one, end, &valid);
        if (!valid) {
            return (size_t) (one - s.data);
        }

        one += n;
    }
}


int
vet_ascii_check(vet_str_t s)
{
    size_t         i;
    unsigned char  all;

    for (i = 0; s.len - i >= VET_UTF8_BLOCK; i += VET_UTF8_BLOCK) {
        if (!vet_utf8_ascii(s.data + i)) {
            return 0;
        }
    }

    for (all = 0; i < s.len; i++) {
        all |= s.data[i];
    }

    return (all & 0x80) == 0;
}


/* Tells whether the next VET_UTF8_BLOCK bytes are all ASCII. */

static int
vet_utf8_ascii(const unsigned char *pos)
{
    size_t    i;
    uint64_t  all, eight;

    all = 0;

    for (i = 0; i < VET_UTF8_BLOCK; i += 8) {
        memcpy(&eight, pos + i, 8);
        all |= eight;
    }

    return (all & 0x8080808080808080u) == 0;
}
