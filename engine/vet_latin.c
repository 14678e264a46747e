
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

#include "vet_rules.h"


#define VET_BLOCK  16        /* bytes of a vector */


static int vet_latin_letter(vet_latin_t *l);
static int vet_latin_span(vet_latin_t *l, size_t to);
static void vet_latin_back(vet_latin_t *l);
static size_t vet_latin_word(vet_str_t text, size_t i, size_t *last);
#if defined(__SSE2__)
static size_t vet_latin_block(const unsigned char *p, unsigned char *out);
static __m128i vet_latin_capitals(__m128i block);
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
#endif

    l->region = 0;

    while (l->i < l->size) {
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

#if defined(__SSE2__)

        if (l->size - l->i >= VET_BLOCK) {
            n = vet_latin_block(l->data + l->i, l->out + l->len);
            l->i += n;
            l->len += n;

            if (n != 0) {
                continue;
            }
        }

#endif

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


size_t
vet_latin_words(vet_str_t text, size_t i, uint32_t *cp, uint32_t *bare,
    size_t *from)
{
    size_t  end, at;

    at = 0;
    end = i;

    while (i < text.len && text.data[i] == ' ') {
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

    if (i < text.len && text.data[i] != ' ' && text.data[i] != '.'
        && text.data[i] != ',')
    {
        return 0;
    }

    return i;
}


#if defined(__SSE2__)

/*
 * Writes a block in small letters; returns how many bytes of it are ASCII and
 * no control characters.
 */

static size_t
vet_latin_block(const unsigned char *p, unsigned char *out)
{
    int      mask;
    __m128i  block, bad;

    block = _mm_loadu_si128((const __m128i *) p);

    /* bytes above 127 are below SPACE here */

    bad = _mm_or_si128(_mm_cmplt_epi8(block, _mm_set1_epi8(' ')),
                       _mm_cmpeq_epi8(block, _mm_set1_epi8(0x7f)));
    mask = _mm_movemask_epi8(bad);

    block = _mm_or_si128(block, _mm_and_si128(vet_latin_capitals(block),
                                              _mm_set1_epi8(0x20)));
    _mm_storeu_si128((__m128i *) out, block);

    return (mask == 0) ? VET_BLOCK : (size_t) __builtin_ctz((unsigned) mask);
}


static __m128i
vet_latin_capitals(__m128i block)
{
    return _mm_and_si128(_mm_cmpgt_epi8(block, _mm_set1_epi8('A' - 1)),
                         _mm_cmplt_epi8(block, _mm_set1_epi8('Z' + 1)));
}

#endif
