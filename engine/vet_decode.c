
/*
 * Copyright (C) the moderate authors
 *
 * Readings: what people may get to see of a value.
 *
 * A portal decodes what it was sent before it shows it, and which portal does
 * what is said by moderate_decode.  Portals are many and so are their ways
 * around broken markup: a text that one strips another shows.  So a value is
 * not replaced by what comes of it; all its readings are compared with the
 * rules: as it was sent, decoded with the markup left in it, and decoded with
 * the markup taken out, in more than one way where it is not clean.  Decoding
 * can thus never hide what would be found without it.
 *
 * A value that is not UTF-8 has these readings in two more ways: with U+FFFD
 * for each wrong byte, as it is mostly shown, and as windows-1258: forms of old
 * Vietnamese pages are posted in it, and browsers do not say so.  And each
 * reading in which words are written letter by letter has another, in which
 * they are not.
 */


#include <string.h>

#include "vet_rules.h"


#define VET_DECODE_MAX      (UINT32_MAX / 16)   /* spans have 32 bits */
#define VET_DECODE_SHORT    16      /* bytes copied at once, needed or not */


/* What is applied to a value for one of its readings. */

typedef struct {
    vet_pool_t             *pool;
    const vet_decoder_t    *decoders;
    size_t                  ndecoders;
    int                     strips;     /* one of them takes markup out */
    int                     odd;        /* markup was not clean */
    size_t                  n;
    vet_reading_t           elts[VET_READINGS_MAX];
} vet_chain_t;

typedef void (*vet_decode_pt)(vet_decoding_t *d);


static int vet_readings_strips(const vet_decoder_t *decoders, size_t n);
static int vet_readings_bytes(vet_chain_t *c, vet_reading_t base,
    vet_readings_t *readings, vet_decode_pt decode);
static int vet_readings_of(vet_chain_t *c, const vet_reading_t *base,
    vet_readings_t *readings);
static int vet_readings_all(vet_pool_t *pool, const vet_form_t *form,
    const vet_field_t *field, int spelled, vet_readings_t *readings);
static int vet_readings_spelled(vet_chain_t *c);
static int vet_readings_add(vet_chain_t *c, const vet_reading_t *base,
    vet_strip_t strip, size_t *at);
static int vet_reading_step(vet_chain_t *c, vet_reading_t *r,
    vet_decoder_t decoder, vet_strip_t strip);
static int vet_reading_stage(vet_chain_t *c, vet_reading_t *r, int trigger,
    vet_decode_pt decode, vet_strip_t strip);
static int vet_reading_has(vet_str_t text, int c);
static void vet_decode_url(vet_decoding_t *d);
static int vet_decode_hex(unsigned char c);
static void vet_decode_1258(vet_decoding_t *d);
static void vet_decode_replaced(vet_decoding_t *d);
static unsigned char *vet_decoding_room(vet_decoding_t *d, size_t n);
static void vet_decoding_span(vet_decoding_t *d, size_t from, size_t to);


static const char *const  vet_decoder_names[VET_DECODER_N] = {
    "urldecode",
    "entities",
    "tags",
    "bbcode"
};


/* from 0x80 on; what is not assigned is read as ISO 8859-1 */

