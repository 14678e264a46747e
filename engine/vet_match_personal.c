
/*
 * Copyright (C) the moderate authors
 *
 * Rules about personal data: how many different ones are in all fields.
 */


#include <stdlib.h>
#include <string.h>

#include "vet_matcher.h"
#include "vet_personal.h"


typedef struct {
    vet_personal_t          data;
    size_t                  field;
    size_t                  start;      /* in the field's value */
    size_t                  end;
} vet_somebody_t;


static int vet_personal_in(vet_matcher_t *m, const vet_test_rule_t *test,
    size_t field, vet_list_t *all);
static int vet_personal_reading(vet_matcher_t *m, const vet_test_rule_t *test,
    size_t field, vet_reading_t *reading, vet_list_t *all);
static int vet_personal_order(const void *one, const void *two);
static int vet_personal_same(const vet_somebody_t *a,
    const vet_somebody_t *b);


int
vet_match_personal(vet_matcher_t *m, vet_finding_t *f)
{
    int              rc;
    size_t           i, n;
    vet_list_t       all;
    vet_somebody_t  *found;

    memset(&all, 0, sizeof(vet_list_t));
    all.size = sizeof(vet_somebody_t);
    all.pool = m->pool;

    for (i = 0; i < m->s->nfields; i++) {
        if (!vet_match_applies(m, f->test, i)) {
            continue;
        }

        rc = vet_personal_in(m, f->test, i, &all);
        if (rc != VET_OK) {
            return rc;
        }
    }

    found = all.elts;
    n = 0;

    if (all.n != 0) {
        qsort(found, all.n, sizeof(vet_somebody_t), vet_personal_order);
    }

    for (i = 0; i < all.n; i++) {
        if (n == 0 || !vet_personal_same(&found[n - 1], &found[i])) {
            found[n++] = found[i];
        }
    }

    if (n <= f->test->over) {
        return VET_OK;
    }

    for (i = 0; i < n && f->n < VET_HITS_PER_RULE; i++) {
        rc = vet_match_add(m, f, found[i].field, found[i].start, found[i].end,
                           0);
        if (rc != VET_OK) {
            return rc;
        }
    }

    return VET_OK;
}


static int
vet_personal_in(vet_matcher_t *m, const vet_test_rule_t *test, size_t field,
    vet_list_t *all)
{
    int              rc;
    size_t           i;
    vet_readings_t  *readings;

    rc = vet_match_readings(m, field, &readings);

    for (i = 0; rc == VET_OK && i < readings->n; i++) {
        rc = vet_personal_reading(m, test, field, &readings->elts[i], all);
    }

    return rc;
}


static int
vet_personal_reading(vet_matcher_t *m, const vet_test_rule_t *test,
    size_t field, vet_reading_t *reading, vet_list_t *all)
{
    int                rc;
    size_t             i;
    vet_list_t         found;
    vet_somebody_t    *one;
    vet_personal_t    *data;
    const vet_view_t  *view;

    memset(&found, 0, sizeof(vet_list_t));
    found.size = sizeof(vet_personal_t);
    found.pool = m->pool;

    rc = vet_match_view(m, reading, VET_VIEW_WORDS, &view);
    if (rc == VET_OK) {
        rc = vet_personal_find(view->text, test->personal, &found);
    }

    if (rc != VET_OK) {
        return rc;
    }

    data = found.elts;

    for (i = 0; i < found.n; i++) {
        one = vet_list_push(all);
        if (one == NULL) {
            return vet_pool_failed(m->pool);
        }

        one->data = data[i];
        one->field = field;
        one->start = vet_reading_start(reading,
                                       vet_view_start(view, data[i].start));
        one->end = vet_reading_end(reading, vet_view_end(view, data[i].end));
    }

    return VET_OK;
}


static int
vet_personal_order(const void *one, const void *two)
{
    int                    order;
    const vet_somebody_t  *a, *b;

    a = one;
    b = two;

    if (a->data.kind != b->data.kind) {
        return (a->data.kind > b->data.kind) ? 1 : -1;
    }

    if (a->data.value.len != b->data.value.len) {
        return (a->data.value.len > b->data.value.len) ? 1 : -1;
    }

    order = memcmp(a->data.value.data, b->data.value.data, a->data.value.len);

    if (order != 0) {
        return order;
    }

    if (a->field != b->field) {
        return (a->field > b->field) ? 1 : -1;
    }

    return (a->start > b->start) - (a->start < b->start);
}


static int
vet_personal_same(const vet_somebody_t *a, const vet_somebody_t *b)
{
    return a->data.kind == b->data.kind
           && a->data.value.len == b->data.value.len
           && memcmp(a->data.value.data, b->data.value.data,
                     a->data.value.len) == 0;
}
