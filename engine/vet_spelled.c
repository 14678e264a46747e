
/*
 * Copyright (C) the moderate authors
 *
 * Words that are written letter by letter, "v i a g r a" or "v.i.a.g.r.a", or
 * with something in them that is not shown, as one reading more, in which they
 * are words: people read them so, and so any rule finds them, on any view.
 * Text of whole words, that is nearly all there is, has no such reading.
 */


#include "vet_lanes.h"
#include "vet_rules.h"


#define VET_SPELLED_LINE    64      /* bytes looked at together */
#define VET_SPELLED_LEAST   2       /* letters */
#define VET_SPELLED_GAP     3       /* characters between two of them */
#define VET_SPELLED_SPACE   (VET_SPELLED_GAP + 1)
#define VET_SPELLED_ACRONYM 5       /* capitals with dots: "T.P.H.C.M" */


/*
 * A word, or single letters with gaps.  Behind a gap that is wider than the
 * smallest one another word begins; any white space is wider than a gap
 * without.
 */

typedef struct {
    size_t                  start;
    size_t                  end;        /* of the last one */
    size_t                  n;
    size_t                  gap;        /* the smallest one */
    int                     acronym;
} vet_spelled_t;


/* Of the bytes of a line, the first one lowest. */

typedef struct {
    uint64_t                letters;    /* that begin one, or are digits */
    uint64_t                rest;       /* of a character; marks behind it */
    uint64_t                hidden;     /* may begin what is not shown */
} vet_spelled_line_t;


static int vet_spelled_likely(vet_str_t text);
static void vet_spelled_line(const unsigned char *p, vet_spelled_line_t *line);
static uint64_t vet_spelled_words(const vet_spelled_line_t *line,
    uint64_t *ends, uint64_t *words);
static int vet_spelled_singles(uint64_t ends, uint64_t words,
    size_t *singles);
static int vet_spelled_left(vet_str_t text, size_t i, size_t singles);
static int vet_spelled_hidden(vet_str_t text, size_t i);
static void vet_spelled_run(vet_str_t text, size_t i, vet_spelled_t *run);
static int vet_spelled_and_so_on(vet_str_t text, const vet_spelled_t *run);
static int vet_spelled_capital(vet_str_t text, size_t i);
static void vet_spelled_join(vet_decoding_t *d, const vet_spelled_t *run);
static void vet_spelled_copy(vet_decoding_t *d, size_t i, size_t end);
static int vet_spelled_ascii(unsigned char c);
static size_t vet_spelled_token(vet_str_t text, size_t i, size_t *n);
static size_t vet_spelled_gap(vet_str_t text, size_t i, size_t *width);


void
vet_decode_spelled(vet_decoding_t *d)
{
    size_t         i, n, end;
    vet_spelled_t  run;

    if (!vet_spelled_likely(d->in)) {
        return;
    }

    end = 0;

    for ( ;; ) {
        i = vet_spelled_gap(d->in, end, &n);
        vet_decoding_copy(d, end, i);

        if (i == d->in.len) {
            break;
        }

        vet_spelled_run(d->in, i, &run);
        vet_spelled_join(d, &run);
        end = run.end;
    }

    /* what was copied piece by piece is the text itself */

    if (!d->changed) {
        d->out = NULL;
        d->len = d->in.len;
    }
}


/*
 * Tells, for the price of a look at each byte, whether there may be a run:
 * bytes of ASCII that are no letters or digits, and those that begin signs and
 * emoji, stand between; the others belong to letters.
 */

static int
vet_spelled_likely(vet_str_t text)
{
    size_t              i, singles;
    uint64_t            between, ends, words;
    vet_spelled_line_t  line;

    i = 0;
    singles = 0;

    while (text.len - i >= VET_SPELLED_LINE) {
        vet_spelled_line(text.data + i, &line);

        for ( /* void */ ; line.hidden != 0; line.hidden &= line.hidden - 1) {
            if (vet_spelled_hidden(text,
                    i + (size_t) __builtin_ctzll(line.hidden)))
            {
                return 1;
            }
        }

        between = vet_spelled_words(&line, &ends, &words);

        if (between == 0) {
            break;
        }

        if (vet_spelled_singles(ends, words, &singles)) {
            return 1;
        }

        /* a word that goes on is looked at again, whole */

        i += VET_SPELLED_LINE - (size_t) __builtin_clzll(between);
    }

    return vet_spelled_left(text, i, singles);
}


