
/*
 * Copyright (C) the moderate authors
 *
 * application/x-www-form-urlencoded, as WHATWG URL section 5.1 reads it: there
 * is no wrong body, a "%" without two hexadecimal digits stands for itself.
 *
 * Browsers leave next to no byte as it is.  Some that they never do are read
 * by a backend in its own way; then the body is read on and unreadable.
 */


#ifndef _GNU_SOURCE
#define _GNU_SOURCE     /* memmem() */
#endif

#include <endian.h>
#include <string.h>

#include "vet_parse.h"


/* what may be wrong behind a "%" */

#define VET_URLENCODED_WRONG  1
#define VET_URLENCODED_SIGN   2


static void vet_urlencoded_look(vet_reader_t *r);
static const unsigned char *vet_urlencoded_divided(const unsigned char *pos,
    const unsigned char *end);
static const unsigned char *vet_urlencoded_unicode(const unsigned char *pos,
    const unsigned char *end);
static int vet_urlencoded_pair(vet_reader_t *r, const unsigned char *pos,
    const unsigned char *end);
static int vet_urlencoded_bracket(const unsigned char *pos,
    const unsigned char *end);
static int vet_urlencoded_text(vet_reader_t *r, const unsigned char *pos,
    const unsigned char *end, vet_str_t *text);
static size_t vet_urlencoded_decode(const unsigned char *pos,
    const unsigned char *end, unsigned char *dst, int *wrong, int *high);
static uint64_t vet_urlencoded_equal(uint64_t eight, unsigned char c);
static size_t vet_urlencoded_byte(const unsigned char *pos,
    const unsigned char *end, unsigned char *dst, int *wrong);


/*
 * Hexadecimal digits, the first and the second one: together they are the byte
 * and both marks.  Tables, as whether a digit is a letter cannot be predicted.
 */

#define VET_HEX_FIRST   0x100
#define VET_HEX_SECOND  0x200
#define VET_HEX_BOTH    (VET_HEX_FIRST|VET_HEX_SECOND)

#define vet_hex_table(mark, weight)                                          \
    ['0'] = (mark),                   ['1'] = (mark) | 1 * (weight),         \
    ['2'] = (mark) | 2 * (weight),    ['3'] = (mark) | 3 * (weight),         \
    ['4'] = (mark) | 4 * (weight),    ['5'] = (mark) | 5 * (weight),         \
    ['6'] = (mark) | 6 * (weight),    ['7'] = (mark) | 7 * (weight),         \
    ['8'] = (mark) | 8 * (weight),    ['9'] = (mark) | 9 * (weight),         \
    ['a'] = (mark) | 10 * (weight),   ['A'] = (mark) | 10 * (weight),        \
    ['b'] = (mark) | 11 * (weight),   ['B'] = (mark) | 11 * (weight),        \
    ['c'] = (mark) | 12 * (weight),   ['C'] = (mark) | 12 * (weight),        \
    ['d'] = (mark) | 13 * (weight),   ['D'] = (mark) | 13 * (weight),        \
    ['e'] = (mark) | 14 * (weight),   ['E'] = (mark) | 14 * (weight),        \
    ['f'] = (mark) | 15 * (weight),   ['F'] = (mark) | 15 * (weight)

static const uint16_t  vet_hex_first[256] = {
    vet_hex_table(VET_HEX_FIRST, 16)
};

static const uint16_t  vet_hex_second[256] = {
    vet_hex_table(VET_HEX_SECOND, 1)
};


int
vet_read_urlencoded(vet_reader_t *r)
{
    int                   rc;
    const unsigned char  *pos, *end, *amp;

    vet_urlencoded_look(r);

    pos = r->body.data;
    end = pos + r->body.len;

    while (pos < end) {

        if (*pos == '&') {
            pos++;
            continue;
        }

        amp = memchr(pos, '&', (size_t) (end - pos));
        if (amp == NULL) {
            amp = end;
        }

        rc = vet_urlencoded_pair(r, pos, amp);
        if (rc != VET_OK) {
            return rc;
        }

        pos = amp;
    }

    return VET_OK;
}


/*
 * A semicolon divides pairs for CGI.pm and python-multipart, which matters
 * where a pair comes behind it: curl -d sends "12; thanks" as people write it,
 * and then the value they see is the beginning of ours.  Without any "="
 * and "&" CGI.pm takes the body for a list of words; "%u0111" is a character
 * for CGI.pm and ASP.NET.  Bytes that are not UTF-8 as they stand, not behind
 * a "%", make Django and busboy take all of the body for Latin-1.
 */

