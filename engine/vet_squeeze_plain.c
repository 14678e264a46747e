
/*
 * Copyright (C) the moderate authors
 *
 * The squeezed view of ordinary text, without the way back to it.
 *
 * In nearly all that people write no word is spelled out and no digit stands
 * for a letter: what is squeezed there are separators, double letters, numbers,
 * and links.  That is known of a line of bytes at once, and as nearly all of
 * those texts have nothing that a rule looks for, nobody needs to know where in
 * the text it would be.  Whatever is not ordinary is left to vet_squeeze.c,
 * which would make the same of what is.
 */


#include "vet_lanes.h"
#include "vet_piece.h"
#include "vet_words.h"


#define VET_PLAIN_LINE      64      /* bytes looked at together */


/* Of the bytes of a line, the first one lowest; up to its last SPACE. */

typedef struct {
    uint64_t                letters;
    uint64_t                digits;
    uint64_t                spaces;
    uint64_t                signs;      /* that may be letters */
    uint64_t                equal;      /* to the byte behind it */
    uint64_t                high;       /* not ASCII */
} vet_plain_line_t;

/* What the token before was. */

typedef enum {
    VET_PLAIN_WORD = 0,     /* or nothing */
    VET_PLAIN_SINGLE,       /* one letter, repeats aside */
    VET_PLAIN_NUMBER
} vet_plain_token_t;

typedef struct {
    unsigned char          *out;
    size_t                  len;
    vet_plain_token_t       last;
    vet_plain_t            *plain;      /* what is found is noted there */
} vet_plaining_t;


static size_t vet_plain_trim(vet_str_t text);
static void vet_plain_look(const unsigned char *p, size_t left,
    vet_plain_line_t *line, unsigned char *out);
static int vet_plain_line(vet_plaining_t *s, vet_plain_line_t *line,
    const unsigned char *bytes, size_t n);
static int vet_plain_ordinary(const vet_plain_line_t *line);
static int vet_plain_joined(vet_plaining_t *s, const vet_plain_line_t *line,
    const unsigned char *bytes, uint64_t ends, uint64_t mixed, uint64_t *keep,
    uint64_t *odd);
static int vet_plain_mixed(const vet_plain_line_t *line, uint64_t ends,
    uint64_t *mixed);
static int vet_plain_tokens(vet_plaining_t *s, uint64_t ends, uint64_t singles,
    uint64_t numbers, uint64_t *keep, uint64_t *odd);
static vet_plain_token_t vet_plain_kind(uint64_t end, uint64_t singles,
    uint64_t numbers);
static int vet_plain_places(vet_plaining_t *s, uint64_t keep, uint64_t odd);
static void vet_plain_keep(vet_plaining_t *s, const unsigned char *bytes,
    uint64_t keep);


int
vet_squeeze_plain(vet_pool_t *pool, const vet_view_t *base,
    vet_plain_t *plain)
{
    int               rc;
    size_t            i, n, len;
    vet_plaining_t    s;
    vet_plain_line_t  line;
    unsigned char     bytes[VET_PLAIN_LINE + VET_LANES];

    if (base->wide) {
        return VET_DECLINED;
    }

    len = vet_plain_trim(base->text);

    s.len = 0;
    s.last = VET_PLAIN_WORD;
    s.plain = plain;

    memset(plain, 0, sizeof(vet_plain_t));
    plain->places.pool = pool;
    plain->places.size = sizeof(uint32_t);

    s.out = vet_palloc(pool, len + VET_PLAIN_LINE + VET_LANES);
    if (s.out == NULL) {
        return vet_pool_failed(pool);
    }

    for (i = 0; i < len; i += n) {
        vet_plain_look(base->text.data + i, len - i, &line, bytes);

        if (line.spaces == 0) {
            return VET_DECLINED;
        }

        n = VET_PLAIN_LINE - (size_t) __builtin_clzll(line.spaces);

        rc = vet_plain_line(&s, &line, bytes, n);
        if (rc != VET_OK) {
            return rc;
        }
    }

    if (s.len != 0 && s.out[s.len - 1] == ' ') {
        s.len--;
    }

    plain->text.data = s.out;
    plain->text.len = s.len;

    return VET_OK;
}


/* Returns the length without the separators at the end. */

static size_t
vet_plain_trim(vet_str_t text)
{
    size_t       len;
    vet_lanes_t  c;

    for (len = text.len; len >= VET_LANES; len -= VET_LANES) {
        c = vet_lanes_load(text.data + len - VET_LANES);

        if (vet_lanes_bits(c | vet_lanes_words(c)) != 0) {
            break;
        }
    }

    while (len != 0 && text.data[len - 1] < 0x80
           && vet_piece_classes[text.data[len - 1]] < VET_DIGIT)
    {
        len--;
    }

    return len;
}


