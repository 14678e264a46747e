
/*
 * Copyright (C) the moderate authors
 *
 * The text and the folded view of what nearly all texts are made of: ASCII,
 * and Latin letters that are one letter in the view and that nothing joins.
 */


#include <string.h>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#include "vet_letters.h"


#define VET_BLOCK  16        /* bytes of a vector */
#define VET_AHEAD  (2 * VET_BLOCK + 4)      /* bytes read at a block at most */
#define VET_ROOMY  24        /* spans that a block makes at most, and more */


#define VET_LATIN_BITS(v)     ((unsigned) _mm_movemask_epi8(v))

/* Where bytes are c or above. */

#define VET_LATIN_FROM(v, c)                                                  \
    _mm_cmpeq_epi8(_mm_max_epu8(v, _mm_set1_epi8(c)), v)


static int vet_latin_letter(vet_latin_t *l);
static int vet_latin_span(vet_latin_t *l, size_t to);
static void vet_latin_back(vet_latin_t *l);
#if defined(__SSE2__)
static const unsigned char *vet_latin_ahead(const vet_latin_t *l,
    unsigned char *tail);
static int vet_latin_fold(vet_latin_t *l, unsigned char *tail);
static size_t vet_latin_fold_block(vet_latin_t *l, const unsigned char *p);
static int vet_latin_room(vet_latin_t *l);
static size_t vet_latin_block(const unsigned char *p, unsigned char *out);
static size_t vet_latin_small(const unsigned char *p, unsigned char *out);
static __m128i vet_latin_two(__m128i block, __m128i second);
static __m128i vet_latin_three(__m128i block, __m128i second, __m128i third);
static __m128i vet_latin_lower(__m128i block);
static unsigned vet_latin_controls(__m128i block);
#endif


/* What the text view has for ASCII; NUL is kept, it is a byte like another. */

const unsigned char  vet_view_ascii[128] = {
    0x00, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
    0xff, 0x20, 0x20, 0x20, 0x20, 0x20, 0xff, 0xff,
    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
    ' ', '!', '"', '#', '$', '%', '&', '\'',
    '(', ')', '*', '+', ',', '-', '.', '/',
    '0', '1', '2', '3', '4', '5', '6', '7',
    '8', '9', ':', ';', '<', '=', '>', '?',
    '@', 'a', 'b', 'c', 'd', 'e', 'f', 'g',
    'h', 'i', 'j', 'k', 'l', 'm', 'n', 'o',
    'p', 'q', 'r', 's', 't', 'u', 'v', 'w',
    'x', 'y', 'z', '[', '\\', ']', '^', '_',
    '`', 'a', 'b', 'c', 'd', 'e', 'f', 'g',
    'h', 'i', 'j', 'k', 'l', 'm', 'n', 'o',
    'p', 'q', 'r', 's', 't', 'u', 'v', 'w',
    'x', 'y', 'z', '{', '|', '}', '~', 0xff,
};


int
vet_latin_run(vet_latin_t *l)
{
    int            rc;
    unsigned char  c;

#if defined(__SSE2__)
    size_t         n;
    unsigned char  tail[VET_AHEAD];
#endif

    l->region = 0;

    while (l->i < l->size) {

#if defined(__SSE2__)

        if (l->map == vet_uni_latin_fold) {
            if (vet_latin_fold(l, tail) != VET_OK) {
                return vet_pool_failed(l->spans->pool);
            }

            if (l->i == l->size) {
                break;
            }

        } else {
            n = vet_latin_small(vet_latin_ahead(l, tail), l->out + l->len);
            n = (n < l->size - l->i) ? n : l->size - l->i;

            if (n != 0) {
                if (!l->region && vet_latin_span(l, 0) != VET_OK) {
                    return vet_pool_failed(l->spans->pool);
                }

                l->i += n;
                l->len += n;
                continue;
            }
        }

#endif

        c = l->data[l->i];

        if (c >= 0x80) {
            rc = vet_latin_letter(l);

            if (rc == VET_DECLINED) {
                break;
            }

            if (rc != VET_OK) {
                return rc;
            }

            continue;
        }

        if (vet_view_ascii[c] == VET_VIEW_GONE) {
            break;
        }

        if (!l->region && vet_latin_span(l, 0) != VET_OK) {
            return vet_pool_failed(l->spans->pool);
        }

        l->out[l->len++] = vet_view_ascii[c];
        l->i++;
    }

    return VET_OK;
}


