
/*
 * Copyright (C) the moderate authors
 *
 * Exceptions: hits that are dropped, by form, site, field and the text that
 * they are in.
 */


#include <stdlib.h>
#include <string.h>

#include "vet_matcher.h"


static int vet_except_applies(const vet_matcher_t *m,
    const vet_except_t *except, size_t field);
static int vet_except_covers(vet_matcher_t *m, const vet_except_t *except,
    size_t field, vet_covers_t **covers);
static int vet_except_find(vet_matcher_t *m, const vet_except_t *except,
    size_t field, vet_list_t *places);
static int vet_except_order(const void *one, const void *two);
static void vet_except_join(vet_list_t *places, vet_covers_t *covers);
static int vet_except_overlaps(const vet_covers_t *covers, size_t start,
    size_t end);


int
vet_except_rule(const vet_matcher_t *m, const vet_test_rule_t *test)
{
    const vet_except_t  *except;

    for (except = test->scope.excepts; except != NULL; except = except->next) {
        if (except->roles == 0 && except->text == NULL
            && vet_scope_holds(&except->scope, &m->s->context))
        {
            return 1;
        }
    }

    return 0;
}


int
vet_except_field(const vet_matcher_t *m, const vet_test_rule_t *test,
    size_t field)
{
    const vet_except_t  *except;

    for (except = test->scope.excepts; except != NULL; except = except->next) {
        if (except->text == NULL && vet_except_applies(m, except, field)) {
            return 1;
        }
    }

    return 0;
}


static int
vet_except_applies(const vet_matcher_t *m, const vet_except_t *except,
    size_t field)
{
    if (m->everywhere || !vet_scope_holds(&except->scope, &m->s->context)) {
        return 0;
    }

    if (except->roles == 0 && except->text == NULL) {
        return 1;
    }

    return field != VET_NO_FIELD
           && (except->roles == 0
               || (except->roles & 1u << m->s->fields[field].role) != 0);
}


int
vet_except_place(vet_matcher_t *m, const vet_test_rule_t *test, size_t field,
    size_t start, size_t end, int *dropped)
{
    int                  rc;
    vet_covers_t        *covers;
    const vet_except_t  *except;

    *dropped = 0;
    covers = NULL;

    for (except = test->scope.excepts; except != NULL; except = except->next) {
        if (!vet_except_applies(m, except, field)) {
            continue;
        }

        if (except->text != NULL) {
            rc = vet_except_covers(m, except, field, &covers);
            if (rc != VET_OK) {
                return rc;
            }

            if (!vet_except_overlaps(covers, start, end)) {
                continue;
            }
        }

        *dropped = 1;
        break;
    }

    return VET_OK;
}


/* Gives where the phrases are in a field; they are looked for once. */

static int
vet_except_covers(vet_matcher_t *m, const vet_except_t *except, size_t field,
    vet_covers_t **covers)
{
    int             rc;
    vet_list_t      places;
    vet_covers_t  **fields;

    if (m->covers == NULL) {
        m->covers = vet_pcalloc(m->pool, m->rs->excepts.n
                                         * sizeof(vet_covers_t *));
        if (m->covers == NULL) {
            return vet_pool_failed(m->pool);
        }
    }

    fields = &m->covers[except->index];

    if (*fields == NULL) {
        *fields = vet_pcalloc(m->pool, m->s->nfields * sizeof(vet_covers_t));
        if (*fields == NULL) {
            return vet_pool_failed(m->pool);
        }
    }

    *covers = &(*fields)[field];

    if ((*covers)->done) {
        return VET_OK;
    }

    memset(&places, 0, sizeof(vet_list_t));
    places.size = sizeof(vet_link_t);
    places.pool = m->pool;

    rc = vet_except_find(m, except, field, &places);

    if (rc == VET_OK) {
        vet_except_join(&places, *covers);
        (*covers)->done = 1;
    }

    return rc;
}


static int
vet_except_find(vet_matcher_t *m, const vet_except_t *except, size_t field,
    vet_list_t *places)
{
    int                rc;
    size_t             i, k, first;
    vet_link_t        *place;
    vet_reading_t     *reading;
    vet_readings_t    *readings;
    const vet_view_t  *view;

    rc = vet_match_readings(m, field, &readings);

    for (i = 0; rc == VET_OK && i < readings->n; i++) {
        first = places->n;
        reading = &readings->elts[i];
        rc = vet_match_phrases(m, except->text, reading, places);

        view = reading->views[VET_VIEW_WORDS];
        place = (vet_link_t *) places->elts + first;

        for (k = first; rc == VET_OK && k < places->n; k++, place++) {
            place->start = vet_reading_start(reading,
                                        vet_view_start(view, place->start));
            place->end = vet_reading_end(reading,
                                         vet_view_end(view, place->end));
        }
    }

    return rc;
}


static int
vet_except_order(const void *one, const void *two)
{
    const vet_link_t  *a, *b;

    a = one;
    b = two;

    return (a->start > b->start) - (a->start < b->start);
}


/* Readings may show the same place: what overlaps becomes one. */

static void
vet_except_join(vet_list_t *places, vet_covers_t *covers)
{
    size_t       i, n;
    vet_link_t  *place;

    place = places->elts;
    n = 0;

    if (places->n != 0) {
        qsort(place, places->n, sizeof(vet_link_t), vet_except_order);
    }

    for (i = 0; i < places->n; i++) {
        if (n != 0 && place[i].start <= place[n - 1].end) {
            if (place[i].end > place[n - 1].end) {
                place[n - 1].end = place[i].end;
            }

        } else {
            place[n++] = place[i];
        }
    }

    covers->places = place;
    covers->n = n;
}


static int
vet_except_overlaps(const vet_covers_t *covers, size_t start, size_t end)
{
    size_t  low, high, mid;

    low = 0;
    high = covers->n;

    /* the first place that ends behind the start */

    while (low < high) {
        mid = low + (high - low) / 2;

        if (covers->places[mid].end <= start) {
            low = mid + 1;

        } else {
            high = mid;
        }
    }

    return low < covers->n
           && covers->places[low].start < ((end > start) ? end : start + 1);
}
