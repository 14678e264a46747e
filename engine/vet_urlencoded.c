
/*
 * Copyright (C) the moderate authors
 *
 * application/x-www-form-urlencoded, as WHATWG URL section 5.1 reads it: there
 * is no wrong body, a "%" without two hexadecimal digits stands for itself.
 *
 * Browsers leave next to no byte as it is.  Some that they never do are read
 * by a backend in its own way; then the body is read on and unreadable.
 */


#include <string.h>

#include "vet_lanes.h"
#include "vet_parse.h"


/* what may be wrong behind a "%" */

#define VET_URLENCODED_WRONG  1
#define VET_URLENCODED_SIGN   2


/*
 * What is decoded together, and what is copied together: more than there is
 * between one "%" and the next in most of a Vietnamese text.  One block reads
 * up to VET_URLENCODED_READ bytes, and writes as many.
 */

#define VET_URLENCODED_BLOCK  64
#define VET_URLENCODED_READ   (VET_URLENCODED_BLOCK + VET_LANES)
#define VET_URLENCODED_END    (VET_URLENCODED_BLOCK + VET_URLENCODED_READ)


/* what a body may have in it */

#define VET_URLENCODED_HIGH       1     /* a byte above 0x7f */
#define VET_URLENCODED_SEMICOLON  2
#define VET_URLENCODED_UNICODE    4     /* "%u" */


/* Not 0, or above 0x7f, for each of sixteen places that had it. */

typedef struct {
    vet_lanes_t           all;
    vet_lanes_t           semicolons;
    vet_lanes_t           unicode;
} vet_urlencoded_has_t;


/* A text that is being decoded. */

typedef struct {
    size_t                  at;         /* of the next block: already read */
    size_t                  gone;       /* so many bytes fewer were written */
    int                     wrong;
    vet_lanes_t           all;        /* all bytes as they were sent */
} vet_urlencoded_t;


static void vet_urlencoded_look(vet_reader_t *r);
static unsigned vet_urlencoded_has(vet_str_t body);
static inline void vet_urlencoded_lanes(vet_urlencoded_has_t *has,
    const unsigned char *pos);
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
static size_t vet_urlencoded_decode(vet_str_t text, unsigned char *dst,
    int *wrong, int *high);
static inline void vet_urlencoded_block(vet_urlencoded_t *d,
    const unsigned char *pos, unsigned char *dst);
static int vet_urlencoded_wrong(const unsigned char *pos);
static inline void vet_urlencoded_copy(unsigned char *dst,
    const unsigned char *pos);
static inline uint64_t vet_urlencoded_percents(const unsigned char *pos,
    vet_lanes_t *all);


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

static const unsigned  vet_hex_first[256] = {
    vet_hex_table(VET_HEX_FIRST, 16)
};

static const unsigned  vet_hex_second[256] = {
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
    unsigned              has;
    const unsigned char  *pos, *end, *found;

    pos = r->body.data;
    end = pos + r->body.len;
    has = vet_urlencoded_has(r->body);

    if (has & VET_URLENCODED_HIGH) {
        bad = vet_utf8_check(r->body);

        if (bad != r->body.len) {
            vet_reader_note(r, VET_CHARSET, bad);
        }
    }

    if (has & VET_URLENCODED_SEMICOLON) {
        found = vet_urlencoded_divided(pos, end);

        if (found != NULL) {
            vet_reader_note(r, VET_FORM_AMBIGUOUS, (size_t) (found - pos));
        }
    }

    if (memchr(pos, '=', r->body.len) == NULL
        && memchr(pos, '&', r->body.len) == NULL)
    {
        vet_reader_note(r, VET_FORM_AMBIGUOUS, 0);
    }

    if (has & VET_URLENCODED_UNICODE) {
        found = vet_urlencoded_unicode(pos, end);

        if (found != NULL) {
            vet_reader_note(r, VET_FORM_AMBIGUOUS, (size_t) (found - pos));
        }
    }
}


/* Tells, in one pass, which of the next looks are needed. */

static unsigned
vet_urlencoded_has(vet_str_t body)
{
    vet_urlencoded_has_t  has;
    const unsigned char  *pos, *end;
    unsigned char         rest[VET_LANES + 1];

    memset(&has, 0, sizeof(vet_urlencoded_has_t));

    end = body.data + body.len;

    for (pos = body.data;
         end - pos > VET_LANES;
         pos += VET_LANES)
    {
        vet_urlencoded_lanes(&has, pos);
    }

    memset(rest, 0, sizeof(rest));
    memcpy(rest, pos, (size_t) (end - pos));

    vet_urlencoded_lanes(&has, rest);

    return (vet_lanes_bits(has.all) ? VET_URLENCODED_HIGH : 0)
           | (vet_lanes_bits(has.semicolons) ? VET_URLENCODED_SEMICOLON
                                                 : 0)
           | (vet_lanes_bits(has.unicode) ? VET_URLENCODED_UNICODE : 0);
}


/* Looks at sixteen bytes, each with the one behind it. */