static void
vet_urlencoded_look(vet_reader_t *r)
{
    size_t                bad;
    const unsigned char  *pos, *end, *found;

    pos = r->body.data;
    end = pos + r->body.len;

    bad = vet_utf8_check(r->body);

    if (bad != r->body.len) {
        vet_reader_note(r, VET_CHARSET, bad);
    }

    found = vet_urlencoded_divided(pos, end);

    if (found != NULL) {
        vet_reader_note(r, VET_FORM_AMBIGUOUS, (size_t) (found - pos));
    }

    if (memchr(pos, '=', r->body.len) == NULL
        && memchr(pos, '&', r->body.len) == NULL)
    {
        vet_reader_note(r, VET_FORM_AMBIGUOUS, 0);
    }

    found = vet_urlencoded_unicode(pos, end);

    if (found != NULL) {
        vet_reader_note(r, VET_FORM_AMBIGUOUS, (size_t) (found - pos));
    }
}


/* Returns the first semicolon with a pair behind it, or NULL. */

static const unsigned char *
vet_urlencoded_divided(const unsigned char *pos, const unsigned char *end)
{
    const unsigned char  *found;

    while (pos < end) {

        found = memchr(pos, ';', (size_t) (end - pos));
        if (found == NULL) {
            return NULL;
        }

        for (pos = found + 1; pos < end; pos++) {

            if (*pos == '=') {
                return found;
            }

            if (*pos == ';' || *pos == '&') {
                break;
            }
        }
    }

    return NULL;
}


/*
 * Returns the first "%uXXXX", or NULL.  Sixteen places are looked at together,
 * as memmem() took as long as all the decoding.
 */

static const unsigned char *
vet_urlencoded_unicode(const unsigned char *pos, const unsigned char *end)
{
    uint64_t       found[2];
    vet_sixteen_t  one, next;

    while (end - pos >= 6) {

        if (end - pos > 16) {
            memcpy(&one, pos, 16);
            memcpy(&next, pos + 1, 16);

            one = (vet_sixteen_t) ((one == '%') & (next == 'u'));
            memcpy(found, &one, 16);

            if ((found[0] | found[1]) == 0) {
                pos += 16;
                continue;
            }
        }

        if (pos[0] == '%' && pos[1] == 'u'
            && vet_hex_first[pos[2]] != 0
            && vet_hex_first[pos[3]] != 0
            && vet_hex_first[pos[4]] != 0
            && vet_hex_first[pos[5]] != 0)
        {
            return pos;
        }

        pos++;
    }

    return NULL;
}


static int
vet_urlencoded_pair(vet_reader_t *r, const unsigned char *pos,
    const unsigned char *end)
{
    int                   rc;
    vet_field_t           field;
    const unsigned char  *eq, *value;

    memset(&field, 0, sizeof(vet_field_t));

    eq = memchr(pos, '=', (size_t) (end - pos));
    if (eq == NULL) {
        eq = end;
        value = end;

    } else {
        value = eq + 1;
    }

    if (vet_urlencoded_bracket(value, end)) {
        vet_reader_note(r, VET_FORM_AMBIGUOUS,
                        (size_t) (value - r->body.data));
    }

    rc = vet_urlencoded_text(r, pos, eq, &field.name);
    if (rc != VET_OK) {
        return rc;
    }

    rc = vet_urlencoded_text(r, value, end, &field.value);
    if (rc != VET_OK) {
        return rc;
    }

    return vet_charset_add(r, r->charset, r->charset, &field,
                           (size_t) (pos - r->body.data), VET_CHARSET);
}


/*
 * To qs, the parser of Express, a name goes up to the first "]=", if there is
 * one.  Tells whether there is one in the value.
 */

static int
vet_urlencoded_bracket(const unsigned char *pos, const unsigned char *end)
{
    const unsigned char  *eq, *start;

    for (start = pos; pos < end; pos = eq + 1) {

        eq = memchr(pos, '=', (size_t) (end - pos));
        if (eq == NULL) {
            return 0;
        }

        if ((eq - start >= 1 && eq[-1] == ']')
            || (eq - start >= 3 && eq[-3] == '%' && eq[-2] == '5'
                && (eq[-1] | 0x20) == 'd'))
        {
            return 1;
        }
    }

    return 0;
}


