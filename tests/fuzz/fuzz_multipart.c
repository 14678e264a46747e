
/*
 * Copyright (C) the moderate authors
 *
 * The input is a boundary in a line of its own, and a body.
 */


#ifndef _GNU_SOURCE
#define _GNU_SOURCE     /* memmem() */
#endif

#include <stdio.h>
#include <string.h>

#include "fuzz.h"


static void fuzz_parts(vet_str_t boundary, vet_str_t body,
    const vet_submission_t *s);
static int fuzz_ends(vet_str_t body, size_t len);


int
fuzz_one(vet_str_t in, uint64_t *digest)
{
    int                rc, readable;
    char               type[128];
    size_t             len;
    vet_str_t          boundary, body;
    vet_pool_t        *pool;
    vet_submission_t   s;

    body = in;
    boundary = fuzz_until(&body, '\n');

    (void) snprintf(type, sizeof(type),
                    "multipart/form-data; boundary=\"%.*s\"",
                    (boundary.len < 72) ? (int) boundary.len : 72,
                    (const char *) boundary.data);

    pool = vet_pool_create(FUZZ_POOL);
    if (pool == NULL) {
        return VET_ERROR;
    }

    rc = fuzz_parse_as(pool, type, body, &s);

    if (rc == VET_OK) {
        fuzz_submission_digest(digest, &s);
        len = fuzz_cut(type, body, &s, &readable);

        if (s.unreadable == VET_READABLE) {
            fuzz_parts(boundary, body, &s);
            FUZZ_CHECK(len == 0 || !readable || fuzz_ends(body, len));
        }
    }

    vet_pool_destroy(pool);

    return rc;
}


/* Values are in the order of the body, each up to the next delimiter. */

static void
fuzz_parts(vet_str_t boundary, vet_str_t body, const vet_submission_t *s)
{
    int                   len;
    char                  delimiter[128];
    size_t                i;
    vet_str_t             value;
    const unsigned char  *pos;

    if (body.len == 0) {
        return;
    }

    len = snprintf(delimiter, sizeof(delimiter), "\r\n--%.*s",
                   (int) boundary.len, (const char *) boundary.data);

    pos = body.data;

    for (i = 0; i < s->nfields; i++) {
        value = s->fields[i].value;

        /* one that was converted comes behind the bytes it is made of */

        if (s->fields[i].charset != NULL) {
            FUZZ_CHECK(i != 0);
            continue;
        }

        FUZZ_CHECK(value.data > pos);
        FUZZ_CHECK(memcmp(value.data - 2, "\r\n", 2) == 0);

        pos = value.data + value.len;

        FUZZ_CHECK(memmem(value.data, (size_t) (body.data + body.len
                                                - value.data),
                          delimiter, (size_t) len) == pos);
    }
}


/* The CRLF behind the last delimiter may be missing, and nothing else. */

static int
fuzz_ends(vet_str_t body, size_t len)
{
    return len == body.len - 2
           && body.len > 4
           && memcmp(body.data + len - 2, "--\r\n", 4) == 0;
}