/* Writes a letter that is not ASCII; VET_DECLINED: it takes another way. */

static int
vet_latin_letter(vet_latin_t *l)
{
    size_t          n, at;
    uint32_t        cp;
    unsigned char  *p;

    n = vet_uni_latin_read(l->data + l->i, l->size - l->i, &at);
    cp = (n == 0) ? 0 : l->map[at];

    if (cp == 0) {
        return VET_DECLINED;
    }

    p = l->out + l->len;

    if (cp < 0x80 || (cp < 0x800) != (n == 2)) {
        l->region = 0;

        if (vet_latin_span(l, l->i + n) != VET_OK) {
            return vet_pool_failed(l->spans->pool);
        }

        l->region = 0;
        l->len += vet_uni_write(cp, p);
        l->i += n;

        return VET_OK;
    }

    if (!l->region && vet_latin_span(l, 0) != VET_OK) {
        return vet_pool_failed(l->spans->pool);
    }

    if (n == 2) {
        p[0] = (unsigned char) (0xc0 | cp >> 6);
        p[1] = (unsigned char) (0x80 | (cp & 0x3f));

    } else {
        p[0] = (unsigned char) (0xe0 | cp >> 12);
        p[1] = (unsigned char) (0x80 | (cp >> 6 & 0x3f));
        p[2] = (unsigned char) (0x80 | (cp & 0x3f));
    }

    l->len += n;
    l->i += n;

    return VET_OK;
}


/* As vet_view_span. */

static int
vet_latin_span(vet_latin_t *l, size_t to)
{
    vet_span_t  *span;

    l->region = 1;

    if (to == 0 && l->spans->n != 0) {
        span = (vet_span_t *) l->spans->elts + (l->spans->n - 1);

        if (span->to == 0 && l->i - span->from == l->len - span->view) {
            return VET_OK;
        }
    }

    if (l->spans->n < l->spans->nalloc) {
        span = (vet_span_t *) l->spans->elts + l->spans->n++;

    } else {
        span = vet_list_push(l->spans);
        if (span == NULL) {
            return VET_ERROR;
        }
    }

    span->view = (uint32_t) l->len;
    span->from = (uint32_t) l->i;
    span->to = (uint32_t) to;

    return VET_OK;
}


void
vet_latin_undo(vet_latin_t *l)
{
    vet_latin_back(l);

    while (l->spans->n != 0
           && ((vet_span_t *) l->spans->elts)[l->spans->n - 1].view == l->len)
    {
        l->spans->n--;
    }
}


/* Goes back by one character that was written. */

static void
vet_latin_back(vet_latin_t *l)
{
    size_t  n, at;

    n = 0;
    at = 0;

    do {
        l->i--;
        n++;
    } while ((l->data[l->i] & 0xc0) == 0x80);

    if (n > 1) {
        (void) vet_uni_latin_read(l->data + l->i, n, &at);
        n = (l->map[at] < 0x80) ? 1 : (l->map[at] < 0x800) ? 2 : 3;
    }

    l->len -= n;
}


size_t
vet_latin_same(vet_str_t value, size_t i, vet_view_kind_t kind)
{
    size_t                from;
    const unsigned char  *p;

#if defined(__SSE2__)
    size_t                n;
    unsigned char         out[VET_BLOCK];
#endif

    p = value.data;
    from = i;

#if defined(__SSE2__)

    while (value.len - i >= VET_BLOCK) {

        if (kind == VET_VIEW_RAW) {
            n = (_mm_movemask_epi8(_mm_loadu_si128((const __m128i *) (p + i)))
                 == 0) ? VET_BLOCK : 0;

        } else {
            n = vet_latin_block(p + i, out);
            n = (memcmp(p + i, out, VET_BLOCK) == 0) ? n : 0;
        }

        if (n != VET_BLOCK) {
            break;
        }

        i += VET_BLOCK;
    }

#endif

    while (i < value.len && p[i] < 0x80
           && (kind == VET_VIEW_RAW || vet_view_ascii[p[i]] == p[i]))
    {
        i++;
    }

    return i - from;
}


#if defined(__SSE2__)

/* Returns what is next, with bytes behind it that may be read. */

