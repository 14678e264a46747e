
/*
 * Copyright (C) the moderate authors
 *
 * The input is a value.
 */


#include <string.h>

#include "fuzz.h"
#include "vet_rules.h"


static int fuzz_view(vet_pool_t *pool, vet_str_t in, vet_view_kind_t kind,
    uint64_t *digest);
static void fuzz_places(vet_str_t in, const vet_view_t *view);


int
fuzz_one(vet_str_t in, uint64_t *digest)
{
    int          rc, kind;
    vet_pool_t  *pool;

    pool = vet_pool_create(FUZZ_POOL);
    if (pool == NULL) {
        return VET_ERROR;
    }

    rc = VET_OK;

    for (kind = VET_VIEW_RAW; kind < VET_VIEW_N && rc == VET_OK; kind++) {
        rc = fuzz_view(pool, in, (vet_view_kind_t) kind, digest);
    }

    vet_pool_destroy(pool);

    return rc;
}


static int
fuzz_view(vet_pool_t *pool, vet_str_t in, vet_view_kind_t kind,
    uint64_t *digest)
{
    int         rc;
    vet_view_t  view, again;

    rc = vet_view_build(pool, in, kind, &view);

    if (rc == VET_OK && !fuzz_alloc_refuses()) {
        FUZZ_CHECK(fuzz_utf8(view.text));
        fuzz_places(in, &view);
    }

    if (rc == VET_OK) {
        rc = vet_view_build(pool, view.text, kind, &again);
    }

    if (rc != VET_OK) {
        FUZZ_CHECK(rc == (vet_pool_exhausted(pool) ? VET_LIMIT : VET_ERROR));
        return rc;
    }

    /* what has been made comparable is so */

    FUZZ_CHECK(view.text.len == again.text.len);
    FUZZ_CHECK(view.text.len == 0
               || memcmp(view.text.data, again.text.data, view.text.len) == 0);

    fuzz_digest_str(digest, view.text);
    fuzz_digest_bytes(digest, view.spans, view.nspans * sizeof(vet_span_t));

    return VET_OK;
}


static void
fuzz_places(vet_str_t in, const vet_view_t *view)
{
    size_t  i, start, end, last_start, last_end;

    last_start = 0;
    last_end = 0;

    for (i = 0; i <= view->text.len; i++) {
        start = vet_view_start(view, i);
        end = vet_view_end(view, i);

        FUZZ_CHECK(start <= in.len && end <= in.len);
        FUZZ_CHECK(start >= last_start && end >= last_end);
        FUZZ_CHECK(i == 0 || end > last_start || view->text.len == 0);

        last_start = start;
        last_end = end;
    }
}
