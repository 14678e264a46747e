
/*
 * Copyright (C) the moderate authors
 *
 * Text of strangers on a terminal.
 */


#include <stdint.h>
#include <string.h>

#include "moderatectl.h"


typedef struct {
    uint32_t                first;
    uint32_t                last;
} moderatectl_range_t;


/* controls, what is invisible and what changes the direction of text */

static const moderatectl_range_t  moderatectl_hidden[] = {
    { 0x0000, 0x001f },
    { 0x007f, 0x009f },
    { 0x00ad, 0x00ad },
    { 0x034f, 0x034f },
    { 0x061c, 0x061c },
    { 0x115f, 0x1160 },
    { 0x180b, 0x180f },
    { 0x200b, 0x200f },
    { 0x2028, 0x202e },
    { 0x2060, 0x206f },
    { 0x3164, 0x3164 },
    { 0xfeff, 0xfeff },
    { 0xffa0, 0xffa0 },
    { 0xfff0, 0xfffb },
    { 0xfffe, 0xffff },
    { 0x1d173, 0x1d17a },
    { 0xe0000, 0xe0fff },
    { 0xf0000, 0x10ffff }
};


static size_t moderatectl_decode(const unsigned char *p, size_t len,
    uint32_t *code);
static int moderatectl_is_hidden(uint32_t code);
static int moderatectl_is_escape(const unsigned char *p, size_t len);
static int moderatectl_write(const char *data, size_t len, void *out);


void
moderatectl_print(FILE *out, const char *text, size_t len, int indent)
{
    int                   start;
    size_t                n;
    uint32_t              code;
    const unsigned char  *p, *last;

    p = (const unsigned char *) text;
    last = p + len;
    start = 1;

    while (p < last) {

        if (start && indent > 0) {
            fprintf(out, "%*s", indent, "");
        }

        start = 0;

        n = moderatectl_decode(p, (size_t) (last - p), &code);

        if (n == 0) {
            fprintf(out, "<0x%02X>", *p++);
            continue;
        }

        if (indent >= 0 && code == '\r' && last - p > 1 && p[1] == '\n') {
            p++;
            continue;
        }

        if (indent >= 0 && code == '\n') {
            fputc('\n', out);
            start = 1;

        } else if (moderatectl_is_hidden(code)
                   || moderatectl_is_escape(p, (size_t) (last - p)))
        {
            fprintf(out, "<U+%04X>", (unsigned) code);

        } else {
            fwrite(p, 1, n, out);
        }

        p += n;
    }

    if (indent >= 0 && !start) {
        fputc('\n', out);
    }
}


/* Returns the length of the valid UTF-8 sequence at p, or 0. */

static size_t
moderatectl_decode(const unsigned char *p, size_t len, uint32_t *code)
{
    size_t    i, n;
    uint32_t  c, min;

    c = p[0];

    if (c < 0x80) {
        *code = c;
        return 1;
    }

    if (c >= 0xc2 && c <= 0xdf) {
        n = 2;
        c &= 0x1f;
        min = 0x80;

    } else if (c >= 0xe0 && c <= 0xef) {
        n = 3;
        c &= 0x0f;
        min = 0x800;

    } else if (c >= 0xf0 && c <= 0xf4) {
        n = 4;
        c &= 0x07;
        min = 0x10000;

    } else {
        return 0;
    }

    if (len < n) {
        return 0;
    }

    for (i = 1; i < n; i++) {
        if ((p[i] & 0xc0) != 0x80) {
            return 0;
        }

        c = (c << 6) | (p[i] & 0x3f);
    }

    if (c < min || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff)) {
        return 0;
    }

    *code = c;

    return n;
}


static int
moderatectl_is_hidden(uint32_t code)
{
    size_t  i, n;

    n = sizeof(moderatectl_hidden) / sizeof(moderatectl_hidden[0]);

    for (i = 0; i < n; i++) {
        if (code >= moderatectl_hidden[i].first
            && code <= moderatectl_hidden[i].last)
        {
            return 1;
        }
    }

    return 0;
}


/* A text that looks like an escape has one itself: none is mistaken. */

static int
moderatectl_is_escape(const unsigned char *p, size_t len)
{
    return len >= 3
           && (memcmp(p, "<U+", 3) == 0 || memcmp(p, "<0x", 3) == 0);
}


void
moderatectl_print_str(FILE *out, vet_str_t text)
{
    moderatectl_print(out, (const char *) text.data, text.len, -1);
}


int
moderatectl_print_json(FILE *out, const json_t *json, size_t flags)
{
    if (json == NULL) {
        return moderatectl_no_memory();
    }

    if (json_dump_callback(json, moderatectl_write, out,
                           flags | JSON_ENSURE_ASCII) != 0
        || fputc('\n', out) == EOF)
    {
        fprintf(stderr, "moderatectl: the output cannot be written\n");
        return MODERATECTL_TROUBLE;
    }

    return MODERATECTL_OK;
}


/* DELETE is the one control character that jansson leaves as it is. */

static int
moderatectl_write(const char *data, size_t len, void *out)
{
    size_t  i;

    for (i = 0; i < len; i++) {
        if (data[i] == 0x7f) {
            if (fputs("\\u007f", out) == EOF) {
                return -1;
            }

        } else if (putc(data[i], out) == EOF) {
            return -1;
        }
    }

    return 0;
}