static const uint16_t  vet_decode_1258_high[128] = {
    0x20ac, 0x0081, 0x201a, 0x0192, 0x201e, 0x2026, 0x2020, 0x2021,
    0x02c6, 0x2030, 0x008a, 0x2039, 0x0152, 0x008d, 0x008e, 0x008f,
    0x0090, 0x2018, 0x2019, 0x201c, 0x201d, 0x2022, 0x2013, 0x2014,
    0x02dc, 0x2122, 0x009a, 0x203a, 0x0153, 0x009d, 0x009e, 0x0178,
    0x00a0, 0x00a1, 0x00a2, 0x00a3, 0x00a4, 0x00a5, 0x00a6, 0x00a7,
    0x00a8, 0x00a9, 0x00aa, 0x00ab, 0x00ac, 0x00ad, 0x00ae, 0x00af,
    0x00b0, 0x00b1, 0x00b2, 0x00b3, 0x00b4, 0x00b5, 0x00b6, 0x00b7,
    0x00b8, 0x00b9, 0x00ba, 0x00bb, 0x00bc, 0x00bd, 0x00be, 0x00bf,
    0x00c0, 0x00c1, 0x00c2, 0x0102, 0x00c4, 0x00c5, 0x00c6, 0x00c7,
    0x00c8, 0x00c9, 0x00ca, 0x00cb, 0x0300, 0x00cd, 0x00ce, 0x00cf,
    0x0110, 0x00d1, 0x0309, 0x00d3, 0x00d4, 0x01a0, 0x00d6, 0x00d7,
    0x00d8, 0x00d9, 0x00da, 0x00db, 0x00dc, 0x01af, 0x0303, 0x00df,
    0x00e0, 0x00e1, 0x00e2, 0x0103, 0x00e4, 0x00e5, 0x00e6, 0x00e7,
    0x00e8, 0x00e9, 0x00ea, 0x00eb, 0x0301, 0x00ed, 0x00ee, 0x00ef,
    0x0111, 0x00f1, 0x0323, 0x00f3, 0x00f4, 0x01a1, 0x00f6, 0x00f7,
    0x00f8, 0x00f9, 0x00fa, 0x00fb, 0x00fc, 0x01b0, 0x20ab, 0x00ff,
};


int
vet_decoder_find(vet_str_t name, vet_decoder_t *decoder)
{
    size_t  i;

    for (i = 0; i < VET_DECODER_N; i++) {
        if (vet_str_is(name, vet_decoder_names[i])) {
            *decoder = (vet_decoder_t) i;
            return VET_OK;
        }
    }

    return VET_DECLINED;
}


int
vet_readings_make(vet_pool_t *pool, const vet_form_t *form,
    const vet_field_t *field, vet_readings_t *readings)
{
    return vet_readings_all(pool, form, field, 1, readings);
}


int
vet_readings_shown(vet_pool_t *pool, const vet_form_t *form,
    const vet_field_t *field, vet_readings_t *readings)
{
    return vet_readings_all(pool, form, field, 0, readings);
}


static int
vet_readings_all(vet_pool_t *pool, const vet_form_t *form,
    const vet_field_t *field, int spelled, vet_readings_t *readings)
{
    int            rc;
    vet_chain_t    c;
    vet_reading_t  base;

    memset(readings, 0, sizeof(vet_readings_t));
    memset(&base, 0, sizeof(vet_reading_t));

    if (field->value.len > VET_DECODE_MAX) {
        return VET_LIMIT;
    }

    c.pool = pool;
    c.decoders = vet_form_chain(form, field->role, &c.ndecoders);
    c.strips = vet_readings_strips(c.decoders, c.ndecoders);
    c.n = 1;
    c.elts[0] = base;
    c.elts[0].text = field->value;
    base.text = field->value;

    rc = vet_readings_of(&c, &base, readings);

    if (rc == VET_OK && !field->utf8 && !vet_view_valid(field->value)) {
        rc = vet_readings_bytes(&c, base, readings, vet_decode_replaced);

        if (rc == VET_OK) {
            rc = vet_readings_bytes(&c, base, readings, vet_decode_1258);
        }
    }

    if (rc == VET_OK && spelled) {
        rc = vet_readings_spelled(&c);
    }

    if (rc != VET_OK) {
        return rc;
    }

    readings->elts = vet_palloc(pool, c.n * sizeof(vet_reading_t));
    if (readings->elts == NULL) {
        return vet_pool_failed(pool);
    }

    memcpy(readings->elts, c.elts, c.n * sizeof(vet_reading_t));
    readings->n = c.n;

    return VET_OK;
}


