
/*
 * Copyright (C) the moderate authors
 *
 * application/x-www-form-urlencoded, as WHATWG URL section 5.1 reads it: there
 * is no wrong body, a "%" without two hexadecimal digits stands for itself.
 */


#include <string.h>

#include "vet_parse.h"


static int vet_urlencoded_pair(vet_reader_t *r, const unsigned char *pos,
    const unsigned char *end);
static int vet_urlencoded_text(vet_reader_t *r, const unsigned char *pos,
    const unsigned char *end, vet_str_t *text);
static size_t vet_urlencoded_decode(const unsigned char *pos,
    const unsigned char *end, unsigned char *dst);
static int vet_urlencoded_hex(unsigned char c);


int
vet_read_urlencoded(vet_reader_t *r)
{
    int                   rc;
    const unsigned char  *pos, *end, *amp;

    pos = r->body.data;
    end = pos + r->body.len;

    while (pos < end) {

        amp = memchr(pos, '&', (size_t) (end - pos));
        if (amp == NULL) {
            amp = end;
        }

        if (amp > pos) {
            rc = vet_urlencoded_pair(r, pos, amp);
            if (rc != VET_OK) {
                return rc;
            }
        }

        if (amp == end) {
            break;
        }

        pos = amp + 1;
    }

    return VET_OK;
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

    rc = vet_urlencoded_text(r, pos, eq, &field.name);
    if (rc != VET_OK) {
        return rc;
    }

    rc = vet_urlencoded_text(r, value, end, &field.value);
    if (rc != VET_OK) {
        return rc;
    }

    return vet_reader_add(r, &field, (size_t) (pos - r->body.data));
}


/* Text that needs no decoding stays in the body. */

static int
vet_urlencoded_text(vet_reader_t *r, const unsigned char *pos,
    const unsigned char *end, vet_str_t *text)
{
    size_t          len;
    unsigned char  *dst;

    len = (size_t) (end - pos);

    text->data = pos;
    text->len = len;

    if (len == 0
        || (memchr(pos, '%', len) == NULL && memchr(pos, '+', len) == NULL))
    {
        return VET_OK;
    }

    dst = vet_palloc(r->pool, len);
    if (dst == NULL) {
        return vet_pool_failure(r->pool);
    }

    text->data = dst;
    text->len = vet_urlencoded_decode(pos, end, dst);

    return VET_OK;
}


static size_t
vet_urlencoded_decode(const unsigned char *pos, const unsigned char *end,
    unsigned char *dst)
{
    int             high, low;
    unsigned char  *start;

    start = dst;

    while (pos < end) {

        if (*pos == '%' && end - pos > 2) {
            high = vet_urlencoded_hex(pos[1]);
            low = vet_urlencoded_hex(pos[2]);

            if (high >= 0 && low >= 0) {
                *dst++ = (unsigned char) (high * 16 + low);
                pos += 3;
                continue;
            }
        }

        *dst++ = (*pos == '+') ? ' ' : *pos;
        pos++;
    }

    return (size_t) (dst - start);
}


static int
vet_urlencoded_hex(unsigned char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }

    c |= 0x20;

    if (c >= 'a' && c <= 'f') {
        return c - 'a' + 10;
    }

    return -1;
}
