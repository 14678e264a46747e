
/*
 * Copyright (C) the moderate authors
 *
 * Ordinary words: what a squeezed view has as it is.
 */


#include <string.h>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#include "vet_letters.h"


#define VET_BLOCK  16        /* bytes of a vector */
#define VET_LINE   64        /* bytes of a line */

#define VET_LATIN_BITS(v)     ((unsigned) _mm_movemask_epi8(v))


static size_t vet_latin_word(vet_str_t text, size_t i, size_t *last);
#if defined(__SSE2__)
static int vet_latin_lines(vet_str_t text, vet_line_t *line, size_t *i);
static void vet_latin_line(const unsigned char *p, vet_line_t *line);
static size_t vet_latin_letters(const unsigned char *p);
#endif


size_t
vet_latin_words(vet_str_t text, vet_line_t *line, size_t i, uint32_t *cp,
    uint32_t *bare, size_t *from)
{
    int       more;
    size_t    end, at;
#if defined(__SSE2__)
    uint64_t  near;
#endif

    more = 1;
    at = 0;
    end = i;

#if defined(__SSE2__)

    /* where accents are near a line would end soon */

    if (text.len - i > VET_LINE) {
        memcpy(&near, text.data + i, sizeof(near));

        if ((near & 0x8080808080808080u) == 0) {
            more = vet_latin_lines(text, line, &i);
        }
    }

    if (i != end) {
        end = i;
        *from = i - 1;
    }

#else
    (void) line;
#endif

    while (more && i < text.len && text.data[i] == ' ') {
        i = vet_latin_word(text, i + 1, &at);

        if (i == 0) {
            break;
        }

        end = i;
        *from = at;
    }

    if (text.data[*from] < 0x80) {
        *cp = text.data[*from];
        *bare = *cp;

    } else {
        (void) vet_uni_latin_read(text.data + *from, end - *from, &at);
        (void) vet_uni_read(text.data + *from, end - *from, cp);
        *bare = vet_uni_latin_fold[at];
    }

    return end;
}


int
vet_latin_point(vet_str_t text, size_t i)
{
    unsigned char  c;

    c = text.data[i];

    if (c == '!' || c == '@' || c == '$') {
        return i + 1 < text.len && text.data[i + 1] == ' ';
    }

    return c < 0x80 && c != ' ' && !(c >= 'a' && c <= 'z')
           && !(c >= 'A' && c <= 'Z') && !(c >= '0' && c <= '9');
}


/*
 * Returns the end of a word of two letters or more, none of them a repeat and
 * no digit or sign at its end that could be of it; else 0.  last is where its
 * last letter begins.
 */

static size_t
vet_latin_word(vet_str_t text, size_t i, size_t *last)
{
    size_t         n, at, from;
    uint32_t       before, bare;
    unsigned char  c;

    from = i;
    before = 0;
    *last = i;

#if defined(__SSE2__)

    if (text.len - i > VET_BLOCK) {
        n = vet_latin_letters(text.data + i);

        if (n != 0) {
            i += n;
            *last = i - 1;
            before = text.data[i - 1];
        }
    }

#endif

    for ( /* void */ ; i < text.len; i += n) {
        c = text.data[i];

        if (c < 0x80) {
            if (c < 'a' || c > 'z') {
                break;
            }

            n = 1;
            bare = c;

        } else {
            n = vet_uni_latin_read(text.data + i, text.len - i, &at);
            bare = (n == 0) ? 0 : vet_uni_latin_fold[at];
        }

        if (bare == before || bare == 0) {
            return 0;
        }

        before = bare;
        *last = i;
    }

    if (*last == from) {
        return 0;
    }

    if (i < text.len && text.data[i] != ' ' && !vet_latin_point(text, i)) {
        return 0;
    }

    return i;
}


#if defined(__SSE2__)

/*
 * Moves *i, at a SPACE, behind the words of ASCII letters that follow, a line
 * at a time: where words end and whether letters repeat is known of all its
 * bytes before any is looked at.  Returns 0 where what is next is no ordinary
 * word.
 */