static const unsigned char *
vet_latin_ahead(const vet_latin_t *l, unsigned char *tail)
{
    if (l->size - l->i >= VET_AHEAD) {
        return l->data + l->i;
    }

    memset(tail, 0, VET_AHEAD);
    memcpy(tail, l->data + l->i, l->size - l->i);

    return tail;
}


/* Folds as many blocks as there are of ordinary letters. */

static int
vet_latin_fold(vet_latin_t *l, unsigned char *tail)
{
    while (l->i < l->size) {

        if (l->spans->nalloc - l->spans->n < VET_ROOMY
            && vet_latin_room(l) != VET_OK)
        {
            return VET_ERROR;
        }

        if (vet_latin_fold_block(l, vet_latin_ahead(l, tail)) == 0) {
            break;
        }
    }

    return VET_OK;
}


/*
 * Folds a block, or what is before the first character in it that takes
 * another way; returns how many bytes that were.  Where letters begin is known
 * before they are read, and a run of ASCII before one is written in one step,
 * even if it is empty: there is little that depends on what is met.
 */

static size_t
vet_latin_fold_block(vet_latin_t *l, const unsigned char *p)
{
    size_t          k, n, from, at, len;
    unsigned        leads, stop, direct;
    __m128i         block;
    vet_span_t     *span;
    unsigned char  *out;

    out = l->out;
    len = l->len;
    span = (vet_span_t *) l->spans->elts + l->spans->n;

    block = _mm_loadu_si128((const __m128i *) p);
    leads = (unsigned) _mm_movemask_epi8(block);
    stop = vet_latin_controls(block) | 1u << VET_BLOCK;
    stop = (unsigned) __builtin_ctz(stop);

    if (leads == 0 && stop != 0) {
        if (!l->region && vet_latin_span(l, 0) != VET_OK) {
            return 0;
        }

        _mm_storeu_si128((__m128i *) (out + len), vet_latin_lower(block));
        l->len += stop;
        l->i += stop;

        return stop;
    }

    direct = l->region
             || (l->spans->n != 0 && span[-1].to == 0
                 && l->i - span[-1].from == len - span[-1].view);
    from = 0;

    while (leads != 0) {
        k = (size_t) __builtin_ctz(leads);

        if (k >= stop) {
            break;
        }

        n = vet_uni_latin_read(p + k, VET_AHEAD - k, &at);

        if (n == 0 || l->map[at] == 0 || l->map[at] >= 0x80) {
            stop = (unsigned) k;
            break;
        }

        block = _mm_loadu_si128((const __m128i *) (p + from));
        _mm_storeu_si128((__m128i *) (out + len), vet_latin_lower(block));

        span->view = (uint32_t) len;
        span->from = (uint32_t) (l->i + from);
        span->to = 0;
        span += (k > from && !direct);
        len += k - from;

        span->view = (uint32_t) len;
        span->from = (uint32_t) (l->i + k);
        span->to = (uint32_t) (l->i + k + n);
        span++;
        out[len++] = (unsigned char) l->map[at];

        direct = 0;
        from = k + n;
        leads &= ~0u << from;
    }

    if (from < stop) {
        block = _mm_loadu_si128((const __m128i *) (p + from));
        _mm_storeu_si128((__m128i *) (out + len), vet_latin_lower(block));

        span->view = (uint32_t) len;
        span->from = (uint32_t) (l->i + from);
        span->to = 0;
        span += !direct;
        direct = 1;
        len += stop - from;
        from = stop;
    }

    l->region = (direct != 0);
    l->spans->n = (size_t) (span - (vet_span_t *) l->spans->elts);
    l->len = len;
    l->i += from;

    return from;
}


/* Makes room for the spans of a block, and for those that are to come. */

static int
vet_latin_room(vet_latin_t *l)
{
    size_t       n, likely;
    vet_span_t  *elts;

    n = 2 * l->spans->nalloc + 2 * VET_ROOMY;
    likely = l->spans->n * (l->size / (l->i + 1) + 1);
    likely = (likely < l->size / 2) ? likely : l->size / 2;
    n = (n < likely) ? likely : n;

    elts = vet_palloc(l->spans->pool, n * sizeof(vet_span_t));
    if (elts == NULL) {
        return VET_ERROR;
    }

    if (l->spans->n != 0) {
        memcpy(elts, l->spans->elts, l->spans->n * sizeof(vet_span_t));
    }

    l->spans->elts = elts;
    l->spans->nalloc = n;

    return VET_OK;
}