static int
vet_readings_strips(const vet_decoder_t *decoders, size_t n)
{
    size_t  i;

    for (i = 0; i < n; i++) {
        if (decoders[i] == VET_DECODER_TAGS
            || decoders[i] == VET_DECODER_BBCODE)
        {
            return 1;
        }
    }

    return 0;
}


static int
vet_readings_bytes(vet_chain_t *c, vet_reading_t base,
    vet_readings_t *readings, vet_decode_pt decode)
{
    int  rc;

    rc = vet_reading_stage(c, &base, -1, decode, VET_STRIP_NONE);
    if (rc != VET_OK) {
        return rc;
    }

    c->elts[c->n++] = base;

    return vet_readings_of(c, &base, readings);
}


/*
 * The first reading of a base is there; what the decoders make of it is added.
 * Where a length is asked for it is that of all the text, and where a text is
 * to be compared with another one it is that of the browser.
 */

static int
vet_readings_of(vet_chain_t *c, const vet_reading_t *base,
    vet_readings_t *readings)
{
    int     rc, way;
    size_t  whole, plain, other;

    if (c->ndecoders == 0) {
        return VET_OK;
    }

    c->odd = 0;
    whole = 0;

    rc = vet_readings_add(c, base, VET_STRIP_NONE, &whole);
    plain = whole;

    if (rc == VET_OK && c->strips) {
        rc = vet_readings_add(c, base, VET_STRIP_BROWSER, &plain);
    }

    for (way = VET_STRIP_SIMPLE; c->odd && rc == VET_OK && way < VET_STRIP_N;
         way++)
    {
        rc = vet_readings_add(c, base, (vet_strip_t) way, &other);
    }

    if (rc == VET_OK && base->nstages == 0) {
        readings->whole = whole;
        readings->plain = plain;
    }

    return rc;
}


/* Each has one more, where words in it are written letter by letter. */

static int
vet_readings_spelled(vet_chain_t *c)
{
    int            rc;
    size_t         i, n;
    vet_reading_t  r;

    n = c->n;

    for (i = 0; i < n; i++) {
        r = c->elts[i];

        rc = vet_reading_stage(c, &r, -1, vet_decode_spelled, VET_STRIP_NONE);
        if (rc != VET_OK) {
            return rc;
        }

        if (r.nstages != c->elts[i].nstages) {
            c->elts[c->n++] = r;
        }
    }

    return VET_OK;
}


/* Applies the decoders.  What comes out is added, or found, at *at. */

static int
vet_readings_add(vet_chain_t *c, const vet_reading_t *base, vet_strip_t strip,
    size_t *at)
{
    int            rc;
    size_t         i;
    vet_reading_t  r;

    r = *base;

    for (i = 0; i < c->ndecoders; i++) {
        rc = vet_reading_step(c, &r, c->decoders[i], strip);
        if (rc != VET_OK) {
            return rc;
        }
    }

    for (i = 0; i < c->n; i++) {
        if (c->elts[i].text.len == r.text.len
            && (r.text.len == 0 || c->elts[i].text.data == r.text.data
                || memcmp(c->elts[i].text.data, r.text.data, r.text.len)
                   == 0))
        {
            *at = i;
            return VET_OK;
        }
    }

    *at = c->n;
    c->elts[c->n++] = r;

    return VET_OK;
}


static int
vet_reading_step(vet_chain_t *c, vet_reading_t *r, vet_decoder_t decoder,
    vet_strip_t strip)
{
    switch (decoder) {

    case VET_DECODER_URLDECODE:
        return vet_reading_stage(c, r, '%', vet_decode_url, strip);

    case VET_DECODER_ENTITIES:
        return vet_reading_stage(c, r, '&', vet_decode_entities, strip);

    case VET_DECODER_TAGS:
        return (strip == VET_STRIP_NONE) ? VET_OK
               : vet_reading_stage(c, r, '<', vet_decode_tags, strip);

    default: /* VET_DECODER_BBCODE */
        return (strip == VET_STRIP_NONE) ? VET_OK
               : vet_reading_stage(c, r, '[', vet_decode_bbcode, strip);
    }
}