/*
 * Looks at a line and the byte behind it, which are spaces where the text has
 * ended; writes a SPACE for each separator.
 */

static void
vet_plain_look(const unsigned char *p, size_t left, vet_plain_line_t *line,
    unsigned char *out)
{
    size_t         n;
    vet_lanes_t    c, letters, digits, words;
    unsigned char  tail[VET_PLAIN_LINE + 1];

    if (left <= VET_PLAIN_LINE) {
        memset(tail, ' ', sizeof(tail));
        memcpy(tail, p, left);
        p = tail;
    }

    memset(line, 0, sizeof(vet_plain_line_t));

    for (n = 0; n < VET_PLAIN_LINE; n += VET_LANES) {
        c = vet_lanes_load(p + n);

        letters = (vet_lanes_t) ((c | 0x20) - 'a' < 26);
        digits = (vet_lanes_t) (c - '0' < 10);
        words = letters | digits;

        line->letters |= (uint64_t) vet_lanes_bits(letters) << n;
        line->digits |= (uint64_t) vet_lanes_bits(digits) << n;
        line->high |= (uint64_t) vet_lanes_bits(c) << n;
        line->spaces |= (uint64_t) vet_lanes_bits((vet_lanes_t) (c == ' '))
                        << n;
        line->signs |= (uint64_t) vet_lanes_bits(
                           (vet_lanes_t) ((c == '!') | (c == '@')
                                          | (c == '$'))) << n;
        line->equal |= (uint64_t) vet_lanes_bits(
                           (vet_lanes_t) (c == vet_lanes_load(p + n + 1)))
                       << n;

        c = (c & words) | (' ' & ~words);
        memcpy(out + n, &c, VET_LANES);
    }
}


/* Writes what the first n bytes come to, if they are ordinary. */

static int
vet_plain_line(vet_plaining_t *s, vet_plain_line_t *line,
    const unsigned char *bytes, size_t n)
{
    int       rc;
    uint64_t  mask, ends, repeats, keep, others, mixed, singles, numbers, odd;

    mask = UINT64_MAX >> (VET_PLAIN_LINE - n);

    line->letters &= mask;
    line->digits &= mask;
    line->signs &= mask;
    line->high &= mask;

    /* behind each word and each number is one that is a SPACE then */

    ends = ((line->letters | line->digits) << 1)
           & ~(line->letters | line->digits) & mask;
    repeats = (line->equal << 1) & line->letters;

    if (!vet_plain_ordinary(line)
        || vet_plain_mixed(line, ends, &mixed) != VET_OK)
    {
        return VET_DECLINED;
    }

    keep = ((line->letters | line->digits) & ~repeats) | ends;
    odd = repeats & (repeats << 1);
    s->plain->odd |= (odd != 0);

    /* a sum carries from a letter that is another one to the end of its word */

    others = line->letters & (line->letters << 1) & ~repeats;
    singles = ends & (line->letters << 1) & ~(line->letters + others) & ~mixed;
    numbers = ends & (line->digits << 1) & ~mixed;

    if (vet_plain_joined(s, line, bytes, ends, mixed, &keep, &odd) != VET_OK
        || vet_plain_tokens(s, ends, singles, numbers, &keep, &odd) != VET_OK)
    {
        return VET_DECLINED;
    }

    rc = vet_plain_places(s, keep, odd);

    if (rc == VET_OK) {
        vet_plain_keep(s, bytes, keep);
    }

    return rc;
}


/* Tells whether all in a line is ASCII, and no sign may be a letter. */

static int
vet_plain_ordinary(const vet_plain_line_t *line)
{
    return (line->high | (line->signs & ~(line->spaces >> 1))) == 0;
}


/*
 * Words without a SPACE between them are one, as those of a link are: what is
 * there instead is not kept, nor a letter that repeats the one before.
 */

