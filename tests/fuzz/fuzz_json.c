
/*
 * Copyright (C) the moderate authors
 *
 * The input is a body.  It is compared with what jansson reads.
 */


#ifndef _GNU_SOURCE
#define _GNU_SOURCE     /* memmem() */
#endif

#include <string.h>
#include <jansson.h>

#include "fuzz.h"


#define FUZZ_TYPE   "application/json"
#define FUZZ_FLAGS  (JSON_DECODE_ANY|JSON_ALLOW_NUL|JSON_REJECT_DUPLICATES)


static void fuzz_compare(vet_str_t in, const vet_submission_t *s);
static size_t fuzz_walk(const json_t *json, const vet_submission_t *s,
    size_t n);
static int fuzz_blank(vet_str_t in, size_t len);


int
fuzz_one(vet_str_t in, uint64_t *digest)
{
    int                rc, readable;
    size_t             len;
    vet_pool_t        *pool;
    vet_submission_t   s;

    pool = vet_pool_create(FUZZ_POOL);
    if (pool == NULL) {
        return VET_ERROR;
    }

    rc = fuzz_parse_as(pool, FUZZ_TYPE, in, &s);

    if (rc == VET_OK) {
        fuzz_submission_digest(digest, &s);

        if (!fuzz_alloc_refuses()) {
            fuzz_compare(in, &s);
        }

        len = fuzz_cut(FUZZ_TYPE, in, &s, &readable);

        if (len != 0 && readable && s.unreadable == VET_READABLE) {
            FUZZ_CHECK(fuzz_blank(in, len));
        }
    }

    vet_pool_destroy(pool);

    return rc;
}


/*
 * What jansson refuses of what is readable: a lone surrogate, a number that is
 * too large for it, and a NUL in a key.  A NUL behind a number it passes over.
 */

static void
fuzz_compare(vet_str_t in, const vet_submission_t *s)
{
    json_t        *json;
    json_error_t   error;

    json = json_loadb((const char *) in.data, in.len, FUZZ_FLAGS, &error);

    if (json == NULL) {
        FUZZ_CHECK(s->unreadable != VET_READABLE || in.len == 0
                   || memmem(in.data, in.len, "\\u", 2) != NULL
                   || json_error_code(&error) == json_error_numeric_overflow);
        return;
    }

    if (memchr(in.data, 0, in.len) != NULL) {
        FUZZ_CHECK(s->unreadable != VET_READABLE);

    } else if (s->unreadable == VET_READABLE) {
        FUZZ_CHECK(fuzz_walk(json, s, 0) == s->nfields);

    } else {
        FUZZ_CHECK(s->unreadable == VET_TOO_DEEP
                   || s->unreadable == VET_TOO_MANY_FIELDS
                   || s->unreadable == VET_NAME_TOO_LONG);
    }

    json_decref(json);
}


/* Nests no deeper than VET_JSON_DEPTH, or it would not be readable. */

static size_t
fuzz_walk(const json_t *json, const vet_submission_t *s, size_t n)
{
    void       *member;
    size_t      i;
    vet_str_t   value;

    if (json_is_array(json)) {
        for (i = 0; i < json_array_size(json); i++) {
            n = fuzz_walk(json_array_get(json, i), s, n);
        }

        return n;
    }

    if (json_is_object(json)) {
        for (member = json_object_iter((json_t *) json);
             member != NULL;
             member = json_object_iter_next((json_t *) json, member))
        {
            n = fuzz_walk(json_object_iter_value(member), s, n);
        }

        return n;
    }

    FUZZ_CHECK(n < s->nfields);
    value = s->fields[n].value;

    if (json_is_string(json)) {
        FUZZ_CHECK(value.len == json_string_length(json));
        FUZZ_CHECK(memcmp(value.data, json_string_value(json), value.len)
                   == 0);

    } else {
        FUZZ_CHECK(value.len != 0 && memchr("-0123456789tfn", value.data[0],
                                            14) != NULL);
    }

    return n + 1;
}


/* A readable part of a body is all of it, or it is a number. */

static int
fuzz_blank(vet_str_t in, size_t len)
{
    size_t  i;

    i = 0;

    while (i < in.len && memchr(" \t\r\n", in.data[i], 4) != NULL) {
        i++;
    }

    if (i == in.len || memchr("-0123456789", in.data[i], 11) != NULL) {
        return 1;
    }

    while (len < in.len && memchr(" \t\r\n", in.data[len], 4) != NULL) {
        len++;
    }

    return len == in.len;
}