/* A text without the byte that a decoder acts on stays as it is. */

static int
vet_reading_stage(vet_chain_t *c, vet_reading_t *r, int trigger,
    vet_decode_pt decode, vet_strip_t strip)
{
    vet_view_t      *stages;
    vet_decoding_t   d;

    if (trigger >= 0 && !vet_reading_has(r->text, trigger)) {
        return VET_OK;
    }

    memset(&d, 0, sizeof(vet_decoding_t));
    d.pool = c->pool;
    d.in = r->text;
    d.strip = strip;
    d.spans.pool = c->pool;
    d.spans.size = sizeof(vet_span_t);

    decode(&d);

    c->odd |= d.odd;

    if (d.failed) {
        return vet_pool_failed(c->pool);
    }

    if (d.len > VET_DECODE_MAX) {
        return VET_LIMIT;
    }

    if (!d.changed) {
        return VET_OK;
    }

    /* readings that begin alike share no stages: they are few */

    stages = vet_palloc(c->pool, (r->nstages + 1) * sizeof(vet_view_t));
    if (stages == NULL) {
        return vet_pool_failed(c->pool);
    }

    if (r->nstages != 0) {
        memcpy(stages, r->stages, r->nstages * sizeof(vet_view_t));
    }

    r->text.data = (d.out == NULL) ? r->text.data : d.out;
    r->text.len = d.len;
    r->stages = stages;

    stages += r->nstages++;
    memset(stages, 0, sizeof(vet_view_t));
    stages->text = r->text;
    stages->spans = d.spans.elts;
    stages->nspans = d.spans.n;

    return VET_OK;
}


static int
vet_reading_has(vet_str_t text, int c)
{
    return text.len != 0 && memchr(text.data, c, text.len) != NULL;
}


size_t
vet_reading_start(const vet_reading_t *r, size_t pos)
{
    size_t  i;

    for (i = r->nstages; i > 0; i--) {
        pos = vet_view_start(&r->stages[i - 1], pos);
    }

    return pos;
}


size_t
vet_reading_end(const vet_reading_t *r, size_t pos)
{
    size_t  i;

    for (i = r->nstages; i > 0; i--) {
        pos = vet_view_end(&r->stages[i - 1], pos);
    }

    return pos;
}


/* encodeURIComponent() leaves no "+" for a space, so that "+" is a plus. */

static void
vet_decode_url(vet_decoding_t *d)
{
    int                   high, low;
    size_t                i, from;
    unsigned char         c;
    const unsigned char  *p;

    p = d->in.data;
    from = 0;
    i = 0;

    while (i + 2 < d->in.len) {

        high = (p[i] == '%') ? vet_decode_hex(p[i + 1]) : -1;
        low = (high >= 0) ? vet_decode_hex(p[i + 2]) : -1;

        if (low < 0) {
            i++;
            continue;
        }

        c = (unsigned char) (high * 16 + low);

        vet_decoding_copy(d, from, i);
        vet_decoding_put(d, &c, 1, i, i + 3);

        i += 3;
        from = i;
    }

    vet_decoding_copy(d, from, d->in.len);
}


static int
vet_decode_hex(unsigned char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }

    c |= 0x20;

    return (c >= 'a' && c <= 'f') ? c - 'a' + 10 : -1;
}


/* The marks that follow their letter are joined to it by the views. */

static void
vet_decode_1258(vet_decoding_t *d)
{
    size_t         i, n, from;
    unsigned char  buf[VET_UNI_BYTES];

    from = 0;

    for (i = 0; i < d->in.len; i++) {

        if (d->in.data[i] < 0x80) {
            continue;
        }

        n = vet_uni_write(vet_decode_1258_high[d->in.data[i] - 0x80], buf);

        vet_decoding_copy(d, from, i);
        vet_decoding_put(d, buf, n, i, i + 1);
        from = i + 1;
    }

    vet_decoding_copy(d, from, d->in.len);
}


