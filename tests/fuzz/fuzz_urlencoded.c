
/*
 * Copyright (C) the moderate authors
 *
 * The input is a body.  It is compared with what the standard says, done byte
 * by byte.
 */


#include <string.h>

#include "fuzz.h"


#define FUZZ_TYPE  "application/x-www-form-urlencoded"


static void fuzz_pairs(vet_str_t in, const vet_submission_t *s);
static void fuzz_text(vet_str_t coded, vet_str_t text);
static int fuzz_digit(unsigned char c);


int
fuzz_one(vet_str_t in, uint64_t *digest)
{
    int                rc, readable;
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
            fuzz_pairs(in, &s);
        }

        (void) fuzz_cut(FUZZ_TYPE, in, &s, &readable);
    }

    vet_pool_destroy(pool);

    return rc;
}


static void
fuzz_pairs(vet_str_t in, const vet_submission_t *s)
{
    size_t     n;
    vet_str_t  pair, name, value;

    /* what JSON could be is not divided */

    if (s->unreadable == VET_FORM_AMBIGUOUS
        && (s->nfields == 0
            || (s->nfields == 1 && s->fields[0].value.data == in.data)))
    {
        return;
    }

    n = 0;

    while (in.len != 0) {
        pair = fuzz_until(&in, '&');

        if (pair.len == 0) {
            continue;
        }

        if (n == s->nfields) {
            FUZZ_CHECK(s->unreadable != VET_READABLE);
            return;
        }

        value = pair;
        name = fuzz_until(&value, '=');

        fuzz_text(name, s->fields[n].name);
        fuzz_text(value, s->fields[n].value);
        n++;
    }

    FUZZ_CHECK(n == s->nfields);
}


static void
fuzz_text(vet_str_t coded, vet_str_t text)
{
    size_t         i, n;
    unsigned char  c;

    n = 0;

    for (i = 0; i < coded.len; i++) {
        c = (coded.data[i] == '+') ? ' ' : coded.data[i];

        if (c == '%' && coded.len - i > 2
            && fuzz_digit(coded.data[i + 1]) >= 0
            && fuzz_digit(coded.data[i + 2]) >= 0)
        {
            c = (unsigned char) (fuzz_digit(coded.data[i + 1]) * 16
                                 + fuzz_digit(coded.data[i + 2]));
            i += 2;
        }

        FUZZ_CHECK(n < text.len && text.data[n] == c);
        n++;
    }

    FUZZ_CHECK(n == text.len);
}


static int
fuzz_digit(unsigned char c)
{
    const char         *found;
    static const char   digits[] = "0123456789abcdefABCDEF";

    found = (c == '\0') ? NULL : strchr(digits, c);

    if (found == NULL) {
        return -1;
    }

    return (int) (found - digits) - ((found - digits > 15) ? 6 : 0);
}
