
/*
 * Copyright (C) the moderate authors
 *
 * The engine as one of the readers of the differential test: messages on
 * standard input, for each a line of JSON on standard output,
 *
 *     {"unreadable":"","offset":0,"fields":[["name","value",0],...],
 *      "jansson":["value",...]}
 *
 * with names and values in base64 and 1 for a file part.  "jansson" is what
 * a backend in C would see; it is null when jansson refuses the body.
 *
 * A message is four lengths, 32 bits each, most significant byte first: how
 * many Content-Type headers, bytes of the type, of the content encoding, of
 * the body; then these three.
 */


#include <jansson.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "vet.h"


#define FIELDS_POOL   (64u * 1024 * 1024)
#define FIELDS_BODY   (16u * 1024 * 1024)


static int fields_message(FILE *in, FILE *out);
static int fields_length(FILE *in, uint32_t *n);
static unsigned char *fields_text(FILE *in, uint32_t len, vet_str_t *text);
static void fields_submission(FILE *out, const vet_submission_t *s);
static void fields_jansson(FILE *out, vet_str_t body);
static void fields_json(FILE *out, const json_t *json, int *first);
static void fields_base64(FILE *out, const void *data, size_t len);


int
main(void)
{
    int  rc;

    do {
        rc = fields_message(stdin, stdout);
        fflush(stdout);
    } while (rc == 0);

    if (rc > 0) {
        fputs("fields: a message is cut or too large\n", stderr);
    }

    return (rc > 0) ? 1 : 0;
}


/* 0: read and answered; -1: no more messages; 1: broken. */

static int
fields_message(FILE *in, FILE *out)
{
    int                rc;
    uint32_t           types, type, coding, body;
    vet_pool_t        *pool;
    unsigned char     *copies[3];
    vet_message_t      m;
    vet_submission_t   s;

    if (fields_length(in, &types) != 0) {
        return -1;
    }

    if (fields_length(in, &type) != 0 || fields_length(in, &coding) != 0
        || fields_length(in, &body) != 0)
    {
        return 1;
    }

    memset(&m, 0, sizeof(vet_message_t));

    m.content_types = types;
    copies[0] = fields_text(in, type, &m.content_type);
    copies[1] = fields_text(in, coding, &m.content_encoding);
    copies[2] = fields_text(in, body, &m.body);

    pool = vet_pool_create(FIELDS_POOL);

    if (copies[0] == NULL || copies[1] == NULL || copies[2] == NULL
        || pool == NULL)
    {
        return 1;
    }

    rc = vet_parse(pool, &m, NULL, &s);

    if (rc == VET_OK) {
        fields_submission(out, &s);
        fields_jansson(out, m.body);
    }

    vet_pool_destroy(pool);
    free(copies[0]);
    free(copies[1]);
    free(copies[2]);

    return (rc == VET_OK) ? 0 : 1;
}


static int
fields_length(FILE *in, uint32_t *n)
{
    size_t         i;
    unsigned char  buf[4];

    if (fread(buf, 1, sizeof(buf), in) != sizeof(buf)) {
        return -1;
    }

    *n = 0;

    for (i = 0; i < sizeof(buf); i++) {
        *n = *n << 8 | buf[i];
    }

    return 0;
}


/* The copy is as long as the text, so that a sanitizer sees its end. */

static unsigned char *
fields_text(FILE *in, uint32_t len, vet_str_t *text)
{
    unsigned char  *copy;

    if (len > FIELDS_BODY) {
        return NULL;
    }

    copy = malloc(len == 0 ? 1 : len);

    if (copy == NULL || fread(copy, 1, len, in) != len) {
        free(copy);
        return NULL;
    }

    text->data = copy;
    text->len = len;

    return copy;
}


static void
fields_submission(FILE *out, const vet_submission_t *s)
{
    size_t              i;
    const vet_field_t  *f;

    fprintf(out, "{\"unreadable\":\"%s\",\"offset\":%zu,\"fields\":[",
            vet_unreadable_name(s->unreadable), s->offset);

    for (i = 0; i < s->nfields; i++) {
        f = &s->fields[i];

        fputs((i == 0) ? "[" : ",[", out);
        fields_base64(out, f->name.data, f->name.len);
        fputc(',', out);
        fields_base64(out, f->value.data, f->value.len);
        fprintf(out, ",%d]", (int) f->file);
    }

    fputs("],\"jansson\":", out);
}


static void
fields_jansson(FILE *out, vet_str_t body)
{
    int            first;
    json_t        *json;
    json_error_t   error;

    json = json_loadb((const char *) body.data, body.len,
                      JSON_DECODE_ANY | JSON_ALLOW_NUL, &error);

    if (json == NULL) {
        fputs("null}\n", out);
        return;
    }

    first = 1;

    fputc('[', out);
    fields_json(out, json, &first);
    fputs("]}\n", out);

    json_decref(json);
}


/* jansson itself goes no deeper than 2048. */

static void
fields_json(FILE *out, const json_t *json, int *first)
{
    void        *iter;
    size_t       i;
    const char  *text;

    switch (json_typeof(json)) {

    case JSON_STRING:
        text = json_string_value(json);
        fputs(*first ? "" : ",", out);
        fields_base64(out, text, json_string_length(json));
        *first = 0;
        break;

    case JSON_ARRAY:
        for (i = 0; i < json_array_size(json); i++) {
            fields_json(out, json_array_get(json, i), first);
        }

        break;

    case JSON_OBJECT:
        iter = json_object_iter((json_t *) json);

        while (iter != NULL) {
            fields_json(out, json_object_iter_value(iter), first);
            iter = json_object_iter_next((json_t *) json, iter);
        }

        break;

    default:
        break;
    }
}


static void
fields_base64(FILE *out, const void *data, size_t len)
{
    size_t                i;
    uint32_t              n;
    const unsigned char  *p;

    static const char  digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                  "abcdefghijklmnopqrstuvwxyz0123456789+/";

    p = data;
    fputc('"', out);

    for (i = 0; i < len; i += 3) {
        n = (uint32_t) p[i] << 16;
        n |= (len - i > 1) ? (uint32_t) p[i + 1] << 8 : 0;
        n |= (len - i > 2) ? p[i + 2] : 0;

        fputc(digits[n >> 18 & 63], out);
        fputc(digits[n >> 12 & 63], out);
        fputc((len - i > 1) ? digits[n >> 6 & 63] : '=', out);
        fputc((len - i > 2) ? digits[n & 63] : '=', out);
    }

    fputc('"', out);
}
