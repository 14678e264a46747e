
/*
 * Copyright (C) the moderate authors
 *
 * Character sets other than UTF-8.
 *
 * A declaration of one is honoured by Java and .NET and passed over by PHP,
 * so text in it is read in both ways: the field with its bytes, and behind it
 * the same field converted.  Text that is all of ASCII is one and the same in
 * all sets but UTF-16.  Where those who honour a declaration do not agree,
 * nothing is guessed and the body is unreadable: bytes that the set does not
 * have, ISO 8859-1 with bytes that browsers take for windows-1252, UTF-16
 * without a byte order mark.
 */


#include <errno.h>
#include <iconv.h>
#include <string.h>

#include "vet_parse.h"


typedef struct {
    const char             *name;
    vet_charset_t           charset;
} vet_charset_name_t;


static int vet_charset_text(vet_reader_t *r, vet_charset_t cs,
    vet_str_t *text);
static int vet_charset_order(vet_charset_t *cs, vet_str_t *text);
static int vet_charset_valid(vet_charset_t cs, vet_str_t text, size_t *size);
static int vet_charset_open(vet_reader_t *r, vet_charset_t cs);
static int vet_charset_convert(vet_reader_t *r, vet_charset_t cs,
    size_t size, vet_str_t *text);


/* A closed list: what is not in it is held, whatever libc could do. */

static const vet_charset_name_t  vet_charset_names[] = {
    { "utf-8", VET_CS_UTF8 },
    { "utf8", VET_CS_UTF8 },
    { "us-ascii", VET_CS_ASCII },
    { "windows-1258", VET_CS_1258 },
    { "cp1258", VET_CS_1258 },
    { "x-cp1258", VET_CS_1258 },
    { "windows-1252", VET_CS_1252 },
    { "cp1252", VET_CS_1252 },
    { "x-cp1252", VET_CS_1252 },
    { "iso-8859-1", VET_CS_LATIN1 },
    { "iso8859-1", VET_CS_LATIN1 },
    { "iso_8859-1", VET_CS_LATIN1 },
    { "latin1", VET_CS_LATIN1 },
    { "utf-16", VET_CS_UTF16 },
    { "utf-16le", VET_CS_UTF16LE },
    { "utf-16be", VET_CS_UTF16BE },
};


/* as shown, and as iconv_open() knows them */

static const char *const  vet_charset_shown[VET_CS_N] = {
    "UTF-8",
    "US-ASCII",
    "WINDOWS-1258",
    "WINDOWS-1252",
    "ISO-8859-1",
    "UTF-16",
    "UTF-16LE",
    "UTF-16BE"
};


int
vet_charset_find(vet_str_t name, vet_charset_t *cs)
{
    size_t  i, n;

    n = sizeof(vet_charset_names) / sizeof(vet_charset_names[0]);

    for (i = 0; i < n; i++) {
        if (vet_token_is(name, vet_charset_names[i].name)) {
            *cs = vet_charset_names[i].charset;
            return VET_OK;
        }
    }

    return VET_DECLINED;
}


int
vet_charset_add(vet_reader_t *r, vet_charset_t names, vet_charset_t values,
    const vet_field_t *field, size_t offset, vet_unreadable_t why)
{
    int          rc;
    vet_field_t  f;

    rc = vet_reader_add(r, field, offset);

    if (rc != VET_OK || field->file
        || (names == VET_CS_UTF8 && values == VET_CS_UTF8))
    {
        return rc;
    }

    f = *field;

    rc = vet_charset_text(r, names, &f.name);

    if (rc == VET_OK) {
        rc = vet_charset_text(r, values, &f.value);
    }

    if (rc == VET_DECLINED) {
        vet_reader_note(r, why, offset);
        return VET_OK;
    }

    if (rc != VET_OK || (f.name.data == field->name.data
                         && f.value.data == field->value.data))
    {
        return rc;
    }

    f.charset = vet_charset_shown[(f.value.data != field->value.data)
                                  ? values : names];

    return vet_reader_add(r, &f, offset);
}


/* Leaves a text alone that is the same in UTF-8. */

