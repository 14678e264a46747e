
/*
 * Copyright (C) the moderate authors
 *
 * What is done with every input of every target.
 */


#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void fuzz_result(vet_str_t in, int *rc, uint64_t *digest);


/*
 * Once as it is, once more to see that the same comes out, which is done with
 * some allocations refused.
 */

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t     asked;
    vet_str_t  in;

    in.data = data;
    in.len = size;

    asked = fuzz_run(in, 0);

    if (asked != 0) {
        (void) fuzz_run(in, 1 + fuzz_choose(in, asked));
    }

    return 0;
}


size_t
fuzz_run(vet_str_t in, size_t every)
{
    int              rc;
    size_t           asked;
    uint64_t         digest;

    static int       wanted_rc;
    static uint64_t  wanted;

    fuzz_alloc_begin(every);
    fuzz_result(in, &rc, &digest);
    asked = fuzz_alloc_end();

    if (every == 0) {
        FUZZ_CHECK(rc == VET_OK || rc == VET_LIMIT);

        wanted_rc = rc;
        wanted = digest;

        return asked;
    }

    if (rc == VET_ERROR) {
        FUZZ_CHECK(fuzz_alloc_refused() != 0);
        return asked;
    }

    FUZZ_CHECK(rc == wanted_rc);
    FUZZ_CHECK(digest == wanted);

    return asked;
}


static void
fuzz_result(vet_str_t in, int *rc, uint64_t *digest)
{
    *digest = 0;
    *rc = fuzz_one(in, digest);

    if (*rc != VET_OK) {
        *digest = 0;
    }
}


void
fuzz_fail(const char *file, int line, const char *condition)
{
    (void) fprintf(stderr, "%s:%d: does not hold: %s\n", file, line,
                   condition);
    abort();
}


void
fuzz_digest_bytes(uint64_t *digest, const void *bytes, size_t len)
{
    size_t                i;
    uint64_t              eight;
    const unsigned char  *p;

    p = bytes;

    for (i = 0; i < len; i += 8) {
        eight = 0;
        memcpy(&eight, p + i, (len - i < 8) ? len - i : 8);

        *digest = (*digest ^ eight) * 0x9e3779b97f4a7c15u;
        *digest ^= *digest >> 29;
    }
}


void
fuzz_digest_str(uint64_t *digest, vet_str_t s)
{
    fuzz_digest_size(digest, s.len);
    fuzz_digest_bytes(digest, s.data, s.len);
}


void
fuzz_digest_size(uint64_t *digest, size_t n)
{
    fuzz_digest_bytes(digest, &n, sizeof(n));
}


vet_str_t
fuzz_until(vet_str_t *in, unsigned char c)
{
    size_t     i;
    vet_str_t  part;

    for (i = 0; i < in->len && in->data[i] != c; i++) { /* void */ }

    part.data = in->data;
    part.len = i;

    if (i < in->len) {
        i++;
    }

    in->data += i;
    in->len -= i;

    return part;
}


size_t
fuzz_choose(vet_str_t in, size_t n)
{
    uint64_t  digest;

    digest = 1;
    fuzz_digest_str(&digest, in);

    return (size_t) (digest % n);
}