static void
vet_spelled_line(const unsigned char *p, vet_spelled_line_t *line)
{
    size_t       n;
    vet_lanes_t  c, ascii, mark, sign, begin;

    memset(line, 0, sizeof(vet_spelled_line_t));

    for (n = 0; n < VET_SPELLED_LINE; n += VET_LANES) {
        c = vet_lanes_load(p + n);

        ascii = vet_lanes_words(c);
        mark = (vet_lanes_t) ((c == 0xcc) | (c == 0xcd));
        sign = (vet_lanes_t) ((c == 0xe2) | (c >= 0xef));
        begin = (vet_lanes_t) (c >= 0xc3) & ~mark & ~sign;

        line->letters |= (uint64_t) vet_lanes_bits(ascii | begin) << n;
        line->rest |= (uint64_t) vet_lanes_bits(
                          (vet_lanes_t) ((c & 0xc0) == 0x80) | mark) << n;
        line->hidden |= (uint64_t) vet_lanes_bits(
                            sign | (vet_lanes_t) ((c == 0xc2) | (c == 0xcd)))
                        << n;
    }
}


/*
 * Gives a bit behind each word of a line, in ends, and behind those with more
 * letters than one, in words: a sum carries from any letter but the first to
 * the end of its word.  Returns what is between words.
 */

static uint64_t
vet_spelled_words(const vet_spelled_line_t *line, uint64_t *ends,
    uint64_t *words)
{
    uint64_t  between, rest, word, first;

    /* the rest of a sign is between words, as the sign is */

    between = ~(line->letters | line->rest);
    rest = line->rest & (between << 1 | 1);
    between |= line->rest & ~(line->rest + rest);

    word = ~between;
    first = word & ~(word << 1);

    *ends = (word + first) & between;
    *words = (word + (line->letters & ~first)) & *ends;

    return between;
}


/*
 * Tells whether as many words of one letter as make a run follow each other;
 * singles are those before the line, and then those at its end.
 */

static int
vet_spelled_singles(uint64_t ends, uint64_t words, size_t *singles)
{
    uint64_t  bit;

    if (ends == words) {
        *singles = (ends == 0) ? *singles : 0;
        return 0;
    }

    for ( /* void */ ; ends != 0; ends &= ends - 1) {
        bit = ends & -ends;
        *singles = (words & bit) ? 0 : *singles + 1;

        if (*singles == VET_SPELLED_LEAST) {
            return 1;
        }
    }

    return 0;
}


/* The same as vet_spelled_likely, from i on, byte by byte. */

static int
vet_spelled_left(vet_str_t text, size_t i, size_t singles)
{
    size_t         letters;
    unsigned char  c;

    letters = 0;

    for ( /* void */ ; i < text.len; i++) {
        c = text.data[i];

        if (c >= 0xc2 && vet_spelled_hidden(text, i)) {
            return 1;
        }

        if (vet_spelled_ascii(c)
            || (c >= 0xc3 && c != 0xcc && c != 0xcd && c != 0xe2 && c < 0xef))
        {
            letters++;
            continue;
        }

        /* the rest of a character; marks that stand behind their letter */

        if ((c >= 0x80 && c < 0xc0) || c == 0xcc || c == 0xcd) {
            continue;
        }

        if (letters == 1 && ++singles == VET_SPELLED_LEAST) {
            return 1;
        }

        singles = (letters > 1) ? 0 : singles;
        letters = 0;
    }

    return letters == 1 && singles + 1 >= VET_SPELLED_LEAST;
}


/*
 * Tells whether one of the invisible characters that are met in text is there:
 * soft hyphen, joiners and directions, or the byte order mark.
 */

static int
vet_spelled_hidden(vet_str_t text, size_t i)
{
    const unsigned char  *p;

    p = text.data + i;

    switch (p[0]) {

    case 0xc2:
        return text.len - i >= 2 && p[1] == 0xad;

    case 0xcd:
        return text.len - i >= 2 && p[1] == 0x8f;

    case 0xe2:
        return text.len - i >= 3
               && ((p[1] == 0x80 && ((p[2] >= 0x8b && p[2] <= 0x8f)
                                     || (p[2] >= 0xaa && p[2] <= 0xae)))
                   || (p[1] == 0x81 && p[2] >= 0xa0 && p[2] <= 0xaf));

    case 0xef:
        return text.len - i >= 3 && p[1] == 0xbb && p[2] == 0xbf;

    case 0xf3:
        return text.len - i >= 2 && p[1] == 0xa0;

    default:
        return 0;
    }
}


/* Reads the word at i, or the single letters that begin there. */

static void
vet_spelled_run(vet_str_t text, size_t i, vet_spelled_t *run)
{
    size_t  n, end, gap;

    run->start = i;
    run->end = vet_spelled_token(text, i, &n);
    run->n = 1;
    run->gap = VET_SPELLED_GAP + VET_SPELLED_SPACE;
    run->acronym = vet_spelled_capital(text, i);

    while (n == 1) {
        i = vet_spelled_gap(text, run->end, &gap);

        if (i == text.len || gap > VET_SPELLED_GAP + VET_SPELLED_SPACE) {
            break;
        }

        end = vet_spelled_token(text, i, &n);

        if (n == 1) {
            run->acronym &= vet_spelled_capital(text, i)
                            && text.data[run->end] == '.';
            run->end = end;
            run->n++;
            run->gap = (gap < run->gap) ? gap : run->gap;
        }
    }

    run->acronym &= run->n <= VET_SPELLED_ACRONYM;
    run->acronym |= vet_spelled_and_so_on(text, run);
}