/*
 * Writes a block in small letters; returns how many bytes of it are ASCII and
 * no control characters.
 */

static size_t
vet_latin_block(const unsigned char *p, unsigned char *out)
{
    unsigned  bad;
    __m128i   block;

    block = _mm_loadu_si128((const __m128i *) p);
    bad = vet_latin_controls(block) | (unsigned) _mm_movemask_epi8(block);

    _mm_storeu_si128((__m128i *) out, vet_latin_lower(block));

    return (bad == 0) ? VET_BLOCK : (size_t) __builtin_ctz(bad);
}


/* The same with those small letters of Vietnamese that are as they are. */

static size_t
vet_latin_small(const unsigned char *p, unsigned char *out)
{
    unsigned  two, three, bad, whole;
    __m128i   block, second, third;

    block = _mm_loadu_si128((const __m128i *) p);

    _mm_storeu_si128((__m128i *) out, vet_latin_lower(block));

    if (VET_LATIN_BITS(block) == 0) {
        bad = vet_latin_controls(block);
        return (bad == 0) ? VET_BLOCK : (size_t) __builtin_ctz(bad);
    }

    second = _mm_loadu_si128((const __m128i *) (p + 1));
    third = _mm_loadu_si128((const __m128i *) (p + 2));

    two = (unsigned) _mm_movemask_epi8(vet_latin_two(block, second));
    three = (unsigned) _mm_movemask_epi8(vet_latin_three(block, second,
                                                         third));
    whole = two | two << 1 | three | three << 1 | three << 2;
    bad = vet_latin_controls(block)
          | ((unsigned) _mm_movemask_epi8(block) & ~whole);

    if (bad != 0) {
        return (size_t) __builtin_ctz(bad);
    }

    /* a letter at the end is not all in the block */

    return (whole >> VET_BLOCK == 0)
           ? VET_BLOCK : 31 - (size_t) __builtin_clz(two | three);
}


/*
 * Where "à" to "ý", "ă", "đ", "ĩ", "ũ", "ơ" and "ư" begin, but for "ð", which
 * looks like "đ" and is that in the view, and what is no letter.
 */

static __m128i
vet_latin_two(__m128i block, __m128i second)
{
    __m128i  c3, c4, c5, c6;

    c3 = _mm_or_si128(_mm_cmpeq_epi8(second, _mm_set1_epi8('\xb0')),
                      _mm_cmpeq_epi8(second, _mm_set1_epi8('\xb7')));
    c3 = _mm_andnot_si128(c3,
                          _mm_and_si128(_mm_cmpgt_epi8(second,
                                                       _mm_set1_epi8('\x9f')),
                                        _mm_cmplt_epi8(second,
                                                       _mm_set1_epi8('\xbe'))));
    c3 = _mm_and_si128(c3, _mm_cmpeq_epi8(block, _mm_set1_epi8('\xc3')));

    c5 = _mm_cmpeq_epi8(second, _mm_set1_epi8('\xa9'));
    c4 = _mm_or_si128(_mm_cmpeq_epi8(second, _mm_set1_epi8('\x83')),
                      _mm_cmpeq_epi8(second, _mm_set1_epi8('\x91')));
    c4 = _mm_and_si128(_mm_or_si128(c4, c5),
                       _mm_cmpeq_epi8(block, _mm_set1_epi8('\xc4')));
    c5 = _mm_and_si128(c5, _mm_cmpeq_epi8(block, _mm_set1_epi8('\xc5')));

    c6 = _mm_or_si128(_mm_cmpeq_epi8(second, _mm_set1_epi8('\xa1')),
                      _mm_cmpeq_epi8(second, _mm_set1_epi8('\xb0')));
    c6 = _mm_and_si128(c6, _mm_cmpeq_epi8(block, _mm_set1_epi8('\xc6')));

    return _mm_or_si128(_mm_or_si128(c3, c4), _mm_or_si128(c5, c6));
}


/* Where "ạ" to "ỹ" begin, all small letters of U+1EA1 to U+1EF9. */

