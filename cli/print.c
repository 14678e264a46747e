
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


static size_t moderatectl_print_one(FILE *out, const unsigned char *p,
    size_t len, int lines);
static size_t moderatectl_decode(const unsigned char *p, size_t len,
    uint32_t *code);
static int moderatectl_is_hidden(uint32_t code);
static int moderatectl_is_escape(const unsigned char *p, size_t len);
static int moderatectl_write(const char *data, size_t len, void *out);


void
moderatectl_print(FILE *out, const char *text, size_t len, int indent)
{
    moderatectl_print_marked(out, text, len, indent, NULL, 0, "", "");
}


void
moderatectl_print_marked(FILE *out, const char *text, size_t len, int indent,
    const moderatectl_mark_t *marks, size_t n, const char *open,
    const char *close)
{
    int     start, inside;
    size_t  i, used, at;

    start = 1;
    inside = 0;
    at = 0;

    for (i = 0; i < len; i += used) {

        if (inside && i >= marks[at].end) {
            fputs(close, out);
            inside = 0;
            at++;
        }

        if (start && indent > 0) {
            fprintf(out, "%*s", indent, "");
        }

        if (!inside && at < n && i >= marks[at].start) {
            fputs(open, out);
            inside = 1;
        }

        start = (indent >= 0 && text[i] == '\n');
        used = moderatectl_print_one(out, (const unsigned char *) text + i,
                                     len - i, indent >= 0);
    }

    if (inside) {
        fputs(close, out);
    }

    if (indent >= 0 && !start) {
        fputc('\n', out);
    }
}


/* Writes one character and returns how many bytes it is; lines: "\n" ends. */

static size_t
moderatectl_print_one(FILE *out, const unsigned char *p, size_t len, int lines)
{
    size_t    n;
    uint32_t  code;

    n = moderatectl_decode(p, len, &code);

    if (n == 0) {
        fprintf(out, "<0x%02X>", *p);
        return 1;
    }

    if (lines && code == '\n') {
        fputc('\n', out);

    } else if (lines && code == '\r' && len > 1 && p[1] == '\n') {
        return 1;

    } else if (moderatectl_is_hidden(code) || moderatectl_is_escape(p, len)) {
        fprintf(out, "<U+%04X>", (unsigned) code);

    } else {
        fwrite(p, 1, n, out);
    }

    return n;
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


int
moderatectl_is_utf8(vet_str_t text)
{
    size_t    i, n;
    uint32_t  code;

    for (i = 0; i < text.len; i += n) {
        n = moderatectl_decode(text.data + i, text.len - i, &code);

        if (n == 0) {
            return 0;
        }
    }

    return 1;
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