/* "v.v." ends a list in Vietnamese. */

static int
vet_spelled_and_so_on(vet_str_t text, const vet_spelled_t *run)
{
    const unsigned char  *p;

    p = text.data + run->start;

    return run->end - run->start == 3 && (p[0] | 0x20) == 'v' && p[1] == '.'
           && (p[2] | 0x20) == 'v';
}


/* Tells whether a capital letter of Vietnamese is there. */

static int
vet_spelled_capital(vet_str_t text, size_t i)
{
    uint32_t  cp;

    (void) vet_uni_read(text.data + i, text.len - i, &cp);

    return (cp >= 'A' && cp <= 'Z') || (cp >= 0xc0 && cp <= 0xde)
           || cp == 0x102 || cp == 0x110 || cp == 0x128 || cp == 0x168
           || cp == 0x1a0 || cp == 0x1af
           || (cp >= 0x1ea0 && cp <= 0x1ef9 && cp % 2 == 0);
}


static void
vet_spelled_join(vet_decoding_t *d, const vet_spelled_t *run)
{
    size_t  i, n, gap, end;

    i = run->start;

    for ( ;; ) {
        end = vet_spelled_token(d->in, i, &n);
        vet_spelled_copy(d, i, end);

        if (end == run->end) {
            return;
        }

        i = vet_spelled_gap(d->in, end, &gap);

        if (run->acronym) {
            vet_decoding_copy(d, end, i);

        } else if (gap > run->gap) {
            vet_decoding_put(d, (const unsigned char *) " ", 1, end, i);

        } else {
            vet_decoding_skip(d);
        }
    }
}


/* Copies a word without what is not shown. */

static void
vet_spelled_copy(vet_decoding_t *d, size_t i, size_t end)
{
    size_t    n, from;
    uint32_t  cp;

    for (from = i; i < end; i += n) {
        n = 1;

        if (d->in.data[i] < 0x80) {
            continue;
        }

        n = vet_uni_read(d->in.data + i, end - i, &cp);

        if (cp >= 0x80 && vet_uni(cp)->flags & VET_UNI_REMOVE) {
            vet_decoding_copy(d, from, i);
            vet_decoding_skip(d);
            from = i + n;
        }
    }

    vet_decoding_copy(d, from, end);
}


static int
vet_spelled_ascii(unsigned char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')
           || (c >= '0' && c <= '9');
}


/* Returns the end of a word, and how many letters and digits it has. */

static size_t
vet_spelled_token(vet_str_t text, size_t i, size_t *n)
{
    size_t            len;
    uint32_t          cp;
    const vet_uni_t  *u;

    *n = 0;

    while (i < text.len) {

        if (vet_spelled_ascii(text.data[i])) {
            (*n)++;
            i++;
            continue;
        }

        len = vet_uni_read(text.data + i, text.len - i, &cp);
        u = vet_uni(cp);

        if (u->ccc == 0 && (u->flags & VET_UNI_REMOVE) == 0) {
            if ((u->flags & VET_UNI_WORD) == 0) {
                break;
            }

            (*n)++;
        }

        i += len;
    }

    return i;
}


/*
 * Returns where the next word begins, and how wide the gap before it is.  What
 * parts an address keeps its parts apart.
 */

static size_t
vet_spelled_gap(vet_str_t text, size_t i, size_t *width)
{
    size_t            n, len, space;
    uint32_t          cp;
    const vet_uni_t  *u;

    n = 0;
    space = 0;

    while (i < text.len && !vet_spelled_ascii(text.data[i])) {

        if (text.data[i] == ' ') {
            space = 1;
            n++;
            i++;
            continue;
        }

        len = vet_uni_read(text.data + i, text.len - i, &cp);
        u = vet_uni(cp);

        if (u->flags & VET_UNI_WORD && u->ccc == 0) {
            break;
        }

        n += (u->ccc == 0 && (u->flags & VET_UNI_REMOVE) == 0);
        n += (cp == '/' || cp == ':' || cp == '@') ? VET_SPELLED_GAP : 0;
        space |= (cp <= ' ' || cp == 0xa0 || cp == 0x3000
                  || (cp >= 0x2000 && cp <= 0x200a));
        i += len;
    }

    if (n > VET_SPELLED_GAP) {
        n = VET_SPELLED_GAP + VET_SPELLED_SPACE + 1;

    } else if (space) {
        n += VET_SPELLED_SPACE;
    }

    *width = n;

    return i;
}