static inline void
vet_urlencoded_lanes(vet_urlencoded_has_t *has, const unsigned char *pos)
{
    vet_lanes_t  one, next;

    one = vet_lanes_load(pos);
    next = vet_lanes_load(pos + 1);

    has->all |= one;
    has->semicolons |= (vet_lanes_t) (one == ';');
    has->unicode |= (vet_lanes_t) ((one == '%') & (next == 'u'));
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


/* Returns the first "%uXXXX", or NULL. */

static const unsigned char *
vet_urlencoded_unicode(const unsigned char *pos, const unsigned char *end)
{
    for ( /* void */ ; end - pos >= 6; pos++) {

        if (pos[0] == '%' && pos[1] == 'u'
            && vet_hex_first[pos[2]] != 0
            && vet_hex_first[pos[3]] != 0
            && vet_hex_first[pos[4]] != 0
            && vet_hex_first[pos[5]] != 0)
        {
            return pos;
        }
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
    text->len = vet_urlencoded_decode(sent, dst, &wrong, &high);

    if ((wrong & VET_URLENCODED_SIGN)
        || (high && (wrong || vet_utf8_check(*text) != text->len)))
    {
        vet_reader_note(r, VET_FORM_AMBIGUOUS, (size_t) (pos - r->body.data));
    }

    return VET_OK;
}


/*
 * A block at a time.  The last ones are read from a copy that has NULs behind
 * it and written beside the text, as a block reads and writes more than it is
 * long.  Tells whether a "%" was wrong and whether a byte is above 0x7f as it
 * stands.
 */

static size_t
vet_urlencoded_decode(vet_str_t text, unsigned char *dst, int *wrong,
    int *high)
{
    size_t                at, done, rest, len;
    vet_urlencoded_t      d;
    const unsigned char  *pos;
    unsigned char         in[VET_URLENCODED_END], out[VET_URLENCODED_END];

    memset(&d, 0, sizeof(vet_urlencoded_t));

    pos = text.data;
    done = 0;

    while (text.len - done >= VET_URLENCODED_READ) {
        vet_urlencoded_block(&d, pos + done, dst + done);
        done += VET_URLENCODED_BLOCK;
    }

    len = done - d.gone;
    rest = text.len - done;

    memset(in, 0, sizeof(in));
    memcpy(in, pos + done, rest);

    /* the first of them may have been read together with what is before */

    at = d.at;
    d.gone = 0;

    for (done = 0; done < rest; done += VET_URLENCODED_BLOCK) {
        vet_urlencoded_block(&d, in + done, out + done);
    }

    memcpy(dst + len + at, out + at, rest - d.gone - at);

    *wrong = d.wrong;
    *high = vet_lanes_bits(d.all);

    return len + rest - d.gone;
}


/*
 * Decodes a block to dst, less what is gone already.  Where each "%" is is
 * known before the first is decoded: how far it is to the next one, or how
 * many follow each other, cannot be predicted.
 */

static inline void
vet_urlencoded_block(vet_urlencoded_t *d, const unsigned char *pos,
    unsigned char *dst)
{
    size_t          at, next;
    unsigned        byte;
    uint64_t        percents;
    vet_lanes_t     all;
    unsigned char  *start;

    all = d->all;
    percents = vet_urlencoded_percents(pos, &all);
    d->all = all;
    dst -= d->gone;
    start = dst;
    at = d->at;

    while (percents != 0) {
        next = (unsigned) __builtin_ctzll(percents);
        percents &= percents - 1;

        /* at least once, and what is too much is written over */

        do {
            vet_urlencoded_copy(dst + at, pos + at);
            at += VET_LANES;
        } while (at < next);

        byte = vet_hex_first[pos[next + 1]] | vet_hex_second[pos[next + 2]];

        if (byte < VET_HEX_BOTH) {
            d->wrong |= vet_urlencoded_wrong(pos + next);
            dst[next] = '%';
            at = next + 1;
            continue;
        }

        dst[next] = (unsigned char) byte;
        at = next + 3;
        dst -= 2;
    }

    d->gone += (size_t) (start - dst);

    next = at;

    while (at < VET_URLENCODED_BLOCK) {
        vet_urlencoded_copy(dst + at, pos + at);
        at += VET_LANES;
    }

    d->at = (next > VET_URLENCODED_BLOCK) ? next - VET_URLENCODED_BLOCK : 0;
}


/* Tells what is wrong with a "%". */

static int
vet_urlencoded_wrong(const unsigned char *pos)
{
    return (pos[1] == '+' && vet_hex_second[pos[2]] != 0)
           ? VET_URLENCODED_WRONG | VET_URLENCODED_SIGN
           : VET_URLENCODED_WRONG;
}


/* Copies sixteen bytes, each "+" as a space. */

static inline void
vet_urlencoded_copy(unsigned char *dst, const unsigned char *pos)
{
    vet_lanes_t  bytes;

    bytes = vet_lanes_load(pos);
    bytes ^= (vet_lanes_t) (bytes == '+') & ('+' ^ ' ');

    memcpy(dst, &bytes, sizeof(bytes));
}


/* Gives a bit for each "%" of a block, the lowest one for its first byte. */

static inline uint64_t
vet_urlencoded_percents(const unsigned char *pos, vet_lanes_t *all)
{
    size_t       i;
    uint64_t     bits;
    vet_lanes_t  bytes;

    bits = 0;

    for (i = 0; i < VET_URLENCODED_BLOCK; i += VET_LANES) {
        bytes = vet_lanes_load(pos + i);
        *all |= bytes;

        bytes = (vet_lanes_t) (bytes == '%');
        bits |= (uint64_t) vet_lanes_bits(bytes) << i;
    }

    return bits;
}
