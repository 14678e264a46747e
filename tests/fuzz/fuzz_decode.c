
/*
 * Copyright (C) the moderate authors
 *
 * The input is a digit that chooses decoders, and a value.
 */


#include <string.h>

#include "fuzz.h"
#include "vet_rules.h"


static vet_form_t *fuzz_decoders(size_t n);
static void fuzz_reading(vet_str_t in, const vet_reading_t *r,
    uint64_t *digest);


static const char *const  fuzz_chains[] = {
    "tags entities", "entities tags", "urldecode entities", "bbcode",
    "bbcode tags", "urldecode entities tags bbcode",
    "tags tags entities entities", "urldecode urldecode tags", "entities", ""
};


int
fuzz_one(vet_str_t in, uint64_t *digest)
{
    int              rc;
    size_t           i, chain;
    vet_form_t      *form;
    vet_pool_t      *pool;
    vet_field_t      field;
    vet_readings_t   readings;

    chain = 0;

    if (in.len != 0) {
        chain = in.data[0] % 10;
        in.data++;
        in.len--;
    }

    form = fuzz_decoders(chain);
    pool = vet_pool_create(FUZZ_POOL);

    if (pool == NULL) {
        vet_form_destroy(form);
        return VET_ERROR;
    }

    memset(&field, 0, sizeof(vet_field_t));
    field.value = in;
    field.role = VET_ROLE_TEXT;

    rc = vet_readings_make(pool, form, &field, &readings);

    if (rc == VET_OK) {
        FUZZ_CHECK(readings.n >= 1 && readings.n <= VET_READINGS_MAX);
        FUZZ_CHECK(readings.plain < readings.n);
        FUZZ_CHECK(readings.whole < readings.n);
        FUZZ_CHECK(readings.elts[0].text.data == in.data);
        FUZZ_CHECK(readings.elts[0].text.len == in.len);

        for (i = 0; i < readings.n; i++) {
            fuzz_reading(in, &readings.elts[i], digest);
        }

    } else {
        FUZZ_CHECK(rc == (vet_pool_exhausted(pool) ? VET_LIMIT : VET_ERROR));
    }

    vet_pool_destroy(pool);
    vet_form_destroy(form);

    return rc;
}


static vet_form_t *
fuzz_decoders(size_t n)
{
    size_t         len;
    vet_str_t      name;
    vet_form_t    *form;
    const char    *p;
    vet_errors_t   errors;

    memset(&errors, 0, sizeof(vet_errors_t));

    fuzz_alloc_pause();

    form = vet_form_create();
    FUZZ_CHECK(form != NULL);

    for (p = fuzz_chains[n]; *p != '\0'; p += len + (p[len] == ' ')) {
        len = strcspn(p, " ");
        name.data = (const unsigned char *) p;
        name.len = len;

        FUZZ_CHECK(vet_form_decode(form, VET_ROLE_TEXT, name, &errors)
                   == VET_OK);
    }

    fuzz_alloc_resume();

    return form;
}


/* Each byte is from somewhere in the value, and the way back never turns. */

static void
fuzz_reading(vet_str_t in, const vet_reading_t *r, uint64_t *digest)
{
    size_t  i, start, end, last_start, last_end;

    last_start = 0;
    last_end = 0;

    for (i = 0; i < r->text.len; i++) {
        start = vet_reading_start(r, i);
        end = vet_reading_end(r, i + 1);

        FUZZ_CHECK(start < end && end <= in.len);
        FUZZ_CHECK(start >= last_start && end >= last_end);

        last_start = start;
        last_end = end;

        fuzz_digest_size(digest, start);
    }

    fuzz_digest_str(digest, r->text);
}
