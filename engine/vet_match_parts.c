
/*
 * Copyright (C) the moderate authors
 *
 * Rules made of others: any, all, none.
 */


#include "vet_matcher.h"


/* What is known of a part, and of the whole. */

typedef enum {
    VET_NO = 0,
    VET_YES,
    VET_UNSURE              /* it ran out of its limits */
} vet_answer_t;


static vet_answer_t vet_parts_answer(const vet_matcher_t *m,
    const vet_test_rule_t *test);
static vet_answer_t vet_part_answer(const vet_matcher_t *m, size_t index);
static int vet_parts_places(vet_matcher_t *m, vet_finding_t *f,
    const vet_part_t *part, size_t *n);


int
vet_match_parts(vet_matcher_t *m, vet_finding_t *f)
{
    int     rc;
    size_t  i, n;

    switch (vet_parts_answer(m, f->test)) {

    case VET_NO:
        return VET_OK;

    case VET_UNSURE:
        return vet_match_spent(m, f->test, VET_NO_FIELD);

    default:
        break;
    }

    n = 0;

    for (i = 0; i < f->test->nparts; i++) {
        rc = vet_parts_places(m, f, &f->test->parts[i], &n);
        if (rc != VET_OK) {
            return rc;
        }
    }

    /* what is not there has no place */

    return (n == 0) ? vet_match_add(m, f, VET_NO_FIELD, 0, 0, 0) : VET_OK;
}


static vet_answer_t
vet_parts_answer(const vet_matcher_t *m, const vet_test_rule_t *test)
{
    size_t        i;
    unsigned      unsure, wanted, any, any_unsure;
    vet_answer_t  answer;

    unsure = 0;
    wanted = 0;
    any = 0;
    any_unsure = 0;

    for (i = 0; i < test->nparts; i++) {
        answer = vet_part_answer(m, test->parts[i].index);

        if (test->parts[i].kind == VET_PARTS_ANY) {
            wanted = 1;
            any |= (answer == VET_YES);
            any_unsure |= (answer == VET_UNSURE);
            continue;
        }

        if (answer == VET_UNSURE) {
            unsure = 1;

        } else if ((answer == VET_YES)
                   == (test->parts[i].kind == VET_PARTS_NONE))
        {
            return VET_NO;
        }
    }

    if (wanted && !any && !any_unsure) {
        return VET_NO;
    }

    return (unsure || (wanted && !any)) ? VET_UNSURE : VET_YES;
}


/* A hit is one, even when more could not be looked for. */

static vet_answer_t
vet_part_answer(const vet_matcher_t *m, size_t index)
{
    size_t                  i;
    const vet_outcome_t    *outcome;
    const vet_test_rule_t  *part;

    outcome = &m->outcomes[index];
    part = (const vet_test_rule_t *) m->rs->rules.elts + index;

    for (i = outcome->first; i < outcome->end; i++) {
        if (m->hits->elts[i].rule == &part->rule) {
            return VET_YES;
        }
    }

    return outcome->spent ? VET_UNSURE : VET_NO;
}


/* Adds the places of a part; n counts them. */

static int
vet_parts_places(vet_matcher_t *m, vet_finding_t *f, const vet_part_t *part,
    size_t *n)
{
    int                     rc;
    size_t                  i;
    vet_hit_t               hit;
    const vet_outcome_t    *outcome;
    const vet_test_rule_t  *rule;

    outcome = &m->outcomes[part->index];
    rule = (const vet_test_rule_t *) m->rs->rules.elts + part->index;

    for (i = outcome->first; i < outcome->end; i++) {
        hit = m->hits->elts[i];

        if (hit.rule != &rule->rule || hit.field == VET_NO_FIELD) {
            continue;
        }

        (*n)++;
        f->seen = f->n;

        rc = vet_match_add(m, f, hit.field, hit.start, hit.end, 0);
        if (rc != VET_OK) {
            return rc;
        }
    }

    return VET_OK;
}