/*
 * As who takes all for UTF-8 shows it: U+FFFD, which is no letter, so that a
 * stray byte does not hide where a word begins.
 */

static void
vet_decode_replaced(vet_decoding_t *d)
{
    size_t    i, n, from;
    uint32_t  cp;

    static const unsigned char  replacement[] = { 0xef, 0xbf, 0xbd };

    from = 0;

    for (i = 0; i < d->in.len; i += n) {

        n = vet_uni_read(d->in.data + i, d->in.len - i, &cp);

        if (n != 1 || cp < 0x80) {
            continue;
        }

        vet_decoding_copy(d, from, i);
        vet_decoding_put(d, replacement, sizeof(replacement), i, i + 1);
        from = i + 1;
    }

    vet_decoding_copy(d, from, d->in.len);
}


void
vet_decoding_copy(vet_decoding_t *d, size_t from, size_t to)
{
    unsigned char  *p;

    if (from == to) {
        return;
    }

    /* all of it: there is nothing to copy, and nothing was changed */

    if (from == 0 && to == d->in.len) {
        d->len = to;
        return;
    }

    p = vet_decoding_room(d, to - from);
    if (p == NULL) {
        return;
    }

    vet_decoding_span(d, from, 0);

    /* what is between two references is short, and as long as may be */

    if (to - from <= VET_DECODE_SHORT
        && d->in.len - from >= VET_DECODE_SHORT
        && d->size - d->len >= VET_DECODE_SHORT)
    {
        memcpy(p, d->in.data + from, VET_DECODE_SHORT);

    } else {
        memcpy(p, d->in.data + from, to - from);
    }

    d->len += to - from;
}


void
vet_decoding_put(vet_decoding_t *d, const unsigned char *bytes, size_t n,
    size_t from, size_t to)
{
    unsigned char  *p;

    d->changed = 1;

    p = vet_decoding_room(d, n);

    if (p != NULL && n != 0) {
        vet_decoding_span(d, from, to);
        memcpy(p, bytes, n);
        d->len += n;
    }
}


void
vet_decoding_skip(vet_decoding_t *d)
{
    d->changed = 1;
}


/* Returns where the next n bytes go; NULL after a failure. */

static unsigned char *
vet_decoding_room(vet_decoding_t *d, size_t n)
{
    size_t          size;
    unsigned char  *out;

    if (d->failed) {
        return NULL;
    }

    if (d->size - d->len >= n) {
        return (d->out == NULL) ? NULL : d->out + d->len;
    }

    /* what is decoded is hardly ever longer than it was */

    size = (d->size == 0) ? d->in.len : 2 * d->size;
    size = (size < d->len + n) ? d->len + n : size;

    out = vet_palloc(d->pool, size);
    if (out == NULL) {
        d->failed = 1;
        return NULL;
    }

    if (d->len != 0) {
        memcpy(out, d->out, d->len);
    }

    d->out = out;
    d->size = size;

    return out + d->len;
}


/* to is 0 for bytes that stand one for one */

static void
vet_decoding_span(vet_decoding_t *d, size_t from, size_t to)
{
    vet_span_t  *span;

    if (to == 0 && d->spans.n != 0) {
        span = (vet_span_t *) d->spans.elts + (d->spans.n - 1);

        if (span->to == 0 && from - span->from == d->len - span->view) {
            return;
        }
    }

    if (d->spans.n < d->spans.nalloc) {
        span = (vet_span_t *) d->spans.elts + d->spans.n++;

    } else {
        span = vet_list_push(&d->spans);
        if (span == NULL) {
            d->failed = 1;
            return;
        }
    }

    span->view = (uint32_t) d->len;
    span->from = (uint32_t) from;
    span->to = (uint32_t) to;
}
