
/*
 * Copyright (C) the moderate authors
 *
 * Personal data hidden from those who only look.
 */


#include <string.h>

#include "vet_rules.h"
#include "vet_personal.h"


static int vet_mask_view(vet_pool_t *pool, vet_str_t value,
    const vet_view_t *view, const vet_list_t *found, vet_str_t *masked);


/* looked for in the text view, so that what is disguised is found as well */

int
vet_mask(vet_pool_t *pool, vet_str_t value, vet_str_t *masked)
{
    int          rc;
    vet_list_t   found;
    vet_view_t   view;

    *masked = value;

    memset(&found, 0, sizeof(vet_list_t));
    found.size = sizeof(vet_personal_t);
    found.pool = pool;

    rc = vet_view_build(pool, value, VET_VIEW_WORDS, &view);

    if (rc == VET_OK) {
        rc = vet_personal_find(view.text, (1u << VET_PERSONAL_N) - 1, &found);
    }

    if (rc != VET_OK || found.n == 0) {
        return rc;
    }

    return vet_mask_view(pool, value, &view, &found, masked);
}


static int
vet_mask_view(vet_pool_t *pool, vet_str_t value, const vet_view_t *view,
    const vet_list_t *found, vet_str_t *masked)
{
    size_t           i, start, end;
    unsigned char   *p;
    vet_personal_t  *data;

    p = vet_palloc(pool, value.len);
    if (p == NULL) {
        return vet_pool_failed(pool);
    }

    memcpy(p, value.data, value.len);

    data = found->elts;

    for (i = 0; i < found->n; i++) {
        start = vet_view_start(view, data[i].start);
        end = vet_view_end(view, data[i].end);

        memset(p + start, VET_MASK, end - start);
    }

    masked->data = p;

    return VET_OK;
}