static __m128i
vet_latin_three(__m128i block, __m128i second, __m128i third)
{
    __m128i  high, small;

    /* behind 0xba from 0xa1 on, behind 0xbb up to 0xb9 */

    high = _mm_or_si128(
               _mm_and_si128(_mm_cmpeq_epi8(second, _mm_set1_epi8('\xba')),
                             _mm_cmpgt_epi8(third, _mm_set1_epi8('\xa0'))),
               _mm_and_si128(_mm_cmpeq_epi8(second, _mm_set1_epi8('\xbb')),
                             _mm_cmplt_epi8(third, _mm_set1_epi8('\xba'))));

    /* these have an odd number; the sign bit is that of a character's rest */

    small = _mm_cmpeq_epi8(_mm_and_si128(third, _mm_set1_epi8('\x81')),
                           _mm_set1_epi8('\x81'));
    small = _mm_and_si128(small, _mm_cmplt_epi8(third, _mm_set1_epi8('\xc0')));
    small = _mm_and_si128(small, _mm_cmpeq_epi8(block,
                                                _mm_set1_epi8('\xe1')));

    return _mm_and_si128(high, small);
}


/* Makes capitals of ASCII small. */

static __m128i
vet_latin_lower(__m128i block)
{
    __m128i  capitals;

    capitals = _mm_and_si128(_mm_cmpgt_epi8(block, _mm_set1_epi8('A' - 1)),
                             _mm_cmplt_epi8(block, _mm_set1_epi8('Z' + 1)));

    return _mm_or_si128(block, _mm_and_si128(capitals, _mm_set1_epi8(0x20)));
}


/* Where control characters of ASCII are. */

static unsigned
vet_latin_controls(__m128i block)
{
    __m128i  control;

    /* bytes above 127 are below SPACE here */

    control = _mm_or_si128(_mm_cmplt_epi8(block, _mm_set1_epi8(' ')),
                           _mm_cmpeq_epi8(block, _mm_set1_epi8(0x7f)));

    return (unsigned) _mm_movemask_epi8(control)
           & ~(unsigned) _mm_movemask_epi8(block);
}


size_t
vet_latin_whole(const unsigned char *p, size_t len)
{
    unsigned  rest, lead, more, bad;
    __m128i   block, second;

    if (len <= VET_BLOCK) {
        return 0;
    }

    block = _mm_loadu_si128((const __m128i *) p);
    second = _mm_loadu_si128((const __m128i *) (p + 1));

    /* continuation bytes, where they are and where they should be */

    rest = VET_LATIN_BITS(_mm_cmplt_epi8(block, _mm_set1_epi8('\xc0')));
    lead = VET_LATIN_BITS(block) & ~rest;
    more = lead << 1
           | VET_LATIN_BITS(VET_LATIN_FROM(block, '\xe0')) << 2
           | VET_LATIN_BITS(VET_LATIN_FROM(block, '\xf0')) << 3;

    /* what is longer than it need be, surrogates, and above U+10FFFF */

    bad = (more ^ rest) & ((1u << VET_BLOCK) - 1);
    bad |= VET_LATIN_BITS(_mm_or_si128(
               VET_LATIN_FROM(block, '\xf5'),
               _mm_cmpeq_epi8(_mm_and_si128(block, _mm_set1_epi8('\xfe')),
                              _mm_set1_epi8('\xc0'))));
    bad |= VET_LATIN_BITS(_mm_cmplt_epi8(second, _mm_set1_epi8('\xa0')))
           & VET_LATIN_BITS(_mm_cmpeq_epi8(block, _mm_set1_epi8('\xe0')));
    bad |= VET_LATIN_BITS(_mm_cmpgt_epi8(second, _mm_set1_epi8('\x9f')))
           & VET_LATIN_BITS(_mm_cmpeq_epi8(block, _mm_set1_epi8('\xed')));
    bad |= VET_LATIN_BITS(_mm_cmplt_epi8(second, _mm_set1_epi8('\x90')))
           & VET_LATIN_BITS(_mm_cmpeq_epi8(block, _mm_set1_epi8('\xf0')));
    bad |= VET_LATIN_BITS(_mm_cmpgt_epi8(second, _mm_set1_epi8('\x8f')))
           & VET_LATIN_BITS(_mm_cmpeq_epi8(block, _mm_set1_epi8('\xf4')));

    if (bad != 0) {
        return 0;
    }

    return (more >> VET_BLOCK == 0)
           ? VET_BLOCK : 31 - (size_t) __builtin_clz(lead);
}

#else

size_t
vet_latin_whole(const unsigned char *p, size_t len)
{
    (void) p;
    (void) len;

    return 0;
}

#endif