/*
 * Text that needs no decoding stays in the body.
 *
 * Where one "%" of a text is wrong, or stands for a byte that is not UTF-8,
 * Node decodes that text in another way, in which of a character above U+00FF
 * that is not behind a "%" the low eight bits are left: U+0173 becomes "s".
 * Java takes "%+1" for a number with a sign, U+0001.
 */

static int
vet_urlencoded_text(vet_reader_t *r, const unsigned char *pos,
    const unsigned char *end, vet_str_t *text)
{
    int             wrong, high;
    vet_str_t       sent;
    unsigned char  *dst;

    sent.data = pos;
    sent.len = (size_t) (end - pos);

    *text = sent;

    if (sent.len == 0
        || (memchr(pos, '%', sent.len) == NULL
            && memchr(pos, '+', sent.len) == NULL))
    {
        return VET_OK;
    }

    dst = vet_palloc(r->pool, sent.len);
    if (dst == NULL) {
        return vet_pool_failure(r->pool);
    }

    text->data = dst;
    text->len = vet_urlencoded_decode(pos, end, dst, &wrong, &high);

    if ((wrong & VET_URLENCODED_SIGN)
        || (high && (wrong || vet_utf8_check(*text) != text->len)))
    {
        vet_reader_note(r, VET_FORM_AMBIGUOUS, (size_t) (pos - r->body.data));
    }

    return VET_OK;
}


/*
 * Eight bytes at a time up to the next "%": how far that is cannot be
 * predicted either.  What is written is never longer than what was read, so
 * there is room for eight.  Tells whether a "%" was wrong and whether a byte
 * is above 0x7f as it stands.
 */

static size_t
vet_urlencoded_decode(const unsigned char *pos, const unsigned char *end,
    unsigned char *dst, int *wrong, int *high)
{
    uint64_t        all, eight, percent;
    unsigned char  *start;

    start = dst;
    all = 0;
    *wrong = 0;

    while (end - pos >= 8) {
        memcpy(&eight, pos, 8);
        all |= eight;
        eight = le64toh(eight);

        /* exact up to the first "%", which is all that is asked */

        percent = eight ^ 0x2525252525252525u;
        percent = (percent - 0x0101010101010101u) & ~percent
                  & 0x8080808080808080u;

        eight ^= (vet_urlencoded_equal(eight, '+') >> 7) * ('+' ^ ' ');

        eight = htole64(eight);
        memcpy(dst, &eight, 8);

        if (percent == 0) {
            pos += 8;
            dst += 8;
            continue;
        }

        pos += __builtin_ctzll(percent) / 8;
        dst += __builtin_ctzll(percent) / 8;

        do {
            pos += vet_urlencoded_byte(pos, end, dst++, wrong);
        } while (pos < end && *pos == '%');
    }

    while (pos < end) {
        all |= *pos;

        if (*pos == '%') {
            pos += vet_urlencoded_byte(pos, end, dst++, wrong);

        } else {
            *dst++ = (*pos == '+') ? ' ' : *pos;
            pos++;
        }
    }

    *high = (all & 0x8080808080808080u) != 0;

    return (size_t) (dst - start);
}


/* Gives 0x80 for each of the eight bytes that is c, and 0 for others. */

static uint64_t
vet_urlencoded_equal(uint64_t eight, unsigned char c)
{
    eight ^= 0x0101010101010101u * c;

    return ~(((eight & 0x7f7f7f7f7f7f7f7fu) + 0x7f7f7f7f7f7f7f7fu) | eight)
           & 0x8080808080808080u;
}


/* Decodes what a "%" begins; returns how many bytes of the body it is. */

static size_t
vet_urlencoded_byte(const unsigned char *pos, const unsigned char *end,
    unsigned char *dst, int *wrong)
{
    unsigned  byte;

    if (end - pos > 2) {
        byte = vet_hex_first[pos[1]] | vet_hex_second[pos[2]];

        if (byte >= VET_HEX_BOTH) {
            *dst = (unsigned char) byte;
            return 3;
        }

        if (pos[1] == '+' && byte >= VET_HEX_SECOND) {
            *wrong |= VET_URLENCODED_SIGN;
        }
    }

    *dst = '%';
    *wrong |= VET_URLENCODED_WRONG;

    return 1;
}