static int
vet_plain_joined(vet_plaining_t *s, const vet_plain_line_t *line,
    const unsigned char *bytes, uint64_t ends, uint64_t mixed, uint64_t *keep,
    uint64_t *odd)
{
    size_t    start, end;
    uint64_t  marks, bits, behind;

    /* a sum carries over all that stands between to what is behind it */

    marks = ~(line->letters | line->digits | line->spaces);
    bits = ((ends & (line->letters << 1) & marks) + marks) & ~marks
           & line->letters;

    for ( /* void */ ; bits != 0; bits &= bits - 1) {
        start = (size_t) __builtin_ctzll(bits);
        end = 63 - (size_t) __builtin_clzll(ends & ((bits & -bits) - 1));
        behind = ends & -(bits & -bits);

        if ((mixed & ((behind & -behind) | (uint64_t) 1 << end)) != 0) {
            return VET_DECLINED;
        }

        *keep &= ~((uint64_t) 1 << end);

        if (bytes[start] == bytes[end - 1]) {
            *keep &= ~((uint64_t) 1 << start);
        }

        *odd |= (uint64_t) 1 << start;
        s->plain->odd = 1;
    }

    return VET_OK;
}


/*
 * What has digits and one letter, as "8h" and "11h30", is as it is, and gives
 * a bit behind it; with more of them the digits may be letters.
 */

static int
vet_plain_mixed(const vet_plain_line_t *line, uint64_t ends, uint64_t *mixed)
{
    uint64_t  bits, end, gaps, token;

    *mixed = 0;

    bits = (line->letters & (line->digits << 1))
           | (line->digits & (line->letters << 1));

    while (bits != 0) {
        end = ends & -(bits & -bits);
        end &= -end;

        token = end - 1;
        gaps = token & ~(line->letters | line->digits);

        if (gaps != 0) {
            token &= UINT64_MAX << (VET_PLAIN_LINE - __builtin_clzll(gaps));
        }

        if (__builtin_popcountll(line->letters & token) != 1) {
            return VET_DECLINED;
        }

        bits &= ~token;
        *mixed |= end;
    }

    return VET_OK;
}


/*
 * Numbers that follow each other are one: the SPACE between them is not kept.
 * Single letters that do, or that have a number behind them, are not ordinary.
 */

static int
vet_plain_tokens(vet_plaining_t *s, uint64_t ends, uint64_t singles,
    uint64_t numbers, uint64_t *keep, uint64_t *odd)
{
    uint64_t           bits, end, before;
    vet_plain_token_t  last;

    for (bits = singles | numbers; bits != 0; bits &= bits - 1) {
        end = bits & -bits;
        before = ends & (end - 1);
        last = s->last;

        if (before != 0) {
            before = (uint64_t) 1 << (63 - __builtin_clzll(before));
            last = vet_plain_kind(before, singles, numbers);
        }

        if (last == VET_PLAIN_SINGLE) {
            return VET_DECLINED;
        }

        if (last == VET_PLAIN_NUMBER && (end & numbers) != 0) {
            *keep &= ~before;
            *odd |= (before != 0) ? before : 1;
            s->len -= (before == 0);
        }
    }

    if (ends != 0) {
        s->last = vet_plain_kind((uint64_t) 1 << (63 - __builtin_clzll(ends)),
                                 singles, numbers);
    }

    return VET_OK;
}


static vet_plain_token_t
vet_plain_kind(uint64_t end, uint64_t singles, uint64_t numbers)
{
    return (end & singles) ? VET_PLAIN_SINGLE
           : (end & numbers) ? VET_PLAIN_NUMBER : VET_PLAIN_WORD;
}


/* Notes where in the text something was put together. */

static int
vet_plain_places(vet_plaining_t *s, uint64_t keep, uint64_t odd)
{
    uint32_t  *place;

    for ( /* void */ ; odd != 0; odd &= odd - 1) {
        place = vet_list_push(&s->plain->places);
        if (place == NULL) {
            return vet_pool_failed(s->plain->places.pool);
        }

        *place = (uint32_t) s->len + (uint32_t) __builtin_popcountll(
                                         keep & ((odd & -odd) - 1));
    }

    return VET_OK;
}


/* Copies what is kept, a run at a time: there is room for a line more. */

static void
vet_plain_keep(vet_plaining_t *s, const unsigned char *bytes, uint64_t keep)
{
    size_t          k, run, n;
    uint64_t        rest;
    unsigned char  *out;

    out = s->out + s->len;

    while (keep != 0) {
        k = (size_t) __builtin_ctzll(keep);
        rest = ~(keep >> k);
        run = (rest == 0) ? VET_PLAIN_LINE : (size_t) __builtin_ctzll(rest);

        n = 0;

        do {
            memcpy(out + n, bytes + k + n, VET_LANES);
            n += VET_LANES;
        } while (n < run);

        out += run;
        keep = (k + run == VET_PLAIN_LINE)
               ? 0 : keep & (UINT64_MAX << (k + run));
    }

    s->len = (size_t) (out - s->out);
}
