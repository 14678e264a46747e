
/*
 * Copyright (C) the moderate authors
 *
 * The input is what a value is about, LF, two bytes, and the value.  It must
 * not unseal as it is, and once it is sealed only as it was sealed.
 */


#include <stdlib.h>
#include <string.h>

#include "fuzz.h"


static int fuzz_unseal(vet_seal_t *seal, vet_str_t about, vet_str_t value,
    vet_unsealed_t *kind, uint64_t *digest);
static int fuzz_sealed(vet_seal_t *seal, vet_str_t about, vet_str_t text,
    size_t place, unsigned char change);


int
fuzz_one(vet_str_t in, uint64_t *digest)
{
    int               rc;
    size_t            place;
    vet_str_t         about, secret;
    vet_seal_t        seal;
    unsigned char     change;
    vet_unsealed_t    kind;
    vet_seal_keys_t  *keys;

    about = fuzz_until(&in, '\n');

    if (about.len > 4096 || in.len < 2) {
        return VET_LIMIT;
    }

    place = (size_t) in.data[0] * 7 + in.data[1];
    change = in.data[1];

    in.data += 2;
    in.len -= 2;

    keys = vet_seal_keys_create();
    if (keys == NULL) {
        return VET_ERROR;
    }

    secret.data = (const unsigned char *) "a secret that nobody knows";
    secret.len = 26;

    rc = vet_seal_keys_add(keys, secret);

    if (rc == VET_OK) {
        rc = vet_seal_begin(&seal, keys);

        if (rc == VET_OK) {
            rc = fuzz_unseal(&seal, about, in, &kind, digest);
        }

        if (rc == VET_OK) {
            FUZZ_CHECK(kind != VET_UNSEALED);
            rc = fuzz_sealed(&seal, about, in, place, change);
        }

        vet_seal_end(&seal);
    }

    vet_seal_keys_destroy(keys);

    return rc;
}


static int
fuzz_unseal(vet_seal_t *seal, vet_str_t about, vet_str_t value,
    vet_unsealed_t *kind, uint64_t *digest)
{
    size_t          size;
    unsigned char  *text;

    size = vet_sealed(value) ? value.len - VET_SEAL_OVERHEAD : 0;
    text = malloc(size + (size == 0));

    if (text == NULL) {
        return VET_ERROR;
    }

    *kind = vet_unseal(seal, &about, 1, value, text);
    free(text);

    fuzz_digest_size(digest, *kind);

    return (*kind == VET_UNSEALED_ERROR) ? VET_ERROR : VET_OK;
}


static int
fuzz_sealed(vet_seal_t *seal, vet_str_t about, vet_str_t text, size_t place,
    unsigned char change)
{
    int             rc;
    uint64_t        ignored;
    vet_str_t       value;
    unsigned char  *p, *back;
    vet_unsealed_t  kind;

    value.len = text.len + VET_SEAL_OVERHEAD;
    p = malloc(value.len);
    back = malloc(text.len + (text.len == 0));
    value.data = p;
    rc = VET_ERROR;
    ignored = 0;

    if (p != NULL && back != NULL) {
        rc = vet_seal(seal, &about, 1, text, p);
    }

    if (rc == VET_OK) {
        kind = vet_unseal(seal, &about, 1, value, back);
        FUZZ_CHECK(kind == VET_UNSEALED);
        FUZZ_CHECK(text.len == 0 || memcmp(text.data, back, text.len) == 0);

        p[place % value.len] ^= change;

        if (place % 3 == 0) {
            value.len -= 1 + place % value.len;
            change = 1;
        }

        rc = fuzz_unseal(seal, about, value, &kind, &ignored);
    }

    if (rc == VET_OK) {
        FUZZ_CHECK((kind == VET_UNSEALED) == (change == 0));
    }

    free(p);
    free(back);

    return rc;
}
