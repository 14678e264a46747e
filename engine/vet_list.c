
/*
 * Copyright (C) the moderate authors
 *
 * A list in a pool that grows.
 */


#include <string.h>

#include "vet_rules.h"


void *
vet_list_push(vet_list_t *list)
{
    void    *elts, *elt;
    size_t   n;

    if (list->n == list->nalloc) {
        n = (list->nalloc == 0) ? 8 : 2 * list->nalloc;

        elts = vet_palloc(list->pool, n * list->size);
        if (elts == NULL) {
            return NULL;
        }

        if (list->n != 0) {
            memcpy(elts, list->elts, list->n * list->size);
        }

        list->elts = elts;
        list->nalloc = n;
    }

    elt = (char *) list->elts + list->size * list->n++;
    memset(elt, 0, list->size);

    return elt;
}


int
vet_pool_failed(const vet_pool_t *pool)
{
    return vet_pool_exhausted(pool) ? VET_LIMIT : VET_ERROR;
}