static int
vet_charset_text(vet_reader_t *r, vet_charset_t cs, vet_str_t *text)
{
    int     rc;
    size_t  size;

    if (cs == VET_CS_UTF8 || text->len == 0
        || (!vet_charset_wide(cs) && vet_ascii_check(*text)))
    {
        return VET_OK;
    }

    /* who is told of ASCII reads other bytes in many ways */

    if (cs == VET_CS_ASCII) {
        return VET_DECLINED;
    }

    if (vet_charset_order(&cs, text) != VET_OK
        || vet_charset_valid(cs, *text, &size) != VET_OK)
    {
        return VET_DECLINED;
    }

    rc = vet_charset_open(r, cs);

    return (rc == VET_OK) ? vet_charset_convert(r, cs, size, text) : rc;
}


int
vet_charset_wide(vet_charset_t cs)
{
    return cs >= VET_CS_UTF16;
}


/*
 * Without a mark "utf-16" is of one order for Java and of the other one for
 * .NET.  A mark that says other than the name is a contradiction.
 */

static int
vet_charset_order(vet_charset_t *cs, vet_str_t *text)
{
    int  big, little;

    if (!vet_charset_wide(*cs)) {
        return VET_OK;
    }

    if (text->len % 2 != 0) {
        return VET_DECLINED;
    }

    big = (text->data[0] == 0xfe && text->data[1] == 0xff);
    little = (text->data[0] == 0xff && text->data[1] == 0xfe);

    if (*cs != VET_CS_UTF16) {
        return (big && *cs == VET_CS_UTF16LE)
               || (little && *cs == VET_CS_UTF16BE) ? VET_DECLINED : VET_OK;
    }

    if (!big && !little) {
        return VET_DECLINED;
    }

    *cs = big ? VET_CS_UTF16BE : VET_CS_UTF16LE;
    text->data += 2;
    text->len -= 2;

    return VET_OK;
}


/* Sets size to bytes that are enough for the text in UTF-8. */

static int
vet_charset_valid(vet_charset_t cs, vet_str_t text, size_t *size)
{
    size_t         i;
    unsigned char  c;

    if (vet_charset_wide(cs)) {
        *size = text.len / 2 * 3;
        return VET_OK;
    }

    *size = text.len;

    for (i = 0; i < text.len; i++) {
        c = text.data[i];

        if (c >= 0x80) {
            *size += 2;

            if (cs == VET_CS_LATIN1 && c < 0xa0) {
                return VET_DECLINED;
            }
        }
    }

    return VET_OK;
}


/* A set that libc is installed without is one that is not read. */

static int
vet_charset_open(vet_reader_t *r, vet_charset_t cs)
{
    iconv_t  cd;

    if (r->iconv[cs] != NULL) {
        return VET_OK;
    }

    cd = iconv_open("UTF-8", vet_charset_shown[cs]);

    if (cd == (iconv_t) -1) {
        return (errno == ENOMEM) ? VET_ERROR : VET_DECLINED;
    }

    r->iconv[cs] = cd;

    return VET_OK;
}


/* Each conversion leaves iconv as it was opened, a failed one too. */

static int
vet_charset_convert(vet_reader_t *r, vet_charset_t cs, size_t size,
    vet_str_t *text)
{
    char           *in, *out;
    size_t          rest, room, rc;
    unsigned char  *start;

    start = vet_palloc(r->pool, size);
    if (start == NULL) {
        return vet_pool_failure(r->pool);
    }

    in = (char *) text->data;
    rest = text->len;
    out = (char *) start;
    room = size;

    rc = iconv(r->iconv[cs], &in, &rest, &out, &room);

    /* the last letter is kept back until it is known that no mark follows */

    if (rc != (size_t) -1) {
        rc = iconv(r->iconv[cs], NULL, NULL, &out, &room);
    }

    if (rc == (size_t) -1) {
        (void) iconv(r->iconv[cs], NULL, NULL, NULL, NULL);
        return VET_DECLINED;
    }

    text->data = start;
    text->len = size - room;

    return VET_OK;
}


void
vet_charset_close(vet_reader_t *r)
{
    size_t  i;

    for (i = 0; i < VET_CS_N; i++) {
        if (r->iconv[i] != NULL) {
            (void) iconv_close(r->iconv[i]);
        }
    }
}
