
/*
 * Copyright (C) the moderate authors
 *
 * UTF-8, as Unicode and WHATWG define it.
 */


#include <string.h>

#include "vet_lanes.h"
#include "vet_parse.h"


/* A block is what is skipped together where all of it is ASCII. */

#define VET_UTF8_BLOCK   64

/* As many bytes before a place tell what has to stand there. */

#define VET_UTF8_BEFORE  3


/*
 * Signed numbers, as these are what every processor compares.  Bytes have the
 * same order when the highest bit of each is turned.
 */

#define VET_UTF8_TURN    ((signed char) -0x80)

#define vet_utf8_turned(byte)  ((signed char) ((byte) - 0x80))


static int vet_utf8_valid(vet_str_t s);
static vet_signed_lanes_t vet_utf8_edge(const unsigned char *pos, size_t before,
    size_t len);
static inline vet_signed_lanes_t vet_utf8_wrong(const unsigned char *pos);
static inline vet_signed_lanes_t vet_utf8_load(const unsigned char *pos);
static inline int vet_utf8_skip(const unsigned char *pos);
static inline int vet_utf8_ascii(const unsigned char *pos, uint64_t all);


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


/* Where it is wrong is looked for only when it is. */

size_t
vet_utf8_check(vet_str_t s)
{
    size_t                n;
    unsigned              valid;
    const unsigned char  *pos, *end;

    if ((s.len < VET_LANES && vet_ascii_check(s)) || vet_utf8_valid(s)) {
        return s.len;
    }

    end = s.data + s.len;

    for (pos = s.data; pos < end; pos += n) {
        n = vet_utf8_step(pos, end, &valid);
        if (!valid) {
            break;
        }
    }

    return (size_t) (pos - s.data);
}


/*
 * Sixteen places at a time, each beside those before it: what kind of byte
 * comes next cannot be predicted in a text that is half ASCII, as Vietnamese
 * is.
 */

static int
vet_utf8_valid(vet_str_t s)
{
    size_t              i;
    vet_signed_lanes_t  wrong;

    if (s.len < VET_LANES) {
        wrong = vet_utf8_edge(s.data, 0, s.len);

    } else {
        wrong = vet_utf8_edge(s.data, 0, VET_LANES);
        i = VET_LANES;

        while (s.len - i >= VET_UTF8_BLOCK) {

            if (!vet_utf8_skip(s.data + i)) {
                wrong |= vet_utf8_wrong(s.data + i)
                         | vet_utf8_wrong(s.data + i + VET_LANES)
                         | vet_utf8_wrong(s.data + i + VET_LANES * 2)
                         | vet_utf8_wrong(s.data + i + VET_LANES * 3);
            }

            i += VET_UTF8_BLOCK;
        }

        for ( /* void */ ; s.len - i >= VET_LANES; i += VET_LANES) {
            wrong |= vet_utf8_wrong(s.data + i);
        }

        wrong |= vet_utf8_edge(s.data + i, VET_UTF8_BEFORE, s.len - i);
    }

    return vet_lanes_bits((vet_lanes_t) (wrong != 0)) == 0;
}


/*
 * The same at the beginning, where nothing is before, and for what is left at
 * the end: a character that is cut off there has a NUL in the wrong place.
 */

static vet_signed_lanes_t
vet_utf8_edge(const unsigned char *pos, size_t before, size_t len)
{
    unsigned char  edge[VET_UTF8_BEFORE + VET_LANES];

    memset(edge, 0, sizeof(edge));
    memcpy(edge + VET_UTF8_BEFORE - before, pos - before, before + len);

    return vet_utf8_wrong(edge + VET_UTF8_BEFORE);
}


/*
 * Gives what is not 0 for each of the sixteen bytes that cannot stand where it
 * does.  There are overlong forms behind 0xe0 and 0xf0, surrogates behind
 * 0xed, and what is above U+10FFFF behind 0xf4.
 */

static inline vet_signed_lanes_t
vet_utf8_wrong(const unsigned char *pos)
{
    vet_signed_lanes_t  byte, one, two, three, due, wrong;

    byte = vet_utf8_load(pos);
    one = vet_utf8_load(pos - 1);
    two = vet_utf8_load(pos - 2);
    three = vet_utf8_load(pos - 3);

    due = (one >= vet_utf8_turned(0xc0))
          | (two >= vet_utf8_turned(0xe0))
          | (three >= vet_utf8_turned(0xf0));

    /* 0x80-0xbf are the least numbers when they are not turned */

    wrong = due ^ ((byte ^ VET_UTF8_TURN) < (signed char) 0xc0);

    wrong |= ((byte & ~1) == vet_utf8_turned(0xc0))
             | (byte >= vet_utf8_turned(0xf5));

    wrong |= ((one == vet_utf8_turned(0xe0)) & (byte < vet_utf8_turned(0xa0)))
             | ((one == vet_utf8_turned(0xed))
                & (byte >= vet_utf8_turned(0xa0)))
             | ((one == vet_utf8_turned(0xf0))
                & (byte < vet_utf8_turned(0x90)))
             | ((one == vet_utf8_turned(0xf4))
                & (byte >= vet_utf8_turned(0x90)));

    return wrong;
}


static inline vet_signed_lanes_t
vet_utf8_load(const unsigned char *pos)
{
    return (vet_signed_lanes_t) vet_lanes_load(pos) ^ VET_UTF8_TURN;
}


/*
 * Tells whether a block and what is before it are ASCII.  One condition for
 * all of it, as more of them are more that is not predicted.
 */

static inline int
vet_utf8_skip(const unsigned char *pos)
{
    uint64_t  before;

    memcpy(&before, pos - sizeof(before), sizeof(before));

    return vet_utf8_ascii(pos, before);
}


int
vet_ascii_check(vet_str_t s)
{
    size_t         i;
    unsigned char  all;

    for (i = 0; s.len - i >= VET_UTF8_BLOCK; i += VET_UTF8_BLOCK) {
        if (!vet_utf8_ascii(s.data + i, 0)) {
            return 0;
        }
    }

    for (all = 0; i < s.len; i++) {
        all |= s.data[i];
    }

    return (all & 0x80) == 0;
}


/* The same for a block, together with eight bytes more. */

static inline int
vet_utf8_ascii(const unsigned char *pos, uint64_t all)
{
    size_t       i;
    vet_lanes_t  block;

    block = vet_lanes_load(pos);

    for (i = VET_LANES; i < VET_UTF8_BLOCK; i += VET_LANES) {
        block |= vet_lanes_load(pos + i);
    }

    return (vet_lanes_bits(block) | (all & 0x8080808080808080u)) == 0;
}