static int
vet_latin_lines(vet_str_t text, vet_line_t *line, size_t *i)
{
    size_t    at, pos, word;
    uint64_t  bad, spaces, from, fair;

    word = *i + 1;
    pos = word;

    for ( ;; ) {
        at = (pos - 1) / VET_LINE * VET_LINE + 1;

        if (text.len <= at + VET_LINE) {
            *i = word - 1;
            return 1;
        }

        if (line->at != at) {
            vet_latin_line(text.data + at, line);
            line->at = at;
        }

        /* what a single letter first is behind is not known here */

        from = UINT64_MAX << (pos - at);
        fair = (pos == *i + 1) ? from << 1 : from;
        bad = line->bad & from & ~(line->alone & fair);
        spaces = line->spaces & from & (bad - 1) & ~bad;

        if (spaces != 0) {
            word = at + VET_LINE - (size_t) __builtin_clzll(spaces);
        }

        if (bad != 0) {
            break;
        }

        pos = at + VET_LINE;
    }

    pos = at + (size_t) __builtin_ctzll(bad);

    *i = (pos - word >= 2 && (line->letters & bad & -bad) == 0
          && (text.data[pos] == ' ' || vet_latin_point(text, pos)))
         ? pos : word - 1;

    return text.data[pos] >= 0x80;
}


size_t
vet_latin_doubled(vet_str_t text, const vet_line_t *line, size_t i,
    uint64_t *repeats)
{
    size_t    n;
    uint64_t  word;

    i++;

    if (line->at == 0 || i < line->at || i - line->at >= VET_LINE) {
        return 0;
    }

    word = ~(line->letters >> (i - line->at));
    n = (word == 0) ? VET_LINE : (size_t) __builtin_ctzll(word);

    if (n < 3 || n + (i - line->at) >= VET_LINE) {
        return 0;
    }

    /* not all of them, as it then is a single letter */

    *repeats = line->repeats >> (i - line->at)
               & (((uint64_t) 1 << n) - 1);

    if (*repeats == 0 || (size_t) __builtin_popcountll(*repeats) == n - 1
        || (text.data[i + n] != ' ' && !vet_latin_point(text, i + n)))
    {
        return 0;
    }

    return i + n;
}


/*
 * Bad are bytes that are neither, letters that repeat, a SPACE behind another
 * one, and what stands alone between two.  A single letter is fair before two
 * letters that are not alike, as that word is no single letter.
 */

static void
vet_latin_line(const unsigned char *p, vet_line_t *line)
{
    unsigned  n;
    uint64_t  repeats, behind, before, alone, next;
    __m128i   block, letters;

    line->letters = 0;
    line->spaces = 0;
    repeats = 0;

    for (n = 0; n < VET_LINE; n += VET_BLOCK) {
        block = _mm_loadu_si128((const __m128i *) (p + n));

        letters = _mm_and_si128(
                      _mm_cmpgt_epi8(block, _mm_set1_epi8('a' - 1)),
                      _mm_cmplt_epi8(block, _mm_set1_epi8('z' + 1)));

        line->letters |= (uint64_t) VET_LATIN_BITS(letters) << n;
        line->spaces |= (uint64_t) VET_LATIN_BITS(
                            _mm_cmpeq_epi8(block, _mm_set1_epi8(' '))) << n;
        repeats |= (uint64_t) VET_LATIN_BITS(
                       _mm_cmpeq_epi8(block, _mm_loadu_si128(
                           (const __m128i *) (p + n - 1)))) << n;
    }

    behind = line->spaces << 1 | (p[-1] == ' ');
    before = line->spaces >> 1 | (uint64_t) (p[VET_LINE] == ' ') << 63;

    alone = behind & before;
    next = line->letters & (line->letters >> 1) & ~(repeats >> 1)
           & UINT64_MAX >> 1;

    line->repeats = line->letters & repeats;
    line->alone = alone & line->letters & (next >> 2);
    line->bad = ~(line->letters | line->spaces) | line->repeats
                | (behind & line->spaces) | alone;
}


/* Returns how many small letters are at p, up to one that is repeated. */

static size_t
vet_latin_letters(const unsigned char *p)
{
    unsigned  end;
    __m128i   block;

    block = _mm_loadu_si128((const __m128i *) p);

    end = ~VET_LATIN_BITS(_mm_and_si128(
               _mm_cmpgt_epi8(block, _mm_set1_epi8('a' - 1)),
               _mm_cmplt_epi8(block, _mm_set1_epi8('z' + 1))));

    /* what is before the word is no letter */

    end |= VET_LATIN_BITS(_mm_cmpeq_epi8(block,
               _mm_loadu_si128((const __m128i *) (p - 1))));

    return (size_t) __builtin_ctz(end);
}

#else

size_t
vet_latin_doubled(vet_str_t text, const vet_line_t *line, size_t i,
    uint64_t *repeats)
{
    (void) text;
    (void) line;
    (void) i;
    (void) repeats;

    return 0;
}

#endif
